"""The platform's list of shops, a shop's page, and how a shop ends."""

from datetime import timedelta

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tenants.utils import tenant_context

from catalog.models import Product
from checkout.services.figures_of_shops import gather_figures
from checkout.stripe_inbox.models import StripeEvent
from orders.models import OutboxMessage
from orders.services.mailing import MOST_ATTEMPTS
from pycommerce.core.errors import Conflict
from tenants.jobs import end_shops_regularly, mail_owner, write_shop_export
from tenants.models import Tenant, schema_name_of
from tenants.platform_models import Job, ShopDeletion, ShopExport, ShopFigures
from tenants.resolution import clear_cache
from tenants.services import add_domain, ending
from tenants.services.archive import restore_tenant
from tenants.services.exports import forget_old_exports, path_of
from tenants.shop.models import AuditEntry
from tests.admin.conftest import words
from tests.factories import make_member, make_order, make_product, make_user

SHOPS = "/admin/tenants/tenant/"


@pytest.fixture(autouse=True)
def _exports_elsewhere(settings, tmp_path):
    settings.EXPORT_ROOT = tmp_path / "exports"
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def staff(tech):
    connection.set_schema_to_public()
    return make_user(is_superuser=True, email="staff@example.com")


@pytest.fixture
def platform(staff):
    """A browser of platform staff."""
    client = Client(HTTP_HOST="localhost")
    client.force_login(staff)
    return client


def page_of(shop: Tenant, step: str = "shop") -> str:
    return f"{SHOPS}{shop.pk}/{step}/"


def front_of(shop: Tenant) -> HttpResponse:
    """What shoppers see. No transaction commits here, upon which processes look anew."""
    clear_cache()
    return Client(HTTP_HOST=f"{shop.slug}.localhost").get("/")


def work_off(task: str) -> int:
    """Do the waiting jobs of a task as the worker does; returns how many there were."""
    connection.set_schema_to_public()
    done = {"write_shop_export": write_shop_export, "mail_owner": mail_owner}[task]
    jobs = Job.objects.filter(task_name=f"tenants.jobs.{task}", status="todo")
    arguments = list(jobs.values_list("args", flat=True))
    for each in arguments:
        done(**each)
    connection.set_schema_to_public()
    return len(arguments)


# --- Figures and the list ------------------------------------------------------------------------


def test_the_list_shows_each_shop_with_what_was_counted(platform, tech, outdoor):
    owner = make_member(tech, email="owner@example.com")
    with tenant_context(tech):
        order = make_order(make_product("Lamp", on_hand=9))
        AuditEntry.objects.create(user_id=owner.pk, action="change", object_type="a", object_id="1")
        OutboxMessage.objects.create(topic="a", dedupe_key="a", attempts=MOST_ATTEMPTS)
        OutboxMessage.objects.create(topic="a", dedupe_key="b", attempts=1)
    connection.set_schema_to_public()
    add_domain(tech, "shop.example.org", is_primary=True)
    StripeEvent.objects.create(id="evt_1", type="a", payload={}, state="dead", tenant_id=tech.pk)

    before = words(platform.get(SHOPS))
    assert gather_figures() == 2
    page = words(platform.get(SHOPS))

    assert "which has not done so yet" in before
    assert "Sizes and counts as of" in page
    assert "shop.example.org" in page
    assert "owner@example.com" in page
    figures = ShopFigures.objects.get(tenant=tech)
    assert (figures.products, figures.orders, figures.last_order_at) == (1, 1, order.created_at)
    assert (figures.failing_messages, figures.failing_payments, figures.failing_refunds) == (
        1,
        1,
        0,
    )
    assert figures.last_activity_at == figures.last_change_at > figures.last_order_at
    assert figures.size > 100_000
    assert ShopFigures.objects.get(tenant=outdoor).orders == 0
    with tenant_context(tech):
        OutboxMessage.objects.filter(topic="a").delete()


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("q=shop.example.org", ["tech"]),
        ("q=owner@example.com", ["tech"]),
        ("q=outdoor", ["outdoor"]),
        ("state=open", ["outdoor"]),
        ("state=suspended", []),
        ("state=ending", ["tech"]),
        ("state=large", ["outdoor"]),
        ("o=5", ["tech", "outdoor"]),
        ("o=-5", ["outdoor", "tech"]),
        ("o=-8", ["outdoor", "tech"]),
    ],
)
def test_shops_are_searched_filtered_and_sorted(platform, staff, tech, outdoor, query, shown):
    connection.set_schema_to_public()
    make_member(tech, email="owner@example.com")
    add_domain(tech, "shop.example.org")
    now = timezone.now()
    ShopFigures.objects.create(tenant=tech, size=5, last_activity_at=now - timedelta(days=900))
    ShopFigures.objects.create(tenant=outdoor, size=900_000_000, last_activity_at=now)
    ending.plan_deletion(tech, typed_slug="tech", user=staff, by_platform=True)
    connection.set_schema_to_public()

    result = platform.get(f"{SHOPS}?{query}").context["cl"].result_list

    assert [shop.slug for shop in result] == shown


