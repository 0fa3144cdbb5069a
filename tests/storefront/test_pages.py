"""The storefront's pages: complete, the same for everybody, cheap."""

import json
import re
import time

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.html import strip_tags

from catalog.models import CategoryPastSlug, Product, ProductImage, Variant
from catalog.services.refresh import refresh_products
from catalog.services.slugs import remember_product_slug
from catalog.services.stock import adjust_stock
from orders.models import ShippingMethod
from pycommerce.core.bounded_cache import forget_everything
from tenants.changes import HELD_SECONDS, changes
from tenants.models import Tenant
from tenants.shop.models import raise_catalogue_version
from tests.factories import make_category, make_product, make_shipping_method


@pytest.fixture
def shop(tech, client_for):
    return client_for(tech)


def text_of(response) -> str:
    return response.content.decode()


@pytest.fixture
def audio(tech):
    return make_category("Audio", make_category("Electronics"), description="To be heard")


def test_the_home_page_shows_categories_and_the_newest(shop, audio):
    make_product("Headphones", price="129.99", categories=[audio])

    page = text_of(shop.get("/"))

    assert "<h1>Tech Gadgets</h1>" in page
    assert "/categories/electronics/" in page
    assert "/products/headphones/" in page
    assert "$129.99" in page


def test_an_empty_shop_says_so(shop, tech):
    assert "Nothing is for sale yet" in text_of(shop.get("/"))


def test_a_category_shows_its_own_and_its_sub_categories_products(shop, audio):
    make_product("Headphones", categories=[audio])
    make_product("Chair")

    page = text_of(shop.get("/categories/electronics/"))

    assert "Headphones" in page
    assert "Chair" not in page
    assert 'href="/categories/audio/"' in page
    assert "1 product" in page


def test_a_product_page_says_what_a_shopper_needs(shop, audio):
    make_product(
        "Shirt",
        description="<p>Soft <em>cotton</em></p>",
        option_names=["Size"],
        variants=[
            {"option_values": ["S"], "price": "18.00", "compare_at_price": "24.00", "on_hand": 2},
            {"option_values": ["M"], "price": "20.00", "on_hand": 0},
        ],
        categories=[audio],
        image="A folded shirt",
        vendor="Halden",
    )

    page = text_of(shop.get("/products/shirt/"))

    for words in ("$18.00", "$24.00", "Low stock: 2 left", "Sold out", "Halden", "A folded shirt"):
        assert words in page
    assert "<p>Soft <em>cotton</em></p>" in page
    assert "−25 %" in page
    graph = json.loads(re.search(r"ld\+json\">(.*?)</script>", page).group(1))["@graph"]
    assert graph[0]["@type"] == "Product"
    assert graph[0]["offers"]["lowPrice"] == "18.00"


def test_options_are_groups_with_the_first_that_can_be_had_chosen(shop, tech):
    make_product(
        "Shirt",
        option_names=["Size", "Colour"],
        variants=[
            {"option_values": ["S", "Red"], "on_hand": 0},
            {"option_values": ["S", "Blue"], "on_hand": 2, "sku": "SHIRT-S-BLUE"},
            {"option_values": ["M", "Red"], "on_hand": 0, "price": "12.00"},
        ],
    )

    page = text_of(shop.get("/products/shirt/"))

    fields = re.findall(r'name="(option-\d)"\s+value="(\w+)"\s+required\s*(checked)?', page)
    assert fields == [
        ("option-1", "S", "checked"),
        ("option-1", "M", ""),
        ("option-2", "Red", ""),
        ("option-2", "Blue", "checked"),
    ]
    assert re.findall(
        r'option-out">\s+<input type="radio"\s+name="[^"]*"\s+value="(\w+)"', page
    ) == [
        "M",
        "Red",
    ]
    assert "SHIRT-S-BLUE" in page
    offers = json.loads(re.search(r'id="offers">(.*?)</script>', page).group(1))
    assert [(offer["options"], offer["units"]) for offer in offers] == [
        (["S", "Red"], 0),
        (["S", "Blue"], 2),
        (["M", "Red"], 0),
    ]
    assert "$12.00" in offers[2]["price"]


def test_a_picture_of_one_colour_stands_for_every_variant_of_it(shop, tech):
    product = make_product(
        "Shirt",
        option_names=["Size", "Colour"],
        variants=[
            {"option_values": [size, colour]} for size in ("S", "M") for colour in ("Red", "Blue")
        ],
    )
    for position, sku in ((1, ("S", "Red")), (2, ("S", "Blue"))):
        variant = product.variants.get(option_values=list(sku))
        image = ProductImage.objects.create(product=product, variant=variant, position=position)
        # Set beside the field: a test needs no file behind it.
        ProductImage.objects.filter(pk=image.pk).update(file=f"{position}.webp")
    refresh_products([product.pk])
    raise_catalogue_version()

    page = text_of(shop.get("/products/shirt/"))

    offers = json.loads(re.search(r'id="offers">(.*?)</script>', page).group(1))
    assert [offer["picture"] for offer in offers] == [0, 1, 0, 1]


