"""A name server that the installation asks."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.fakes.name_server import NameServer


@pytest.fixture
def name_server(settings: Any) -> Iterator[NameServer]:
    made = NameServer()
    settings.DNS_RESOLVER = made.address
    yield made
    made.stop()
