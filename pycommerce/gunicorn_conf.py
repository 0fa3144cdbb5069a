"""How gunicorn serves PyCommerce: two processes of four threads, behind a buffering proxy.

`BIND`, `WEB_CONCURRENCY` and `WEB_THREADS` come from the environment.
"""

import gc
from typing import Any

from pycommerce.core.env import env

bind = env.str("BIND", default="127.0.0.1:8000")
workers = env.int("WEB_CONCURRENCY", default=2)
worker_class = "gthread"
threads = env.int("WEB_THREADS", default=4)
# The code is loaded once and shared by the processes.
preload_app = True
keepalive = 15
timeout = 30
graceful_timeout = 20
# A connection gains memory with each schema it visits; so does its process.
max_requests = 100_000
max_requests_jitter = 10_000
# Which proxy may speak for a client RequestMiddleware decides; gunicorn believes none.
forwarded_allow_ips = ""
secure_scheme_headers: dict[str, str] = {}
forwarder_headers = ""
# Its path is one for all servers of an account, in that account's home.
control_socket_disable = True
limit_request_line = 8190
limit_request_fields = 100
loglevel = env.str("GUNICORN_LOG_LEVEL", default="warning")


def on_starting(server: Any) -> None:
    """Keep the embedded database, where there is one, running as long as this process."""
    from django.conf import settings

    if settings.EMBEDDED_POSTGRES:
        settings.EMBEDDED_POSTGRES.ensure()


def when_ready(server: Any) -> None:
    """Load what the first requests would load, and take it out of the collector's sight.

    The processes share it all the longer, and looking for garbage among what stays for good costs
    a twentieth of a small answer.
    """
    from django.conf import settings
    from django.urls import get_resolver

    for urlconf in (settings.ROOT_URLCONF, settings.PUBLIC_SCHEMA_URLCONF):
        get_resolver(urlconf).url_patterns  # noqa: B018 - read for what it imports
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
    if env.str("PYCOMMERCE_MODE", default="") == "demo":
        print("Ready. Ctrl+C stops everything.", flush=True)


def post_fork(server: Any, worker: Any) -> None:
    """A connection is never shared between processes."""
    from django.db import connections

    for connection in connections.all(initialized_only=True):
        connection.connection = None
