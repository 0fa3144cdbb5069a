"""A shop that sells, and its payments with the simulator or with a Stripe of its own."""

import threading
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, connections
from django.test import Client

from catalog.models import Variant
from checkout.services.events import receive
from checkout.services.integrity import violations
from checkout.services.starting import start_payment
from checkout.simulator import store
from checkout.simulator.delivering import deliver_due
from checkout.stripe_gateway import breakers
from orders.models import Order
from tenants.models import Tenant
from tests.factories import make_order, make_product
from tests.fakes.stripe_server import FakeStripe

ORIGIN = "http://tech.localhost"


def select(slug: str = "tech") -> None:
    connection.set_schema_to_public()
    connection.set_tenant(Tenant.objects.get(slug=slug))


@pytest.fixture
def product(tech: Tenant) -> Any:
    return make_product("Wireless Headphones", price="129.99", on_hand=25, sku="WH-001")


@pytest.fixture
def order(product: Any) -> Order:
    return make_order(product)


def stock() -> tuple[int, int]:
    """Units on hand and held of the one product."""
    variant = Variant.objects.get(sku="WH-001")
    return variant.on_hand, variant.held


def state_of(order: Order) -> tuple[str, str]:
    fresh = Order.objects.get(pk=order.pk)
    return fresh.status, fresh.payment_status


def pay(order: Order, outcome: str = "paid", delivery: str = "now") -> str:
    """Open a session for the order and pay it; returns its id. No event is delivered yet."""
    attempt = start_payment(order.pk, origin=ORIGIN)
    assert attempt.session_id
    assert store.pay(attempt.session_id, outcome=outcome, delivery=delivery)
    return attempt.session_id


def paid(order: Order) -> Order:
    """The order, paid and told of."""
    pay(order)
    deliver_due()
    return Order.objects.get(pk=order.pk)


SAME_ORIGIN = {"HTTP_SEC_FETCH_SITE": "same-origin"}


@pytest.fixture
def shopper(tech: Tenant) -> Client:
    """A browser on the shop's host."""
    return Client(HTTP_HOST="tech.localhost")


@pytest.fixture
def amounts() -> Callable[[Order], tuple[Decimal, Decimal]]:
    def of(order: Order) -> tuple[Decimal, Decimal]:
        fresh = Order.objects.get(pk=order.pk)
        return fresh.captured, fresh.refunded

    return of


@pytest.fixture
def fake(settings: Any) -> Iterator[FakeStripe]:
    """Stripe at an address of its own in place of the simulator; nothing wrong is sent to it."""
    stripe = FakeStripe()
    settings.STRIPE_SIMULATOR = False
    settings.STRIPE_SECRET_KEY = stripe.key
    settings.STRIPE_WEBHOOK_SECRET = [stripe.webhook_secret]
    settings.STRIPE_API_BASE = stripe.base
    yield stripe
    stripe.stop()
    assert stripe.violations == []


@pytest.fixture(autouse=True)
def _nothing_broken_from_another_test() -> None:
    breakers.reset()


@pytest.fixture(autouse=True)
def _the_books_agree_afterwards(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever a test did to the shop: stock, money and orders add up."""
    has_shop = {"tech", "outdoor"} & set(request.fixturenames)
    if has_shop:
        request.getfixturevalue("db")
    yield
    if has_shop and not request.node.get_closest_marker("breaks_books"):
        select()
        assert [str(each) for each in violations()] == []


def tell(fake: FakeStripe, *events: dict[str, Any]) -> list[str]:
    """Let Stripe tell of events, all of them where none is named; returns their states."""
    return [receive(*fake.signed(event)).state for event in events or fake.events]


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """Do all of it at the same moment, each in a thread and a connection of its own.

    Returns what each gave, or the exception that it raised.
    """
    start = threading.Barrier(len(works))
    results: list[Any] = [None] * len(works)

    def run(number: int, work: Callable[[], Any]) -> None:
        try:
            select()
            start.wait(120)
            results[number] = work()
        except Exception as error:
            results[number] = error
        finally:
            connections.close_all()

    threads = [
        threading.Thread(target=run, args=[number, work]) for number, work in enumerate(works)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(180)
        assert not thread.is_alive(), "It hangs."
    return results
