"""An order's states move as their tables say, under the order's lock, and not otherwise."""

import itertools

import pytest

from orders.errors import IllegalTransition
from orders.models import Order
from orders.services.timeline import save
from tests.factories import make_order

MACHINES = {"status": Order.STATUS_MOVES, "payment_status": Order.PAYMENT_MOVES}
PAIRS = [
    (name, str(old), str(new))
    for name, moves in MACHINES.items()
    for old, new in itertools.permutations(moves, 2)
]


def test_every_state_has_its_row_in_the_table():
    assert set(Order.STATUS_MOVES) == set(Order.Status)
    assert set(Order.PAYMENT_MOVES) == set(Order.PaymentStatus)


@pytest.mark.parametrize(("name", "old", "new"), PAIRS)
def test_a_move_is_made_where_its_table_allows_it(tech, name, old, new):
    order = make_order()
    Order.objects.filter(pk=order.pk).update(**{name: old, "units": "released"})
    order.refresh_from_db()

    if new in MACHINES[name][old]:
        save(order, **{name: new})
        wanted = new
    else:
        with pytest.raises(IllegalTransition, match=f"is {old}; it cannot become {new}"):
            save(order, **{name: new})
        wanted = old

    order.refresh_from_db()
    assert getattr(order, name) == wanted


def test_a_row_that_moved_meanwhile_is_left_alone(tech):
    order = make_order()
    # Read without its lock, and cancelled since.
    Order.objects.filter(pk=order.pk).update(status="cancelled", units="released")

    with pytest.raises(IllegalTransition, match="not pending any more"):
        save(order, status="processing")

    assert Order.objects.get().status == "cancelled"


def test_what_is_saved_shows_when_it_was(tech):
    order = make_order()
    before = order.updated_at

    save(order, cancel_reason="")

    order.refresh_from_db()
    assert order.updated_at > before
