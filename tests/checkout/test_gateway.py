"""The line to Stripe: what is asked, how it can fail, and how long anybody waits."""

import threading
import time
from datetime import timedelta
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlencode

import pytest
from django.db import connection, transaction
from django.utils import timezone
from stripe._encode import _api_encode

from checkout import stripe_transport
from checkout.errors import (
    KeptFailure,
    NotThatSession,
    PaymentProviderUnavailable,
    PaymentRefused,
)
from checkout.models import PaymentAttempt
from checkout.services.starting import start_payment
from checkout.simulator.transport import answer as simulator_answer
from checkout.stripe_gateway import BadSignature, Gateway, verified_event
from orders.models import Order
from tests.checkout.conftest import ORIGIN
from tests.fakes.stripe_params import problems
from tests.fakes.stripe_server import FAULTS, FakeStripe


@pytest.fixture
def short(monkeypatch):
    """The same line with less patience: a test need not wait for eleven seconds."""
    monkeypatch.setattr(stripe_transport, "CONNECT_SECONDS", 1.5)
    monkeypatch.setattr(stripe_transport, "READ_SECONDS", 1.5)
    monkeypatch.setattr(stripe_transport, "CALL_SECONDS", 4.5)
    monkeypatch.setattr(stripe_transport, "LEAST_SECONDS", 1.0)


@pytest.fixture
def let_pass(monkeypatch):
    """Lets so many seconds pass, for the line to Stripe alone."""
    ahead = [0.0]
    clock = SimpleNamespace(monotonic=lambda: time.monotonic() + sum(ahead))
    monkeypatch.setattr(stripe_transport, "time", clock)
    return ahead.append


def params(**more):
    """Those of a session as small as can be."""
    return {
        "mode": "payment",
        "expires_at": int((timezone.now() + timedelta(minutes=35)).timestamp()),
        "line_items": [
            {
                "price_data": {
                    "currency": "usd",
                    "unit_amount": 12999,
                    "product_data": {"name": "Wireless Headphones"},
                },
                "quantity": 1,
            }
        ],
        "payment_intent_data": {"metadata": {}},
        "success_url": f"{ORIGIN}/",
        "cancel_url": f"{ORIGIN}/",
        **more,
    }


# --- What is asked -------------------------------------------------------------------------------


def test_a_session_asks_for_exactly_what_the_order_says(order, fake):
    attempt = start_payment(order.pk, origin=ORIGIN)

    session = fake.sessions[attempt.session_id]
    assert (session.amount, session.currency) == (12999, "usd")
    assert session.params["client_reference_id"] == str(order.pk)
    assert session.params["customer_email"] == "john.doe@example.com"
    [call] = fake.calls
    assert call.key == attempt.stripe_key


@pytest.mark.parametrize(
    ("wrong", "what"),
    [
        ({"line_itemz": []}, "line_itemz: unknown"),
        ({"mode": "gift"}, None),  # the library takes any text there
        ({"expires_at": "soon"}, "expires_at: 'soon' is no int"),
        ({"metadata": "tenant"}, "metadata: no mapping"),
        ({"line_items": {"quantity": "1"}}, "line_items: no list"),
        ({"line_items": [{"quantity": "one"}]}, "line_items[0].quantity: 'one' is no int"),
        ({"line_items": [{"price_data": {"unit_amount": "1"}}]}, "price_data.currency: missing"),
        ({"payment_intent_data": {"colour": "x"}}, "payment_intent_data.colour: unknown"),
        ({"allow_promotion_codes": "yes"}, "'yes' is no boolean"),
        ({"api_key": "sk"}, "api_key: unknown"),
    ],
)
def test_the_control_finds_what_is_no_parameter_of_stripes(wrong, what):
    """The check itself: without it a wrong request would pass here and fail at Stripe."""
    found = problems("create_session", wrong)

    assert found == [] if what is None else any(what in each for each in found), found


def test_a_wrong_parameter_is_refused_and_kept(fake):
    with pytest.raises(PaymentRefused):
        Gateway().create_session(params(colour="red"), "key")

    assert fake.violations == ["create_session: colour: unknown"]
    fake.violations.clear()


