"""What the shop's people fill in to do something with an order."""

from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from django import forms

from catalog.display import money
from orders.desk.page import LineSight, Sight
from orders.models import MAX_NOTE
from pycommerce.core.money import MAX_DIGITS, decimals_of
from pycommerce.core.number_fields import NumberField, WholeNumberField


def new_key() -> str:
    return uuid4().hex


class StepForm(forms.Form):
    """Asks for a step; `request_key` tells a form that was sent twice from two forms."""

    use_required_attribute = False

    request_key = forms.RegexField(r"^[0-9a-f]{32}\Z", widget=forms.HiddenInput, initial=new_key)

    def __init__(self, sight: Sight, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sight = sight
        self.prepare()

    def prepare(self) -> None:
        """Add what depends on the order."""

    def add_units(self, limit_of: Any, initial: bool) -> None:
        """A number of units for each line that has some left by `limit_of`."""
        for each in self.sight.lines:
            limit = limit_of(each)
            if limit:
                self.fields[f"units_{each.line.pk}"] = WholeNumberField(
                    label=f"Units of {each.line.name}",
                    min_value=0,
                    max_value=limit,
                    required=False,
                    initial=limit if initial else 0,
                )

    @property
    def rows(self) -> list[tuple[LineSight, forms.BoundField | None]]:
        """Each line with its field, where it has one."""
        return [
            (each, self[name] if (name := f"units_{each.line.pk}") in self.fields else None)
            for each in self.sight.lines
        ]

    def units(self) -> dict[UUID, int]:
        """Line item id to units, without those of which there are none."""
        given = {
            each.line.pk: self.cleaned_data.get(f"units_{each.line.pk}") or 0
            for each in self.sight.lines
        }
        return {key: count for key, count in given.items() if count}


class FulfilForm(StepForm):
    carrier = forms.CharField(max_length=100, required=False)
    tracking_number = forms.CharField(max_length=100, required=False)

    def prepare(self) -> None:
        self.add_units(lambda each: each.to_send, initial=True)

    def clean(self) -> None:
        if not self.errors and not self.units():
            self.add_error(None, "Say how many units were sent.")


class RefundForm(StepForm):
    """What goes back. It is sent twice: for the exact sum, and with the sum that was agreed to.

    What was filled in chooses its way where nobody chose another.
    """

    what = forms.ChoiceField(label="What goes back", widget=forms.RadioSelect, initial="all")
    restock = forms.BooleanField(label="Put the units back into stock", required=False)
    reason = forms.CharField(
        max_length=255, required=False, help_text="For the timeline; the customer does not see it."
    )
    agreed = forms.DecimalField(required=False, widget=forms.HiddenInput)

    def prepare(self) -> None:
        order = self.sight.order
        what: Any = self.fields["what"]
        what.choices = [
            ("all", f"All that is left: {money(self.sight.left)}"),
            ("units", "Units of these lines"),
            ("amount", "An amount"),
        ]
        self.fields["amount"] = NumberField(
            label=f"Amount in {order.currency}",
            max_digits=MAX_DIGITS,
            decimal_places=decimals_of(order.currency),
            max_value=round(self.sight.left, decimals_of(order.currency)),
            required=False,
            error_messages={"max_value": f"{money(self.sight.left)} can be refunded at most."},
        )
        self.add_units(lambda each: each.to_refund, initial=False)

    def clean(self) -> None:
        what = self.cleaned_data.get("what")
        if what == "all" and not self.errors:
            what = self.cleaned_data["what"] = self._filled_in()
        if what == "units" and not self.errors and not self.units():
            self.add_error(None, "Say how many units go back.")
        if what == "amount" and not self.errors and self.cleaned_data["amount"] is None:
            self.add_error("amount", "Say how much goes back.")

    def _filled_in(self) -> str:
        has_amount, has_units = self.cleaned_data["amount"] is not None, bool(self.units())
        if has_amount and has_units:
            self.add_error("what", "Choose units or an amount: both are filled in.")
        return "amount" if has_amount else "units" if has_units else "all"

    def wanted(self) -> dict[str, Any]:
        """The arguments of a refund: an amount, or units, or neither for all that is left."""
        what = self.cleaned_data["what"]
        amount: Decimal | None = self.cleaned_data["amount"]
        return {
            "amount": amount if what == "amount" else None,
            "items": self.units() if what == "units" else None,
        }


class CancelForm(StepForm):
    reason = forms.CharField(
        max_length=255, required=False, help_text="For the timeline; the customer does not see it."
    )


class PaymentForm(StepForm):
    reference = forms.CharField(
        label="How it was paid",
        max_length=200,
        help_text="Such as: bank transfer of 3 May, or cash.",
    )


class HoldBackForm(StepForm):
    reason = forms.CharField(label="What is to be looked at", max_length=255)


class KeepForm(StepForm):
    keep = forms.BooleanField(required=False)


class NoteForm(StepForm):
    text = forms.CharField(
        label="Note for the shop's people",
        max_length=MAX_NOTE,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
