"""The refusals of tenancy, one class each."""

from django.utils.translation import gettext as _

from pycommerce.core.errors import Conflict, Forbidden, InvalidRequest, NotFound


class TenantNotFound(NotFound):
    code = "tenant_not_found"
    message = "There is no such shop."

    def __init__(self, slug: str = "") -> None:
        super().__init__(f"Tenant '{slug}' does not exist." if slug else "")


class TenantInactive(Forbidden):
    code = "tenant_inactive"
    message = "This shop is closed."

    def __init__(self, slug: str) -> None:
        super().__init__(f"Tenant '{slug}' is not active.")


class TenantMismatch(InvalidRequest):
    code = "tenant_mismatch"
    message = "The request names two different tenants."


class SlugTaken(InvalidRequest):
    """Another tenant has this slug."""

    def __init__(self, slug: str) -> None:
        problem = _("Another shop has the address '%(slug)s'.") % {"slug": slug}
        super().__init__(problem, fields={"slug": [problem]})


class HostTaken(InvalidRequest):
    """Another tenant has this host."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem, fields={"domain": [problem]})


class LastOwner(Conflict):
    """A shop keeps at least one owner."""

    code = "illegal_transition"
    message = "A shop needs at least one owner."


class DeletionPlanned(Conflict):
    """A shop that is about to be deleted is not opened."""

    message = "This shop is about to be deleted: take that back first."

    def __init__(self) -> None:
        super().__init__(self.message)
