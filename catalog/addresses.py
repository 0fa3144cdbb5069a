"""Addresses of what the shop shows, for pages with many of them."""

from urllib.parse import quote

from django.urls import get_script_prefix, reverse

from pycommerce.core.bounded_cache import BoundedCache

_SLUG = "SLUG"
_patterns: BoundedCache[str] = BoundedCache(1000)


def product_address(slug: str) -> str:
    return _address("catalog:product", slug)


def category_address(slug: str) -> str:
    return _address("catalog:category", slug)


def page_address(slug: str) -> str:
    return _address("catalog:page", slug)


def _address(name: str, slug: str) -> str:
    # A mount is what every address below it begins with.
    key = name, get_script_prefix()
    pattern = _patterns.get(key)
    if pattern is None:
        pattern = reverse(name, args=[_SLUG])
        _patterns.put(key, pattern)
    return pattern.replace(_SLUG, quote(slug))
