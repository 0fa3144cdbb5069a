"""The cart: plain forms that scripts improve."""

from decimal import Decimal, InvalidOperation
from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from catalog.models import PriceField, Variant
from checkout.carts import (
    add_to_cart,
    cart_of,
    change_cart,
    gone_from,
    has_changed,
    keep_cookies,
    lines_of,
    remember_cart,
    units_in,
)
from checkout.models import Cart
from checkout.refusals import first_words, refused, wants_json
from orders.pages import personal_page, shop_context
from orders.services.pricing import missing_for_free_shipping, order_settings
from pycommerce.api.parameters import parse_uuid
from pycommerce.api.posts import check_post
from pycommerce.core.errors import Forbidden, InvalidRequest, RateLimited, Refusal, wrong_field
from pycommerce.core.http import HttpRequest


@require_http_methods(["GET", "HEAD", "POST"])
@personal_page
def cart(request: HttpRequest) -> HttpResponse:
    """The cart; a POST changes units or removes a line."""
    mine = cart_of(request)
    if request.method != "POST":
        return _cart_page(request, mine)
    try:
        check_post(request)
        if mine is not None:
            change_cart(
                mine, _wanted_units(request), accepted=_accepted(request), read=_read(request)
            )
    except (Forbidden, RateLimited) as refusal:
        return refused(request, refusal)
    except Refusal as refusal:
        return _cart_page(request, mine, problem=first_words(refusal), status=refusal.status)
    response = redirect("checkout:cart")
    keep_cookies(request, response, mine)
    return response


def _wanted_units(request: HttpRequest) -> dict[UUID, int]:
    wanted: dict[UUID, int] = {}
    for name, value in request.POST.items():
        line_id = (
            parse_uuid(name.removeprefix("quantity-")) if name.startswith("quantity-") else None
        )
        if line_id:
            wanted[line_id] = _units(str(value))
    if removed := parse_uuid(request.POST.get("remove", "")):
        # The button of one line; what stands in the other fields is taken as well.
        wanted[removed] = 0
    return wanted


def _accepted(request: HttpRequest) -> dict[UUID, Decimal]:
    """Line to the price that this form showed; by the button that accepts what has changed.

    Whoever only changes units or removes a line has accepted nothing.
    """
    accepted: dict[UUID, Decimal] = {}
    if "accept" not in request.POST:
        return accepted
    for name, value in request.POST.items():
        line_id = parse_uuid(name.removeprefix("shown-")) if name.startswith("shown-") else None
        price = _price(str(value)) if line_id else None
        if line_id and price is not None:
            accepted[line_id] = price
    return accepted


def _price(text: str) -> Decimal | None:
    """A price as the form has it; None for what no price can be: then nothing was shown."""
    try:
        price = Decimal(text)
        PriceField().run_validators(price)
    except (InvalidOperation, ValidationError):
        return None
    return price


def _read(request: HttpRequest) -> list[UUID]:
    """Lines of what left the shop, that this form named."""
    if "accept" not in request.POST:
        return []
    return [line_id for text in request.POST.getlist("gone") if (line_id := parse_uuid(text))]


def _units(text: str) -> int:
    text = text.strip()
    if not text.isascii() or not text.isdigit() or len(text) > 6:
        problem = _("Please enter a whole number.")
        raise InvalidRequest(problem, fields={"quantity": [problem]})
    return int(text)


def _cart_page(
    request: HttpRequest, mine: Cart | None, *, problem: str = "", status: int = 200
) -> HttpResponse:
    lines, gone, settings = lines_of(mine), gone_from(mine), order_settings()
    short = [line for line in lines if line.is_short]
    total = sum((line.counted for line in lines), Decimal(0))
    context = shop_context(
        request,
        title=_("Cart"),
        lines=lines,
        units=sum(line.units for line in lines),
        total=total,
        missing_for_free=missing_for_free_shipping(total, settings.country),
        prices_include_tax=settings.prices_include_tax,
        gone=gone,
        has_new_prices=any(line.price_changed for line in lines),
        changed=bool(gone) or has_changed(lines),
        short=short,
        can_check_out=bool(lines) and not short,
        problem=problem,
    )
    response = render(request, "checkout/cart.html", context, status=status)
    keep_cookies(request, response, mine)
    return response


@personal_page
def add(request: HttpRequest) -> HttpResponse:
    """Put units of a variant into the cart; answers a script with the new count."""
    if request.method in {"GET", "HEAD"}:
        return redirect("checkout:cart")
    if request.method != "POST":
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    try:
        check_post(request)
        mine = _add(request)
    except Refusal as refusal:
        if wants_json(request):
            return JsonResponse({"error": first_words(refusal)}, status=refusal.status)
        if isinstance(refusal, Forbidden | RateLimited):
            return refused(request, refusal)
        problem = first_words(refusal)
        return _cart_page(request, cart_of(request), problem=problem, status=refusal.status)
    if wants_json(request):
        content = {"count": units_in(mine), "cart": reverse("checkout:cart")}
        response: HttpResponse = JsonResponse(content)
    else:
        response = redirect("checkout:cart")
    remember_cart(request, response, mine)
    return response


def _add(request: HttpRequest) -> Cart:
    variant_id = parse_uuid(request.POST.get("variant", "")) or _chosen_variant(request)
    units = _units(request.POST.get("quantity", "1"))
    return add_to_cart(cart_of(request), variant_id=variant_id, quantity=units)


def _chosen_variant(request: HttpRequest) -> UUID:
    """The variant of `product` with the values of `option-1`, `option-2` and so on.

    Raises InvalidRequest naming `variant`: for no choice, and for one that there is not.
    """
    product_id = parse_uuid(request.POST.get("product", ""))
    count = sum(name.startswith("option-") for name in request.POST)
    values = [request.POST.get(f"option-{number}", "") for number in range(1, count + 1)]
    if product_id is None or not values or not all(values):
        raise wrong_field("variant", _("Please choose an option first."))
    found = Variant.objects.filter(product_id=product_id, option_values=values)
    if (variant_id := found.values_list("pk", flat=True).first()) is None:
        raise wrong_field("variant", _("There is no such combination. Please choose another."))
    return variant_id
