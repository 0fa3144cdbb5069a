"""Cart and checkout: plain forms that scripts improve."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from checkout.carts import (
    Line,
    add_to_cart,
    cart_of,
    change_cart,
    forget_cart,
    has_changed,
    lines_of,
    remember_cart,
)
from checkout.errors import PaymentProviderUnavailable, PaymentRefused
from checkout.forms import CheckoutForm
from checkout.models import Cart
from checkout.services.checking_out import AlreadyPaid, check_out
from checkout.services.starting import start_payment
from checkout.stripe_gateway import is_test_mode
from orders.accounts import customer_of
from orders.errors import BadDiscount, IllegalTransition, OutOfStock, PricesChanged
from orders.models import Order, ShippingMethod
from orders.pages import allow_payment_page, personal_page, shop_context
from orders.posts import check_post
from orders.reading import exact
from orders.services.customers import remember_address
from orders.services.pricing import order_settings, quote
from orders.views import find_by_token
from pycommerce.api.parameters import parse_uuid
from pycommerce.api.renderers import dumps
from pycommerce.core.errors import Forbidden, InvalidRequest, RateLimited, Refusal
from pycommerce.core.http import HttpRequest
from tenants.origins import origin_of


def _wants_json(request: HttpRequest) -> bool:
    return "application/json" in request.META.get("HTTP_ACCEPT", "")


def refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """A refusal that belongs to no field, on a page of its own."""
    if _wants_json(request):
        return JsonResponse({"error": refusal.details}, status=refusal.status)
    context = shop_context(request, title=_("That did not work"), problem=refusal.details)
    response = render(request, "checkout/refused.html", context, status=refusal.status)
    if refusal.retry_after is not None:
        response["Retry-After"] = str(refusal.retry_after)
    return response


# --- Cart ----------------------------------------------------------------------------------------


@personal_page
def cart(request: HttpRequest) -> HttpResponse:
    """The cart; a POST changes units or removes a line."""
    if request.method not in {"GET", "HEAD", "POST"}:
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    mine = cart_of(request)
    if request.method != "POST":
        return _cart_page(request, mine)
    try:
        check_post(request)
        if mine is not None:
            change_cart(mine, _wanted_units(request))
    except (Forbidden, RateLimited) as refusal:
        return refused(request, refusal)
    except Refusal as refusal:
        return _cart_page(request, mine, problem=_first_words(refusal), status=refusal.status)
    response = redirect("checkout:cart")
    if mine is not None:
        remember_cart(request, response, mine)
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


def _units(text: str) -> int:
    text = text.strip()
    if not text.isascii() or not text.isdigit() or len(text) > 6:
        problem = _("Write a whole number.")
        raise InvalidRequest(problem, fields={"quantity": [problem]})
    return int(text)


def _first_words(refusal: Refusal) -> str:
    for problems in refusal.fields.values():
        return problems[0]
    return refusal.details


def _cart_page(
    request: HttpRequest, mine: Cart | None, *, problem: str = "", status: int = 200
) -> HttpResponse:
    lines = lines_of(mine)
    context = shop_context(
        request,
        title=_("Cart"),
        lines=lines,
        total=sum((line.total for line in lines), Decimal(0)),
        changed=has_changed(lines),
        can_check_out=bool(lines) and not any(line.is_short for line in lines),
        problem=problem,
    )
    return render(request, "checkout/cart.html", context, status=status)


@personal_page
def add(request: HttpRequest) -> HttpResponse:
    """Put units of a variant into the cart; answers a script with the new count."""
    if request.method != "POST":
        return redirect("checkout:cart") if request.method == "GET" else _only_post()
    try:
        check_post(request)
        variant_id = parse_uuid(request.POST.get("variant", ""))
        if variant_id is None:
            problem = _("Choose one first.")
            raise InvalidRequest(problem, fields={"variant": [problem]})
        mine = add_to_cart(
            cart_of(request),
            variant_id=variant_id,
            quantity=_units(request.POST.get("quantity", "1")),
        )
    except Refusal as refusal:
        if _wants_json(request):
            return JsonResponse({"error": _first_words(refusal)}, status=refusal.status)
        if isinstance(refusal, Forbidden | RateLimited):
            return refused(request, refusal)
        problem = _first_words(refusal)
        return _cart_page(request, cart_of(request), problem=problem, status=refusal.status)
    if _wants_json(request):
        units = sum(mine.lines.values_list("quantity", flat=True))
        response: HttpResponse = JsonResponse({"count": units, "cart": reverse("checkout:cart")})
    else:
        response = redirect("checkout:cart")
    remember_cart(request, response, mine)
    return response


def _only_post() -> HttpResponse:
    return HttpResponseNotAllowed(["POST"])


# --- Checkout ------------------------------------------------------------------------------------


@personal_page
def checkout(request: HttpRequest) -> HttpResponse:
    """The one page between cart and payment.

    A POST with `update` shows the page again with what was typed, for another country or a code.
    Any other places the order and leads to the payment page; a script gets the order and its
    items as JSON, and makes the documented call itself.
    """
    if request.method not in {"GET", "HEAD", "POST"}:
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    mine = cart_of(request)
    lines = lines_of(mine)
    if mine is None or not lines:
        return redirect("checkout:cart")
    if request.method != "POST":
        return _checkout_page(request, mine, lines, _form(request, mine))
    try:
        check_post(request)
    except Refusal as refusal:
        return refused(request, refusal)
    form = _form(request, mine, request.POST)
    _remember_details(mine, request.POST)
    if "update" in request.POST:
        return _checkout_page(request, mine, lines, form, is_update=True)
    if has_changed(lines):
        return _to_cart(request)
    if not form.is_valid():
        return _checkout_page(request, mine, lines, form, status=400)
    return _place(request, mine, lines, form)


def _to_cart(request: HttpRequest) -> HttpResponse:
    """Something changed since the shopper looked: they see it before they pay."""
    if _wants_json(request):
        return JsonResponse({"go_to": reverse("checkout:cart")}, status=409)
    return redirect("checkout:cart")


def _form(request: HttpRequest, mine: Cart, data: Mapping[str, Any] | None = None) -> CheckoutForm:
    language = request.tenant.language
    methods = list(ShippingMethod.objects.filter(active=True))
    return CheckoutForm(
        data,
        initial=mine.details or _known_details(request),
        language=language,
        default_country=order_settings().country,
        methods=methods,
    )


def _known_details(request: HttpRequest) -> dict[str, str]:
    """What a customer who is signed in need not type again."""
    customer = customer_of(request)
    if customer is None:
        return {}
    known = {"email": customer.email, "name": customer.name, "phone": customer.phone}
    if last := customer.addresses.first():
        known |= last.address | {"country": last.country_code}
    return known


def _remember_details(mine: Cart, data: Mapping[str, Any]) -> None:
    """Keep what was typed: it is there when the shopper comes back."""
    known = CheckoutForm.base_fields
    mine.details = {name: str(data[name])[:5000] for name in known if data.get(name)}
    mine.save(update_fields=["details"])


def _place(request: HttpRequest, mine: Cart, lines: list[Line], form: CheckoutForm) -> HttpResponse:
    try:
        order = check_out(
            mine.pk,
            buyer=form.buyer(),
            shipping_address=form.shipping_address(),
            billing_address=form.billing_address(),
            shipping_method=form.cleaned_data["shipping_method"],
            notes=form.cleaned_data["notes"],
            discount_code=form.cleaned_data["discount_code"],
        )
    except AlreadyPaid as paid:
        return _already_paid(request, paid.order)
    except (OutOfStock, PricesChanged):
        return _to_cart(request)
    except BadDiscount as refusal:
        form.add_error("discount_code", _first_words(refusal))
        return _checkout_page(request, mine, lines, form, status=400)
    except (IllegalTransition, InvalidRequest, PaymentProviderUnavailable) as refusal:
        problem = _first_words(refusal)
        return _checkout_page(request, mine, lines, form, problem=problem, status=refusal.status)
    remember_address(order.customer_id, form.shipping_address())
    if _wants_json(request):
        content = dumps({"order_id": str(order.pk), "items": _items(order)})
        return HttpResponse(content, content_type="application/json")
    return _to_payment(request, order)


def _already_paid(request: HttpRequest, order: Order) -> HttpResponse:
    address = reverse("orders:status", args=[order.access_token])
    response = (
        JsonResponse({"go_to": address}, status=409) if _wants_json(request) else redirect(address)
    )
    forget_cart(request, response)
    return response


def _items(order: Order) -> list[dict[str, Any]]:
    """The order's lines as the documented call names them."""
    return [
        {
            "id": str(line.variant_id or line.sku),
            "name": line.name[:250],
            "price": exact(line.unit_price, order.currency),
            "quantity": line.quantity,
        }
        for line in order.line_items.all()
    ]


