"""Placing an order: a snapshot of the catalogue, sums, and units held from that moment."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from catalog.display import money
from catalog.models import Product, Variant
from catalog.services.holding import hold_units
from orders.addresses import country_code
from orders.errors import BadDiscount, OutOfStock, PricesChanged
from orders.models import MAX_QUANTITY, Discount, LineItem, Order
from orders.reading import exact
from orders.services.pricing import Quote, quote
from orders.services.timeline import NOBODY, Actor, note, placed_words, save
from pycommerce.core.errors import wrong_field
from pycommerce.core.ids import uuid7
from pycommerce.db import connection
from tenants.due import Kind, note_due
from tenants.errors import TenantInactive
from tenants.models import Tenant
from tenants.shop.models import TELL_VERSION
from tenants.webhooks.announcing import ANNOUNCE, announcement

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who buys; the address is kept in lower case."""

    name: str
    email: str
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Address:
    """An address as it was given; `code` is its country's (ISO 3166 alpha-2)."""

    line1: str
    city: str
    country: str
    code: str
    line2: str = ""
    state: str = ""
    postal_code: str = ""

    def as_json(self) -> dict[str, str]:
        return {
            "line1": self.line1,
            "line2": self.line2,
            "city": self.city,
            "state": self.state,
            "postal_code": self.postal_code,
            "country": self.country,
        }


def address_from(given: Mapping[str, str]) -> Address:
    """The address from its members. Raises InvalidRequest naming `country`."""
    code = country_code(given["country"])
    if code is None:
        raise wrong_field("country", "There is no such country.")
    return Address(
        line1=given["line1"],
        line2=given.get("line2", ""),
        city=given["city"],
        state=given.get("state", ""),
        postal_code=given.get("postal_code", ""),
        country=given["country"],
        code=code,
    )


@dataclass(frozen=True, slots=True)
class Wanted:
    """A line of the order to be: a variant that is for sale, and units of it."""

    variant: Variant
    quantity: int


def find_wanted(quantities: Mapping[UUID, int]) -> list[Wanted]:
    """The variants of (id to units) that are for sale, in the given order.

    Raises InvalidRequest naming `items` for what is not for sale, or for a quantity out of range.
    """
    variants = (
        Variant.objects.select_related("product")
        .filter(product__status=Product.Status.ACTIVE)
        .in_bulk(list(quantities))
    )
    wanted = []
    for variant_id, units in quantities.items():
        if variant_id not in variants:
            raise wrong_field("items", f"Variant with ID '{variant_id}' is not for sale.")
        if not 1 <= units <= MAX_QUANTITY:
            raise wrong_field("items", f"Use quantities from 1 to {MAX_QUANTITY}.")
        wanted.append(Wanted(variants[variant_id], units))
    return wanted


@transaction.atomic(savepoint=False)
def place_order(
    *,
    buyer: Buyer,
    shipping_address: Address,
    billing_address: Address | None = None,
    quantities: Mapping[UUID, int],
    shipping_method: str,
    payment_method: str = Order.PaymentMethod.CREDIT_CARD,
    notes: str = "",
    discount_code: str = "",
    seen_prices: Mapping[UUID, Decimal] | None = None,
    actor: Actor = NOBODY,
    **fields: Any,
) -> Order:
    """Turn wanted quantities (variant id to units) into a pending order that holds those units.

    Names and prices are copied from the catalogue now, so a later price change leaves the order
    as the customer saw it; with `seen_prices` (variant id to price) only at those. `fields` are
    further fields of Order. The order has no number yet: `give_number` comes last in the
    transaction, since its lock lasts until the commit.

    Raises InvalidRequest naming the field, BadDiscount, PricesChanged, OutOfStock, or
    TenantInactive; then nothing has changed.
    """
    tenant = connection.tenant
    if not Tenant.objects.filter(pk=tenant.pk, active=True).exists():
        raise TenantInactive(tenant.slug)
    if not quantities:
        raise wrong_field("items", "The order has no items.")
    wanted = find_wanted(quantities)
    if seen_prices is not None and any(
        line.variant.price != seen_prices[line.variant.pk] for line in wanted
    ):
        raise PricesChanged(_("A price has changed."))
    priced = quote(
        [(line.variant.price, line.quantity) for line in wanted],
        currency=tenant.currency,
        country_code=shipping_address.code,
        state=shipping_address.state,
        shipping_code=shipping_method,
        discount_code=discount_code,
    )
    order = Order(
        customer_id=_customer(buyer),
        customer_name=buyer.name,
        customer_email=buyer.email,
        customer_phone=buyer.phone,
        shipping_address=shipping_address.as_json(),
        billing_address=(billing_address or shipping_address).as_json(),
        country_code=shipping_address.code,
        notes=notes,
        payment_method=payment_method,
        used_discount=priced.discount,
        **_amounts(priced, tenant.currency),
        **{"language": tenant.language, **fields},
    )
    order.save(force_insert=True)
    LineItem.objects.bulk_create(_line_items(order, wanted, priced))
    note(order, "placed", placed_words(len(wanted)), actor)
    if short := hold_units(quantities):
        skus = {line.variant.pk: line.variant.sku for line in wanted}
        raise OutOfStock(
            sku=skus[short.variant_id], requested=short.requested, available=short.available
        )
    if priced.discount:
        use_discount(priced.discount)
    logger.info("Order %s placed with %d line items", order.pk, len(wanted))
    return order


