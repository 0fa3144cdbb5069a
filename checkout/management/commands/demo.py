"""`demo`: two shops on this machine, from nothing, with accounts and a token to try."""

import contextlib
import ctypes
import fcntl
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from django.db.utils import Error, OperationalError
from psycopg.errors import DiskFull, ObjectInUse

from catalog.demo.loading import ensure_shop
from catalog.demo.outdoor import OUTDOOR
from catalog.demo.scale import shop_of
from catalog.demo.tech import TECH
from checkout.demo.loading import ensure_orders
from pycommerce.db import connection
from pycommerce.localdb import LocalDatabaseError
from tenants.models import Role, Tenant, User
from tenants.services import add_member
from tenants.services.tokens import issue_tokens

_NEEDED_MIB = 500
_NEEDED_AGAIN_MIB = 100
_OWNERS = {"tech": "merchant@tech.example", "outdoor": "merchant@outdoor.example"}
_ADMIN = "admin@pycommerce.example"


class Command(BaseCommand):
    help = "Make the demo's shops and serve them on http://localhost."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--reset", action="store_true", help="forget all data and begin anew")
        parser.add_argument(
            "--scale",
            metavar="TENANTSxPRODUCTS",
            help="further made-up shops, such as 50x2000",
        )

    def handle(self, *args: Any, port: int, reset: bool, scale: str | None, **options: Any) -> None:
        if settings.MODE != "demo":
            raise CommandError("Start it by 'python3 run.py demo'.")
        counts = _parse_scale(scale)
        _check_port(port)
        _check_space()
        # A shell that starts this in the background has it ignored, and Python leaves that so.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        self.stdout.write("Preparing the database and the shops ...")
        self.stdout.flush()
        try:
            with _one_at_a_time():
                if reset:
                    _reset()
                call_command("migrate", verbosity=0)
                shops = [ensure_shop(TECH), ensure_shop(OUTDOOR)]
                for shop in shops:
                    ensure_orders(shop)
                for number in range(counts[0]):
                    shop_of(counts[1], slug=f"shop-{number + 1}-of-{counts[1]}")
                admin, password = _accounts(shops)
                token = issue_tokens(admin)["access"]
        except LocalDatabaseError as error:
            raise CommandError(str(error)) from error
        except Error as error:
            if isinstance(error.__cause__, DiskFull):
                raise CommandError("The database has no disk space left.") from error
            problem = f"The database could not be prepared ({str(error).strip().splitlines()[0]})."
            if settings.EMBEDDED_POSTGRES:
                problem += " 'python3 run.py demo --reset' begins anew."
            raise CommandError(problem) from error
        self._print(port, shops, password, token)
        connections.close_all()
        _serve(port)

    def _print(self, port: int, shops: list[Tenant], password: str, token: str) -> None:
        base = f"http://localhost:{port}"
        lines = [("All shops", f"{base}/")]
        for shop in shops:
            lines += [
                (shop.name, f"http://{shop.slug}.localhost:{port}/"),
                ("", f"{base}/stores/{shop.slug}/"),
                ("its admin", f"http://{shop.slug}.localhost:{port}/admin/"),
                ("", f"sign in as {_OWNERS[shop.slug]}"),
            ]
        lines += [
            ("Platform admin", f"{base}/admin/"),
            ("", f"sign in as {_ADMIN}"),
            ("Password", f"{password} (the same for all three)"),
            ("API", f"{base}/api/docs"),
        ]
        if settings.SIGN_UP:
            lines.append(("A shop of your own", f"{base}/open-a-shop/"))
        if settings.STRIPE_SIMULATOR:
            lines.append(("Test payments", f"{base}/stripe-demo/ (no money moves)"))
        if settings.MAIL_IS_KEPT:
            lines.append(("Mails", f"{base}/mail/ (nothing is sent)"))
        self.stdout.write("")
        for name, value in lines:
            self.stdout.write(f"  {name:<20} {value}")
        self.stdout.write(
            f"\n  curl -H 'Authorization: Bearer {token}' "
            f"'{base}/api/products?tenant=tech&category=Audio&in_stock=true'\n"
        )
        self.stdout.flush()


def _parse_scale(scale: str | None) -> tuple[int, int]:
    if scale is None:
        return 0, 0
    found = re.fullmatch(r"(\d{1,5})x(\d{1,7})", scale)
    if not found:
        raise CommandError("--scale is written as TENANTSxPRODUCTS, such as 50x2000.")
    return int(found.group(1)), int(found.group(2))


