"""A customer's own pages: sign in by a mailed link, orders, addresses, the same again."""

from collections.abc import Mapping
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from checkout.carts import add_to_cart, cart_of, remember_cart
from checkout.forms import EMAIL_WORDS
from checkout.models import Cart
from checkout.refusals import refused
from orders.accounts import customer_of, sign_in, sign_out
from orders.models import Customer, CustomerAddress, Order
from orders.pages import personal_page, shop_context
from orders.services.customers import ask_for_sign_in, find_sign_in, use_sign_in
from orders.showing import address_lines, list_words, pictures_by_line, tone
from orders.views import find_by_token
from pycommerce.api.posts import check_post
from pycommerce.core.errors import InvalidRequest, RateLimited, Refusal
from pycommerce.core.http import HttpRequest
from tenants.origins import origin_of

MOST_ORDERS, MOST_PICTURES = 100, 3


class SignInForm(forms.Form):
    email = forms.EmailField(
        label=gettext_lazy("E-mail address"),
        max_length=254,
        error_messages=EMAIL_WORDS,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@personal_page
def account(request: HttpRequest) -> HttpResponse:
    """The customer's orders and addresses; for anybody else the way to sign in."""
    customer = customer_of(request)
    if customer:
        return _account(request, customer)
    form = SignInForm(request.POST or None)
    if request.method == "POST":
        try:
            check_post(request)
            if form.is_valid():
                ask_for_sign_in(
                    email=form.cleaned_data["email"],
                    client_address=request.client_address,
                    origin=origin_of(request),
                )
                context = shop_context(request, title=_("Check your inbox"))
                return render(request, "orders/link_sent.html", context)
        except RateLimited as refusal:
            return refused(request, refusal)
        except Refusal as refusal:
            return refused(request, refusal)
    context = shop_context(request, title=_("Your orders"), form=form)
    return render(request, "orders/sign_in.html", context, status=400 if form.errors else 200)


def _account(request: HttpRequest, customer: Customer) -> HttpResponse:
    found = Order.objects.filter(customer=customer, number__isnull=False)
    orders = list(found.prefetch_related("line_items")[:MOST_ORDERS])
    pictures = pictures_by_line(
        [line for order in orders for line in order.line_items.all()[:MOST_PICTURES]]
    )
    context = shop_context(
        request,
        title=_("Your orders"),
        customer=customer,
        orders=[_row(order, pictures) for order in orders],
        addresses=[(each, address_lines(each.address)) for each in customer.addresses.all()],
    )
    return render(request, "orders/account.html", context)


def _row(order: Order, pictures: Mapping[UUID, str]) -> dict[str, object]:
    lines = order.line_items.all()
    return {
        "order": order,
        "words": list_words(order),
        "tone": tone(order),
        "names": ", ".join(f"{line.quantity} × {line.name}" for line in lines),
        "pictures": [pictures[line.pk] for line in lines[:MOST_PICTURES]],
    }


@require_http_methods(["GET", "HEAD", "POST"])
@personal_page
def enter(request: HttpRequest, token: str) -> HttpResponse:
    """The mailed link: a button, since programs that look through mails follow links."""
    if request.method != "POST":
        is_good = find_sign_in(token) is not None
        context = shop_context(request, title=_("Sign in"), is_good=is_good)
        return render(request, "orders/enter.html", context, status=200 if is_good else 410)
    try:
        check_post(request)
    except Refusal as refusal:
        return refused(request, refusal)
    customer = use_sign_in(token)
    if customer is None:
        context = shop_context(request, title=_("Sign in"), is_good=False)
        return render(request, "orders/enter.html", context, status=410)
    response = redirect("checkout:account")
    sign_in(request, response, customer)
    return response


@require_POST
@personal_page
def leave(request: HttpRequest) -> HttpResponse:
    try:
        check_post(request)
    except Refusal as refusal:
        return refused(request, refusal)
    if mine := cart_of(request):
        # What was typed is theirs: whoever sits here next does not see it at the checkout.
        Cart.objects.filter(pk=mine.pk).update(details={})
    response = redirect("catalog:home")
    sign_out(request, response)
    return response


@require_POST
@personal_page
def forget_address(request: HttpRequest, address_id: str) -> HttpResponse:
    try:
        check_post(request)
    except Refusal as refusal:
        return refused(request, refusal)
    customer = customer_of(request)
    if customer:
        CustomerAddress.objects.filter(customer=customer, pk=address_id).delete()
    return redirect("checkout:account")


@require_POST
@personal_page
def again(request: HttpRequest, token: str) -> HttpResponse:
    """Put what an order held into the cart, as far as it is for sale today."""
    try:
        check_post(request)
    except Refusal as refusal:
        return refused(request, refusal)
    cart = cart_of(request)
    missing = []
    for line in find_by_token(token).line_items.all():
        try:
            if line.variant_id is None:
                raise InvalidRequest("gone")
            cart = add_to_cart(cart, variant_id=line.variant_id, quantity=line.quantity)
        except InvalidRequest:
            missing.append(line.name)
    if missing:
        names = ", ".join(missing)
        problem = _("No longer available in this quantity: %(names)s.") % {"names": names}
        context = shop_context(request, title=_("Buy again"), problem=problem)
        response = render(request, "checkout/refused.html", context)
    else:
        response = redirect(reverse("checkout:cart"))
    if isinstance(cart, Cart):
        remember_cart(request, response, cart)
    return response
