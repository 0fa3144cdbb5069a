"""What operators run, switch and rely on: commands, the simulator's switches, the worker's jobs."""

import json
import os
import subprocess
import sys
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django import app

from catalog.models import Variant
from checkout import jobs
from checkout.errors import PaymentProviderUnavailable
from checkout.models import PaymentAttempt
from checkout.services import sweeping
from checkout.services.starting import start_payment
from checkout.services.sweeping import expire_holds, sweep
from checkout.simulator import store
from checkout.simulator.delivering import deliver_due
from checkout.simulator.models import Delivery, Session, StoredAnswer
from checkout.stripe_gateway import Gateway
from checkout.stripe_inbox import models as inbox
from checkout.stripe_inbox.models import StripeEvent
from orders.models import LedgerEntry, Order, OutboxMessage, Refund, SignIn
from orders.services.customers import ask_for_sign_in, forget_old_sign_ins
from orders.services.mailing import deliver_outbox
from orders.services.refunding import refund_order
from tenants import jobs as tenant_jobs
from tenants.models import DueWork, Tenant
from tests.checkout.conftest import ORIGIN, SAME_ORIGIN, paid, select, state_of, tell
from tests.factories import make_order, make_product

ROOT = Path(django_settings.BASE_DIR)
COMMANDS = ("reconcile", "expire_holds", "deliver_outbox", "check_integrity")
committed = pytest.mark.django_db(transaction=True)


def run(capsys, command, *arguments):
    """Exit code and JSON of a command; then the shop is selected again."""
    connection.set_schema_to_public()
    code = 0
    try:
        call_command(command, *arguments, "--json")
    except SystemExit as ended:
        code = ended.code
    select()
    return code, json.loads(capsys.readouterr().out)


# --- Commands ------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_runs_over_all_shops_or_one(tech, capsys, command):
    code, everybody = run(capsys, command)
    one_code, one = run(capsys, command, "--tenant", "outdoor")

    assert (code, one_code) == (0, 0)
    assert everybody["ok"] is one["ok"] is True
    assert [shop["tenant"] for shop in everybody["tenants"]] == ["tech", "outdoor"]
    assert [shop["tenant"] for shop in one["tenants"]] == ["outdoor"]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_shop_that_does_not_exist_is_a_usage_error(tech, command):
    connection.set_schema_to_public()

    with pytest.raises(CommandError, match="no shop 'nowhere'") as error:
        call_command(command, "--tenant", "nowhere")

    assert error.value.returncode == 2


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_speaks_in_words_as_well(tech, capsys, command):
    connection.set_schema_to_public()

    call_command(command)

    assert capsys.readouterr().out.splitlines()[0].startswith("tech: ")


@pytest.mark.breaks_books
@committed
@pytest.mark.parametrize("command", COMMANDS)
def test_a_shop_that_fails_does_not_stop_the_next(outdoor, capsys, command):
    """Nothing works in the first shop: its tables are gone."""
    make_order(make_product(on_hand=1))
    Order.objects.update(created_at=timezone.now() - timedelta(days=3))
    first = Tenant.objects.get(slug="tech")
    with connection.cursor() as cursor:
        cursor.execute(f'ALTER SCHEMA "{first.schema_name}" RENAME TO away')
        cursor.execute(f'CREATE SCHEMA "{first.schema_name}"')

    connection.set_schema_to_public()
    with pytest.raises(SystemExit) as ended:
        call_command(command, "--json")
    found = json.loads(capsys.readouterr().out)

    assert ended.value.code == 1
    broken, whole = found["tenants"]
    assert "ProgrammingError" in broken["problems"][0]
    assert not whole.get("problems")
    if command == "expire_holds":
        assert len(whole["expired"]) == 1


def test_reconcile_without_a_provider_has_nothing_to_compare(tech, capsys, settings):
    settings.STRIPE_SIMULATOR = False

    code, found = run(capsys, "reconcile")

    assert code == 0
    assert [shop["sessions"] for shop in found["tenants"]] == [0, 0]


def test_reconcile_fails_while_the_provider_is_silent(order, fake, capsys):
    start_payment(order.pk, origin=ORIGIN)
    fake.fail("500", times=100)

    code, found = run(capsys, "reconcile")

    assert code == 1
    assert found["tenants"][0]["problems"] == [PaymentProviderUnavailable().details]


