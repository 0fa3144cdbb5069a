"""`deliver_outbox`: send the mails that are due."""

from typing import Any

from checkout.management.shops import ShopCommand
from orders.services.mailing import deliver_outbox
from tenants.models import Tenant


def _deliver(shop: Tenant) -> dict[str, Any]:
    sent, failed = deliver_outbox(limit=100_000)
    problems = [f"{failed} messages could not be delivered"] if failed else []
    return {"sent": sent, "failed": failed, "problems": problems}


class Command(ShopCommand):
    help = "Send the mails that are due."

    def handle(self, *args: Any, tenant: str | None, as_json: bool, **options: Any) -> None:
        self.run_over(tenant, as_json, _deliver)
