"""The start page's part about sales: figures, their chart and table, and what sold best."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

from babel.numbers import format_compact_currency, format_decimal
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from catalog.display import money
from catalog.models import Product
from orders.desk.chart import Chart, Point, draw
from orders.figures import PERIODS, Day, Figures, figures_of, top_products
from pycommerce.core.http import HttpRequest
from pycommerce.db import connection
from tenants.admin_sites import Part, tenant_site
from tenants.backends import rights_in
from tenants.roles import Right

_DEFAULT = 30
_NONE = "–"


@dataclass(frozen=True, slots=True)
class Measure:
    """Something that is told of each day."""

    name: Promise
    value: Callable[[Day], Decimal]
    words: Callable[[Day], str]
    tick: Callable[[Decimal], str]
    is_count: bool = False


def _number(count: int | Decimal) -> str:
    return format_decimal(count, locale=connection.tenant.language)


def _short_money(amount: Decimal) -> str:
    """As a scale needs it: $5K, $0.50."""
    if amount and amount < 10 and amount != int(amount):
        return money(amount)
    tenant = connection.tenant
    return format_compact_currency(amount, tenant.currency, locale=tenant.language)


MEASURES = MappingProxyType(
    {
        "revenue": Measure(
            gettext_lazy("Revenue"), lambda day: day.revenue, lambda day: money(day.revenue),
            _short_money,
        ),
        "orders": Measure(
            gettext_lazy("Orders"), lambda day: Decimal(day.orders),
            lambda day: _number(day.orders), _number, is_count=True,
        ),
        "average": Measure(
            gettext_lazy("Average order value"), lambda day: day.average or Decimal(0),
            lambda day: _NONE if day.average is None else money(day.average), _short_money,
        ),
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure of the whole time, how it changed, and where its chart is."""

    name: Promise
    value: str
    before: str
    change: str
    address: str
    is_chosen: bool


def sales_part(request: HttpRequest) -> Part | None:
    """What was sold, for who may read that; `?days=` and `?show=` choose the time and the chart.

    Three statements, however many orders there are.
    """
    if Right.READ_SALES not in rights_in(request.user, request.tenant):
        return None
    days = _chosen_days(request)
    show = request.GET.get("show", "")
    show = show if show in MEASURES else "revenue"
    figures = figures_of(days)
    chosen = MEASURES[show]
    context = {
        "periods": [
            {
                "days": each,
                "address": _address(days=each, show=show),
                "is_chosen": each == days,
            }
            for each in PERIODS
        ],
        "tiles": [_tile(key, figures, days, show) for key in MEASURES],
        "chart": _chart(figures, chosen),
        "measure": chosen.name,
        "summary": _summary(figures, chosen, days),
        "rows": _rows(figures),
        "top": _top(days),
        "days": days,
        "time_zone": connection.tenant.time_zone,
    }
    return Part("admin/orders/figures.html", context)


tenant_site.parts.append(sales_part)


def _chosen_days(request: HttpRequest) -> int:
    given = request.GET.get("days", "")
    return int(given) if given in {str(each) for each in PERIODS} else _DEFAULT


def _address(**values: Any) -> str:
    return f"{reverse('admin:index')}?{urlencode(values)}#sales"


def _tile(key: str, figures: Figures, days: int, show: str) -> Tile:
    measure, now, before = MEASURES[key], figures.total, figures.total_before
    return Tile(
        name=measure.name,
        value=measure.words(now),
        before=measure.words(before),
        change=change_words(measure.value(now), measure.value(before)),
        address=_address(days=days, show=key),
        is_chosen=key == show,
    )


def change_words(now: Decimal, before: Decimal) -> str:
    """By how much it changed, in whole per cent: +12 %, −3 %; empty where there was nothing."""
    if not before:
        return ""
    change = ((now - before) * 100 / before).quantize(Decimal(1), ROUND_HALF_UP)
    sign = "+" if change > 0 else "−" if change < 0 else "±"
    return f"{sign}{_number(abs(change))}\N{NO-BREAK SPACE}%"


def _chart(figures: Figures, measure: Measure) -> Chart:
    points = [
        Point(
            label=date_format(day.date, "j M"),
            words=_("%(date)s: %(value)s, before: %(before)s")
            % {
                "date": date_format(day.date, "j M Y"),
                "value": measure.words(day),
                "before": measure.words(before),
            },
            value=measure.value(day),
            before=measure.value(before),
        )
        for day, before in zip(figures.days, figures.before, strict=True)
    ]
    return draw(points, measure.tick, whole=measure.is_count)


def _summary(figures: Figures, measure: Measure, days: int) -> str:
    """What the chart shows, for who hears it."""
    best = max(figures.days, key=measure.value)
    return ngettext(
        "One bar a day for %(days)s day: %(value)s in all, %(before)s before. "
        "The highest is %(best)s on %(date)s. The table below has every day.",
        "One bar a day for %(days)s days: %(value)s in all, %(before)s before. "
        "The highest is %(best)s on %(date)s. The table below has every day.",
        days,
    ) % {
        "days": days,
        "value": measure.words(figures.total),
        "before": measure.words(figures.total_before),
        "best": measure.words(best),
        "date": date_format(best.date, "j M Y"),
    }


def _rows(figures: Figures) -> list[dict[str, Any]]:
    """Each day with its figures in words, the newest first."""
    return [
        {
            "date": day.date,
            "words": [measure.words(day) for measure in MEASURES.values()],
            "before": money(before.revenue),
        }
        for day, before in zip(reversed(figures.days), reversed(figures.before), strict=True)
    ]


def _top(days: int) -> list[dict[str, Any]]:
    found = top_products(days)
    present = set(
        Product.objects.filter(pk__in=[each.product_id for each in found]).values_list(
            "pk", flat=True
        )
    )
    return [
        {
            "name": each.name,
            "units": _number(each.units),
            "amount": money(each.amount),
            "address": reverse("admin:catalog_product_change", args=[each.product_id])
            if each.product_id in present
            else "",
        }
        for each in found
    ]
