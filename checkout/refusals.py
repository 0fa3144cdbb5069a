"""How the storefront says that something cannot be done."""

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from orders.pages import shop_context
from pycommerce.core.errors import Refusal
from pycommerce.core.http import HttpRequest


def wants_json(request: HttpRequest) -> bool:
    """Whether it was one of our scripts that asked."""
    return "application/json" in request.META.get("HTTP_ACCEPT", "")


def first_words(refusal: Refusal) -> str:
    """The refusal for a shopper: what is wrong, without the name of the field."""
    for problems in refusal.fields.values():
        return problems[0]
    return refusal.details


def refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """A refusal that belongs to no field, on a page of its own."""
    if wants_json(request):
        return JsonResponse({"error": refusal.details}, status=refusal.status)
    context = shop_context(request, title=_("That did not work"), problem=refusal.details)
    response = render(request, "checkout/refused.html", context, status=refusal.status)
    if refusal.retry_after is not None:
        response["Retry-After"] = str(refusal.retry_after)
    return response
