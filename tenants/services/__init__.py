"""Use cases of tenancy."""

from tenants.services.creating import create_tenant
from tenants.services.domains import add_domain
from tenants.services.members import add_member, remove_member
from tenants.services.naming import clean_host, clean_slug

__all__ = [
    "add_domain",
    "add_member",
    "clean_host",
    "clean_slug",
    "create_tenant",
    "remove_member",
]
