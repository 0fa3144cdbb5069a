"""The storefront's protection of what changes something: only its own pages may ask.

Pages are the same for every visitor and carry no token; browsers say where a request comes from.
"""

from pycommerce.core.http import HttpRequest


def comes_from_elsewhere(request: HttpRequest, *, both_may_be_absent: bool) -> bool:
    """Whether `Sec-Fetch-Site` or `Origin` is not this very origin.

    Programs send neither: they are allowed where `both_may_be_absent`.
    """
    site = request.META.get("HTTP_SEC_FETCH_SITE")
    origin = request.META.get("HTTP_ORIGIN")
    if site is None and origin is None:
        return not both_may_be_absent
    if site is not None and site.lower() != "same-origin":
        return True
    own = f"{request.scheme}://{request.get_host()}"
    return origin is not None and origin.lower() != own.lower()
