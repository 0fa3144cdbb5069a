"""Pictures of a product in the back office: added many at once, sorted, described, removed."""

import io
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from procrastinate.contrib.django.models import ProcrastinateJob

from catalog import picture_admin
from catalog.models import Product, ProductImage
from catalog.services import galleries
from tenants.models import Tenant
from tenants.shop.models import AuditEntry, catalogue_version
from tests.admin.conftest import words
from tests.admin.test_merchant import NEW
from tests.factories import make_product


@pytest.fixture(autouse=True)
def _folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def picture(name="a.png", size=(40, 30), color="red") -> SimpleUploadedFile:
    made = io.BytesIO()
    Image.new("RGB", size, color).save(made, "PNG")
    return SimpleUploadedFile(name, made.getvalue())


def address(product):
    return f"/admin/catalog/product/{product.pk}/pictures/"


def send(desk, product, *files, follow=True, **data):
    return desk.post(address(product), {"files": list(files), **data}, follow=follow)


def shown(product):
    """The alternative texts in order, as the product keeps them for lists and pages."""
    return [image["alt"] for image in Product.objects.get(pk=product.pk).image_list]


@pytest.fixture
def gallery(desk, tech):
    """A product with three pictures, described as first, second and third."""
    product = make_product("Lamp")
    for place, alt in enumerate(("first", "second", "third"), 1):
        made = ProductImage.objects.create(product=product, alt=alt, position=place)
        # Set beside the field: a test needs no file behind it.
        ProductImage.objects.filter(pk=made.pk).update(file=f"{place}.webp", width=200, height=200)
    return product


def ids(product):
    return [str(pk) for pk in product.images.values_list("pk", flat=True)]


def as_shown(product, **more):
    """The form as the page has it."""
    images = list(product.images.all())
    data = {"picture": [str(image.pk) for image in images]}
    data |= {f"{image.pk}-alt": image.alt for image in images}
    return data | more


def test_many_are_added_at_once_and_what_is_no_picture_is_named(desk, tech, tmp_path):
    product = make_product("Lamp")
    version = catalogue_version()
    bad = SimpleUploadedFile("logo.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>")

    page = send(desk, product, picture("a.png"), bad, picture("b.png", color="blue"))

    assert "2 pictures added." in words(page)
    assert "logo.svg: This is not a JPEG, PNG, WebP or GIF picture." in words(page)
    assert [image.position for image in product.images.all()] == [1, 2]
    assert len(shown(product)) == 2
    assert catalogue_version() > version
    assert [entry.object_name for entry in AuditEntry.objects.all()] == ["Lamp", "Lamp"]


def test_a_picture_is_made_anew_under_the_shops_own_folder(desk, tech, client_for):
    product = make_product("Lamp")

    send(desk, product, picture())

    image = product.images.get()
    assert re.fullmatch(rf"tenants/{tech.pk}/products/[0-9a-f]+\.webp", image.file.name)
    assert (image.width, image.height) == (40, 30)
    page = words(client_for(tech).get("/products/lamp/"))
    assert f'src="{image.file.url}"' in page
    served = client_for(tech).get(image.file.url)
    assert served["Content-Type"] == "image/webp"
    assert client_for(Tenant.objects.get(slug="outdoor")).get(image.file.url).status_code == 404


@pytest.mark.parametrize(
    ("file", "problem"),
    [
        (SimpleUploadedFile("a.png", b"\x89PNG\r\n\x1a\n broken"), "a.png: This is not a JPEG"),
        (SimpleUploadedFile("b.png", b"GIF89a"), "b.png: This"),
        (SimpleUploadedFile("c.html", b"<script>"), "c.html: This"),
        (picture("d.png", (6000, 5000)), "d.png: A picture has at most 25 megapixels"),
    ],
)
def test_a_script_is_told_what_is_wrong_with_a_file(desk, tech, tmp_path, file, problem):
    product = make_product("Lamp")
    file.seek(0)

    answer = desk.post(address(product), {"files": [file]}, headers={"accept": "application/json"})

    assert answer.status_code == 200
    assert answer.json()["added"] == []
    assert problem in answer.json()["problems"][0]
    assert not product.images.exists()
    assert list(tmp_path.iterdir()) == []


def test_a_script_gets_the_picture_as_the_page_shows_it(desk, gallery):
    file = picture()

    answer = desk.post(address(gallery), {"files": [file]}, headers={"accept": "application/json"})

    (item,) = answer.json()["added"]
    added = gallery.images.last()
    assert f'name="picture" value="{added.pk}"' in item
    assert f'name="{added.pk}-alt"' in item
    assert "<span data-number>4</span> up" in " ".join(item.split())


