"""The first steps of a new shop: what is true of it, until they are done or dismissed."""

import re

import pytest
from django.test import Client

from checkout.first_steps import steps_of
from orders.models import OrderSettings, ShippingMethod, TaxRate
from tenants.models import Tenant
from tenants.resolution import clear_cache
from tests.admin.conftest import words
from tests.checkout.conftest import paid
from tests.factories import make_member, make_order, make_product

END = "/admin/first-steps/end/"


def done(tech: Tenant) -> set[str]:
    tech.refresh_from_db()
    return {step.name for step in steps_of(tech) if step.is_done}


def test_a_new_shop_has_done_nothing_but_can_take_test_payments(tech, desk):
    page = words(desk.get("/admin/"))

    assert done(tech) == {"Take payments"}
    assert "Your first steps" in page
    assert "1 of 9 done" in page
    assert "Test payments are on" in page
    assert page.index("Your first steps") < page.index("What needs doing")


def test_each_step_is_done_when_it_is_true(tech, desk):
    make_product("Draft", status="draft")
    assert done(tech) == {"Take payments"}
    product = make_product("Lamp", on_hand=0)
    assert done(tech) == {"Take payments", "Add a first product"}
    product = make_product("Radio", on_hand=9, image="A radio")
    assert {"Have something in stock", "Show it in a picture"} <= done(tech)
    method = ShippingMethod.objects.get()
    form = {"name": "Standard", "code": "standard", "price": "0", "position": "1", "active": "on"}
    desk.post(f"/admin/orders/shippingmethod/{method.pk}/change/", form)
    assert "Say what shipping costs" in done(tech)
    make_order(product)
    assert "Try an order" not in done(tech)
    paid(make_order(product))
    assert "Try an order" in done(tech)
    assert len(done(tech)) == 6
    Tenant.objects.filter(pk=tech.pk).update(tagline="Light for all")
    assert "Make it look like yours" in done(tech)
    TaxRate.objects.create(country="US", percent=5)
    assert "Say which taxes you charge" in done(tech)
    assert "Write your business address" not in done(tech)
    OrderSettings.objects.update(business_address="Tech Gadgets\n1 Main St")
    assert len(done(tech)) == 9


def test_who_charges_no_tax_saves_the_order_settings_as_they_are(tech, desk):
    assert "Say which taxes you charge" not in done(tech)

    desk.post("/admin/orders/ordersettings/1/change/", {"country": "US", "hold_hours": "24"})

    assert "Say which taxes you charge" in done(tech)


def test_another_way_to_send_is_a_price_that_was_set(tech):
    ShippingMethod.objects.create(code="express", name="Express", price=5)

    assert "Say what shipping costs" in done(tech)


def test_once_all_is_done_the_list_ends_by_itself(tech, desk):
    paid(make_order(make_product("Lamp", image="A lamp")))
    ShippingMethod.objects.create(code="express", name="Express", price=5)
    TaxRate.objects.create(country="US", percent=5)
    OrderSettings.objects.update(business_address="Tech Gadgets\n1 Main St")
    Tenant.objects.filter(pk=tech.pk).update(tagline="Light for all")
    clear_cache()

    page = words(desk.get("/admin/"))
    assert "Your first steps" not in page
    assert "All first steps are done. Your shop is open at" in page

    tech.refresh_from_db()
    assert tech.first_steps_ended_at is not None
    clear_cache()
    page = words(desk.get("/admin/"))
    assert "Your first steps" not in page
    assert "All first steps are done" not in page


def test_it_costs_one_statement(tech, django_assert_num_queries):
    steps_of(tech)  # selects the schema
    with django_assert_num_queries(1):
        steps_of(tech)


def test_it_is_dismissed_for_good(tech, desk):
    before = tech.updated_at
    answer = desk.post(END)
    clear_cache()

    assert answer["Location"] == "/admin/"
    assert "Your first steps" not in words(desk.get("/admin/"))
    tech.refresh_from_db()
    assert tech.updated_at == before
    assert desk.get(END).status_code == 302


def test_only_who_sets_the_shop_up_sees_it_and_ends_it(tech, desk_of):
    for role, sees in (("manager", True), ("fulfilment", False), ("viewer", False)):
        client = desk_of(role)
        assert ("Your first steps" in words(client.get("/admin/"))) is sees
        if not sees:
            assert client.post(END).status_code == 403
    tech.refresh_from_db()
    assert tech.first_steps_ended_at is None
    stranger = Client(HTTP_HOST="tech.localhost")
    stranger.force_login(make_member(Tenant.objects.get(slug="outdoor")))
    assert "/admin/login/" in stranger.post(END)["Location"]


@pytest.mark.parametrize(
    ("key", "account", "is_done", "said"),
    [
        ("", "", False, "takes no card payments yet"),
        ("sk_live_x", "", False, "the platform's own Stripe account"),
        ("sk_live_x", "acct_123", True, "your Stripe account acct_123"),
    ],
)
def test_payment_says_what_is_missing(tech, settings, key, account, is_done, said):
    settings.STRIPE_SIMULATOR, settings.STRIPE_SECRET_KEY = False, key
    tech.stripe_account = account

    (step,) = [step for step in steps_of(tech) if step.name == "Take payments"]

    assert (step.is_done, said in step.text) == (is_done, True)


def test_where_the_money_goes_is_said_on_the_shops_own_page(tech, desk, settings):
    settings.STRIPE_SIMULATOR, settings.STRIPE_SECRET_KEY = False, "sk_live_x"

    (step,) = [step for step in steps_of(tech) if step.name == "Take payments"]

    [(_label, address)] = step.ways
    assert "Payment account" in words(desk.get(address, follow=True))


def test_every_way_of_a_step_is_a_page(tech, desk):
    page = desk.get("/admin/").content.decode()
    part = page.partition('id="first-steps"')[2].partition("</section>")[0]
    ways = re.findall(r'class="desk-button[^"]*"\s+href="([^"]+)"', part)

    assert len(ways) == 10
    for address in ways:
        assert desk.get(address, follow=True).status_code == 200, address


def test_an_empty_shop_says_that_it_opens_soon(tech):
    page = words(Client(HTTP_HOST="tech.localhost").get("/"))

    assert "Opening soon" in page
    assert "still filling the shelves" in page
    assert 'class="button button-on-brand"' not in page
