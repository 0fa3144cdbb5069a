"""What a shop speaks and what its clocks show, changed by its merchant."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib import admin, messages
from django.db.models import Model

from pycommerce.core.http import HttpRequest
from pycommerce.unfold_shim import UnfoldAdminSelectWidget
from tenants.admin_sites import tenant_site
from tenants.models import ShopLocale
from tenants.services.looking import change_look
from tenants.tenant_admin import ShopRowAdmin
from tenants.watched_form import WatchedForm


def time_zone_field(**options: Any) -> forms.ChoiceField:
    """Asks for a time zone by its name of the tz database, such as Europe/Berlin."""
    # That of the machine is another one elsewhere, and none to PostgreSQL.
    zones = [(name, name) for name in sorted(available_timezones() - {"localtime"})]
    return forms.ChoiceField(
        choices=zones, initial="UTC", widget=UnfoldAdminSelectWidget, **options
    )


class ShopLocaleForm(WatchedForm):
    time_zone = time_zone_field(
        help_text="Of times and days in the back office, in mails and in figures."
    )

    class Meta:
        model = ShopLocale
        fields = ("language", "time_zone")
        help_texts = {
            "language": "Of the shop's pages and its mails, and of the search, which reads words "
            "as the language has them. What you wrote yourself stays as it is: products, "
            "categories, pages, shipping methods. Mails about an order stay in the language in "
            "which it was placed. The back office is in English."
        }


@admin.register(ShopLocale, site=tenant_site)
class ShopLocaleAdmin(ShopRowAdmin):
    """Language and time zone, beside the currency that stays."""

    form = ShopLocaleForm
    fields = ("language", "time_zone", "kept_currency")
    readonly_fields = ("kept_currency",)

    @admin.display(description="Currency")
    def kept_currency(self, shop: ShopLocale) -> str:
        return f"{shop.currency}. It stays: prices, orders and payments are in it."

    def save_model(
        self, request: HttpRequest, obj: Model, form: forms.ModelForm, change: bool
    ) -> None:
        self.remember_changes(request, form)
        changed = {name: form.cleaned_data[name] for name in form.changed_data}
        change_look(request.tenant.pk, **changed)
        if "language" in changed:
            messages.info(
                request,
                "The shop speaks its new language now; its search follows within a moment, in a "
                "large shop within some minutes.",
            )
