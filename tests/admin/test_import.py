"""An import in the browser: upload, look at it, bring it in, stop, go on, read the report."""

import csv
import io
import re
import threading
import time
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.utils import timezone

from catalog import import_admin
from catalog.importing import applying, files, running, shopify
from catalog.importing.applying import Importer
from catalog.importing.entries import Row
from catalog.importing.reader import Table
from catalog.jobs import work_on_import
from catalog.models import ImportRun, Product, StockMovement, Variant
from catalog.services import import_runs
from catalog.services.import_runs import (
    begin_undo,
    forget_old_imports,
    go_on,
    stop,
    upload_import,
)
from checkout.jobs import sweep_regularly
from tenants.services.lifecycle import delete_tenant
from tenants.shop.models import AuditEntry, catalogue_version
from tests.admin.conftest import words
from tests.factories import make_member, make_product

LIST = "/admin/catalog/importrun/"
HEADER = ["Handle", "Title", "Variant SKU", "Variant Price", "Variant Inventory Qty", "Remark"]
ROWS = [
    ["lamp", "Lamp", "L-1", "12.50", "7", "new price and stock"],
    ["radio", "Radio", "R-1", "30.00", "1", "new"],
    ["tent", "Tent", "T-1", "a lot", "1", "no price"],
]


@pytest.fixture(autouse=True)
def _files_of_this_test(settings: Any, tmp_path: Path) -> None:
    settings.IMPORT_ROOT = tmp_path / "imports"


def sheet(rows: list[list[str]], name: str = "products.csv") -> SimpleUploadedFile:
    text = io.StringIO()
    csv.writer(text).writerows([HEADER, *rows])
    return SimpleUploadedFile(name, text.getvalue().encode(), "text/csv")


def many(count: int) -> list[list[str]]:
    return [[f"p-{n}", f"Product {n}", f"P-{n}", "5.00", "2", ""] for n in range(count)]


def upload(desk: Any, rows: list[list[str]]) -> ImportRun:
    """Upload a file, and have the worker look at it."""
    response = desk.post(f"{LIST}add/", {"file": sheet(rows)})
    assert response.status_code == 302, response.context["form"].errors
    return work(ImportRun.objects.latest("created_at"))


def work(run: ImportRun) -> ImportRun:
    """What the worker does with its job."""
    tenant = connection.tenant
    work_on_import(str(tenant.pk), str(run.pk))
    connection.set_schema_to_public()
    connection.set_tenant(tenant)
    run.refresh_from_db()
    return run


def page_of(run: ImportRun) -> str:
    return f"{LIST}{run.pk}/change/"


def take(desk: Any, run: ImportRun, what: str) -> ImportRun:
    desk.post(page_of(run), {"do": what})
    run.refresh_from_db()
    return run


@pytest.fixture
def lamp(tech) -> Product:
    return make_product("Lamp", slug="lamp", sku="L-1", price="10.00", on_hand=5)


# --- Looking at it ----------------------------------------------------------------------------


def test_what_would_change_is_shown_and_nothing_changes(desk, lamp):
    version = catalogue_version()

    run = upload(desk, ROWS)

    assert run.state == "ready"
    page = words(desk.get(page_of(run)))
    assert "price:</span> <del>$10.00</del> → <ins>$12.50</ins>" in page
    assert "units on hand:</span> <del>5</del> → <ins>7</ins>" in page
    assert "R-1: $30.00" in page
    assert "The price is &#x27;a lot&#x27;, which is no number." in page
    assert "Passed over: Remark" in page
    assert "Taken: Handle, Title, Variant SKU" in page
    lamp.refresh_from_db()
    assert (lamp.price, Product.objects.count()) == (Decimal(10), 1)
    assert catalogue_version() == version


def test_many_refused_rows_stand_on_pages(desk, lamp, monkeypatch):
    monkeypatch.setattr(import_runs, "REFUSED_SHOWN", 2)
    monkeypatch.setattr(import_admin, "REFUSED_SHOWN", 2)
    bad = [[f"bad-{n}", "Bad", f"B-{n}", f"=a lot {n}", "1", ""] for n in range(5)]
    run = upload(desk, [*ROWS[:2], *bad])

    def shown(query: str) -> tuple[list[tuple[str, str]], bool]:
        page = words(desk.get(f"{page_of(run)}{query}"))
        found = re.findall(r"(\d+)</td> <td>The price is &#x27;=a lot (\d)", page)
        return found, "Later ones" in page

    first, last = [("4", "0"), ("5", "1")], [("8", "4")]
    assert shown("") == shown("?refused=1") == shown("?refused=x") == shown("?refused=0")
    assert shown("") == (first, True)
    assert shown("?refused=2") == ([("6", "2"), ("7", "3")], True)
    assert shown("?refused=3") == (last, False)
    assert shown("?refused=999999") == ([], False)
    assert "5 to 5 of 5" in words(desk.get(f"{page_of(run)}?refused=3"))

    files.rejected(run.pk).unlink()
    assert shown("") == (first, False)


