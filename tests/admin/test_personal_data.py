"""What the shop knows of a person: handed out as a file, and erased on their word."""

import json
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from checkout.carts import add_to_cart
from checkout.models import Cart
from checkout.services.erasing import erase_person
from checkout.services.integrity import violations
from checkout.services.refunding import cancel_order, send_refund
from checkout.services.starting import start_payment
from checkout.stripe_inbox.models import StripeEvent
from orders.errors import IllegalTransition
from orders.models import Customer, Order, OutboxMessage
from orders.services.attending import hold_back, mail_again
from orders.services.customers import ask_for_sign_in
from orders.services.erasing import Traces
from orders.services.fulfilling import fulfil_order
from orders.services.mailing import deliver_outbox
from orders.services.noting import add_note
from orders.services.placing import Address, Buyer
from orders.services.refunding import refund_order
from orders.services.timeline import NOBODY
from orders.services.webhooks import claim
from pycommerce.db.retrying import once_more
from tenants.services.tokens import issue_tokens
from tenants.shop.models import AuditEntry, WebhookDelivery, WebhookEndpoint, WebhookType
from tests.admin.conftest import page_of, words
from tests.checkout.conftest import ORIGIN, SAME_ORIGIN, at_once, paid
from tests.factories import make_member, make_order, make_product

D = Decimal
ADA = Buyer("Ada Quittenbaum", "Ada.Quittenbaum@example.com", "+1 555 0142 77")
STREET = Address(
    line1="17 Zwetschgen Lane",
    line2="Flat 4b",
    city="Brooklyn",
    state="NY",
    postal_code="11201",
    country="USA",
    code="US",
)
EMAIL = "ada.quittenbaum@example.com"
# Name and e-mail, phone, street, city and postal code; a sister, a browser, and a mail server.
PERSON = ["quittenbaum", "0142 77", "zwetschgen", "flat 4b", "brooklyn", "11201"]
TRACES = [*PERSON, "pflaume", "10.9.8.7"]


@pytest.fixture
def product(tech) -> Any:
    return make_product("Lamp", price="20.00", on_hand=50, sku="LAMP")


def order_of_ada(product: Any, **fields: Any) -> Order:
    return make_order(
        product, buyer=ADA, shipping_address=STREET, notes="Ring at Quittenbaum", **fields
    )


@pytest.fixture
def everywhere(product, tech) -> Order:
    """A sent order whose person left a trace wherever one can be left, and a cancelled one."""
    endpoint = WebhookEndpoint.objects.create(
        address="https://erp.example.com/hook", events=WebhookType.values
    )
    order = paid(order_of_ada(product, quantity=2))
    cancelled = order_of_ada(product)
    cancel_order(order_id=cancelled.pk, reason="Quittenbaum wrote a letter")
    add_note(order_id=order.pk, text="Frau Pflaume, her sister, picks it up", actor=NOBODY)
    mail_again(order_id=order.pk, key="again", actor=NOBODY)
    refund = refund_order(order_id=order.pk, amount=D("1.50"), reason="Ms Quittenbaum called")
    send_refund(refund.pk)
    _send_by_program(order, make_member(tech))
    ask_for_sign_in(email=ADA.email, client_address="10.9.8.7", origin=ORIGIN)
    cart = add_to_cart(None, variant_id=product.variants.get().pk, quantity=1)
    Cart.objects.filter(pk=cart.pk).update(details={"name": ADA.name, "email": ADA.email})
    claim()
    WebhookDelivery.objects.filter(endpoint=endpoint).update(response="Thanks, Quittenbaum")
    OutboxMessage.objects.update(problem=f"{EMAIL} was refused")
    _tell_as_stripe_does(order)
    return Order.objects.get(pk=order.pk)


def _tell_as_stripe_does(order: Order) -> None:
    """Stripe's events name the payer more fully than the simulator's."""
    attempt = order.attempts.get()
    payer = {"name": ADA.name, "email": EMAIL, "phone": ADA.phone, "address": STREET.as_json()}
    session = {"id": attempt.session_id, "customer_details": payer, "metadata": {"kind": "x"}}
    charge = {"id": "ch_1", "payment_intent": attempt.payment_id, "billing_details": payer}
    for number, thing in enumerate((session, charge)):
        StripeEvent.objects.create(
            pk=f"evt_{number}",
            type="checkout.session.completed",
            object_id=thing["id"],
            payload={"id": f"evt_{number}", "data": {"object": thing}},
            state=StripeEvent.State.DONE,
        )


