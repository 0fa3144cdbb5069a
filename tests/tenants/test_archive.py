"""One shop in one file, and back; the others see nothing of it."""

import hashlib
import json
import threading
import time
import zipfile
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection, connections, transaction
from django.db.migrations.loader import MigrationLoader

from catalog.demo.loading import ensure_shop
from catalog.demo.tech import TECH
from catalog.models import (
    Category,
    FeaturedProduct,
    Product,
    SearchDocument,
    StockMovement,
    Variant,
)
from catalog.services import categories
from checkout.demo.loading import ensure_orders
from checkout.jobs import have_products_follow_regularly
from checkout.services.integrity import violations
from orders.models import Order
from pycommerce.core.errors import InvalidRequest
from tenants.models import ApiKey, Domain, DueWork, Membership, Tenant, User
from tenants.services import add_domain
from tenants.services.archive import BadArchive, export_tenant, restore_tenant, tables_of
from tenants.services.keys import make_key
from tenants.services.lifecycle import delete_tenant
from tenants.services.migrating import known_migrations, lagging_tenants, migrate_schema
from tenants.shop.models import (
    ShopState,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookEvent,
    catalogue_version,
)
from tenants.webhooks.announcing import announce
from tenants.webhooks.signing import secret_of
from tests.factories import make_category, make_member, make_order, make_product

# A schema with writes that did not commit yet cannot be dropped.
pytestmark = pytest.mark.django_db(transaction=True)
LOOK = {
    "tagline": "Light for everybody",
    "primary_color": "#123456",
    "radius": "none",
    "density": "compact",
    "type_scale": "poster",
    "logo_alt": "A lamp",
    "logo_width": 300,
    "logo_height": 80,
}
MODELS = (Category, Product, Variant, StockMovement)


@pytest.fixture
def filled(tech, settings, tmp_path):
    """A shop with a bit of everything."""
    settings.MEDIA_ROOT = tmp_path / "media"
    for name, value in LOOK.items():
        setattr(tech, name, value)
    tech.save()
    make_product("Lamp “和”", on_hand=7, categories=[make_category("Light")], image="A lamp")
    make_member(tech, email="jane@example.com", name="Jane")
    add_domain(tech, "shop.example.org", is_primary=True)
    picture = settings.MEDIA_ROOT / f"tenants/{tech.pk}/products/a.webp"
    picture.parent.mkdir(parents=True)
    picture.write_bytes(b"picture")
    return tech


def _rows(tenant: Tenant) -> dict[str, list[tuple[object, ...]]]:
    connection.set_tenant(tenant)
    return {model.__name__: sorted(map(str, model.objects.values_list())) for model in MODELS}


def test_a_deleted_shop_comes_back_whole(filled, tmp_path, settings):
    file = tmp_path / "shop.zip"
    before, version = _rows(filled), catalogue_version()

    delete_tenant(filled, export_to=file)

    assert not Tenant.objects.filter(slug="tech").exists()
    assert not Domain.objects.exists()
    assert not Membership.objects.exists()
    assert not (settings.MEDIA_ROOT / f"tenants/{filled.pk}").exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_namespace WHERE nspname = %s", [filled.schema_name])
        assert cursor.fetchone() == (0,)
    User.objects.all().delete()

    shop = restore_tenant(file)

    assert shop.pk == filled.pk
    assert {name: getattr(shop, name) for name in LOOK} == LOOK
    assert _rows(shop) == before
    assert catalogue_version() > version
    assert Domain.objects.get().domain == "shop.example.org"
    member = Membership.objects.get()
    assert (member.user.email, member.user.name, member.role) == (
        "jane@example.com",
        "Jane",
        "owner",
    )
    assert not member.user.has_usable_password()
    picture = settings.MEDIA_ROOT / f"tenants/{shop.pk}/products/a.webp"
    assert picture.read_bytes() == b"picture"


def _digests(file: Path) -> dict[str, str]:
    with zipfile.ZipFile(file) as archive:
        tables = json.loads(archive.read("manifest.json"))["tables"]
    # Restoring raises the catalogue's version.
    return {name: said["sha256"] for name, said in tables.items() if name != "shop_state"}