def test_reconcile_names_money_that_belongs_to_no_order(order, fake, capsys):
    session_id = start_payment(order.pk, origin=ORIGIN).session_id
    fake.pay(session_id)
    PaymentAttempt.objects.all().delete()

    code, found = run(capsys, "reconcile")

    assert code == 1
    assert found["tenants"][0]["problems"] == [
        f"Session {session_id} was paid and belongs to no order."
    ]


def test_one_session_that_cannot_be_booked_is_its_own_problem(product, fake, capsys):
    """The charge of the first order stands in the books of another one, by a wrong hand."""
    orders = [make_order(product) for _ in range(3)]
    for order in orders:
        fake.pay(start_payment(order.pk, origin=ORIGIN).session_id)
    wrong = fake.paid_sessions()[0]
    LedgerEntry.objects.create(
        order=orders[2],
        kind="charge",
        amount=1,
        currency="USD",
        provider="stripe",
        provider_id=wrong.intent,
        is_surplus=True,
    )
    Refund.objects.create(order=orders[2], amount=1, charge_id=wrong.intent, is_surplus=True)

    code, found = run(capsys, "reconcile")

    assert code == 1
    assert any("booked for another order" in each for each in found["tenants"][0]["problems"])
    assert [state_of(order)[1] for order in orders] == ["unpaid", "paid", "paid"]
    LedgerEntry.objects.filter(is_surplus=True).delete()
    Refund.objects.all().delete()


def test_one_order_that_cannot_be_ended_is_its_own_problem(product, capsys):
    orders = [make_order(product) for _ in range(3)]
    broken = make_product(on_hand=2, sku="BROKEN")
    orders.insert(1, make_order(broken))
    Order.objects.update(created_at=timezone.now() - timedelta(days=3))
    Variant.objects.filter(sku="BROKEN").update(held=0)

    code, found = run(capsys, "expire_holds")

    assert code == 1
    assert len(found["tenants"][0]["expired"]) == 3
    assert str(orders[1].pk) in found["tenants"][0]["problems"][0]
    Variant.objects.filter(sku="BROKEN").update(held=1)


@pytest.mark.parametrize("meanwhile", ["kept", "being paid", "paid"])
def test_what_happens_between_the_look_and_the_lock_counts(order, fake, meanwhile):
    if meanwhile == "kept":
        Order.objects.update(keep_until_paid=True)
    else:
        session_id = start_payment(order.pk, origin=ORIGIN).session_id
    if meanwhile == "paid":
        fake.pay(session_id)
        tell(fake)

    assert sweeping._expire(order.pk) is False

    assert Order.objects.get().status != "cancelled"


def test_a_sweep_goes_on_after_what_fails(product, fake, tech):
    sold = make_order(product)
    fake.pay(start_payment(sold.pk, origin=ORIGIN).session_id)
    tell(fake)
    bad = Refund.objects.create(order=sold, amount=1, charge_id="pi_nowhere")
    good = refund_order(order_id=sold.pk, amount=Decimal("10.00"))
    late = make_order(product)
    Order.objects.filter(pk=late.pk).update(created_at=timezone.now() - timedelta(days=3))

    swept = sweep(tech)

    good.refresh_from_db()
    assert good.state == "succeeded"
    assert swept.expired == 1
    assert len(swept.problems) == 1
    assert str(bad.pk) in swept.problems[0]
    bad.delete()


def test_a_silent_provider_does_not_keep_holds(product, fake, tech):
    start_payment(make_order(product).pk, origin=ORIGIN)
    PaymentAttempt.objects.update(checked_at=timezone.now() - timedelta(hours=1))
    late = make_order(product)
    Order.objects.filter(pk=late.pk).update(created_at=timezone.now() - timedelta(days=3))
    fake.fail("500", times=100)

    swept = sweep(tech)

    assert (swept.settled, swept.expired) == (0, 1)
    assert len(swept.problems) == 1
    # Asked about again in its turn, not at once.
    asked = len(fake.calls)
    sweep(tech)
    assert len(fake.calls) == asked


def test_a_session_that_the_provider_forgot_is_given_up(order, fake, tech):
    start_payment(order.pk, origin=ORIGIN)
    fake.sessions.clear()
    past = timezone.now() - timedelta(hours=2)
    PaymentAttempt.objects.update(checked_at=past)
    sweep(tech)
    assert order.attempts.get().state == "open"  # it may be known by another key

    PaymentAttempt.objects.update(checked_at=past, expires_at=past)
    sweep(tech)

    assert order.attempts.get().state == "abandoned"
    Order.objects.update(created_at=timezone.now() - timedelta(days=2))
    assert expire_holds() == ([order.pk], [])


