"""The checkout: one page between cart and payment."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from checkout.carts import Line, cart_of, forget_cart, gone_from, has_changed, lines_of
from checkout.errors import PaymentProviderUnavailable, PaymentRefused, TotalChanged
from checkout.forms import CheckoutForm
from checkout.models import Cart
from checkout.refusals import first_words, refused, wants_json
from checkout.services.checking_out import AlreadyPaid, check_out
from checkout.services.starting import start_payment
from checkout.stripe_gateway import is_test_mode
from orders.accounts import customer_of
from orders.errors import BadDiscount, IllegalTransition, OutOfStock, PricesChanged
from orders.models import Order, ShippingMethod
from orders.pages import allow_payment_page, personal_page, shop_context
from orders.reading import exact
from orders.services.pricing import order_settings, quote
from orders.views import find_by_token
from pycommerce.api.parameters import parse_uuid
from pycommerce.api.posts import check_post
from pycommerce.api.renderers import dumps
from pycommerce.core.errors import InvalidRequest, Refusal
from pycommerce.core.http import HttpRequest
from tenants.origins import origin_of

# In the address of the page once somebody has tried to pay.
_CHECKED = "checked"
_KEPT_LENGTH = 5000
_NO_TOTAL = Decimal(-1)


@require_http_methods(["GET", "HEAD", "POST"])
@personal_page
def checkout(request: HttpRequest) -> HttpResponse:
    """The one page between cart and payment.

    What is posted is kept with the cart. A POST with `update` shows the page again, for another
    country or a code; one with `address` fills in an address that the customer keeps. Any other
    places the order and leads to the payment page, or shows the page with what is in the way; a
    script gets the order and its items as JSON, and makes the documented call itself. Whatever is
    shown again is so by a redirect, that "Back" and "Reload" send no form again; at once to a
    script.
    """
    mine = cart_of(request)
    lines = lines_of(mine)
    if mine is None or not lines:
        return redirect("checkout:cart")
    is_changed = bool(gone_from(mine)) or has_changed(lines)
    if request.method != "POST":
        return redirect("checkout:cart") if is_changed else _kept_page(request, mine, lines)
    try:
        check_post(request)
    except Refusal as refusal:
        return refused(request, refusal)
    form = _form(request, mine, request.POST)
    _remember_details(mine, request.POST)
    if "address" in request.POST:
        _take_address(request, mine)
        form = _form(request, mine)
    if request.POST.keys() & {"address", "update"}:
        if _is_followed(request):
            # A button beside the sums leads back to them: on a phone they are far down.
            place = "#summary" if request.POST.get("update") == "sums" else ""
            return redirect(reverse("checkout:checkout") + place)
        return _checkout_page(request, mine, lines, form, is_update=True)
    if is_changed:
        return _to_cart(request)
    if not form.is_valid():
        return _page_again(request, mine, lines, form, status=400)
    return _place(request, mine, lines, form)


def _is_followed(request: HttpRequest) -> bool:
    """Whether the answer becomes the page in the browser's window: it may be a redirect then."""
    mode = request.headers.get("Sec-Fetch-Mode", "navigate")
    return mode == "navigate" and not wants_json(request)


def _kept_page(request: HttpRequest, mine: Cart, lines: list[Line]) -> HttpResponse:
    """The page with what is kept of it; looked through once somebody has tried to pay."""
    problem = mine.notice
    if problem:
        Cart.objects.filter(pk=mine.pk).update(notice="")
    is_checked = bool(mine.details) and _CHECKED in request.GET
    form = _form(request, mine, mine.details if is_checked else None)
    return _checkout_page(request, mine, lines, form, problem=problem)


def _page_again(
    request: HttpRequest,
    mine: Cart,
    lines: list[Line],
    form: CheckoutForm,
    *,
    problem: str = "",
    status: int,
) -> HttpResponse:
    """The page with what is in the way of paying: `problem`, which is said once, and the form's.

    At once also where more was typed than is kept: nothing of it is lost.
    """
    is_kept = all(len(str(value)) <= _KEPT_LENGTH for value in request.POST.values())
    if not (is_kept and _is_followed(request)):
        return _checkout_page(request, mine, lines, form, problem=problem, status=status)
    if problem:
        Cart.objects.filter(pk=mine.pk).update(notice=problem)
    return redirect(f"{reverse('checkout:checkout')}?{_CHECKED}=1")


