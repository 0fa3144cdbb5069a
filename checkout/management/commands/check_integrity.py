"""`check_integrity`: whether stock, money and orders of every shop add up."""

from typing import Any

from checkout.management.shops import ShopCommand
from checkout.services.integrity import RULES, violations
from tenants.models import Tenant


def _check(shop: Tenant) -> dict[str, Any]:
    return {"rules": len(RULES), "problems": [str(each) for each in violations()]}


class Command(ShopCommand):
    help = "Check that stock, money and orders of every shop add up; changes nothing."

    def handle(self, *args: Any, tenant: str | None, as_json: bool, **options: Any) -> None:
        self.run_over(tenant, as_json, _check)
