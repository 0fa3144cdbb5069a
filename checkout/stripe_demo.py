"""`POST /stripe-demo/create-checkout-session-json`: the founding document's checkout call.

Open to shoppers. Every refusal is the flat `{"error": "sentence"}`. Prices from the client are
never believed: they must be those of the order, or of the catalogue.
"""

import contextlib
import hashlib
import json
import re
import secrets
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from rest_framework.response import Response

from catalog.models import Product, Variant
from checkout.description import checkout_call
from checkout.errors import NotThatSession, PaymentProviderUnavailable
from checkout.serializers import CheckoutCallSerializer
from checkout.services.starting import SESSION_LIFE, STILL_OPEN, line_item, start_payment
from checkout.stripe_gateway import Gateway, is_test_mode
from checkout.stripe_inbox.models import TestSession
from orders.errors import PricesChanged
from orders.models import Order
from pycommerce.api.fields import read
from pycommerce.api.http import Request
from pycommerce.api.parameters import parse_uuid
from pycommerce.core.errors import Forbidden, InvalidRequest, wrong_field
from pycommerce.core.http import HttpRequest
from pycommerce.core.money import decimals_of, step_problem, to_minor_units
from pycommerce.core.same_origin import comes_from_elsewhere
from tenants.origins import origin_of, platform_origin
from tenants.public import in_public
from tenants.viewsets import OpenViewSet


@dataclass(frozen=True, slots=True)
class Item:
    """An item as the client believes it to be."""

    id: str
    name: str
    price: Decimal
    quantity: int


class CheckoutCallViewSet(OpenViewSet):
    """A payment session for the items of a shopper."""

    @checkout_call
    def create(self, request: Request) -> Response:
        django_request = request._request
        if comes_from_elsewhere(django_request, both_may_be_absent=True):
            raise Forbidden("This call is for the shop's own pages.")
        data = read(CheckoutCallSerializer(data=request.data))
        items = [Item(**item) for item in data["items"]]
        tenant = django_request.tenant
        # What our own script is told is shown to shoppers.
        with translation.override(tenant.language if tenant else "en"):
            try:
                return Response(_session_for(django_request, data["order_id"], items))
            except PaymentProviderUnavailable as error:
                raise PaymentProviderUnavailable(
                    _(
                        "The payment provider cannot be reached at the moment. "
                        "You have not been charged: please try again soon."
                    )
                ) from error


def _session_for(request: HttpRequest, reference: str, items: list[Item]) -> dict[str, str]:
    order_id = parse_uuid(reference)
    if request.tenant is None:
        if order_id:
            raise InvalidRequest("Open the shop's own address to pay for an order.")
        return _test_session(request, reference, items, "USD")
    _check_decimals(items, request.tenant.currency)
    if order_id and (order := Order.objects.filter(pk=order_id, number__isnull=False).first()):
        return _pay_for(request, order, items)
    _check_catalogue_prices(items)
    return _test_session(request, reference, items, request.tenant.currency)


def _check_decimals(items: list[Item], currency: str) -> None:
    for index, item in enumerate(items):
        if -int(item.price.normalize().as_tuple().exponent) > decimals_of(currency):
            raise wrong_field(
                f"items[{index}].price", f"{currency} has {decimals_of(currency)} decimals."
            )
        if problem := step_problem(item.price, currency):
            raise wrong_field(f"items[{index}].price", problem)


# --- An order of the shop ------------------------------------------------------------------------


def _pay_for(request: HttpRequest, order: Order, items: list[Item]) -> dict[str, str]:
    """A session made from the order; items that differ from it are a 409."""
    wanted = _by_variant(items)
    agreed: dict[UUID | str, tuple[Decimal, int]] = {}
    for line in order.line_items.all():
        key: UUID | str = line.variant_id or line.sku
        agreed[key] = (line.unit_price, agreed.get(key, (Decimal(0), 0))[1] + line.quantity)
    if wanted != agreed:
        raise PricesChanged(
            f"The items are not those of order {order}: reload the page to see what it holds."
        )
    attempt = start_payment(order.pk, origin=origin_of(request))
    assert attempt.session_id
    return {"checkout_url": attempt.url, "session_id": attempt.session_id}


def _by_variant(items: list[Item]) -> dict[UUID | str, tuple[Decimal, int]]:
    """Variant id to price and units; the same one twice is added up where the price agrees."""
    known = _variants(items)
    found: dict[UUID | str, tuple[Decimal, int]] = {}
    for item in items:
        variants = known.get(item.id, [])
        key: UUID | str = variants[0].pk if len(variants) == 1 else item.id
        price, units = found.get(key, (item.price, 0))
        if price != item.price:
            raise PricesChanged(f"{item.name}: two prices are given for it.")
        found[key] = (price, units + item.quantity)
    return found