def _to_cart(request: HttpRequest) -> HttpResponse:
    """Something changed since the shopper looked: they see it before they pay."""
    if wants_json(request):
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
    mine.details = {name: str(data[name])[:_KEPT_LENGTH] for name in known if data.get(name)}
    if not data.get("other_billing"):
        # Until another one is asked for it is where the goods go.
        mine.details["billing_country"] = mine.details.get("country", "")
    # Not saved: it may have been bought in another tab, and be gone.
    Cart.objects.filter(pk=mine.pk).update(details=mine.details)


def _take_address(request: HttpRequest, mine: Cart) -> None:
    """Fill in one of the addresses that the customer keeps."""
    customer, address_id = customer_of(request), parse_uuid(request.POST["address"])
    if customer is None or address_id is None:
        return
    chosen = customer.addresses.filter(pk=address_id).first()
    if chosen:
        mine.details |= chosen.address | {"country": chosen.country_code}
        Cart.objects.filter(pk=mine.pk).update(details=mine.details)


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
            origin=origin_of(request),
            agreed_total=_agreed_total(request),
        )
    except AlreadyPaid as paid:
        return _already_paid(request, paid.order)
    except BadDiscount as refusal:
        # The page says so beside the code.
        return _page_again(request, mine, lines, form, status=refusal.status)
    except (
        TotalChanged,
        IllegalTransition,
        InvalidRequest,
        PaymentProviderUnavailable,
    ) as refusal:
        problem = first_words(refusal)
        return _page_again(request, mine, lines, form, problem=problem, status=refusal.status)
    except (OutOfStock, PricesChanged):
        return _to_cart(request)
    if wants_json(request):
        content = dumps({"order_id": str(order.pk), "items": _items(order)} | _kept(order))
        return HttpResponse(content, content_type="application/json")
    return _to_payment(request, order)


def _agreed_total(request: HttpRequest) -> Decimal:
    """What stood on the button, or what no order comes to: nobody pays a sum they did not see."""
    try:
        total = Decimal(request.POST["total"])
    except (KeyError, InvalidOperation):
        return _NO_TOTAL
    return total if total.is_finite() else _NO_TOTAL


def _already_paid(request: HttpRequest, order: Order) -> HttpResponse:
    address = reverse("orders:status", args=[order.access_token])
    response = (
        JsonResponse({"go_to": address}, status=409) if wants_json(request) else redirect(address)
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


def _kept(order: Order) -> dict[str, str]:
    """What a script says, and where it leads, if the payment cannot be started now."""
    return {
        "kept": _("Order %(number)s and your cart are kept.") % {"number": order.number},
        "address": reverse("orders:status", args=[order.access_token]),
    }


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
    totals, code_problem = _totals(request, mine, lines, form, chosen, code)
    if is_update:
        # Shown again and not yet sent: nothing is wrong with what is not there yet.
        form = _form(request, mine, None)
    elif code_problem and form.is_bound and form.is_valid():
        form.add_error("discount_code", code_problem)
    form.focus_the_first_error()
    goods = sum((line.total for line in lines), Decimal(0))
    customer = customer_of(request)
    context = shop_context(
        request,
        title=_("Checkout"),
        form=form,
        lines=lines,
        units=sum(line.quantity for line in lines),
        addresses=customer.addresses.all() if customer else (),
        totals=totals,
        total=str(totals.totals.total) if totals else "",
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
    request: HttpRequest,
    mine: Cart,
    lines: list[Line],
    form: CheckoutForm,
    shipping: str,
    code: str,
) -> tuple[Any, str]:
    """What it comes to so far, and what is wrong with the discount code."""
    arguments: dict[str, Any] = {
        "prices": [(line.now, line.quantity) for line in lines],
        "currency": request.tenant.currency,
        "country_code": form.code,
        "state": str(form["state"].value() or ""),
        "shipping_code": shipping,
        "replaced": mine.order,
    }
    try:
        return quote(**arguments, discount_code=code), ""
    except BadDiscount as refusal:
        return quote(**arguments), first_words(refusal)
    except InvalidRequest:
        return None, ""


@require_safe
@personal_page
def back(request: HttpRequest, token: str) -> HttpResponse:
    """From the payment page without a payment: to the checkout of this cart, else to the order."""
    order = find_by_token(token)
    mine = cart_of(request)
    is_unpaid = order.payment_status == Order.PaymentStatus.UNPAID
    if mine is not None and mine.order_id == order.pk and is_unpaid:
        return redirect(reverse("checkout:checkout") + "?cancelled=1")
    return redirect("orders:status", token=token)


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