def _statements(client, address):
    with CaptureQueriesContext(connection) as seen:
        assert client.get(address).status_code == 200
    return [each["sql"] for each in seen.captured_queries]


def test_the_list_of_1000_shops_takes_as_many_statements_as_that_of_two(platform, tech, outdoor):
    make_member(tech)
    few = _statements(platform, SHOPS)
    shops = [Tenant(name=f"Shop {n}", slug=f"shop-{n}") for n in range(1000)]
    for shop in shops:
        shop.schema_name = schema_name_of(shop.pk)
    Tenant.objects.bulk_create(shops)
    ShopFigures.objects.bulk_create(ShopFigures(tenant=shop, size=1) for shop in shops)

    many = _statements(platform, f"{SHOPS}?q=shop")

    assert len(many) <= len(few) + 1
    assert not any("t_" + shop.pk.hex in sql for sql in many for shop in shops[:50])


# --- A shop's page -------------------------------------------------------------------------------


def test_a_shop_is_suspended_with_a_reason_and_opened_again(platform, tech):
    refused = words(platform.post(page_of(tech, "suspend"), {"reason": " "}))
    assert "Reason (required)</label>" in refused
    assert 'aria-required="true"' in refused
    assert '<p class="desk-problem">Say why: without a reason' in refused
    tech.refresh_from_db()
    assert tech.active

    page = platform.post(page_of(tech, "suspend"), {"reason": "Sells fakes"}, follow=True)

    assert "Suspended: Sells fakes" in words(page)
    tech.refresh_from_db()
    assert (tech.active, tech.closed_reason) == (False, "Sells fakes")
    assert front_of(tech).status_code == 404
    with tenant_context(tech):
        entry = AuditEntry.objects.get()
        assert entry.user_name == "staff@example.com"
        assert entry.changes == {"open": [True, False], "reason": [None, "Sells fakes"]}
    again = platform.post(page_of(tech, "suspend"), {"reason": "Again"}, follow=True)
    assert "closed already" in words(again)

    page = platform.post(page_of(tech, "reopen"), follow=True)

    assert "Open again." in words(page)
    tech.refresh_from_db()
    assert (tech.active, tech.closed_reason) == (True, "")
    assert front_of(tech).status_code == 200


def test_a_shop_is_exported_by_a_job_and_taken_while_its_time_lasts(platform, tech, outdoor):
    make_member(tech, email="owner@example.com")
    for _ in range(2):
        platform.post(page_of(tech, "export"))
    export = ShopExport.objects.get()
    address = f"/admin/tenants/shopexport/{export.pk}/download/"
    assert platform.get(address).status_code == 404

    assert work_off("write_shop_export") == 1

    export.refresh_from_db()
    assert (export.state, export.size) == ("ready", path_of(export).stat().st_size)
    page = words(platform.get(page_of(tech)))
    assert address in page
    response = platform.get(address)
    assert response.streaming
    assert b"".join(response.streaming_content) == path_of(export).read_bytes()
    assert response["Content-Disposition"].startswith('attachment; filename="tech-')
    assert "no-store" in response["Cache-Control"]
    assert path_of(export).parent.stat().st_mode & 0o077 == 0

    ShopExport.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    assert platform.get(address).status_code == 404
    assert forget_old_exports() == 1
    assert not path_of(export).exists()
    assert "Removed" in words(platform.get(page_of(tech)))


