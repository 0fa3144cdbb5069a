"""How a list is narrowed on its page: choices with their numbers, and links that take one back."""

from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.conf import settings
from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from catalog.display import money
from catalog.facets import Facets, find_facets
from catalog.forms import ListForm
from catalog.listing import ProductFilters, count_products
from pycommerce.core.bounded_cache import BoundedCache
from pycommerce.core.http import HttpRequest
from pycommerce.db import connection

_MOST_WAYS = 6
# Each weighs as much as a page of cards.
_narrowings: BoundedCache[SafeString] = BoundedCache(settings.CARD_CACHE_SIZE // 24)


@dataclass(frozen=True, slots=True)
class Choice:
    """A box that can be ticked: what it sends, what it says, how many products it would show."""

    parameter: str
    value: str
    label: str
    count: int
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Group:
    legend: str
    choices: list[Choice]

    @property
    def is_long(self) -> bool:
        return len(self.choices) > 8


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is on; `href` is the same page without it, `left` are the other filters."""

    label: str
    href: str
    left: ProductFilters


@dataclass(frozen=True, slots=True)
class WayOut:
    """A filter without which `count` products are left, and the page without it."""

    label: str
    href: str
    count: int


def render_narrowing(request: HttpRequest, form: ListForm, filters: ProductFilters) -> SafeString:
    """The number of products, their order and the filters: kept while the numbers stay."""
    count = count_products(filters, request.version)
    facets = find_facets(filters, request.version)
    address = request.get_full_path()
    key = (connection.schema_name, get_language(), address, count, facets.version)
    kept = _narrowings.get(key)
    if kept is None:
        context = {
            "form": form,
            "given": form.given(),
            "groups": groups_of(facets, filters),
            "facets": facets,
            "chips": chips_of(request.GET, filters),
            "count": count,
            "currency": connection.tenant.currency,
            "without_filters": without_filters(request, filters),
        }
        kept = render_to_string("catalog/_narrowing.html", context)
        _narrowings.put(key, kept)
    return kept


def without_filters(request: HttpRequest, filters: ProductFilters) -> str:
    """The address of the same list with nothing left out."""
    kept = [("q", filters.q)] + ([("exact", "on")] if filters.as_typed else [])
    return f"?{urlencode(kept)}" if filters.q else request.path


def ways_out(query: QueryDict, filters: ProductFilters, version: int) -> list[WayOut]:
    """Of a list that filters leave nothing of: the single filters that are in the way."""
    chips = chips_of(query, filters)[:_MOST_WAYS]
    ways = [WayOut(chip.label, chip.href, count_products(chip.left, version)) for chip in chips]
    return sorted((way for way in ways if way.count), key=lambda way: -way.count)


def groups_of(facets: Facets, filters: ProductFilters) -> list[Group]:
    """The choices worth showing: a group with one choice only narrows nothing."""
    single = [
        Choice("in_stock", "on", _("In stock"), facets.in_stock, bool(filters.in_stock)),
        Choice("on_sale", "on", _("On sale"), facets.on_sale, bool(filters.on_sale)),
    ]
    groups = [Group(_("Availability"), [each for each in single if each.count or each.is_chosen])]
    for name, values in facets.options.items():
        choices = [
            Choice("option", f"{name}={value}", value, count, f"{name}={value}" in filters.options)
            for value, count in values.items()
        ]
        groups.append(Group(name, choices))
    vendors = [
        Choice("vendor", vendor, vendor, count, vendor in filters.vendors)
        for vendor, count in facets.vendors.items()
    ]
    groups.append(Group(_("Brand"), vendors))
    return [
        group
        for group in groups
        if len(group.choices) > 1
        or any(each.is_chosen or each.parameter == "on_sale" for each in group.choices)
    ]


def chips_of(query: QueryDict, filters: ProductFilters) -> list[Chip]:
    """Each filter that is on, with the address of the page without it."""
    chips = []
    if filters.min_price is not None or filters.max_price is not None:
        low, high = filters.min_price, filters.max_price
        if low is None and high is not None:
            label = _("up to %(price)s") % {"price": money(high)}
        elif high is None and low is not None:
            label = _("from %(price)s") % {"price": money(low)}
        else:
            label = f"{money(low or 0)} – {money(high or 0)}"  # type: ignore[arg-type]
        left = replace(filters, min_price=None, max_price=None)
        chips.append(Chip(label, _without(query, "min_price", "max_price"), left))
    if filters.in_stock:
        left = replace(filters, in_stock=None)
        chips.append(Chip(_("In stock"), _without(query, "in_stock"), left))
    if filters.on_sale:
        left = replace(filters, on_sale=None)
        chips.append(Chip(_("On sale"), _without(query, "on_sale"), left))
    for option in filters.options:
        label = option.replace("=", ": ", 1)
        left = replace(filters, options=_all_but(filters.options, option))
        chips.append(Chip(label, _without(query, "option", value=option), left))
    for vendor in filters.vendors:
        left = replace(filters, vendors=_all_but(filters.vendors, vendor))
        chips.append(Chip(vendor, _without(query, "vendor", value=vendor), left))
    return chips


def _all_but(values: tuple[str, ...], value: str) -> tuple[str, ...]:
    return tuple(each for each in values if each != value)


def _without(query: QueryDict, *names: str, value: str | None = None) -> str:
    left = query.copy()
    left.pop("cursor", None)
    for name in names:
        kept = [] if value is None else [each for each in left.getlist(name) if each != value]
        left.setlist(name, kept)
    return f"?{left.urlencode()}"
