"""Pages that the merchant writes: about, delivery, returns, privacy, terms."""

import pytest
from django.test import Client

from catalog.models import TextPage
from pycommerce.core.bounded_cache import forget_everything
from tenants.shop.models import AuditEntry, catalogue_version
from tests.factories import make_member

ADD = "/admin/catalog/textpage/add/"
RETURNS = {
    "title": "Returns & repairs",
    "slug": "returns",
    "body": "<h2>30 days</h2><p onclick='x()'>Send it <script>x()</script>back.</p>",
    "is_published": "on",
    "position": "1",
}


@pytest.fixture
def shop(tech):
    return Client(HTTP_HOST="tech.localhost")


def desk_of(tech, role="manager"):
    client = Client(HTTP_HOST="tech.localhost")
    client.force_login(make_member(tech, role))
    return client


def text_of(response):
    forget_everything()
    return response.content.decode()


def test_a_page_is_written_in_the_back_office_and_read_in_the_shop(shop, tech):
    version = catalogue_version()

    response = desk_of(tech).post(ADD, RETURNS)

    assert response.status_code == 302, response.context["errors"]
    assert catalogue_version() > version
    assert AuditEntry.objects.get().object_name == "Returns & repairs"
    page = text_of(shop.get("/pages/returns/"))
    assert "<title>Returns &amp; repairs – Tech Gadgets</title>" in page
    assert "<h2>30 days</h2>" in page
    assert "Send it back." in page
    assert "onclick" not in page
    assert '<meta name="description" content="30 days Send it back.">' in page
    link = '<a href="/pages/returns/">Returns &amp; repairs</a>'
    assert link in text_of(shop.get("/"))
    assert "http://tech.localhost/pages/returns/" in text_of(shop.get("/sitemap.xml"))


def test_a_page_that_is_not_published_is_nowhere(shop, tech):
    draft = {name: value for name, value in RETURNS.items() if name != "is_published"}
    desk_of(tech).post(ADD, draft)

    assert TextPage.objects.get().title == "Returns & repairs"
    assert shop.get("/pages/returns/").status_code == 404
    for path in ("/", "/sitemap.xml"):
        assert "/pages/" not in text_of(shop.get(path))


def test_a_page_that_was_deleted_is_gone_at_once(shop, tech):
    desk = desk_of(tech)
    desk.post(ADD, RETURNS)
    version = catalogue_version()

    desk.post(f"/admin/catalog/textpage/{TextPage.objects.get().pk}/delete/", {"post": "yes"})

    assert catalogue_version() > version
    assert "/pages/" not in text_of(shop.get("/"))


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("title", "", "This field is required."),
        ("slug", "two words", "Enter a valid"),
        ("slug", "privacy", "Page with this Address already exists."),
        ("body", "", "This field is required."),
        ("title", "x" * 121, "at most 120 characters"),
    ],
)
def test_a_field_that_cannot_be_is_refused_in_words(tech, field, value, words):
    TextPage.objects.create(title="Privacy", slug="privacy", body="…")

    response = desk_of(tech).post(ADD, RETURNS | {field: value})

    assert response.status_code == 200
    assert words in " ".join(response.context["adminform"].form.errors[field])
    assert TextPage.objects.count() == 1


@pytest.mark.parametrize("role", ["viewer", "fulfilment"])
def test_only_who_writes_the_catalogue_writes_pages(tech, role):
    assert desk_of(tech, role).post(ADD, RETURNS).status_code == 403
    assert not TextPage.objects.exists()
