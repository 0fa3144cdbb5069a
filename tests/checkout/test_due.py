"""The worker finds shops with work in one statement, and loses none in a crash."""

from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection, transaction
from django.utils import timezone

from checkout import jobs
from checkout.models import PaymentAttempt
from checkout.services.starting import LOOK_AFTER, start_payment
from orders.models import OutboxMessage, Refund
from orders.services.refunding import refund_order
from orders.services.timeline import tell
from tenants.due import Kind
from tenants.models import DueWork
from tests.checkout.conftest import ORIGIN, paid, pay, select, state_of
from tests.factories import make_order


def run(job):
    connection.set_schema_to_public()
    job(timestamp=0)
    select()


def rows(kind=Kind.MESSAGES):
    return list(DueWork.objects.filter(kind=kind).order_by("due_at"))


def test_a_shop_without_work_costs_the_worker_nothing(tech, django_assert_num_queries):
    connection.set_schema_to_public()

    for job in (jobs.deliver_outbox_regularly, jobs.sweep_regularly):
        with django_assert_num_queries(1):
            job(timestamp=0)


def test_a_message_is_delivered_and_its_shop_not_asked_again(
    order, outdoor, django_assert_num_queries
):
    select()
    paid(order)

    run(jobs.deliver_outbox_regularly)

    assert [message.to for message in mail.outbox] == [[order.customer_email]]
    assert rows() == []
    connection.set_schema_to_public()
    assert not DueWork.objects.filter(kind=Kind.MESSAGES).exists()
    with django_assert_num_queries(1):
        jobs.deliver_outbox_regularly(timestamp=0)


def test_what_is_not_committed_makes_no_work(order):
    with transaction.atomic():
        tell("mail.order_confirmed", order)
        transaction.set_rollback(True)

    assert rows() == []


def test_a_worker_that_dies_at_its_work_leaves_it_to_the_next(order, monkeypatch):
    class Killed(BaseException):
        pass

    def die(*args, **kwargs):
        raise Killed

    paid(order)
    with monkeypatch.context() as patch:
        patch.setattr(jobs, "deliver_outbox", die)
        with pytest.raises(Killed):
            run(jobs.deliver_outbox_regularly)
    select()
    assert len(rows()) == 1

    run(jobs.deliver_outbox_regularly)

    assert len(mail.outbox) == 1


def test_a_shop_in_which_it_fails_is_asked_again_later_and_holds_up_no_other(
    order, outdoor, monkeypatch
):
    select()
    paid(order)
    connection.set_schema_to_public()
    DueWork.objects.create(tenant_id=outdoor.pk, kind=Kind.MESSAGES, due_at=timezone.now())
    seen = []

    def fail_in_the_first(tenant):
        seen.append(tenant.slug)
        if len(seen) == 1:
            raise RuntimeError

    monkeypatch.setattr(jobs, "_deliver", fail_in_the_first)
    run(jobs.deliver_outbox_regularly)

    assert sorted(seen) == ["outdoor", "tech"]
    [left] = rows()
    assert left.due_at > timezone.now()


def test_a_mail_that_could_not_be_sent_is_due_when_it_is_tried_again(order, settings):
    paid(order)
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1

    run(jobs.deliver_outbox_regularly)

    [row] = rows()
    assert row.due_at == OutboxMessage.objects.get().next_try_at > timezone.now()


def test_more_than_one_round_delivers_is_due_at_once(order, monkeypatch):
    for number in range(3):
        tell("mail.order_confirmed", order, str(number))
    DueWork.objects.all().delete()
    assert jobs.deliver_outbox(limit=2) == (2, 0)

    run(jobs.deliver_outbox_regularly)

    assert len(mail.outbox) == 3


def test_work_that_no_row_tells_of_is_found_by_the_sweep_of_all(order):
    paid(order)
    DueWork.objects.all().delete()

    run(jobs.sweep_all_regularly)

    assert len(mail.outbox) == 1


def test_work_of_a_shop_that_is_gone_is_forgotten(tech):
    DueWork.objects.create(
        tenant_id="00000000-0000-4000-8000-000000000000",
        kind=Kind.MESSAGES,
        due_at=timezone.now(),
    )

    run(jobs.deliver_outbox_regularly)

    assert rows() == []


def test_an_open_session_is_looked_after_until_it_has_ended(order):
    start_payment(order.pk, origin=ORIGIN)
    [row] = rows(Kind.PAYMENTS)
    assert timedelta(0) < row.due_at - timezone.now() <= LOOK_AFTER

    for _round in range(2):
        DueWork.objects.update(due_at=timezone.now())
        PaymentAttempt.objects.update(checked_at=timezone.now() - timedelta(minutes=6))
        run(jobs.sweep_regularly)
        [row] = rows(Kind.PAYMENTS)
        assert row.due_at > timezone.now()

    pay(order, delivery="lost")
    DueWork.objects.update(due_at=timezone.now())
    PaymentAttempt.objects.update(checked_at=timezone.now() - timedelta(minutes=6))
    run(jobs.sweep_regularly)

    assert state_of(order) == ("processing", "paid")
    assert rows(Kind.PAYMENTS) == []


def test_sweeping_often_makes_no_more_rows(order):
    start_payment(order.pk, origin=ORIGIN)

    for _ in range(3):
        run(jobs.sweep_all_regularly)

    assert len(rows(Kind.PAYMENTS)) == 1


def test_a_refund_that_nobody_sent_is_sent_within_a_minute_or_so(product):
    order = paid(make_order(product))
    DueWork.objects.all().delete()
    refund_order(order_id=order.pk)
    [row] = rows(Kind.PAYMENTS)
    assert row.due_at - timezone.now() < timedelta(seconds=30)
    DueWork.objects.update(due_at=timezone.now())

    run(jobs.sweep_regularly)

    assert Refund.objects.get().state == "succeeded"
    assert rows(Kind.PAYMENTS) == []
