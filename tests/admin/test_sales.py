"""The start page's figures of sales: what counts, in which days, against which time before."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.utils import timezone

from orders.desk.chart import Point, draw, step_for
from orders.desk.overview import change_words
from orders.figures import Day, figures_of, top_products
from orders.models import Order
from orders.services.attending import hold_back
from orders.services.timeline import NOBODY
from tests.admin.conftest import words
from tests.factories import make_order, make_product, make_shipping_method

# Orders are put into their states without the money and the units that belong to them.
pytestmark = pytest.mark.breaks_books
D = Decimal


@pytest.fixture
def lamp(tech) -> Any:
    make_shipping_method("express", "15.00")
    return make_product("Lamp", price="100.00", on_hand=500)


def sold(product: Any, *, bought: int = 1, days_ago: float = 0, **fields: Any) -> Order:
    """An order as it stands once it is paid, placed so many days ago."""
    order = make_order(product, quantity=bought, shipping_method="express")
    state = {
        "status": "processing",
        "payment_status": "paid",
        "captured": order.total,
        "created_at": timezone.now() - timedelta(days=days_ago),
    }
    Order.objects.filter(pk=order.pk).update(**state | fields)
    return Order.objects.get(pk=order.pk)


def test_paid_orders_less_refunds_are_the_revenue_of_their_day(lamp):
    first, second = sold(lamp), sold(lamp, days_ago=3)
    Order.objects.filter(pk=second.pk).update(refunded=D(40), payment_status="partially_refunded")

    figures = figures_of(7)

    today, earlier = figures.days[-1], figures.days[-4]
    assert (today.orders, today.revenue) == (1, first.total)
    assert (earlier.orders, earlier.revenue) == (1, second.total - 40)
    assert figures.total.revenue == first.total + second.total - 40
    assert figures.total.average == round(figures.total.revenue / 2, 2)
    assert first.total == 115, "shipping is in it"


def test_an_average_is_rounded_half_up_as_money_is_everywhere(lamp):
    today = timezone.now().date()

    assert Day(today, orders=2, revenue=D("45.45")).average == D("22.73")


def test_what_is_unpaid_cancelled_in_review_or_given_back_does_not_count(lamp):
    make_order(lamp)
    hold_back(order_id=sold(lamp).pk, reason="odd", actor=NOBODY)
    sold(lamp, status="cancelled", units="released")
    back = sold(lamp)
    Order.objects.filter(pk=back.pk).update(refunded=back.total, payment_status="refunded")

    assert figures_of(7).total.orders == 0
    assert top_products(7) == []
    assert figures_of(7).total.average is None


def test_days_are_those_of_the_shops_clock(lamp):
    tenant = connection.tenant
    tenant.time_zone = "Pacific/Auckland"
    zone = ZoneInfo(tenant.time_zone)
    yesterday = (timezone.now().astimezone(zone) - timedelta(days=1)).date()
    late = datetime(yesterday.year, yesterday.month, yesterday.day, 23, 30, tzinfo=zone)
    sold(lamp, created_at=late.astimezone(UTC))

    days = figures_of(7).days

    assert [day.date for day in days if day.orders] == [yesterday]


def test_the_time_before_ends_at_this_time_of_its_day(lamp):
    sold(lamp, days_ago=7 - 1 / 1440)
    sold(lamp, days_ago=7 + 1 / 1440)
    sold(lamp, days_ago=16)

    figures = figures_of(7)

    assert figures.total_before.orders == 1
    assert figures.total.orders == 0
    assert len(figures.days) == len(figures.before) == 7
    assert figures.before[-1].date + timedelta(days=1) == figures.days[0].date


def test_top_products_are_those_sold_for_most(tech, lamp):
    cheap = make_product("Bulb", price="5.00", on_hand=100)
    sold(cheap, bought=10)
    sold(lamp)
    order = sold(lamp)
    order.line_items.update(refunded=1)

    top = top_products(30)

    assert [(each.name, each.units, each.amount) for each in top] == [
        ("Lamp", 1, D("100.00")),
        ("Bulb", 10, D("50.00")),
    ]


@pytest.mark.parametrize(
    ("now", "before", "shown"),
    [("150", "100", "+50"), ("99", "100", "−1"), ("100", "100", "±0"), ("5", "0", "")],
)
def test_a_change_is_told_in_per_cent_where_there_was_something(tech, now, before, shown):
    assert change_words(D(now), D(before)).removesuffix("\u00a0%") == shown


# --- The chart --------------------------------------------------------------------------------


def points(*values: str) -> list[Point]:
    return [Point(f"{n} Nov", value, D(value), D(0)) for n, value in enumerate(values)]


def test_bars_stand_on_the_scale_that_is_written_beside_them():
    chart = draw(points("0", "50", "100"), lambda value: str(int(value)), whole=False)

    assert [bar.height for bar in chart.bars] == [0, 90, 180]
    assert [bar.top + bar.height for bar in chart.bars] == [180, 180, 180]
    assert chart.ticks == [(180, "0"), (144, "20"), (108, "40"), (72, "60"), (36, "80"), (0, "100")]


def test_the_highest_bar_stays_below_the_top_of_its_scale():
    chart = draw(points("936.10", "12"), str, whole=False)

    assert [text for _y, text in chart.ticks][-1] == "1000.00"
    assert chart.bars[0].top == 12


def test_a_scale_of_counts_has_whole_numbers_and_one_of_nothing_a_line():
    assert step_for(D(3), whole=True) == 1
    assert step_for(D(0), whole=False) == 1
    assert step_for(D("0.3"), whole=False) == D("0.1")
    assert step_for(D(12_345), whole=False) == 5_000
    empty = draw(points("0", "0"), str, whole=True)
    assert [bar.height for bar in empty.bars] == [0, 0]
    assert len(empty.ticks) == 2


# --- The page ---------------------------------------------------------------------------------


def test_the_start_page_says_it_as_numbers_chart_and_table(desk, lamp):
    sold(lamp)

    page = words(desk.get("/admin/"))

    assert "<strong>$115.00</strong>" in page
    assert 'role="img" aria-labelledby="chart-title chart-text"' in page
    assert "$115.00 in all, $0.00 before" in page
    assert page.count("<rect") == 30
    assert page.count('<th scope="row"> <time datetime=') == 30
    assert "Shipping and tax are in it." in page


@pytest.mark.parametrize(
    ("query", "bars", "measure"),
    [
        ("?days=7&show=orders", 7, "Orders by day"),
        ("?days=90&show=average", 90, "Average order value by day"),
        ("?days=31&show=nothing", 30, "Revenue by day"),
    ],
)
def test_days_and_chart_are_chosen_by_links(desk, lamp, query, bars, measure):
    page = words(desk.get(f"/admin/{query}"))

    assert page.count("<rect") == bars
    assert measure in page


def test_the_start_page_costs_the_same_whatever_was_sold(desk, lamp, django_assert_max_num_queries):
    for number in range(5):
        sold(lamp, days_ago=number)
    desk.get("/admin/")

    with django_assert_max_num_queries(12):
        desk.get("/admin/")


def test_another_shops_sales_are_not_there(desk, lamp, outdoor):
    make_shipping_method("express", "15.00")
    sold(make_product("Tent", price="333.00", on_hand=5))

    page = words(desk.get("/admin/"))

    assert "Tent" not in page
    assert "$348.00" not in page
