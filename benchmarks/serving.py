"""Starts what is measured, asks it with `wrk` and counts the CPU it takes."""

import http.client
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from pycommerce.localdb import Server

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / "var" / "bench"
ENVIRONMENT = {
    "PYCOMMERCE_VAR": str(HOME),
    "PYCOMMERCE_MODE": "development",
    "DJANGO_SETTINGS_MODULE": "pycommerce.settings",
    "ACCESS_TOKEN_SECONDS": "36000",
    # Counting stays on; only the limit is out of reach.
    "API_RATE_PER_MINUTE": "100000000",
    "API_WRITES_PER_MINUTE": "100000000",
    "LOG_LEVEL": "WARNING",
    "WEB_CONCURRENCY": "2",
    "WEB_THREADS": "4",
}
# Of the CPU of a round, what each worker must have taken at least.
_LEAST_SHARE = 0.3
_MOST_TRIES = 25
_ASK = """
wrk.headers["Authorization"] = os.getenv("BENCH_TOKEN") and "Bearer " .. os.getenv("BENCH_TOKEN")
wrk.headers["Host"] = os.getenv("BENCH_HOST")
wrk.headers["If-None-Match"] = os.getenv("BENCH_ETAG")
local hosts, paths = {}, {}
for host in string.gmatch(os.getenv("BENCH_HOSTS") or "", "%S+") do table.insert(hosts, host) end
for path in io.lines(os.getenv("BENCH_PATHS")) do table.insert(paths, path) end
math.randomseed(1)
if #hosts > 0 or #paths > 1 then
  request = function()
    if #hosts > 0 then wrk.headers["Host"] = hosts[math.random(#hosts)] end
    return wrk.format(nil, paths[math.random(#paths)])
  end
end
done = function(summary, latency, requests)
  io.write(string.format("RESULT %d %d %f %f %d\\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99),
    summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout))
end
"""


@dataclass(frozen=True)
class Figure:
    """Requests a second, milliseconds within which half and 99 % were answered, and the
    milliseconds of CPU that a request takes in the application and in the database."""

    rate: float
    p50: float
    p99: float
    application_cpu: float
    database_cpu: float

    @property
    def cpu(self) -> float:
        return self.application_cpu + self.database_cpu


@dataclass(frozen=True)
class Answer:
    """One answer, and the path of the next page where there is one."""

    body: bytes
    etag: str
    next_path: str


@dataclass(frozen=True)
class Served:
    """A running gunicorn, and the database whose CPU counts as its own."""

    port: int
    process: psutil.Process
    database: psutil.Process
    started_at: float  # time.monotonic()

    @property
    def memory(self) -> int:
        """The most bytes that a worker takes, its share of what they have in common (PSS)."""
        return max(worker.memory_full_info().pss for worker in self.process.children())

    @property
    def database_memory(self) -> int:
        """The most bytes that a server process has for itself, without the shared buffers."""
        return max(_own_memory(child.pid) for child in self.database.children())

    def ask(self, *paths: str, seconds: int, connections: int = 16, **headers: str) -> Figure:
        """Ask for one path or, at random, for any of several for a while; every answer must be
        good.

        A connection stays with the worker that accepted it, and often one worker is faster and
        accepts them all. Such a round says how 16 connections share one process, a third of the
        speed, and is asked again.
        """
        for _ in range(_MOST_TRIES):
            workers, before = self._workers(), self.cpu()
            requests, duration, p50, p99 = _wrk(self.port, paths, seconds, connections, headers)
            application, database = (
                (now - then) / requests * 1000 for now, then in zip(self.cpu(), before, strict=True)
            )
            shares = [now - then for now, then in zip(self._workers(), workers, strict=True)]
            if min(shares) >= sum(shares) * _LEAST_SHARE:
                return Figure(requests / duration, p50, p99, application, database)
        sys.exit(
            f"{paths[0]}: one worker was given nearly all of it in each of {_MOST_TRIES} tries."
        )

    def _workers(self) -> list[float]:
        """Seconds of CPU of each worker, as soon as all have been started."""
        while len(workers := self.process.children()) < int(ENVIRONMENT["WEB_CONCURRENCY"]):
            time.sleep(0.01)
        return [_own_cpu(worker) for worker in workers]

    def cpu(self) -> tuple[float, float]:
        """Seconds of CPU that the application and the database have taken."""
        return _cpu_of(self.process), _cpu_of(self.database)

    def fetch(self, path: str, *, host: str, token: str = "") -> Answer:
        headers = {"Host": host}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        response, body = _get(self.port, path, headers)
        if response.status != 200:
            sys.exit(f"{path} of {host}: {response.status} {body[:300]!r}")
        link = re.search(r'<https?://[^/]+([^>]+)>; rel="next"', response.headers.get("Link", ""))
        etag = response.headers.get("ETag", "")
        return Answer(body, etag, link[1] if link else "")


