"""`reconcile`: compare sessions and refunds at the provider with our orders."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings

from checkout.management.shops import ShopCommand
from checkout.services.events import work_off_waiting
from checkout.services.reconciling import default_since, reconcile
from checkout.stripe_inbox.models import StripeEvent
from tenants.public import in_public

HOURS = 48


class Command(ShopCommand):
    help = "Compare open and recent sessions and refunds at the provider with our orders."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--hours", type=int, default=HOURS, help=f"how far back (default {HOURS})"
        )

    def handle(
        self, *args: Any, tenant: str | None, as_json: bool, hours: int, **options: Any
    ) -> None:
        events = in_public(lambda: work_off_waiting(10_000))
        since = default_since(hours)
        unmatched = in_public(lambda: list(_strange_events(since)))
        if not (settings.STRIPE_SECRET_KEY or settings.STRIPE_SIMULATOR):
            self.run_over(tenant, as_json, lambda shop: {"sessions": 0, "refunds": 0})
            return
        self.run_over(
            tenant,
            as_json,
            lambda shop: reconcile(since).as_json(),
            events=events,
            unmatched_events=unmatched,
        )


def _strange_events(since: Any) -> Any:
    strange = StripeEvent.objects.filter(
        state__in=[StripeEvent.State.UNMATCHED, StripeEvent.State.DEAD], received_at__gte=since
    )
    for event_id, kind, problem in strange.values_list("pk", "type", "problem"):
        yield {"id": event_id, "type": kind, "problem": problem}
