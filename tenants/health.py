"""For operators: is this process alive, and can it serve every shop."""

import logging

from django.apps import apps
from django.conf import settings
from django.db.utils import Error
from django.http import HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from pycommerce.core.http import HttpRequest
from pycommerce.db import connection
from tenants.services.migrating import lagging_tenants, public_is_current

logger = logging.getLogger(__name__)


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers; nothing else is looked at."""
    return HttpResponse("ok\n", content_type="text/plain", headers={"Cache-Control": "no-store"})


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 where database, migrations and every shop's tables are in order, else 503 naming what.

    Says how many shops are not in order and not which: the log names them.
    """
    checks = dict.fromkeys(("database", "migrations", "tenants"), "not checked")
    _check(checks)
    is_ready = set(checks.values()) == {"ok"}
    response = JsonResponse(
        {"status": "ready" if is_ready else "not ready", "checks": checks},
        status=200 if is_ready else 503,
    )
    response["Cache-Control"] = "no-store"
    if not is_ready:
        response["Retry-After"] = "5"
    return response


def _check(checks: dict[str, str]) -> None:
    """Write what is found beside each name; what stands behind a problem is not looked at."""
    try:
        connection.set_schema_to_public()
        is_current = public_is_current()
        checks["database"] = "ok"
        if not is_current:
            checks["migrations"] = "The shared tables lag; run the migrate command."
            return
        if lags := [lag.schema_name for lag in lagging_tenants()]:
            checks["migrations"] = f"{_how_many(lags)} behind; run the migrate command."
            logger.warning("Behind in migrations: %s", ", ".join(lags))
            return
        checks["migrations"] = "ok"
        if broken := schemas_without_tables():
            checks["tenants"] = f"{_how_many(broken)} without all tables."
            logger.warning("Without all tables: %s", ", ".join(broken))
            return
        checks["tenants"] = "ok"
    except Error:
        checks["database"] = "It does not answer."


def _how_many(schemas: list[str]) -> str:
    return "1 shop is" if len(schemas) == 1 else f"{len(schemas)} shops are"


_MISSING = """
SELECT t.schema_name FROM tenants_tenant t
LEFT JOIN pg_catalog.pg_tables p
    ON p.schemaname = t.schema_name AND p.tablename = ANY(%s)
GROUP BY t.schema_name HAVING count(p.tablename) < %s
"""


def schemas_without_tables() -> list[str]:
    """The schemas that lack a table: reading one would otherwise end in another's or nowhere."""
    tables = tenant_tables()
    with connection.cursor() as cursor:
        cursor.execute(_MISSING, [tables, len(tables)])
        return [name for (name,) in cursor.fetchall()]


def tenant_tables() -> list[str]:
    """Every table that a shop's schema must have."""
    labels = {config.rpartition(".")[2] for config in settings.TENANT_APPS}
    tables = {
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label in labels
    }
    return sorted(tables)
