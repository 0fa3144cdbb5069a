"""The description against the API: made-up calls, right and wrong, get described answers."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, connection
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from checkout.services.integrity import violations
from pycommerce.api_docs import description
from tenants.models import Tenant
from tenants.services.tokens import issue_tokens
from tests.api.conftest import in_tech
from tests.checkout.conftest import paid
from tests.factories import make_category, make_member, make_order, make_product

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    unsupported_method,
]


@pytest.fixture
def shop(tech: Tenant, settings: Any) -> dict[str, str]:
    """What a call may name in a shop that has it, and the token of its owner."""
    settings.API_RATE_PER_MINUTE = settings.API_WRITES_PER_MINUTE = 10**9
    settings.LOGIN_FAILURES_PER_MINUTE = 10**9
    category = make_category("Audio")
    product = make_product("Headphones", on_hand=10_000, sku="WH-001", categories=[category])
    order = paid(make_order(product, quantity=5))
    [line] = order.line_items.all()
    connection.set_schema_to_public()
    return {
        "tenant": "tech",
        "tenant_id": str(tech.pk),
        "product_id": str(product.pk),
        "id_or_slug": str(product.pk),
        "order_id": str(order.pk),
        "line": str(line.pk),
        "token": issue_tokens(make_member(tech))["access"],
    }


@pytest.fixture(autouse=True)
def _connection_outlives_a_request() -> Iterator[None]:
    """As with Django's own test client."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


schema = schemathesis.openapi.from_dict(json.loads(description().content))
schema.app = get_wsgi_application()


def wrong_parts(case: schemathesis.Case) -> set[ParameterLocation]:
    """Where the call was made to be wrong."""
    components = case.meta.components if case.meta else {}
    return {place for place, component in components.items() if component.mode.is_negative}


def aim(case: schemathesis.Case, shop: dict[str, str]) -> None:
    """Let the call go to a thing that there is."""
    wrong = wrong_parts(case)
    if ParameterLocation.PATH not in wrong:
        for name in set(case.path_parameters) & set(shop):
            case.path_parameters[name] = shop[name]
    takes_tenant = "tenant" in {each.name for each in case.operation.query}
    if takes_tenant and ParameterLocation.QUERY not in wrong:
        case.query["tenant"] = "tech"
    if ParameterLocation.HEADER not in wrong:
        # Another body under the key of an earlier call would be refused for that.
        case.headers.pop("Idempotency-Key", None)
    if ParameterLocation.BODY not in wrong:
        fill(case.body, shop)


def fill(body: Any, shop: dict[str, str]) -> None:
    """Let a body that is right by its form be right by what it names, too."""
    if not isinstance(body, dict):
        return
    if "tenant_id" in body:
        body["tenant_id"] = shop["tenant_id"]
    if "shipping_method" in body:
        body |= {"shipping_method": "standard", "payment_method": "credit_card"}
        body.pop("discount_code", None)
    for address in ("shipping_address", "billing_address"):
        if isinstance(body.get(address), dict):
            body[address]["country"] = "US"
    for item in body.get("items") or []:
        if "product_id" in item:
            item["product_id"] = shop["product_id"]
            item.pop("variant_id", None)
            item.pop("sku", None)
        elif "price" not in item:
            item["id"] = shop["line"]
    if "reason" in body and "sku" in body:
        body["sku"] = "WH-001"
        body.pop("variant_id", None)


@schema.parametrize()
@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
def test_every_call_is_answered_as_described(case: Any, shop: dict[str, str]) -> None:
    connection.set_schema_to_public()
    aim(case, shop)
    response = case.call(headers={"Authorization": f"Bearer {shop['token']}"})
    case.validate_response(response, checks=CHECKS)
    is_method = case.operation.method.upper() == case.method
    if is_method and wrong_parts(case) == {ParameterLocation.BODY}:
        assert response.status_code in {400, 415}, (case.body, response.content)
    if case.operation.method != "get":
        in_tech()
        assert violations() == []
