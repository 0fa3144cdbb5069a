"""Retention times in a shop's back office: what a merchant decides, and what is fixed."""

from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.http import HttpResponse

from checkout.services import events
from checkout.services.retention import quiet_people, quiet_since
from orders.accounts import SIGNED_IN_FOR
from orders.services.customers import LINK_LIFE
from pycommerce.core.http import HttpRequest
from pycommerce.db.counting import capped_counts, count_words
from tenants import idempotency
from tenants.admin_sites import tenant_site
from tenants.services import list_exports
from tenants.services.signing_in import KNOWN_FOR
from tenants.shop.models import RetentionTimes, retention_times
from tenants.tenant_admin import OneRow, TenantModelAdmin
from tenants.watched_form import WatchedForm

# What nobody changes: what it is, how long it is kept, and why.
_FIXED: tuple[tuple[str, timedelta | None, str], ...] = (
    (
        "Orders: numbers, dates, lines, amounts, payments, refunds",
        None,
        "Books and tax law need them.",
    ),
    (
        "Answers to calls with an Idempotency-Key",
        idempotency.KEPT_FOR,
        "So long a repeated call is safe.",
    ),
    (
        "Files of exported lists",
        list_exports.KEPT_FOR,
        "Deleted sooner where a person in them is erased.",
    ),
    (
        "Who exported which list",
        list_exports.KNOWN_FOR,
        "The history of changes has it longer.",
    ),
    ("Links by which customers sign in", LINK_LIFE, "They work once."),
    ("Sign-ins of customers", SIGNED_IN_FOR, "In their browser alone."),
    (
        "Sessions of staff",
        timedelta(seconds=settings.SESSION_COOKIE_AGE),
        "Signing out ends one at once.",
    ),
    ("Addresses from which staff signed in", KNOWN_FOR, "Against guessing of passwords."),
    (
        "What the payment provider told, once dealt with",
        events.KEPT_FOR,
        "To find out what happened to a payment.",
    ),
)


def _in_words(time: timedelta | None) -> str:
    if time is None:
        return "for good"
    if time < timedelta(days=1):
        hours = int(time.total_seconds()) // 3600
        return f"{hours} hour{'s' if hours != 1 else ''}"
    return f"{time.days} day{'s' if time.days != 1 else ''}"


class RetentionForm(WatchedForm):
    """Asks again before people are erased who were not to be."""

    understood = forms.BooleanField(
        label="Understood",
        required=False,
        help_text="Tick it where people are to be erased, or sooner than before: what is erased "
        "cannot be brought back.",
    )

    class Meta:
        model = RetentionTimes
        fields = (
            "customers_years",
            "carts_days",
            "history_months",
            "webhooks_days",
            "import_files_days",
            "imports_days",
        )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        before, after = self.initial.get("customers_years"), data.get("customers_years")
        is_sooner = after is not None and (before is None or after < before)
        if is_sooner and not data.get("understood"):
            self.add_error("understood", "Tick it: from tonight on people are erased.")
        return data


@admin.register(RetentionTimes, site=tenant_site)
class RetentionTimesAdmin(OneRow, TenantModelAdmin):
    """One row, that is changed and neither added nor deleted."""

    form = RetentionForm
    fields = (
        "customers_years",
        "understood",
        "carts_days",
        "history_months",
        "webhooks_days",
        "import_files_days",
        "imports_days",
    )
    change_form_template = "admin/retention/change_form.html"
    is_catalogue = False

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        more = {
            "fixed": [(what, _in_words(time), why) for what, time, why in _FIXED],
            "quiet": _people_of_tonight(),
        }
        response: HttpResponse = super().change_view(
            request, object_id, form_url, more | (extra_context or {})
        )
        return response

    def remember_changes(self, request: HttpRequest, form: forms.ModelForm) -> None:
        form.cleaned_data.pop("understood", None)
        super().remember_changes(request, form)


def _people_of_tonight() -> str:
    """How many people the saved time is over for; "" where nobody is erased by time."""
    since = quiet_since(retention_times())
    if since is None:
        return ""
    return count_words(capped_counts({"quiet": quiet_people(since)})["quiet"])
