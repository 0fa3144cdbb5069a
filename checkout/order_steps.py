"""What the shop's people do with an order in the back office: each step with its words.

A step asks services and keeps no rule of its own; what they refuse stands on its page.
"""

from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import messages
from django.db import transaction

from catalog.display import money
from checkout.errors import PaymentProviderUnavailable
from checkout.services.refunding import cancel_order, send_refund
from checkout.services.taking import take_manual_payment
from orders.desk import forms
from orders.desk.page import Sight
from orders.desk.words import counted
from orders.errors import IllegalTransition
from orders.models import Order, Refund
from orders.reading import find_order
from orders.services.attending import end_review, hold_back, mail_again
from orders.services.fulfilling import fulfil_order
from orders.services.noting import add_note, keep_until_paid
from orders.services.refunding import refund_order
from orders.services.timeline import Actor
from tenants.idempotency import comes_first
from tenants.roles import Right


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is said after a step, and how: one of `django.contrib.messages`' levels."""

    text: str
    level: int = messages.SUCCESS


DONE_BEFORE = Outcome("That was done already.", messages.INFO)


class Step:
    """Something to do with an order. `has_page` is False for one that a button does."""

    name: ClassVar[str]
    label: ClassVar[str]
    right: ClassVar[Right] = Right.WRITE_ORDERS
    form: ClassVar[type[forms.StepForm]] = forms.StepForm
    template: ClassVar[str] = "admin/orders/order/step.html"
    has_page: ClassVar[bool] = True
    is_main: ClassVar[bool] = False
    is_dangerous: ClassVar[bool] = False

    def is_open(self, sight: Sight) -> bool:
        """Whether the order's state allows it: then its button is shown."""
        raise NotImplementedError

    def consequences(self, sight: Sight) -> list[str]:
        """What will happen, in sentences."""
        return []

    def submit_label(self, sight: Sight) -> str:
        return self.label

    def work(self, form: Any, actor: Actor) -> Outcome:
        """Do it, once for the form's key. Raises what the services refuse."""
        raise NotImplementedError

    def once(self, form: Any, actor: Actor) -> bool:
        """Whether this form comes for the first time; asked inside the step's transaction."""
        key = form.cleaned_data["request_key"]
        return comes_first(self.name, str(actor.id), str(form.sight.order.pk), key)


def _key_of(form: Any) -> str:
    """The form's key, of this order alone."""
    return f"desk:{form.sight.order.pk}:{form.cleaned_data['request_key']}"


class Fulfil(Step):
    name, label = "fulfil", "Fulfil"
    right = Right.FULFIL_ORDERS
    form = forms.FulfilForm
    template = "admin/orders/order/fulfil.html"
    is_main = True

    def is_open(self, sight: Sight) -> bool:
        return sight.can_be_sent

    def consequences(self, sight: Sight) -> list[str]:
        return [f"{sight.order.customer_email} is told by mail what was sent."]

    def submit_label(self, sight: Sight) -> str:
        return "Mark as sent"

    @transaction.atomic
    def work(self, form: Any, actor: Actor) -> Outcome:
        if not self.once(form, actor):
            return DONE_BEFORE
        units = form.units()
        fulfil_order(
            order_id=form.sight.order.pk,
            items=units,
            carrier=form.cleaned_data["carrier"],
            tracking_number=form.cleaned_data["tracking_number"],
            actor=actor,
        )
        return Outcome(f"{counted(sum(units.values()), 'unit')} sent; the customer is told.")


class GiveBack(Step):
    name, label = "refund", "Refund"
    form = forms.RefundForm
    template = "admin/orders/order/refund.html"

    def is_open(self, sight: Sight) -> bool:
        return sight.left > 0

    def submit_label(self, sight: Sight) -> str:
        return "Show the sum"

    def work(self, form: Any, actor: Actor) -> Outcome:
        data = form.cleaned_data
        refund = refund_order(
            order_id=form.sight.order.pk,
            **form.wanted(),
            expected=data["agreed"],
            # Where an amount is chosen, the box is hidden, ticked or not.
            restock=data["restock"] and data["what"] != "amount",
            reason=data["reason"],
            request_key=_key_of(form),
            actor=actor,
        )
        return send(refund.pk)


def send(refund_id: UUID) -> Outcome:
    """Send a refund that is written down, and say how that went."""
    try:
        refund = send_refund(refund_id)
    except PaymentProviderUnavailable:
        amount = money(Refund.objects.get(pk=refund_id).amount)
        return Outcome(
            f"The payment provider cannot be reached. The refund of {amount} is written down, and "
            "is sent again by itself until it arrives.",
            messages.WARNING,
        )
    amount = money(refund.amount)
    if refund.state == Refund.State.FAILED:
        return Outcome(f"The refund of {amount} failed. {refund.problem}".strip(), messages.ERROR)
    if refund.state == Refund.State.PENDING:
        return Outcome(f"{amount} is on its way back to the customer.")
    return Outcome(f"{amount} was given back to the customer.")


class SendRefunds(Step):
    name, label = "send-refunds", "Send again now"
    has_page = False

    def is_open(self, sight: Sight) -> bool:
        return sight.order.refunds.filter(state=Refund.State.NEW).exists()

    def work(self, form: Any, actor: Actor) -> Outcome:
        outcome = Outcome("No refund waits to be sent.", messages.INFO)
        for refund in form.sight.order.refunds.filter(state=Refund.State.NEW):
            outcome = send(refund.pk)
        return outcome