def test_the_file_to_begin_with_comes_in_as_it_is(desk, tech):
    assert "importrun/template/" in words(desk.get(LIST))
    content = desk.get(f"{LIST}template/").getvalue()
    desk.post(f"{LIST}add/", {"file": SimpleUploadedFile("template.csv", content)})

    run = work(ImportRun.objects.get())

    assert (run.state, run.preview["rejected"], run.unknown_columns) == ("ready", 0, [])
    assert run.preview["products"]["created"] == 2
    assert run.preview["variants"]["created"] == 3


def test_refused_rows_come_as_a_file_that_can_be_imported_when_corrected(desk, lamp):
    run = upload(desk, ROWS)

    content = desk.get(f"{LIST}{run.pk}/rejected/").getvalue().decode()
    assert content.splitlines()[0].startswith("Line,Reason,Handle,Title")
    assert content.splitlines()[1].startswith("4,")
    corrected = SimpleUploadedFile("again.csv", content.replace("a lot", "99.00").encode())
    desk.post(f"{LIST}add/", {"file": corrected})
    again = work(ImportRun.objects.latest("created_at"))

    assert (again.state, again.preview["products"]["created"]) == ("ready", 1)
    assert again.preview["rejected"] == 0


def test_a_page_that_waits_renews_itself_without_a_script(desk, tech):
    desk.post(f"{LIST}add/", {"file": sheet(ROWS)})
    run = ImportRun.objects.get()

    waiting = desk.get(page_of(run))
    work(run)

    assert waiting["Refresh"] == "2"
    assert "<progress" in words(waiting)
    assert "Refresh" not in desk.get(page_of(run))


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"a\n1\n", "The file&#x27;s first row names one column."),
        (b"Lamp,12.50,L-1\nTent,99.00,T-1\n", "The names of the columns are missing"),
        (b"", "The submitted file is empty."),
        (b"PK\x03\x04xlsx", "save it as CSV first"),
        (b"Handle,Title,Variant Price\nlamp,Lamp,nothing\n", "no product that could be taken"),
        (b",,,\n,,,\n", "The file is empty."),
    ],
)
def test_a_file_that_is_no_catalogue_is_refused_in_words(desk, tech, content, problem):
    file = SimpleUploadedFile("a.csv", content)

    response = desk.post(f"{LIST}add/", {"file": file})

    if run := ImportRun.objects.first():
        assert work(run).state == "failed"
        response = desk.get(page_of(run))
        assert not desk.post(page_of(run), {"do": "go-on"}).content
        assert work(run).state == "failed"
    assert problem in words(response)


def test_a_file_that_would_fill_the_workers_memory_is_refused(desk, tech, monkeypatch):
    monkeypatch.setattr(import_runs, "MOST_CELLS", 30 * 11)

    assert upload(desk, many(30)).state == "ready"
    run = upload(desk, many(31))

    assert (run.state, run.problem) == (
        "failed",
        "The file has too many rows: cut it in two before line 32.",
    )


# --- Bringing it in ---------------------------------------------------------------------------


def test_it_is_brought_in_when_they_say_so(desk, lamp):
    run = upload(desk, ROWS)

    assert take(desk, run, "go-on").state == "running"
    work(run)

    assert (run.state, run.done, run.total) == ("done", 2, 2)
    lamp.refresh_from_db()
    assert lamp.price == Decimal("12.50")
    assert Variant.objects.get(sku="L-1").on_hand == 7
    movement = StockMovement.objects.filter(variant__sku="R-1").get()
    assert (movement.quantity, movement.user_name) == (1, "owner@example.com")
    assert run.report["products"] == {"created": 1, "updated": 1, "unchanged": 0}
    assert "What was imported" in words(desk.get(page_of(run)))
    assert AuditEntry.objects.filter(object_id=str(run.pk)).count() == 2


def test_from_what_was_brought_in_one_goes_on_to_the_products_and_their_counts(desk, tech):
    run = upload(desk, [ROWS[0][:4], ["chair", "Chair", "C-1", "30.00"]])
    assert "?level=out" not in desk.get(page_of(run)).content.decode()

    work(take(desk, run, "go-on"))

    page = desk.get(page_of(run)).content.decode()
    assert 'href="/admin/catalog/variant/?level=out"' in page
    assert "See the products" in page
    assert "C-1" in words(desk.get("/admin/catalog/variant/?level=out"))


def test_asked_twice_it_comes_in_once(desk, lamp):
    run = upload(desk, ROWS)
    take(desk, run, "go-on")
    take(desk, run, "go-on")

    work(run)
    work(run)

    assert Product.objects.filter(slug="radio").count() == 1
    assert run.report["products"]["created"] == 1
    assert take(desk, run, "go-on").state == "done"


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (running, import_runs):
        monkeypatch.setattr(module, "PART", 2)


