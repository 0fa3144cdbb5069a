"""Pictures that an import names by address: fetched by the worker, each once, or said why not."""

import csv
import io
import socket
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from PIL import Image
from procrastinate.contrib.django.models import ProcrastinateJob

from catalog.exporting import export_catalogue
from catalog.importing import import_catalogue, running
from catalog.listing import ProductFilters, find_columns, newest_cards, read_product
from catalog.models import ImportedChange, ImportRun, PictureFetch, Product, ProductImage
from catalog.services import fetching, picture_fetches
from catalog.services.editing import delete_products
from catalog.services.import_runs import forget_old_imports, import_at_once
from catalog.services.picture_fetches import fetch_pictures
from checkout.jobs import fetch_pictures_regularly
from tenants.models import DueWork
from tenants.shop.models import catalogue_version
from tests.admin.conftest import words
from tests.admin.test_import import LIST, _files_of_this_test, page_of, take, work  # noqa: F401
from tests.admin.test_import_undone import row, undone
from tests.factories import make_product
from tests.fakes.pictures import PictureServer, a_picture, picture_server
from tests.fakes.receiver import say

HEADER = ["Handle", "Title", "Option1 Name", "Option1 Value", "Variant SKU", "Variant Price"]
HEADER += ["Variant Inventory Qty", "Image Src", "Image Alt Text", "Image Position"]


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


@pytest.fixture
def there(monkeypatch: Any) -> Iterator[PictureServer]:
    """The pictures of the other system, which nobody needs to be polite to."""
    monkeypatch.setattr(picture_fetches, "PAUSE_SECONDS", 0)
    with picture_server() as found:
        yield found