def _check_port(port: int) -> None:
    if not 1 <= port <= 65535:
        raise CommandError("--port is a number from 1 to 65535.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError as error:
            raise CommandError(f"Port {port} may not be opened by this user.") from error
        except OSError as error:
            raise CommandError(
                f"Port {port} is taken; another one: python3 run.py demo --port {port + 1}"
            ) from error


def _check_space() -> None:
    settings.VAR_DIR.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(settings.VAR_DIR).free // 2**20
    server = settings.EMBEDDED_POSTGRES
    needed = _NEEDED_AGAIN_MIB if server and server.data.exists() else _NEEDED_MIB
    if free < needed:
        raise CommandError(
            f"Only {free} MiB of disk are free at {settings.VAR_DIR}; {needed} are needed."
        )


@contextlib.contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Two demos that start at once from one folder: the second waits, and finds all made."""
    with (settings.VAR_DIR / "demo.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _reset() -> None:
    """Drop the embedded database, pictures, mails and imports; never somebody else's server."""
    if settings.EMBEDDED_POSTGRES is None:
        raise CommandError("--reset is for the embedded database; DATABASE_URL names another.")
    name = connection.settings_dict["NAME"]
    connections.close_all()
    with connection._nodb_cursor() as cursor:
        try:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')
        except OperationalError as error:
            if not isinstance(error.__cause__, ObjectInUse):
                raise
            raise CommandError(
                "Another process uses the demo's database: stop that one first."
            ) from error
    for folder in (
        settings.MEDIA_ROOT / "tenants",
        settings.VAR_DIR / "mail",
        settings.IMPORT_ROOT,
        settings.EXPORT_ROOT,
    ):
        shutil.rmtree(folder, ignore_errors=True)


def _accounts(shops: list[Tenant]) -> tuple[User, str]:
    """The platform's account, and the password of all; made or brought up to date."""
    password = _password()
    connection.set_schema_to_public()
    admin = _account(_ADMIN, password, is_superuser=True)
    for shop in shops:
        add_member(_account(_OWNERS[shop.slug], password), shop, Role.OWNER)
    return admin, password


def _account(email: str, password: str, **fields: bool) -> User:
    user = User.objects.filter(email=email).first()
    if user is None:
        return User.objects.create_user(email, password, **fields)
    if not user.check_password(password):
        user.set_password(password)
        user.save(update_fields=["password", "token_epoch"])
    return user


def _password() -> str:
    """`DEMO_PASSWORD`, else one that was made up before, else a new one; kept beside the data."""
    file = Path(settings.VAR_DIR) / "demo-password"
    given = os.environ.get("DEMO_PASSWORD", "")
    if given:
        return given
    with contextlib.suppress(FileNotFoundError):
        return file.read_text().strip()
    made = secrets.token_urlsafe(9)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as handle:
        handle.write(made)
    return made


def _serve(port: int) -> None:
    """Run gunicorn and the worker, and start again whichever was killed, until this ends."""
    environment = os.environ | {"BIND": f"127.0.0.1:{port}", "PUBLIC_PORT": str(port)}
    gunicorn = ["-m", "gunicorn", "-c", "python:pycommerce.gunicorn_conf", "pycommerce.wsgi"]
    commands = {
        "server": [sys.executable, *gunicorn],
        "worker": [sys.executable, str(settings.BASE_DIR / "manage.py"), "work"],
    }
    stopping: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda received, frame: stopping.append(received))
    running = {name: _start(command, environment) for name, command in commands.items()}
    while not stopping:
        time.sleep(0.2)
        for name, process in running.items():
            code = process.poll()
            if code is None or stopping:
                continue
            if name == "server" and code >= 0:
                # It ended by itself, and has said why.
                stopping.append(signal.SIGTERM)
                break
            time.sleep(0.5)
            running[name] = _start(commands[name], environment)
    for process in running.values():
        process.terminate()
    for process in running.values():
        try:
            process.wait(25)
        except subprocess.TimeoutExpired:
            process.kill()


def _start(command: list[str], environment: dict[str, str]) -> "subprocess.Popen[bytes]":
    # In a session of its own: Ctrl+C reaches this process, which ends the others in order.
    return subprocess.Popen(
        command,
        env=environment,
        cwd=settings.BASE_DIR,
        start_new_session=True,
        preexec_fn=_end_with_parent,
    )


def _end_with_parent() -> None:
    """However this command ends, what it started ends as well (Linux: prctl(2), PDEATHSIG)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)
