"""Two back offices: the shop's, on its own host or mount, and the platform's."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import update_wrapper
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.cache import never_cache

from pycommerce.core.errors import Refusal
from pycommerce.core.http import HttpRequest
from pycommerce.db.counting import count_words
from pycommerce.unfold_shim import AuthenticationForm, UnfoldAdminSite
from tenants.backends import may_enter, rights_in
from tenants.long_lists import RowsSearchedFor
from tenants.models import User
from tenants.password_views import (
    JUST_CHOSEN,
    ChangePasswordView,
    ChoosePasswordView,
    InvitationView,
    ask_for_password,
)
from tenants.roles import Right
from tenants.second_factor_views import (
    PasswordStepView,
    code_step,
    recovery_codes_page,
    second_factor_page,
    turn_off_page,
)
from tenants.services.looking import end_first_steps
from tenants.services.second_factor import needs_second_factor
from tenants.services.signing_in import check_password
from tenants.sign_up_views import first_entry


class StaffLoginForm(AuthenticationForm):
    """Signs in by e-mail address, with the same count of failed tries as the API."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "E-mail address"
        self.fields["username"].widget.attrs |= {"autocomplete": "username", "inputmode": "email"}
        if self.initial.get("username"):
            # The password is what is left to type.
            self.fields["username"].widget.attrs.pop("autofocus", None)
            self.fields["password"].widget.attrs["autofocus"] = True

    def clean(self) -> dict[str, Any]:
        email, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if email and password:
            try:
                user = check_password(
                    email=email, password=password, address=self.request.client_address
                )
            except Refusal as refusal:
                raise ValidationError(refusal.details) from refusal
            user.backend = "tenants.backends.RoleBackend"
            self.confirm_login_allowed(user)
            self.user_cache = user
        data: dict[str, Any] = self.cleaned_data
        return data

    def confirm_login_allowed(self, user: User) -> None:
        if not may_enter(user, self.request.tenant):
            tenant = self.request.tenant
            where = f"in {tenant.name}" if tenant else "on the platform"
            raise ValidationError(f"This account has no role {where}.")


