"""Sums of orders, to the smallest unit of the currency."""

from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orders.totals import Rate, compute_totals
from pycommerce.core.money import quantum_of, step_of

D = Decimal


def test_prices_without_tax_have_it_added():
    totals = compute_totals(
        [(D("129.99"), 1), (D("79.99"), 1)],
        currency="USD",
        shipping=D("10.00"),
        discount=D("20.00"),
        rate=Rate(D("5.2637")),
    )

    assert totals.items_total == D("209.98")
    assert totals.tax == D("10.00")
    assert totals.total == D("209.98")
    assert totals.subtotal == D("189.98")


def test_prices_with_tax_have_it_inside():
    totals = compute_totals(
        [(D("119.00"), 2)],
        currency="EUR",
        shipping=D("5.95"),
        rate=Rate(D(19), on_shipping=True),
        prices_include_tax=True,
    )

    assert totals.total == D("243.95")
    assert totals.tax == D("38.95")
    assert totals.shipping_net == D("5.00")
    assert totals.subtotal == D("200.00")


def test_a_discount_is_at_most_the_goods():
    totals = compute_totals([(D("5.00"), 1)], currency="USD", discount=D("9.00"))

    assert totals.discount == D("5.00")
    assert totals.total == 0


# The first draws are slow on a busy machine; that says nothing about sums.
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    currency=st.sampled_from(["USD", "JPY", "KWD", "EUR"]),
    lines=st.lists(st.tuples(st.integers(0, 10**9), st.integers(1, 9999)), min_size=1, max_size=20),
    shipping=st.integers(0, 10**6),
    discount=st.integers(0, 10**9),
    percent=st.decimals(0, 100, places=4),
    on_shipping=st.booleans(),
    included=st.booleans(),
    can_be_paid=st.booleans(),
)
def test_every_sum_is_exact(
    currency, lines, shipping, discount, percent, on_shipping, included, can_be_paid
):
    quantum = (step_of if can_be_paid else quantum_of)(currency)
    totals = compute_totals(
        [(price * quantum, units) for price, units in lines],
        currency=currency,
        shipping=shipping * quantum,
        discount=discount * quantum,
        rate=Rate(percent, on_shipping),
        prices_include_tax=included,
    )

    assert totals.subtotal + totals.tax + totals.shipping_net == totals.total
    tax = 0 if included else totals.tax
    assert totals.items_total - totals.discount + totals.shipping + tax == totals.total
    assert sum(line.discount for line in totals.lines) == totals.discount
    for amount in (totals.total, totals.tax, totals.subtotal, totals.shipping_net):
        assert amount >= 0
        assert amount % quantum == 0
    for line in totals.lines:
        assert 0 <= line.discount <= line.total
