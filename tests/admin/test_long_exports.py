"""Lists that are too long to be sent at once: written by the worker, downloaded from their page."""

import csv
import io
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from checkout.jobs import forget_regularly
from checkout.services.erasing import erase_person
from orders.models import Customer
from orders.services.placing import Buyer
from pycommerce.core.ids import uuid7
from tenants import exporting
from tenants.jobs import mail_list_export, write_list_export
from tenants.models import Membership
from tenants.platform_models import Job
from tenants.services import list_exports
from tenants.services.lifecycle import delete_tenant
from tenants.services.list_exports import lists_of, path_of
from tenants.shop.models import AuditEntry, ListExport
from tests.admin.conftest import words
from tests.factories import make_category, make_order, make_product

PRODUCTS, CUSTOMERS = "/admin/catalog/product/", "/admin/orders/customer/"
LIST = "/admin/shop/listexport/"
State = ListExport.State


@pytest.fixture(autouse=True)
def _short(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two rows are few, three are many; each thing that is written is heard of."""
    settings.EXPORT_ROOT = tmp_path / "exports"
    monkeypatch.setattr(exporting, "MOST_AT_ONCE", 2)
    monkeypatch.setattr(list_exports, "_HEARD_EVERY", 0)


@pytest.fixture
def products(tech: Any) -> None:
    for name in ("Lamp", "Radio", "Tent"):
        make_product(name, sku=name[0])


def ask(desk: Any, query: str = "", form: str = "csv", address: str = PRODUCTS) -> ListExport:
    """Press the button below the list."""
    response = desk.post(f"{address}export/{form}/{query}")
    assert response.status_code == 302, response
    export = ListExport.objects.latest("created_at")
    assert response["Location"] == page_of(export)
    return export


def page_of(export: ListExport) -> str:
    return f"{LIST}{export.pk}/change/"


def download(desk: Any, export: ListExport) -> Any:
    return desk.get(f"{LIST}{export.pk}/download/")


def work(export: ListExport, attempt: int | None = None) -> ListExport:
    """What the worker does with its job."""
    tenant = connection.tenant
    write_list_export(
        str(tenant.pk), str(export.pk), attempt or export.attempt, "http://tech.localhost"
    )
    connection.set_schema_to_public()
    connection.set_tenant(tenant)
    export.refresh_from_db()
    return export


def waiting_jobs() -> int:
    return Job.objects.filter(task_name="tenants.jobs.write_list_export", status="todo").count()


def a_worker(heard_at: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (%s)", [heard_at])


# --- Which lists ------------------------------------------------------------------------------


def test_a_short_list_is_sent_and_a_long_one_is_written(desk, products):
    short = desk.post(f"{PRODUCTS}export/csv/?q=lamp")
    assert short["Content-Disposition"].endswith('.csv"')
    assert b"Lamp" in short.getvalue()
    assert not ListExport.objects.exists()

    export = ask(desk)

    assert (export.state, export.kind, waiting_jobs()) == (State.WAITING, "catalog.product", 1)


def test_a_product_counts_by_the_rows_that_it_is_written_in(desk, tech):
    sizes = [{"option_values": [size]} for size in "SML"]
    make_product("Lamp", option_names=["Size"], variants=sizes)

    assert ask(desk).state == State.WAITING


def test_whether_a_list_is_long_is_never_counted_to_its_end(desk, products):
    with CaptureQueriesContext(connection) as asked:
        ask(desk)

    (counting,) = [each["sql"] for each in asked.captured_queries if "AS found)" in each["sql"]]
    assert counting.count("LIMIT 3") == counting.count("count(*)") == 3


def test_what_only_follows_an_address_has_nothing_written(desk, products):
    page = desk.get(f"{PRODUCTS}export/csv/?status__exact=active", follow=True)

    assert page.redirect_chain == [(f"{PRODUCTS}?status__exact=active", 302)]
    assert "This list is long" in words(page)
    assert not ListExport.objects.exists()


# --- Written ----------------------------------------------------------------------------------


def test_the_file_is_the_list_as_it_was_filtered(desk, products):
    light = make_category("Light")
    for name in ("Torch", "Candle", "Lantern"):
        make_product(name, categories=[light])
    export = work(ask(desk, f"?categories__id__exact={light.pk}&p=2"))

    rows = list(csv.DictReader(io.StringIO(download(desk, export).getvalue().decode("utf-8-sig"))))

    assert [row["Title"] for row in rows] == ["Candle", "Lantern", "Torch"]
    assert (export.state, export.total, export.done) == (State.READY, 3, 3)
    assert export.size == path_of(export).stat().st_size
    page = words(desk.get(page_of(export)))
    assert "Download" in page
    assert "3 products" in page
    assert f"{PRODUCTS}?categories__id__exact={light.pk}" in page


def test_the_same_file_comes_as_xlsx(desk, products):
    sent = download(desk, work(ask(desk, form="xlsx")))

    assert sent.getvalue().startswith(b"PK")
    assert sent["Content-Disposition"].endswith('.xlsx"')
    assert "no-store" in sent["Cache-Control"]


def test_times_are_those_of_the_shops_clocks(desk, tech):
    tech.time_zone = "Asia/Tokyo"
    tech.save()
    lamp = make_product(on_hand=9)
    for number in range(3):
        make_order(lamp, buyer=Buyer("Ada", f"{number}@example.com"))

    export = work(ask(desk, address="/admin/orders/order/"))

    here = timezone.now() + timedelta(hours=9)
    assert f"{here:%Y-%m-%d %H:}" in path_of(export).read_text()


def test_its_page_shows_how_far_it_is_and_renews_itself(desk, products):
    export = ask(desk)
    ListExport.objects.update(state=State.WRITING, total=200_000, done=50_000)

    page = desk.get(page_of(export))

    assert "50,000 of 200,000 products" in words(page)
    assert 'value="25"' in words(page)
    assert page["Refresh"] == "2"


def test_progress_is_noted_while_it_is_written(desk, products):
    with CaptureQueriesContext(connection) as asked:
        work(ask(desk))

    noted = [each["sql"] for each in asked.captured_queries if '"done" = ' in each["sql"]]
    assert len(noted) >= 4


def test_who_asked_gets_a_mail_with_the_way_to_it(desk, products, tech):
    export = work(ask(desk))
    assert Job.objects.filter(task_name="tenants.jobs.mail_list_export").count() == 1

    mail_list_export(str(tech.pk), str(export.pk), "http://tech.localhost")

    (sent,) = mail.outbox
    assert sent.to == ["owner@example.com"]
    assert sent.subject == f"{export.file_name} is ready"
    assert f"http://tech.localhost{page_of(export)}" in sent.body
    assert "with 3 entries" in sent.body


def test_the_mail_speaks_the_shops_language(desk, products, tech):
    tech.language = "de"
    tech.save()
    export = work(ask(desk))

    mail_list_export(str(tech.pk), str(export.pk), "http://tech.localhost")

    assert mail.outbox[0].subject == f"{export.file_name} ist fertig"


# --- Twice is once ----------------------------------------------------------------------------


def test_a_second_click_leads_to_the_same_export(desk, products):
    first, second = ask(desk), ask(desk)

    assert first == second
    assert waiting_jobs() == 1


def test_another_list_format_or_person_is_another_export(desk, desk_of, products):
    found = {
        ask(desk).pk,
        ask(desk, "?status__exact=active").pk,
        ask(desk, form="xlsx").pk,
        ask(desk_of("manager")).pk,
    }

    assert len(found) == 4


def test_a_list_is_exported_again_once_it_is_written(desk, products):
    first = work(ask(desk))

    assert ask(desk) != first


def test_a_shop_has_so_many_written_at_once(desk, products):
    for number in range(list_exports.MOST_BUSY):
        ask(desk, f"?status__exact=active&o={number}")

    page = desk.post(f"{PRODUCTS}export/csv/", follow=True)

    assert "10 exports are being written: wait for one of them." in words(page)
    assert ListExport.objects.count() == list_exports.MOST_BUSY


# --- Cancelled, failed, tried again -----------------------------------------------------------


def test_what_waits_is_cancelled_and_its_job_then_does_nothing(desk, products):
    export = ask(desk)

    page = words(desk.post(page_of(export), {"do": "cancel"}, follow=True))

    assert "It was cancelled, and there is no file." in page
    assert work(export).state == State.CANCELLED
    assert not path_of(export).exists()


def test_what_is_being_written_ends_when_it_is_cancelled(desk, products, monkeypatch):
    export = ask(desk)
    cells = iter(range(9))

    def cancel_meanwhile(table: Any) -> Iterator[Any]:
        for group in table:
            if next(cells) == 1:
                ListExport.objects.update(state=State.CANCELLED)
            yield group

    def slow_list(asked: ListExport) -> exporting.Table:
        table = exporting.list_again(asked)
        groups = cancel_meanwhile(table.groups)
        return exporting.Table(table.name, table.header, table.found, groups)

    assert list_exports.write_list(export.pk, 1, slow_list) is False

    export.refresh_from_db()
    assert export.state == State.CANCELLED
    assert next(cells) == 2, "it went on"
    assert list(path_of(export).parent.iterdir()) == []


def test_what_was_cancelled_is_tried_again(desk, products):
    export = ask(desk)
    desk.post(page_of(export), {"do": "cancel"})

    desk.post(page_of(export), {"do": "again"})
    export.refresh_from_db()
    assert (export.state, export.attempt) == (State.WAITING, 2)

    assert work(export, attempt=1).state == State.WAITING, "the job of the first attempt"
    assert work(export, attempt=2).state == State.READY


def test_one_that_fails_says_why_and_is_tried_again(desk, products, settings, tmp_path, tech):
    (tmp_path / "file").write_text("in the way")
    settings.EXPORT_ROOT = tmp_path / "file"
    export = work(ask(desk))

    page = words(desk.get(page_of(export)))
    assert export.state == State.FAILED
    assert "The file could not be written: Not a directory." in page
    mail_list_export(str(tech.pk), str(export.pk), "http://tech.localhost")
    assert mail.outbox[0].subject == f"{export.file_name} could not be written"

    settings.EXPORT_ROOT = tmp_path / "exports"
    desk.post(page_of(export), {"do": "again"})
    export.refresh_from_db()
    assert work(export).state == State.READY


def test_who_asked_hears_of_a_failure_that_nobody_foresaw(desk, products, tech, monkeypatch):
    export = ask(desk)
    ListExport.objects.update(kind="catalog.nothing")

    with pytest.raises(LookupError):
        work(export)

    connection.set_tenant(tech)
    export.refresh_from_db()
    assert (export.state, export.problem[:20]) == (State.FAILED, "Something went wrong")
    assert Job.objects.filter(task_name="tenants.jobs.mail_list_export").count() == 1


def test_what_is_too_large_for_xlsx_is_told_to_go_as_csv(desk, products, monkeypatch):
    # What four gigabytes are, beyond which Excel opens nothing.
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 100)
    export = work(ask(desk, form="xlsx"))

    assert export.state == State.FAILED
    assert export.problem == "The list is too large for one file of XLSX: export it as CSV."


def test_a_filter_that_fits_no_more_is_said(desk, products):
    export = ask(desk, "?status__exact=active")
    ListExport.objects.update(query="categories__id__exact=1")

    assert work(export).state == State.FAILED
    assert export.problem == "The list cannot be filtered so any more: export it anew."


def test_a_worker_that_is_gone_is_told_and_the_export_tried_again(desk, products):
    export = ask(desk)
    late = timezone.now() - timedelta(minutes=3)
    ListExport.objects.update(state=State.WRITING, updated_at=late)

    page = desk.get(page_of(export))
    assert "Nothing was heard of it for two minutes" in words(page)
    assert "Refresh" not in page
    assert "Not heard of" in words(desk.get(LIST))

    desk.post(page_of(export), {"do": "again"})
    export.refresh_from_db()
    assert work(export).state == State.READY


def test_the_page_says_where_no_worker_runs(desk, products):
    export = ask(desk)
    a_worker(timezone.now() - timedelta(minutes=5))
    assert "No worker runs on this server" in words(desk.get(page_of(export)))

    a_worker(timezone.now())

    page = words(desk.get(page_of(export)))
    assert "No worker runs" not in page
    assert "It waits for its turn" in page


def test_what_is_over_is_not_ended_again(desk, products):
    export = work(ask(desk))

    for step in ("cancel", "again"):
        page = words(desk.post(page_of(export), {"do": step}, follow=True))
        assert "This export is not as it was any more" in page
    export.refresh_from_db()
    assert export.state == State.READY


# --- Who may ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "may"),
    [("owner", True), ("manager", True), ("fulfilment", False), ("viewer", False)],
)
def test_who_may_export_sees_steers_and_downloads_all_exports(desk, desk_of, products, role, may):
    export = work(ask(desk))
    waiting = ask(desk, form="xlsx")
    theirs = desk_of(role) if role != "owner" else desk

    for address in (LIST, page_of(export), f"{LIST}{export.pk}/download/"):
        assert (theirs.get(address).status_code == 200) is may
    theirs.post(page_of(waiting), {"do": "cancel"})
    waiting.refresh_from_db()
    assert (waiting.state == State.CANCELLED) is may
    assert (theirs.post(f"{PRODUCTS}export/csv/").status_code == 302) is may


def test_the_role_is_that_of_the_moment_of_the_download(desk_of, products):
    manager = desk_of("manager")
    export = work(ask(manager))
    assert download(manager, export).status_code == 200

    Membership.objects.filter(user__email="manager@example.com").update(role="viewer")

    assert download(manager, export).status_code == 403


def test_nothing_is_written_for_who_may_not_have_it_any_more(desk_of, products, tech):
    export = ask(desk_of("manager"))
    Membership.objects.filter(user__email="manager@example.com").update(role="viewer")

    assert work(export).state == State.FAILED
    assert export.problem == "Who asked for it may not export this list any more."
    mail_list_export(str(tech.pk), str(export.pk), "http://tech.localhost")
    assert mail.outbox == []


def test_another_shop_knows_no_export_of_this_one(desk, products, outdoor):
    export = work(ask(desk))
    connection.set_schema_to_public()
    connection.set_tenant(outdoor)
    from_there = path_of(export)

    assert not ListExport.objects.exists()
    assert not from_there.exists()


def test_the_history_says_who_exported_and_who_downloaded(desk, products):
    export = work(ask(desk))
    download(desk, export)

    found = AuditEntry.objects.filter(object_type="export", object_id=str(export.pk))
    assert {(each.action, each.user_name) for each in found} == {
        ("create", "owner@example.com"),
        ("change", "owner@example.com"),
    }


# --- How long ---------------------------------------------------------------------------------


def test_a_file_is_deleted_after_seven_days_and_its_page_says_so(desk, products):
    export = work(ask(desk))
    ListExport.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    assert download(desk, export).status_code == 404

    _forget()

    export.refresh_from_db()
    assert (export.state, path_of(export).exists()) == (State.GONE, False)
    assert "files of exports are kept for 7 days" in words(desk.get(page_of(export)))


def test_files_stay_while_their_time_is_not_over(desk, products):
    export = work(ask(desk))

    _forget()

    assert download(desk, export).status_code == 200


def test_what_no_worker_wrote_for_a_day_is_given_up(desk, products):
    export = ask(desk)
    ListExport.objects.update(updated_at=timezone.now() - timedelta(hours=25))

    _forget()

    export.refresh_from_db()
    assert (export.state, export.problem) == (State.FAILED, "No worker wrote it.")


def test_an_export_is_forgotten_after_thirty_days_with_whatever_is_left_of_it(desk, products):
    export = work(ask(desk))
    day = timezone.now() - timedelta(days=31)
    ListExport.objects.update(created_at=day, expires_at=day + timedelta(days=7))

    _forget()

    assert not ListExport.objects.exists()
    assert not path_of(export).exists()


def test_one_that_was_tried_again_late_keeps_its_file(desk, products):
    export = ask(desk)
    desk.post(page_of(export), {"do": "cancel"})
    ListExport.objects.update(created_at=timezone.now() - timedelta(days=31))
    desk.post(page_of(export), {"do": "again"})
    export.refresh_from_db()
    work(export)

    _forget()

    assert download(desk, export).status_code == 200


def test_what_begins_to_be_written_while_files_are_deleted_stays(desk, products):
    work(ask(desk))
    begun: list[Path] = []

    def begin_before(execute: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith('SELECT "shop_list_export"."id"') and "created_at" not in sql:
            begun.append(lists_of(connection.tenant.pk) / f"{uuid7()}.csv")
            begun[0].touch()
        return execute(sql, *rest)

    with connection.execute_wrapper(begin_before):
        list_exports.forget_old_lists()

    assert begun[0].exists()


def test_one_is_deleted_with_its_file(desk, products, django_capture_on_commit_callbacks):
    export = work(ask(desk))

    with django_capture_on_commit_callbacks(execute=True):
        page = desk.post(page_of(export), {"do": "delete"}, follow=True)

    assert page.redirect_chain == [(LIST, 302)]
    assert not ListExport.objects.exists()
    assert not path_of(export).exists()


def test_a_person_who_is_erased_is_in_no_file_of_people(
    desk, tech, django_capture_on_commit_callbacks
):
    for number in range(3):
        Customer.objects.create(email=f"{number}@example.com", name="Ada")
        make_product()
    people, things = work(ask(desk, address=CUSTOMERS)), work(ask(desk))
    later = ask(desk, "?q=ada", address=CUSTOMERS)

    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        erase_person(Customer.objects.latest("created_at").pk, user=None)

    for each in (people, things, later):
        each.refresh_from_db()
    assert (people.state, things.state, later.state) == ("gone", "ready", "cancelled")
    assert (path_of(people).exists(), path_of(things).exists()) == (False, True)
    assert "A person in it was erased" in words(desk.get(page_of(people)))


def test_a_list_that_was_written_while_a_person_was_erased_is_dropped_as_well(
    desk, tech, django_capture_on_commit_callbacks
):
    for number in range(4):
        Customer.objects.create(email=f"{number}@example.com", name="Ada")
    written: list[ListExport] = []

    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        transaction.on_commit(lambda: written.append(work(ask(desk, address=CUSTOMERS))))
        erase_person(Customer.objects.latest("created_at").pk, user=None)

    (export,) = written
    assert export.state == State.READY
    export.refresh_from_db()
    assert (export.state, path_of(export).exists()) == (State.GONE, False)


def test_a_shop_that_is_deleted_takes_its_files_along(desk, tech, outdoor, tmp_path):
    folder = lists_of(outdoor.pk)
    folder.mkdir(parents=True)
    (folder / "a.csv").touch()

    delete_tenant(outdoor, export_to=tmp_path / "shop.zip")

    assert not folder.exists()


def _forget() -> None:
    """What the worker does every hour."""
    tenant = connection.tenant
    forget_regularly(0)
    connection.set_schema_to_public()
    connection.set_tenant(tenant)