def _to_payment(request: HttpRequest, order: Order) -> HttpResponse:
    """To the payment page; where it cannot be reached, to the order, which stays payable."""
    try:
        attempt = start_payment(order.pk, origin=origin_of(request))
    except (PaymentProviderUnavailable, PaymentRefused, IllegalTransition) as refusal:
        context = shop_context(
            request,
            title=_("The payment page cannot be reached"),
            order=order,
            problem=refusal.details,
        )
        response = render(request, "checkout/unpaid.html", context, status=refusal.status)
        allow_payment_page(response)
        return response
    response = HttpResponse(status=303)
    response["Location"] = attempt.url
    return response


def _checkout_page(
    request: HttpRequest,
    mine: Cart,
    lines: list[Line],
    form: CheckoutForm,
    *,
    problem: str = "",
    is_update: bool = False,
    status: int = 200,
) -> HttpResponse:
    chosen = str(form["shipping_method"].value() or "")
    codes = [method.code for method in form.methods]
    if chosen not in codes:
        chosen = codes[0] if codes else ""
    code = str(form["discount_code"].value() or "")
    totals, code_problem = _totals(request, lines, form, chosen, code)
    if is_update:
        # Shown again and not yet sent: nothing is wrong with what is not there yet.
        form = _form(request, mine, None)
    goods = sum((line.total for line in lines), Decimal(0))
    context = shop_context(
        request,
        title=_("Checkout"),
        form=form,
        lines=lines,
        totals=totals,
        code=code,
        code_problem=code_problem,
        methods=[
            (method, method.price_for(goods), method.code == chosen) for method in form.methods
        ],
        cancelled="cancelled" in request.GET,
        problem=problem,
        is_test_mode=is_test_mode(),
        create_session=reverse("checkout:create-session"),
        has_more=any(form[name].value() for name in ("line2", "phone", "notes")),
        other_billing=bool(form["other_billing"].value()),
    )
    response = render(request, "checkout/checkout.html", context, status=status)
    allow_payment_page(response)
    return response


def _totals(
    request: HttpRequest, lines: list[Line], form: CheckoutForm, shipping: str, code: str
) -> tuple[Any, str]:
    """What it comes to so far, and what is wrong with the discount code."""
    arguments: dict[str, Any] = {
        "prices": [(line.now, line.quantity) for line in lines],
        "currency": request.tenant.currency,
        "country_code": form.code,
        "state": str(form["state"].value() or ""),
        "shipping_code": shipping,
    }
    try:
        return quote(**arguments, discount_code=code), ""
    except BadDiscount as refusal:
        return quote(**arguments), _first_words(refusal)
    except InvalidRequest:
        return None, ""


@personal_page
def pay(request: HttpRequest, token: str) -> HttpResponse:
    """Pay for an order that waits: from its own page."""
    order = find_by_token(token)
    if request.method != "POST":
        return redirect(reverse("orders:status", args=[token]))
    try:
        check_post(request)
    except Refusal as refusal:
        return refused(request, refusal)
    if not order.is_payable:
        return redirect(reverse("orders:status", args=[token]))
    return _to_payment(request, order)
