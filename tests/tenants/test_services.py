"""Opening shops: which names they may have, all or nothing, and two at once."""

import os
import subprocess
import sys
import threading

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import ProgrammingError, connection, connections
from psycopg.errors import DuplicateSchema

from pycommerce.core.errors import InvalidRequest
from pycommerce.core.ids import uuid7
from tenants.errors import HostTaken, LastOwner, SlugTaken
from tenants.management.commands.migrate import Command as MigrateCommand
from tenants.models import Domain, Membership, Role, Tenant, User, schema_name_of
from tenants.services import add_domain, add_member, clean_host, clean_slug, create_tenant, creating
from tenants.services.members import remove_member
from tenants.services.migrating import lagging_tenants, migrate_schema
from tests.factories import make_user


def _schemas() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE 't\\_%%'")
        return {name for (name,) in cursor.fetchall()}


@pytest.mark.parametrize(
    ("slug", "reason"),
    [
        ("a", "2 to 40 characters"),
        ("a" * 41, "2 to 40 characters"),
        ("www", "reserved"),
        ("api", "reserved"),
        ("admin", "reserved"),
        ("static", "reserved"),
        ("Shop", "lower-case"),
        ("my shop", "lower-case"),
        ("-shop", "lower-case"),
        ("a--b", "lower-case"),
        ("xn--mnchen-3ya", "lower-case"),
        ("münchen", "other alphabets"),
        ("shop\n", "lower-case"),
        ("1234", "one letter"),
    ],
)
def test_a_slug_is_refused_with_a_reason(slug, reason):
    with pytest.raises(InvalidRequest) as refusal:
        clean_slug(slug)

    assert reason in refusal.value.fields["slug"][0]


@pytest.mark.parametrize("slug", ["ab", "my-shop", "shop24", "a" * 40])
def test_a_good_slug_is_taken_as_it_is(slug):
    assert clean_slug(slug) == slug


@pytest.mark.parametrize(
    ("host", "stored"),
    [
        ("Shop.Example.org", "shop.example.org"),
        ("shop.example.org.", "shop.example.org"),
        ("münchen.example", "xn--mnchen-3ya.example"),
    ],
)
def test_a_custom_host_is_stored_as_browsers_send_it(host, stored):
    assert clean_host(host) == stored


@pytest.mark.parametrize(
    "host",
    [
        "",
        "https://shop.example.org",
        "shop.example.org:8000",
        "shop.example.org/path",
        "127.0.0.1",
        "1.2.3",
        "localhost",
        "tech.localhost",
        "intranet",
        "a b.example",
        "-a.example",
        "a" * 64 + ".example",
        "a." * 130 + "example",
    ],
)
def test_a_bad_host_is_refused_by_its_field(host):
    with pytest.raises(InvalidRequest) as refusal:
        clean_host(host)

    assert list(refusal.value.fields) == ["domain"]


def test_a_host_belongs_to_one_shop(tech, outdoor):
    add_domain(tech, "shop.example.org")

    with pytest.raises(HostTaken):
        add_domain(outdoor, "SHOP.example.org")

    assert Domain.objects.get().tenant == tech


def test_a_new_shop_has_row_schema_tables_and_owner(db):
    owner = make_user()

    shop = create_tenant(slug="books", name="Books", currency="EUR", owner=owner)

    assert shop.schema_name == schema_name_of(shop.pk)
    assert lagging_tenants() == []
    assert Membership.objects.get(tenant=shop).user == owner
    assert Tenant.objects.get(slug="books").currency == "EUR"


@pytest.mark.django_db(transaction=True)
def test_a_failure_half_way_leaves_neither_row_nor_schema():
    shop_id = uuid7()
    with connection.cursor() as cursor:
        # The schema is there already, so that making it fails after the row was written.
        cursor.execute(f'CREATE SCHEMA "{schema_name_of(shop_id)}"')

    with pytest.raises(ProgrammingError) as failure:
        create_tenant(slug="books", name="Books", id=shop_id)

    assert isinstance(failure.value.__cause__, DuplicateSchema)
    assert not Tenant.objects.filter(slug="books").exists()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_tables WHERE schemaname = %s", [schema_name_of(shop_id)]
        )
        assert cursor.fetchone() == (0,)


@pytest.mark.django_db(transaction=True)
def test_of_two_shops_with_one_slug_at_once_one_is_made():
    before = _schemas()
    start, made, refused = threading.Barrier(2), [], []

    def attempt():
        start.wait()
        try:
            made.append(create_tenant(slug="books", name="Books"))
        except SlugTaken as error:
            refused.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=attempt) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (len(made), len(refused)) == (1, 1)
    assert _schemas() - before == {made[0].schema_name}


def _dump(schema_name: str) -> str:
    program = creating._pg_dump()
    assert program
    return creating._dump(program, schema_name).replace(schema_name, "schema")


@pytest.mark.django_db(transaction=True)
def test_a_shop_from_the_template_is_the_same_as_a_migrated_one():
    replayed = create_tenant(slug="books", name="Books")
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA t_migrated")
    migrate_schema("t_migrated")
    # Written down and read once, as the template is: PostgreSQL words casts anew by that.
    program = creating._pg_dump()
    assert program
    with connection.cursor() as cursor:
        cursor.execute(creating._dump(program, "t_migrated").replace("t_migrated", "t_read"))

    def objects(schema_name):
        # The times at which migrations ran differ, and nothing else.
        lines = _dump(schema_name).splitlines()
        return sorted(line for line in lines if "django_migrations VALUES" not in line)

    assert objects(replayed.schema_name) == objects("t_read")


