"""Customers: signing in by a mailed link, and the addresses they keep."""

from datetime import timedelta

from django.core.signing import BadSignature, TimestampSigner
from django.db import transaction
from django.utils import timezone

from orders.models import Customer, CustomerAddress, Order, OutboxMessage, SignIn
from pycommerce.api.parameters import parse_uuid
from pycommerce.db import connection
from tenants.due import Kind, note_due
from tenants.services.mail_limits import COUNTED_FOR, may_have_mail

LINK_LIFE = timedelta(hours=1)
MOST_ADDRESSES = 10
SIGN_IN_TOPIC = "customer.sign_in"


def _signer() -> TimestampSigner:
    # A link of one shop is nothing in another.
    return TimestampSigner(salt=f"sign-in:{connection.tenant.pk}")


def token_of(sign_in: SignIn) -> str:
    """What stands in the mailed link; the database alone does not know it."""
    return _signer().sign(str(sign_in.pk)).replace(":", "~")


@transaction.atomic
def ask_for_sign_in(*, email: str, client_address: str, origin: str) -> None:
    """Mail a link to a customer of this shop; for anybody else nothing happens that shows.

    The link leads to `origin`, where the customer has the shop and their cart. An address that had
    its mails for this hour gets no further one, silently; see `mail_limits`.

    Raises RateLimited where this client asked too often.
    """
    email = email.strip().lower()
    asker = {"client_address": client_address}
    if not may_have_mail(SignIn.objects.all(), email=email, asker=asker):
        return
    customer = Customer.objects.filter(email=email).first()
    sign_in = SignIn.objects.create(email=email, client_address=client_address, customer=customer)
    # Also for nobody, to whom nothing is sent: an answer takes as long for an unknown address.
    OutboxMessage.objects.create(
        topic=SIGN_IN_TOPIC,
        dedupe_key=f"{SIGN_IN_TOPIC}:{sign_in.pk}",
        payload={"sign_in": str(sign_in.pk), "origin": origin},
    )
    note_due(Kind.MESSAGES)


def find_sign_in(token: str) -> SignIn | None:
    """The unused sign-in behind a link, while it lasts."""
    try:
        text = _signer().unsign(token.replace("~", ":"), max_age=LINK_LIFE)
    except BadSignature:
        return None
    sign_in_id = parse_uuid(text)
    if sign_in_id is None:
        return None
    known = SignIn.objects.filter(pk=sign_in_id, used_at=None, customer__isnull=False)
    return known.select_related("customer").first()


def use_sign_in(token: str) -> Customer | None:
    """The customer of a link, once: one conditional update decides who came first."""
    sign_in = find_sign_in(token)
    if sign_in is None:
        return None
    if not SignIn.objects.filter(pk=sign_in.pk, used_at=None).update(used_at=timezone.now()):
        return None
    return sign_in.customer


def forget_old_sign_ins() -> int:
    """Delete asked-for links that ended and count for no limit any more; returns how many."""
    since = timezone.now() - max(LINK_LIFE, COUNTED_FOR)
    OutboxMessage.objects.filter(topic=SIGN_IN_TOPIC, created_at__lt=since).delete()
    return SignIn.objects.filter(created_at__lt=since).delete()[0]


def remember_address(order: Order) -> None:
    """Keep where an order goes for the customer's next one.

    Of paid orders only: an order costs nothing, and anybody can place one in another's name.
    """
    if order.customer_id is None:
        return
    CustomerAddress.objects.update_or_create(
        customer_id=order.customer_id,
        address=order.shipping_address,
        defaults={"country_code": order.country_code, "last_used_at": timezone.now()},
    )
    kept = CustomerAddress.objects.filter(customer_id=order.customer_id)
    old = kept.values_list("pk", flat=True)[MOST_ADDRESSES:]
    CustomerAddress.objects.filter(pk__in=list(old)).delete()