def _send_by_program(order: Order, user: Any) -> None:
    """Its answer, which a repeat of the call gets again, shows all of the order."""
    token = f"Bearer {issue_tokens(user)['access']}"
    client = Client(HTTP_HOST="tech.localhost", HTTP_AUTHORIZATION=token)
    answer = client.post(
        f"/api/orders/{order.pk}/fulfil",
        {"tracking_number": "1Z999"},
        content_type="application/json",
        HTTP_IDEMPOTENCY_KEY="once",
    )
    assert answer.status_code == 200
    assert "Quittenbaum" in answer.content.decode()


def found_in_the_shop(text: str) -> list[str]:
    """Each column of the shop, of words, documents or bytes, that holds the text."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name, data_type FROM information_schema.columns"
            " WHERE table_schema = %s AND (data_type IN"
            " ('text', 'character varying', 'json', 'jsonb', 'bytea', 'inet', 'ARRAY'))",
            [connection.schema_name],
        )
        columns = cursor.fetchall()
        assert len(columns) > 80
        found = []
        for table, column, kind in columns:
            value = f"encode({column}, 'escape')" if kind == "bytea" else f"{column}::text"
            cursor.execute(f"SELECT count(*) FROM {table} WHERE {value} ILIKE %s", [f"%{text}%"])
            if cursor.fetchone()[0]:
                found.append(f"{table}.{column}")
    return found


def found_beside_the_shops(text: str) -> list[str]:
    """What the installation keeps of payments for all shops."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
            " AND (table_name LIKE 'simulator%%' OR table_name LIKE 'stripe_inbox%%')"
        )
        found = []
        for (table,) in cursor.fetchall():
            cursor.execute(
                f"SELECT count(*) FROM public.{table} t WHERE t::text ILIKE %s", [f"%{text}%"]
            )
            if cursor.fetchone()[0]:
                found.append(table)
    return found


def address_of(customer: Customer, page: str) -> str:
    return f"/admin/orders/customer/{customer.pk}/{page}/"


def erase(client: Client, customer: Customer, typed: str = EMAIL) -> Any:
    return client.post(address_of(customer, "erase"), {"confirmation": typed}, follow=True)


def test_no_column_of_the_shop_holds_the_person_after_the_erasure(desk, everywhere):
    customer = everywhere.customer
    where = {each for text in TRACES for each in found_in_the_shop(text)}
    # The control: the search finds what is there.
    assert where >= {
        "orders_customer.name",
        "orders_customer.email",
        "orders_customer.phone",
        "orders_customeraddress.address",
        "orders_signin.email",
        "orders_signin.client_address",
        "orders_order.customer_name",
        "orders_order.customer_email",
        "orders_order.customer_phone",
        "orders_order.shipping_address",
        "orders_order.billing_address",
        "orders_order.notes",
        "orders_order.cancel_reason",
        "orders_orderevent.text",
        "orders_refund.reason",
        "orders_outboxmessage.problem",
        "checkout_cart.details",
        "checkout_paymentattempt.params",
        "shop_webhook_event.body",
        "shop_webhook_delivery.response",
        "shop_idempotency_key.body",
    }
    assert len(found_beside_the_shops("quittenbaum")) >= 3

    done = erase(desk, customer)

    assert "The person was erased, from 2 orders." in words(done)
    assert [each for text in TRACES for each in found_in_the_shop(text)] == []
    for text in PERSON:
        assert found_beside_the_shops(text) == []
    told = StripeEvent.objects.get(pk="evt_0").payload["data"]["object"]
    assert set(told) == {"id", "metadata"}
    assert [str(each) for each in violations()] == []


def test_an_erased_order_keeps_what_was_sold_and_goes_on(desk, everywhere, tech):
    token = f"Bearer {issue_tokens(make_member(tech))['access']}"
    api = Client(HTTP_HOST="tech.localhost", HTTP_AUTHORIZATION=token)
    path = f"/api/orders/{everywhere.pk}"
    before = api.get(path).json()

    erase(desk, everywhere.customer)

    after = api.get(path).json()
    assert list(after) == list(before)
    changed = {name for name in before if before[name] != after[name]}
    assert changed <= {
        "customer", "shipping_address", "billing_address", "notes", "refunds", "updated_at",
    }  # fmt: skip
    assert after["customer"] == {"id": None, "name": "Erased", "email": "", "phone": ""}
    assert after["shipping_address"] == {
        "line1": "Erased",
        "line2": "",
        "city": "Erased",
        "state": "NY",
        "postal_code": "",
        "country": "USA",
    }
    assert [each["amount"] for each in after["refunds"]] == [1.5]
    assert after["refunds"][0]["reason"] == "Ms Erased called"
    assert api.get("/api/orders").json()["count"] == 2
    page = words(desk.get(page_of(everywhere)))
    assert "The person was erased." in page
    assert "Mail the confirmation again" not in page
    shopper = Client(HTTP_HOST="tech.localhost")
    assert shopper.get(f"/orders/{everywhere.access_token}/").status_code == 200
    for paper in ("slips", "invoices"):
        printed = desk.get(f"/admin/orders/order/print/{paper}/", {"id": str(everywhere.pk)})
        assert everywhere.number in words(printed)

    deliver_outbox()
    mail.outbox.clear()
    send_refund(refund_order(order_id=everywhere.pk, amount=D("2.00")).pk)
    with pytest.raises(IllegalTransition, match="nobody to write to"):
        mail_again(order_id=everywhere.pk, key="x", actor=NOBODY)

    assert deliver_outbox() == (1, 0)
    assert mail.outbox == []
    assert Order.objects.get(pk=everywhere.pk).refunded == D("3.50")


