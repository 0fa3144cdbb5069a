"""The style guide: every part of a shop's pages in every state, by the shop's own templates.

For whoever works in the shop, and for whoever changes its templates. What stands in it is made up
here and nowhere stored.
"""

from decimal import Decimal
from html import escape
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid5

from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from catalog.cards import render_cards, small_cards
from catalog.choices import Group as OptionGroup
from catalog.choices import Offer, Value
from catalog.display import offer_price_html, option_words, stock_state, stock_words
from catalog.forms import ORDERS
from catalog.layout import Link, layout, list_items
from catalog.listing import CardRow, ProductFilters, newest_cards
from catalog.models import Product, Variant
from catalog.narrowing import Chip, Choice, Group, WayOut
from catalog.trying_on import for_a_frame, try_on
from checkout.carts import Line
from checkout.forms import CheckoutForm
from orders.models import LineItem, Order, ShippingMethod
from orders.showing import is_confirmed, is_on_the_way, state_words, steps, tone
from orders.waiting import NextLook
from pycommerce.core.http import HttpRequest
from pycommerce.db import connection
from tenants.backends import rights_in
from tenants.roles import Right
from tenants.versions import bring_up_to_date

_SPACE = UUID("6b1f0a52-6f0e-4d5e-9a39-0c8f1f5f7c11")
D = Decimal


def style_guide(request: HttpRequest) -> HttpResponse:
    """The guide in the shop's look, or in one that is tried on by who may change it."""
    bring_up_to_date(request)
    theme = ""
    if request.GET and Right.CHANGE_LOOK in rights_in(request.user, request.tenant):
        theme = try_on(request, request.GET)
    with translation.override(request.tenant.language):
        context = layout(request, theme=theme) | _samples(request)
        page = render_to_string("checkout/style_guide.html", context)
    return for_a_frame(HttpResponse(page))


def _id(name: str) -> UUID:
    return uuid5(_SPACE, name)


def _samples(request: HttpRequest) -> dict[str, Any]:
    pictured = next(iter(newest_cards(ProductFilters(), limit=1, version=request.version)), None)
    return {
        "title": _("Style guide"),
        "canonical": "",
        "is_tried_on": True,
        "heroes": _heroes(pictured),
        "crumbs": list_items([Link(_("Category"), "#", ""), Link(_("Sub-category"), "#", "")]),
        "links": list_items(Link(_("Sub-category"), "#", "") for _number in range(4)),
        "suggestions": _suggestions(pictured),
        "list": _list(pictured),
        "empty_list": _empty_list(),
        "offers": [_offer(stock) for stock in (9, 2, 0)],
        "product": Product(id=_id("product"), name=_("Product")),
        "buys": _buys(),
        "form": _form(request),
        "methods": _methods(),
        "tiles": [
            Link(_("Category"), "#", _("A sentence below it that says what there is.")),
            Link(_("Category without a description"), "#", ""),
        ],
        "lines": _cart(pictured),
        "heads": _heads(),
        "summary": {"order": _order(), "lines": _order_lines()},
    }


# --- Of the catalogue ----------------------------------------------------------------------------


def _heroes(pictured: CardRow | None) -> list[dict[str, Any]]:
    """The top of the home page, without a picture and with one where the shop has any."""
    plain = {
        "heading": _("A headline of the home page"),
        "text": _("A sentence below it that says what there is."),
        "button": Link(_("See all products"), "#", ""),
    }
    image = pictured.image if pictured else None
    if not image or not image["url"]:
        return [plain]
    picture = {"url": image["url"], "alt": "", "width": 800, "height": 800}
    return [plain, plain | {"picture": picture}]


