"""What Stripe cannot charge is refused when a price is saved, not when somebody wants to pay it."""

from decimal import Decimal

import pytest
from django.db import connection

from catalog.importing import import_catalogue
from catalog.models import Variant
from pycommerce.core.money import most_payable, to_minor_units
from tenants.models import Tenant
from tests.admin.conftest import desk, desk_of, sent_by  # noqa: F401 - fixtures
from tests.factories import make_product

pytestmark = pytest.mark.django_db

MOST = {
    "USD": ("999999.99", 99_999_999),
    "EUR": ("999999.99", 99_999_999),
    "JPY": ("99999999", 99_999_999),
    "KWD": ("99999.999", None),
    # No decimals here, and sent with two.
    "ISK": ("999999", 99_999_900),
    "IDR": ("9999999999.99", 999_999_999_999),
}


@pytest.mark.parametrize("currency", MOST)
def test_the_largest_price_of_a_currency_has_as_many_digits_as_stripe_takes(currency):
    most, minor = MOST[currency]

    assert str(most_payable(currency)) == most
    if minor:
        assert to_minor_units(most_payable(currency), currency) == minor


def in_currency(tech, currency):
    connection.set_schema_to_public()
    Tenant.objects.filter(pk=tech.pk).update(currency=currency)
    tech.currency = currency
    connection.set_tenant(tech)


@pytest.mark.parametrize(
    ("currency", "price", "is_fine"),
    [
        ("USD", "999999.99", True),
        ("USD", "1000000", False),
        ("JPY", "99999999", True),
        ("JPY", "100000000", False),
        ("KWD", "99999.999", True),
        ("KWD", "100000", False),
        ("IDR", "9999999999.99", True),
    ],
)
def test_a_price_beyond_it_is_refused_beside_its_field(desk, tech, currency, price, is_fine):  # noqa: F811
    product = make_product("Ring", price="10")
    in_currency(tech, currency)
    address = f"/admin/catalog/product/{product.pk}/change/"

    response = desk.post(address, sent_by(desk.get(address)) | {"variants-0-price": price})

    connection.set_tenant(tech)
    assert Variant.objects.get().price == Decimal(price if is_fine else "10")
    if not is_fine:
        (form,) = response.context["inline_admin_formsets"][0].formset.initial_forms
        most = MOST[currency][0]
        assert form.errors == {"price": [f"At most {most} {currency} can be paid at once."]}


def test_a_product_that_has_such_a_price_already_can_be_changed(desk, tech):  # noqa: F811
    product = make_product("Ring", price="2000000")
    address = f"/admin/catalog/product/{product.pk}/change/"
    data = sent_by(desk.get(address)) | {"status": "archived"}

    assert desk.post(address, data).status_code == 302

    product.refresh_from_db()
    assert product.status == "archived"


def test_one_row_of_an_import_is_refused_and_the_others_are_taken(tech, tmp_path):
    file = tmp_path / "products.csv"
    file.write_text("Handle,Title,Variant Price\nring,Ring,1000000\nlamp,Lamp,999999.99\n")

    report = import_catalogue(file)

    assert [(each.line, each.reason) for each in report.rejections] == [
        (2, "The price is 1000000.00. At most 999999.99 USD can be paid at once.")
    ]
    assert Variant.objects.get().price == Decimal("999999.99")
