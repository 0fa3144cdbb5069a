"""Work on what all shops share, from wherever the connection stands."""

from collections.abc import Callable
from typing import TypeVar

from django_tenants.utils import get_public_schema_name

from pycommerce.db import connection

Result = TypeVar("Result")


def in_public(work: Callable[[], Result]) -> Result:
    """Do something with `public` selected: no tenant's schema is visited; then as it was before."""
    selected = connection.tenant
    if connection.schema_name == get_public_schema_name():
        return work()
    connection.set_schema_to_public()
    try:
        return work()
    finally:
        connection.set_tenant(selected)
