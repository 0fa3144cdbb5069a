"""`reconcile`: compare sessions and refunds at the provider with our orders."""

import re
from argparse import ArgumentParser, ArgumentTypeError
from datetime import datetime
from typing import Any

from django.conf import settings

from checkout.management.shops import ShopCommand
from checkout.services.events import work_off_waiting
from checkout.services.reconciling import HOURS, Recent, reconcile
from checkout.stripe_inbox.models import StripeEvent
from tenants.public import in_public

State = StripeEvent.State
MOST_HOURS = 24 * 365


def _hours(text: str) -> int:
    if not re.fullmatch(r"\d{1,5}", text) or not 1 <= int(text) <= MOST_HOURS:
        raise ArgumentTypeError(f"use a whole number from 1 to {MOST_HOURS}")
    return int(text)


class Command(ShopCommand):
    help = "Compare open (of any age) and recent sessions and refunds at the provider with ours."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--hours",
            type=_hours,
            default=HOURS,
            help=f"how far back what is finished is compared, too (default {HOURS})",
        )

    def handle(
        self, *args: Any, tenant: str | None, as_json: bool, hours: int, **options: Any
    ) -> None:
        recent = Recent(hours)
        if not (settings.STRIPE_SECRET_KEY or settings.STRIPE_SIMULATOR):
            self.run_over(tenant, as_json, lambda shop: {"sessions": 0, "refunds": 0})
            return
        events = in_public(lambda: work_off_waiting(10_000))
        dead = in_public(lambda: _events(State.DEAD, recent.since))
        self.run_over(
            tenant,
            as_json,
            lambda shop: reconcile(recent).as_json(),
            events=events,
            unmatched_events=in_public(lambda: _events(State.UNMATCHED, recent.since)),
            problems=[f"Event {each['id']} was given up: {each['problem']}" for each in dead],
        )


def _events(state: str, since: datetime) -> list[dict[str, str]]:
    found = StripeEvent.objects.filter(state=state, received_at__gte=since)
    return [
        {"id": event_id, "type": kind, "problem": problem}
        for event_id, kind, problem in found.values_list("pk", "type", "problem")
    ]
