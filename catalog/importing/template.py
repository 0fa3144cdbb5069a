"""A small file to begin with: what columns an import takes, and two products as examples."""

from typing import IO

from pycommerce.core.spreadsheets import write_table

_COLUMNS = (
    "Handle", "Title", "Body (HTML)", "Vendor", "Type", "Tags", "Status", "Option1 Name",
    "Option1 Value", "Variant SKU", "Variant Price", "Variant Compare At Price",
    "Variant Inventory Qty", "Variant Barcode", "Variant Grams", "Image Src", "Image Alt Text",
    "Categories",
)  # fmt: skip
_ROWS = (
    {
        "Handle": "desk-lamp",
        "Title": "Desk Lamp",
        "Body (HTML)": "<p>Bright, and easy on the eyes.</p>",
        "Vendor": "Lumen",
        "Type": "Lamps",
        "Tags": "light, desk",
        "Status": "draft",
        "Variant SKU": "LAMP-1",
        "Variant Price": "49",
        "Variant Inventory Qty": "12",
        "Variant Grams": "850",
        "Categories": "Home > Light",
    },
    {
        "Handle": "rain-jacket",
        "Title": "Rain Jacket",
        "Status": "draft",
        "Option1 Name": "Size",
        "Option1 Value": "M",
        "Variant SKU": "JACKET-M",
        "Variant Price": "89",
        "Variant Compare At Price": "119",
        "Variant Inventory Qty": "4",
        "Categories": "Clothes | Sale",
    },
    # A second row with the same handle is another variant of the product.
    {
        "Handle": "rain-jacket",
        "Option1 Value": "L",
        "Variant SKU": "JACKET-L",
        "Variant Price": "89",
        "Variant Inventory Qty": "7",
    },
)


def write_template(file: IO[bytes]) -> None:
    """Write it as CSV."""
    write_table(file, "csv", _COLUMNS, ([row.get(name, "") for name in _COLUMNS] for row in _ROWS))