def brought_in(desk: Any, *rows: dict[str, str], **box: str) -> ImportRun:
    text = io.StringIO()
    writer = csv.DictWriter(text, HEADER, restval="", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    file = SimpleUploadedFile("a.csv", text.getvalue().encode())
    desk.post(f"{LIST}add/", {"file": file} | (box or {"fetches_pictures": "on"}))
    run = work(ImportRun.objects.latest("created_at"))
    take(desk, run, "go-on")
    work(run)
    assert run.state == "done", run.problem
    return run


def lamp(*addresses: str, handle: str = "lamp") -> list[dict[str, str]]:
    """A product with these pictures, which are described by their place."""
    rows = [row(handle, handle.upper())]
    rows += [{"Handle": handle} for _ in addresses[1:]]
    for place, address in enumerate(addresses, 1):
        rows[place - 1] |= {"Image Src": address, "Image Alt Text": f"View {place}"}
    return rows


def problem_of(address: str) -> tuple[str, str]:
    fetch = PictureFetch.objects.get(url=address)
    return fetch.state, fetch.problem


def test_pictures_are_fetched_made_anew_and_shown_in_their_order(desk, tech, there, media):
    first, second = there.has("/a.jpg"), there.has("/b c.jpg?v=ä")
    there.answers["/b%20c.jpg?v=%C3%A4"] = there.answers["/b c.jpg?v=ä"]
    run = brought_in(desk, *lamp(first, second))
    assert "0 of 2 pictures fetched" in words(desk.get(page_of(run)))
    assert desk.get(page_of(run))["Refresh"] == "5"
    version = catalogue_version()

    assert fetch_pictures() == 2

    assert there.asked == ["/a.jpg", "/b%20c.jpg?v=%C3%A4"]
    images = list(ProductImage.objects.all())
    assert [each.alt for each in images] == ["View 1", "View 2"]
    assert [(each.width, each.height, each.widths) for each in images] == [
        (900, 600, [320, 480, 640])
    ] * 2
    for image in images:
        with Image.open(image.file.path) as picture:
            assert (picture.format, dict(picture.getexif())) == ("WEBP", {})
    assert len(list(media.rglob("*.webp"))) == 8
    shown = Product.objects.get().image_list
    assert [each["url"] for each in shown] == [each.file.url for each in images]
    assert catalogue_version() == version + 1
    page = desk.get(page_of(run))
    assert "2 of 2 pictures fetched" in words(page)
    assert "Refresh" not in page


def test_the_worker_fetches_them_by_itself(desk, tech, there):
    brought_in(desk, *lamp(there.has("/a.jpg")))
    connection.set_schema_to_public()

    fetch_pictures_regularly(timestamp=0)

    connection.set_tenant(tech)
    assert ProductImage.objects.exclude(file="").count() == 1
    connection.set_schema_to_public()
    assert not DueWork.objects.filter(kind="pictures").exists()


def test_an_address_is_asked_once_for_all_products_and_imports(desk, tech, there):
    shared = there.has("/a.jpg")
    rows = [*lamp(shared), *lamp(shared, handle="radio")]
    brought_in(desk, *rows)

    assert fetch_pictures() == 1
    again = brought_in(desk, *rows)
    fetch_pictures()

    assert there.asked == ["/a.jpg"]
    assert again.report["images_added"] == 0
    assert "pictures fetched" not in words(desk.get(page_of(again)))
    assert len({each.file.name for each in ProductImage.objects.all()}) == 1
    # A product that comes later gets the file that is there.
    later = brought_in(desk, *lamp(shared, handle="tent"))
    fetch_pictures()
    assert there.asked == ["/a.jpg"]
    assert "1 of 1 pictures fetched" in words(desk.get(page_of(later)))
    assert ProductImage.objects.filter(file="").count() == 0


def test_without_the_tick_nothing_is_fetched(desk, tech, there):
    brought_in(desk, *lamp(there.has("/a.jpg")), fetches_pictures="")

    assert (fetch_pictures(), there.asked) == (0, [])
    assert "checked" in words(desk.get(LIST)).partition('name="fetches_pictures"')[2][:80]


BIG = {"Content-Type": "image/jpeg"}


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (say(404), "It answered 404."),
        (say(200, b"<html>Sign in</html>"), "This is not a JPEG, PNG, WebP or GIF picture."),
        (say(200, b'<svg xmlns="http://www.w3.org/2000/svg"/>'), "This is not a JPEG"),
        (say(200, a_picture((6000, 5000))), "A picture has at most 25 megapixels"),
        (say(302, b"", Location="ftp://127.0.0.1/a.jpg"), "It must begin with https://."),
        (say(302, b"", Location="/a.jpg"), "It leads on to other addresses more than 5 times."),
        (say(302, b"", Location="http://10.0.0.1/a.jpg"), "This is no public address."),
        (say(302, b"", Location="http://169.254.169.254/"), "This is no public address."),
    ],
)
def test_what_cannot_be_fetched_fails_with_its_reason(desk, tech, there, answer, problem):
    address = there.has("/a.jpg", answer)
    run = brought_in(desk, *lamp(address))

    assert fetch_pictures() == 0

    state, told = problem_of(address)
    assert (state, told[: len(problem)]) == ("failed", problem)
    page = words(desk.get(page_of(run)))
    assert "0 of 1 pictures fetched · failed: 1" in page
    assert told in page.replace("&#x27;", "'")
    assert Product.objects.get().image_list[0]["url"] == ""


def test_a_picture_that_is_here_is_shown_before_one_that_could_not_be_fetched(desk, tech, there):
    brought_in(desk, *lamp(there.has("/a.jpg", say(404)), there.has("/b.jpg")))

    assert fetch_pictures() == 1

    assert [each["alt"] for each in Product.objects.get().image_list] == ["View 2", "View 1"]
    [card] = newest_cards(ProductFilters(), limit=1, version=catalogue_version())
    assert card.image["alt"] == "View 2"
    assert card.image["widths"] == [320, 480, 640]
    shown = read_product(find_columns("lamp"))
    assert [each["widths"] for each in shown.images] == [[320, 480, 640], []]


