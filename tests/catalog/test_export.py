"""An export can be imported again, byte for byte."""

import io
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection

from catalog.exporting import export_catalogue
from catalog.importing import import_catalogue
from catalog.models import Product
from tests.factories import make_category, make_product


def _export() -> str:
    text = io.StringIO(newline="")
    export_catalogue(text)
    return text.getvalue()


def _again(tenant, text: str, path: Path) -> str:
    """What another shop exports that imported this export."""
    path.write_bytes(text.encode())
    report = import_catalogue(path)
    assert not report.rejections
    return _export()


@pytest.mark.shared_data
@pytest.mark.parametrize(
    "name",
    [
        "shopify-partners/apparel.csv",
        "shopify-partners/jewelery.csv",
        "gatsby-starter-shopify/products.csv",
        "woocommerce/sample_products.csv",
    ],
)
def test_a_real_catalogue_exports_the_same_after_a_journey(request, shared_file, tmp_path, name):
    request.getfixturevalue("tech")
    import_catalogue(shared_file(name))
    first = _export()
    assert first.count("\n") > 10

    outdoor = request.getfixturevalue("outdoor")

    assert _again(outdoor, first, tmp_path / "export.csv") == first


def test_every_kind_of_product_survives(request, tmp_path):
    request.getfixturevalue("tech")
    tree = make_category("Audio > Video | more", make_category("Back\\slash"))
    make_product(
        'A "quoted", name\nwith a line',
        description="<p>Soft &amp; warm</p>",
        option_names=["Size", "Colour"],
        variants=[
            {"option_values": ["S", "Red"], "price": "10.50", "sku": "A-1"},
            {"option_values": ["M", "和"], "price": "12", "compare_at_price": "15", "on_hand": 0},
        ],
        categories=[tree, make_category("Sale")],
        tags=["new", "soft"],
        vendor="Halden",
        image="A picture",
    )
    make_product("Draft", status="draft", seo_title="Title", seo_description="Words")
    make_product("Archived", status="archived")
    first = _export()

    outdoor = request.getfixturevalue("outdoor")
    second = _again(outdoor, first, tmp_path / "export.csv")

    assert second == first
    product = Product.objects.get(slug__startswith="a-quoted")
    assert product.category_names == ["Back\\slash", "Audio > Video | more", "Sale"]


def test_an_export_imported_into_its_own_shop_changes_nothing(tech, tmp_path):
    make_product("Lamp", categories=[make_category("Light")], image="A lamp")
    path = tmp_path / "export.csv"
    path.write_bytes(_export().encode())

    report = import_catalogue(path)

    assert str(report.products) == "0 created, 0 updated, 1 unchanged"


def test_a_made_sku_is_exported_blank(tech, tmp_path):
    path = tmp_path / "in.csv"
    path.write_text("Handle,Title,Variant Price,Variant SKU\na,A,1,\nb,B,1,SKU-B\n")
    import_catalogue(path)

    skus = [line.split(",")[14] for line in _export().splitlines()[1:]]

    assert skus == ["", "SKU-B"]


def test_the_command_writes_the_file(tech, tmp_path, capsys):
    make_product()
    path = tmp_path / "out.csv"

    call_command("export_products", str(path), "--tenant", "tech")

    assert path.read_text().startswith("Handle,Title,Body (HTML)")
    assert "1 products were written" in capsys.readouterr().out


def test_a_category_that_is_made_while_products_are_read_is_written(tech):
    lamp = make_product("Lamp")
    made = []

    def make_before(execute, sql, *rest):
        if 'FROM "catalog_product"' in sql and not made:
            made.append(make_category("Light"))
            lamp.categories.add(made[0])
        return execute(sql, *rest)

    file = io.StringIO(newline="")
    with connection.execute_wrapper(make_before):
        export_catalogue(file)

    assert "Light" in file.getvalue().splitlines()[1]
