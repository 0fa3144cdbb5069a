"""What is done with thousands of products at once."""

from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.models import Product
from catalog.services import refresh
from tenants.shop.models import AuditEntry
from tests.factories import make_product


def test_an_action_takes_as_many_statements_for_many_products_as_for_few(desk, tech):
    def statements(products):
        chosen = {"_selected_action": [str(each.pk) for each in products], "action": "archive"}
        with CaptureQueriesContext(connection) as asked:
            desk.post("/admin/catalog/product/", chosen)
        return len(asked)

    few = [make_product() for _ in range(2)]
    many = [make_product() for _ in range(12)]
    statements([make_product()])

    assert statements(many) == statements(few)
    entries = AuditEntry.objects.filter(changes={"status": ["active", "archived"]})
    assert entries.count() == 15
    assert entries.filter(object_id=str(many[-1].pk), user_name="owner@example.com").exists()


def test_of_more_products_than_a_statement_has_time_for_each_follows(tech, monkeypatch):
    products = [make_product(f"Lamp {number}") for number in range(5)]
    Product.objects.update(sort_name="")
    monkeypatch.setattr(refresh, "_AT_ONCE", 2)

    refresh.refresh_products([each.pk for each in products])

    found = set(Product.objects.values_list("sort_name", flat=True))
    assert found == {f"lamp {number}" for number in range(5)}