def test_a_weight_in_pounds_is_told_in_whole_grams(shop, tech):
    make_product("Cap", variants=[{"weight_grams": "90.718"}])

    assert "91\N{NO-BREAK SPACE}g" in text_of(shop.get("/products/cap/"))


def test_a_product_page_tells_details_and_delivery(shop, tech):
    make_product(
        "Shirt",
        price="60",
        vendor="Halden",
        product_type="Clothes",
        variants=[{"weight_grams": "1250"}],
    )
    ShippingMethod.objects.all().delete()
    make_shipping_method("standard", "4.90", description="3–5 days", free_from="50")
    make_shipping_method("express", "14.90", free_from="99")
    make_shipping_method("closed", "1", active=False)

    page = " ".join(strip_tags(text_of(shop.get("/products/shirt/"))).split())

    assert "Brand Halden Type Clothes Weight 1.25 kg" in page
    assert "Standard 3–5 days Free" in page
    assert "Express $14.90, free from $99.00" in page
    assert "Closed" not in page


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("One & two\nthree\n\nFour", "<p>One &amp; two<br>three</p><p>Four</p>"),
        ("<p>One</p>\n<p>Two</p>", "<p>One</p><p>Two</p>"),
    ],
)
def test_a_description_keeps_the_lines_of_a_text(shop, tech, written, shown):
    make_product("Lamp", slug="lamp", description=written)

    page = shop.get("/products/lamp/").content.decode()

    assert f'<div class="prose">{shown}</div>' in page.replace("\n", "")


def test_text_from_the_catalogue_is_escaped_and_sanitised(shop, tech):
    name = "<script>alert(1)</script>"
    make_product(
        name,
        slug="evil",
        description="<p onclick='x()'>Hi</p><script>x()</script>",
        vendor=name,
        option_names=[name],
        variants=[{"option_values": [name]}],
    )

    for address in ("/", "/products/", "/products/evil/", "/search/?q=<script>alert(1)"):
        page = text_of(shop.get(address))
        assert "<script>alert" not in page
        assert "onclick" not in page
        assert "<script>x()" not in page


@pytest.mark.parametrize("status", ["draft", "archived"])
def test_what_is_not_for_sale_has_no_page(shop, tech, status):
    make_product("Hidden", status=status)

    response = shop.get("/products/hidden/")

    assert response.status_code == 404
    assert "This page does not exist" in text_of(response)
    assert "Hidden" not in text_of(shop.get("/products/"))


def test_an_old_address_redirects_to_the_present_one(shop, audio):
    product = make_product("Lamp")
    remember_product_slug(product, "old lamp")
    CategoryPastSlug.objects.create(slug="sound", category=audio)

    moved = shop.get("/products/old%20lamp/?utm=1")

    assert (moved.status_code, moved["Location"]) == (301, "/products/lamp/?utm=1")
    assert shop.get("/categories/sound/")["Location"] == "/categories/audio/"
    assert shop.get(f"/products/{product.pk}/")["Location"] == "/products/lamp/"


def test_an_address_without_its_slash_redirects(shop, tech):
    make_product("Lamp")

    assert shop.get("/products/lamp")["Location"] == "/products/lamp/"


# --- Lists ------------------------------------------------------------------------------------


def _cards(page: str) -> list[str]:
    return re.findall(r'<h3 class="card-name"><a href="[^"]*">([^<]*)</a>', page)


def test_pages_of_a_list_follow_each_other_and_come_back(shop, tech):
    for number in range(30):
        make_product(f"Lamp {number:02}")

    first = text_of(shop.get("/products/?sort=name"))
    following = re.search(r'rel="next" href="([^"]*)"', first).group(1).replace("&amp;", "&")
    second = text_of(shop.get(f"/products/{following}"))
    back = re.search(r'rel="prev" href="([^"]*)"', second).group(1).replace("&amp;", "&")

    assert _cards(first) == [f"Lamp {number:02}" for number in range(24)]
    assert _cards(second) == [f"Lamp {number:02}" for number in range(24, 30)]
    assert _cards(text_of(shop.get(f"/products/{back}"))) == _cards(first)
    assert "30 products" in second
    assert 'rel="next"' not in second
    assert "noindex" in second


