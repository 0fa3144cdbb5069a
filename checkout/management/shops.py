"""What the commands of operators share: one shop or all, words or JSON, an exit code."""

import json
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from checkout.services.sweeping import in_each, tenants_named
from tenants.models import Tenant


class ShopCommand(BaseCommand):
    """Runs once over all shops, or over one.

    Exits with 0 where all is well, with 1 where something is not in order in any shop, and with 2
    where it could not begin. A shop that fails does not stop the next.
    """

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tenant", help="slug of one shop (default: all)")
        parser.add_argument("--json", action="store_true", dest="as_json", help="JSON on stdout")

    def run_over(
        self,
        tenant: str | None,
        as_json: bool,
        work: Callable[[Tenant], dict[str, Any]],
        **more: Any,
    ) -> None:
        """Print the result of each shop; one whose `problems` are not empty fails the command."""
        tenants = tenants_named(tenant)
        if tenant and not tenants:
            raise CommandError(f"There is no shop '{tenant}'.", returncode=2)
        results = []
        for each, result in in_each(tenants, work):
            if isinstance(result, Exception):
                result = {"problems": [f"{type(result).__name__}: {result}"]}
            results.append({"tenant": each.slug, **result})
        is_good = not any(result.get("problems") for result in results)
        is_good = is_good and not more.get("problems")
        if as_json:
            content = {"ok": is_good, "tenants": results, **more}
            self.stdout.write(json.dumps(content, default=str, indent=1))
        else:
            for result in results:
                self._print(result)
            for problem in more.get("problems", []):
                self.stdout.write(f"  ! {problem}")
        if not is_good:
            raise SystemExit(1)

    def _print(self, result: dict[str, Any]) -> None:
        words = [
            f"{name} {len(value) if isinstance(value, list) else value}"
            for name, value in result.items()
            if name not in {"tenant", "problems"}
        ]
        self.stdout.write(f"{result['tenant']}: {', '.join(words)}")
        for problem in result.get("problems", []):
            self.stdout.write(f"  ! {problem}")
