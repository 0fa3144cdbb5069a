"""Two people at the same settings: neither undoes what the other one saved meanwhile."""

import threading
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import connection, connections, transaction
from django.test import Client

from catalog.models import FeaturedCategory, HomePage, StockSettings
from orders.models import Discount, OrderSettings, ShippingMethod, TaxRate
from tenants.models import Domain, Membership, Tenant, User
from tenants.shop.models import RetentionTimes, WebhookEndpoint, WebhookType
from tests.admin.conftest import sent_by, words
from tests.admin.test_meanwhile import words_shown
from tests.concurrency.conftest import wait_for
from tests.factories import make_category, make_member, make_shipping_method, make_user

pytestmark = pytest.mark.django_db


def _shipping(tech):
    return make_shipping_method(code="post", price="7.50")


def _tax(tech):
    return TaxRate.objects.create(country="DE", percent=19)


def _discount(tech):
    return Discount.objects.create(code="TEN", value=10)


def _endpoint(tech):
    return WebhookEndpoint.objects.create(
        address="https://a.example.com/", events=[WebhookType.ORDER_PAID]
    )


# The thing; a field that is left alone with what a colleague made of it; one that both changed,
# with what the colleague and what the second one made of it, and how the former is shown.
ROWS = {
    "shippingmethod": (_shipping, ("name", "Post"), ("price", Decimal(9), "12.00", "9.00")),
    "shipping-countries": (_shipping, ("active", False), ("countries", ["DE"], "FR", "DE")),
    "taxrate": (_tax, ("name", "VAT"), ("percent", Decimal(7), "16", "7")),
    "discount": (_discount, ("active", False), ("value", Decimal(15), "20", "15")),
    "homepage": (lambda tech: HomePage.objects.get(), ("text", "Here"), ("heading", "A", "B", "A")),
    "ordersettings": (
        lambda tech: OrderSettings.objects.get(),
        ("country", "PT"),
        ("hold_hours", 48, "72", "48"),
    ),
    "stocksettings": (
        lambda tech: StockSettings.objects.get(),
        ("mails_low_stock", False),
        ("low_stock_limit", 8, "9", "8"),
    ),
    "retentiontimes": (
        lambda tech: RetentionTimes.objects.get(),
        ("webhooks_days", 20),
        ("carts_days", 50, "60", "50"),
    ),
    "webhookendpoint": (
        _endpoint,
        ("is_active", False),
        ("events", ["order.created"], ["order.refunded"], "order.created"),
    ),
}


def address_of(thing):
    return f"/admin/{thing._meta.app_label}/{thing._meta.model_name}/{thing.pk}/change/"


def colleague(thing, tech, **new):
    connection.set_tenant(tech)
    type(thing).objects.filter(pk=thing.pk).update(**new)


@pytest.mark.parametrize("name", ROWS)
def test_what_was_left_alone_stays_and_what_both_changed_is_shown_first(desk, tech, name):
    make, (left, their_own), (both, theirs, mine, shown) = ROWS[name]
    thing = make(tech)
    address = address_of(thing)
    data = sent_by(desk.get(address)) | {both: mine}
    colleague(thing, tech, **{left: their_own, both: theirs})

    response = desk.post(address, data)

    assert response.status_code == 200
    assert f"It is {shown} meanwhile. Save again to set it." in words_shown(response)
    connection.set_tenant(tech)
    thing.refresh_from_db()
    assert (getattr(thing, left), getattr(thing, both)) == (their_own, theirs)

    # The page that says so has seen it, and what was typed stands there still.
    form = response.context["adminform"].form
    seen = form[both].html_initial_name
    again = data | {seen: form.data.getlist(seen)}
    assert desk.post(address, again).status_code == 302
    connection.set_tenant(tech)
    thing.refresh_from_db()
    assert getattr(thing, left) == their_own
    field = thing._meta.get_field(both)
    assert getattr(thing, both) == field.to_python([mine] if name == "shipping-countries" else mine)


