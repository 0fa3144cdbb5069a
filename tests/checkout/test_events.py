"""What Stripe tells, and how: once, twice, late, shuffled, wrongly, or not at all."""

import itertools
import json
import random
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
import stripe
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from checkout.models import PaymentAttempt
from checkout.services import events, settling
from checkout.services.events import work_off_waiting
from checkout.services.reconciling import Recent, reconcile
from checkout.services.starting import start_payment
from checkout.stripe_gateway import breakers
from checkout.stripe_inbox.models import StripeEvent
from orders.errors import IllegalTransition
from orders.models import LedgerEntry, Order, OutboxMessage, Refund
from tenants.models import Tenant
from tests.checkout.conftest import ORIGIN, at_once, select, state_of, stock, tell
from tests.factories import make_order, make_product
from tests.fakes.books import differences

D = Decimal


def opened(order):
    """The id of a session for the order."""
    session_id = start_payment(order.pk, origin=ORIGIN).session_id
    assert session_id
    return session_id


def mails(order, topic="mail.order_confirmed"):
    return OutboxMessage.objects.filter(topic=topic, payload__order=str(order.pk)).count()


def summary(order):
    """How an order ended, as far as it may not depend on the order of events."""
    fresh = Order.objects.get(pk=order.pk)
    kinds = Counter(fresh.ledger.values_list("kind", flat=True))
    return (
        fresh.status,
        fresh.payment_status,
        fresh.units,
        fresh.captured,
        fresh.refunded,
        tuple(sorted(kinds.items())),
        mails(order),
        mails(order, "mail.order_refunded"),
    )


# --- What happens at Stripe, fact by fact --------------------------------------------------------


def paid_by_card(fake, order):
    session_id = opened(order)
    yield fake.pay(session_id)


def paid_after_days(fake, order):
    session_id = opened(order)
    yield fake.pay(session_id, "delayed")
    yield fake.decide(session_id)
    yield fake.refund(session_id, 5000)


def not_paid_after_days(fake, order):
    session_id = opened(order)
    yield fake.pay(session_id, "delayed")
    yield fake.decide(session_id, succeeds=False)


def paid_at_the_second_try(fake, order):
    first = opened(order)
    yield fake.expire(first)
    # The shopper was faster than the event.
    PaymentAttempt.objects.filter(session_id=first).update(expires_at=timezone.now())
    with suppress(IllegalTransition):  # or the event was
        yield fake.pay(opened(order))


def refunded_twice_of_which_one_failed(fake, order):
    session_id = opened(order)
    yield fake.pay(session_id)
    yield (failing := fake.refund(session_id, 4000))
    yield fake.refund(session_id, 3000)
    yield fake.move_refund(failing.id, "failed")


STORIES = [
    paid_by_card,
    paid_after_days,
    not_paid_after_days,
    paid_at_the_second_try,
    refunded_twice_of_which_one_failed,
]


def play(story, fake, order):
    """Let all of it happen, and nobody tell; returns its events."""
    before = len(fake.events)
    for _fact in story(fake, order):
        pass
    return fake.events[before:]


def orders_of(things):
    """All orders of up to four events, some fixed ones of more."""
    found = list(itertools.permutations(things))
    return found if len(found) <= 24 else random.Random(7).sample(found, 12)


@pytest.mark.parametrize("story", STORIES)
def test_events_in_any_order_end_in_one_state(product, fake, story):
    ends = set()
    count = len(play(story, fake, make_order(product)))
    for turn in orders_of(range(count)):
        order = make_order(product)
        told = play(story, fake, order)
        tell(fake, *[told[number] for number in turn])
        ends.add(summary(order))
        fake.events.clear()

    reconcile(Recent())  # the first one of all, of which nobody told
    assert len(ends) == 1, ends
    assert differences(fake) == []


