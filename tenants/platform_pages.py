"""What the platform's own pages share: they speak the visitor's language, and are kept apart by it.

A page says on its own address which language it is in where the visitor chose one there
(`?language=de`); the browser remembers that. Anything else is told by what the browser asks for.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers

from pycommerce.core.http import HttpRequest
from tenants.origins import platform_origin

View = Callable[..., HttpResponse]
LANGUAGES = tuple(code for code, _name in settings.LANGUAGES)
REMEMBERED_FOR = timedelta(days=365)


def _asked(request: HttpRequest) -> str:
    """The language that the address names; "" where it names none of ours."""
    asked = request.GET.get("language", "")
    return asked if asked in LANGUAGES else ""


def language_of(request: HttpRequest) -> str:
    """That of the address, else the one that was chosen in this browser, else what it asks for."""
    return _asked(request) or translation.get_language_from_request(request)


def keep_apart(response: HttpResponse, language: str) -> None:
    """Say which language an answer is in, and what that was taken from: no cache mixes two."""
    response.headers["Content-Language"] = language
    patch_vary_headers(response, ("Accept-Language", "Cookie"))


def platform_page(view: View) -> View:
    """A view whose page is in the visitor's language."""

    @wraps(view)
    def spoken(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponse:
        language = language_of(request)
        with translation.override(language):
            response = view(request, *arguments, **named)
        keep_apart(response, language)
        if _asked(request) and request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME) != language:
            _remember(response, language)
        return response

    return spoken


def _remember(response: HttpResponse, language: str) -> None:
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=int(REMEMBERED_FOR.total_seconds()),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def addresses_of(request: HttpRequest) -> dict[str, Any]:
    """For search engines: the page's own address, and those of the page in each language."""
    plain = platform_origin(request) + request.path
    each = {code: f"{plain}?language={code}" for code in LANGUAGES}
    return {"canonical": each.get(_asked(request), plain), "plain": plain, "translated": each}