def test_a_file_that_is_too_large_is_not_read(desk, tech, there, monkeypatch):
    monkeypatch.setattr(fetching, "MAX_BYTES", 50_000)

    def chunked(handler: Any) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for _number in range(60):
            handler.wfile.write(b"3e8\r\n" + b"x" * 1000 + b"\r\n")
        handler.wfile.write(b"0\r\n\r\n")

    addresses = [there.has("/a.jpg", say(200, b"x" * 50_001)), there.has("/b.jpg", chunked)]
    brought_in(desk, *lamp(*addresses))

    fetch_pictures()

    for address in addresses:
        assert problem_of(address)[1].startswith("A picture has at most")


def test_what_may_pass_is_tried_again_later_and_later_then_given_up(desk, tech, there):
    address = there.has("/a.jpg", say(503))
    run = brought_in(desk, *lamp(address))
    waits = []

    for _number in range(5):
        fetch_pictures()
        assert fetch_pictures() == 0
        fetch = PictureFetch.objects.get()
        waits.append(round((fetch.next_try_at - timezone.now()).total_seconds() / 60))
        PictureFetch.objects.update(next_try_at=timezone.now())

    assert waits[:4] == [1, 5, 30, 120]
    assert problem_of(address) == ("failed", "It answered 503.")
    assert len(there.asked) == 5
    # And once more, when somebody says so.
    there.has("/a.jpg")
    assert "Try these again now" in words(desk.get(page_of(run)))
    desk.post(page_of(run), {"do": "fetch"})
    assert fetch_pictures() == 1
    assert problem_of(address) == ("fetched", "")


def test_a_picture_that_broke_off_is_tried_again(desk, tech, there):
    def cut(handler: Any) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "9000")
        handler.end_headers()
        handler.wfile.write(a_picture()[:500])

    address = there.has("/a.jpg", cut)
    run = brought_in(desk, *lamp(address))

    fetch_pictures()

    assert problem_of(address) == ("waiting", "It broke off.")
    assert "tried again later: 1" in words(desk.get(page_of(run)))
    connection.set_schema_to_public()
    assert DueWork.objects.filter(kind="pictures", due_at__gt=timezone.now()).exists()
    connection.set_tenant(tech)


def test_what_went_wrong_is_said_once_with_its_count(desk, tech, there):
    run = brought_in(desk, *lamp(*(f"http://gone.example/{number}.jpg" for number in range(12))))
    waiting = PictureFetch.objects.get(url__endswith="/0.jpg")
    PictureFetch.objects.exclude(pk=waiting.pk).update(state="failed", problem="It answered 404.")
    PictureFetch.objects.filter(pk=waiting.pk).update(
        problem="It broke off.", next_try_at=timezone.now() + timedelta(hours=1)
    )

    troubles = desk.get(page_of(run)).context["pictures"]["troubles"]

    assert [(each["problem"], each["count"], each["waits"]) for each in troubles] == [
        ("It answered 404.", 11, False),
        ("It broke off.", 1, True),
    ]
    assert len(troubles[0]["addresses"]) == 10
    assert words(desk.get(page_of(run))).count("It answered 404. Pictures: 11") == 1


def test_a_host_that_is_silent_holds_up_no_other(desk, tech, there, monkeypatch):
    monkeypatch.setattr(fetching, "SECONDS", 3.0)
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.2", 0))
        deaf.listen()
        base = f"http://127.0.0.2:{deaf.getsockname()[1]}"
        brought_in(desk, *lamp(f"{base}/1", f"{base}/2", there.has("/a.jpg")))

        assert fetch_pictures() == 1

    told = dict(PictureFetch.objects.filter(host="127.0.0.2").values_list("tries", "problem"))
    assert told == {1: "It did not answer in time."}
    assert there.asked == ["/a.jpg"]