@pytest.mark.breaks_books
@pytest.mark.parametrize("story", [paid_after_days, paid_at_the_second_try])
def test_control_whoever_speaks_last_would_be_right(product, fake, monkeypatch, story):
    """Without our own order of states the permutations above end differently."""
    naive = {
        "checkout.session.completed": ("processing", "paid"),
        "checkout.session.async_payment_succeeded": ("processing", "paid"),
        "checkout.session.expired": ("cancelled", "unpaid"),
        "charge.refunded": ("processing", "partially_refunded"),
    }

    def believe(kind):
        status, payment = naive[kind]
        return lambda thing, account: Order.objects.filter(
            pk=thing.get("client_reference_id") or thing["metadata"]["order"]
        ).update(status=status, payment_status=payment, units="released")

    for kind in naive:
        monkeypatch.setitem(events._HANDLERS, kind, believe(kind))
    ends = set()
    count = len(play(story, fake, make_order(product)))
    for turn in orders_of(range(count)):
        order = make_order(product)
        told = play(story, fake, order)
        tell(fake, *[told[number] for number in turn])
        ends.add(summary(order))
        if len(ends) > 1:
            return
    pytest.fail("The permutations would not have noticed.")


@pytest.mark.parametrize("seed", range(12))
def test_events_between_the_facts_late_and_doubled(product, fake, seed):
    """Facts of several orders happen one by one; what was told of them is told whenever."""
    chance = random.Random(seed)
    stories = [story(fake, make_order(product)) for story in STORIES]
    waiting, seen = [], 0
    while stories or waiting:
        waiting += fake.events[seen:]
        seen = len(fake.events)
        if stories and (not waiting or chance.random() < 0.5):
            story = chance.choice(stories)
            try:
                next(story)
            except StopIteration:
                stories.remove(story)
            continue
        event = waiting.pop(chance.randrange(len(waiting)))
        tell(fake, *[event] * chance.choice([1, 1, 2]))
        if chance.random() < 0.2:
            waiting.append(event)

    assert differences(fake) == []
    assert StripeEvent.objects.exclude(state="done").count() == 0


def test_a_refund_that_is_heard_of_before_its_payment(order, fake):
    session_id = opened(order)
    fake.pay(session_id)
    fake.refund(session_id, 2999)
    completed, *refunds = fake.events

    assert tell(fake, *refunds) == ["done", "done"]

    assert state_of(order) == ("processing", "partially_refunded")
    assert tell(fake, completed) == ["done"]
    assert differences(fake) == []


def test_a_dispute_that_is_heard_of_before_its_payment(order, fake):
    session_id = opened(order)
    fake.pay(session_id)
    fake.dispute(session_id)

    tell(fake, *fake.events[::-1], *fake.events)

    assert state_of(order) == ("processing", "paid")
    assert order.events.filter(kind="disputed").count() == 1
    assert order.ledger.get(kind="dispute").amount == D("129.99")


def test_two_events_that_tell_of_one_fact(order, fake):
    fake.pay(opened(order))
    [event] = fake.events

    tell(fake, event, event | {"id": "evt_another"})

    assert (mails(order), order.ledger.count()) == (1, 1)
    assert StripeEvent.objects.count() == 2


# --- A hundred times, at once --------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_paid_event_a_hundred_times_on_eight_threads(order, fake):
    fake.pay(opened(order))
    [event] = fake.events

    def hear():
        for _ in range(12):
            events.receive(*fake.signed(event))
            events.work_off(event["id"])

    assert at_once(*[hear] * 8) == [None] * 8

    assert (mails(order), order.ledger.count()) == (1, 1)
    assert order.events.filter(kind="paid").count() == 1
    assert stock() == (24, 0)
    assert StripeEvent.objects.get().state == "done"
    assert differences(fake) == []


