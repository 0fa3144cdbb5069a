"""The menus of both back offices: whatever there is stands in one of their groups, once."""

import pytest
from django.test import Client

from tenants.admin_sites import platform_site, tenant_site
from tests.admin.conftest import words
from tests.factories import make_user

# Its rows stand in the list of discounts.
ELSEWHERE = {"orders.discountbatch"}


@pytest.mark.parametrize("site", [tenant_site, platform_site], ids=["shop", "platform"])
def test_every_page_stands_in_the_menu_once(site):
    named = [label for labels in site.menu.values() for label in labels]
    registered = {model._meta.label_lower for model in site._registry}

    assert len(named) == len(set(named))
    assert set(named) == registered - ELSEWHERE


def test_the_end_of_the_shop_stands_last_and_orders_first(desk):
    menu = (
        words(desk.get("/admin/"))
        .partition('id="nav-sidebar-apps"')[2]
        .partition('id="user-links"')[0]
    )
    places = [
        menu.index(f">{name}<")
        for name in ("Sales", "Orders", "Products", "Home page", "Settings", "End of the shop")
    ]

    assert places == sorted(places)
    assert menu.rindex("</a>") > places[-1] > menu.rindex("<a ")


def test_the_overview_and_the_shop_stand_above_the_groups(desk):
    menu = words(desk.get("/admin/orders/order/")).partition('id="nav-sidebar-apps"')[2]

    assert menu.index(">Overview<") < menu.index(">View site<") < menu.index(">Sales<")
    assert 'href="/admin/"' in menu.partition(">Overview<")[0]


def test_the_button_above_a_list_says_what_it_adds(desk):
    assert ">Add product<" in words(desk.get("/admin/catalog/product/"))
    assert "addlink" not in words(desk.get("/admin/catalog/product/add/"))


def test_who_may_see_less_has_a_shorter_menu(desk_of):
    menu = words(desk_of("viewer").get("/admin/"))

    assert ">Orders<" in menu
    assert ">API keys<" not in menu
    assert ">End of the shop<" not in menu


@pytest.mark.parametrize(
    ("host", "path"), [("tech.localhost", "/admin/orders/"), ("localhost", "/admin/tenants/")]
)
def test_a_group_has_no_page_of_its_own(tech, host, path):
    client = Client(HTTP_HOST=host)
    client.force_login(make_user(is_superuser=True))

    response = client.get(path)

    assert (response.status_code, response["Location"]) == (302, "/admin/")
