"""The home page as the merchant sets it, without code."""

import io
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from catalog.models import HomePage
from pycommerce.core.bounded_cache import forget_everything
from tenants.shop.models import AuditEntry, catalogue_version
from tests.factories import make_category, make_member, make_product

CHANGE = "/admin/catalog/homepage/1/change/"
NOTHING = {
    "heading": "",
    "text": "",
    "picture_alt": "",
    "button_category": "",
    "button_label": "",
    "shows_sale": "on",
    "shows_new": "on",
    "categories-TOTAL_FORMS": "0",
    "categories-INITIAL_FORMS": "0",
    "products-TOTAL_FORMS": "0",
    "products-INITIAL_FORMS": "0",
}


@pytest.fixture
def shop(tech):
    return Client(HTTP_HOST="tech.localhost")


@pytest.fixture
def desk(tech, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    client = Client(HTTP_HOST="tech.localhost")
    client.force_login(make_member(tech, "manager"))
    return client


def page_of(shop):
    forget_everything()
    return " ".join(shop.get("/").content.decode().split())


def headings(page):
    return re.findall(r"<h2[^>]*>([^<]*)</h2>", page)


def names_in(page, section):
    part = page.partition(f'aria-labelledby="{section}"')[2].partition("</section>")[0]
    return re.findall(r"<h3[^>]*><a [^>]*>([^<]*)</a>", part)


def chosen(kind, *things):
    """Fields that feature things; the first one at the last place."""
    member = {"categories": "category", "products": "product"}[kind]
    fields = {f"{kind}-TOTAL_FORMS": str(len(things))}
    for number, thing in enumerate(things):
        fields |= {
            f"{kind}-{number}-{member}": str(thing.pk),
            f"{kind}-{number}-position": str(-number),
            f"{kind}-{number}-home": "1",
        }
    return fields


def save(desk, **fields):
    response = desk.post(CHANGE, NOTHING | fields)
    assert response.status_code == 302, response.context["errors"]


def test_where_nothing_is_set_the_shop_shows_itself(shop, tech):
    make_category("Audio", make_category("Electronics"))
    make_product("Lamp", compare_at_price="20")

    page = page_of(shop)

    assert "<h1>Tech Gadgets</h1>" in page
    assert headings(page) == ["Shop by category", "On sale", "New in the shop"]
    assert names_in(page, "by-category") == ["Electronics"]
    assert 'class="button button-on-brand" href="/products/">See all products</a>' in page


def test_the_merchant_sets_the_hero_and_what_is_featured_in_their_order(shop, desk):
    audio, lamps, cables = (make_category(name) for name in ("Audio", "Lamps", "Cables"))
    first, second, third = (make_product(name) for name in ("One", "Two", "Three"))
    make_product("Hidden", status="draft", slug="hidden")
    version = catalogue_version()

    save(
        desk,
        heading="Hear <more>",
        text="Good sound",
        button_category=str(audio.pk),
        button_label="Listen",
        shows_sale="",
        shows_new="",
        **chosen("categories", audio, cables),
        **chosen("products", second, first, third),
    )

    assert catalogue_version() > version
    assert AuditEntry.objects.get().object_name == "Home page"
    page = page_of(shop)
    assert "<h1>Hear &lt;more&gt;</h1> <p>Good sound</p>" in page
    assert 'href="/categories/audio/">Listen</a>' in page
    assert headings(page) == ["Shop by category", "We recommend"]
    assert names_in(page, "by-category") == ["Cables", "Audio"]
    assert names_in(page, "featured") == ["Three", "One", "Two"]
    assert lamps.name not in page.partition("<main")[2]


def test_what_is_no_longer_for_sale_is_no_longer_featured(shop, desk):
    gone, stays = make_product("Gone"), make_product("Stays")
    save(desk, **chosen("products", gone, stays))
    gone.status = "archived"
    gone.save()

    assert names_in(page_of(shop), "featured") == ["Stays"]


def _picture(width, colour="red"):
    made = io.BytesIO()
    Image.new("RGB", (width, width // 2), colour).save(made, "PNG")
    return SimpleUploadedFile("a.png", made.getvalue())


def test_a_picture_is_made_anew_in_two_widths(shop, desk, tmp_path):
    save(desk, picture=_picture(3000), picture_alt="A lamp in the dark")

    home = HomePage.objects.get()
    name = home.picture.name
    assert (home.picture_width, home.picture_height) == (1600, 800)
    for file, width in ((name, 1600), (name.replace(".webp", "-800.webp"), 800)):
        with Image.open(tmp_path / file) as made:
            assert (made.format, made.width) == ("WEBP", width)
    page = page_of(shop)
    assert f'srcset="/media/{name.replace(".webp", "-800.webp")} 800w, /media/{name} 1600w"' in page
    assert 'alt="A lamp in the dark" width="1600" height="800"' in page
    assert f'<meta property="og:image" content="http://tech.localhost/media/{name}">' in page


def test_a_small_picture_stays_as_it_is_and_can_be_removed(shop, desk, tmp_path):
    save(desk, picture=_picture(600))
    assert "srcset" not in page_of(shop).partition("<main")[2]

    save(desk, **{"picture-clear": "on"})

    assert not HomePage.objects.get().picture
    assert "<img" not in page_of(shop).partition("<main")[2]


def test_a_thing_is_featured_once(desk):
    lamp = make_product("Lamp")

    response = desk.post(CHANGE, NOTHING | chosen("products", lamp, lamp))

    assert response.status_code == 200
    assert "Please correct the duplicate" in response.content.decode()


def test_what_is_no_picture_is_refused(desk):
    response = desk.post(CHANGE, NOTHING | {"picture": SimpleUploadedFile("a.png", b"<svg/>")})

    assert response.status_code == 200
    assert "not a JPEG, PNG, WebP or GIF" in response.content.decode()


@pytest.mark.parametrize("role", ["viewer", "fulfilment"])
def test_only_who_writes_the_catalogue_sets_it(tech, role):
    client = Client(HTTP_HOST="tech.localhost")
    client.force_login(make_member(tech, role))

    assert client.post(CHANGE, NOTHING | {"heading": "Mine"}).status_code == 403
    assert HomePage.objects.get().heading == ""
