"""Shopify's export, real and made up, taken into a shop."""

from decimal import Decimal

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db.models import F, Min, Sum

from catalog.importing import import_catalogue
from catalog.importing.reader import BrokenFile
from catalog.models import Category, Product, ProductImage, StockMovement, Variant
from tenants.shop.models import catalogue_version

REAL = [
    "shopify-partners/apparel.csv",
    "shopify-partners/jewelery.csv",
    "gatsby-starter-shopify/products.csv",
]


def row(handle="lamp", title="Lamp", price="10.00", **cells):
    return {"Handle": handle, "Title": title, "Variant Price": price} | cells


@pytest.mark.shared_data
@pytest.mark.parametrize("name", REAL)
def test_a_real_export_gives_its_figures(tech, shared_file, truth_of, name):
    truth = truth_of(name)

    report = import_catalogue(shared_file(name))

    refused = len(report.rejections)
    assert report.products.created == Product.objects.count() == truth["products"]
    assert report.variants.created + refused == truth["variants"]
    assert Variant.objects.count() == report.variants.created
    assert Variant.objects.aggregate(found=Min("price"))["found"] == Decimal(truth["price_min"])
    assert Category.objects.count() == truth["categories"]
    above = Variant.objects.filter(compare_at_price__gt=F("price"))
    assert above.count() == truth["compare_at_above_price"]
    refused_pictures = sum("https://" in "".join(each.raw) for each in report.rejections)
    assert ProductImage.objects.count() + refused_pictures == truth["images"]
    assert all(rejection.line and rejection.reason for rejection in report.rejections)


@pytest.mark.shared_data
def test_the_repeated_handle_of_the_gatsby_export_gives_one_product_and_one_refused_row(
    tech, shared_file, truth_of
):
    report = import_catalogue(shared_file(REAL[2]))

    [refused] = report.rejections
    assert refused.line == 170
    assert "cerise" in refused.reason
    stock = Variant.objects.aggregate(found=Sum("on_hand"))["found"]
    assert stock + 22 == truth_of(REAL[2])["stock_total"]
    assert Variant.objects.filter(product__slug="mediocre-concrete-pants").count() == 5


@pytest.mark.shared_data
@pytest.mark.parametrize("name", REAL)
def test_the_same_file_twice_changes_nothing(tech, shared_file, name):
    import_catalogue(shared_file(name))
    before = list(
        Product.objects.order_by("pk").values_list("pk", "updated_at", "search_document__search")
    )
    version = catalogue_version()

    report = import_catalogue(shared_file(name))

    assert (report.products.changed, report.variants.changed, report.images_added) == (0, 0, 0)
    assert report.products.unchanged == len(before)
    assert (
        list(
            Product.objects.order_by("pk").values_list(
                "pk", "updated_at", "search_document__search"
            )
        )
        == before
    )
    assert catalogue_version() == version


def test_stock_is_the_sum_of_its_movements(tech, write):
    import_catalogue(write([row(**{"Variant Inventory Qty": "7"})]))
    import_catalogue(write([row(**{"Variant Inventory Qty": "4"})]))

    variant = Variant.objects.get()
    kinds = list(StockMovement.objects.order_by("created_at").values_list("kind", "quantity"))
    assert variant.on_hand == 4
    assert kinds == [("receipt", 7), ("adjustment", -3)]


def test_a_newer_file_updates_what_differs(tech, write):
    import_catalogue(write([row(), row("chair", "Chair", "99.00")]))

    report = import_catalogue(write([row(price="12.00"), row("chair", "Chair", "99.00")]))

    assert str(report.products) == "0 created, 1 updated, 1 unchanged"
    product = Product.objects.get(slug="lamp")
    assert product.price == Decimal("12.00")