def test_the_same_key_gets_the_same_session_and_never_another(fake):
    wanted = params()
    first, second = (Gateway().create_session(wanted, "key") for _ in range(2))
    assert first.id == second.id

    with pytest.raises(PaymentProviderUnavailable):
        Gateway().create_session(wanted | {"client_reference_id": "another"}, "key")

    assert len(fake.sessions) == 1
    assert fake.violations == ["create_session: other parameters for one key"]
    fake.violations.clear()


def test_lists_are_read_to_their_end(fake):
    now = timezone.now()
    for number in range(230):
        Gateway().create_session(params(), f"key-{number}")

    found = list(Gateway().sessions_since(now - timedelta(minutes=1)))

    assert {session.id for session in found} == set(fake.sessions)
    assert [call.operation for call in fake.calls].count("list_sessions") == 3


def test_a_session_that_is_not_open_cannot_be_expired(fake):
    session = Gateway().create_session(params(), "key")
    fake.pay(session.id)

    with pytest.raises(NotThatSession):
        Gateway().expire_session(session.id)

    assert Gateway().retrieve_session(session.id).is_paid
    assert Gateway().retrieve_session("cs_test_unknown") is None
    assert Gateway().session_of_payment(fake.sessions[session.id].intent).id == session.id
    assert Gateway().session_of_payment("pi_unknown") is None
    with pytest.raises(PaymentRefused):
        Gateway().refunds_of("pi_unknown")


def test_each_account_is_asked_about_its_own(fake):
    fake.accounts.add("acct_1")
    session = Gateway("acct_1").create_session(params(), "key")

    assert Gateway().retrieve_session(session.id) is None
    assert Gateway("acct_1").retrieve_session(session.id).id == session.id


def test_nothing_is_asked_inside_a_transaction(fake, transactional_db):
    with transaction.atomic(), pytest.raises(AssertionError, match="inside a transaction"):
        Gateway().retrieve_session("cs_test_x")

    assert fake.calls == []


def test_the_library_keeps_nothing_on_this_machine(fake, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))

    Gateway().create_session(params(), "key")

    assert list(Path(tmp_path).iterdir()) == []


# --- How it fails --------------------------------------------------------------------------------

# What Stripe did when the caller was told that it does not answer, and what a repeat finds.
ACTED = {"hang_after", "reset_after", "500_after", "malformed", "wrong_shape", "html", "drip"}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_no_answer_and_a_repeat_makes_no_second_session(fake, short, fault):
    wanted = params()
    fake.fail(fault, times=2)
    with pytest.raises(PaymentProviderUnavailable):
        Gateway().create_session(wanted, "key")
    assert len(fake.sessions) == (fault in ACTED)

    fake.heal()
    if fault.startswith("500"):
        # Stripe keeps it for a day: only another key helps.
        with pytest.raises(KeptFailure):
            Gateway().create_session(wanted, "key")
        assert Gateway().create_session(wanted, "another key")
    else:
        assert Gateway().create_session(wanted, "key").id in fake.sessions
        assert len(fake.sessions) == 1


@pytest.mark.parametrize("fault", [mode for mode in FAULTS if not mode.startswith("500")])
def test_one_fault_is_made_up_for_by_a_retry(fake, short, fault):
    fake.fail(fault)
    if fault in {"429", "malformed", "wrong_shape", "html", "drip"}:
        # An answer all the same, or one that took all the time: it is not asked again at once.
        with pytest.raises(PaymentProviderUnavailable):
            Gateway().create_session(params(), "key")
        return

    assert Gateway().create_session(params(), "key").id in fake.sessions
    assert len(fake.sessions) == 1


def test_a_retry_that_could_not_be_answered_in_time_is_not_made(fake, short, monkeypatch):
    monkeypatch.setattr(stripe_transport, "CALL_SECONDS", 2.0)
    fake.fail("hang", times=2)

    with pytest.raises(PaymentProviderUnavailable):
        Gateway().create_session(params(), "key")

    assert len(fake.calls) == 1


