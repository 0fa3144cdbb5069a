"""The database of a test run: a template made once for each state of the migrations, and copies.

Each test rolls back. A test that commits (`transaction=True`) is followed by a fresh copy, since
Django's own flush would empty whatever schema the test happened to end in.
"""

import fcntl
import hashlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections
from django.test import Client, TransactionTestCase

from checkout.services.integrity import violations
from pycommerce.api import rates
from pycommerce.core.bounded_cache import forget_everything
from tenants.changes import changes
from tenants.middleware import PLACE_KEY, place_of
from tenants.models import Tenant, User
from tenants.resolution import clear_cache, is_platform_host, tenant_by_host
from tenants.services import create_tenant

_force_login = Client.force_login


def _force_login_here(client: Client, user: User, backend: str | None = None) -> None:
    """Django's shortcut knows no host, and a session of staff is worth nothing without one."""
    _force_login(client, user, backend)
    host = client.defaults.get("HTTP_HOST", "testserver")
    session = client.session
    session[PLACE_KEY] = place_of(None if is_platform_host(host) else tenant_by_host(host), host)
    session.save()
    clear_cache()


Client.force_login = _force_login_here  # type: ignore[method-assign]

# What a test starts as a process of its own reads the product's settings.
os.environ["DJANGO_SETTINGS_MODULE"] = "pycommerce.settings"
ROOT = Path(__file__).resolve().parent.parent
TECH = UUID("ea6c4bc0-d5aa-4f5c-b769-c51c812a5037")
OUTDOOR = UUID("f8a7b6c5-e4d3-4c2b-a1b0-9f8e7d6c5b4a")


def _fingerprint() -> str:
    """Changes with whatever the template database is made from."""
    sources = [*ROOT.glob("**/migrations/*.py"), *ROOT.glob("tenants/services/*.py")]
    sources += [ROOT / "pycommerce/settings.py", ROOT / "requirements.txt", Path(__file__)]
    digest = hashlib.sha256()
    for source in sorted(sources):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:12]


def _on_server(statement: str, *arguments: str) -> list[tuple[str, ...]]:
    """Run a statement outside any database of ours."""
    with connection._nodb_cursor() as cursor:
        cursor.execute(statement, arguments or None)
        return cursor.fetchall() if cursor.description else []


def _build_template(name: str) -> None:
    for (old,) in _on_server(
        r"SELECT datname FROM pg_database WHERE datname LIKE 'pyc\_template\_%%'"
    ):
        _on_server(f'DROP DATABASE IF EXISTS "{old}" WITH (FORCE)')
    building = name.replace("template", "building")
    _on_server(f'DROP DATABASE IF EXISTS "{building}" WITH (FORCE)')
    _on_server(f'CREATE DATABASE "{building}"')
    _use(building)
    call_command("migrate", verbosity=0)
    create_tenant(slug="tech", name="Tech Gadgets", id=TECH)
    create_tenant(slug="outdoor", name="Outdoor Adventures", id=OUTDOOR)
    connections.close_all()
    _on_server(f'ALTER DATABASE "{building}" RENAME TO "{name}"')


def _use(database: str) -> None:
    connections.close_all()
    connection.settings_dict["NAME"] = database
    connection.set_schema_to_public()


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_blocker: pytest.FixtureRequest
) -> Iterator[None]:
    """A copy of the template for this run, or this worker of it."""
    template = f"pyc_template_{_fingerprint()}"
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    mine = f"pyc_test_{worker}_{os.getpid()}"
    original = connection.settings_dict["NAME"]

    def copy(*_: object) -> None:
        connections.close_all()
        _on_server(f'DROP DATABASE IF EXISTS "{mine}" WITH (FORCE)')
        _on_server(f'CREATE DATABASE "{mine}" TEMPLATE "{template}" STRATEGY FILE_COPY')
        _use(mine)
        clear_cache()

    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        settings.VAR_DIR.mkdir(parents=True, exist_ok=True)
        with (settings.VAR_DIR / "test-template.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not _on_server("SELECT 1 FROM pg_database WHERE datname = %s", template):
                _build_template(template)
            copy()
        TransactionTestCase._fixture_teardown = _check_and(copy)  # type: ignore[method-assign]
    yield
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        _use(original)
        _on_server(f'DROP DATABASE IF EXISTS "{mine}" WITH (FORCE)')


# Whether the test that is running ends with books that contradict themselves, on purpose.
_broken_on_purpose = [False]


def _check_and(copy: Callable[..., None]) -> Callable[..., None]:
    """After a test that commits: look at the books of both shops, then start with a fresh copy."""

    def teardown(*_: object) -> None:
        connections.close_all()
        found = [] if _broken_on_purpose[0] else _contradictions()
        copy()
        assert found == [], "check_integrity after the test"

    return teardown


def _contradictions() -> list[str]:
    connection.set_schema_to_public()
    found = []
    for tenant in Tenant.objects.all():
        connection.set_tenant(tenant)
        found += [f"{tenant.slug}: {each}" for each in violations()]
    return found


@pytest.fixture(autouse=True)
def _books_may_be_broken(request: pytest.FixtureRequest) -> None:
    _broken_on_purpose[0] = request.node.get_closest_marker("breaks_books") is not None


@pytest.fixture(autouse=True)
def _nothing_kept_from_another_test() -> Iterator[None]:
    changes.forget()
    clear_cache()
    forget_everything()
    yield
    connection.set_schema_to_public()


@pytest.fixture(autouse=True)
def _no_minute_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls are counted by the minute: no test begins in one and ends in the next."""
    now = time.time()
    monkeypatch.setattr(rates, "time", SimpleNamespace(time=lambda: now))


def _select(slug: str) -> Tenant:
    connection.set_schema_to_public()
    tenant = Tenant.objects.get(slug=slug)
    connection.set_tenant(tenant)
    return tenant


@pytest.fixture
def tech(db: None) -> Tenant:
    """Tech Gadgets, with its schema selected."""
    return _select("tech")


@pytest.fixture
def outdoor(db: None) -> Tenant:
    """Outdoor Adventures, with its schema selected."""
    return _select("outdoor")


@pytest.fixture
def client_for() -> Callable[[Tenant], Client]:
    """A browser on a tenant's own host."""
    return lambda tenant: Client(HTTP_HOST=f"{tenant.slug}.localhost")


@pytest.fixture
def platform_client() -> Client:
    """A browser on the platform's host."""
    return Client(HTTP_HOST="localhost")