def test_both_generations_of_the_header_say_the_same(tech, write):
    old = {
        "Handle": "shirt",
        "Title": "Shirt",
        "Body (HTML)": "<p>Soft</p>",
        "Option1 Name": "Size",
        "Option1 Value": "M",
        "Variant SKU": "S-M",
        "Variant Grams": "200",
        "Variant Inventory Qty": "3",
        "Variant Price": "20.00",
        "Variant Compare At Price": "25.00",
        "Image Src": "https://example.com/a.jpg",
        "Image Alt Text": "A shirt",
        "Published": "true",
    }
    new = {
        "URL handle": "shirt",
        "Title": "Shirt",
        "Description": "<p>Soft</p>",
        "Option1 name": "Size",
        "Option1 value": "M",
        "SKU": "S-M",
        "Weight value (grams)": "200",
        "Inventory quantity": "3",
        "Price": "20.00",
        "Compare-at price": "25.00",
        "Product image URL": "https://example.com/a.jpg",
        "Image alt text": "A shirt",
        "Published on online store": "true",
    }
    assert import_catalogue(write([old])).products.created == 1

    report = import_catalogue(write([new]))

    assert str(report.products) == "0 created, 0 updated, 1 unchanged"
    assert str(report.variants) == "0 created, 0 updated, 1 unchanged"


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"Variant Price": "ten"}, "no number"),
        ({"Variant Price": "-1"}, "negative"),
        ({"Variant Price": "1.005"}, "USD has 2 decimals"),
        ({"Variant Price": "10000000000"}, "too large"),
        ({"Variant Price": "1000000"}, "At most 999999.99 USD can be paid at once."),
        ({"Variant Price": "", "Option1 Value": "M"}, "no price"),
        ({"Variant Inventory Qty": "1.5"}, "whole number"),
        ({"Title": ""}, "no title"),
        ({"Handle": ""}, "handle is empty"),
        ({"Handle": "a/b"}, "cannot stand in an address"),
        ({"Title": "x" * 256}, "longer than 255"),
        ({"Status": "gone"}, "status is 'gone'"),
        ({"Image Src": "javascript:alert(1)"}, "image address is 'javascript:alert(1)'"),
        ({"Image Src": "file:///etc/passwd"}, "begins with https://"),
        ({"Variant SKU": "TAKEN"}, "belongs to the product 'owner'"),
    ],
)
def test_a_bad_row_is_refused_with_its_line_and_reason_and_the_rest_is_taken(
    tech, write, cells, words
):
    import_catalogue(write([row("owner", "Owner", **{"Variant SKU": "TAKEN"})]))

    report = import_catalogue(write([row("good", "Good"), row(**cells)]))

    [refused] = report.rejections
    assert refused.line == 3
    assert words in refused.reason
    assert Product.objects.filter(slug="good").exists()
    assert Product.objects.count() == 2


def test_a_repeated_sku_and_repeated_options_are_refused_by_row(tech, write):
    size = {"Option1 Name": "Size"}
    report = import_catalogue(
        write(
            [
                row("a", "A", **size, **{"Option1 Value": "S", "Variant SKU": "1"}),
                row("a", "", **{"Option1 Value": "S", "Variant SKU": "2"}),
                row("b", "B", **{"Variant SKU": "1"}),
            ]
        )
    )

    assert [(refused.line, refused.reason[:20]) for refused in report.rejections] == [
        (3, "The product has a va"),
        (4, "The SKU '1' stands i"),
    ]


def test_a_variant_without_a_sku_gets_a_stable_one(tech, write):
    size = {"Option1 Name": "Size", "Option1 Value": "Extra Large"}
    import_catalogue(write([row(**size)]))
    import_catalogue(write([row(**size)]))

    variant = Variant.objects.get()
    assert (variant.sku, variant.sku_is_generated) == ("lamp-extra-large", True)


def test_a_made_sku_never_takes_anothers(tech, write):
    report = import_catalogue(
        write([row("a", "A"), row("b", "B", **{"Variant SKU": "a"})]),
    )

    assert report.variants.created == 2
    assert set(Variant.objects.values_list("product__slug", "sku")) == {("a", "a-2"), ("b", "a")}


def test_descriptions_are_sanitised(tech, write):
    import_catalogue(write([row(**{"Body (HTML)": "<p onclick=x>Hi</p><script>evil()</script>"})]))

    assert Product.objects.get().description == "<p>Hi</p>"