@dataclass(frozen=True, slots=True)
class ToDo:
    """What waits for somebody: how many, and the list of them."""

    name: str
    count: int
    address: str
    is_urgent: bool = False

    @property
    def count_words(self) -> str:
        return count_words(self.count)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the start page: its template, and what that shows as `part`.

    `is_first`: it stands above what needs doing.
    """

    template: str
    context: dict[str, Any]
    is_first: bool = False


# What is there for those who have to set up a second factor first.
_OPEN_WITHOUT_FACTOR = {"second_factor", "logout"}


class _Site(UnfoldAdminSite):
    login_form = StaffLoginForm
    login_template = "tenants/sign_in.html"
    logout_template = "tenants/signed_out.html"
    enable_nav_sidebar = True
    # What is empty, in lists and on pages.
    empty_value_display = "–"
    menu: Mapping[str, tuple[str, ...]]
    index_template = "admin/start.html"

    def __init__(self) -> None:
        super().__init__()
        # Unfold's own default stands in its constructor.
        self.login_form = StaffLoginForm
        # What the apps above ask for their part of the start page.
        self.to_do: list[Callable[[HttpRequest], list[ToDo]]] = []
        self.parts: list[Callable[[HttpRequest], Part | None]] = []

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        to_do = [each for ask in self.to_do for each in ask(request)]
        parts = [part for make in self.parts if (part := make(request))]
        response: TemplateResponse = super().index(
            request, {"to_do": to_do, "parts": parts} | (extra_context or {})
        )
        return response

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """The menu: its groups, with what of them the user may see."""
        apps = super().get_app_list(request, app_label)
        seen = {each["model"]._meta.label_lower: each for app in apps for each in app["models"]}
        groups = [
            {
                "name": name,
                "app_label": slugify(name),
                "app_url": reverse("admin:index"),
                "has_module_perms": True,
                "models": [seen[label] for label in labels if label in seen],
            }
            for name, labels in self.menu.items()
        ]
        return [group for group in groups if group["models"]]

    def app_index(
        self, request: HttpRequest, app_label: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """No page of its own: the menu is sorted by what people do, not by our apps."""
        return redirect("admin:index")

    def autocomplete_view(self, request: HttpRequest) -> HttpResponseBase:
        return RowsSearchedFor.as_view(admin_site=self)(request)

    def has_permission(self, request: HttpRequest) -> bool:
        return may_enter(request.user, request.tenant)

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """As Django's, but a second factor's page may follow."""
        if request.method == "GET" and self.has_permission(request):
            return redirect("admin:index")
        context = {
            **self.each_context(request),
            "title": "Sign in",
            "subtitle": None,
            "app_path": request.get_full_path(),
            "username": request.user.get_username(),
        }
        email = request.session.pop(JUST_CHOSEN, "") if request.method == "GET" else ""
        view = PasswordStepView.as_view(
            template_name=self.login_template,
            initial={"username": email},
            authentication_form=self.login_form,
            next_page="admin:index",
            extra_context=context | (extra_context or {}),
        )
        return view(request)

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        view = ChangePasswordView.as_view(
            success_url=reverse("admin:password_change_done"),
            extra_context={**self.each_context(request), **(extra_context or {})},
        )
        return view(request)

    def admin_view(self, view: Callable[..., HttpResponse], cacheable: bool = False) -> Any:
        """A page of the back office; who needs a second factor first is led to set it up."""
        inner = super().admin_view(view, cacheable)

        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            match = request.resolver_match
            is_open = match is not None and match.url_name in _OPEN_WITHOUT_FACTOR
            user = request.user
            if (
                not is_open
                and self.has_permission(request)
                and needs_second_factor(user, request.tenant)
            ):
                return redirect("admin:second_factor")
            response: HttpResponse = inner(request, *args, **kwargs)
            return response

        return update_wrapper(guarded, inner)

    def get_urls(self) -> list[URLPattern]:
        # The view that turns any object's id into its page knows nothing of schemas; our models
        # say their own address.
        urls = [url for url in super().get_urls() if getattr(url, "name", "") != "view_on_site"]
        mine = {"site": self}
        own = self.admin_view
        return [
            path("login/code/", never_cache(code_step), mine, name="login_code"),
            path("second-factor/", own(second_factor_page), mine, name="second_factor"),
            path(
                "second-factor/codes/",
                own(recovery_codes_page),
                mine,
                name="second_factor_codes",
            ),
            path("second-factor/off/", own(turn_off_page), mine, name="second_factor_off"),
            path("password_reset/", ask_for_password, mine, name="password_reset"),
            path(
                "password_reset/<uidb64>/<token>/",
                ChoosePasswordView.as_view(),
                mine,
                name="password_reset_confirm",
            ),
            path(
                "invitation/<uidb64>/<token>/",
                InvitationView.as_view(),
                mine,
                name="invitation",
            ),
            *urls,
        ]


# The menu of a shop and of the platform: groups, and in them what is used most first.
_SHOP_MENU: dict[str, tuple[str, ...]] = {
    "Sales": ("orders.order", "orders.customer", "orders.discount"),
    "Catalogue": (
        "catalog.product",
        "catalog.variant",
        "catalog.category",
        "catalog.importrun",
        "shop.listexport",
    ),
    "Shop front": (
        "catalog.homepage",
        "catalog.textpage",
        "tenants.shoplook",
        "tenants.domain",
    ),
    "Settings": (
        "orders.ordersettings",
        "orders.shippingmethod",
        "orders.taxrate",
        "tenants.paymentaccount",
        "catalog.stocksettings",
        "tenants.shoplocale",
        "tenants.membership",
        "shop.auditentry",
        "tenants.apikey",
        "shop.webhookendpoint",
        "shop.retentiontimes",
        "tenants.shopdeletion",
    ),
}
_PLATFORM_MENU: dict[str, tuple[str, ...]] = {
    "Platform": ("tenants.tenant", "tenants.user", "tenants.job", "tenants.shopexport"),
}


class TenantAdminSite(_Site):
    """The shop's back office: only its members get in, and only its own data is there."""

    index_title = "Overview"
    menu = _SHOP_MENU

    def get_urls(self) -> list[URLPattern]:
        return [
            path("first-entry/", first_entry, name="first_entry"),
            path("first-steps/end/", self.admin_view(self.end_first_steps), name="end_first_steps"),
            *super().get_urls(),
        ]

    def end_first_steps(self, request: HttpRequest) -> HttpResponse:
        """The list of first steps is not shown any more in this shop."""
        if Right.CHANGE_LOOK not in rights_in(request.user, request.tenant):
            raise PermissionDenied
        if request.method == "POST":
            end_first_steps(request.tenant)
        return redirect("admin:index")

    def admin_view(self, view: Callable[..., HttpResponse], cacheable: bool = False) -> Any:
        """A page of the back office, with times as the shop's clocks show them."""
        inner = super().admin_view(view, cacheable)

        def local(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            with timezone.override(request.tenant.time_zone):
                response: HttpResponse = inner(request, *args, **kwargs)
                if isinstance(response, TemplateResponse):
                    response.render()
            return response

        return update_wrapper(local, inner)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        context: dict[str, Any] = super().each_context(request)
        tenant = request.tenant
        context |= {
            "site_title": tenant.name,
            "site_header": tenant.name,
            "site_url": reverse("catalog:home"),
            "has_permission": self.has_permission(request),
            "show_history": Right.READ_HISTORY in rights_in(request.user, tenant),
        }
        return context


class PlatformAdminSite(_Site):
    """The platform's back office: shops, their hosts and who signs in."""

    index_title = "Overview"
    menu = _PLATFORM_MENU


tenant_site = TenantAdminSite()
platform_site = PlatformAdminSite()
