"""Taking a person out of what a shop keeps of their orders: what was sold stays, who bought goes.

Of an address its country stays, and the state where it is one of the country's own list: that is
what tax was worked out by. City and postal code go with the street.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from orders.addresses import country_code, rules_for
from orders.models import Customer, Order, OrderEvent, OutboxMessage, Refund, SignIn
from orders.services.customers import SIGN_IN_TOPIC
from orders.services.paying import refundable
from pycommerce.db.batches import SIZE, update_each
from tenants.shop.models import WebhookDelivery, WebhookEvent

ERASED = "Erased"
# Of a shorter word of a name too much would be taken for the person.
SHORTEST_WORD = 3
_UNDER_WAY = [Refund.State.NEW, Refund.State.PENDING]


def maybe_open() -> Q:
    """The orders that `why_open` may have a reason for: of many, few are not over."""
    under_way = Refund.objects.filter(order=OuterRef("pk"), state__in=_UNDER_WAY)
    is_over = Q(status=Order.Status.COMPLETED) & ~Q(payment_status=Order.PaymentStatus.REVIEW)
    is_over |= Q(status=Order.Status.CANCELLED, captured__lte=F("refunded"))
    return ~is_over | Q(Exists(under_way))


def why_open(order: Order) -> str:
    """What an order still needs its person for, in words; empty where it is over."""
    if order.status == Order.Status.PENDING:
        return "waits for its payment"
    if any(refund.state in _UNDER_WAY for refund in order.refunds.all()):
        return "has a refund under way"
    if order.status == Order.Status.CANCELLED:
        return "was cancelled and not given back yet" if refundable(order) > 0 else ""
    if order.payment_status == Order.PaymentStatus.REVIEW:
        return "is in review"
    if (
        order.status == Order.Status.PROCESSING
        and order.payment_status != Order.PaymentStatus.REFUNDED
        and any(line.to_send for line in order.line_items.all())
    ):
        return "is paid and not sent yet"
    return ""


class Traces:
    """What gives the person away in a text that somebody typed."""

    def __init__(self, customer: Customer, orders: Iterable[Order]) -> None:
        found = {customer.name, customer.email, customer.phone}
        names = {customer.name}
        addresses = [each.address for each in customer.addresses.all()]
        for order in orders:
            found |= {order.customer_name, order.customer_email, order.customer_phone}
            names.add(order.customer_name)
            addresses += [order.shipping_address, order.billing_address]
        for address in addresses:
            found |= {address.get("line1", ""), address.get("line2", "")}
        for name in names:
            found |= {word for word in name.split() if len(word) >= SHORTEST_WORD}
        # By their first words: who sends to thousands of addresses leaves tens of thousands of
        # them, and a text has few words.
        self._by_word: dict[str, list[str]] = defaultdict(list)
        for each in found:
            if each.strip():
                self._by_word[next(iter(_words_of(each)), "")].append(each)

    def out_of(self, text: str) -> str:
        """The text without the person."""
        words = {*_words_of(text), ""} & self._by_word.keys()
        parts = [re.escape(each) for word in words for each in self._by_word[word]]
        if not parts:
            return text
        parts.sort(key=len, reverse=True)
        return re.sub(rf"(?<!\w)(?:{'|'.join(parts)})(?!\w)", ERASED, text, flags=re.IGNORECASE)


# Letters that `re.IGNORECASE` takes for i, and that fold into something else.
_DOTTED = str.maketrans({"ı": "i", "\N{COMBINING DOT ABOVE}": None})


def _words_of(text: str) -> list[str]:
    """The words of a text, equal where they differ in nothing but capitals."""
    return re.findall(r"\w+", text.casefold().translate(_DOTTED))


def erased_address(address: Mapping[str, str]) -> dict[str, str]:
    """What stays of an address, in the shape of one."""
    code = country_code(address.get("country", "")) or ""
    state = address.get("state", "")
    known = dict(rules_for(code).states)
    return {
        "line1": ERASED,
        "line2": "",
        "city": ERASED,
        "state": state if state in known or state in known.values() else "",
        "postal_code": "",
        "country": address.get("country", ""),
    }


def erase_members(members: dict[str, Any], traces: Traces) -> None:
    """Take the person out of an order in the API's shape, as answers and webhooks keep it."""
    members["customer"] = {"id": None, "name": ERASED, "email": "", "phone": ""}
    for name in ("shipping_address", "billing_address"):
        members[name] = erased_address(members[name])
    members["notes"] = ""
    members["cancel_reason"] = traces.out_of(members["cancel_reason"])
    for refund in members["refunds"]:
        refund["reason"] = traces.out_of(refund["reason"])