@pytest.mark.django_db(transaction=True)
def test_migrate_brings_only_those_that_lag_and_names_who_fails(capsys):
    good = create_tenant(slug="good", name="Good")
    bad = create_tenant(slug="bad", name="Bad")
    for shop in (good, bad):
        connection.set_tenant(shop)
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM django_migrations WHERE app <> 'shop'")
            cursor.execute("DROP TABLE catalog_searchword")
    connection.set_tenant(good)
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [good.schema_name])
        for (table,) in cursor.fetchall():
            if not table.startswith(("shop_", "django_")):
                cursor.execute(f"DROP TABLE IF EXISTS {table} CASCADE")
    connection.set_schema_to_public()
    assert {lag.schema_name for lag in lagging_tenants()} == {good.schema_name, bad.schema_name}

    with pytest.raises(CommandError, match="1 of 2 shops"):
        call_command("migrate", jobs=1)

    assert [lag.schema_name for lag in lagging_tenants()] == [bad.schema_name]
    assert bad.schema_name in capsys.readouterr().err


@pytest.mark.django_db(transaction=True)
def test_migrate_brings_several_shops_at_once():
    shops = [create_tenant(slug=slug, name=slug) for slug in ("one", "two", "three")]
    with connection.cursor() as cursor:
        for shop in shops:
            cursor.execute(f'DROP SCHEMA "{shop.schema_name}" CASCADE')
            cursor.execute(f'CREATE SCHEMA "{shop.schema_name}"')
    assert len(lagging_tenants()) == 3
    place = connection.settings_dict
    url = f"postgres://{place['USER']}@/{place['NAME']}?host={place['HOST']}&port={place['PORT']}"

    done = subprocess.run(
        [sys.executable, "manage.py", "migrate", "--jobs", "2"],
        cwd=settings.BASE_DIR,
        env=os.environ | {"DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert lagging_tenants() == []


# --- Members ----------------------------------------------------------------------------------


def test_a_role_can_be_changed_but_the_last_owner_stays(tech):
    owner, other = make_user(), make_user()
    add_member(owner, tech, Role.OWNER)
    with pytest.raises(LastOwner):
        add_member(owner, tech, Role.VIEWER)

    add_member(other, tech, Role.OWNER)
    add_member(owner, tech, Role.VIEWER)

    assert Membership.objects.get(user=owner).role == Role.VIEWER


@pytest.mark.django_db(transaction=True)
def test_two_owners_who_remove_each_other_at_once_leave_one():
    tech = Tenant.objects.get(slug="tech")
    memberships = [add_member(make_user(), tech, Role.OWNER) for _ in range(2)]
    start, refused = threading.Barrier(2), []

    def remove(membership):
        start.wait()
        try:
            remove_member(membership)
        except LastOwner as error:
            refused.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=remove, args=[each]) for each in memberships]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(refused) == 1
    assert Membership.objects.filter(tenant=tech, role=Role.OWNER).count() == 1


# --- Commands ---------------------------------------------------------------------------------


def test_a_shop_is_opened_by_command_with_its_owner_and_host(db, capsys):
    call_command(
        "create_tenant", "books", "--owner", "Jane@Example.com", "--domain", "books.example.org"
    )

    output = capsys.readouterr().out
    shop = Tenant.objects.get(slug="books")
    assert shop.name == "Books"
    assert Domain.objects.get().domain == "books.example.org"
    password = output.split("password is ")[1].split()[0]
    assert User.objects.get(email="jane@example.com").check_password(password)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["admin"], "reserved"),
        (["tech"], "Another shop has the address"),
        (["books", "--currency", "EURO"], "currency cannot be used"),
        (["books", "--currency", "ZZZ"], "currency cannot be used"),
        (["books", "--currency", "xxx"], "currency cannot be used"),
        (["books", "--domain", "localhost"], "domain cannot be used"),
        (["books", "--owner", "nobody"], "valid email"),
        (["books", "--primary-color", "red"], "#rrggbb"),
    ],
)
def test_a_wrong_command_is_a_sentence_and_makes_nothing(tech, arguments, words):
    before = _schemas()

    with pytest.raises(CommandError, match=words):
        call_command("create_tenant", *arguments)

    assert _schemas() == before
    assert Tenant.objects.count() == 2
    assert not User.objects.exists()


def test_shops_that_lag_are_migrated_by_several_processes(db):
    # They stop at schemas that are not there, and not before they have begun.
    schemas = ["t_nobody_1", "t_nobody_2"]

    failures = MigrateCommand()._migrate(schemas, 2)

    assert failures.keys() == set(schemas)
    assert all("Apps aren't loaded" not in problem for problem in failures.values())


def test_a_shop_is_suspended_and_resumed(tech, client_for):
    call_command("suspend_tenant", "tech")
    tech.refresh_from_db()
    assert not tech.active

    call_command("suspend_tenant", "tech", "--resume")
    tech.refresh_from_db()
    assert tech.active


def test_pg_dump_is_as_new_as_the_server(db):
    program = creating._pg_dump()
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)

    assert str(connection.connection.info.server_version // 10000) in version.stdout