_CUSTOMER = """
WITH made AS (
    INSERT INTO orders_customer (id, email, name, phone, created_at, updated_at)
    VALUES (%(id)s, %(email)s, %(name)s, %(phone)s, now(), now())
    ON CONFLICT (email) DO NOTHING RETURNING id
)
SELECT id FROM made UNION ALL SELECT id FROM orders_customer WHERE email = %(email)s LIMIT 1
"""


def _customer(buyer: Buyer) -> UUID:
    """The customer with this address, made by their first order; who is known stays as they are."""
    arguments = {
        "id": uuid7(),
        "email": buyer.email.lower(),
        "name": buyer.name,
        "phone": buyer.phone,
    }
    with connection.cursor() as cursor:
        cursor.execute(_CUSTOMER, arguments)
        row = cursor.fetchone()
        if row is None:
            # Another order of theirs committed just now: this statement's snapshot is older.
            cursor.execute("SELECT id FROM orders_customer WHERE email = %(email)s", arguments)
            row = cursor.fetchone()
    customer_id: UUID = row[0]
    return customer_id


def _amounts(priced: Quote, currency: str) -> dict[str, Any]:
    totals = priced.totals
    return {
        "currency": currency,
        "prices_include_tax": priced.prices_include_tax,
        "items_total": totals.items_total,
        "discount_total": totals.discount,
        "discount_code": priced.discount.code if priced.discount else "",
        "shipping_method": priced.shipping.code,
        "shipping_name": priced.shipping.name,
        "shipping_total": totals.shipping,
        "shipping_net": totals.shipping_net,
        "tax_name": priced.rate.name,
        "tax_percent": priced.rate.percent,
        "tax_total": totals.tax,
        "subtotal": totals.subtotal,
        "total": totals.total,
    }


def _line_items(order: Order, wanted: list[Wanted], priced: Quote) -> list[LineItem]:
    return [
        LineItem(
            order=order,
            position=position,
            variant=line.variant,
            product_id=line.variant.product_id,
            name=line.variant.product.name,
            sku=line.variant.sku,
            options=dict(
                zip(line.variant.product.option_names, line.variant.option_values, strict=False)
            ),
            quantity=line.quantity,
            unit_price=line.variant.price,
            total_price=sums.total,
            discount=sums.discount,
            tax=sums.tax,
            tax_percent=priced.rate.percent,
        )
        for position, (line, sums) in enumerate(zip(wanted, priced.totals.lines, strict=True), 1)
    ]


def use_discount(discount: Discount) -> None:
    """Count one use of the code. Raises BadDiscount where another order took the last one."""
    if not _count_use(Discount.objects.filter(pk=discount.pk, active=True)):
        raise BadDiscount(_("This code has been used up."))


def _count_use(discounts: QuerySet[Discount]) -> bool:
    free = Q(usage_limit__isnull=True) | Q(used_count__lt=F("usage_limit"))
    return bool(discounts.filter(free).update(used_count=F("used_count") + 1))


def free_discount(order: Order) -> None:
    """Give back the use of a code by a locked order that nobody paid."""
    if order.used_discount_id:
        used = Discount.objects.filter(pk=order.used_discount_id)
        used.update(used_count=F("used_count") - 1)
        save(order, used_discount=None)


def use_discount_again(order: Order) -> None:
    """Count the code of an order that is taken up again.

    One that others used up meanwhile is honoured all the same, and not counted: the customer paid
    what was agreed.
    """
    discount = Discount.objects.filter(code=order.discount_code).first()
    if discount and _count_use(Discount.objects.filter(pk=discount.pk)):
        save(order, used_discount=discount)


_NUMBER = f"""
WITH told AS ({ANNOUNCE} RETURNING 1),
state AS (
    UPDATE shop_state SET last_order_number = last_order_number + 1,
        catalogue_version = catalogue_version + 1
    RETURNING last_order_number, catalogue_version
),
version AS ({TELL_VERSION})
UPDATE orders_order SET number = coalesce(
    (SELECT nullif(number_prefix, '') FROM orders_settings), %s) || state.last_order_number
FROM state WHERE id = %s RETURNING number, (SELECT count(*) FROM told)
"""


def give_number(order: Order) -> None:
    """Give the order its number, make kept answers about stock stale, and tell other systems.

    It is the last statement: the row that number and version come from is last in the lock order.
    """
    told = announcement("order.created", [{"order": str(order.pk)}])
    prefix = f"{connection.tenant.slug[:1].upper()}-"
    with connection.cursor() as cursor:
        cursor.execute(_NUMBER, [*told, prefix, order.pk])
        order.number, told_count = cursor.fetchone()
    if told_count:
        note_due(Kind.WEBHOOKS)


def quantities_of(order: Order) -> dict[UUID, int]:
    """Units of each variant in the order; variants that were deleted since are left out."""
    found: dict[UUID, int] = {}
    for line in order.line_items.all():
        if line.variant_id:
            found[line.variant_id] = found.get(line.variant_id, 0) + line.quantity
    return found


def money_words(amount: Decimal, currency: str) -> str:
    """An amount for the timeline: $12.50; of a currency that is not the shop's, 12.50 EUR."""
    if currency == connection.tenant.currency:
        return money(amount)
    return f"{exact(amount, currency):f} {currency}"