def test_a_period_that_both_changed_is_shown_first(desk, tech):
    discount = Discount.objects.create(
        code="TEN", value=10, starts_at=datetime(2026, 1, 1, 9, 0, 0, 55, tzinfo=UTC)
    )
    address = address_of(discount)
    data = sent_by(desk.get(address))
    assert data["initial-starts_at_0"] == data["starts_at_0"] == ["2026-01-01"]

    colleague(discount, tech, ends_at=datetime(2026, 2, 1, tzinfo=UTC))
    assert desk.post(address, data | {"value": "11"}).status_code == 302
    connection.set_tenant(tech)
    discount.refresh_from_db()
    assert (discount.value, discount.ends_at.month) == (11, 2)

    response = desk.post(address, data | {"ends_at_0": "2026-03-01", "ends_at_1": "09:00"})
    said = words_shown(response)
    assert " meanwhile. Save again to set it." in said
    sent = response.context["adminform"].form.data
    assert sent["initial-ends_at_0"]
    seen = {name: sent[name] for name in ("initial-ends_at_0", "initial-ends_at_1")}
    again = data | seen | {"ends_at_0": "2026-03-01", "ends_at_1": "09:00"}
    assert desk.post(address, again).status_code == 302
    connection.set_tenant(tech)
    discount.refresh_from_db()
    assert discount.ends_at.month == 3


def test_featured_rows_that_were_left_alone_stay_as_a_colleague_put_them(desk, tech):
    row = FeaturedCategory.objects.create(home=HomePage.objects.get(), category=make_category("A"))
    address = "/admin/catalog/homepage/1/change/"
    data = sent_by(desk.get(address)) | {"heading": "Welcome"}
    colleague(row, tech, position=7)

    assert desk.post(address, data).status_code == 302
    connection.set_tenant(tech)
    assert FeaturedCategory.objects.get().position == 7
    assert HomePage.objects.get().heading == "Welcome"


def test_the_look_of_a_shop_is_watched(desk, tech):
    address = f"/admin/tenants/shoplook/{tech.pk}/change/"
    data = sent_by(desk.get(address)) | {"tagline": "Mine"}
    Tenant.objects.filter(pk=tech.pk).update(radius="none", tagline="Theirs")

    response = desk.post(address, data)

    assert "It is Theirs meanwhile. Save again to set it." in words_shown(response)
    assert desk.post(address, data | {"initial-tagline": "Theirs"}).status_code == 302
    tenant = Tenant.objects.get(pk=tech.pk)
    assert (tenant.radius, tenant.tagline) == ("none", "Mine")


def test_a_time_zone_that_was_left_alone_stays_as_a_colleague_chose_it(desk, tech):
    address = f"/admin/tenants/shoplocale/{tech.pk}/change/"
    data = sent_by(desk.get(address)) | {"language": "de"}
    Tenant.objects.filter(pk=tech.pk).update(time_zone="Asia/Tokyo")

    assert desk.post(address, data).status_code == 302
    tenant = Tenant.objects.get(pk=tech.pk)
    assert (tenant.language, tenant.time_zone) == ("de", "Asia/Tokyo")


def test_the_payment_account_of_a_colleague_is_not_undone(desk, tech):
    address = f"/admin/tenants/paymentaccount/{tech.pk}/change/"
    page = desk.get(address).content.decode()
    assert 'name="initial-stripe_account"' in page
    Tenant.objects.filter(pk=tech.pk).update(stripe_account="acct_theirs")

    response = desk.post(
        address, {"stripe_account": "acct_mine", "initial-stripe_account": ""}, follow=True
    )

    assert "It is acct_theirs meanwhile. Save again to set it." in words_shown(response)
    assert desk.post(address, {"stripe_account": "", "initial-stripe_account": ""})
    assert Tenant.objects.get(pk=tech.pk).stripe_account == "acct_theirs"


def test_a_role_that_a_colleague_changed_is_not_given_back(desk, tech):
    connection.set_schema_to_public()
    member = make_member(tech, "manager", email="m@example.com")
    connection.set_tenant(tech)
    membership = Membership.objects.get(user=member, tenant=tech)
    address = f"/admin/tenants/membership/{membership.pk}/change/"
    data = sent_by(desk.get(address))
    Membership.objects.filter(pk=membership.pk).update(role="viewer")

    assert desk.post(address, data).status_code == 302
    membership.refresh_from_db()
    assert membership.role == "viewer"


