"""The demo shops' pictures: each product has some, they are light, and each says what is seen."""

from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from PIL import Image
from procrastinate.contrib.django.models import ProcrastinateJob

from catalog.demo.loading import ensure_shop
from catalog.demo.outdoor import OUTDOOR
from catalog.demo.shots import read_shots
from catalog.demo.tech import TECH
from catalog.jobs import make_picture_widths
from catalog.models import HomePage, Product, ProductImage, Variant
from catalog.services.refresh import refresh_products
from checkout.jobs import finish_pictures_regularly
from tests.factories import make_product

SHOTS = read_shots()
SHOPS = {shop.slug: shop for shop in (TECH, OUTDOOR)}
ITEMS = [item for shop in SHOPS.values() for item in shop.items]


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.sku)
def test_each_product_has_two_pictures_or_more_and_words_for_each(item):
    shots = SHOTS.products[item.sku]

    assert len(shots) >= 2
    assert len({shot.alt for shot in shots}) == len(shots)
    assert all(20 <= len(shot.alt) <= 125 for shot in shots)
    for shot in shots:
        with Image.open(shot.path) as picture:
            assert (picture.format, picture.size) == ("WEBP", (1000, 1000))


@pytest.mark.parametrize("item", [item for item in ITEMS if "Colour" in item.options], ids=str)
def test_each_colour_has_its_picture(item):
    place = item.options.index("Colour")
    colours = {options.split(" / ")[place] for options in item.variants}

    assert {shot.value for shot in SHOTS.products[item.sku] if shot.value} == colours


def test_each_shop_has_a_wide_picture():
    assert set(SHOTS.heroes) == set(SHOPS)
    for shot in SHOTS.heroes.values():
        assert len(shot.alt) >= 20
        with Image.open(shot.path) as picture:
            assert picture.size == (1600, 1200)


def test_all_of_them_weigh_less_than_two_megabytes_and_none_is_left_over():
    named = [shot for shots in SHOTS.products.values() for shot in shots]
    named += SHOTS.heroes.values()
    folder = named[0].path.parent

    assert sum(shot.path.stat().st_size for shot in named) < 2_000_000
    assert {shot.path.name for shot in named} == {path.name for path in folder.glob("*.webp")}
    assert set(SHOTS.products) == {item.sku for item in ITEMS}


@pytest.fixture
def shop(tech, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    connection.set_schema_to_public()
    connection.set_tenant(ensure_shop(TECH))
    return tech


def test_a_colour_shows_its_first_variant_and_other_views_show_none(shop):
    watch = Product.objects.get(name="Fitness Watch")

    found = [(each.position, each.variant and str(each.variant)) for each in watch.images.all()]

    graphite = Variant.objects.get(product=watch, option_values=["42 mm", "Graphite"])
    sand = Variant.objects.get(product=watch, option_values=["42 mm", "Sand"])
    assert found == [(1, str(graphite)), (2, str(sand)), (3, None)]


def test_the_home_page_has_its_wide_picture_in_two_widths(shop):
    home = HomePage.objects.get()

    assert (home.picture_width, home.picture_height) == (1600, 1200)
    assert home.picture_alt == SHOTS.heroes["tech"].alt
    assert default_storage.exists(home.picture.name.replace(".webp", "-800.webp"))


def test_loading_copies_the_files_and_leaves_their_widths_to_the_worker(shop):
    [image] = ProductImage.objects.filter(product__name="Bedside Lamp", position=1)
    shot = SHOTS.products["BL-050"][0]

    assert Path(image.file.path).read_bytes() == shot.path.read_bytes()
    assert image.widths == []
    [job] = ProcrastinateJob.objects.filter(task_name="catalog.jobs.make_picture_widths")
    assert len(job.args["image_ids"]) == ProductImage.objects.count()

    make_picture_widths(job.args["tenant_id"], [str(image.pk)])

    connection.set_tenant(shop)
    image.refresh_from_db()
    assert image.widths == [320, 480, 640]
    product = Product.objects.get(name="Bedside Lamp")
    assert product.image_widths[0] == [320, 480, 640]


def test_pictures_from_before_there_were_widths_get_them_at_night(tech, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    product = make_product("Lamp")
    old = ProductImage(product=product)
    content = SHOTS.products["BL-050"][0].path.read_bytes()
    old.file.save("a.webp", ContentFile(content), save=False)
    old.measure()
    old.save()
    ProductImage.objects.create(product=product, file=old.file.name, width=1000, widths=[320])
    ProductImage.objects.create(product=product, source_url="https://x.example/a.webp")
    refresh_products([product.pk])

    finish_pictures_regularly(timestamp=0)

    jobs = ProcrastinateJob.objects.filter(task_name="catalog.jobs.make_picture_widths")
    assert [job.args["image_ids"] for job in jobs] == [[str(old.pk)]]
