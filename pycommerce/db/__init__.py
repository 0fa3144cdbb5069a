"""The database: our backend, and its connection with the type that it has."""

from typing import TYPE_CHECKING, cast

from django.db import connection as _connection

if TYPE_CHECKING:
    from pycommerce.db.base import DatabaseWrapper

connection = cast("DatabaseWrapper", _connection)
