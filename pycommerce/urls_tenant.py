"""A tenant's host, or its mount: the storefront, the shop's admin, the API."""

from django.urls import include, path

from checkout.style_guide import style_guide
from tenants.admin_sites import tenant_site
from tenants.health import healthz, readyz
from tenants.media import media_file

urlpatterns = [
    path("api/", include("pycommerce.api_urls")),
    path("admin/style-guide/", tenant_site.admin_view(style_guide), name="style-guide"),
    path("admin/", tenant_site.urls),
    path("media/<path:path>", media_file, name="media"),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("", include("catalog.urls")),
    path("", include("checkout.urls")),
    path("", include("orders.urls")),
]

handler400 = "pycommerce.error_pages.bad_request"
handler403 = "pycommerce.error_pages.forbidden"
handler404 = "pycommerce.error_pages.not_found"
handler500 = "pycommerce.error_pages.server_error"