def test_filters_and_order(shop, tech):
    make_product("Cheap", price="5")
    make_product("Dear", price="50")
    make_product("Gone", price="20", on_hand=0)

    def cards(query):
        return _cards(text_of(shop.get(f"/products/?{query}")))

    assert cards("min_price=10&max_price=60&sort=price") == ["Gone", "Dear"]
    assert cards("min_price=10,00&in_stock=on") == ["Dear"]
    assert cards("sort=-price") == ["Dear", "Gone", "Cheap"]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("min_price=abc", "Enter a number."),
        ("min_price=-1", "greater than or equal to 0"),
        ("min_price=20&max_price=10", "less than the lowest price"),
        ("sort=colour", "Select a valid choice"),
    ],
)
def test_a_bad_filter_is_said_beside_its_field(shop, tech, query, words):
    make_product("Lamp", price="25.00")

    response = shop.get(f"/products/?{query}")

    assert response.status_code == 400
    assert words in text_of(response)
    assert "Lamp" in text_of(response)


def test_a_stale_cursor_begins_at_the_first_page(shop, tech):
    response = shop.get("/products/?sort=name&cursor=broken")

    assert (response.status_code, response["Location"]) == (302, "/products/?sort=name")


# --- For everybody the same -------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/products/", "/products/lamp/", "/search/?q=lamp"])
def test_a_page_is_the_same_for_everybody_and_may_be_kept(shop, tech, path):
    make_product("Lamp")

    mine = shop.get(path, HTTP_COOKIE="session=1")
    theirs = shop.get(path)

    assert mine.content == theirs.content
    assert not mine.cookies
    assert "Cookie" not in mine.get("Vary", "")
    assert mine["Cache-Control"] == "public, max-age=1"
    assert "csrf" not in text_of(mine)


def test_a_page_that_did_not_change_is_a_304(shop, tech):
    make_product("Lamp")
    first = shop.get("/products/lamp/")

    again = shop.get("/products/lamp/", HTTP_IF_NONE_MATCH=first["ETag"])

    assert (again.status_code, again.content) == (304, b"")


def test_a_change_of_the_catalogue_changes_the_page(shop, tech):
    make_product("Lamp", sku="L-1", on_hand=9)
    assert "In stock" in text_of(shop.get("/products/lamp/"))

    adjust_stock(variant_id=Variant.objects.get().pk, on_hand=0, reason="lost", user=None)
    # A page may be a second old; another process would have none.
    forget_everything()

    assert "Sold out" in text_of(shop.get("/products/lamp/"))


@pytest.mark.parametrize(
    ("change", "before", "after"),
    [
        (lambda lamp: adjust_stock_of(lamp, 0), "In stock", "Sold out"),
        (lambda lamp: lamp.variants.update(price="11"), "$10.00", "$11.00"),
        (lambda lamp: set_fields(lamp, description="Dim"), "Bright", "Dim"),
        (lambda lamp: set_fields(lamp, vendor="Licht"), "Halden", "Licht"),
        (lambda lamp: lamp.categories.update(slug="tables"), "/desks/", "/tables/"),
        (lambda lamp: ShippingMethod.objects.update(name="By bike"), "By post", "By bike"),
        (lambda lamp: ShippingMethod.objects.update(price="6"), "$4.90", "$6.00"),
        (lambda lamp: lamp.images.update(alt="Lit"), "Unlit", "Lit"),
    ],
)
def test_what_is_kept_of_a_product_follows_each_thing_it_shows(shop, tech, change, before, after):
    lamp = make_product(
        "Lamp",
        on_hand=9,
        description="Bright",
        vendor="Halden",
        categories=[make_category("Desks", make_category("Lighting"))],
        image="lamp.png",
    )
    lamp.images.update(alt="Unlit")
    ShippingMethod.objects.all().delete()
    make_shipping_method("post", "4.90", name="By post")
    refresh_products([lamp.pk])
    page = text_of(shop.get("/products/lamp/"))
    assert before in page

    change(lamp)
    refresh_products([lamp.pk])
    raise_catalogue_version()
    # As after a second: the page itself is made anew, and may use what is kept of its parts.
    changes.forget()

    again = text_of(shop.get("/products/lamp/"))
    assert after in again
    assert again != page


def test_others_of_the_category_are_shown_as_they_are_now(shop, tech, audio):
    for name in ("Lamp", "Radio"):
        make_product(name, categories=[audio], on_hand=9, sku=name)
    assert "badge-out" not in text_of(shop.get("/products/lamp/"))

    adjust_stock_of(Product.objects.get(slug="radio"), 0)
    changes.forget()  # as after a second
    page = text_of(shop.get("/products/lamp/"))
    assert 'badge-out">Sold out' in page

    make_product("Speaker", categories=[audio])
    raise_catalogue_version()
    changes.forget()
    assert "/products/speaker/" in text_of(shop.get("/products/lamp/"))