# --- The simulator's switches --------------------------------------------------------------------


@pytest.fixture
def page(order):
    """The payment page of the order, as an operator uses it."""
    session_id = start_payment(order.pk, origin=ORIGIN).session_id

    def press(action, **more):
        response = Client(HTTP_HOST="localhost").post(
            f"/stripe-demo/pay/{session_id}", {"action": action, **more}, **SAME_ORIGIN
        )
        select()
        return response

    return press


def heard():
    return list(StripeEvent.objects.order_by("received_at").values_list("type", flat=True))


def let_time_pass():
    Delivery.objects.filter(delivered_at=None).update(due_at=timezone.now())
    deliver_due()


def test_told_at_once(page, order):
    page("pay", card="4242424242424242")

    assert state_of(order) == ("processing", "paid")


def test_told_twice(page, order):
    page("pay", card="4242424242424242", delivery="twice")

    assert Delivery.objects.exclude(delivered_at=None).count() == 2
    assert state_of(order) == ("processing", "paid")
    assert order.ledger.count() == 1


def test_told_late(page, order):
    page("pay", card="4242424242424242", delivery="late")
    assert state_of(order) == ("pending", "unpaid")

    let_time_pass()

    assert state_of(order) == ("processing", "paid")


def test_told_never(page, order, capsys):
    page("pay", card="4242424242424242", delivery="lost")
    let_time_pass()
    assert heard() == []
    assert state_of(order) == ("pending", "unpaid")

    run(capsys, "reconcile")

    assert state_of(order) == ("processing", "paid")


def test_told_in_the_wrong_order(page, order):
    page("pay", card="delayed", delivery="reordered")
    for delivery in Delivery.objects.order_by("due_at"):
        Delivery.objects.filter(pk=delivery.pk).update(due_at=timezone.now())
        deliver_due()
    select()

    assert heard() == [
        "checkout.session.async_payment_succeeded",
        "checkout.session.completed",
    ]
    assert state_of(order) == ("processing", "paid")


def test_expired_on_purpose(page, order):
    page("expire")

    assert heard() == ["checkout.session.expired"]
    assert state_of(order) == ("cancelled", "unpaid")
    assert "expired" in page("pay", card="4242424242424242").content.decode()


def test_refunded_over_there_in_vain_and_disputed(page, order):
    page("pay", card="4242424242424242")
    page("refund")
    assert state_of(order) == ("processing", "refunded")

    page("fail_refund", delivery="late")
    assert state_of(order) == ("processing", "refunded")
    let_time_pass()
    assert state_of(order) == ("processing", "paid")

    page("dispute", delivery="twice")
    assert order.events.filter(kind="disputed").count() == 1


@pytest.mark.parametrize("nonsense", [{"action": "explode"}, {"action": "refund", "delivery": "x"}])
def test_a_switch_that_does_not_exist_does_nothing(page, order, nonsense):
    page("pay", card="4242424242424242")

    assert page(nonsense.pop("action"), **nonsense).status_code == 302
    assert state_of(order) == ("processing", "paid")


def test_the_list_of_sessions_leads_to_each(page, order, settings):
    connection.set_schema_to_public()
    platform = Client(HTTP_HOST="localhost")
    [session] = Session.objects.all()

    listed = platform.get("/stripe-demo/").content.decode()

    assert f"/stripe-demo/pay/{session.pk}" in listed
    assert str(order.pk) in listed
    assert "For operators" in platform.get(f"/stripe-demo/pay/{session.pk}").content.decode()
    settings.PRODUCTION = True
    assert platform.get("/stripe-demo/").status_code == 404
    settings.PRODUCTION, settings.STRIPE_SIMULATOR = False, False
    assert platform.get("/stripe-demo/").status_code == 404
    assert platform.get(f"/stripe-demo/pay/{session.pk}").status_code == 404


# --- Where the simulator may run -----------------------------------------------------------------

_LIVE = {"STRIPE_SECRET_KEY": "sk_live_x", "STRIPE_WEBHOOK_SECRET": "whsec_x"}
_PRODUCTION = {
    "PYCOMMERCE_MODE": "production",
    "SECRET_KEY": "x" * 60,
    "JWT_SECRET": "y" * 60,
    "BASE_HOST": "shops.example",
    "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
}
_SHOW = (
    "from django.conf import settings as s; from checkout.stripe_gateway import is_live, "
    "is_test_mode; print(s.STRIPE_SIMULATOR, is_live(), is_test_mode())"
)


