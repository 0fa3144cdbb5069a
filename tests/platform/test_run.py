"""`run.py`: a sentence for whatever is in the way."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    names = {"PYCOMMERCE_TESTING", "PYCOMMERCE_MODE"}
    inherited = {name: value for name, value in os.environ.items() if name not in names}
    return subprocess.run(
        [sys.executable, "run.py", *arguments],
        cwd=ROOT,
        env=inherited | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_without_a_command_it_explains_itself():
    assert "run.py demo" in run().stdout


def test_an_unknown_command_is_named():
    ended = run("dance")

    assert ended.returncode == 1
    assert "no command 'dance'" in ended.stderr


def test_manage_reaches_django():
    assert "5.2" in run("manage", "version").stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--port", "0"], "1 to 65535"),
        (["--scale", "many"], "TENANTSxPRODUCTS"),
        (["--colour"], "unrecognized arguments"),
    ],
)
def test_a_wrong_argument_of_the_demo_is_a_sentence(tmp_path, arguments, words):
    ended = run("demo", *arguments, PYCOMMERCE_VAR=str(tmp_path))

    assert ended.returncode != 0
    assert words in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_port_that_is_taken_is_a_sentence(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])

        ended = run("demo", "--port", port, PYCOMMERCE_VAR=str(tmp_path))

    assert ended.returncode == 1
    assert f"Port {port} is taken" in ended.stderr
    assert "Traceback" not in ended.stderr


PRODUCTION = {
    "PYCOMMERCE_MODE": "production",
    "SECRET_KEY": "s" * 50,
    "JWT_SECRET": "j" * 50,
    "BASE_HOST": "shops.example",
    "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
}


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("SECRET_KEY", "short", "SECRET_KEY is too short"),
        ("JWT_SECRET", "short", "JWT_SECRET is too short"),
        ("DATABASE_URL", "mysql://name@host/shops", "DATABASE_URL is written as postgres://"),
        ("DATABASE_URL", "postgres://name@host", "DATABASE_URL is written as postgres://"),
        ("TRUSTED_PROXIES", "127.0.0.1,proxy", "not 'proxy'"),
        ("API_RATE_PER_MINUTE", "many", "API_RATE_PER_MINUTE is wrong"),
        ("HTTPS_REQUIRED", "ture", "HTTPS_REQUIRED is yes or no"),
        ("PYCOMMERCE_MODE", "prod", "PYCOMMERCE_MODE is development, demo or production"),
        ("STRIPE_SECRET_KEY", "sk_test_1", "Set STRIPE_WEBHOOK_SECRET"),
    ],
)
def test_production_refuses_a_wrong_setting_by_name(name, value, words):
    ended = run("serve", **PRODUCTION | {name: value})

    assert ended.returncode == 1
    assert words in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("command", ["migrate", "create_tenant books", "check_integrity"])
def test_a_database_that_does_not_answer_is_a_sentence(command):
    ended = run("manage", *command.split(), DATABASE_URL=PRODUCTION["DATABASE_URL"])

    assert ended.returncode == 1
    assert "does not answer" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_somebody_elses_database_is_not_reset(tmp_path):
    database = "postgres://nobody@127.0.0.1:1/none"

    ended = run("demo", "--reset", DATABASE_URL=database, PYCOMMERCE_VAR=str(tmp_path))

    assert ended.returncode == 1
    assert "DATABASE_URL names another" in ended.stderr


# As uv does: a lock of its own in the environment while it installs.
_UV = """#!/bin/sh
case $1 in
  venv) mkdir -p "$PYCOMMERCE_VENV/bin" && ln -s /bin/true "$PYCOMMERCE_VENV/bin/python" ;;
  pip) exec flock --nonblock "$PYCOMMERCE_VENV/.lock" true ;;
esac
"""


def bootstrap(tmp_path: Path, uv: str) -> subprocess.Popen[str]:
    """Start `run.py` as a clone without an environment does, with this script for uv."""
    (tmp_path / "uv").write_text(uv)
    (tmp_path / "uv").chmod(0o755)
    environment = os.environ | {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "PYCOMMERCE_VENV": str(tmp_path / "environment"),
    }
    return subprocess.Popen(
        # The system's own interpreter has none of the requirements.
        [os.path.realpath(sys.executable), "-I", "-S", "run.py", "manage", "check"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_uv_need_not_wait_for_our_own_lock(tmp_path):
    filling = bootstrap(tmp_path, _UV)
    output, errors = filling.communicate(timeout=60)

    assert filling.returncode == 0, errors
    assert output.startswith("Installing")


# Tells that it is busy, is so for a moment, and counts who was beside it.
_SLOW_UV = """#!/bin/sh
case $1 in
  venv) mkdir -p "$PYCOMMERCE_VENV/bin" "$PYCOMMERCE_VENV/lib"
        ln -sf /bin/true "$PYCOMMERCE_VENV/bin/python" ;;
  pip) mkdir "$PYCOMMERCE_VENV/busy" || exit 1
       touch "$PYCOMMERCE_VENV/lib/$$" "$PYCOMMERCE_VENV/seen"
       sleep 1
       rmdir "$PYCOMMERCE_VENV/busy" ;;
esac
"""


def test_an_installation_that_was_killed_is_waited_for_and_done_anew(tmp_path):
    environment = tmp_path / "environment"
    with bootstrap(tmp_path, _SLOW_UV) as killed:
        deadline = time.monotonic() + 30
        while not (environment / "seen").exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        killed.kill()
        # Its installer goes on: only the parent is dead.
        started = bootstrap(tmp_path, _SLOW_UV)
        output, errors = started.communicate(timeout=60)

    assert started.returncode == 0, errors
    waiting, anew, installing = output.splitlines()
    assert waiting.startswith("Waiting for another installation")
    assert anew.startswith("An earlier installation was broken off")
    assert installing.startswith("Installing")
    # Nothing of the first try is left.
    assert len(list((environment / "lib").iterdir())) == 1

    again = bootstrap(tmp_path, _SLOW_UV)
    assert again.communicate(timeout=60) == ("", "")
