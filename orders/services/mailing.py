"""Delivers what stands in the outbox: mails to customers, and alerts to the shop."""

import logging
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from catalog.display import speaking
from catalog.models import Variant
from orders.models import Fulfilment, Order, OutboxMessage, SignIn
from orders.services.customers import token_of
from orders.services.low_stock import TOPIC
from orders.services.pricing import order_settings
from orders.services.webhooks import OFF_AFTER, TOPIC_OFF
from orders.showing import order_context, sums
from pycommerce.db import connection
from tenants.due import Kind, note_due
from tenants.models import Membership, Role, Tenant
from tenants.origins import origin_that_lasts, shop_origin
from tenants.public import in_public
from tenants.theme import text_on

logger = logging.getLogger(__name__)

MOST_ATTEMPTS = 12


def deliver_outbox(limit: int = 100) -> tuple[int, int]:
    """Deliver what is due in the selected shop; returns how many were sent, and how many failed.

    Each row is locked while it is delivered, so that two workers send different ones. A mail has
    the row's id in its Message-ID: one that is sent again after a crash can be told.
    """
    sent = failed = 0
    for _number in range(limit):
        outcome = _deliver_one()
        if outcome is None:
            break
        sent, failed = sent + outcome, failed + (not outcome)
    else:
        note_due(Kind.MESSAGES)
    return sent, failed


@transaction.atomic
def _deliver_one() -> bool | None:
    """Whether the oldest message that is due was sent; None where none is due."""
    now = timezone.now()
    message = (
        OutboxMessage.objects.select_for_update(skip_locked=True)
        .filter(sent_at=None, next_try_at__lte=now, attempts__lt=MOST_ATTEMPTS)
        .order_by("next_try_at", "id")
        .first()
    )
    if message is None:
        return None
    message.attempts += 1
    try:
        with transaction.atomic():
            _send(message)
    except Exception as error:
        logger.exception("Outbox message %s could not be delivered", message.pk)
        message.problem = f"{type(error).__name__}: {error}"[:500]
        message.next_try_at = now + timedelta(seconds=min(30 * 2**message.attempts, 6 * 3600))
        message.save(update_fields=["attempts", "problem", "next_try_at"])
        note_due(Kind.MESSAGES, message.next_try_at)
        return False
    message.sent_at, message.problem = now, ""
    message.save(update_fields=["attempts", "sent_at", "problem"])
    return True


def _send(message: OutboxMessage) -> None:
    kind, _dot, name = message.topic.partition(".")
    if kind == "customer":
        _send_sign_in(message)
        return
    if message.topic == TOPIC:
        _send_low_stock(message)
        return
    if message.topic == TOPIC_OFF:
        _send_webhook_off(message)
        return
    order = Order.objects.get(pk=message.payload["order"])
    with speaking(order.language), timezone.override(connection.tenant.time_zone):
        if kind == "mail":
            subject, context = _MAILS[name](order, message.payload)
            to = [] if order.is_erased else [order.customer_email]
            send_mail(message.pk, name, subject, to, _context(order) | context)
        elif kind == "alert":
            subject = _("Order %(number)s needs a look") % {"number": order.number}
            context = {"what": _ALERTS[name](), "admin": _admin_address(order)}
            send_mail(message.pk, "alert", subject, _staff(), _context(order) | context)


def _send_sign_in(message: OutboxMessage) -> None:
    tenant = connection.tenant
    sign_in = SignIn.objects.filter(pk=message.payload["sign_in"]).first()
    if sign_in is None or sign_in.customer_id is None:
        # Its link has ended, and a mail with it would be of no use; or nobody is to get one.
        return
    origin = origin_that_lasts(tenant, message.payload["origin"])
    with translation.override(tenant.language):
        context = {
            "tenant": tenant,
            "origin": origin,
            "link": f"{origin}/account/sign-in/{token_of(sign_in)}/",
        }
        subject = _("Sign in at %(shop)s") % {"shop": tenant.name}
        send_mail(message.pk, "sign_in", subject, [sign_in.email], context)


def _send_low_stock(message: OutboxMessage) -> None:
    tenant = connection.tenant
    origin = shop_origin(tenant)
    variants = Variant.objects.filter(pk__in=message.payload["variants"])
    count = message.payload["count"]
    with translation.override(tenant.language):
        context = {
            "tenant": tenant,
            "origin": origin,
            "variants": variants.select_related("product").order_by("sku"),
            "more": count - len(message.payload["variants"]),
            "link": f"{origin}/admin/catalog/variant/?level=low",
            "settings": f"{origin}/admin/catalog/stocksettings/",
        }
        subject = ngettext(
            "%(count)s variant is low in stock", "%(count)s variants are low in stock", count
        )
        send_mail(message.pk, "low_stock", subject % {"count": count}, _owners(), context)


