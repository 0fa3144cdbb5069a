"""What happens around the payment page: coming back from it, and hearing of it from Stripe."""

from django.http import Http404, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from checkout.carts import cart_of, forget_cart
from checkout.errors import PaymentProviderUnavailable
from checkout.models import PaymentAttempt
from checkout.refusals import refused
from checkout.services.events import receive, webhook_secrets
from checkout.services.settling import settle
from checkout.stripe_gateway import BadSignature
from checkout.stripe_inbox.models import TestSession
from orders.models import Order
from orders.pages import personal_page, shop_context
from orders.waiting import next_look
from pycommerce.api import rates
from pycommerce.core.errors import RateLimited
from pycommerce.core.http import HttpRequest
from tenants.platform_pages import platform_page
from tenants.public import in_public

State = PaymentAttempt.State
_WAITING = {Order.PaymentStatus.UNPAID, Order.PaymentStatus.PROCESSING}
MOST_BYTES = 1024 * 1024


@csrf_exempt
def webhook(request: HttpRequest) -> HttpResponse:
    """Stripe's events for all shops. 400 for a bad signature; 2xx for done, known and not ours."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if not webhook_secrets():
        # Never accepted unread: Stripe sends it again until there is a secret.
        return HttpResponse("No webhook secret is set.", status=500, content_type="text/plain")
    if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BYTES:
        return HttpResponse("Too large.", status=413, content_type="text/plain")
    try:
        event = receive(request.body, request.headers.get("Stripe-Signature", ""))
    except BadSignature:
        return HttpResponse("The signature is not good.", status=400, content_type="text/plain")
    return HttpResponse(f"{event.state}\n", content_type="text/plain")


@require_safe
@personal_page
def returned(request: HttpRequest) -> HttpResponse:
    """Where the payment page sends the shopper. It believes nothing but the provider."""
    session_id = request.GET.get("session_id", "")
    if not session_id.isascii() or not 5 <= len(session_id) <= 255:
        raise Http404
    # The provider is asked about sessions of ours alone, not about whatever somebody makes up.
    found = PaymentAttempt.objects.select_related("order").filter(session_id=session_id)
    attempt = found.first()
    if attempt is None:
        return _test_return(request, session_id)
    if not _is_known(attempt):
        try:
            # Counted though it is a GET: whoever reloads it has us ask the provider.
            rates.count_address(request).check()
            settle(session_id)
        except RateLimited as refusal:
            return refused(request, refusal)
        except PaymentProviderUnavailable:
            return _confirming(request)
    order = Order.objects.get(pk=attempt.order_id)
    if order.payment_status == Order.PaymentStatus.UNPAID and order.status == Order.Status.PENDING:
        return _confirming(request)
    response = redirect(reverse("orders:status", args=[order.access_token]))
    if order.captured or order.payment_status == Order.PaymentStatus.PROCESSING:
        mine = cart_of(request)
        if mine is None or mine.order_id == order.pk:
            forget_cart(request, response)
    return response


def _is_known(attempt: PaymentAttempt) -> bool:
    """Whether a session has ended as it will stay: nobody need be asked about it any more."""
    if attempt.state == State.COMPLETE:
        return attempt.order.payment_status not in _WAITING
    return attempt.state in {State.EXPIRED, State.FAILED}


def _confirming(request: HttpRequest) -> HttpResponse:
    """Nobody knows yet: the page asks again by itself."""
    context = shop_context(request, title=_("Confirming your payment…"), look=next_look(request))
    return render(request, "checkout/confirming.html", context)


def _test_return(request: HttpRequest, session_id: str) -> HttpResponse:
    known = in_public(lambda: TestSession.objects.filter(session_id=session_id).exists())
    if not known:
        raise Http404
    return render(request, "checkout/test_return.html", shop_context(request))


@require_safe
@platform_page
def platform_returned(request: HttpRequest) -> HttpResponse:
    """After a test payment that was started on a platform host."""
    session_id = request.GET.get("session_id", "")[:255]
    if "\x00" in session_id or not TestSession.objects.filter(session_id=session_id).exists():
        raise Http404
    return render(request, "checkout/platform_test_return.html")
