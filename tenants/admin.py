"""Back office of tenancy: a shop's members and history; the platform's shops, hosts and users."""

from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path

from pycommerce.api.parameters import parse_uuid
from pycommerce.core.errors import InvalidRequest, RateLimited, Refusal
from pycommerce.core.http import HttpRequest
from pycommerce.core.whole_formset import WholeFormSet
from pycommerce.db import connection
from pycommerce.unfold_shim import (
    AdminPasswordChangeForm,
    TabularInline,
    UnfoldAdminEmailInputWidget,
    UserChangeForm,
    UserCreationForm,
)
from tenants import (  # noqa: F401 - they register
    domain_admin,
    ending_admin,
    job_admin,
    key_admin,
    list_export_admin,
    locale_admin,
    webhook_admin,
)
from tenants.admin_sites import platform_site, tenant_site
from tenants.backends import rights_in
from tenants.locale_admin import time_zone_field
from tenants.long_lists import LongListAdmin
from tenants.models import Domain, Membership, Role, Tenant, User
from tenants.origins import origin_of
from tenants.pictures import PictureField
from tenants.roles import Right
from tenants.services import add_member, clean_host, clean_slug, create_tenant, remove_member
from tenants.services.account_mail import Deed, tell_owner
from tenants.services.accounts import check_account, note_account
from tenants.services.domains import make_primary, vouch
from tenants.services.looking import change_look, search_in_language, take_logo
from tenants.services.naming import clean_currency
from tenants.services.passwords import count_invitation, mail_invitation
from tenants.services.second_factor import has_second_factor, require_second_factor, reset
from tenants.shop.models import AuditEntry
from tenants.shop_pages import ShopPages
from tenants.tenant_admin import OnlyRead, TenantModelAdmin
from tenants.watched_form import WatchedForm

# --- A shop's own ----------------------------------------------------------------------------