@pytest.mark.breaks_books
@pytest.mark.django_db(transaction=True)
def test_control_without_lock_and_constraint_it_is_booked_twice(order, fake, monkeypatch):
    fake.pay(opened(order))
    [event] = fake.events
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE orders_ledgerentry DROP CONSTRAINT ledger_fact_once")

    def naive(*, order_id, amount, currency, provider, provider_id):
        if LedgerEntry.objects.filter(provider_id=provider_id).exists():
            return
        LedgerEntry.objects.create(
            order_id=order_id,
            kind="charge",
            amount=amount,
            currency=currency,
            provider=provider,
            provider_id=provider_id,
        )

    monkeypatch.setattr(settling, "record_payment", naive)
    monkeypatch.setattr(settling, "lock_order", lambda order_id: Order.objects.get(pk=order_id))
    monkeypatch.setattr(
        settling, "_attempt_of", lambda *_: PaymentAttempt.objects.get(order_id=order.pk)
    )
    # To write the attempt or the address locks it as well.
    monkeypatch.setattr(PaymentAttempt, "save", lambda *_, **__: None)
    monkeypatch.setattr(settling, "remember_address", lambda order: None)
    for _round in range(20):
        LedgerEntry.objects.all().delete()
        at_once(*[lambda: settling.settle(event["data"]["object"]["id"])] * 8)
        if order.ledger.count() > 1:
            break

    assert order.ledger.count() > 1
    assert differences(fake) != []


# --- Not at all ----------------------------------------------------------------------------------


def test_of_nothing_was_told_and_one_reconcile_makes_up_for_it(product, fake, capsys):
    orders = {story: make_order(product) for story in STORIES}
    for story, order in orders.items():
        play(story, fake, order)
    left_alone = make_order(product)
    opened(left_alone)
    assert differences(fake) != []  # the control: without it, this is how it would stay

    connection.set_schema_to_public()
    call_command("reconcile", "--json")
    select()

    assert differences(fake) == []
    assert state_of(orders[paid_by_card]) == ("processing", "paid")
    assert state_of(orders[paid_after_days]) == ("processing", "partially_refunded")
    assert state_of(orders[not_paid_after_days]) == ("cancelled", "unpaid")
    assert state_of(orders[refunded_twice_of_which_one_failed])[1] == "partially_refunded"
    assert state_of(left_alone) == ("pending", "unpaid")
    found = json.loads(capsys.readouterr().out)
    assert found["ok"]
    assert len(found["tenants"][0]["repaired"]) >= len(STORIES)

    ends = {order.pk: summary(order) for order in orders.values()}
    again = reconcile(Recent())
    tell(fake)
    assert (again.repaired, again.problems) == ([], [])
    assert {order.pk: summary(order) for order in orders.values()} == ends


def test_a_refund_of_an_old_payment_is_found_as_well(order, fake):
    fake.pay(opened(order))
    tell(fake)
    for thing in fake.sessions.values():
        thing.created -= 90 * 86_400
    Order.objects.update(created_at=timezone.now() - timedelta(days=90))
    LedgerEntry.objects.update(created_at=timezone.now() - timedelta(days=90))
    [session] = fake.sessions.values()
    fake.refund(session.id)

    found = reconcile(Recent())

    assert len(found.repaired) == 1
    assert state_of(order) == ("processing", "refunded")


def test_a_pending_refund_is_asked_about_until_it_is_decided(order, fake, tech):
    fake.pay(opened(order))
    tell(fake)
    [session] = fake.sessions.values()
    refund = fake.refund(session.id)
    fake.move_refund(refund.id, "pending")
    tell(fake)
    assert Refund.objects.get().state == "pending"
    refund.created -= 90 * 86_400
    fake.move_refund(refund.id, "failed")

    found = reconcile(Recent())

    assert Refund.objects.get().state == "failed"
    assert len(found.repaired) == 1
    assert state_of(order) == ("processing", "paid")


def test_what_is_strange_is_named_and_changes_nothing(order, fake):
    session_id = opened(order)
    fake.pay(session_id)
    tell(fake)
    [session] = fake.sessions.values()
    fake.refund(session.id, 1000)
    tell(fake)
    stranger = Refund.objects.get()
    fake.refunds.clear()

    assert reconcile(Recent()).problems == [
        f"Refund {stranger.provider_id} is unknown to the provider."
    ]


# --- Whose it is ---------------------------------------------------------------------------------

TENANTS = ("tech", "outdoor", "nobody", None)
ACCOUNTS = ("", "acct_tech", "acct_outdoor")


