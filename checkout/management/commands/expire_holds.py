"""`expire_holds`: cancel pending orders that never got a payment session in time."""

from typing import Any

from checkout.management.shops import ShopCommand
from checkout.services.sweeping import expire_holds
from tenants.models import Tenant


def _expire(shop: Tenant) -> dict[str, Any]:
    expired, problems = expire_holds()
    return {"expired": expired, "problems": problems}


class Command(ShopCommand):
    help = "Cancel pending orders that never got a payment session in time, and free their units."

    def handle(self, *args: Any, tenant: str | None, as_json: bool, **options: Any) -> None:
        self.run_over(tenant, as_json, _expire)
