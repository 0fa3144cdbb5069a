"""An import that is undone: what nothing happened to since is as it was, and the rest stays."""

import csv
import io
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.forms.models import model_to_dict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.importing import running
from catalog.models import Category, ImportedChange, ImportRun, Product, ProductImage, Variant
from catalog.services import import_runs, undoing
from catalog.services.import_runs import ImportCannotGoOn, begin_undo, forget_old_imports
from catalog.services.stock import adjust_stock
from tests.admin.conftest import words
from tests.admin.test_import import LIST, _files_of_this_test, page_of, take, work  # noqa: F401
from tests.factories import make_category, make_member, make_order, make_product

HEADER = [
    "Handle", "Title", "Option1 Name", "Option1 Value", "Variant SKU", "Variant Price",
    "Variant Inventory Qty", "Tags", "Image Src", "Image Alt Text", "Categories",
]  # fmt: skip
PICTURE = "https://images.example/lamp.jpg"


def row(handle: str, sku: str, price: str = "99", units: str = "9", size: str = "", **more: str):
    return {
        "Handle": handle,
        "Title": f"New {handle}",
        "Option1 Name": "Size" if size else "",
        "Option1 Value": size,
        "Variant SKU": sku,
        "Variant Price": price,
        "Variant Inventory Qty": units,
    } | more


def brought_in(desk: Any, *rows: dict[str, str], header: list[str] = HEADER) -> ImportRun:
    """An import of these rows, all of it in."""
    text = io.StringIO()
    writer = csv.DictWriter(text, header, restval="")
    writer.writeheader()
    writer.writerows(rows)
    desk.post(f"{LIST}add/", {"file": SimpleUploadedFile("a.csv", text.getvalue().encode())})
    run = work(ImportRun.objects.latest("created_at"))
    take(desk, run, "go-on")
    work(run)
    assert run.state == "done"
    return run


def undone(desk: Any, run: ImportRun) -> ImportRun:
    assert take(desk, run, "undo").state == "undoing"
    work(run)
    assert run.state == "undone"
    return run


def everything() -> dict[str, Any]:
    """All that an import could change, but when it was."""
    products = Product.objects.order_by("slug")
    return {
        "products": [
            model_to_dict(each)
            | {
                "kept": [each.price, each.category_names, each.image_list, each.facets],
                "fields": each.source_fields,
            }
            for each in products
        ],
        "variants": [
            model_to_dict(each)
            | {"units": (each.on_hand, each.held), "made": each.sku_is_generated}
            for each in Variant.objects.order_by("pk")
        ],
        "pictures": [model_to_dict(each) for each in ProductImage.objects.order_by("pk")],
        "categories": sorted(Category.objects.values_list("name", flat=True)),
    }


@pytest.fixture
def lamp(tech) -> Product:
    """A product in two sizes, in a category, with a picture."""
    product = make_product(
        "Lamp",
        slug="lamp",
        option_names=["Size"],
        tags=["light"],
        description="<p>Bright</p>",
        categories=[make_category("Light")],
        variants=[
            {"sku": "L-S", "option_values": ["S"], "price": "10.00", "on_hand": 5},
            {"sku": "L-M", "option_values": ["M"], "price": "11.00", "on_hand": 3,
             "compare_at_price": Decimal("15.50"), "weight_grams": Decimal("350.5")},
        ],
    )  # fmt: skip
    ProductImage.objects.create(product=product, source_url=PICTURE, alt="A lamp", position=3)
    undoing.refresh_products([product.pk])
    return product


def everything_is_changed() -> list[dict[str, str]]:
    more = {
        "Tags": "a, b",
        "Image Src": PICTURE,
        "Image Alt Text": "Else",
        "Categories": "Home > X",
    }
    return [
        row("lamp", "L-S", size="S", **more),
        row("lamp", "L-M", "1", "0", size="M", **{"Image Src": "https://images.example/2.jpg"}),
        row("lamp", "L-L", size="L"),
        row("radio", "R-1", Categories="Home > Y | Light"),
    ]


def test_all_of_it_is_as_it_was(desk, lamp):
    before = everything()
    run = brought_in(desk, *everything_is_changed())
    assert everything() != before
    assert "Undo this import" in words(desk.get(page_of(run)))

    undone(desk, run)

    assert everything() == before
    assert (run.report["undone"], run.report["kept_count"]) == (2, 0)
    assert Variant.objects.get(sku="L-S").movements.first().reason == "Import undone"
    assert not ImportedChange.objects.exists()
    assert "Undone for products: 2" in words(desk.get(page_of(run)))


def test_it_is_undone_part_by_part(desk, tech, monkeypatch):
    for module, name in ((running, "PART"), (import_runs, "PART"), (undoing, "_PART")):
        monkeypatch.setattr(module, name, 2)
    make_product("Old", slug="p-2", sku="P-2", price="3.00")
    before = everything()

    run = undone(desk, brought_in(desk, *(row(f"p-{n}", f"P-{n}") for n in range(5))))

    assert everything() == before
    assert (run.done, run.total, run.report["undone"]) == (5, 5, 5)


def _sell(product: Product) -> None:
    make_order(product)


def _count(product: Product) -> None:
    adjust_stock(variant_id=product.variants.first().pk, change=1, reason="Found", user=None)


def _edit(product: Product) -> None:
    Product.objects.filter(pk=product.pk).update(updated_at=timezone.now())


def _edit_that_waited(product: Product) -> None:
    """Its transaction began before the part's did, and ended after it."""
    product.name = "Mine"
    product.updated_at -= timedelta(seconds=1)
    product.save()