@pytest.mark.parametrize("named", TENANTS)
@pytest.mark.parametrize("account", ACCOUNTS)
def test_an_event_counts_for_the_shop_and_the_account_of_its_order(
    order, outdoor, fake, named, account
):
    """Whatever an event claims, only the true pair of both changes anything."""
    Tenant.objects.filter(slug="tech").update(stripe_account="acct_tech")
    Tenant.objects.filter(slug="outdoor").update(stripe_account="acct_outdoor")
    fake.accounts |= set(ACCOUNTS)
    select()
    fake.pay(opened(order))
    [event] = fake.events
    ids = {slug: str(Tenant.objects.get(slug=slug).pk) for slug in ("tech", "outdoor")}
    metadata = event["data"]["object"]["metadata"]
    metadata["tenant"] = ids.get(named, "6b7a0e3c-1d2f-4f60-9b1a-000000000000")
    if named is None:
        del metadata["tenant"]
    event["account"] = account

    [state] = tell(fake, event)

    # Told without a shop, the payment itself is asked, and says whose it is.
    is_true = account == "acct_tech" and named in {"tech", None}
    assert state == ("done" if is_true else "unmatched")
    assert state_of(order) == (("processing", "paid") if is_true else ("pending", "unpaid"))
    # Its next event is heard, however the shop's own account has changed since.
    Tenant.objects.filter(slug="tech").update(stripe_account="acct_new")
    metadata["tenant"] = ids["tech"]
    event |= {"id": "evt_next", "account": "acct_tech"}
    assert tell(fake, event) == ["done"]
    assert state_of(order) == ("processing", "paid")


def test_a_session_that_claims_anothers_order_is_nobodys(order, outdoor, fake):
    select()
    fake.pay(opened(order))
    [session] = fake.sessions.values()
    session.params["metadata"]["tenant"] = str(outdoor.pk)
    fake.events[0]["data"]["object"]["metadata"]["tenant"] = str(outdoor.pk)

    assert tell(fake) == ["unmatched"]
    select()
    assert state_of(order) == ("pending", "unpaid")


@pytest.mark.parametrize("kind", ["charge.dispute.created", "charge.refunded"])
def test_an_account_does_not_speak_of_anothers_payment(order, outdoor, fake, kind):
    """A shop with an account of its own can sign whatever it likes, but not in another's name."""
    fake.accounts.add("acct_outdoor")
    Tenant.objects.filter(slug="outdoor").update(stripe_account="acct_outdoor")
    select()
    fake.pay(opened(order))
    tell(fake)
    [session] = fake.paid_sessions()
    fake.refund(session.id)
    fake.dispute(session.id)
    tech = {"tenant": str(Tenant.objects.get(slug="tech").pk)}
    for event in fake.events:
        if event["type"] == kind:
            event["data"]["object"]["metadata"] = tech
            event["account"] = "acct_outdoor"
            assert tell(fake, event) == ["unmatched"]

    assert state_of(order) == ("processing", "paid")
    assert order.ledger.count() == 1
    reconcile(Recent())


def test_a_session_that_another_account_made_up_pays_for_nothing(order, outdoor, fake):
    """It names the shop, its order and its attempt, of which no session is known yet."""
    fake.accounts.add("acct_outdoor")
    Tenant.objects.filter(slug="outdoor").update(stripe_account="acct_outdoor")
    select()
    session_id = opened(order)
    PaymentAttempt.objects.update(session_id=None, state="new")
    made_up = replace(fake.sessions[session_id], id="cs_test_made_up", account="acct_outdoor")
    fake.sessions[made_up.id] = made_up
    fake.pay(made_up.id)

    assert tell(fake) == ["unmatched"]
    assert state_of(order) == ("pending", "unpaid")


def test_a_shop_that_was_restored_beside_itself_does_not_book_the_others_sessions(order, fake):
    """Both have an order of this id; the session names the other shop."""
    session_id = opened(order)
    fake.pay(session_id)
    fake.sessions[session_id].metadata["tenant"] = "6b7a0e3c-1d2f-4f60-9b1a-000000000000"

    assert settling.settle(session_id) is None
    assert state_of(order) == ("pending", "unpaid")