def test_no_merchant_takes_an_export(platform, tech):
    platform.post(page_of(tech, "export"))
    work_off("write_shop_export")
    address = f"/admin/tenants/shopexport/{ShopExport.objects.get().pk}/download/"
    owner = make_member(tech)
    for host in ("localhost", "tech.localhost"):
        client = Client(HTTP_HOST=host)
        client.force_login(owner)
        response = client.get(address)
        assert response.status_code in {302, 404}
        assert not response.streaming


# --- The end of a shop ---------------------------------------------------------------------------


def test_a_shop_is_deleted_after_its_time_and_kept_in_a_file(platform, tech, outdoor, settings):
    settings.DELETION_WAIT_DAYS = 14
    for name in ("ann", "bob"):
        make_member(tech, email=f"{name}@example.com")
    make_member(tech, "manager", email="manager@example.com")
    with tenant_context(tech):
        make_product("Lamp")
    with connection.cursor() as cursor:
        # A test is one transaction, in which no row may wait to be looked at when its table goes.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")

    wrong = platform.post(page_of(tech, "end"), {"slug": "outdoor"})
    assert "Type tech" in words(wrong)
    assert not ShopDeletion.objects.exists()
    page = platform.post(page_of(tech, "end"), {"slug": "tech"}, follow=True)

    assert "deleted after" in words(page)
    tech.refresh_from_db()
    assert not tech.active
    assert front_of(tech).status_code == 404
    deletion = ShopDeletion.objects.get()
    assert timedelta(days=13.9) < deletion.delete_after - timezone.now() < timedelta(days=14.1)
    assert work_off("write_shop_export") == 1
    assert work_off("mail_owner") == 2
    assert sorted(message.to[0] for message in mail.outbox) == [
        "ann@example.com",
        "bob@example.com",
    ]
    assert "http://tech.localhost/admin/tenants/shopdeletion/" in mail.outbox[0].body
    assert "staff@example.com asked for this" in mail.outbox[0].body

    end_shops_regularly(0)
    assert Tenant.objects.filter(slug="tech").exists()
    ShopDeletion.objects.update(delete_after=timezone.now() - timedelta(seconds=1))
    end_shops_regularly(0)

    assert [shop.slug for shop in Tenant.objects.all()] == ["outdoor"]
    assert not ShopDeletion.objects.exists()
    _first, last = ShopExport.objects.order_by("created_at")
    assert last.state == "ready"
    assert last.expires_at - timezone.now() > timedelta(days=80)
    assert "Tech Gadgets" in words(platform.get("/admin/tenants/shopexport/"))
    restored = restore_tenant(path_of(last))
    with tenant_context(restored):
        assert Product.objects.get().name == "Lamp"


def test_an_owner_ends_the_shop_and_takes_that_back(desk, tech):
    page = "/admin/tenants/shopdeletion/"
    wrong = desk.post(page, {"slug": "Tech"})
    assert "Type tech" in words(wrong)

    asked = desk.post(page, {"slug": "tech"}, follow=True)

    assert "will be deleted after" in words(asked)
    assert front_of(tech).status_code == 404
    assert work_off("mail_owner") == 1
    kept = desk.post(f"{page}keep/", follow=True)
    assert "Delete this shop" in words(kept)
    tech.refresh_from_db()
    assert tech.active
    assert front_of(tech).status_code == 200
    assert not ShopDeletion.objects.exists()
    work_off("mail_owner")
    assert [message.subject.partition(" ")[2].partition(" on ")[0] for message in mail.outbox] == [
        "Gadgets will be deleted",
        "Gadgets will not be deleted",
    ]
    assert "open again" in mail.outbox[1].body
    with tenant_context(tech):
        assert AuditEntry.objects.filter(changes__has_key="deletion").count() == 2