def adjust_stock_of(product: Product, on_hand: int) -> None:
    variant = product.variants.get()
    adjust_stock(variant_id=variant.pk, on_hand=on_hand, reason="lost", user=None)


def set_fields(product: Product, **fields: str) -> None:
    Product.objects.filter(pk=product.pk).update(**fields)


def test_pages_only_answer_questions(shop, tech):
    response = shop.post("/products/")

    assert response.status_code == 405
    assert response["Allow"] == "GET, HEAD"


# --- Statements -------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 24])
def test_a_category_page_costs_few_statements(shop, audio, count, django_assert_max_num_queries):
    for _ in range(count):
        make_product(categories=[audio], image="picture")
    shop.get("/robots.txt")  # the host is known from here on
    forget_everything()

    with django_assert_max_num_queries(8):
        shop.get("/categories/audio/")


@pytest.mark.parametrize("count", [1, 24])
def test_a_product_page_costs_few_statements(shop, audio, count, django_assert_max_num_queries):
    values = [{"option_values": [str(number)]} for number in range(count)]
    make_product("Shirt", option_names=["Size"], variants=values, categories=[audio])
    for _ in range(count):
        make_product(categories=[audio])
    shop.get("/robots.txt")  # the host is known from here on
    forget_everything()

    with django_assert_max_num_queries(6):
        shop.get("/products/shirt/")


# --- A shop's own -----------------------------------------------------------------------------


def test_the_theme_is_the_shops_and_readable(shop, tech):
    Tenant.objects.filter(pk=tech.pk).update(primary_color="#ffff00")

    response = shop.get("/theme.css")

    assert response["Content-Type"] == "text/css"
    css = text_of(response)
    assert "--brand:#ffff00" in css
    assert "--brand-ink:#000000" in css


def test_a_look_that_another_process_changed_shows_within_a_second(shop, tech):
    before = text_of(shop.get("/"))
    Tenant.objects.filter(pk=tech.pk).update(
        name="Gadget House", radius="none", updated_at=timezone.now()
    )

    time.sleep(HELD_SECONDS)
    page = text_of(shop.get("/"))

    assert "Gadget House" not in before
    assert "Gadget House" in page
    address = re.search(r'href="(/theme\.css[^"]*)"', page)[1]
    assert address not in before
    assert "--radius:0px" in text_of(shop.get(address))
    assert "Gadget House" in text_of(shop.get("/cart/"))


@pytest.mark.parametrize(
    ("words", "alt"), [("", "Tech Gadgets"), ("A tower of gadgets", "A tower of gadgets")]
)
def test_a_logo_says_what_it_shows_and_how_large_it_is(shop, tech, words, alt):
    tech.logo, tech.logo_width, tech.logo_height = f"tenants/{tech.pk}/logo/a.webp", 300, 80
    tech.logo_alt = words
    tech.save()

    page = text_of(shop.get("/"))

    assert re.search(rf'alt="{alt}"\s+width="300" height="80"', page)


def test_a_german_shop_speaks_german_and_writes_its_prices_so(shop, tech):
    tech.language, tech.currency = "de", "EUR"
    tech.save()
    make_product("Lampe", price="1299.00", on_hand=2)

    page = text_of(shop.get("/products/lampe/"))

    assert '<html lang="de">' in page
    assert "1.299,00\xa0€" in page
    assert "Nur noch 2" in page
    assert "Sold out" not in page


def test_under_its_mount_every_link_stays_under_it(tech, audio):
    make_product("Lamp", categories=[audio])
    client = Client(HTTP_HOST="localhost")

    for path in ("/", "/products/lamp/", "/categories/audio/", "/search/?q=lamp", "/nothing/"):
        page = text_of(client.get(f"/stores/tech{path}"))
        links = re.findall(r'(?:href|action)="(/[^"]*)"', page)
        assert links
        strays = [link for link in links if not link.startswith(("/stores/tech/", "/static/"))]
        assert strays == []


def test_pages_load_nothing_from_elsewhere(shop, audio):
    make_product("Lamp", categories=[audio], image="A lamp")

    for path in ("/", "/products/lamp/", "/categories/audio/", "/api/docs"):
        page = text_of(shop.get(path))
        sources = re.findall(
            r'<(?:script|img|link rel="(?:stylesheet|icon)")[^>]*(?:src|href)="([^"]*)', page
        )
        assert sources
        assert [source for source in sources if not source.startswith("/")] == []
        assert not re.search(r"\sstyle=|\son[a-z]+=", page)
