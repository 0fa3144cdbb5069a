"""Our database backend: django-tenants' with a path that is sent only when it must change.

Beyond django-tenants 4.0.1: selecting a tenant costs nothing until a statement runs under another
search path than the connection has; the embedded server is started just before the first
connection; a connection is checked for health only after it was idle for a while.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any

import psycopg
from django.conf import settings
from django_tenants.postgresql_backend.base import DatabaseWrapper as TenantDatabaseWrapper
from django_tenants.postgresql_backend.base import FakeTenant
from django_tenants.utils import get_public_schema_name

from pycommerce.db.prepared import PreparedStatements

IDLE_SECONDS = 5.0
_Fetch = Callable[[PreparedStatements, str, Sequence[object]], list[tuple[Any, ...]]]
_IDLE = psycopg.pq.TransactionStatus.IDLE
_FAILED = psycopg.pq.TransactionStatus.INERROR
_PUBLIC = FakeTenant(get_public_schema_name())


class DatabaseWrapper(TenantDatabaseWrapper):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._sent_path: tuple[str, ...] | None = None
        self._prepared: PreparedStatements | None = None
        self._last_used_at = 0.0
        super().__init__(*args, **kwargs)

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        connection = self._connect(conn_params)
        is_pooled = self.settings_dict["DISABLE_SERVER_SIDE_CURSORS"]
        most = settings.PREPARED_STATEMENTS
        self._prepared = None if is_pooled else PreparedStatements(connection, most)
        return connection

    def _connect(self, conn_params: dict[str, Any]) -> Any:
        self._forget_path()
        server = settings.EMBEDDED_POSTGRES
        if server is None:
            return super().get_new_connection(conn_params)
        server.ensure()
        try:
            return super().get_new_connection(conn_params)
        except psycopg.OperationalError:
            # The server died, or the database is not there yet: see to both, once.
            server.ensure(check=True)
            server.ensure_database(conn_params["dbname"])
            return super().get_new_connection(conn_params)

    # --- Without a cursor ---------------------------------------------------------------------

    def fetch_prepared(self, statement: str, arguments: Sequence[object]) -> list[tuple[Any, ...]]:
        """The rows of a statement that the server plans once for each connection and shop.

        For the few statements that every request makes. Behind a pooler, and while statements are
        being recorded, it is an ordinary one. `statement` must say the types of its arguments
        where it is not clear.
        """
        return self._fetch(PreparedStatements.fetch, statement, arguments)

    def fetch_planned(self, statement: str, arguments: Sequence[object]) -> list[tuple[Any, ...]]:
        """As `fetch_prepared`, but planned each time, for the arguments it has."""
        return self._fetch(PreparedStatements.fetch_planned, statement, arguments)

    def _fetch(
        self, fetch: _Fetch, statement: str, arguments: Sequence[object]
    ) -> list[tuple[Any, ...]]:
        self.close_if_health_check_failed()
        self.ensure_connection()
        if self._prepared is None or self.queries_logged or not self._has_begun():
            with self.cursor() as cursor:
                cursor.execute(statement, arguments)
                ordinary: list[tuple[Any, ...]] = cursor.fetchall()
                return ordinary
        with self.wrap_database_errors:
            self._handle_search_path(self._prepared)
            self._prepared.path = self._sent_path
            return fetch(self._prepared, statement, arguments)

    def _has_begun(self) -> bool:
        """Whether nothing is left to be sent before a statement: a cursor sends BEGIN by itself."""
        connection = self.connection
        return connection.autocommit or connection.pgconn.transaction_status != _IDLE

    # --- The search path ----------------------------------------------------------------------
    # django-tenants calls _handle_search_path() for every cursor and asks whether a path is set at
    # all; we ask which one the connection has.

    def set_schema_to_public(self) -> None:
        self.set_tenant(_PUBLIC)

    def set_tenant(self, tenant: Any, include_public: bool = True) -> None:
        """Select a schema in memory. Content types live in public alone, so they stay cached."""
        self.tenant = tenant
        self.schema_name = tenant.schema_name
        self.include_public_schema = include_public
        self.set_settings_schema(self.schema_name)

    def _handle_search_path(self, cursor: Any = None) -> None:
        path = (self.schema_name, self.include_public_schema)
        if self._sent_path == path or self._setting_search_path:
            return
        self.search_path_set_schemas = None
        super()._handle_search_path(cursor)
        self._sent_path = path if self.search_path_set_schemas else None

    def _forget_path(self) -> None:
        self._sent_path = None

    def close(self) -> None:
        self._forget_path()
        super().close()

    def commit(self) -> None:
        # Where a statement failed and its error was passed over, the server rolls back instead.
        if self.connection and self.connection.pgconn.transaction_status == _FAILED:
            self._forget_path()
        super().commit()

    def rollback(self) -> None:
        # SET is transactional: what was set in the transaction is undone with it.
        self._forget_path()
        super().rollback()

    def savepoint_rollback(self, sid: str) -> None:
        try:
            super().savepoint_rollback(sid)
        finally:
            self._forget_path()

    # --- Health -------------------------------------------------------------------------------

    def close_if_unusable_or_obsolete(self) -> None:
        """As Django does between requests, but ask the server only after a pause."""
        super().close_if_unusable_or_obsolete()
        now = time.monotonic()
        if now - self._last_used_at < IDLE_SECONDS:
            self.health_check_done = True
        self._last_used_at = now
