"""Addresses of what the shop shows, for pages with many of them."""

from collections.abc import Iterable
from urllib.parse import quote

from django.urls import get_script_prefix, reverse

from pycommerce.core.bounded_cache import BoundedCache

_SLUG = "SLUG"
# By route, and the mount that the address begins with.
_patterns: BoundedCache[str] = BoundedCache(1000)


def home_address() -> str:
    """The shop's first page, which every other address of it begins with."""
    return get_script_prefix()


def product_address(slug: str) -> str:
    return _address("catalog:product", slug, get_script_prefix())


def category_address(slug: str) -> str:
    return _address("catalog:category", slug, get_script_prefix())


def category_addresses(slugs: Iterable[str]) -> list[str]:
    """The addresses of several categories, in their order."""
    mount = get_script_prefix()
    return [_address("catalog:category", slug, mount) for slug in slugs]


def page_address(slug: str) -> str:
    return _address("catalog:page", slug, get_script_prefix())


def _address(name: str, slug: str, mount: str) -> str:
    key = name, mount
    pattern = _patterns.get(key)
    if pattern is None:
        pattern = reverse(name, args=[_SLUG])
        _patterns.put(key, pattern)
    return pattern.replace(_SLUG, quote(slug))
