"""The upgrade as it is written down: nothing is lost by its order, and its commands exist."""

import re
from pathlib import Path

from django.conf import settings
from django.core.management import get_commands

TEXT = (Path(settings.BASE_DIR) / "deploy/UPGRADE.md").read_text()
WALK = re.sub(r"^#.*\n", "", re.search(r"```sh\n(.*?)```", TEXT, re.DOTALL)[1], flags=re.MULTILINE)


def test_the_earlier_version_is_stopped_before_backup_and_migrations():
    steps = [
        "manage collectstatic",
        "systemctl stop pycommerce-worker pycommerce-web",
        "deploy/backup.sh",
        "manage migrate)",
        "manage migrate --check)",
        "git checkout",
        "systemctl start pycommerce-web pycommerce-worker",
    ]

    places = [WALK.index(step) for step in steps]

    assert places == sorted(places)


def test_it_names_commands_and_files_that_there_are():
    assert set(re.findall(r"run\.py manage (\w+)", WALK)) <= set(get_commands())
    for name in re.findall(r"\bdeploy/[\w.]+", TEXT):
        assert (Path(settings.BASE_DIR) / name).exists()