def test_an_event_of_the_other_mode_changes_nothing(order, fake):
    fake.pay(opened(order))

    assert tell(fake, fake.events[0] | {"livemode": True}) == ["unmatched"]

    assert state_of(order) == ("pending", "unpaid")


def test_an_event_of_no_concern_is_kept_and_ignored(fake, tech):
    event = {"id": "evt_1", "object": "event", "type": "payout.paid", "data": {"object": {}}}

    assert tell(fake, event) == ["ignored"]
    assert fake.calls == []


# --- The address ---------------------------------------------------------------------------------


@pytest.fixture
def post(db):
    def send(body, signature="", **headers):
        return Client(HTTP_HOST="localhost").post(
            "/stripe/webhook",
            body,
            content_type="application/json",
            HTTP_STRIPE_SIGNATURE=signature,
            **headers,
        )

    return send


def test_the_webhook_takes_what_is_signed(order, fake, post):
    fake.pay(opened(order))
    body, header = fake.signed(fake.events[0])
    connection.set_schema_to_public()

    assert [post(body, header).status_code for _ in range(2)] == [200, 200]
    assert post(body + b" ", header).status_code == 400
    assert post(body).status_code == 400
    assert post(b"", header).status_code == 400
    assert Client(HTTP_HOST="localhost").get("/stripe/webhook").status_code == 405
    select()
    assert state_of(order) == ("processing", "paid")


def test_without_a_secret_nothing_is_believed(order, fake, post, settings):
    fake.pay(opened(order))
    settings.STRIPE_WEBHOOK_SECRET = []

    assert post(*fake.signed(fake.events[0])).status_code == 500
    assert StripeEvent.objects.count() == 0


@pytest.mark.parametrize("text", ["\x00", "\ud800", "a" * 300])
def test_text_that_cannot_be_stored_is_no_failure(order, fake, post, text):
    fake.pay(opened(order))
    event = fake.events[0]
    event["data"]["object"]["metadata"]["note"] = text
    event["type_of_something_new"] = {text: text}

    assert post(*fake.signed(event)).status_code == 200

    select()
    assert state_of(order) == ("processing", "paid")


@pytest.mark.parametrize(
    "member",
    ["[" * 99_000 + "]" * 99_000, '{"a":' * 500 + "1" + "}" * 500, "NaN", "-Infinity", "1e400"],
)
def test_a_signed_body_that_cannot_be_kept_is_no_event(order, fake, post, member):
    fake.pay(opened(order))
    body = json.dumps({**fake.events[0], "new": "member"}).replace('"member"', member)

    header = stripe.WebhookSignature.generate_signature_header(body, fake.webhook_secret)

    assert post(body.encode(), header).status_code == 400
    assert StripeEvent.objects.count() == 0


# --- A bad one -----------------------------------------------------------------------------------


