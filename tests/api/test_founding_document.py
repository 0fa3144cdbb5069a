"""Every example of the founding API document, run against the demo's shops and looked for in
the description.

The document itself stands beside this file; its examples are read from there.
"""

import json
import re
import shlex
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from catalog.demo.loading import ensure_shop
from catalog.demo.outdoor import OUTDOOR
from catalog.demo.tech import TECH
from checkout.demo.loading import ensure_orders
from orders.models import Order
from tests.api.conftest import Caller, in_tech
from tests.factories import make_user

DOCUMENT = (Path(__file__).parent / "founding_document.txt").read_text()
_HEADING = re.compile(r"^(?:(GET|POST) (/\S+)|(Examples|Error Response Format))$", re.MULTILINE)
JANE = "d7e8f9a0-b1c2-4d3e-8f4a-5b6c7d8e9f0a"


def _loads(text: str) -> Any:
    return json.loads(text, parse_float=Decimal)


def _sections() -> dict[str, str]:
    found = list(_HEADING.finditer(DOCUMENT))
    ends = [match.start() for match in found[1:]] + [len(DOCUMENT)]
    return {
        match.group(0): DOCUMENT[match.end() : end] for match, end in zip(found, ends, strict=True)
    }


SECTIONS = _sections()


def examples(heading: str) -> list[Any]:
    """The JSON that stands in a section, in its order."""
    blocks = re.findall(r"^\{$.*?^\}$", SECTIONS[heading], re.MULTILINE | re.DOTALL)
    return [_loads(block) for block in blocks]


@dataclass
class Curl:
    """A curl command of the document."""

    method: str
    host: str
    path: str
    headers: dict[str, str]
    body: str


def curls() -> list[Curl]:
    found = []
    for command in SECTIONS["Examples"].split("curl ")[1:]:
        words = shlex.split(command.split("\n\nCreating")[0].replace("\\\n", " "))
        method, address = words[1], words[2]
        host, path = re.fullmatch(r"https://([^/]+)(/.*)", address).groups()  # type: ignore[union-attr]
        headers = dict(
            words[index + 1].split(": ", 1) for index, word in enumerate(words) if word == "-H"
        )
        body = words[words.index("-d") + 1] if "-d" in words else ""
        found.append(Curl(method, host, path, headers, body))
    return found


def shows(answer: Any, wanted: Any) -> bool:
    """Whether an answer has what an example has: its members in its order, its rows somewhere."""
    if isinstance(wanted, dict):
        if not isinstance(answer, dict):
            return False
        names = [name for name in answer if name in wanted]
        return names == list(wanted) and all(shows(answer[name], wanted[name]) for name in names)
    if isinstance(wanted, list):
        return all(any(shows(each, row) for each in answer) for row in wanted)
    return bool(answer == wanted) and type(answer) is type(wanted)


@pytest.fixture
def api(tech, outdoor):
    """Both demo shops, without pictures, and a caller who may read and write in them."""
    connection.set_schema_to_public()
    for shop in (TECH, OUTDOOR):
        ensure_orders(ensure_shop(shop, pictures=False))
    connection.set_schema_to_public()
    return Caller(make_user(is_superuser=True))


def answer_of(response: Any, status: int = 200) -> Any:
    assert response.status_code == status, response.content
    return _loads(response.content)


# --- Asked ---------------------------------------------------------------------------------------


def test_the_document_was_read_to_its_end():
    assert list(SECTIONS) == [
        "GET /api/health",
        "POST /stripe-demo/create-checkout-session-json",
        "GET /api/tenants",
        "GET /api/products",
        "GET /api/orders",
        "GET /api/orders/{order_id}",
        "POST /api/orders",
        "GET /api/categories",
        "Error Response Format",
        "Examples",
    ]
    assert [len(examples(heading)) for heading in SECTIONS] == [1, 3, 1, 1, 1, 1, 2, 1, 1, 0]
    assert [curl.method for curl in curls()] == ["GET", "POST"]


def test_health(stranger):
    assert answer_of(stranger.get("/api/health")) == examples("GET /api/health")[0]


def test_tenants(api, settings):
    [wanted] = examples("GET /api/tenants")

    answer = answer_of(api.get("/api/tenants"))

    for tenant in wanted["tenants"]:
        tenant["domain"] = tenant["domain"].replace("pycommerce.org", settings.BASE_HOST)
    assert answer == wanted


def test_products(api):
    [wanted] = examples("GET /api/products")

    answer = answer_of(api.get("/api/products?tenant=tech&category=Audio&in_stock=true"))

    assert answer["count"] == len(answer["products"]) >= wanted["count"]
    assert shows(answer, wanted | {"count": answer["count"]})
    assert set(answer) == set(wanted)