def test_a_year_of_orders_and_payments_comes_back_row_by_row(tech, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    ensure_shop(TECH)
    ensure_orders(tech)
    Tenant.objects.filter(pk=tech.pk).update(stripe_account="acct_1Shop", time_zone="Asia/Tokyo")
    tech.refresh_from_db()
    connection.set_tenant(tech)
    filled_tables = {name for name in tables_of(tech) if _count(name)}
    assert {"orders_order", "orders_ledgerentry", "checkout_paymentattempt"} <= filled_tables
    last_number = ShopState.objects.get().last_order_number

    delete_tenant(tech, export_to=tmp_path / "before.zip")
    shop = restore_tenant(tmp_path / "before.zip")
    export_tenant(shop, tmp_path / "after.zip")

    assert _digests(tmp_path / "after.zip") == _digests(tmp_path / "before.zip")
    assert (shop.stripe_account, shop.time_zone) == ("acct_1Shop", "Asia/Tokyo")
    connection.set_tenant(shop)
    assert violations() == []
    assert ShopState.objects.get().last_order_number == last_number


def _count(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT count(*) FROM "{table}"')
        return cursor.fetchone()[0]


def test_the_file_holds_every_field_of_the_shop(filled, tmp_path):
    made_anew = {"id", "schema_name", "logo", "created_at", "updated_at", "first_steps_ended_at"}

    manifest = export_tenant(filled, tmp_path / "shop.zip")

    fields = {field.name for field in Tenant._meta.concrete_fields}
    assert fields - made_anew == set(manifest["tenant"]) - {"id"}
    assert manifest["tenant"]["id"] == str(filled.pk)


def test_what_is_written_while_a_shop_is_deleted_is_in_its_file(filled, tmp_path):
    """Whoever was there first is waited for."""
    wrote, may_commit, committed = threading.Event(), threading.Event(), threading.Event()

    def write() -> None:
        connection.set_tenant(filled)
        with transaction.atomic():
            make_category("At the last moment")
            wrote.set()
            may_commit.wait(120)
        committed.set()
        connections.close_all()

    def delete() -> None:
        delete_tenant(filled, export_to=tmp_path / "shop.zip")
        connections.close_all()

    writer, deleter = threading.Thread(target=write), threading.Thread(target=delete)
    writer.start()
    assert wrote.wait(120)
    deleter.start()
    deadline = time.monotonic() + 120
    while not _somebody_waits() and deleter.is_alive():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert not committed.is_set()
    may_commit.set()
    writer.join(120)
    deleter.join(120)

    assert committed.is_set()
    assert not Tenant.objects.filter(pk=filled.pk).exists()
    with zipfile.ZipFile(tmp_path / "shop.zip") as archive:
        assert b"At the last moment" in archive.read("tables/catalog_category")


# In this database: others of the server are those of tests that run beside this one.
_WAITING = """
SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'relation'
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_WAITING)
        return cursor.fetchone()[0] > 0


def test_a_shop_that_cannot_be_written_to_a_file_stays_open(filled, tmp_path):
    with pytest.raises(InvalidRequest, match="cannot be written"):
        delete_tenant(filled, export_to=tmp_path / "no such folder" / "shop.zip")

    assert Tenant.objects.get(pk=filled.pk).active


def test_a_shop_whose_pictures_cannot_be_written_is_not_restored(filled, tmp_path, settings):
    delete_tenant(filled, export_to=tmp_path / "shop.zip")
    settings.MEDIA_ROOT.joinpath("tenants").rmdir()
    settings.MEDIA_ROOT.joinpath("tenants").write_text("in the way")

    with pytest.raises(BadArchive, match="tenants"):
        restore_tenant(tmp_path / "shop.zip")

    assert not Tenant.objects.filter(slug="tech").exists()


def test_rows_that_do_not_fit_together_are_refused(filled, tmp_path):
    file = tmp_path / "shop.zip"
    delete_tenant(filled, export_to=file)
    with zipfile.ZipFile(file) as archive:
        tables = json.loads(archive.read("manifest.json"))["tables"]
    tables["catalog_product"]["sha256"] = hashlib.sha256(b"").hexdigest()
    _change(file, entries={"tables/catalog_product": b""}, manifest={"tables": tables})

    with pytest.raises(BadArchive, match="not those of a shop"):
        restore_tenant(file)

    assert not Tenant.objects.filter(slug="tech").exists()


def test_a_restored_shop_can_be_written_to(filled, tmp_path):
    delete_tenant(filled, export_to=tmp_path / "shop.zip")
    connection.set_tenant(restore_tenant(tmp_path / "shop.zip"))

    product = make_product("Newer", categories=[Category.objects.get()])

    assert product.category_names == ["Light"]


def test_what_was_under_way_in_a_shop_goes_on_when_it_is_restored(filled, tmp_path, monkeypatch):
    monkeypatch.setattr(categories, "AT_ONCE", 0)
    categories.delete_categories([Category.objects.get().pk])
    monkeypatch.undo()
    delete_tenant(filled, export_to=tmp_path / "shop.zip")
    DueWork.objects.all().delete()

    shop = restore_tenant(tmp_path / "shop.zip")
    have_products_follow_regularly(timestamp=0)

    connection.set_tenant(shop)
    assert not Category.objects.exists()
    assert Product.objects.get().category_names == []


def test_a_restored_shop_calls_nobody_and_its_keys_are_gone(filled, tmp_path):
    """What listens there may know the shop that this is a copy of; a revoked key stays revoked."""
    file = tmp_path / "shop.zip"
    endpoint = WebhookEndpoint.objects.create(
        address="https://erp.example.com/hook", events=["order.paid"]
    )
    secret = secret_of(endpoint)
    event = WebhookEvent.objects.create(type="order.paid", body="{}")
    WebhookDelivery.objects.create(event=event, endpoint=endpoint)
    announce("order.paid", [{"order": str(filled.pk)}])
    make_key(
        tenant=filled,
        name="ERP",
        scopes=["orders:read"],
        expires_at=None,
        user=User.objects.get(email="jane@example.com"),
    )

    delete_tenant(filled, export_to=file)
    connection.set_tenant(restore_tenant(file))

    assert WebhookEndpoint.objects.get().is_active is False
    assert WebhookDelivery.objects.get().next_try_at is None
    assert [each.pk for each in WebhookEvent.objects.all()] == [event.pk]
    assert secret_of(WebhookEndpoint.objects.get()) == secret
    assert not ApiKey.objects.exists()
    with zipfile.ZipFile(file) as archive:
        assert not any(secret.encode() in archive.read(name) for name in archive.namelist())


def test_the_file_holds_nothing_of_another_shop(filled, tmp_path):
    outdoor = Tenant.objects.get(slug="outdoor")
    connection.set_tenant(outdoor)
    make_product("Zwiebelturm")
    make_member(outdoor, email="zwiebelturm@example.com")

    export_tenant(filled, tmp_path / "shop.zip")

    with zipfile.ZipFile(tmp_path / "shop.zip") as archive:
        content = b"".join(archive.read(name) for name in archive.namelist())
    assert b"Lamp" in content
    assert b"wiebelturm" not in content
    assert str(outdoor.pk).encode() not in content


def test_a_shop_that_exists_is_not_overwritten(filled, tmp_path):
    export_tenant(filled, tmp_path / "shop.zip")

    with pytest.raises(BadArchive, match="exists already"):
        restore_tenant(tmp_path / "shop.zip")


def test_a_shop_comes_back_where_its_tables_are_made_by_migrations(filled, tmp_path, settings):
    """As without a pg_dump; migrations leave some checks to be made at once."""
    file = tmp_path / "shop.zip"
    before = _rows(filled)
    delete_tenant(filled, export_to=file)
    settings.VAR_DIR = tmp_path

    with transaction.atomic():
        tenant = restore_tenant(file)

    assert not (tmp_path / "templates").exists()
    assert _rows(tenant) == before


def earlier_than(migration: str) -> list[str]:
    """All migrations but this one and those that need it."""
    graph = MigrationLoader(None).graph
    later = {".".join(node) for node in graph.backwards_plan(tuple(migration.split(".")))}
    return [each for each in known_migrations() if each not in later]


_OLD_PRODUCT = """
INSERT INTO catalog_product
    (id, name, slug, description, status, vendor, product_type, tags, option_names, seo_title,
     seo_description, source_fields, created_at, updated_at, price, max_price, sku, sort_name,
     category_names, category_ids, image_list, image_widths, facets)
VALUES (gen_random_uuid(), 'Torch', 'torch', '', 'draft', '', '', '{}', '{}', '', '', '{}', now(),
        now(), 5, 5, '', '', '{}', '{}', '[]', '{}', '{}')
"""


@pytest.fixture
def old_file(tech, tmp_path):
    """An archive of the version that had no documents to search: a product on the home page."""
    with connection.cursor() as cursor:
        cursor.execute(f'DROP SCHEMA "{tech.schema_name}" CASCADE')
        cursor.execute(f'CREATE SCHEMA "{tech.schema_name}"')
        migrate_schema(tech.schema_name, only=earlier_than("catalog.0008_low_stock"))
        connection.set_tenant(tech)
        cursor.execute(_OLD_PRODUCT)
        cursor.execute(
            "INSERT INTO catalog_featuredproduct (home_id, product_id, position) "
            "SELECT h.id, p.id, 1 FROM catalog_homepage h, catalog_product p"
        )
        cursor.execute("SELECT to_regclass('catalog_searchdocument')")
        assert cursor.fetchone() == (None,)
    file = tmp_path / "old.zip"
    delete_tenant(tech, export_to=file)
    with zipfile.ZipFile(file) as archive:
        manifest = json.loads(archive.read("manifest.json"))
    tenant = {name: value for name, value in manifest["tenant"].items() if name != "density"}
    _change(file, manifest={"tenant": tenant, "version": "0.1"})
    return file


def test_a_file_of_an_earlier_version_is_restored_and_brought_up_to_date(old_file):
    tenant = restore_tenant(old_file)

    assert lagging_tenants() == []
    connection.set_tenant(tenant)
    assert [each.product.name for each in FeaturedProduct.objects.all()] == ["Torch"]
    assert tenant.density == Tenant().density
    product = make_product("Lamp")
    assert SearchDocument.objects.filter(product=product).exists()


def test_orders_of_a_version_that_kept_no_name_of_their_tax_are_restored(tech, tmp_path):
    order = make_order(make_product("Lamp"))
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE orders_order DROP tax_name, DROP tax_percent")
        cursor.execute("DELETE FROM django_migrations WHERE name = '0011_tax_of_orders_by_name'")
    file = tmp_path / "old.zip"
    delete_tenant(tech, export_to=file)

    tenant = restore_tenant(file)

    assert lagging_tenants() == []
    connection.set_tenant(tenant)
    assert [(each.pk, each.tax_words) for each in Order.objects.all()] == [(order.pk, "")]


def test_a_file_of_an_earlier_version_that_fits_nothing_leaves_nothing(old_file):
    with zipfile.ZipFile(old_file) as archive:
        manifest = json.loads(archive.read("manifest.json"))
    # Without the first one that all others need.
    _change(old_file, manifest={"migrations": manifest["migrations"][1:]})

    with pytest.raises(BadArchive, match="unknown here"):
        restore_tenant(old_file)

    assert not Tenant.objects.filter(slug="tech").exists()


def test_a_file_that_exists_is_not_overwritten(filled, tmp_path):
    (tmp_path / "shop.zip").write_text("mine")

    with pytest.raises(CommandError, match="exists already"):
        call_command("export_tenant", "tech", str(tmp_path / "shop.zip"))


def _change(file: Path, **changes: object) -> None:
    """Write the archive again with some entries changed; `manifest` is updated member by member."""
    with zipfile.ZipFile(file) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(entries["manifest.json"])
    manifest |= changes.pop("manifest", {})
    entries["manifest.json"] = json.dumps(manifest).encode()
    entries |= changes.pop("entries", {})
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"manifest": {"format": 2}}, "format 2"),
        ({"manifest": {"migrations": ["catalog.9999_later"]}}, "unknown here"),
        ({"manifest": {"media": {"../../etc/passwd": "x"}}}, "outside its own folder"),
        ({"entries": {"tables/catalog_product": b"changed"}}, "was changed"),
        ({"entries": {"media/another": b"x"}}, "not what its manifest says"),
        ({"entries": {"manifest.json": b"{"}}, "manifest cannot be read"),
    ],
)
def test_a_file_that_is_not_as_we_wrote_it_is_refused_and_nothing_is_made(
    filled, tmp_path, changes, words
):
    file = tmp_path / "shop.zip"
    delete_tenant(filled, export_to=file)
    _change(file, **changes)

    with pytest.raises(CommandError, match=words):
        call_command("restore_tenant", str(file))

    assert not Tenant.objects.filter(slug="tech").exists()


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04broken"])
def test_what_is_no_archive_is_refused(db, tmp_path, content):
    (tmp_path / "shop.zip").write_bytes(content)

    with pytest.raises(CommandError):
        call_command("restore_tenant", str(tmp_path / "shop.zip"))


def test_deleting_needs_the_slug_typed(filled, tmp_path):
    file = tmp_path / "shop.zip"

    with pytest.raises(CommandError, match="nothing was removed"):
        call_command("delete_tenant", "tech", "--confirm", "tec", "--export-to", str(file))

    assert Tenant.objects.filter(slug="tech").exists()
    assert not file.exists()

    call_command("delete_tenant", "tech", "--confirm", "tech", "--export-to", str(file))

    assert not Tenant.objects.filter(slug="tech").exists()
    assert file.exists()