def test_every_member_that_can_change_has_its_word():
    members = {*applying._PRODUCT_FIELDS, *applying._VARIANT_FIELDS, "source_fields", "on_hand"}

    assert members - set(import_admin._WORDS) == set()


class Cut(Exception):
    """The process ended there."""


def test_it_stops_between_parts_and_goes_on_where_it_stopped(desk, tech, small_parts, monkeypatch):
    run = upload(desk, [*many(3), ["p-3", "Product 3", "P-1", "1", "1", ""], *many(7)[4:]])
    take(desk, run, "go-on")
    apply = Importer.apply

    def stop_soon(self: Importer, part: Any) -> Any:
        if part[0].slug == "p-2":
            stop(run.pk)
        return apply(self, part)

    with monkeypatch.context() as patched:
        patched.setattr(Importer, "apply", stop_soon)
        work(run)
    assert (run.state, run.done) == ("stopped", 4)
    assert Product.objects.count() == 3
    assert "Stopped after 4 of 7 products" in words(desk.get(page_of(run)))

    assert take(desk, run, "go-on").state == "running"
    work(run)

    assert (run.state, run.done) == ("done", 7)
    assert Product.objects.count() == 6
    assert run.report["products"]["created"] == 6
    refused = desk.get(f"{LIST}{run.pk}/rejected/").getvalue().decode()
    assert refused.count("P-1") == 2, "the row and its reason, from before it was stopped"
    newest = Product.objects.order_by("-created_at").values_list("slug", flat=True)
    assert list(newest) == ["p-0", "p-1", "p-2", "p-4", "p-5", "p-6"]


def test_what_was_cut_off_goes_on_after_the_last_part_that_is_in(
    desk, tech, small_parts, monkeypatch
):
    run = upload(desk, many(5))
    take(desk, run, "go-on")
    apply = Importer.apply

    def cut(self: Importer, part: Any) -> Any:
        changed = apply(self, part)
        if part[0].slug == "p-2":
            raise Cut
        return changed

    with monkeypatch.context() as patched:
        patched.setattr(Importer, "apply", cut)
        work(run)
    assert (run.state, run.done, Product.objects.count()) == ("failed", 2, 2)
    assert "you can go on" in words(desk.get(page_of(run)))

    take(desk, run, "go-on")
    work(run)

    assert (run.state, Product.objects.count()) == ("done", 5)
    assert run.report["products"]["created"] == 5


def test_a_look_that_was_cut_off_begins_anew_and_skips_nothing(
    desk, tech, small_parts, monkeypatch
):
    apply = Importer.apply

    def cut(self: Importer, part: Any) -> Any:
        if part[0].slug == "p-2":
            raise Cut
        return apply(self, part)

    with monkeypatch.context() as patched:
        patched.setattr(Importer, "apply", cut)
        run = upload(desk, many(5))
    assert (run.state, run.done) == ("failed", 2)

    assert take(desk, run, "go-on").state == "checking"
    work(run)
    assert (run.state, run.preview["products"]["created"]) == ("ready", 5)
    take(desk, run, "go-on")
    work(run)

    assert (run.state, Product.objects.count()) == ("done", 5)


def test_an_import_whose_worker_is_gone_may_go_on(desk, tech):
    run = upload(desk, many(2))
    take(desk, run, "go-on")
    assert "Nothing was heard" not in words(desk.get(page_of(run)))

    ImportRun.objects.update(updated_at=timezone.now() - timedelta(minutes=5))

    page = desk.get(page_of(run))
    assert "Nothing was heard" in words(page)
    assert 'value="go-on"' in words(page)
    assert "Refresh" not in page


# --- Around it --------------------------------------------------------------------------------


def test_failed_imports_need_doing_and_are_listed(desk, tech):
    assert "Failed imports" not in words(desk.get("/admin/"))
    upload(desk, ROWS)
    desk.post(f"{LIST}add/", {"file": SimpleUploadedFile("broken.csv", b"a\n1\n")})
    work(ImportRun.objects.latest("created_at"))

    (to_do,) = [
        each for each in desk.get("/admin/").context["to_do"] if each.name == "Failed imports"
    ]
    listed = desk.get(to_do.address)

    assert to_do.count == 1
    assert [run.file_name for run in listed.context["runs"]] == ["broken.csv"]


def test_files_are_kept_for_a_week(desk, tech):
    old, new = upload(desk, ROWS), upload(desk, ROWS)
    ImportRun.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=8))

    assert forget_old_imports() == 1

    assert not files.source(old.pk).exists()
    assert not files.rejected(old.pk).exists()
    assert files.source(new.pk).exists()
    page = words(desk.get(page_of(old)))
    assert "the time for it was over" in page
    assert 'value="go-on"' not in page
    assert desk.get(f"{LIST}{old.pk}/rejected/").status_code == 404