def start_with(**environment):
    """What a process with these settings prints, or why it does not start."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYCOMMERCE", "STRIPE", "DJANGO"))
    }
    return subprocess.run(
        [sys.executable, "manage.py", "shell", "-v", "0", "-c", _SHOW],
        cwd=ROOT,
        env=inherited | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("environment", "shown"),
    [
        ({}, "True False True"),
        (_PRODUCTION, "False False False"),
        (_PRODUCTION | {"STRIPE_SIMULATOR": "1"}, "True False True"),
        (_PRODUCTION | _LIVE, "False True False"),
        (_LIVE | {"STRIPE_SECRET_KEY": "rk_test_x"}, "False False True"),
        (_LIVE | {"STRIPE_SECRET_KEY": "sk_org_live_x"}, "False True False"),
    ],
    ids=["development", "production", "named", "live", "test key", "another kind of key"],
)
def test_the_simulator_runs_where_no_money_can_move(environment, shown):
    assert start_with(**environment).stdout.strip() == shown


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        (_LIVE | {"STRIPE_SIMULATOR": "1"}, "exclude each other"),
        (_PRODUCTION | _LIVE | {"STRIPE_SIMULATOR": "1"}, "exclude each other"),
        ({"STRIPE_SECRET_KEY": "sk_live_x"}, "STRIPE_WEBHOOK_SECRET"),
        (_LIVE | {"STRIPE_API_BASE": "http://stripe.example"}, "STRIPE_API_BASE"),
    ],
    ids=["beside a key", "in production", "without a secret", "elsewhere in clear"],
)
def test_what_contradicts_itself_does_not_start(environment, words):
    ended = start_with(**environment)

    assert ended.returncode != 0
    assert words in ended.stderr


def test_without_a_provider_nothing_can_be_paid(order, settings):
    settings.STRIPE_SIMULATOR = False

    with pytest.raises(PaymentProviderUnavailable, match="takes no card payments"):
        start_payment(order.pk, origin=ORIGIN)
    with pytest.raises(PaymentProviderUnavailable):
        Gateway()
    assert Client(HTTP_HOST="localhost").post("/stripe/webhook").status_code == 500


# --- The worker's jobs ---------------------------------------------------------------------------


def test_the_worker_looks_after_everything_by_itself():
    crons = {
        task.task.name.rpartition(".")[2]: task.cron
        for task in app.periodic_registry.periodic_tasks.values()
    }

    assert crons == {
        "clean_up_regularly": "*/15 * * * *",
        "tidy_jobs_regularly": "*/2 * * * *",
        "work_off_events_regularly": "* * * * * */5",
        "deliver_outbox_regularly": "* * * * * */5",
        "send_webhooks_regularly": "* * * * * */5",
        "send_all_webhooks_regularly": "8-59/10 * * * *",
        "fetch_pictures_regularly": "* * * * * */5",
        "have_products_follow_regularly": "* * * * * */5",
        "sweep_regularly": "* * * * *",
        "sweep_all_regularly": "*/10 * * * *",
        "look_at_stock_regularly": "5-59/10 * * * *",
        "reconcile_regularly": "7 3 * * *",
        "finish_pictures_regularly": "37 3 * * *",
        "forget_regularly": "7 * * * *",
        "keep_retention_times_regularly": "17 2 * * *",
        "check_domains_regularly": "2-59/5 * * * *",
        "end_shops_regularly": "17 * * * *",
        "gather_figures_regularly": "3-59/15 * * * *",
    }


def test_the_worker_delivers_events_and_mails(page, order):
    page("pay", card="4242424242424242", delivery="late")
    Delivery.objects.update(due_at=timezone.now())

    connection.set_schema_to_public()
    jobs.work_off_events_regularly(timestamp=0)
    jobs.deliver_outbox_regularly(timestamp=0)
    select()

    assert state_of(order) == ("processing", "paid")
    assert [message.to for message in mail.outbox] == [["john.doe@example.com"]]
    assert OutboxMessage.objects.get().sent_at is not None


def test_mails_do_not_wait_for_a_provider(order, fake, monkeypatch):
    """Its jobs are apart: one that hangs holds up its own."""
    fake.pay(start_payment(order.pk, origin=ORIGIN).session_id)
    tell(fake)
    fake.fail("500", times=1000)
    monkeypatch.setattr(jobs, "work_off_waiting", lambda: 1 / 0)

    connection.set_schema_to_public()
    jobs.deliver_outbox_regularly(timestamp=0)
    select()

    assert len(mail.outbox) == 1


def test_the_worker_sweeps_and_compares(page, order, product):
    page("pay", card="4242424242424242", delivery="lost")
    PaymentAttempt.objects.update(checked_at=timezone.now() - timedelta(minutes=6))
    connection.set_schema_to_public()
    DueWork.objects.update(due_at=timezone.now())
    jobs.sweep_regularly(timestamp=0)
    select()
    assert state_of(order) == ("processing", "paid")

    Session.objects.update(delivery="lost")
    store.refund_outside(Session.objects.get().pk)
    connection.set_schema_to_public()
    jobs.reconcile_regularly(timestamp=0)
    select()

    assert state_of(order) == ("processing", "refunded")


def test_the_worker_forgets_what_is_old(page, order):
    page("pay", card="4242424242424242")
    connection.set_schema_to_public()
    old = timezone.now() - timedelta(days=91)
    StripeEvent.objects.update(received_at=old)
    StoredAnswer.objects.update(created=old)
    inbox.TestSession.objects.create(reference="order-123-abc", params={}, expires_at=old)
    Delivery.objects.update(delivered_at=old)
    select()
    customer = order.customer
    for minutes in (61, 59):
        made = timezone.now() - timedelta(minutes=minutes)
        SignIn.objects.create(
            email=customer.email, customer=customer, client_address="127.0.0.1", created_at=made
        )
    connection.set_schema_to_public()

    jobs.forget_regularly(timestamp=0)

    for each in (StripeEvent, StoredAnswer, Delivery, inbox.TestSession):
        assert not each.objects.exists()
    select()
    # The younger one counts for the mails of an hour.
    assert SignIn.objects.get().created_at > timezone.now() - timedelta(hours=1)


def test_a_link_that_was_forgotten_is_mailed_no_more(order):
    ask_for_sign_in(email=order.customer_email, client_address="127.0.0.1", origin=ORIGIN)
    SignIn.objects.all().delete()

    assert deliver_outbox() == (1, 0)

    assert mail.outbox == []
    assert OutboxMessage.objects.get().sent_at is not None


def test_mails_with_links_are_forgotten_with_them(order):
    paid(order)
    ask_for_sign_in(email=order.customer_email, client_address="127.0.0.1", origin=ORIGIN)
    for each in (SignIn, OutboxMessage):
        each.objects.update(created_at=timezone.now() - timedelta(hours=2))

    forget_old_sign_ins()

    assert not SignIn.objects.exists()
    assert OutboxMessage.objects.get().topic == "mail.order_confirmed"


def test_asking_for_a_link_costs_the_same_for_anybody(order, django_assert_num_queries):
    """How long an answer takes tells nobody who is a customer."""
    for email in (order.customer_email, "nobody@example.com"):
        with django_assert_num_queries(11):
            ask_for_sign_in(email=email, client_address="127.0.0.1", origin=ORIGIN)
    deliver_outbox()

    assert [message.to for message in mail.outbox] == [[order.customer_email]]


@committed
def test_jobs_of_a_killed_worker_are_ended(tech):
    """By a real worker, which runs what is there and ends."""
    connection.set_schema_to_public()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 hour') "
            "RETURNING id"
        )
        (worker_id,) = cursor.fetchone()
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, status, args, worker_id) "
            "VALUES ('default', 'lost', 'doing', '{}', %s)",
            [worker_id],
        )
    tenant_jobs.tidy_jobs_regularly.defer(timestamp=0)
    connections.close_all()
    database = connection.settings_dict
    address = f"postgres://{database['USER']}@/{database['NAME']}?host={database['HOST']}"

    subprocess.run(
        [sys.executable, "manage.py", "procrastinate", "worker", "--one-shot"],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": address, "DJANGO_SETTINGS_MODULE": "pycommerce.settings"},
        capture_output=True,
        timeout=60,
        check=True,
    )

    with connection.cursor() as cursor:
        cursor.execute("SELECT task_name, status FROM procrastinate_jobs WHERE task_name = 'lost'")
        assert cursor.fetchall() == []