def test_held_units_are_not_imported_away(tech, write):
    import_catalogue(write([row(**{"Variant Inventory Qty": "5"})]))
    Variant.objects.update(held=3)

    report = import_catalogue(write([row(**{"Variant Inventory Qty": "1"})]))

    assert "3 held" in report.rejections[0].reason
    assert Variant.objects.get().on_hand == 5


# --- Reading ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: text.encode("utf-8"),
        lambda text: b"\xef\xbb\xbf" + text.encode("utf-8"),
        lambda text: text.encode("cp1252"),
        lambda text: text.encode("utf-16"),
        lambda text: text.replace(",", ";").encode("utf-8"),
        lambda text: text.replace(",", "\t").encode("utf-8"),
        lambda text: text.replace("\n", "\r\n").encode("utf-8"),
    ],
)
def test_encoding_delimiter_and_line_ends_are_found_out(tech, tmp_path, encode):
    path = tmp_path / "products.csv"
    path.write_bytes(encode('Handle,Title,Variant Price\ncafe,"Café ""1900""",4.50\n'))

    report = import_catalogue(path)

    assert report.products.created == 1
    assert Product.objects.get().name == 'Café "1900"'


def test_lines_are_counted_as_an_editor_shows_them(tech, tmp_path):
    path = tmp_path / "products.csv"
    path.write_text('Handle,Title,Body,Variant Price\na,A,"one\ntwo\nthree",1\n\nb,B,,bad\n')

    assert [refused.line for refused in import_catalogue(path).rejections] == [6]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"a,b\n1,2\n", "neither Shopify's"),
        (b'Handle,Title,Variant Price\na,A,1\nb,"B,2\n', "Line"),
        (b"Handle,Title,Variant Price\na,A\x00,1\n", "NUL"),
        (b"Handle,Title,Variant Price\na,A,1\nb,Bl", "ends within line 3: it has 2 cells of 3"),
        (b"Handle,Title,Title,Variant Price\na,A,A,1\n", "'title' stands twice"),
        (b"\xff\xfeabc", "utf-16"),
    ],
)
def test_a_broken_file_changes_nothing_and_says_why(tech, tmp_path, content, words):
    path = tmp_path / "products.csv"
    path.write_bytes(content)

    with pytest.raises(BrokenFile, match=words):
        import_catalogue(path)

    assert not Product.objects.exists()


# --- The command ------------------------------------------------------------------------------


def test_a_dry_run_reports_and_changes_nothing(tech, write, capsys):
    call_command("import_products", str(write([row()])), "--tenant", "tech", "--dry-run")

    assert "Products: 1 created" in capsys.readouterr().out
    assert not Product.objects.exists()


def test_refused_rows_are_written_beside_the_file(tech, write, capsys):
    path = write([row(), row("chair", "Chair", "bad")])

    call_command("import_products", str(path), "--tenant", "tech")

    rejected = path.with_name("products.rejected.csv").read_text().splitlines()
    assert rejected == [
        "Line,Reason,Handle,Title,Variant Price",
        "3,\"The price is 'bad', which is no number.\",chair,Chair,bad",
    ]
    assert "line 3: The price is 'bad'" in capsys.readouterr().out


@pytest.mark.parametrize(("slug", "file"), [("nowhere", None), ("tech", "missing.csv")])
def test_a_wrong_shop_or_file_is_a_sentence(tech, write, slug, file):
    with pytest.raises(CommandError):
        call_command("import_products", file or str(write([row()])), "--tenant", slug)


def test_blanks_behind_a_closing_quote_are_no_part_of_a_cell(tech, tmp_path):
    path = tmp_path / "padded.csv"
    path.write_text(
        "Handle,Title,Body,Variant Price\n"
        'lamp,"A 5"" lamp"  ,"5"" , 3"  ,10\n'
        'cap,"Cap" ,plain,"5" \n'
    )

    report = import_catalogue(path)

    assert report.rejections == []
    described = dict(Product.objects.values_list("name", "description"))
    assert described == {'A 5" lamp': '5" , 3', "Cap": "plain"}
