"""Where an order's tax stands, it is called as the shop calls it, with its rate."""

from decimal import Decimal

import pytest
from django.utils import translation

from checkout.services.starting import start_payment
from orders.models import Order, OrderSettings, TaxRate
from orders.showing import sums
from tests.admin.conftest import desk, desk_of, page_of, words  # noqa: F401 - fixtures
from tests.checkout.conftest import ORIGIN, select
from tests.factories import make_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def vat(tech):
    return TaxRate.objects.create(name="VAT", country="US", percent=Decimal("7.25"))


def shown(order, shopper, desk):  # noqa: F811
    """The words of its page, of its mails, of the desk and of the payment page."""
    pages = [
        words(shopper.get(f"/orders/{order.access_token}/")),
        words(desk.get(page_of(order))),
    ]
    select()
    order = Order.objects.get(pk=order.pk)
    items = start_payment(order.pk, origin=ORIGIN).params["line_items"]
    return [
        *pages,
        *[[name for name, _amount, _is_total in sums(order)]],
        [each["price_data"]["product_data"]["name"] for each in items],
    ]


def test_a_tax_that_was_added(vat, product, shopper, desk):  # noqa: F811
    order = make_order(product)
    vat.delete()

    page, office, mail, payment = shown(order, shopper, desk)

    assert "<dt>VAT 7.25 %</dt>" in page
    assert "<dt>VAT 7.25 %</dt>" in office
    assert "VAT 7.25 %" in mail
    assert "VAT 7.25 %" in payment


def test_a_tax_that_is_in_the_prices(vat, product, shopper, desk):  # noqa: F811
    OrderSettings.objects.update(prices_include_tax=True)

    page, office, mail, _payment = shown(make_order(product), shopper, desk)

    assert "<dt>of which VAT 7.25 %</dt>" in page
    assert "<dt>of which VAT 7.25 %</dt>" in office
    assert "of which VAT 7.25 %" in mail


def test_an_order_that_kept_no_name_of_it(vat, product, shopper, desk):  # noqa: F811
    order = make_order(product)
    Order.objects.update(tax_name="", tax_percent=0)

    page, office, mail, payment = shown(order, shopper, desk)

    assert "<dt>Tax</dt>" in page
    assert "<dt>Tax</dt>" in office
    assert "Tax" in mail
    assert "Tax" in payment


@pytest.mark.parametrize(
    ("name", "percent", "language", "said"),
    [
        ("MwSt.", "19", "de", "MwSt. 19 %"),
        ("VAT", "7.2500", "de", "VAT 7,25 %"),
        ("VAT", "20.0000", "en", "VAT 20 %"),
        ("VAT (20%)", "20", "en", "VAT (20%)"),
        ("", "0", "en", ""),
    ],
)
def test_its_words(name, percent, language, said):
    with translation.override(language):
        assert Order(tax_name=name, tax_percent=Decimal(percent)).tax_words == said
