"""Makes the benchmark's shops and prints, as JSON, what the measuring needs to know."""

import json
import sys

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from catalog.demo.scale import shop_of  # noqa: E402
from tenants.models import User  # noqa: E402
from tenants.services.tokens import issue_tokens  # noqa: E402


def main() -> None:
    call_command("migrate", verbosity=0)
    sizes = json.loads(sys.argv[1])
    schemas = {
        name: shop_of(count, slug=f"bench{name}").schema_name for name, count in sizes.items()
    }
    user = User.objects.filter(is_superuser=True).first() or User.objects.create_superuser(
        "bench@example.com"
    )
    settings = connection.settings_dict
    dsn = f"host={settings['HOST']} port={settings['PORT']} user={settings['USER']} "
    dsn += f"dbname={settings['NAME']}"
    print(json.dumps({"schemas": schemas, "dsn": dsn, "token": issue_tokens(user)["access"]}))


if __name__ == "__main__":
    main()
