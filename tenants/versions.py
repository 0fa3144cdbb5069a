"""What pages know of a shop's state: at most a second old, in every process.

An answer of the API is never older than the last commit and reads the version itself; a page may
hold it for a moment, so that a warm one needs no statement at all.
"""

from pycommerce.core.http import HttpRequest
from pycommerce.db import connection
from tenants.changes import HELD_SECONDS, changes
from tenants.resolution import tenant_by_id


def bring_up_to_date(request: HttpRequest) -> bool:
    """Make `request.tenant` and `request.version` at most a second old; False: the shop is gone.

    The middleware does so before every page for shoppers; a page of the back office that shows the
    shop does it itself.
    """
    if changes.look(HELD_SECONDS):
        fresh = tenant_by_id(request.tenant.pk)
        if fresh is None:
            return False
        request.tenant = fresh
        connection.set_tenant(fresh)
    request.version = changes.version_of(request.tenant.schema_name)
    return True