class Cancel(Step):
    name, label = "cancel", "Cancel order"
    form = forms.CancelForm
    is_dangerous = True

    def is_open(self, sight: Sight) -> bool:
        return sight.can_be_cancelled

    def consequences(self, sight: Sight) -> list[str]:
        order = sight.order
        count = sum(each.line.quantity - each.line.restocked for each in sight.lines)
        units = counted(count, "unit")
        found = [
            f"{units} can be sold to others again."
            if order.units == Order.Units.HELD
            else f"{units} {'goes' if count == 1 else 'go'} back into stock."
        ]
        if sight.left > 0:
            found.append(f"{money(sight.left)} goes back to the customer.")
        found.append(f"{order.customer_email} is told by mail. This cannot be undone.")
        return found

    def work(self, form: Any, actor: Actor) -> Outcome:
        order = cancel_order(
            order_id=form.sight.order.pk,
            reason=form.cleaned_data["reason"],
            request_key=_key_of(form),
            actor=actor,
        )
        waiting = order.refunds.filter(state=Refund.State.NEW).first()
        if waiting:
            return Outcome(
                "The order is cancelled. The payment provider cannot be reached: the refund of "
                f"{money(waiting.amount)} is sent again by itself until it arrives.",
                messages.WARNING,
            )
        return Outcome("The order is cancelled; the customer is told.")


class TakePayment(Step):
    name, label = "payment", "Record a payment"
    form = forms.PaymentForm
    is_main = True

    def is_open(self, sight: Sight) -> bool:
        return sight.order.is_payable

    def consequences(self, sight: Sight) -> list[str]:
        return [
            f"{money(sight.order.total)} came outside of the shop: cash, or a bank transfer.",
            "An open payment page of this order is closed, so that nobody pays twice.",
            f"{sight.order.customer_email} gets the confirmation by mail.",
        ]

    def submit_label(self, sight: Sight) -> str:
        return f"Record {money(sight.order.total)}"

    def work(self, form: Any, actor: Actor) -> Outcome:
        order_id = form.sight.order.pk
        try:
            take_manual_payment(
                order_id=order_id, reference=form.cleaned_data["reference"], actor=actor
            )
        except IllegalTransition:
            if find_order(order_id).ledger.filter(provider="manual").exists():
                return DONE_BEFORE
            raise
        return Outcome("The payment is recorded; the order can be sent.")


class Keep(Step):
    name, label = "keep", "Keep until paid"
    form = forms.KeepForm
    has_page = False

    def is_open(self, sight: Sight) -> bool:
        return sight.order.status == Order.Status.PENDING

    def work(self, form: Any, actor: Actor) -> Outcome:
        keep = form.cleaned_data["keep"]
        keep_until_paid(order_id=form.sight.order.pk, keep=keep, actor=actor)
        if keep:
            return Outcome("The order is kept until it is paid.")
        return Outcome("The order is kept no longer than others are.")


class HoldBack(Step):
    name, label = "review", "Mark for review"
    form = forms.HoldBackForm

    def is_open(self, sight: Sight) -> bool:
        return sight.is_paid

    def consequences(self, sight: Sight) -> list[str]:
        return ["Nothing of it is sent until somebody lets it go on."]

    @transaction.atomic
    def work(self, form: Any, actor: Actor) -> Outcome:
        if not self.once(form, actor):
            return DONE_BEFORE
        reason = form.cleaned_data["reason"]
        hold_back(order_id=form.sight.order.pk, reason=reason, actor=actor)
        return Outcome("The order is in review until somebody lets it go on.")


class EndReview(Step):
    name, label = "review-end", "Let it go on"
    has_page = False
    is_main = True

    def is_open(self, sight: Sight) -> bool:
        return sight.is_held_back

    @transaction.atomic
    def work(self, form: Any, actor: Actor) -> Outcome:
        if not self.once(form, actor):
            return DONE_BEFORE
        end_review(order_id=form.sight.order.pk, actor=actor)
        return Outcome("The order goes on.")


class MailAgain(Step):
    name, label = "mail", "Mail the confirmation again"
    has_page = False

    def is_open(self, sight: Sight) -> bool:
        return sight.was_confirmed

    @transaction.atomic
    def work(self, form: Any, actor: Actor) -> Outcome:
        if not self.once(form, actor):
            return DONE_BEFORE
        order = mail_again(
            order_id=form.sight.order.pk, key=form.cleaned_data["request_key"], actor=actor
        )
        return Outcome(f"The confirmation goes to {order.customer_email} again.")


class AddNote(Step):
    name, label = "note", "Add note"
    right = Right.FULFIL_ORDERS
    form = forms.NoteForm

    def is_open(self, sight: Sight) -> bool:
        return True

    def consequences(self, sight: Sight) -> list[str]:
        return ["Only the shop's people see it."]

    @transaction.atomic
    def work(self, form: Any, actor: Actor) -> Outcome:
        if not self.once(form, actor):
            return DONE_BEFORE
        add_note(order_id=form.sight.order.pk, text=form.cleaned_data["text"], actor=actor)
        return Outcome("The note stands on the timeline.")


STEPS: dict[str, Step] = {
    step.name: step
    for step in (
        Fulfil(),
        TakePayment(),
        EndReview(),
        GiveBack(),
        HoldBack(),
        MailAgain(),
        Keep(),
        Cancel(),
        AddNote(),
        SendRefunds(),
    )
}