def _card(
    name: str,
    price: str,
    pictured: CardRow | None,
    *,
    to: str = "",
    before: str = "",
    stock: int = 9,
) -> CardRow:
    return CardRow(
        id=_id(f"{name} {pictured.updated_at if pictured else ''}"),
        name=name,
        slug="style-guide",
        price=D(price),
        max_price=D(to or price),
        compare_at_price=D(before) if before else None,
        stock=stock,
        updated_at="",
        image_json=pictured.image_json if pictured else None,
        widths_json=pictured.widths_json if pictured else None,
    )


def _suggestions(pictured: CardRow | None) -> dict[str, Any]:
    """What the search field suggests: a search, a category, products with a word that was found."""
    name = _("On sale")
    rows = [
        _card(name, "29.00", pictured, before="49.00"),
        _card(_("At several prices"), "49.00", None, to="79.00"),
    ]
    return {
        "search": "#",
        "completions": [(_("Product"), "")],
        "categories": [Link(_("Category"), "#", "")],
        "products": small_cards(rows, {name: f"<mark>{escape(name)}</mark>"}),
    }


def _list(pictured: CardRow | None) -> dict[str, Any]:
    """A list with cards in each state, filters that are on, a price that is wrong, and pages."""
    cards = [
        _card(_("In stock"), "49.00", pictured),
        _card(_("At several prices"), "49.00", pictured, to="79.00"),
        _card(_("On sale"), "29.00", pictured, before="49.00"),
        _card(_("A few left"), "49.00", pictured, stock=2),
        _card(_("Sold out"), "49.00", pictured, stock=0),
        _card(_("Without a picture"), "49.00", None),
        _card(
            _("With a name that is so long that no card of any width has room for all of it"),
            "1249.00",
            pictured,
        ),
    ]
    colors = [_("Black"), _("White"), _("Red"), _("Green"), _("Blue"), "Petrol", "Mint", "Sand"]
    colors.append(_("A colour with a long name"))
    choices = [
        Choice("option", color, color, count, is_chosen=color == colors[0])
        for color, count in zip(colors, (14, 9, 7, 6, 5, 4, 3, 2, 0), strict=True)
    ]
    field = SimpleNamespace(choices=ORDERS)
    context = {
        "form": SimpleNamespace(
            sort=SimpleNamespace(label=_("Order"), field=field, errors=[]),
            min_price=SimpleNamespace(label=_("From"), errors=[]),
            max_price=SimpleNamespace(
                label=_("To"), errors=[_("This is less than the lowest price.")]
            ),
        ),
        "given": {"sort": "price", "min_price": "50", "max_price": "20"},
        "groups": [
            Group(
                _("Availability"),
                [
                    Choice("in_stock", "on", _("In stock"), 12, True),
                    Choice("on_sale", "on", _("On sale"), 0, False),
                ],
            ),
            Group(_("Colour"), choices),
        ],
        "facets": SimpleNamespace(lowest=D("9.00"), highest=D("1249.00")),
        "chips": [
            Chip(_("In stock"), "#", ProductFilters()),
            Chip(f"{_('Colour')}: {_('Black')}", "#", ProductFilters()),
        ],
        "count": 31,
        "currency": connection.tenant.currency,
        "without_filters": "#",
    }
    return {
        "narrowing": render_to_string("catalog/_narrowing.html", context),
        "cards": render_cards(cards),
        "previous_page": "#",
        "next_page": "#",
    }


def _empty_list() -> dict[str, Any]:
    return {
        "form": SimpleNamespace(is_narrowed=True, errors=[]),
        "ways_out": [WayOut(_("In stock"), "#", 4), WayOut(_("Black"), "#", 1)],
        "without_filters": "#",
    }


def _offer(stock: int) -> Offer:
    before = D("49.00") if stock == 2 else None
    return Offer(
        id=str(_id("variant")),
        options=[],
        price=offer_price_html(D("29.00"), before),
        stock=stock_words(stock),
        state=stock_state(stock),
        sku="AB-001",
        units=stock,
        picture=None,
    )