@pytest.mark.parametrize("happens", [_sell, _count, _edit, _edit_that_waited])
@pytest.mark.parametrize("slug", ["lamp", "radio"])
def test_what_something_happened_to_stays(desk, lamp, happens, slug):
    run = brought_in(desk, *everything_is_changed())
    product = Product.objects.get(slug=slug)
    happens(product)
    there = everything()

    undone(desk, run)

    now = everything()
    assert [each for each in now["products"] if each["slug"] == slug] == [
        each for each in there["products"] if each["slug"] == slug
    ]
    assert (run.report["undone"], run.report["kept"]) == (1, [product.name])
    assert product.name in words(desk.get(page_of(run)))
    other = Product.objects.filter(slug={"lamp": "radio", "radio": "lamp"}[slug]).first()
    assert other is None or other.name == "Lamp"


def test_a_product_that_was_deleted_since_is_no_matter(desk, lamp):
    run = brought_in(desk, *everything_is_changed())
    undoing.delete_products([Product.objects.get(slug="radio").pk])

    undone(desk, run)

    assert run.report["undone"] == 1


def test_a_category_that_is_used_since_stays(desk, lamp):
    run = brought_in(desk, *everything_is_changed())
    make_product("Mine", categories=[Category.objects.get(name="Y")])

    undone(desk, run)

    assert sorted(Category.objects.values_list("name", flat=True)) == ["Home", "Light", "Y"]


def test_a_day_later_it_is_not_undone(desk, lamp):
    run = brought_in(desk, *everything_is_changed())
    ImportRun.objects.update(finished_at=timezone.now() - timedelta(hours=25))

    assert "Undo this import" not in words(desk.get(page_of(run)))
    assert take(desk, run, "undo").state == "done"
    with pytest.raises(ImportCannotGoOn):
        begin_undo(run.pk, make_member(connection.tenant))
    ImportedChange.objects.update(created_at=timezone.now() - timedelta(hours=40))
    forget_old_imports()
    assert not ImportedChange.objects.exists()


def test_it_is_undone_once_and_by_who_may_import(desk, desk_of, lamp):
    run = brought_in(desk, *everything_is_changed())
    fulfilment = desk_of("fulfilment")

    assert fulfilment.post(page_of(run), {"do": "undo"}).status_code == 403
    assert "Undo this import" not in words(fulfilment.get(page_of(run)))
    undone(desk, run)

    assert take(desk, run, "undo").state == "undone"
    assert take(desk, run, "go-on").state == "undone"


def test_an_undoing_that_fails_can_be_tried_again(desk, lamp, monkeypatch):
    before = everything()
    run = brought_in(desk, *everything_is_changed())
    with monkeypatch.context() as patched:
        patched.setattr(undoing, "_restore", None)
        take(desk, run, "undo")
        work(run)
    assert (run.state, run.report.get("undone")) == ("done", None)

    undone(desk, run)

    assert everything() == before


def test_who_undoes_it_is_named_by_its_movements(desk, desk_of, lamp):
    run = brought_in(desk, *everything_is_changed())

    undone(desk_of("manager"), run)

    movement = Variant.objects.get(sku="L-S").movements.first()
    assert (movement.reason, movement.user_name) == ("Import undone", "manager@example.com")


def test_deleting_an_import_asks_for_it_and_not_for_every_product_of_it(desk, tech):
    run = brought_in(desk, *(row(f"p-{number}", f"P-{number}") for number in range(20)))

    page = words(desk.get(f"{LIST}{run.pk}/delete/"))

    assert "a.csv" in page
    assert str(Product.objects.first().pk) not in page
    assert desk.post(f"{LIST}{run.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not ImportedChange.objects.exists()


def test_its_last_step_costs_the_same_for_one_category_as_for_many(desk, tech):
    def statements(count: int) -> int:
        paths = " | ".join(f"Shop {count} > Shelf {number} > Box" for number in range(count))
        run = brought_in(desk, row(f"p-{count}", f"P-{count}", Categories=paths))
        take(desk, run, "undo")
        undoing._undo_part(run.pk)
        with CaptureQueriesContext(connection) as found:
            undoing._undo_part(run.pk)
        assert not Category.objects.exists()
        return len(found)

    assert statements(20) == statements(1)


def test_a_part_costs_the_same_for_one_product_as_for_many(desk, tech):
    """What it restores is locked meanwhile, and orders wait for it."""
    more = {"Image Src": PICTURE, "Categories": "Home"}

    def statements(count: int) -> int:
        handles = [f"p-{count}-{number}" for number in range(count)]
        for handle in handles:
            make_product(handle, slug=handle, sku=handle)
        run = brought_in(desk, *(row(handle, handle, **more) for handle in handles))
        take(desk, run, "undo")
        with CaptureQueriesContext(connection) as found:
            undoing._undo_part(run.pk)
        return len(found)

    assert statements(20) == statements(1)


def test_a_variant_whose_place_a_combination_took_is_back(desk, tech):
    product = make_product("Jacket", sku="J", price="80.00", on_hand=2)
    Product.objects.update(source_fields={"Product id": "1"})
    before = everything()
    rows = [
        {
            "Product ID*": "1",
            "Attribute (Name:Type:Position)*": "Size:select:0",
            "Value (Value:Position)*": f"{size}:0",
            "Reference": f"J-{size}",
            "Quantity": "5",
        }
        for size in ("M", "L")
    ]
    run = brought_in(desk, *rows, header=list(rows[0]))
    assert set(product.variants.values_list("sku", flat=True)) == {"J-M", "J-L"}

    undone(desk, run)

    assert everything() == before
