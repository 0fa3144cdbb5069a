"""Carts: in the shop's own schema, named by a signed cookie that survives the browser's closing."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.display import option_words
from catalog.models import Product, Variant
from catalog.pictured import picture_for, pictures_of
from checkout.models import Cart, CartLine
from orders.models import MAX_QUANTITY
from pycommerce.api.parameters import parse_uuid
from pycommerce.core.errors import wrong_field
from pycommerce.core.http import HttpRequest
from tenants.middleware import cookie_place, place_of_request

COOKIE_AGE = 60 * 60 * 24 * 90
MOST_LINES = 100


# --- Cookies -------------------------------------------------------------------------------------


def _signer(request: HttpRequest) -> Signer:
    # A cart of one shop is nothing in another, nor on another host.
    return Signer(salt=f"cart:{place_of_request(request)}")


def cart_of(request: HttpRequest) -> Cart | None:
    """The visitor's cart, if they have one."""
    name = cookie_place(request, settings.CART_COOKIE_NAME)[0]
    try:
        cart_id = parse_uuid(_signer(request).unsign(request.COOKIES.get(name, "")))
    except BadSignature:
        return None
    return Cart.objects.filter(pk=cart_id).first() if cart_id else None


def remember_cart(request: HttpRequest, response: HttpResponse, cart: Cart) -> None:
    """Name the cart in a cookie, and its units in one that scripts may read for the badge."""
    value = _signer(request).sign(str(cart.pk))
    _set(request, response, settings.CART_COOKIE_NAME, value, http_only=True)
    count = str(units_in(cart))
    _set(request, response, settings.CART_COUNT_COOKIE_NAME, count, http_only=False)


def forget_cart(request: HttpRequest, response: HttpResponse) -> None:
    """The cart was bought: nothing is in it any more."""
    for setting in (settings.CART_COOKIE_NAME, settings.CART_COUNT_COOKIE_NAME):
        name, path = cookie_place(request, setting)
        response.delete_cookie(name, path=path, samesite="Lax")


def keep_cookies(request: HttpRequest, response: HttpResponse, cart: Cart | None) -> None:
    """Make both cookies say what is true: another tab, a payment or time may have changed it."""
    if cart is not None:
        remember_cart(request, response, cart)
    elif cookie_place(request, settings.CART_COOKIE_NAME)[0] in request.COOKIES:
        forget_cart(request, response)


def _set(
    request: HttpRequest, response: HttpResponse, setting: str, value: str, *, http_only: bool
) -> None:
    name, path = cookie_place(request, setting)
    response.set_cookie(
        name,
        value,
        max_age=COOKIE_AGE,
        path=path,
        secure=settings.HTTPS_REQUIRED,
        httponly=http_only,
        samesite="Lax",
    )


# --- Contents ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """A line as the cart's page shows it; `now` is today's price, `stock` what can be sold.

    `picture` is the address of what shows the variant; empty for none.
    """

    id: UUID
    variant: Variant
    quantity: int
    seen: Decimal
    is_for_sale: bool
    picture: str

    @property
    def now(self) -> Decimal:
        return self.variant.price

    @property
    def total(self) -> Decimal:
        return self.variant.price * self.quantity

    @property
    def stock(self) -> int:
        return self.variant.stock if self.is_for_sale else 0

    @property
    def is_short(self) -> bool:
        return self.quantity > self.stock

    @property
    def units(self) -> int:
        """How many of them can be bought."""
        return max(0, min(self.quantity, self.stock))

    @property
    def counted(self) -> Decimal:
        """What those cost that can be bought: it is what the cart's sum consists of."""
        return self.variant.price * self.units

    @property
    def price_changed(self) -> bool:
        return self.seen != self.now

    @property
    def options(self) -> str:
        return option_words(_options_of(self.variant).items())


def _options_of(variant: Variant) -> dict[str, str]:
    return dict(zip(variant.product.option_names, variant.option_values, strict=False))


def units_in(cart: Cart) -> int:
    """How many units are in the cart, without those that left the shop."""
    return sum(cart.lines.exclude(variant=None).values_list("quantity", flat=True))


def gone_from(cart: Cart | None) -> list[CartLine]:
    """What was in the cart until the shop deleted it; of each the name is left."""
    return list(cart.lines.filter(variant=None)) if cart else []


