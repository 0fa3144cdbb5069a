"""Makes the demo's shops, and gathers and compresses the static files, as a deployment does."""

import django

django.setup()

from django.core.management import call_command  # noqa: E402

from catalog.demo.loading import ensure_shop  # noqa: E402
from catalog.demo.outdoor import OUTDOOR  # noqa: E402
from catalog.demo.tech import TECH  # noqa: E402
from tenants.management.commands.serve import collect_static  # noqa: E402


def main() -> None:
    call_command("migrate", verbosity=0)
    for shop in (TECH, OUTDOOR):
        ensure_shop(shop)
    collect_static()


if __name__ == "__main__":
    main()
