"""Two clicks on an export at the same moment."""

import threading

import pytest
from django.db import connection, connections, transaction
from django.test import Client

from tenants import exporting
from tenants.models import Tenant
from tenants.services.list_exports import ask_for_list
from tenants.shop.models import ListExport
from tests.concurrency.conftest import wait_for
from tests.factories import make_member, make_product

pytestmark = pytest.mark.django_db(transaction=True)


def in_tech() -> Tenant:
    connection.set_schema_to_public()
    tenant = Tenant.objects.get(slug="tech")
    connection.set_tenant(tenant)
    return tenant


def test_the_second_of_two_clicks_leads_to_the_export_of_the_first(monkeypatch):
    monkeypatch.setattr(exporting, "MOST_AT_ONCE", 0)
    owner = make_member(in_tech())
    make_product()
    answers = []

    def click() -> None:
        client = Client(HTTP_HOST="tech.localhost")
        client.force_login(owner)
        answers.append(client.post("/admin/catalog/product/export/csv/"))
        connections.close_all()

    second = threading.Thread(target=click)
    with transaction.atomic():
        first = ask_for_list(
            kind="catalog.product", form="csv", query="", file_name="a.csv", user=owner, origin=""
        )
        second.start()
        wait_for(behind=1)
    second.join()
    in_tech()

    assert answers[0]["Location"] == f"/admin/shop/listexport/{first.pk}/change/"
    assert ListExport.objects.count() == 1