def lines_of(cart: Cart | None) -> list[Line]:
    """The cart's lines with what the shop asks for them now.

    Units that the cart's own pending order holds count as there to be sold.
    """
    if cart is None:
        return []
    held = dict(_held_by(cart))
    lines = list(cart.lines.exclude(variant=None).select_related("variant__product"))
    pictures = pictures_of({line.variant.product_id for line in lines if line.variant})
    found = []
    for line in lines:
        variant = line.variant
        assert variant is not None
        variant.held = max(0, variant.held - held.get(variant.pk, 0))
        found.append(
            Line(
                id=line.pk,
                variant=variant,
                quantity=line.quantity,
                seen=line.seen_price,
                is_for_sale=variant.product.status == Product.Status.ACTIVE,
                picture=picture_for(_options_of(variant), pictures.get(variant.product_id, ())),
            )
        )
    return found


def _held_by(cart: Cart) -> Iterator[tuple[UUID, int]]:
    order = cart.order
    if order is None or order.units != order.Units.HELD:
        return
    for line in order.line_items.all():
        if line.variant_id:
            yield line.variant_id, line.quantity


def add_to_cart(cart: Cart | None, *, variant_id: UUID, quantity: int) -> Cart:
    """Put units of a variant into the cart, or into a new one; returns the cart.

    A line that was there keeps the price that was seen: where it is another today, the page says.
    Raises InvalidRequest naming `variant` or `quantity`: for what is not for sale, and for more
    units than there are.
    """
    variant = Variant.objects.select_related("product").filter(pk=variant_id).first()
    if variant is None or variant.product.status != Product.Status.ACTIVE:
        raise wrong_field("variant", _("This is not for sale."))
    if not 1 <= quantity <= MAX_QUANTITY:
        raise wrong_field("quantity", _("Use 1 to %(most)s.") % {"most": MAX_QUANTITY})
    with transaction.atomic():
        locked = _lock(cart)
        lines = list(locked.lines.all()) if locked else []
        cart = locked or Cart.objects.create()
        line = next((line for line in lines if line.variant_id == variant.pk), None)
        held = dict(_held_by(cart)).get(variant.pk, 0)
        units = quantity + (line.quantity if line else 0)
        if units > min(variant.stock + held, MAX_QUANTITY):
            raise wrong_field("quantity", _only(max(variant.stock + held, 0)))
        if line:
            line.quantity = units
            line.save(update_fields=["quantity"])
        elif len(lines) >= MOST_LINES:
            problem = _("A cart holds at most %(most)s different things.") % {"most": MOST_LINES}
            raise wrong_field("variant", problem)
        else:
            CartLine.objects.create(
                cart=cart,
                variant=variant,
                name=variant.product.name,
                quantity=units,
                seen_price=variant.price,
            )
        if locked:
            _touch(cart)
    return cart


def _lock(cart: Cart | None) -> Cart | None:
    """The cart, locked; None where it was bought in another tab meanwhile, and is gone."""
    return Cart.objects.select_for_update().filter(pk=cart.pk).first() if cart else None


def _only(stock: int) -> str:
    if stock == 0:
        return _("This is sold out.")
    return ngettext("Only %(stock)s is left.", "Only %(stock)s are left.", stock) % {"stock": stock}


@transaction.atomic
def change_cart(
    cart: Cart,
    quantities: Mapping[UUID, int],
    *,
    accepted: Mapping[UUID, Decimal] | None = None,
    read: Collection[UUID] = (),
) -> None:
    """Set units of lines (id to units; 0 removes the line).

    `accepted` are the prices that the shopper was shown (line to price) and agreed to, `read` the
    lines of what left the shop whose names they have read. Nothing else becomes seen, so that a
    price that moved while the form was open is told on the next page. More than can be sold stays
    as asked: the page says so, and nobody checks out with it. Raises InvalidRequest.
    """
    if _lock(cart) is None:
        return
    cart.lines.filter(variant=None, pk__in=read).delete()
    lines = {line.pk: line for line in cart.lines.exclude(variant=None)}
    for line_id, units in quantities.items():
        line = lines.get(line_id)
        if line is None:
            continue
        if not 0 <= units <= MAX_QUANTITY:
            raise wrong_field("quantity", _("Use 0 to %(most)s.") % {"most": MAX_QUANTITY})
        if units == 0:
            line.delete()
            continue
        line.quantity = units
        line.seen_price = (accepted or {}).get(line_id, line.seen_price)
        line.save(update_fields=["quantity", "seen_price"])
    _touch(cart)


def _touch(cart: Cart) -> None:
    Cart.objects.filter(pk=cart.pk).update(updated_at=timezone.now())


def has_changed(lines: list[Line]) -> bool:
    """Whether a price or the stock is not what the shopper saw: they look before they pay."""
    return any(line.price_changed or line.is_short for line in lines)