def test_the_repeated_call_still_gets_its_answer_without_the_person(desk, product, tech):
    member = make_member(tech)
    order = paid(order_of_ada(product))
    _send_by_program(order, member)
    erase(desk, order.customer)
    token = f"Bearer {issue_tokens(member)['access']}"

    again = Client(HTTP_HOST="tech.localhost", HTTP_AUTHORIZATION=token).post(
        f"/api/orders/{order.pk}/fulfil",
        {"tracking_number": "1Z999"},
        content_type="application/json",
        HTTP_IDEMPOTENCY_KEY="once",
    )

    assert again["Idempotent-Replayed"] == "true"
    assert again.json()["customer"]["name"] == "Erased"
    assert again.json()["total"] == float(order.total)
    assert order.fulfilments.count() == 1


def test_the_history_says_who_erased_and_not_whom(desk, everywhere):
    customer = everywhere.customer

    erase(desk, customer)

    (entry,) = AuditEntry.objects.filter(object_type="customer")
    assert (entry.user_name, entry.action) == ("owner@example.com", "delete")
    assert (entry.object_id, entry.object_name) == (str(customer.pk), "A person, erased")


def test_whoever_was_signed_in_is_nobody_and_may_come_again(desk, product):
    order = paid(order_of_ada(product))
    fulfil_order(order_id=order.pk)
    erase(desk, order.customer)

    again = order_of_ada(product)

    assert again.customer.name == ADA.name
    assert again.customer.pk != order.customer_id
    assert again.customer.orders.count() == 1


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ("pending", "waits for its payment"),
        ("paid", "is paid and not sent yet"),
        ("review", "is in review"),
        ("refund", "has a refund under way"),
        ("page", "waits for its payment"),
    ],
)
def test_nobody_is_erased_while_an_order_needs_them(desk, product, state, reason):
    order = order_of_ada(product)
    if state == "page":
        start_payment(order.pk, origin=ORIGIN)
    elif state != "pending":
        paid(order)
    if state == "review":
        hold_back(order_id=order.pk, reason="odd", actor=NOBODY)
    if state == "refund":
        fulfil_order(order_id=order.pk)
        refund_order(order_id=order.pk, amount=D("1.00"))
    customer = Customer.objects.get()

    opened = words(desk.get(address_of(customer, "erase")))
    sent = words(erase(desk, customer))

    for page in (opened, sent):
        assert "not possible while an order is open" in page
        assert reason in page
        assert order.number in page
    assert Customer.objects.filter(email=EMAIL).exists()
    assert Order.objects.get(pk=order.pk).customer_name == ADA.name


@pytest.mark.django_db(transaction=True)
def test_who_orders_at_the_moment_of_the_erasure_is_erased_or_known(tech, product):
    """Two orders and the erasure at once: no order is left with a person whom nobody knows."""
    for _round in range(4):
        order = paid(order_of_ada(product))
        fulfil_order(order_id=order.pk)
        user = make_member(tech)

        placed, _erased, also_placed = at_once(
            partial(once_more, partial(order_of_ada, product)),
            partial(erase_person, order.customer_id, user=user),
            partial(once_more, partial(order_of_ada, product)),
        )

        assert isinstance(placed, Order)
        assert isinstance(also_placed, Order)
        for each in Order.objects.all():
            assert (each.customer is None) is (each.customer_name == "Erased")
        for each in Order.objects.filter(status="pending"):
            cancel_order(order_id=each.pk)


def test_an_erasure_is_typed_and_of_nobody_else(desk, product):
    order = paid(order_of_ada(product))
    fulfil_order(order_id=order.pk)
    other = make_order(product, buyer=Buyer("Ben Fischer", "ben@example.com"))

    refused = erase(desk, order.customer, typed="ben@example.com")

    assert "That is not the address of this person." in words(refused)
    assert Customer.objects.count() == 2
    erase(desk, order.customer, typed=f" {EMAIL.upper()} ")
    assert list(Customer.objects.all()) == [other.customer]
    assert Order.objects.get(pk=other.pk).customer_name == "Ben Fischer"