def database(home: Path = HOME) -> Server:
    """The server of a benchmark; it runs as long as this process."""
    home.mkdir(parents=True, exist_ok=True)
    server = Server(home / "pg18")
    server.ensure()
    return server


def _postmaster(server: Server) -> psutil.Process:
    return psutil.Process(int((server.data / "postmaster.pid").read_text().split()[0]))


def _cpu_of(process: psutil.Process) -> float:
    """Seconds of CPU of a process and its children, those that ended included."""
    total = sum(process.cpu_times()[:4])
    for child in process.children():
        try:
            total += _own_cpu(child)
        except psutil.NoSuchProcess:
            continue
    return total


def _own_cpu(process: psutil.Process) -> float:
    return sum(process.cpu_times()[:2])


def _own_memory(process_id: int) -> int:
    """Bytes that are no file's and nobody else's: psutil counts shared memory among them."""
    found = re.search(
        r"^Pss_Anon:\s+(\d+) kB$",
        Path(f"/proc/{process_id}/smaps_rollup").read_text(),
        re.MULTILINE,
    )
    return int(found[1]) * 1024 if found else 0


def need_wrk() -> None:
    if not shutil.which("wrk"):
        sys.exit("This benchmark needs wrk (Debian: apt-get install wrk).")


@contextmanager
def serve(application: str, extra: Mapping[str, str], server: Server) -> Iterator[Served]:
    """gunicorn as it is deployed, 2 workers of 4 threads, on a free port of loopback.

    It is given a socket that listens already, so that no other process can take the port and the
    first request waits for the first worker; and it ends no worker for its number of requests.
    """
    started = time.monotonic()
    command = [sys.executable, "-m", "gunicorn", "-c", "pycommerce/gunicorn_conf.py"]
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listener:
        port, number = listener.getsockname()[1], listener.fileno()
        process = subprocess.Popen(
            [*command, "--max-requests", "0", application],
            cwd=ROOT,
            env=os.environ | dict(extra) | {"BIND": f"fd://{number}"},
            pass_fds=[number],
        )
    try:
        _get(port, "/healthz", {"Host": "localhost"})
        yield Served(port, psutil.Process(process.pid), _postmaster(server), started)
    finally:
        process.terminate()
        process.wait(30)


def _get(
    port: int, path: str, headers: Mapping[str, str]
) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", path, headers=dict(headers))
        response = connection.getresponse()
        return response, response.read()
    except OSError as error:
        sys.exit(f"The server did not answer {path}: {error}.")
    finally:
        connection.close()


def _wrk(
    port: int, paths: Sequence[str], seconds: int, connections: int, headers: Mapping[str, str]
) -> tuple[float, float, float, float]:
    """Requests, seconds, and the milliseconds of half and of 99 %."""
    HOME.mkdir(parents=True, exist_ok=True)
    script, asked = HOME / "ask.lua", HOME / "ask.txt"
    script.write_text(_ASK)
    asked.write_text("\n".join(paths))
    environment = os.environ | {f"BENCH_{name.upper()}": value for name, value in headers.items()}
    environment["BENCH_PATHS"] = str(asked)
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", str(script)]
    output = subprocess.run(
        [*command, f"http://127.0.0.1:{port}{paths[0]}"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    found = re.search(r"RESULT (\d+) (\d+) (\S+) (\S+) (\d+)", output)
    if not found:
        sys.exit(f"wrk said nothing useful about {paths[0]}:\n{output}")
    requests, microseconds, p50, p99, errors = (float(part) for part in found.groups())
    if errors or not requests:
        sys.exit(f"{paths[0]}: {requests:.0f} answers in {seconds} s, {errors:.0f} errors.")
    return requests, microseconds / 1e6, p50 / 1000, p99 / 1000