# --- The platform's ------------------------------------------------------------------------------


@pytest.fixture
def platform(tech):
    connection.set_schema_to_public()
    client = Client(HTTP_HOST="localhost")
    client.force_login(make_user(is_superuser=True))
    return client


def test_a_shops_form_saves_what_was_typed_and_nothing_else(platform, tech):
    address = f"/admin/tenants/tenant/{tech.pk}/change/"
    data = sent_by(platform.get(address)) | {"tagline": "All of it"}
    # The shop's own staff, a job and the platform's other staff.
    Tenant.objects.filter(pk=tech.pk).update(
        name="Gadgets", has_products=False, active=False, closed_reason="Paused", radius="none"
    )

    assert platform.post(address, data).status_code == 302

    connection.set_schema_to_public()
    found = Tenant.objects.get(pk=tech.pk)
    assert (found.tagline, found.name, found.radius) == ("All of it", "Gadgets", "none")
    assert (found.has_products, found.active, found.closed_reason) == (False, False, "Paused")


def test_a_shops_form_writes_the_columns_of_its_changes_alone(platform, tech):
    address = f"/admin/tenants/tenant/{tech.pk}/change/"
    data = sent_by(platform.get(address)) | {"tagline": "All of it"}
    written = []

    def watch(execute, sql, *rest):
        if sql.startswith('UPDATE "tenants_tenant"'):
            written.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(watch):
        assert platform.post(address, data).status_code == 302

    assert '"tagline" = ' in written[0]
    assert all(f'"{name}" = ' not in written[0] for name in ("name", "active", "has_products"))


def test_what_both_changed_of_a_shop_is_shown_first(platform, tech):
    address = f"/admin/tenants/tenant/{tech.pk}/change/"
    data = sent_by(platform.get(address)) | {"tagline": "Mine"}
    Tenant.objects.filter(pk=tech.pk).update(tagline="Theirs")

    response = platform.post(address, data)

    assert "It is Theirs meanwhile. Save again to set it." in words_shown(response)
    assert Tenant.objects.get(pk=tech.pk).tagline == "Theirs"


def test_a_domain_that_is_not_known_any_more_stays_so(platform, tech):
    domain = Domain.objects.create(
        tenant=tech, domain="a.example.org", is_vouched=True, proven_at=datetime.now(UTC)
    )
    address = f"/admin/tenants/tenant/{tech.pk}/change/"
    data = sent_by(platform.get(address)) | {"tagline": "Mine"}
    assert data["domains-0-is_known"] == ["on"]
    Domain.objects.filter(pk=domain.pk).update(is_vouched=False)

    assert platform.post(address, data).status_code == 302

    domain.refresh_from_db()
    assert not domain.is_vouched


def test_a_user_who_was_taken_off_the_platform_is_not_put_back(platform):
    other = make_user(email="other@example.com", is_superuser=True)
    address = f"/admin/tenants/user/{other.pk}/change/"
    data = sent_by(platform.get(address)) | {"name": "Ada"}
    User.objects.filter(pk=other.pk).update(is_superuser=False)

    assert platform.post(address, data).status_code == 302

    other.refresh_from_db()
    assert (other.name, other.is_superuser) == ("Ada", False)


# --- At the same moment --------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_who_saves_while_a_colleague_does_waits_and_is_shown_what_that_is(db):
    connection.set_schema_to_public()
    tenant = Tenant.objects.get(slug="tech")
    owner = make_member(tenant)
    connection.set_tenant(tenant)
    method = make_shipping_method(code="post", price="7.50")
    client = Client(HTTP_HOST="tech.localhost")
    client.force_login(owner)
    data = sent_by(client.get(address_of(method))) | {"price": "12.00"}
    answers = []

    def send():
        answers.append(client.post(address_of(method), data))
        connections.close_all()

    second = threading.Thread(target=send)
    connection.set_tenant(tenant)
    with transaction.atomic():
        ShippingMethod.objects.filter(pk=method.pk).update(price=9)
        second.start()
        wait_for(behind=1)
    second.join()

    assert "It is 9.00 meanwhile. Save again to set it." in words(answers[0])
    connection.set_tenant(tenant)
    assert ShippingMethod.objects.get(pk=method.pk).price == 9