def test_everything_about_a_person_is_one_file(desk, everywhere):
    response = desk.get(address_of(everywhere.customer, "data"))

    assert response["Content-Type"] == "application/json"
    assert "no-store" in response["Cache-Control"]
    assert ".json" in response["Content-Disposition"]
    data = json.loads(response.getvalue())
    assert data["customer"]["email"] == EMAIL
    assert [each["line1"] for each in data["addresses"]] == [STREET.line1]
    cancelled, sent = data["orders"]
    assert [cancelled["status"], sent["status"]] == ["cancelled", "completed"]
    assert sent["items"][0]["sku"] == "LAMP"
    assert [each["kind"] for each in sent["payments"]] == ["charge", "refund"]
    assert D(str(sent["payments"][0]["amount"])) == everywhere.total
    assert sent["fulfilments"][0]["tracking_number"] == "1Z999"
    assert sent["notes"] == "Ring at Quittenbaum"
    assert {each["topic"] for each in data["mails"]} >= {"mail.order_confirmed"}
    assert [each["client_address"] for each in data["sign_ins"]] == ["10.9.8.7"]
    assert data["carts"][0]["lines"][0]["sku"] == "LAMP"


@pytest.mark.parametrize(
    ("role", "may"),
    [("owner", True), ("manager", True), ("fulfilment", False), ("viewer", False)],
)
def test_a_persons_data_is_for_owners_and_managers(desk_of, product, role, may):
    order = paid(order_of_ada(product))
    fulfil_order(order_id=order.pk)
    desk = desk_of(role)
    page = words(desk.get(address_of(order.customer, "change")))

    answers = [desk.get(address_of(order.customer, name)) for name in ("data", "erase")]
    sent = erase(desk, order.customer)

    assert ("Erase this person" in page) is may
    assert ("Download everything" in page) is may
    assert [each.status_code for each in answers] == ([200, 200] if may else [403, 403])
    assert (sent.status_code == 200) is may
    assert Customer.objects.exists() is not may


def test_the_cookie_of_an_erased_person_opens_no_account(desk, product):
    order = paid(order_of_ada(product))
    fulfil_order(order_id=order.pk)
    shopper = Client(HTTP_HOST="tech.localhost", **SAME_ORIGIN)
    ask_for_sign_in(email=EMAIL, client_address="10.9.8.7", origin=ORIGIN)
    deliver_outbox()
    link = next(
        word for word in str(mail.outbox[-1].body).split() if "/account/sign-in/" in word
    ).removeprefix(ORIGIN)
    shopper.post(link)
    assert order.number in words(shopper.get("/account/"))

    erase(desk, order.customer)

    page = words(shopper.get("/account/"))
    assert order.number not in page
    assert "quittenbaum" not in page.lower()


def test_file_and_erasure_ask_the_database_equally_often_however_many_orders(
    desk, product, everywhere
):
    def sent_order(buyer):
        order = paid(make_order(product, buyer=buyer, shipping_address=STREET))
        fulfil_order(order_id=order.pk)
        cancel_order(order_id=make_order(product, buyer=buyer).pk)
        return order.customer

    def statements(customer):
        with CaptureQueriesContext(connection) as file:
            desk.get(address_of(customer, "data")).getvalue()
        with CaptureQueriesContext(connection) as erasure:
            erase_person(customer.pk, user=None)
        return len(file), len(erasure)

    one = sent_order(Buyer("Ben Fischer", "ben@example.com"))
    for _ in range(4):
        many = sent_order(Buyer("Cid Winter", "cid@example.com"))
    claim()

    assert statements(many) == statements(one)


@pytest.mark.parametrize(
    ("name", "text", "left"),
    [
        ("İnci Öztürk", "INCI ÖZTÜRK rang, and İnci wrote", "Erased rang, and Erased wrote"),
        ("Ann-Marie O'Hara", "ann-marie o'hara called", "Erased called"),
        ("Anna", "Annabel and Hannah stay, anna goes", "Annabel and Hannah stay, Erased goes"),
    ],
)
def test_a_name_is_found_however_it_is_capitalised(tech, name, text, left):
    person = Customer.objects.create(name=name, email="x@example.com", phone="+49 (0)30 12")
    traces = Traces(person, [])

    assert traces.out_of(text) == left
    assert traces.out_of("Ring +49 (0)30 12 first") == "Ring Erased first"