def erase_orders(orders: Sequence[Order], traces: Traces) -> None:
    """Take the person out of locked orders, their timelines and refunds."""
    # Other systems that ask for what changed learn of it.
    now = timezone.now()
    names = ["customer_id", "customer_name", "customer_email", "customer_phone", "notes"]
    names += ["shipping_address", "billing_address", "cancel_reason", "updated_at"]
    gone = [None, ERASED, "", "", ""]
    update_each(
        Order,
        names,
        (
            [
                order.pk,
                *gone,
                erased_address(order.shipping_address),
                erased_address(order.billing_address),
                traces.out_of(order.cancel_reason),
                now,
            ]
            for order in orders
        ),
    )
    for start in range(0, len(orders), SIZE):
        _erase_told(orders[start : start + SIZE], traces)


def _erase_told(orders: Sequence[Order], traces: Traces) -> None:
    """What timelines and refunds say of the person."""
    events = OrderEvent.objects.filter(order__in=orders)
    # What the shop's people wrote of the person by hand names them in words that nobody knows.
    events.filter(kind="note").update(text=f"{ERASED}.")
    said = events.exclude(kind="note").values_list("pk", "text")
    update_each(
        OrderEvent,
        ["text"],
        [(pk, erased) for pk, text in said if (erased := traces.out_of(text)) != text],
    )
    refunds = Refund.objects.filter(order__in=orders).exclude(reason="", problem="")
    update_each(
        Refund,
        ["reason", "problem"],
        [
            (pk, traces.out_of(reason)[:255], traces.out_of(problem)[:500])
            for pk, reason, problem in refunds.values_list("pk", "reason", "problem")
        ],
    )


def erase_messages(order_ids: Sequence[UUID], sign_in_ids: Sequence[UUID]) -> None:
    """Take the person out of the outbox: its mails are written from the order when they are sent.

    A mail that waits goes to nobody, since its order has no address any more.
    """
    of_orders = OutboxMessage.objects.filter(payload__order__in=[str(each) for each in order_ids])
    # What a mail server answered names the recipient.
    of_orders.exclude(problem="").update(problem="")
    of_sign_ins = Q(topic=SIGN_IN_TOPIC, payload__sign_in__in=[str(each) for each in sign_in_ids])
    OutboxMessage.objects.filter(of_sign_ins).delete()


def orders_told(order_ids: Sequence[UUID]) -> list[UUID]:
    """What other systems are told of the orders, locked: nobody writes one out meanwhile."""
    events = WebhookEvent.objects.select_for_update()
    ids = [str(each) for each in order_ids]
    return list(events.filter(subject__order__in=ids).order_by("pk").values_list("pk", flat=True))


def erase_what_was_sent(event_ids: Sequence[UUID], without: Callable[[str], str]) -> None:
    """Write the bodies of these locked events anew, and forget what other systems answered.

    `without` makes of an order in JSON one that names nobody; an answer may repeat the person.
    """
    for start in range(0, len(event_ids), SIZE):
        some = event_ids[start : start + SIZE]
        sent = WebhookEvent.objects.filter(pk__in=some, body__isnull=False)
        bodies = sent.values_list("pk", "body")
        update_each(WebhookEvent, ["body"], [(pk, without(str(body))) for pk, body in bodies])
        WebhookDelivery.objects.filter(event__in=some).exclude(response="").update(response="")


def sign_ins_of(customer: Customer) -> list[UUID]:
    """Links that were asked for with the customer's address."""
    found = SignIn.objects.filter(Q(customer=customer) | Q(email=customer.email))
    return list(found.values_list("pk", flat=True))