def reminders() -> list:
    """What the worker's hour sends to owners."""
    mail.outbox.clear()
    Job.objects.filter(task_name="tenants.jobs.mail_owner").delete()
    end_shops_regularly(0)
    work_off("mail_owner")
    return list(mail.outbox)


def ends_in(hours: float, *, asked_before: float = 11 * 24) -> None:
    now = timezone.now()
    ShopDeletion.objects.update(
        delete_after=now + timedelta(hours=hours), asked_at=now - timedelta(hours=asked_before)
    )


def test_owners_are_reminded_once_before_the_shop_is_deleted(desk, tech):
    make_member(tech, email="ann@example.com")
    make_member(tech, "manager", email="manager@example.com")
    desk.post("/admin/tenants/shopdeletion/", {"slug": "tech"})
    ends_in(72.1)
    assert reminders() == []

    ends_in(71.9)
    sent = reminders()

    assert sorted(message.to[0] for message in sent) == ["ann@example.com", "owner@example.com"]
    assert sent[0].subject.startswith("Reminder: Tech Gadgets will be deleted on ")
    for text in (sent[0].body, sent[0].alternatives[0].content):
        assert "http://tech.localhost/admin/tenants/shopdeletion/" in text
        assert "press “Keep the shop”" in text
        assert "(UTC): products, orders" in text
    assert reminders() == []
    # What the mail says is there.
    assert "Keep the shop" in words(desk.get("/admin/tenants/shopdeletion/"))


def test_a_short_waiting_time_is_half_over_before_anybody_is_reminded(desk, tech):
    desk.post("/admin/tenants/shopdeletion/", {"slug": "tech"})
    ends_in(24, asked_before=23)
    assert reminders() == []

    ends_in(23, asked_before=24)

    assert len(reminders()) == 1


def test_what_the_platform_ends_is_reminded_of_without_a_way_that_is_not_there(platform, tech):
    make_member(tech, email="ann@example.com")
    platform.post(page_of(tech, "end"), {"slug": "tech"})
    ends_in(48)

    (message,) = reminders()

    assert "please ask the platform’s staff" in message.body
    assert "Keep the shop" not in message.body


def test_nobody_is_reminded_of_what_was_taken_back_meanwhile(desk, tech):
    desk.post("/admin/tenants/shopdeletion/", {"slug": "tech"})
    ends_in(48)
    Job.objects.all().delete()
    end_shops_regularly(0)
    desk.post("/admin/tenants/shopdeletion/keep/")
    Job.objects.exclude(args__purpose="deletion_soon").delete()

    assert work_off("mail_owner") == 1
    assert mail.outbox == []


def test_mails_speak_the_shops_language(desk, tech):
    Tenant.objects.filter(pk=tech.pk).update(language="de")
    desk.post("/admin/tenants/shopdeletion/", {"slug": "tech"})

    work_off("mail_owner")

    assert "wird am" in mail.outbox[0].subject
    assert "Der Shop ist jetzt geschlossen" in mail.outbox[0].body
    assert "Der Shop ist jetzt geschlossen" in mail.outbox[0].alternatives[0].content


@pytest.mark.parametrize("role", ["manager", "fulfilment", "viewer"])
def test_nobody_but_an_owner_ends_a_shop(desk_of, tech, role):
    client = desk_of(role)

    assert client.get("/admin/tenants/shopdeletion/").status_code == 403
    assert client.post("/admin/tenants/shopdeletion/", {"slug": "tech"}).status_code == 403
    assert client.post("/admin/tenants/shopdeletion/keep/").status_code == 403
    assert not ShopDeletion.objects.exists()


def test_no_owner_takes_back_what_the_platform_ends(platform, desk, tech):
    platform.post(page_of(tech, "end"), {"slug": "tech"})

    page = words(desk.get("/admin/tenants/shopdeletion/"))
    answer = desk.post("/admin/tenants/shopdeletion/keep/", follow=True)

    assert "Only the platform’s staff" in page
    assert "only its staff can take that back" in words(answer)
    assert ShopDeletion.objects.exists()
    assert "The shop stays." in words(platform.post(page_of(tech, "keep"), follow=True))
    assert not ShopDeletion.objects.exists()


