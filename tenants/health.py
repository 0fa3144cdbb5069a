"""For operators: is this process alive, and can it serve every shop."""

from collections.abc import Iterator

from django.apps import apps
from django.conf import settings
from django.db.utils import Error
from django.http import HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from pycommerce.core.http import HttpRequest
from pycommerce.db import connection
from tenants.services.migrating import lagging_tenants, public_is_current


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers; nothing else is looked at."""
    return HttpResponse("ok\n", content_type="text/plain", headers={"Cache-Control": "no-store"})


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 where database, migrations and every shop's tables are in order, else 503 naming what.

    Says how many shops are not in order and not which: the log names them.
    """
    problems = dict(_problems())
    names = ("database", "migrations", "tenants")
    checks = {name: problems.get(name, "ok") for name in names}
    response = JsonResponse(
        {"status": "not ready" if problems else "ready", "checks": checks},
        status=503 if problems else 200,
    )
    response["Cache-Control"] = "no-store"
    if problems:
        response["Retry-After"] = "5"
    return response


def _problems() -> Iterator[tuple[str, str]]:
    try:
        connection.set_schema_to_public()
        if not public_is_current():
            yield "migrations", "The shared tables lag; run the migrate command."
            return
        lags = len(lagging_tenants())
        if lags:
            yield "migrations", f"{lags} shops lag; run the migrate command."
        elif broken := schemas_without_tables():
            yield "tenants", f"{len(broken)} shops lack tables."
    except Error:
        yield "database", "It does not answer."


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
