"""Our books beside what the provider knows to be true."""

from collections import Counter
from decimal import Decimal

from checkout.services.integrity import violations
from orders.models import LedgerEntry, Order, OutboxMessage, Refund
from pycommerce.core.money import from_minor_units
from pycommerce.db import connection
from tests.fakes.stripe_server import FakeStripe

Kind = LedgerEntry.Kind


def differences(fake: FakeStripe) -> list[str]:
    """Where the selected shop's books say something else than the provider, or contradict itself.

    Every paid session is one charge of its order, every refund stands in the ledger once, and
    each order ends paid with its units sold, or unpaid, or with all of its money given back.
    """
    tenant = str(connection.tenant.pk)
    found = [str(each) for each in violations()]
    theirs: Counter[tuple[str, str, Decimal]] = Counter()
    for session in fake.sessions.values():
        if session.metadata.get("tenant") != tenant or not session.intent:
            continue
        currency = session.currency.upper()
        if session.payment_status == "paid":
            theirs["charge", session.intent, from_minor_units(session.amount, currency)] += 1
        for refund in fake.refunds.values():
            if refund.intent == session.intent and refund.status != "failed":
                amount = from_minor_units(refund.amount, currency)
                theirs["refund", refund.id, amount] += 1
    # What costs nothing is no payment over there.
    entries = LedgerEntry.objects.exclude(kind=Kind.DISPUTE).exclude(amount=0)
    ours = Counter((str(each.kind), each.provider_id, each.amount) for each in entries)
    for each in entries.filter(kind=Kind.REFUND_REVERSAL):
        # A refund that failed stands twice, and for nothing.
        ours["refund", each.provider_id, each.amount] -= 1
        ours["refund_reversal", each.provider_id, each.amount] -= 1
    found += [f"only the provider knows {entry}" for entry in theirs - ours]
    found += [f"only our books know {entry}" for entry in +ours - theirs]
    found += [f"{order}: {problem}" for order in Order.objects.all() for problem in _ends(order)]
    return found


def _ends(order: Order) -> list[str]:
    """What is wrong with how an order ended: never both money and goods, never neither."""
    confirmed = OutboxMessage.objects.filter(
        topic="mail.order_confirmed", payload__order=str(order.pk)
    ).count()
    paid = LedgerEntry.objects.filter(order=order, kind=Kind.CHARGE, is_surplus=False).count()
    waiting = Refund.objects.filter(order=order, state=Refund.State.NEW).count()
    wrong = []
    if paid > 1:
        wrong.append(f"{paid} charges")
    if waiting:
        wrong.append(f"{waiting} refunds were not sent")
    if order.units == Order.Units.SOLD and order.status != "cancelled":
        if order.captured < order.total or confirmed != 1:
            wrong.append(f"sold for {order.captured}, with {confirmed} mails")
    elif order.payment_status != "review" and order.captured != order.refunded:
        wrong.append(f"{order.captured} kept for nothing, {order.refunded} given back")
    return wrong
