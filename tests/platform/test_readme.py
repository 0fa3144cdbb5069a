"""What the README shows is what there is."""

import json
import re
import shlex
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import get_commands, load_command_class

from tests.api.conftest import Caller
from tests.factories import make_category, make_product, make_user

ROOT = Path(settings.BASE_DIR)
README = (ROOT / "README.md").read_text()
# For tests alone.
INTERNAL = {"PYCOMMERCE_TESTING"}


def _read_from_environment() -> set[str]:
    found = set()
    for path in [ROOT / "run.py", *ROOT.glob("pycommerce/*.py"), *ROOT.glob("checkout/**/demo.py")]:
        source = path.read_text()
        found |= set(
            re.findall(
                r"(?:env\.(?:str|int|bool|list|cache_url|email_url)|api_base|proxies|name_server|addresses)"
                r'\(\s*"(\w+)"',
                source,
            )
        )
        found |= set(re.findall(r'required_in_production\(\s*"(\w+)"', source))
        found |= set(re.findall(r'os\.environ\.get\(\s*"(\w+)"', source))
    return found - INTERNAL


def test_every_setting_stands_in_the_table_and_no_other():
    table = README.partition("## Settings")[2].partition("##")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    named = {name for cell in rows for name in re.findall(r"`([A-Z_]+)`", cell)}

    assert named == _read_from_environment()


def _commands() -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    return [
        line for line in "".join(blocks).splitlines() if line.startswith("python3 run.py manage")
    ]


@pytest.mark.parametrize("line", _commands())
def test_a_command_of_the_readme_is_understood(line):
    name, *arguments = shlex.split(line)[3:]

    command = load_command_class(get_commands()[name], name)
    parser = command.create_parser("manage.py", name)

    assert parser.parse_args(arguments)


def test_the_request_of_the_readme_answers_with_its_members(tech):
    electronics = make_category("Electronics")
    make_product(
        "Wireless Headphones",
        description="Premium wireless headphones with noise cancellation",
        price="129.99",
        on_hand=25,
        sku="WH-001",
        categories=[make_category("Audio", electronics)],
        image="Wireless Headphones",
    )
    make_product("Silent Mouse", description="It is wireless, too.")
    shown = json.loads(re.search(r"```json\n(.*?)```", README, re.DOTALL).group(1))
    path = re.search(r"localhost:8000(/api/products\S*?)'", README).group(1)

    answered = Caller(make_user()).get(path).json()

    [mine], [theirs] = shown.pop("products"), answered.pop("products")
    assert shown == answered
    assert list(mine) == list(theirs)
    fixed = ("name", "description", "price", "sku", "stock", "categories", "slug", "currency")
    assert {name: mine[name] for name in fixed} == {name: theirs[name] for name in fixed}


def test_the_files_that_the_readme_points_to_exist():
    links = re.findall(r"\]\(([^)]+)\)", README)

    assert [link for link in links if not (ROOT / link).exists()] == []