def test_the_overview_of_a_closed_shop_says_so_and_why(platform, desk_of, tech):
    owner, manager = desk_of("owner"), desk_of("manager")

    def overview(browser):
        clear_cache()
        return words(browser.get("/admin/"))

    assert "shoppers see that it is closed" not in overview(owner)

    platform.post(page_of(tech, "suspend"), {"reason": "Sells fakes"})
    assert "suspended this shop: shoppers see that it is closed" in overview(manager)
    assert "The reason: Sells fakes" in overview(owner)

    platform.post(page_of(tech, "reopen"))
    owner.post("/admin/tenants/shopdeletion/", {"slug": "tech"})
    assert "all of it will be deleted after" in overview(manager)
    assert "Keep the shop" not in overview(manager)
    assert "Keep the shop" in overview(owner)

    owner.post("/admin/tenants/shopdeletion/keep/")
    platform.post(page_of(tech, "end"), {"slug": "tech"})
    assert "all of it will be deleted after" in overview(owner)
    assert "Keep the shop" not in overview(owner)


def test_a_suspended_shop_that_is_kept_stays_suspended(platform, tech):
    platform.post(page_of(tech, "suspend"), {"reason": "Unpaid"})
    platform.post(page_of(tech, "end"), {"slug": "tech"})

    refused = platform.post(page_of(tech, "reopen"), follow=True)
    with pytest.raises(CommandError, match="take that back first"):
        call_command("suspend_tenant", "tech", "--resume")
    assert "take that back first" in words(refused)
    platform.post(page_of(tech, "keep"))

    tech.refresh_from_db()
    assert (tech.active, tech.closed_reason) == (False, "Unpaid")


def test_no_owner_gets_around_a_suspension_by_a_deletion_that_they_take_back(platform, staff, tech):
    ending.plan_deletion(tech, typed_slug="tech", user=staff, by_platform=False)
    connection.set_schema_to_public()
    assert page_of(tech, "suspend") in platform.get(page_of(tech)).content.decode()

    platform.post(page_of(tech, "suspend"), {"reason": "Sells fakes"})
    again = platform.post(page_of(tech, "suspend"), {"reason": "Again"}, follow=True)
    ending.take_back(tech, user=staff, by_platform=False)

    assert "closed already" in words(again)
    tech.refresh_from_db()
    assert (tech.active, tech.closed_reason) == (False, "Sells fakes")


def test_a_deletion_that_begins_is_not_taken_back(staff, tech):
    ending.plan_deletion(tech, typed_slug="tech", user=staff, by_platform=True)
    ShopDeletion.objects.update(started_at=timezone.now())

    with pytest.raises(Conflict, match="at this moment"):
        ending.take_back(tech, user=staff, by_platform=True)


def test_a_deletion_that_was_taken_back_meanwhile_deletes_nothing(staff, tech):
    deletion = ending.plan_deletion(tech, typed_slug="tech", user=staff, by_platform=True)
    connection.set_schema_to_public()
    ShopDeletion.objects.update(delete_after=timezone.now())
    ending.take_back(tech, user=staff, by_platform=True)

    assert ending._delete(deletion) is False
    assert Tenant.objects.filter(slug="tech").exists()


def test_a_deletion_that_fails_says_so_and_is_tried_again(platform, staff, tech):
    ending.plan_deletion(tech, typed_slug="tech", user=staff, by_platform=True)
    ShopDeletion.objects.update(delete_after=timezone.now())
    schema = tech.schema_name
    with connection.cursor() as cursor:
        cursor.execute(f'ALTER SCHEMA "{schema}" RENAME TO "t_elsewhere"')

    assert ending.delete_those_due() == []

    deletion = ShopDeletion.objects.get()
    assert deletion.problem
    assert deletion.started_at is None
    assert "The last try failed" in words(platform.get(page_of(tech)))
    with connection.cursor() as cursor:
        cursor.execute(f'ALTER SCHEMA "t_elsewhere" RENAME TO "{schema}"')
    due = ShopDeletion.objects.filter(started_at=None, delete_after__lte=timezone.now())
    assert due.exists()