def test_pictures_are_sent_with_a_new_product(desk, tech):
    bad = SimpleUploadedFile("b.png", b"x")

    page = desk.post(
        "/admin/catalog/product/add/", NEW | {"pictures": [picture(), bad]}, follow=True
    )

    assert len(shown(Product.objects.get())) == 1
    assert "1 picture added." in words(page)
    assert "b.png: This is not" in words(page)


@pytest.mark.parametrize(
    ("button", "place", "after"),
    [
        ("up", 2, ["first", "third", "second"]),
        ("up", 0, ["first", "second", "third"]),
        ("down", 0, ["second", "first", "third"]),
        ("down", 2, ["first", "second", "third"]),
    ],
)
def test_a_button_moves_a_picture_by_one(desk, gallery, button, place, after):
    desk.post(address(gallery), as_shown(gallery, **{button: ids(gallery)[place]}))

    assert [image.alt for image in gallery.images.all()] == after
    if after != ["first", "second", "third"]:
        assert shown(gallery) == after
        assert "order of pictures" in AuditEntry.objects.get().changes


def test_an_order_is_taken_as_it_is_sent_and_others_pictures_stay(desk, gallery):
    first, _, third = ids(gallery)
    other = ProductImage.objects.create(product=make_product("Chair"), alt="chair")
    sent = as_shown(gallery, picture=[third, str(other.pk), first, "nonsense"])
    sent |= {f"{other.pk}-alt": "stolen", "remove": str(other.pk)}

    desk.post(address(gallery), sent)

    assert [image.alt for image in gallery.images.all()] == ["third", "first", "second"]
    other.refresh_from_db()
    assert (other.alt, other.position) == ("chair", 1)


def test_a_picture_is_described_and_shows_a_variant_of_its_own_product(desk, tech):
    sizes = [{"option_values": [size]} for size in ("S", "M")]
    product = make_product("Shirt", option_names=["Size"], variants=sizes)
    image = ProductImage.objects.create(product=product, alt="old")
    medium = product.variants.get(option_values=["M"])
    other = make_product("Chair").variants.get()

    def describe(variant):
        data = {f"{image.pk}-alt": "In red", f"{image.pk}-variant": str(variant)}
        page = desk.post(address(product), {"picture": str(image.pk), **data}, follow=True)
        image.refresh_from_db()
        return page

    assert "not one of the available choices" in words(describe(other.pk))
    assert (image.alt, image.variant) == ("old", None)
    describe(medium.pk)
    assert (image.alt, image.variant) == ("In red", medium)
    changes = AuditEntry.objects.get().changes
    assert changes[f"alt of picture {image.pk}"] == ["old", "In red"]
    assert f'value="{medium.pk}" selected' in words(
        desk.get(f"/admin/catalog/product/{product.pk}/change/")
    )
    describe("")
    assert image.variant is None


def test_what_is_as_it_was_writes_nothing(desk, gallery):
    version = catalogue_version()

    desk.post(address(gallery), as_shown(gallery))

    assert catalogue_version() == version
    assert not AuditEntry.objects.exists()


def test_a_picture_is_removed_and_its_file_later(desk, gallery, tech):
    second = ids(gallery)[1]

    desk.post(address(gallery), as_shown(gallery, remove=second))

    assert shown(gallery) == ["first", "third"]
    job = ProcrastinateJob.objects.get(task_name="catalog.jobs.delete_picture_files")
    assert job.args["names"] == ["2.webp"]


def test_a_long_text_is_refused_and_a_product_holds_so_many(desk, gallery, monkeypatch):
    first = ids(gallery)[0]
    refused = desk.post(
        address(gallery), as_shown(gallery, **{f"{first}-alt": "x" * 513}), follow=True
    )
    assert "Picture 1: Ensure this value has at most 512" in words(refused)

    monkeypatch.setattr(galleries, "MOST_PICTURES", 4)
    page = send(desk, gallery, picture("a.png"), picture("b.png"))
    assert "b.png: A product has at most 4 pictures." in words(page)

    monkeypatch.setattr(galleries, "MOST_PICTURES", 250)
    monkeypatch.setattr(picture_admin, "MOST_AT_ONCE", 1)
    page = send(desk, gallery, picture("c.png"), picture("d.png"))
    assert "d.png: Send at most 1 at once" in words(page)
    assert gallery.images.count() == 5


@pytest.mark.parametrize("role", ["viewer", "fulfilment"])
def test_who_only_reads_sees_them_and_changes_nothing(desk_of, gallery, role):
    reader = desk_of(role)

    page = words(reader.get(f"/admin/catalog/product/{gallery.pk}/change/"))
    answer = reader.post(address(gallery), as_shown(gallery, remove=ids(gallery)[0]))

    assert 'alt="second"' in page
    assert "data-pictures" not in page
    assert answer.status_code == 403
    assert gallery.images.count() == 3
