"""The style guide: every part of the shop's pages, for those who work in it."""

from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from orders.models import Order
from tests.factories import make_member, make_product
from tests.storefront.test_linked_pages import use_djangos_loader

GUIDE = "/admin/style-guide/"
# Parts that stand beside the pages or only in a header of their own.
ELSEWHERE = {
    "catalog/_thumb.html": "inside the lines of the cart",
    "catalog/_product.html": "the whole of a product, whose parts stand there",
    "catalog/_narrowing.html": "rendered before the list that holds it",
    "catalog/_instead.html": "cards and chips, which stand there",
    "checkout/_slim_header.html": "the header, with less in it",
    "orders/_address.html": "text alone",
    "orders/_refresh.html": "nothing to be seen",
}


@pytest.fixture
def guide_for(tech):
    def open_as(role, **query):
        client = Client(HTTP_HOST="tech.localhost")
        client.force_login(make_member(tech, role))
        return client.get(GUIDE, query)

    return open_as


@pytest.mark.parametrize("role", ["owner", "manager", "fulfilment", "viewer"])
def test_every_member_sees_it_and_no_machine_keeps_it(guide_for, role):
    response = guide_for(role)

    assert response.status_code == 200
    assert "Style guide" in response.content.decode()
    assert response["X-Robots-Tag"] == "noindex"
    assert '<meta name="robots" content="noindex">' in response.content.decode()
    assert "no-store" in response["Cache-Control"]
    assert "unsafe" not in response["Content-Security-Policy"]


def test_nobody_else_sees_it(tech):
    response = Client(HTTP_HOST="tech.localhost").get(GUIDE)

    assert response.status_code == 302
    assert "/admin/login/" in response["Location"]


@pytest.fixture
def in_parts(settings):
    """Django's own loader: ours makes one piece of a page, and its parts are not heard of."""
    use_djangos_loader(settings)


def test_it_shows_every_part_that_pages_are_made_of(guide_for, in_parts):
    make_product("Lamp", image="A lamp")
    folder = Path(settings.BASE_DIR) / "templates"
    parts = {
        path.relative_to(folder).as_posix()
        for app in ("catalog", "checkout", "orders")
        for path in (folder / app).glob("_*.html")
    }

    used = {template.name for template in guide_for("viewer").templates}

    assert parts - used - set(ELSEWHERE) == set()


def test_it_shows_every_state(guide_for):
    make_product("Lamp", image="A lamp")

    page = guide_for("viewer").content.decode()

    for state in (
        "badge-sale",
        "badge-out",
        "card-note",
        "no-picture",
        "option-out",
        "stock-in",
        "stock-few",
        "stock-out",
        "field-wrong",
        "choice-none",
        "note-bad",
        "hero-pictured",
        "order-good",
        "order-waiting",
        "order-over",
        "step-done",
        "line-changed",
        "disabled",
        'aria-busy="true"',
        "<dialog",
    ):
        assert state in page, state


def test_it_speaks_the_shops_language_and_stores_nothing(guide_for, tech):
    tech.language, tech.currency = "de", "EUR"
    tech.save()

    page = guide_for("owner").content.decode()

    assert '<html lang="de">' in page
    assert "Stilkatalog" in page
    assert "1.249,00\xa0€" in page
    assert not Order.objects.exists()


@pytest.mark.parametrize(("role", "is_shown"), [("manager", True), ("viewer", False)])
def test_a_look_is_tried_on_by_those_who_may_change_it(guide_for, role, is_shown):
    page = guide_for(role, name="Gadget House", radius="none").content.decode()

    assert ("Gadget House" in page) == is_shown
    assert ("/admin/tenants/shoplook/preview/theme.css?" in page) == is_shown