def test_who_leads_on_and_on_takes_no_longer_than_one_address(desk, tech, there, monkeypatch):
    monkeypatch.setattr(fetching, "SECONDS", 4.0)

    def slowly_to(path):
        answer = say(302, Location=path)

        def write(handler):
            time.sleep(2.5)
            answer(handler)

        return write

    there.has("/3.jpg")
    for number in (1, 2):
        there.has(f"/{number}.jpg", slowly_to(f"/{number + 1}.jpg"))
    brought_in(desk, *lamp(f"{there.base}/1.jpg"))

    assert fetch_pictures() == 0

    assert PictureFetch.objects.get().problem == "It did not answer in time."
    assert there.asked == ["/1.jpg", "/2.jpg"]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "10.1.2.3", "2130706433"])
def test_no_private_address_is_asked(desk, tech, settings, monkeypatch, host):
    opened: list[Any] = []
    monkeypatch.setattr(socket, "create_connection", lambda *a, **k: opened.append(a))
    address = f"http://{host}/a.jpg"
    brought_in(desk, *lamp(address))
    settings.WEBHOOK_LOOPBACK = False

    fetch_pictures()

    assert opened == []
    assert problem_of(address)[0] == "failed"
    assert "public" in problem_of(address)[1]


def test_what_is_gone_meanwhile_is_not_asked_for(desk, tech, there):
    brought_in(desk, *lamp(there.has("/a.jpg")))
    delete_products([Product.objects.get().pk])

    assert (fetch_pictures(), there.asked) == (0, [])
    assert not PictureFetch.objects.exists()


def test_undoing_takes_away_the_pictures_that_it_brought_and_no_others(desk, tech, there, media):
    known, new = there.has("/known.jpg"), there.has("/new.jpg")
    product = make_product("Lamp", slug="lamp", sku="LAMP", on_hand=9)
    ProductImage.objects.create(product=product, source_url=known, alt="Mine")
    run = brought_in(desk, *lamp(known, new), *lamp(new, handle="radio"))
    assert fetch_pictures() == 2

    undone(desk, run)

    assert Product.objects.get().pk == product.pk
    assert run.report["kept_count"] == 0
    image = ProductImage.objects.get()
    assert (image.source_url, image.alt, bool(image.file)) == (known, "Mine", True)
    jobs = ProcrastinateJob.objects.filter(task_name="catalog.jobs.delete_picture_files")
    names = {name for job in jobs for name in job.args["names"]}
    assert len(names) == 1
    assert image.file.name not in names
    assert not PictureFetch.objects.exists()
    assert fetch_pictures() == 0


@pytest.mark.parametrize(("edited", "kept"), [(False, 0), (True, 1)])
def test_pictures_that_came_are_no_edit_of_a_product(desk, tech, there, edited, kept):
    run = brought_in(desk, *lamp(there.has("/a.jpg")))
    # A transaction has one moment, and so has a test.
    imported_at = timezone.now() - timedelta(minutes=2)
    ImportedChange.objects.update(before={"is_new": True, "updated_at": imported_at.isoformat()})
    Product.objects.update(updated_at=imported_at + timedelta(minutes=1 if edited else 0))

    assert fetch_pictures() == 1
    undone(desk, run)

    assert Product.objects.count() == run.report["kept_count"] == kept


def test_an_export_is_the_same_when_pictures_were_fetched(desk, tech, outdoor, there, tmp_path):
    brought_in(desk, *lamp(there.has("/a.jpg"), there.has("/b.jpg")))
    before, after, beyond = io.StringIO(), io.StringIO(), io.StringIO()
    export_catalogue(before)
    fetch_pictures()

    export_catalogue(after)
    file = tmp_path / "export.csv"
    file.write_bytes(after.getvalue().encode())
    again = import_catalogue(file)
    connection.set_tenant(outdoor)
    import_catalogue(file)
    export_catalogue(beyond)

    assert before.getvalue() == after.getvalue() == beyond.getvalue()
    assert (again.products.changed, again.images_added) == (0, 0)


