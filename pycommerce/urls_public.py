"""The platform's own hosts: the directory of shops, the platform's admin, the API."""

from django.urls import include, path

from tenants.admin_sites import platform_site
from tenants.health import healthz, readyz
from tenants.media import media_file

urlpatterns = [
    path("api/", include("pycommerce.api_urls")),
    path("", include("tenants.urls")),
    path("", include("checkout.platform_urls")),
    path("admin/", platform_site.urls),
    path("media/<path:path>", media_file, name="media"),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
]

handler400 = "pycommerce.error_pages.bad_request"
handler403 = "pycommerce.error_pages.forbidden"
handler404 = "pycommerce.error_pages.not_found"
handler500 = "pycommerce.error_pages.server_error"