def test_a_deleted_import_leaves_no_file_and_its_products(desk, tech):
    run = upload(desk, ROWS)
    take(desk, run, "go-on")
    assert desk.post(f"{LIST}{run.pk}/delete/", {"post": "yes"}).status_code == 403
    work(run)

    assert desk.post(f"{LIST}{run.pk}/delete/", {"post": "yes"}).status_code == 302

    assert not ImportRun.objects.exists()
    assert not list(files.source(run.pk).parent.iterdir())
    assert Product.objects.exists()


def test_files_stand_below_their_shop_and_go_with_it(tech, outdoor, settings, tmp_path):
    run = upload_import(sheet(ROWS), make_member(outdoor))
    folder = settings.IMPORT_ROOT / str(outdoor.pk)
    assert [path.name for path in folder.iterdir()] == [f"{run.pk}.csv"]
    assert folder.stat().st_mode & 0o077 == 0

    delete_tenant(outdoor, export_to=tmp_path / "gone.zip")

    assert not folder.exists()


def test_another_shops_import_is_not_worked_on(tech, outdoor):
    run = upload_import(sheet(ROWS), make_member(outdoor))

    work_on_import(str(tech.pk), str(run.pk))

    connection.set_schema_to_public()
    connection.set_tenant(outdoor)
    run.refresh_from_db()
    assert run.state == "checking"


@pytest.mark.parametrize(
    ("role", "may"),
    [("owner", True), ("manager", True), ("fulfilment", False), ("viewer", False)],
)
def test_a_role_allows_what_its_table_says(desk_of, tech, role, may):
    desk = desk_of(role)
    run = upload_import(sheet(ROWS), make_member(tech))
    work(run)

    page = words(desk.get(page_of(run)))

    assert ('value="go-on"' in page) is may
    assert (desk.post(f"{LIST}add/", {"file": sheet(ROWS)}).status_code == 302) is may
    assert (desk.post(page_of(run), {"do": "go-on"}).status_code == 302) is may
    run.refresh_from_db()
    assert (run.state == "running") is may


def test_a_column_is_known_when_its_format_asks_for_it():
    class Asked(dict):
        def get(self, name: str, default: Any = None) -> Any:
            asked.add(name)
            return super().get(name, default)

    asked: set[str] = set()
    row = Row(2, Asked({"handle": "a", "title": "A", "variant price": "1"}), [])
    shopify.parse(Table([], ["handle", "title", "variant price"], iter([row])), "USD")

    assert asked
    assert [name for name in asked if not shopify.knows(name) and "\x00" not in name] == []
    assert not shopify.knows("remark")


def test_a_service_goes_on_only_with_what_waits(tech):
    run = upload_import(sheet(ROWS), make_member(tech))

    with pytest.raises(import_runs.ImportCannotGoOn):
        go_on(run.pk, make_member(tech))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("what", ["go-on", "undo"])
def test_what_lost_against_another_transaction_is_tried_once_more(tech, what):
    member = make_member(tech)
    make_product("Product 0", slug="p-0", sku="P-0")
    run = upload_import(sheet(many(1)), member)
    import_runs.work_on(run.pk)
    go_on(run.pk, member)
    if what == "undo":
        import_runs.work_on(run.pk)
        begin_undo(run.pk, member)
    is_held = threading.Event()

    def hold() -> None:
        """Somebody edits its price: variants first, then the product."""
        connection.set_tenant(tech)
        with transaction.atomic():
            Variant.objects.select_for_update().get(sku="P-0")
            is_held.set()
            time.sleep(0.6)
            Product.objects.select_for_update().get(slug="p-0")
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    is_held.wait()
    import_runs.work_on(run.pk)
    holder.join()

    run.refresh_from_db()
    assert (run.state, run.problem) == ("undone" if what == "undo" else "done", "")
    assert run.report["products"]["updated"] == 1
    assert run.report.get("undone", 0) == (what == "undo")


def test_one_import_at_a_time_leaves_the_worker_room_for_everything_else(desk, tech):
    for _ in range(3):
        desk.post(f"{LIST}add/", {"file": sheet(ROWS)})
    sweep_regularly.defer(timestamp=0)

    connection.set_schema_to_public()
    begun = []
    for _ in range(4):
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO procrastinate_workers DEFAULT VALUES RETURNING id")
            (worker,) = cursor.fetchone()
            cursor.execute("SELECT task_name FROM procrastinate_fetch_job_v2(NULL, %s)", [worker])
            begun += [name for (name,) in cursor.fetchall() if name]

    assert begun == [work_on_import.name, sweep_regularly.name]