def _variants(items: list[Item]) -> dict[str, list[Variant]]:
    """For each id that was sent: the variants that it names, as variant, product or SKU."""
    wanted = {item.id for item in items}
    ids = {text: found for text in wanted if (found := parse_uuid(text))}
    rows = Variant.objects.filter(
        Q(pk__in=ids.values()) | Q(product_id__in=ids.values()) | Q(sku__in=wanted)
    ).select_related("product")
    known: dict[str, list[Variant]] = {}
    for variant in rows:
        for text in wanted:
            if ids.get(text) in {variant.pk, variant.product_id} or text == variant.sku:
                known.setdefault(text, []).append(variant)
    return known


# --- Orders that nobody knows --------------------------------------------------------------------


def _check_catalogue_prices(items: list[Item]) -> None:
    """What names something of the shop must carry its price."""
    known = _variants(items)
    for item in items:
        sold = [
            variant
            for variant in known.get(item.id, [])
            if variant.product.status == Product.Status.ACTIVE
        ]
        if sold and item.price not in {variant.price for variant in sold}:
            raise PricesChanged(f"{item.name}: it does not cost {item.price.normalize():f}.")


def _test_session(
    request: HttpRequest, reference: str, items: list[Item], currency: str
) -> dict[str, str]:
    """In test mode a session for an order that nobody knows: it pays for nothing."""
    if not is_test_mode():
        raise wrong_field("order_id", f"There is no order '{reference}'.")
    _check_decimals(items, currency)
    origin = origin_of(request) if request.tenant else platform_origin(request)
    account = request.tenant.stripe_account if request.tenant else ""
    tenant_id = request.tenant.pk if request.tenant else None
    row = in_public(
        lambda: _make_test_session(tenant_id, reference, items, currency, origin, account)
    )
    return {"checkout_url": row.url, "session_id": row.session_id}


def _make_test_session(
    tenant_id: UUID | None,
    reference: str,
    items: list[Item],
    currency: str,
    origin: str,
    account: str,
) -> TestSession:
    gateway = Gateway(account)
    line_items = [
        line_item(item.name, to_minor_units(item.price, currency), item.quantity, currency)
        for item in items
    ]
    fingerprint = hashlib.sha256(json.dumps([line_items, origin]).encode()).hexdigest()
    row, old_session = _take_test_session(tenant_id, reference, fingerprint, line_items, origin)
    if old_session:
        with contextlib.suppress(NotThatSession, PaymentProviderUnavailable):
            gateway.expire_session(old_session)
    if row.session_id:
        found = gateway.retrieve_session(row.session_id)
        if found and found.status == "open":
            return row
        TestSession.objects.filter(pk=row.pk, session_id=row.session_id).update(fingerprint="")
        row, _ = _take_test_session(tenant_id, reference, fingerprint, line_items, origin)
    session = gateway.create_session(row.params, row.stripe_key)
    TestSession.objects.filter(pk=row.pk, stripe_key=row.stripe_key).update(
        session_id=session.id, url=session.url
    )
    row.session_id, row.url = session.id, session.url
    return row


@transaction.atomic
def _take_test_session(
    tenant_id: UUID | None,
    reference: str,
    fingerprint: str,
    line_items: list[dict[str, Any]],
    origin: str,
) -> tuple[TestSession, str]:
    """The row of this reference with a key for these items; and the session it had for others."""
    now = timezone.now()
    expires_at = (now + SESSION_LIFE).replace(microsecond=0)
    fresh = {
        "fingerprint": fingerprint,
        "stripe_key": secrets.token_hex(24),
        "expires_at": expires_at,
        "session_id": "",
        "url": "",
        "params": {
            "mode": "payment",
            "client_reference_id": re.sub(r"[^A-Za-z0-9_-]", "_", reference)[:200],
            "expires_at": int(expires_at.timestamp()),
            "line_items": line_items,
            "metadata": {"kind": "test"},
            "payment_intent_data": {"metadata": {"kind": "test"}},
            "success_url": f"{origin}/checkout/return/?session_id={{CHECKOUT_SESSION_ID}}",
            "cancel_url": f"{origin}/",
        },
    }
    row, made = TestSession.objects.select_for_update().get_or_create(
        tenant_id=tenant_id, reference=reference, defaults=fresh
    )
    if made or (row.fingerprint == fingerprint and row.expires_at > now + STILL_OPEN):
        return row, ""
    old_session = row.session_id
    for name, value in fresh.items():
        setattr(row, name, value)
    row.save()
    return row, old_session