def test_a_viewer_has_nothing_fetched(desk, desk_of, tech, there):
    run = brought_in(desk, *lamp(there.has("/a.jpg", say(404))))
    fetch_pictures()

    viewer = desk_of("viewer")
    assert "Try these again now" not in words(viewer.get(page_of(run)))
    assert viewer.post(page_of(run), {"do": "fetch"}).status_code == 403
    assert PictureFetch.objects.get().state == "failed"


# --- The command ---------------------------------------------------------------------------------


def _by_command(tmp_path, addresses, *options):
    path = tmp_path / "lamps.csv"
    with path.open("w") as text:
        writer = csv.DictWriter(text, HEADER, restval="", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(lamp(*addresses))
    call_command("import_products", str(path), "--tenant", "tech", *options)


def test_the_command_has_pictures_fetched_and_says_how_many(desk, tech, there, tmp_path, capsys):
    _by_command(tmp_path, [there.has("/a.jpg"), f"{there.base}/gone.jpg"])

    assert "Pictures that the worker fetches: 2" in capsys.readouterr().out
    connection.set_tenant(tech)
    fetch_pictures()
    assert ProductImage.objects.exclude(file="").count() == 1
    run = ImportRun.objects.get()
    assert (run.state, run.total, run.done) == ("done", 1, 1)
    assert "1 of 2 pictures fetched" in words(desk.get(page_of(run)))
    listed = words(desk.get(LIST))
    assert "lamps.csv" in listed
    assert "import_products" in listed


def test_the_command_leaves_pictures_where_it_is_told_so(tech, tmp_path, capsys):
    _by_command(tmp_path, ["https://pictures.example/a.jpg"], "--leave-pictures")

    assert "the worker fetches" not in capsys.readouterr().out
    connection.set_tenant(tech)
    assert ProductImage.objects.count() == 1
    assert not PictureFetch.objects.exists()


def test_a_command_that_is_cut_off_has_stopped_and_offers_nothing_to_go_on_with(
    desk, tech, tmp_path, monkeypatch
):
    monkeypatch.setattr(running, "PART", 1)
    path = tmp_path / "lamps.csv"
    path.write_text("Handle,Title,Variant Price\na,A,1\nb,B,1\n")

    def cut_off(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_at_once(path, mapping={}, fetches_pictures=True, progress=cut_off)

    run = ImportRun.objects.get()
    page = words(desk.get(page_of(run)))
    assert "Stopped after 1 of 2 products. What is in stays." in page
    assert "The same command does the rest." in page
    assert 'value="go-on"' not in page


def test_what_a_command_brings_in_is_said_to_run_while_it_does(desk, tech, tmp_path, monkeypatch):
    monkeypatch.setattr(running, "PART", 1)
    path = tmp_path / "lamps.csv"
    path.write_text("Handle,Title,Variant Price\na,A,1\nb,B,1\n")
    pages = []

    def look(done, total):
        if done < total:
            pages.extend([words(desk.get(page_of(ImportRun.objects.get()))), words(desk.get(LIST))])

    import_at_once(path, mapping={}, fetches_pictures=False, progress=look)

    page, listed = pages
    assert "Being imported" in page
    assert "Being imported" in listed
    assert "1 of 2 products" in page
    assert "is stopped where it was started" in page
    assert 'value="stop"' not in page
    assert ImportRun.objects.get().state == "done"


def test_a_command_that_was_killed_is_told_and_then_has_stopped(desk, tech):
    late = timezone.now() - timedelta(minutes=3)
    run = ImportRun.objects.create(
        state="running", file_name="a.csv", size=1, has_file=False, total=9, done=4, updated_at=late
    )

    page = words(desk.get(page_of(run)))
    assert "the command import_products may have been stopped" in page
    assert "Not heard of" in page
    assert 'value="go-on"' not in page
    desk.post(page_of(run), {"do": "go-on"})
    run.refresh_from_db()
    assert run.state == "running"

    forget_old_imports()

    assert "Stopped after 4 of 9 products" in words(desk.get(page_of(run)))
