"""What a person or a program sees when nothing was found, or when we failed."""

import sys

from django.http import HttpResponse
from django.shortcuts import render

from catalog import views as storefront
from pycommerce.api.errors import error_response, is_call, refusal_for
from pycommerce.core.errors import InvalidRequest, NotFound
from pycommerce.core.http import HttpRequest
from tenants import views as platform


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if is_call(request.path_info):
        return error_response(NotFound(f"There is nothing at '{request.path}'."), request)
    if request.tenant is not None:
        return storefront.not_found(request)
    return platform.not_found(request)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if is_call(request.path_info):
        return error_response(InvalidRequest(), request)
    return render(request, "400.html", status=400)


def server_error(request: HttpRequest) -> HttpResponse:
    """A failure in words, on a page that needs neither the database nor a tenant.

    What the database did not answer in time is a 503 that says when to come back.
    """
    exception = sys.exc_info()[1]
    refusal = refusal_for(exception) if exception else refusal_for(RuntimeError())
    if is_call(request.path_info):
        return error_response(refusal, request)
    status = refusal.status if refusal.status in {400, 409, 503} else 500
    context = {"request_id": getattr(request, "request_id", "")}
    page = "503.html" if status in {409, 503} else f"{status}.html"
    response = render(request, page, context, status=503 if status == 409 else status)
    if status in {409, 503}:
        response["Retry-After"] = str(refusal.retry_after or 1)
    response["Cache-Control"] = "no-store"
    return response