def test_a_bad_event_is_given_up_and_holds_up_no_other(product, fake, capsys):
    orders = [make_order(product) for _ in range(6)]
    for order in orders:
        fake.pay(opened(order))
    bad = fake.events[2]
    # It fails in a way that nobody foresaw.
    StripeEvent.objects.create(pk=bad["id"], type=bad["type"], payload={})

    states = tell(fake)

    assert Counter(states) == {"done": 5, "received": 1}
    for _ in range(20):
        StripeEvent.objects.update(next_try_at=timezone.now())
        work_off_waiting()
    row = StripeEvent.objects.get(pk=bad["id"])
    assert (row.state, row.attempts) == ("dead", 10)
    assert "KeyError" in row.problem

    connection.set_schema_to_public()
    with pytest.raises(SystemExit):
        call_command("reconcile", "--json")
    select()
    assert bad["id"] in json.loads(capsys.readouterr().out)["problems"][0]
    assert differences(fake) == []  # and its order was paid by that all the same


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ("cs_1", "data.object."),
        ([], "data.object."),
        ({"id": None}, "data.object.id."),
        ({"id": "x" * 256}, "data.object.id."),
        ({"metadata": "tenant"}, "data.object.metadata."),
        ({"payment_intent": 5}, "data.object.payment_intent."),
        ({"payment_intent": {"object": "payment_intent"}}, "data.object.payment_intent."),
        ({"amount": "12.50"}, "data.object.amount."),
        ({"amount": 12.5}, "data.object.amount."),
        ({"amount": True}, "data.object.amount."),
        ({"amount": -1}, "data.object.amount."),
        ({"amount": 10**12}, "data.object.amount."),
        ({"currency": "euros", "reason": []}, "data.object.currency, data.object.reason."),
    ],
)
def test_an_event_that_is_not_as_stripe_sends_it_is_given_up_at_once(
    order, fake, caplog, changes, named
):
    session = opened(order)
    fake.pay(session)
    tell(fake)
    fake.dispute(session)
    dispute, asked = fake.events[-1], len(fake.calls)
    thing = dispute["data"]["object"]
    dispute["data"]["object"] = thing | changes if isinstance(changes, dict) else changes

    assert tell(fake, dispute) == ["dead"]
    StripeEvent.objects.update(next_try_at=timezone.now())

    assert work_off_waiting() == 0
    row = StripeEvent.objects.get(pk=dispute["id"])
    assert (row.problem, row.attempts) == (f"It is not as Stripe sends it: {named}", 1)
    (line,) = [each for each in caplog.records if each.levelname == "ERROR"]
    assert row.problem in line.getMessage()
    assert line.exc_info is None
    assert len(fake.calls) == asked
    assert not order.ledger.filter(kind="dispute").exists()


def test_an_account_that_is_no_id_is_none(order, fake):
    fake.pay(opened(order))

    assert tell(fake, fake.events[0] | {"account": {"id": "acct_1"}}) == ["dead"]
    assert StripeEvent.objects.get().problem == "It is not as Stripe sends it: account."


def test_an_event_is_tried_again_when_stripe_is_back(order, fake):
    fake.pay(opened(order))
    fake.fail("500", "get_session", times=4)

    assert tell(fake) == ["received"]
    assert work_off_waiting() == 0  # not yet
    fake.heal()
    StripeEvent.objects.update(next_try_at=timezone.now())

    assert work_off_waiting() == 1
    assert state_of(order) == ("processing", "paid")


def test_an_event_that_was_given_up_may_be_sent_again(order, fake):
    fake.pay(opened(order))
    tell(fake, fake.events[0] | {"account": "acct_strange"})
    StripeEvent.objects.update(account="", state="dead")

    assert tell(fake) == ["done"]
    assert state_of(order) == ("processing", "paid")


def test_a_twin_that_fails_does_not_undo_what_was_done(order, fake):
    fake.pay(opened(order))
    tell(fake)
    row = StripeEvent.objects.get()

    events._try_again(row, "too late")

    row.refresh_from_db()
    assert row.state == "done"


@pytest.mark.django_db(transaction=True)
def test_two_workers_share_the_events_that_wait(product, fake):
    for _ in range(10):
        fake.pay(opened(make_order(product)))
    fake.fail("500", "get_session", times=1000)
    tell(fake)
    fake.heal()
    breakers.reset()
    StripeEvent.objects.update(next_try_at=timezone.now() - timedelta(seconds=1), attempts=0)

    done = at_once(work_off_waiting, work_off_waiting)

    assert sum(done) == 10
    assert differences(fake) == []


def test_old_events_are_forgotten_and_waiting_ones_are_not(order, fake):
    fake.pay(opened(order))
    fake.expire(opened(make_order(make_product(on_hand=3))))
    tell(fake)
    StripeEvent.objects.update(received_at=timezone.now() - timedelta(days=91))
    StripeEvent.objects.filter(type__contains="expired").update(state="received")

    assert events.forget_old_events() == 1
    assert StripeEvent.objects.get().type == "checkout.session.expired"
