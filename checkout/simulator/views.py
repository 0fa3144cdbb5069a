"""The simulator's payment page, `/stripe-demo/pay/<id>`: open on any of our hosts."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from babel.numbers import format_currency
from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from checkout.simulator import store
from checkout.simulator.delivering import deliver_due
from checkout.simulator.models import Session
from pycommerce.core.csp import csp_with_forms_to
from pycommerce.core.http import HttpRequest
from pycommerce.core.money import from_minor_units
from pycommerce.core.same_origin import comes_from_elsewhere
from tenants.platform_pages import platform_page
from tenants.public import in_public

CARDS = {
    "4242424242424242": ("4242 4242 4242 4242", "is accepted", "paid"),
    "4000000000000002": ("4000 0000 0000 0002", "is declined", "declined"),
    "delayed": ("Bank debit", "is decided after ten seconds: paid", "delayed"),
    "delayed_fails": ("Bank debit", "is decided after ten seconds: not paid", "delayed_fails"),
}


MOST = 100


@require_safe
@platform_page
def sessions(request: HttpRequest) -> HttpResponse:
    """The newest sessions of every shop, with a link to what an operator can do with each."""
    if not settings.STRIPE_SIMULATOR or settings.PRODUCTION:
        raise Http404
    rows = [
        {
            "session": session,
            "total": _money(session.amount_total, session.currency),
            "order": session.params.get("client_reference_id", ""),
        }
        for session in in_public(lambda: list(Session.objects.all()[:MOST]))
    ]
    response = render(request, "checkout/simulator/sessions.html", {"rows": rows})
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex"
    return response


def pay(request: HttpRequest, session_id: str) -> HttpResponse:
    """Show the session and its test cards; a POST pays, or does what an operator asks for."""
    if not settings.STRIPE_SIMULATOR:
        raise Http404
    if request.method not in {"GET", "HEAD", "POST"}:
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    session = in_public(lambda: Session.objects.filter(pk=session_id).first())
    if session is None:
        raise Http404
    if request.method != "POST":
        return _page(request, session)
    if comes_from_elsewhere(request, both_may_be_absent=False):
        return HttpResponse("This form is for its own page.", status=403, content_type="text/plain")
    response = in_public(lambda: _act(request, session))
    deliver_due()
    return response or redirect(request.path)


_SWITCHES: dict[str, Callable[..., bool]] = {
    "expire": store.expire,
    "dispute": store.dispute,
    "refund": store.refund_outside,
    "fail_refund": store.fail_last_refund,
}


def _act(request: HttpRequest, session: Session) -> HttpResponse | None:
    action = request.POST.get("action", "pay")
    if action == "pay":
        return _pay(request, session)
    delivery = request.POST.get("delivery", "now")
    if action in _SWITCHES and delivery in store.DELIVERIES:
        _SWITCHES[action](session.pk, delivery=delivery)
    return None


def _pay(request: HttpRequest, session: Session) -> HttpResponse:
    card = request.POST.get("card", "").replace(" ", "")
    delivery = request.POST.get("delivery", "now")
    if card not in CARDS or delivery not in store.DELIVERIES:
        return _page(request, session, problem="Choose one of the test cards.", status=400)
    outcome = CARDS[card][2]
    if outcome == "declined":
        problem = "Your card was declined. Try another one: nothing was charged."
        return _page(request, session, problem=problem, status=402)
    if not store.pay(session.pk, outcome=outcome, delivery=delivery):
        session.refresh_from_db()
        return _page(request, session, status=409)
    address = str(session.params["success_url"])
    return redirect(address.replace("{CHECKOUT_SESSION_ID}", session.pk))


def _money(minor: int, currency: str) -> str:
    code = currency.upper()
    return str(format_currency(from_minor_units(minor, code), code, locale=get_language() or "en"))


def _page(
    request: HttpRequest, session: Session, *, problem: str = "", status: int = 200
) -> HttpResponse:
    def money(minor: int) -> str:
        return _money(minor, session.currency)

    lines: list[dict[str, Any]] = []
    for item in session.params["line_items"]:
        data, quantity = item["price_data"], int(item["quantity"])
        total = money(int(data["unit_amount"]) * quantity)
        lines.append({"name": data["product_data"]["name"], "quantity": quantity, "total": total})
    is_open = session.status == "open" and session.expires_at > timezone.now()
    context = {
        "session": session,
        "is_open": is_open,
        "is_test_order": session.params.get("metadata", {}).get("kind") == "test",
        "lines": lines,
        "total": money(session.amount_total),
        "refunded": money(session.amount_refunded) if session.amount_refunded else "",
        "can_refund": session.amount_refunded < session.amount_total,
        "cards": [(key, number, what) for key, (number, what, _) in CARDS.items()],
        "deliveries": store.DELIVERIES.items(),
        "problem": problem,
        "back": session.params.get("cancel_url", "/"),
    }
    response = render(request, "checkout/simulator/pay.html", context, status=status)
    parts = urlsplit(str(session.params["success_url"]))
    # The form's answer leads to the shop, which may be another host than this page's.
    response["Content-Security-Policy"] = csp_with_forms_to(f"{parts.scheme}://{parts.netloc}")
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex"
    return response