def _send_webhook_off(message: OutboxMessage) -> None:
    tenant = connection.tenant
    origin = shop_origin(tenant)
    endpoint, address = message.payload["endpoint"], message.payload["address"]
    with translation.override(tenant.language):
        context = {
            "tenant": tenant,
            "origin": origin,
            "address": address,
            "days": OFF_AFTER.days,
            "link": f"{origin}/admin/shop/webhookendpoint/{endpoint}/change/",
        }
        subject = _("A webhook of %(shop)s was switched off") % {"shop": tenant.name}
        send_mail(message.pk, "webhook_off", subject, _owners(), context)


def _context(order: Order) -> dict[str, Any]:
    tenant = connection.tenant
    origin = origin_that_lasts(tenant, order.origin)
    return order_context(order) | {
        "sums": sums(order),
        "tenant": tenant,
        "origin": origin,
        "address": f"{origin}/orders/{order.access_token}/",
    }


def _admin_address(order: Order) -> str:
    return f"{shop_origin(connection.tenant)}/admin/orders/order/{order.pk}/change/"


Payload = dict[str, Any]
Mail = tuple[str, dict[str, Any]]


def _confirmed(order: Order, payload: Payload) -> Mail:
    return _("Your order %(number)s is confirmed") % {"number": order.number}, {}


def _cancelled(order: Order, payload: Payload) -> Mail:
    return _("Your order %(number)s was cancelled") % {"number": order.number}, {}


def _refunded(order: Order, payload: Payload) -> Mail:
    subject = _("Refund for your order %(number)s") % {"number": order.number}
    return subject, {"amount": Decimal(payload["amount"])}


def _fulfilled(order: Order, payload: Payload) -> Mail:
    fulfilment = Fulfilment.objects.prefetch_related("lines__line_item").get(
        pk=payload["fulfilment"]
    )
    subject = _("Your order %(number)s is on its way") % {"number": order.number}
    return subject, {"fulfilment": fulfilment}


def _not_paid(order: Order, payload: Payload) -> Mail:
    return _("The payment of your order %(number)s was not made") % {"number": order.number}, {}


def _late(order: Order, payload: Payload) -> Mail:
    return _("Refund for your payment of order %(number)s") % {"number": order.number}, {}


_MAILS: dict[str, Callable[[Order, Payload], Mail]] = {
    "order_confirmed": _confirmed,
    "order_cancelled": _cancelled,
    "order_refunded": _refunded,
    "order_fulfilled": _fulfilled,
    "payment_failed": _not_paid,
    "late_payment": _late,
}
_ALERTS: dict[str, Callable[[], str]] = {
    "payment_mismatch": lambda: _("Amount or currency of a payment is not that of the order."),
    "late_payment": lambda: _("It was paid after it had ended, and the money goes back."),
    "paid_twice": lambda: _("It was paid twice, and the second payment goes back."),
    "refund_failed": lambda: _("A refund failed: the customer did not get their money."),
    "refund_unexplained": lambda: _("The provider gave back more than was left."),
    "disputed": lambda: _("The customer's bank disputes the payment."),
}


def _staff() -> list[str]:
    """Who is told: the shop's contact, else its owners."""
    contact = order_settings().contact_email
    return [contact] if contact else _owners()


def _owners() -> list[str]:
    tenant = connection.tenant
    owners = Membership.objects.filter(tenant_id=tenant.pk, role=Role.OWNER, user__is_active=True)
    return in_public(lambda: list(owners.values_list("user__email", flat=True)))


def send_mail(
    message_id: UUID, name: str, subject: str, to: list[str], context: dict[str, Any]
) -> None:
    """Send a mail of the selected shop as text and HTML; nobody to send it to is no failure."""
    tenant: Tenant = connection.tenant
    if not to:
        return
    contact = order_settings().contact_email
    context = context | {
        "subject": subject,
        "language": get_language(),
        "contact": contact,
        "brand": tenant.primary_color,
        "brand_ink": text_on(tenant.primary_color),
    }
    mail = EmailMultiAlternatives(
        subject=" ".join(subject.split()),
        body=render_to_string(f"orders/mail/{name}.txt", context).strip() + "\n",
        from_email=f'"{_header_text(tenant.name)}" <{settings.DEFAULT_FROM_EMAIL}>',
        to=to,
        reply_to=[contact] if contact else [],
        headers={"Message-ID": f"<{message_id}@{settings.BASE_HOST}>"},
    )
    mail.attach_alternative(render_to_string(f"orders/mail/{name}.html", context), "text/html")
    mail.send()


def _header_text(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable() and letter not in '"\\<>')
