"""Rules of the house that a reader would otherwise have to remember."""

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.migrations.operations import RunSQL

from tenants.health import tenant_tables
from tenants.models import Tenant

ROOT = Path(settings.BASE_DIR)
# From the ground up: a module imports what stands before it, never what comes after.
LAYERS = [
    "pycommerce.core",
    "pycommerce.db",
    "pycommerce.api",
    "pycommerce.unfold_shim",
    "tenants",
    "catalog",
    "orders",
    "checkout",
]
LAYERS += ["pycommerce"]
# Ground that stands beside the layers: settings read it, and whoever needs to start a server.
GROUND = {"pycommerce.localdb"}


def _modules() -> Iterator[tuple[str, Path, ast.Module]]:
    for package in ("pycommerce", "tenants", "catalog", "orders", "checkout"):
        for path in sorted((ROOT / package).glob("**/*.py")):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            if ".migrations." not in name:
                yield name, path, ast.parse(path.read_text())


def _layer(module: str) -> int:
    if module in GROUND or module == "pycommerce":
        return 0
    found = [layer for layer in LAYERS if module == layer or module.startswith(f"{layer}.")]
    return LAYERS.index(max(found, key=len))


def _imports(tree: ast.Module) -> Iterator[tuple[ast.AST, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node, alias.name
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node, node.module


def test_imports_point_down():
    wrong = [
        f"{name} imports {target}"
        for name, _, tree in _modules()
        for _, target in _imports(tree)
        if target.split(".")[0] in {"pycommerce", "tenants", "catalog", "orders", "checkout"}
        and _layer(target) > _layer(name)
    ]

    assert wrong == []


# What must be imported late, and why.
LATE = {
    "pycommerce.settings": "what is optional is imported where it is switched on",
    "pycommerce.gunicorn_conf": "gunicorn reads it before Django is there",
    "tenants.apps": "an app's models exist once it is ready",
    "orders.apps": "the same",
    "checkout.apps": "the same",
    "tenants.services.migrating": "Django's own migrate, under the name that ours has",
    "pycommerce.localdb": "the watcher runs with the standard library alone",
}


def test_nothing_is_imported_inside_a_function_to_dodge_a_circle():
    late = {
        name
        for name, _, tree in _modules()
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }

    assert late - set(LATE) == set()


def test_a_schema_is_entered_only_where_it_is_safe():
    """`with tenant:` and the decorators share state between threads in django-tenants 4.0.1."""
    wrong = []
    for name, _, tree in _modules():
        for node in ast.walk(tree):
            wrong += [
                f"{name}: @{ast.unparse(each)}"
                for each in getattr(node, "decorator_list", [])
                if re.search(r"(schema|tenant)_context", ast.unparse(each))
            ]
            if isinstance(node, ast.With):
                for item in node.items:
                    text = ast.unparse(item.context_expr)
                    if re.fullmatch(r"(self\.)?(tenant|shop|schema)", text):
                        wrong.append(f"{name}: with {text}")

    assert wrong == []


def test_nothing_is_kept_by_function_caches():
    """A process keeps tenants' data in BoundedCache alone, whose keys name the schema."""
    wrong = [
        name
        for name, path, _ in _modules()
        if re.search(r"lru_cache|functools\.cache|import cache\b|@cache\b", path.read_text())
        and not re.search(r"django\.core\.cache", path.read_text())
    ]

    assert wrong == []


def test_every_cache_keeps_tenants_apart():
    for alias in settings.CACHES.values():
        assert alias["KEY_FUNCTION"] == "django_tenants.cache.make_key"


@pytest.fixture
def tables(tech: Tenant) -> dict[str, set[str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT schemaname, tablename FROM pg_tables WHERE schemaname IN ('public', %s)",
            [tech.schema_name],
        )
        found: dict[str, set[str]] = {"public": set(), "tenant": set()}
        for schema, table in cursor.fetchall():
            found["public" if schema == "public" else "tenant"].add(table)
    return found


def test_no_table_name_stands_in_public_and_in_a_shop(tables):
    assert tables["public"] & tables["tenant"] == {"django_migrations"}


def test_readiness_knows_every_table_of_a_shop(tables):
    assert set(tenant_tables()) == tables["tenant"] - {"django_migrations"}


def test_no_key_leads_out_of_a_shops_schema(tech):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.conrelid::regclass::text, c.confrelid::regclass::text "
            "FROM pg_constraint c JOIN pg_class a ON a.oid = c.conrelid "
            "JOIN pg_class b ON b.oid = c.confrelid "
            "WHERE c.contype = 'f' AND a.relnamespace <> b.relnamespace"
        )
        assert cursor.fetchall() == []


def test_a_shops_schema_has_no_trigger_and_no_sequence_of_numbers_that_people_see(tech):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
            "WHERE NOT t.tgisinternal AND c.relnamespace = %s::regnamespace",
            [f'"{tech.schema_name}"'],
        )
        assert cursor.fetchall() == []


def test_a_migration_in_sql_is_one_statement():
    wrong = []
    for app in ("tenants", "shop", "catalog", "orders", "api"):
        package = apps.get_app_config(app).path
        for path in Path(package, "migrations").glob("0*.py"):
            module = import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
            wrong += [
                path.name
                for operation in module.Migration.operations
                if isinstance(operation, RunSQL) and ";" in operation.sql.strip().rstrip(";")
            ]

    assert wrong == []


def test_every_setting_of_ours_is_used():
    source = (ROOT / "pycommerce/settings.py").read_text()
    ours = set(re.findall(r"^([A-Z][A-Z_]+) = env\.", source, re.MULTILINE))
    code = "".join(path.read_text() for _, path, _ in _modules())
    uses = code.replace(source, "") + "".join(
        line for line in source.splitlines() if not re.match(r"[A-Z_]+ = env\.", line)
    )
    django = {"DEBUG", "DEFAULT_FROM_EMAIL", "SECURE_HSTS_SECONDS"}

    unused = {name for name in ours - django if not re.search(rf"\b{name}\b", uses)}

    assert unused == set()