def _buys() -> list[dict[str, Any]]:
    """The form that puts something into the cart: with options, without, and sold out."""
    sizes = [Value("S", False, True), Value("M", True, False), Value("L", False, False)]
    colors = [Value(_("Black"), True, False), Value(_("Red"), False, True)]
    groups = [
        OptionGroup(_("Size"), "option-1", sizes),
        OptionGroup(_("Colour"), "option-2", colors),
    ]
    product = SimpleNamespace(id=_id("product"), stock=9)
    return [
        {"product": product, "offer": _offer(9), "groups": groups},
        {"product": product, "offer": _offer(9), "groups": []},
        {"product": SimpleNamespace(id=product.id, stock=0), "offer": _offer(0), "groups": []},
    ]


# --- Of cart, checkout and orders ----------------------------------------------------------------


def _form(request: HttpRequest) -> CheckoutForm:
    """Fields as they are while something is wrong with two of them."""
    return CheckoutForm(
        {"email": "name@", "name": "Maria Winter", "country": "US", "line1": ""},
        language=request.tenant.language,
        default_country="US",
        methods=[],
    )


def _methods() -> list[tuple[ShippingMethod, Decimal, bool]]:
    standard = ShippingMethod(code="guide", name=_("Standard"), description=_("3–5 days"))
    express = ShippingMethod(code="guide-express", name=_("Express"), description=_("Next day"))
    return [(standard, D(0), True), (express, D("14.90"), False)]


def _cart(pictured: CardRow | None) -> list[Line]:
    """A line that is as it was, and one for each thing that can have changed."""
    picture = pictured.image["url"] if pictured and pictured.image else ""

    def line(name: str, *, quantity: int = 1, seen: str = "49.00", on_hand: int = 9) -> Line:
        variant = Variant(
            product=Product(
                name=name,
                slug="style-guide",
                option_names=[_("Size"), _("Colour")],
            ),
            option_values=["M", _("Black")],
            price=D("49.00"),
            on_hand=on_hand,
        )
        return Line(_id(name), variant, quantity, D(seen), is_for_sale=True, picture=picture)

    return [
        line(_("Product"), quantity=2),
        line(_("A price that changed"), seen="39.00"),
        line(_("A few left"), quantity=3, on_hand=2),
        line(_("Sold out"), on_hand=0),
    ]


def _order(**fields: Any) -> Order:
    return Order(
        number="1001",
        customer_email="name@example.com",
        created_at=timezone.now(),
        items_total=D("147.00"),
        discount_total=D("14.70"),
        discount_code="TEN",
        shipping_name=_("Standard"),
        shipping_total=D(0),
        tax_total=D("10.58"),
        total=D("142.88"),
        **fields,
    )


def _order_lines() -> list[dict[str, Any]]:
    unit = D("49.00")
    size = option_words([(_("Size"), "M"), (_("Colour"), _("Black"))])
    rows = [(_("Product"), 2, size), (_("Without a picture"), 1, "")]
    return [
        {
            "line": LineItem(name=name, quantity=units, unit_price=unit, total_price=unit * units),
            "options": options,
        }
        for name, units, options in rows
    ]


def _heads() -> list[dict[str, Any]]:
    """How an order stands: confirmed, unpaid, with a payment on its way, cancelled."""
    states = [
        (Order.Status.PROCESSING, Order.PaymentStatus.PAID),
        (Order.Status.PENDING, Order.PaymentStatus.UNPAID),
        (Order.Status.PENDING, Order.PaymentStatus.PROCESSING),
        (Order.Status.CANCELLED, Order.PaymentStatus.UNPAID),
    ]
    orders = [_order(status=status, payment_status=payment) for status, payment in states]
    return [
        {
            "order": order,
            "words": state_words(order),
            "tone": tone(order),
            "steps": steps(order),
            "is_confirmed": is_confirmed(order),
            "look": NextLook("", "", 3) if is_on_the_way(order) else None,
        }
        for order in orders
    ]