class MembershipForm(WatchedForm):
    """Invite somebody by e-mail address, or change a role."""

    client_address: str
    email = forms.EmailField(
        label="E-mail address", max_length=254, widget=UnfoldAdminEmailInputWidget
    )

    class Meta:
        model = Membership
        fields = ("role",)
        help_texts: ClassVar = {
            "role": "Viewers look at orders, products, sales, terms and history; fulfilment at "
            "orders and products alone, and sends orders; managers do both, change products, "
            "stock, terms and look, refund, and erase customers; owners do everything, members "
            "and keys included."
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.user_id:
            self.fields["email"].initial = self.instance.user.email
            self.fields["email"].disabled = True
        else:
            self.fields["role"].initial = Role.VIEWER
            self.fields["email"].help_text = "A mail with a link to get in goes there at once."

    def clean_email(self) -> str:
        email = self.cleaned_data["email"].strip().lower()
        validate_email(email)
        here = Membership.objects.filter(tenant=connection.tenant, user__email=email)
        if self.instance._state.adding and here.exists():
            raise ValidationError("They work here already: change their role in the list.")
        return email

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if self.instance._state.adding and not self.errors:
            try:
                count_invitation(
                    email=data["email"],
                    tenant=connection.tenant,
                    client_address=self.client_address,
                )
            except RateLimited as refusal:
                self.add_error("email", refusal.details)
        return data


@admin.register(Membership, site=tenant_site)
class MembershipAdmin(TenantModelAdmin):
    """Who works in this shop."""

    form = MembershipForm
    fields = ("email", "role")
    list_display = ("user_email", "user_name", "role", "has_factor", "since")
    list_select_related = ("user", "user__second_factor")
    list_before_template = "admin/second_factor/_required.html"
    search_fields = ("user__email", "user__name")
    list_filter = ("role",)
    is_catalogue = False

    @admin.display(description="E-mail address", ordering="user__email")
    def user_email(self, membership: Membership) -> str:
        return membership.user.email

    @admin.display(description="Name", ordering="user__name")
    def user_name(self, membership: Membership) -> str:
        return membership.user.name or "–"

    @admin.display(description="Second factor", boolean=True)
    def has_factor(self, membership: Membership) -> bool:
        return has_second_factor(membership.user)

    @admin.display(description="Member since", ordering="created_at")
    def since(self, membership: Membership) -> datetime:
        return membership.created_at

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        return super().get_queryset(request).filter(tenant=request.tenant)

    def get_form(
        self,
        request: HttpRequest,
        obj: Membership | None = None,
        change: bool = False,
        **kwargs: Any,
    ) -> type[MembershipForm]:
        # A class of this request's own.
        form: type[MembershipForm] = super().get_form(request, obj, change, **kwargs)
        form.client_address = request.client_address
        return form

    def get_urls(self) -> list[URLPattern]:
        require = path(
            "second-factor/",
            self.admin_site.admin_view(self.require_view),
            name="tenants_membership_second_factor",
        )
        return [require, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        # As it is in the database: what this process keeps of the shop may be a moment old.
        asking = Tenant.objects.values_list("second_factor_required", flat=True)
        more = {"is_required": asking.get(pk=request.tenant.pk)}
        response: HttpResponse = super().changelist_view(request, more | (extra_context or {}))
        return response

    def require_view(self, request: HttpRequest) -> HttpResponse:
        """Whether members need a second factor, as the form above their list says."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        answer = request.POST.get("required")
        if request.method == "POST" and answer in {"yes", "no"}:
            is_required = answer == "yes"
            try:
                require_second_factor(request.tenant, is_required=is_required, by=request.user)
            except Refusal as refusal:
                messages.error(request, refusal.fields["required"][0])
                return redirect("admin:second_factor")
            words = "required of everybody who works here" if is_required else "optional"
            messages.success(request, f"A second factor is {words} now.")
        return redirect("admin:tenants_membership_changelist")

    def save_model(
        self, request: HttpRequest, obj: Membership, form: MembershipForm, change: bool
    ) -> None:
        self.remember_changes(request, form)
        if change:
            add_member(obj.user, request.tenant, form.cleaned_data["role"])
            return
        email = form.cleaned_data["email"]
        user, is_new = User.objects.get_or_create(email=email)
        if is_new:
            user.set_unusable_password()
            user.save(update_fields=["password"])
        membership = add_member(user, request.tenant, form.cleaned_data["role"])
        obj.pk, obj.user, obj.tenant = membership.pk, user, request.tenant
        obj._state.adding = False
        language = request.tenant.language
        mail_invitation(
            user=user, tenant=request.tenant, origin=origin_of(request), language=language
        )

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        more = {"title": "Invite a member"} | (extra_context or {})
        response: HttpResponse = super().add_view(request, form_url, more)
        return response

    def response_add(
        self, request: HttpRequest, obj: Membership, post_url_continue: str | None = None
    ) -> HttpResponse:
        """The same words for everybody: they tell nobody who has an account already."""
        email = obj.user.email
        messages.success(request, f"{email} was invited: a mail with a link is on its way.")
        response: HttpResponse = self.response_post_save_add(request, obj)
        return response

    def _changeform_view(self, request: HttpRequest, *args: Any) -> HttpResponse:
        try:
            response: HttpResponse = super()._changeform_view(request, *args)
        except Refusal as refusal:
            messages.error(request, refusal.details)
            return self.response_post_save_change(request, Membership())
        return response

    def delete_model(self, request: HttpRequest, obj: Membership) -> None:
        try:
            remove_member(obj)
        except Refusal as refusal:
            raise PermissionDenied(refusal.details) from refusal

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Membership]) -> None:
        for membership in queryset:
            self.delete_model(request, membership)

    def has_delete_permission(self, request: HttpRequest, obj: Membership | None = None) -> bool:
        allowed: bool = super().has_delete_permission(request, obj)
        if not allowed or obj is None or obj.role != Role.OWNER:
            return allowed
        owners = Membership.objects.filter(tenant=request.tenant, role=Role.OWNER)
        return owners.exclude(pk=obj.pk).exists()


# From one kind to the next by the index: DISTINCT would read the whole history.
_KINDS = """
WITH RECURSIVE found AS (
    SELECT min(object_type) AS kind FROM shop_audit_entry
    UNION ALL
    SELECT (SELECT min(object_type) FROM shop_audit_entry WHERE object_type > found.kind)
    FROM found WHERE found.kind IS NOT NULL
)
SELECT kind FROM found WHERE kind IS NOT NULL
"""


class KindFilter(admin.SimpleListFilter):
    """What was changed: the kinds of things that the history has entries of."""

    title = "object type"
    parameter_name = "object_type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        with connection.cursor() as cursor:
            cursor.execute(_KINDS)
            return [(kind, kind) for (kind,) in cursor.fetchall()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value()
        if not chosen:
            return queryset
        known = chosen in dict(self.lookup_choices)
        return queryset.filter(object_type=chosen) if known else queryset.none()


@admin.register(AuditEntry, site=tenant_site)
class AuditEntryAdmin(OnlyRead, LongListAdmin):
    """Who changed what, newest first. Nobody changes it afterwards."""

    # What the list's foot counts: one of them, and several.
    row_words = ("change", "changes")

    list_display = ("created_at", "who", "action", "kind", "thing")
    list_filter = ("action", KindFilter)
    search_fields = ("object_name", "user_name", "object_id")
    always_sortable = ("created_at",)
    fields = ("created_at", "who", "action", "kind", "thing", "object_id", "what_changed")
    readonly_fields = fields

    @admin.display(description="Who", ordering="user_name")
    def who(self, entry: AuditEntry) -> str:
        return entry.user_name

    @admin.display(description="Kind", ordering="object_type")
    def kind(self, entry: AuditEntry) -> str:
        return entry.object_type

    @admin.display(description="Name", ordering="object_name")
    def thing(self, entry: AuditEntry) -> str:
        return entry.object_name

    @admin.display(description="What changed")
    def what_changed(self, entry: AuditEntry) -> str:
        lines = [
            f"{name}: {'–' if old is None else old} → {'–' if new is None else new}"
            for name, (old, new) in entry.changes.items()
        ]
        return "\n".join(lines) or "–"

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return Right.READ_HISTORY in rights_in(request.user, request.tenant)


# --- The platform's --------------------------------------------------------------------------


class PlatformForm(WatchedForm):
    """A form of the platform's, which keeps no history of values."""

    def history_of(self, name: str) -> tuple[list[Model], list[str]]:
        return [], []


class RowForm(PlatformForm):
    """A row of a table within a page, where no label stands beside a field."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs["aria-label"] = field.label or name.capitalize()


class DomainForm(RowForm):
    is_known = forms.BooleanField(
        required=False,
        label="Known to be theirs",
        help_text="It serves without a DNS record, as what is entered anew here always does. "
        "Without this mark its record is looked for, once a day.",
    )

    class Meta:
        model = Domain
        fields = ("domain", "is_primary")

    def clean_domain(self) -> str:
        try:
            host = clean_host(self.cleaned_data["domain"])
        except Refusal as refusal:
            raise ValidationError(refusal.details) from refusal
        others = Domain.objects.filter(domain=host, proven_at__isnull=False)
        if others.exclude(tenant=self.instance.tenant_id).exists():
            raise ValidationError(f"The domain '{host}' belongs to a shop already.")
        return host

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["is_known"].initial = self.instance.is_vouched
        self.fields["is_known"].show_hidden_initial = True

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if "is_known" not in self.changed_data:
            data["is_known"] = self.instance.is_vouched
        return data


class DomainFormSet(WholeFormSet):
    """What the platform enters is proven by that, and one at most is the main address."""

    wanted: Domain | None = None

    def clean(self) -> None:
        super().clean()
        kept = [
            form
            for form in self.forms
            if form.cleaned_data.get("domain") and not form.cleaned_data.get("DELETE")
        ]
        primary = [form.instance for form in kept if form.cleaned_data["is_primary"]]
        if len(primary) > 1:
            raise ValidationError("A shop has one main address: choose one.")
        self.wanted = primary[0] if primary else None
        for form in kept:
            form.instance.is_primary = False
            is_new = form.instance._state.adding or "domain" in form.changed_data
            if is_new or form.cleaned_data["is_known"]:
                vouch(form.instance)
            else:
                form.instance.is_vouched = False
        if self.wanted and not self.wanted.is_proven:
            problem = f"{self.wanted} is not proven, or known to be theirs: it is no main address."
            raise ValidationError(problem)

    def save(self, commit: bool = True) -> Any:
        saved = super().save(commit)
        make_primary(self.instance, self.wanted)
        return saved


class DomainInline(TabularInline):
    model = Domain
    form = DomainForm
    formset = DomainFormSet
    extra = 0
    hide_title = True


class TenantForm(PlatformForm):
    logo = PictureField(side=512, required=False)
    time_zone = time_zone_field()

    class Meta:
        model = Tenant
        fields = (
            "name",
            "slug",
            "active",
            "currency",
            "language",
            "time_zone",
            "tagline",
            "primary_color",
            "accent_color",
            "radius",
            "density",
            "type_scale",
            "logo",
            "logo_alt",
            "stripe_account",
        )
        labels = {"primary_color": "Main colour", "accent_color": "Second colour"}

    # What the payment provider says against the account that was written.
    account_problem = ""

    def clean_stripe_account(self) -> str:
        if self.account_problem:
            raise ValidationError(self.account_problem)
        account: str = self.cleaned_data["stripe_account"]
        return account

    def clean_slug(self) -> str:
        try:
            return clean_slug(self.cleaned_data["slug"])
        except Refusal as refusal:
            raise ValidationError(refusal.details) from refusal

    def clean_currency(self) -> str:
        try:
            return clean_currency(self.cleaned_data["currency"])
        except Refusal as refusal:
            raise ValidationError(refusal.details) from refusal


def _account_problem(account: str, object_id: str | None) -> str:
    """What is wrong with a shop's new payment account by the provider's word."""
    tenant_id = parse_uuid(object_id or "")
    try:
        Tenant._meta.get_field("stripe_account").run_validators(account)
        if not Tenant.objects.filter(pk=tenant_id, stripe_account=account).exists():
            check_account(account)
    except ValidationError:
        return ""  # the form says so itself
    except InvalidRequest as refusal:
        return refusal.fields["stripe_account"][0]
    return ""


@admin.register(Tenant, site=platform_site)
class TenantAdmin(ShopPages):
    """Shops and their settings. What is done with a whole shop stands on its own page."""

    form = TenantForm
    inlines = (DomainInline,)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        if request.method == "POST" and self.has_change_permission(request):
            # Before the transaction of the form begins: the provider may be slow.
            account = request.POST.get("stripe_account", "").strip()
            request.__dict__["account_problem"] = _account_problem(account, object_id)
        response: HttpResponse = super().changeform_view(
            request, object_id, form_url, extra_context
        )
        return response

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        made = super().get_form(request, *args, **kwargs)
        made.account_problem = getattr(request, "account_problem", "")
        return made

    def get_readonly_fields(self, request: HttpRequest, obj: Tenant | None = None) -> tuple:
        # The slug is part of addresses that customers know, the currency of every price; a shop
        # is closed with a reason.
        return ("slug", "currency", "active") if obj else ()

    def save_model(self, request: HttpRequest, obj: Tenant, form: TenantForm, change: bool) -> None:
        if change:
            if "stripe_account" in form.changed_data:
                before, after = form.initial["stripe_account"], obj.stripe_account
                note_account(obj, before, after, request.user)
            if "logo" in form.changed_data:
                take_logo(obj, form.cleaned_data["logo"])
            # Its own fields alone: jobs and the shop's own staff change others.
            own = [*form.changed_data, "logo_width", "logo_height", "updated_at"]
            obj.save(update_fields=own)
            if "language" in form.changed_data:
                search_in_language(obj)
            return
        fields = {name: form.cleaned_data[name] for name in form.cleaned_data if name != "logo"}
        made = create_tenant(id=obj.pk, **fields)
        # The inline form sets have taken the id that it was given.
        obj.pk, obj.schema_name, obj._state.adding = made.pk, made.schema_name, False
        if logo := form.cleaned_data.get("logo"):
            change_look(obj.pk, logo=logo)

    def has_delete_permission(self, request: HttpRequest, obj: Tenant | None = None) -> bool:
        return False


_USER_LABELS = {"email": "E-mail address", "is_active": "Active"}


class NewUserForm(UserCreationForm):
    class Meta:
        model = User
        fields = ("email", "name", "is_superuser")
        labels = _USER_LABELS


class UserForm(PlatformForm, UserChangeForm):
    class Meta:
        model = User
        fields = ("email", "name", "password", "is_active", "is_superuser")
        labels = _USER_LABELS


class PasswordForm(AdminPasswordChangeForm):
    """A new password that the platform's staff gives somebody, who learns of it."""

    @transaction.atomic
    def save(self, commit: bool = True) -> User:
        user: User = super().save(commit)
        tell_owner(user, Deed.PASSWORD_SET)
        return user


class MembershipRowForm(RowForm):
    class Meta:
        labels: ClassVar = {"tenant": "Shop"}


class MembershipInline(TabularInline):
    model = Membership
    verbose_name, verbose_name_plural = "shop", "Shops where they work"
    hide_title = True
    form = MembershipRowForm
    fields = ("tenant", "role")
    autocomplete_fields = ("tenant",)
    extra = 0


@admin.register(User, site=platform_site)
class PlatformUserAdmin(UserAdmin, LongListAdmin):  # type: ignore[misc]
    """Everybody who signs in: staff of shops, and of the platform."""

    form = UserForm
    add_form = NewUserForm
    change_password_form = PasswordForm
    ordering = ("email",)
    always_sortable = ("email",)
    list_display = ("email", "name", "is_superuser", "may_sign_in", "has_factor", "since")
    list_select_related = ("second_factor",)
    actions = ("reset_second_factor",)
    list_filter = ("is_superuser", "is_active")
    search_fields = ("email", "name")
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("email", "name", "password")}),
        ("Access", {"fields": ("is_active", "is_superuser")}),
    )
    add_fieldsets = (
        (None, {"fields": ("email", "name", "is_superuser", "password1", "password2")}),
    )
    inlines = (MembershipInline,)

    @admin.display(description="Active", boolean=True, ordering="is_active")
    def may_sign_in(self, user: User) -> bool:
        return user.is_active

    @admin.display(description="Since", ordering="created_at")
    def since(self, user: User) -> datetime:
        return user.created_at

    @admin.display(description="Second factor", boolean=True)
    def has_factor(self, user: User) -> bool:
        return has_second_factor(user)

    @admin.action(description="Reset the second factor: their password alone lets them in")
    def reset_second_factor(self, request: HttpRequest, users: QuerySet[User]) -> None:
        for user in users:
            if reset(user, request.user, "reset by the platform"):
                self.log_change(request, user, "Reset the second factor.")
                messages.success(request, f"The second factor of {user} is reset.")
            else:
                messages.info(request, f"{user} has no second factor.")

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if change and "email" in form.changed_data:
            # To the old address too: who took an account over reads the mails of the new one.
            for address in (form.initial["email"], obj.email):
                tell_owner(obj, Deed.EMAIL, to=address)

    def get_inlines(self, request: HttpRequest, obj: User | None) -> tuple:
        return self.inlines if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        # Somebody who leaves is deactivated: what they did keeps its author.
        return False