def test_orders(api):
    [wanted] = examples("GET /api/orders")

    answer = answer_of(api.get("/api/orders?tenant=tech&limit=250"))

    assert answer["count"] == len(answer["orders"]) >= wanted["count"]
    assert shows(answer, wanted | {"count": answer["count"]})
    assert {frozenset(row) for row in answer["orders"]} == {frozenset(wanted["orders"][0])}


def test_an_order(api):
    [wanted] = examples("GET /api/orders/{order_id}")

    assert shows(answer_of(api.get(f"/api/orders/{JANE}")), wanted)


def test_creating_an_order(api):
    request, wanted = examples("POST /api/orders")

    answer = answer_of(api.post("/api/orders", json.dumps(request).encode()), 201)

    assert answer == wanted | {"id": answer["id"]}
    detail = answer_of(api.get(f"/api/orders/{answer['id']}"))
    for name in ("shipping_address", "billing_address", "shipping_method", "payment_method"):
        assert detail[name] == request[name]
    assert detail["notes"] == request["notes"]


def test_categories(api):
    [wanted] = examples("GET /api/categories")

    answer = answer_of(api.get("/api/categories?tenant=tech"))

    assert answer["count"] == len(answer["categories"]) >= wanted["count"]
    assert shows(answer, wanted | {"count": answer["count"]})
    assert {frozenset(row) for row in answer["categories"]} == {frozenset(wanted["categories"][0])}


def test_an_error(api):
    [wanted] = examples("Error Response Format")

    assert shows(answer_of(api.get("/api/orders/12345"), 404), wanted)


def test_the_checkout_call(api):
    request, wanted, error = examples("POST /stripe-demo/create-checkout-session-json")
    path = "/stripe-demo/create-checkout-session-json"
    shop = Client(HTTP_HOST="tech.localhost")
    headers = {"HTTP_ACCEPT": "application/json", "content_type": "application/json"}

    text = json.dumps(request, default=float)
    answer = answer_of(shop.post(path, text, **headers))
    refused = answer_of(shop.post(path, "{}", **headers), 400)

    assert set(answer) == set(wanted)
    assert answer["session_id"].startswith("cs_test_")
    assert answer["checkout_url"].endswith(answer["session_id"])
    assert set(refused) == set(error)
    assert isinstance(refused["error"], str)


@pytest.mark.parametrize(("number", "status"), [(0, 200), (1, 201)])
def test_the_curl_commands_but_for_host_and_token(api, settings, number, status):
    curl = curls()[number]
    assert curl.headers.pop("Authorization") == "Bearer YOUR_JWT_TOKEN"
    client = Client(HTTP_HOST=curl.host.replace("pycommerce.org", settings.BASE_HOST))

    response = client.generic(
        curl.method,
        curl.path,
        curl.body.encode(),
        content_type=curl.headers.get("Content-Type", ""),
        **api.headers,
    )

    answer = answer_of(response, status)
    if number == 0:
        assert {"Wireless Headphones", "Bluetooth Speaker"} <= {
            row["name"] for row in answer["products"]
        }
    else:
        in_tech()
        order = Order.objects.get(pk=answer["id"])
        assert order.billing_address == order.shipping_address
        assert (order.customer_phone, order.notes) == ("+1987654321", "")


# --- Described -----------------------------------------------------------------------------------


@pytest.mark.parametrize("heading", [heading for heading in SECTIONS if heading != "Examples"])
def test_every_example_stands_in_the_description(stranger, heading):
    description = _loads(stranger.get("/api/schema").content)
    path = "/api/orders/{order_id}" if heading.startswith("Error") else heading.split()[1]
    method = "get" if heading.startswith("Error") else heading.split()[0].lower()
    operation = description["paths"][path][method]
    bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
    shown = [
        example["value"]
        for body in bodies
        for content in body.get("content", {}).values()
        for example in content.get("examples", {}).values()
    ]

    for wanted in examples(heading):
        assert any(shows(value, wanted) for value in shown), wanted


@pytest.mark.parametrize("heading", [heading for heading in SECTIONS if " /" in heading])
def test_every_documented_parameter_is_described(stranger, heading):
    """With its need: `Name Type Description Required` lines end in Yes or No."""
    description = stranger.get("/api/schema").json()
    method, path = heading.split()
    operation = description["paths"][path][method.lower()]
    known = {each["name"] for each in operation.get("parameters", [])}
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if body:
        schema = description["components"]["schemas"][body["schema"]["$ref"].split("/")[-1]]
        known |= set(schema["properties"])
    lines = re.findall(
        r"^(\w+) (?:string|number|boolean|array) .* (?:Yes|No)$", SECTIONS[heading], re.MULTILINE
    )

    assert set(lines) <= known