def test_a_refused_question_does_not_mean_that_there_is_nothing(fake):
    session = Gateway().create_session(params(), "key")
    fake.fail("400", times=3)

    for ask in (Gateway().retrieve_session, Gateway().session_of_payment):
        with pytest.raises(PaymentProviderUnavailable):
            ask(session.id)
    with pytest.raises(PaymentProviderUnavailable):
        list(Gateway().sessions_since(timezone.now()))


def test_after_a_kept_failure_the_next_start_has_a_new_key(order, fake):
    fake.fail("500_after", "create_session")
    with pytest.raises(PaymentProviderUnavailable):
        start_payment(order.pk, origin=ORIGIN)

    attempt = start_payment(order.pk, origin=ORIGIN)

    assert [each.state for each in order.attempts.all()] == ["abandoned", "open"]
    assert fake.sessions[attempt.session_id].status == "open"


@pytest.mark.parametrize("status", [401, 403])
def test_an_account_that_left_shuts_nobody_out(fake, status):
    asked = Gateway("acct_gone") if status == 403 else Gateway()
    fake.key = "sk_test_rolled" if status == 401 else fake.key
    for _ in range(10):
        with pytest.raises(PaymentProviderUnavailable):
            asked.retrieve_session("cs_test_x")
    fake.key = "sk_test_fake"

    assert Gateway().retrieve_session("cs_test_x") is None


def test_errors_of_one_account_shut_that_account_alone(fake, let_pass):
    fake.accounts.add("acct_1")
    fake.fail("500", times=100, when=lambda call: call.account == "acct_1")
    for _ in range(stripe_transport.BREAK_AFTER):
        with pytest.raises(PaymentProviderUnavailable):
            Gateway("acct_1").retrieve_session("cs_test_x")
    asked = len(fake.calls)
    with pytest.raises(PaymentProviderUnavailable):
        Gateway("acct_1").retrieve_session("cs_test_x")

    assert len(fake.calls) == asked
    assert Gateway().retrieve_session("cs_test_x") is None
    fake.heal()
    let_pass(stripe_transport.BREAK_SECONDS)
    assert Gateway("acct_1").retrieve_session("cs_test_x") is None


def test_a_line_that_breaks_is_left_alone_and_tried_again(fake, let_pass):
    fake.accounts.add("acct_1")
    fake.fail("reset", times=1000)
    for _ in range(stripe_transport.BREAK_AFTER):
        with pytest.raises(PaymentProviderUnavailable):
            Gateway().retrieve_session("cs_test_x")
    asked = len(fake.calls)
    for account in ("", "acct_1"):
        with pytest.raises(PaymentProviderUnavailable):
            Gateway(account).retrieve_session("cs_test_x")
    assert len(fake.calls) == asked

    # Its pause is over and it is still broken: one call, and it is shut again.
    let_pass(stripe_transport.BREAK_SECONDS)
    for _ in range(2):
        with pytest.raises(PaymentProviderUnavailable):
            Gateway().retrieve_session("cs_test_x")
    assert len(fake.calls) == asked + 2  # with its retry

    let_pass(stripe_transport.BREAK_SECONDS)
    fake.heal()
    assert Gateway().retrieve_session("cs_test_x") is None


def test_a_port_that_nobody_answers_at_is_no_answer(fake, short, settings):
    fake.stop()

    with pytest.raises(PaymentProviderUnavailable):
        Gateway().retrieve_session("cs_test_x")


@pytest.mark.parametrize(("turns", "waiting"), [(2, 2), (8, 8)], ids=["limited", "control"])
def test_only_some_threads_wait_for_a_provider_that_hangs(fake, monkeypatch, turns, waiting):
    """The control: without a limit every thread waits there, and none is left for pages."""
    monkeypatch.setattr(stripe_transport, "_turns", threading.BoundedSemaphore(turns))
    monkeypatch.setattr(stripe_transport, "TURN_SECONDS", 0.05)
    # It hangs until all have asked, or were sent away.
    for name in ("READ_SECONDS", "CALL_SECONDS"):
        monkeypatch.setattr(stripe_transport, name, 60.0)
    fake.fail("hang", times=1000)
    sent_away = []

    def ask():
        try:
            Gateway().retrieve_session("cs_test_x")
        except PaymentProviderUnavailable:
            sent_away.append(1)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + 50
    while len(fake.calls) + len(sent_away) < 8 and time.monotonic() < deadline:
        time.sleep(0.02)
    found = len(fake.calls), len(sent_away)
    fake.stop()
    for thread in threads:
        thread.join(60)

    assert found == (waiting, 8 - waiting)


