"""How fast a Shopify export is taken into a shop.

    .venv/bin/python -m benchmarks.importing [--products 20000]

Makes a file of products with two variants each in `var/bench`, imports it into a new shop and
then once more, and prints rows a minute. Wished for: 20,000. Then the back office looks at 10,000
rows, of which the shop has half, some of them at another price. Wished for: 10 s at most.
"""

import argparse
import csv
import os
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
os.environ.setdefault("PYCOMMERCE_VAR", str(ROOT / "var" / "bench"))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pycommerce.settings")

import django  # noqa: E402

django.setup()

from django.core.files import File  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django_tenants.utils import tenant_context  # noqa: E402

from catalog.importing import files, import_catalogue  # noqa: E402
from catalog.models import ImportRun, Variant  # noqa: E402
from catalog.services.import_runs import delete_import, work_on  # noqa: E402
from tenants.models import Tenant  # noqa: E402
from tenants.services import create_tenant  # noqa: E402
from tenants.services.lifecycle import delete_tenant  # noqa: E402

PREVIEWED = 10_000
PREVIEW_SECONDS = 10
_WORDS = "alpine amber basalt birch cedar coral ember fjord harbour indigo juniper linen".split()


def _write(path: Path, products: int, first: int = 0) -> int:
    """Write products numbered from `first` on; returns the number of rows."""
    rows = 0
    with path.open("w", newline="") as file:
        columns = ["Handle", "Title", "Body (HTML)", "Vendor", "Type", "Tags", "Option1 Name"]
        columns += ["Option1 Value", "Variant SKU", "Variant Price", "Variant Inventory Qty"]
        writer = csv.DictWriter(file, [*columns, "Image Src"], restval="")
        writer.writeheader()
        for number in range(first, first + products):
            word = _WORDS[number % len(_WORDS)]
            shared = {"Handle": f"{word}-{number}"}
            of_product = {
                "Title": f"{word.title()} number {number}",
                "Body (HTML)": f"<p>Made of {word}, and made well.</p>" * 4,
                "Vendor": f"Vendor {number % 40}",
                "Type": f"Type {number % 60}",
                "Tags": f"{word}, tag-{number % 30}",
                "Option1 Name": "Size",
                "Image Src": f"https://images.example/{number}.jpg",
            }
            for size in ("S", "M"):
                variant = {
                    "Option1 Value": size,
                    "Variant SKU": f"SKU-{number}-{size}",
                    "Variant Price": f"{5 + number % 90}.90",
                    "Variant Inventory Qty": str(number % 40),
                }
                writer.writerow(shared | (of_product if size == "S" else {}) | variant)
                rows += 1
    return rows


def _look_at(path: Path) -> None:
    """What the worker does after an upload: the preview, of which nothing comes in."""
    run = ImportRun.objects.create(file_name=path.name, size=path.stat().st_size)
    with path.open("rb") as file:
        files.keep(run.pk, File(file))
    started = time.perf_counter()
    work_on(run.pk)
    seconds = time.perf_counter() - started
    run.refresh_from_db()
    if run.state != ImportRun.State.READY:
        raise SystemExit(f"The preview came to nothing: {run.problem}")
    products = run.preview["products"]
    verdict = "met" if seconds <= PREVIEW_SECONDS else "missed"
    print(
        f"preview of {PREVIEWED:,} rows: {seconds:.1f} s, wished for {PREVIEW_SECONDS} at most: "
        f"{verdict}; {products['created']} new, {products['updated']} changed, "
        f"{products['unchanged']} unchanged"
    )
    delete_import(run)


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--products", type=int, default=20_000)
    options = parser.parse_args(argv)
    call_command("migrate", verbosity=0)
    folder = Path(os.environ["PYCOMMERCE_VAR"])
    file, gone = folder / "import.csv", folder / "import-shop.zip"
    rows = _write(file, options.products)
    for old in Tenant.objects.filter(slug="import-bench"):
        gone.unlink(missing_ok=True)
        delete_tenant(old, export_to=gone)
    shop = create_tenant(slug="import-bench", name="Import benchmark")
    for what in ("first import", "the same again"):
        started = time.perf_counter()
        with tenant_context(shop):
            report = import_catalogue(file)
        seconds = time.perf_counter() - started
        print(
            f"{what}: {rows:,} rows in {seconds:.1f} s, {rows / seconds * 60:,.0f} rows a minute; "
            f"products {report.products}"
        )
    looked_at = folder / "preview.csv"
    half = PREVIEWED // 4
    _write(looked_at, PREVIEWED // 2, first=max(0, options.products - half))
    with tenant_context(shop):
        Variant.objects.filter(product__slug__endswith="5").update(price=1)
        _look_at(looked_at)


if __name__ == "__main__":
    main()
