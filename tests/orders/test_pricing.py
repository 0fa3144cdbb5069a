"""What an order would cost: shipping, codes and taxes by where it goes."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from orders.errors import BadDiscount
from orders.models import Discount, OrderSettings, ShippingMethod, TaxRate
from orders.services.pricing import missing_for_free_shipping, quote, shipping_methods
from pycommerce.core.errors import InvalidRequest
from tests.factories import make_shipping_method

D = Decimal


def ask(*lines, **given):
    wanted = {
        "currency": "USD",
        "country_code": "US",
        "state": "NY",
        "shipping_code": "standard",
        **given,
    }
    return quote([(D(price), units) for price, units in lines or [("100.00", 1)]], **wanted)


def sums(priced):
    totals = priced.totals
    return totals.subtotal, totals.tax, totals.shipping_net, totals.total


# --- Taxes ---------------------------------------------------------------------------------------


@pytest.fixture
def rates(tech):
    for country, state, percent, on_shipping in (
        ("US", "", "1", True),
        ("US", "NY", "8.875", True),
        ("US", "CA", "7.25", False),
        ("DE", "", "19", True),
    ):
        TaxRate.objects.create(
            country=country, state=state, percent=D(percent), on_shipping=on_shipping
        )


@pytest.mark.parametrize(
    ("country", "state", "percent"),
    [
        ("US", "NY", "8.875"),
        ("US", "ny", "8.875"),
        ("US", " New  York ", "8.875"),
        ("US", "California", "7.25"),
        ("US", "Oregon", "1"),
        ("US", "", "1"),
        ("DE", "Bayern", "19"),
        ("FR", "NY", "0"),
    ],
)
def test_the_tax_is_that_of_the_state_else_of_the_country(rates, country, state, percent):
    assert ask(country_code=country, state=state).rate.percent == D(percent)


def test_a_rate_may_be_written_by_the_states_name(tech):
    TaxRate.objects.create(country="US", state="New York", percent=D("8.875"))

    assert ask(state="NY").rate.percent == D("8.875")


def test_tax_is_added_and_rounded_half_up_once_for_each_line(rates):
    make_shipping_method("slow", "10.00")
    lines = [("0.05", 1), ("3.33", 3), ("129.99", 2)]

    priced = ask(*lines, shipping_code="slow")

    # 0.0044 and 0.8866 and 23.0732, and 0.8875 for shipping.
    assert [line.tax for line in priced.totals.lines] == [D("0.00"), D("0.89"), D("23.07")]
    assert sums(priced) == (D("270.02"), D("24.85"), D("10.00"), D("304.87"))


def test_shipping_is_taxed_where_the_rate_says_so(rates):
    make_shipping_method("slow", "10.00")

    taxed, untaxed = (ask(state=state, shipping_code="slow") for state in ("NY", "CA"))

    assert sums(taxed) == (D("100"), D("8.88") + D("0.89"), D("10"), D("119.77"))
    assert sums(untaxed) == (D("100"), D("7.25"), D("10"), D("117.25"))


def test_prices_may_have_the_tax_inside(rates):
    OrderSettings.objects.update(prices_include_tax=True)
    make_shipping_method("slow", "5.95")

    priced = ask(("119.00", 2), country_code="DE", state="", shipping_code="slow")

    assert sums(priced) == (D("200.00"), D("38.95"), D("5.00"), D("243.95"))


def test_without_a_rate_a_price_with_tax_stays_what_it_is(rates):
    OrderSettings.objects.update(prices_include_tax=True)

    assert sums(ask(country_code="JP", state="")) == (D("100"), 0, 0, D("100"))


def test_a_currency_without_decimals_has_whole_taxes(rates):
    priced = ask(("1005", 1), currency="JPY", country_code="DE", state="")

    # 190.95
    assert priced.totals.tax == 191


# --- Shipping ------------------------------------------------------------------------------------


def test_shipping_is_free_from_an_amount_of_goods_after_the_discount(tech):
    make_shipping_method("slow", "5.90", free_from=D(150))
    Discount.objects.create(code="ONE", kind="amount", value=1)

    def shipping(price, code=""):
        return ask((price, 1), shipping_code="slow", discount_code=code).totals.shipping

    assert shipping("149.99") == D("5.90")
    assert shipping("150.00") == 0
    assert shipping("150.00", "ONE") == D("5.90")
    assert shipping("151.00", "ONE") == 0


def test_a_method_goes_where_it_goes(tech):
    make_shipping_method("air", countries=["DE", "AT"])
    make_shipping_method("old", active=False)

    assert [method.code for method in shipping_methods("DE")] == ["standard", "air"]
    assert [method.code for method in shipping_methods("US")] == ["standard"]
    assert ask(country_code="DE", shipping_code="air").shipping.code == "air"
    for code, words in (("air", "does not go to US"), ("old", "standard, air"), ("x", "Use one")):
        with pytest.raises(InvalidRequest, match=words) as refused:
            ask(shipping_code=code)
        assert refused.value.fields.keys() == {"shipping_method"}


def test_a_price_finer_than_the_currency_is_rounded_for_shipping(tech):
    make_shipping_method("slow", "5.905")

    assert ask(shipping_code="slow").totals.total == D("105.91")


# --- Codes ---------------------------------------------------------------------------------------


def test_a_percentage_is_shared_out_over_the_lines_to_the_cent(tech):
    Discount.objects.create(code="TEN", kind="percent", value=10)

    priced = ask(("33.33", 1), ("33.33", 1), ("33.33", 1), discount_code=" ten ")

    # 9.999
    assert priced.totals.discount == D("10.00")
    assert sorted(line.discount for line in priced.totals.lines) == [
        D("3.33"),
        D("3.33"),
        D("3.34"),
    ]
    assert sums(priced) == (D("89.99"), 0, 0, D("89.99"))


def test_an_amount_takes_off_the_goods_at_most(tech):
    Discount.objects.create(code="FIFTY", kind="amount", value=50)
    make_shipping_method("slow", "5.00")

    priced = ask(("20.00", 1), shipping_code="slow", discount_code="FIFTY")

    assert priced.totals.discount == D("20.00")
    assert sums(priced) == (0, 0, D("5.00"), D("5.00"))


def test_tax_is_that_of_what_is_left_after_the_discount(rates):
    Discount.objects.create(code="HALF", kind="percent", value=50)

    assert ask(discount_code="HALF").totals.tax == D("4.44")


NOW = timezone.now()
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"active": False}, "no such code"),
        ({"starts_at": NOW + DAY}, "no such code"),
        ({"ends_at": NOW - DAY}, "has ended"),
        ({"usage_limit": 3, "used_count": 3}, "used up"),
        ({"usage_limit": 0}, "used up"),
        ({"minimum": D("100.01")}, "larger orders"),
        ({"code": "OTHER"}, "no such code"),
    ],
)
def test_a_code_that_does_not_apply_says_why(tech, fields, words):
    Discount.objects.create(**{"code": "SPRING", "value": 10, **fields})

    with pytest.raises(BadDiscount, match=words) as refused:
        ask(discount_code="SPRING")

    assert refused.value.fields.keys() == {"discount_code"}


def test_a_code_applies_within_its_window_from_its_minimum(tech):
    Discount.objects.create(
        code="SPRING",
        value=10,
        starts_at=NOW - DAY,
        ends_at=NOW + DAY,
        usage_limit=3,
        used_count=2,
        minimum=D("100.00"),
    )

    assert ask(discount_code="SPRING").totals.discount == D("10.00")


# --- Size ----------------------------------------------------------------------------------------


def test_an_order_that_no_column_holds_is_refused(tech):
    TaxRate.objects.create(country="US", percent=100)
    for lines in ([("9999999.99", 9999)], [("999999.99", 9999)]):
        with pytest.raises(InvalidRequest, match="too large") as refused:
            ask(*lines)
        assert refused.value.fields.keys() == {"items"}
    assert ask(("499999.99", 9999)).totals.total == D("9998999800.02")


def test_it_is_said_how_much_is_missing_for_free_shipping(tech):
    ShippingMethod.objects.update(price=5, free_from=60)
    make_shipping_method("express", price="15", free_from="100")

    assert missing_for_free_shipping(D("39.90"), "US") == D("20.10")
    assert missing_for_free_shipping(D("60"), "US") is None


def test_nothing_is_missing_where_another_way_is_free_already(tech):
    ShippingMethod.objects.update(price=0)
    make_shipping_method("express", price="15", free_from="100")

    assert missing_for_free_shipping(D("39.90"), "US") is None