# --- What Stripe says ----------------------------------------------------------------------------


def test_a_signature_is_good_for_its_body_its_secret_and_five_minutes(fake):
    event = {"id": "evt_1", "object": "event", "type": "x", "data": {"object": {}}}
    body, header = fake.signed(event)
    other = FakeStripe()
    other.stop()
    old = f"t={int(time.time()) - 301}"

    assert verified_event(body, header, ["whsec_old", fake.webhook_secret]) == event
    for wrong_body, wrong_header in [
        (body + b" ", header),
        (body, ""),
        (body, "t=1"),
        (body, f"{old},{header.split(',')[1]}"),
        (body, header.replace("v1=", "v0=")),
        (body, other.signed(event)[1]),
        (body, "t=ä,v1=ä"),
        (b"\xff", header),
        fake.signed({"object": "event"}),
        fake.signed([]),
        fake.signed({"id": "evt_1", "data": {}}),
        fake.signed({"id": "evt_1", "data": "object"}),
    ]:
        with pytest.raises(BadSignature):
            verified_event(wrong_body, wrong_header, [fake.webhook_secret])
    with pytest.raises(BadSignature):
        verified_event(body, header, [""])


# --- The simulator answers like it ---------------------------------------------------------------


def _form(value, name=""):
    """Nested parameters as the library encodes them."""
    if isinstance(value, dict):
        return {key: _form(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_form(each) for each in value]
    return str(value)


ASKED = [
    ("POST", "/v1/checkout/sessions", {}),
    ("POST", "/v1/checkout/sessions", {"mode": "payment", "line_items": []}),
    ("POST", "/v1/checkout/sessions", partial(params, expires_at=1)),
    ("POST", "/v1/checkout/sessions", partial(params, success_url="nowhere")),
    ("GET", "/v1/checkout/sessions/cs_test_none", {}),
    ("POST", "/v1/checkout/sessions/cs_test_none/expire", {}),
    ("GET", "/v1/checkout/sessions", {"payment_intent": "pi_none"}),
    ("GET", "/v1/payment_intents/pi_none", {}),
    ("POST", "/v1/refunds", {"payment_intent": "pi_none", "amount": "1"}),
    ("GET", "/v1/refunds", {"payment_intent": "pi_none"}),
    ("GET", "/v1/refunds", {}),
    ("POST", "/v1/checkout/sessions", params),
]


@pytest.mark.parametrize(("method", "path", "sent"), ASKED)
def test_the_simulator_answers_as_the_stand_in_does(db, fake, method, path, sent):
    connection.set_schema_to_public()
    # Made now: a session's end is counted from its beginning.
    sent = sent() if callable(sent) else sent
    form = urlencode(list(_api_encode(sent)))
    headers = {"authorization": f"Bearer {fake.key}"}
    url = path if method == "POST" else f"{path}?{form}"
    theirs, their_body, _ = fake.answer(method, url, headers, form if method == "POST" else "")
    fake.violations.clear()

    ours, our_body = simulator_answer(method, path, _form(sent))

    assert (ours, our_body.keys()) == (theirs, their_body.keys())
    if "error" in our_body:
        assert our_body["error"]["type"] == their_body["error"]["type"]
        assert our_body["error"]["code"] == their_body["error"]["code"]


def test_an_order_stays_payable_while_stripe_is_down(order, fake):
    fake.fail("500", times=100)

    with pytest.raises(PaymentProviderUnavailable):
        start_payment(order.pk, origin=ORIGIN)

    assert Order.objects.get(pk=order.pk).is_payable
    assert PaymentAttempt.objects.filter(state="open").count() == 0
