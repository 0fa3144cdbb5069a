"""What a process knows of all shops, renewed by one statement."""

import threading

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from tenants.changes import HELD_SECONDS, Changes, changes
from tenants.models import Tenant
from tenants.platform_models import CatalogueVersion
from tenants.resolution import tenant_by_slug
from tenants.services import create_tenant
from tenants.services.looking import end_first_steps
from tenants.shop.models import catalogue_version, raise_catalogue_version

NOW = 0.0


def looked(known: Changes) -> Changes:
    known.look(NOW)
    return known


def elsewhere(work):
    """Do something on a connection of its own, and commit it."""
    failures = []

    def run():
        try:
            work()
        except BaseException as error:
            failures.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert failures == []


@pytest.mark.django_db
def test_a_version_is_known_as_it_was_raised_and_that_of_another_shop_stays(tech, outdoor):
    known = looked(Changes())
    before = known.version_of(outdoor.schema_name)
    connection.set_tenant(tech)
    assert known.version_of(tech.schema_name) == catalogue_version()

    raise_catalogue_version()

    assert looked(known).version_of(tech.schema_name) == catalogue_version()
    assert known.version_of(outdoor.schema_name) == before


@pytest.mark.django_db
def test_a_new_shop_has_the_first_version_and_is_told_of_from_its_first_change():
    tenant = create_tenant(slug="fresh", name="Fresh")
    known = looked(Changes())
    connection.set_tenant(tenant)
    assert known.version_of(tenant.schema_name) == catalogue_version()

    raise_catalogue_version(at_least=7)

    assert looked(known).version_of(tenant.schema_name) == 7


@pytest.mark.django_db
def test_what_is_known_young_enough_costs_no_statement(tech, django_assert_num_queries):
    looked(Changes())  # which selects the schema
    known = Changes()
    with django_assert_num_queries(1):
        known.look(60)

    with django_assert_num_queries(0):
        known.look(60)


@pytest.mark.django_db(transaction=True)
def test_a_change_that_commits_after_a_later_one_was_seen_is_not_missed(tech, outdoor):
    """Its transaction is older than the other: a number taken at writing would have been passed."""
    known = looked(Changes())

    def raise_outdoors():
        connection.set_tenant(outdoor)
        raise_catalogue_version()

    connection.set_tenant(tech)
    with transaction.atomic():
        raise_catalogue_version()
        raised = catalogue_version()
        elsewhere(raise_outdoors)
        elsewhere(lambda: known.look(NOW))
        assert known.version_of(tech.schema_name) == raised - 1

    assert looked(known).version_of(tech.schema_name) == raised


@pytest.mark.django_db(transaction=True)
def test_only_what_changed_since_is_read_again(tech, outdoor):
    def raise_version(tenant):
        connection.set_tenant(tenant)
        raise_catalogue_version()

    elsewhere(lambda: raise_version(outdoor))
    # Long ago: what runs in other databases of the server holds the snapshots of this one back.
    elsewhere(lambda: CatalogueVersion.objects.update(changed_in=1))
    known = looked(Changes())
    elsewhere(lambda: raise_version(tech))
    known._versions.clear()

    known.look(NOW)

    assert list(known._versions) == [tech.schema_name]


@pytest.mark.django_db
def test_the_rows_of_shops_are_compared(tech):
    known, told = Changes(), []
    known.call_when_shops_change(lambda: told.append(True))

    assert known.look(NOW) is True  # nothing was known before
    assert known.look(NOW) is False
    connection.set_schema_to_public()
    Tenant.objects.filter(pk=tech.pk).update(updated_at=timezone.now())
    assert known.look(NOW) is True
    Tenant.objects.filter(pk=tech.pk).update(active=False)
    assert known.look(NOW) is True
    end_first_steps(tech)  # which leaves `updated_at` as it is
    assert known.look(NOW) is True
    create_tenant(slug="another", name="Another")
    assert known.look(NOW) is True
    assert len(told) == 5


@pytest.mark.django_db
def test_a_look_forgets_a_tenant_that_another_process_wrote(tech):
    connection.set_schema_to_public()
    tenant_by_slug("tech")
    changes.look(NOW)
    Tenant.objects.filter(pk=tech.pk).update(name="Gadget House", updated_at=timezone.now())

    changes.look(NOW)

    found = tenant_by_slug("tech")
    assert found is not None
    assert found.name == "Gadget House"


@pytest.mark.django_db
def test_a_tenant_read_while_the_map_was_cleared_is_not_kept(tech, monkeypatch):
    """It may be from before the edit that cleared it."""
    from tenants import resolution

    connection.set_schema_to_public()
    stale = Tenant.objects.get(pk=tech.pk)

    def read_slowly():
        resolution.clear_cache()
        return stale

    assert resolution._tenants.get(("slug", "tech"), read_slowly) is stale
    Tenant.objects.filter(pk=tech.pk).update(name="Gadget House")

    found = tenant_by_slug("tech")
    assert found is not None
    assert found.name == "Gadget House"


@pytest.mark.django_db
def test_a_deleted_shop_leaves_no_version(tech, tmp_path):
    from tenants.services.lifecycle import delete_tenant

    connection.set_tenant(tech)
    raise_catalogue_version()
    connection.set_schema_to_public()
    assert CatalogueVersion.objects.filter(schema_name=tech.schema_name).exists()

    delete_tenant(tech, export_to=tmp_path / "tech.zip")

    assert not CatalogueVersion.objects.filter(schema_name=tech.schema_name).exists()


@pytest.mark.django_db
def test_another_process_closes_and_opens_a_shop_for_its_shoppers_within_a_second(client, tech):
    def status_a_second_after(active):
        connection.set_schema_to_public()
        Tenant.objects.filter(pk=tech.pk).update(active=active)
        changes.looked_at -= HELD_SECONDS
        return client.get("/", headers={"host": "tech.localhost"}).status_code

    assert client.get("/", headers={"host": "tech.localhost"}).status_code == 200
    assert status_a_second_after(active=False) == 404
    assert status_a_second_after(active=True) == 200
