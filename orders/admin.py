"""How a shop sells: shipping, taxes, discounts, and how orders are taken."""

import re
from decimal import Decimal
from itertools import count
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.postgres.forms import SimpleArrayField
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils.text import slugify

from catalog.display import money
from orders import discount_admin  # noqa: F401 - registers itself
from orders.addresses import country_code, rules_for
from orders.desk import overview  # noqa: F401 - registers itself
from orders.desk.words import plain_number
from orders.models import OrderSettings, ShippingMethod, TaxRate
from pycommerce.core.countries import country_names
from pycommerce.core.http import HttpRequest
from pycommerce.unfold_shim import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)
from tenants.admin_sites import tenant_site
from tenants.shop.models import raise_catalogue_version
from tenants.tenant_admin import MoneyForm, OneRow, TenantModelAdmin
from tenants.watched_form import WatchedForm

# Leaves room for a number behind it.
_MADE_LENGTH = 34


def country_field(**kwargs: Any) -> forms.ChoiceField:
    """A choice of all countries by name."""
    return forms.ChoiceField(
        choices=list(country_names("en").items()), widget=UnfoldAdminSelectWidget, **kwargs
    )


class ShippingMethodForm(WatchedForm, MoneyForm):
    money_fields = ("price", "free_from")
    charged_fields = ("price",)
    countries = SimpleArrayField(
        forms.CharField(max_length=60),
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="Codes or names, separated by commas. Empty: everywhere.",
    )

    class Meta:
        model = ShippingMethod
        fields = (
            "name",
            "description",
            "price",
            "free_from",
            "countries",
            "position",
            "active",
            "code",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "code" in self.fields:
            self.fields["code"].required = False
            self.fields["code"].help_text += " Made from the name where it is empty."

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"] or self.instance.code
        return code or _free_code(self.cleaned_data.get("name", ""))

    def clean_countries(self) -> list[str]:
        codes = []
        for text in self.cleaned_data["countries"]:
            code = country_code(text)
            if code is None:
                raise ValidationError(f"There is no country '{text}'.")
            codes.append(code)
        return list(dict.fromkeys(codes))


def _free_code(name: str) -> str:
    """A code made from a name, with the first number behind it that is free."""
    wanted = slugify(name)[:_MADE_LENGTH] or "method"
    taken = set(
        ShippingMethod.objects.filter(code__startswith=wanted).values_list("code", flat=True)
    )
    if wanted not in taken:
        return wanted
    return next(code for number in count(2) if (code := f"{wanted}-{number}") not in taken)


@admin.register(ShippingMethod, site=tenant_site)
class ShippingMethodAdmin(TenantModelAdmin):
    """The ways to send an order. Orders keep the name of theirs; pages of products name them."""

    form = ShippingMethodForm
    list_display = ("name", "code", "price_shown", "free_shown", "goes_to", "position", "active")
    search_fields = ("name", "code")

    @admin.display(description="Price", ordering="price")
    def price_shown(self, method: ShippingMethod) -> str:
        return money(method.price)

    @admin.display(description="Free from", ordering="free_from")
    def free_shown(self, method: ShippingMethod) -> str:
        return "–" if method.free_from is None else money(method.free_from)

    @admin.display(description="Goes to")
    def goes_to(self, method: ShippingMethod) -> str:
        return ", ".join(method.countries) or "everywhere"

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        self._warn(request)

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        super().delete_model(request, obj)
        self._warn(request)
        raise_catalogue_version()

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        super().delete_queryset(request, queryset)
        self._warn(request)
        raise_catalogue_version()

    def _warn(self, request: HttpRequest) -> None:
        if not ShippingMethod.objects.filter(active=True).exists():
            messages.warning(request, "No shipping method is active: nobody can check out.")


class TaxRateForm(WatchedForm):
    country = country_field()

    class Meta:
        model = TaxRate
        fields = ("name", "country", "state", "percent", "on_shipping")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if isinstance(self.initial.get("percent"), Decimal):
            self.initial["percent"] = plain_number(self.initial["percent"])

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        state, country = data.get("state", "").strip(), data.get("country")
        if state and country:
            data["state"] = self._state(state, country)
        return data

    def _state(self, state: str, country: str) -> str:
        """The state as addresses have it: by its code where the country has codes."""
        known = dict(rules_for(country).states)
        by_name = {name.upper(): code for code, name in known.items()}
        by_name |= {code.upper(): code for code in known}
        if known and state.upper() not in by_name:
            self.add_error("state", f"{country_names('en')[country]} has no '{state}'.")
        return by_name.get(state.upper(), state)


@admin.register(TaxRate, site=tenant_site)
class TaxRateAdmin(TenantModelAdmin):
    """What is added to goods, or is in their price, by the place they are sent to."""

    form = TaxRateForm
    is_catalogue = False
    list_display = ("name", "country_name", "state", "percent_shown", "on_shipping")
    search_fields = ("name", "country", "state")

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A new rate begins with the country where most customers live."""
        given: dict[str, Any] = super().get_changeform_initial_data(request)
        return {"country": OrderSettings.objects.get().country} | given

    @admin.display(description="Country", ordering="country")
    def country_name(self, rate: TaxRate) -> str:
        return country_names("en").get(rate.country, rate.country)

    @admin.display(description="Per cent", ordering="percent")
    def percent_shown(self, rate: TaxRate) -> str:
        return f"{plain_number(rate.percent)} %"


class OrderSettingsForm(WatchedForm):
    country = country_field(help_text="Where most customers live: the checkout begins with it.")

    class Meta:
        model = OrderSettings
        fields = (
            "number_prefix",
            "country",
            "prices_include_tax",
            "hold_hours",
            "contact_email",
            "business_address",
            "tax_number",
        )
        widgets: ClassVar = {"business_address": UnfoldAdminTextareaWidget({"rows": 4})}
        labels = {
            "number_prefix": "Order number prefix",
            "prices_include_tax": "Prices include tax",
            "hold_hours": "Hours to wait for a payment",
            "contact_email": "Contact e-mail",
            "business_address": "Business address",
            "tax_number": "Tax number",
        }
        help_texts = {
            "number_prefix": "Such as T- for T-1001. Empty: from the shop's address.",
            "hold_hours": "An order that nobody began to pay is cancelled after that.",
            "business_address": "On invoices: the name and address of who sells, line by line.",
            "tax_number": "On invoices, such as DE123456789.",
        }

    def clean_number_prefix(self) -> str:
        prefix: str = self.cleaned_data["number_prefix"].strip()
        if not re.fullmatch(r"[A-Za-z0-9#/_.-]*", prefix):
            raise ValidationError("Use letters, digits and # / _ . -")
        return prefix


@admin.register(OrderSettings, site=tenant_site)
class OrderSettingsAdmin(OneRow, TenantModelAdmin):
    """How orders are taken: one row, that is changed and neither added nor deleted."""

    form = OrderSettingsForm
    is_catalogue = False
