"""What each role and each scope may do: the one table that admin, API and tests read."""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType

from tenants.models import Role, Scope


class Right(Enum):
    """Something a member, or a system with an API key, may do in a tenant."""

    READ_CATALOGUE = "read the catalogue"
    WRITE_CATALOGUE = "change products and categories"
    WRITE_STOCK = "change stock"
    READ_ORDERS = "read orders"
    WRITE_ORDERS = "create, cancel and refund orders"
    FULFIL_ORDERS = "fulfil orders"
    ERASE = "erase a customer's data"
    EXPORT = "take products, orders and customers out as a file"
    READ_SALES = "read what was sold in all"
    READ_TERMS = "read shipping, taxes, discounts and how orders are taken"
    WRITE_TERMS = "change shipping, taxes, discounts and how orders are taken"
    CHANGE_LOOK = "change what the shop is called, how it looks and what it speaks"
    READ_HISTORY = "read who changed what"
    MANAGE_MEMBERS = "invite and remove members"
    CONNECT = "connect other systems"
    END = "have the shop deleted, and take that back"
    MANAGE_DOMAINS = "add and remove the shop's own domains"
    MANAGE_PAYMENTS = "say which account payments go to"


# Products, for what is packed.
_FULFILMENT = frozenset({Right.READ_CATALOGUE, Right.READ_ORDERS, Right.FULFIL_ORDERS})
_VIEWER = frozenset(
    {
        Right.READ_CATALOGUE,
        Right.READ_ORDERS,
        Right.READ_SALES,
        Right.READ_TERMS,
        Right.READ_HISTORY,
    }
)
_MANAGER = (
    _FULFILMENT
    | _VIEWER
    | {
        Right.WRITE_CATALOGUE,
        Right.WRITE_STOCK,
        Right.WRITE_ORDERS,
        Right.WRITE_TERMS,
        Right.CHANGE_LOOK,
        Right.EXPORT,
        Right.ERASE,
    }
)

RIGHTS: Mapping[str, frozenset[Right]] = MappingProxyType(
    {
        Role.OWNER.value: _MANAGER
        | {
            Right.MANAGE_MEMBERS,
            Right.CONNECT,
            Right.MANAGE_DOMAINS,
            Right.MANAGE_PAYMENTS,
            Right.END,
        },
        Role.MANAGER.value: _MANAGER,
        Role.FULFILMENT.value: _FULFILMENT,
        Role.VIEWER.value: _VIEWER,
    }
)
ALL_RIGHTS = frozenset(Right)
# What a user may do in a shop where they have no role.
NO_ROLE = frozenset({Right.READ_CATALOGUE})

# The narrowest scope that allows a thing stands before the wider ones.
SCOPES: Mapping[str, frozenset[Right]] = MappingProxyType(
    {
        Scope.READ_ORDERS.value: frozenset({Right.READ_ORDERS}),
        Scope.FULFIL_ORDERS.value: frozenset({Right.READ_ORDERS, Right.FULFIL_ORDERS}),
        Scope.WRITE_ORDERS.value: frozenset(
            {Right.READ_ORDERS, Right.FULFIL_ORDERS, Right.WRITE_ORDERS}
        ),
        Scope.READ_CATALOGUE.value: frozenset({Right.READ_CATALOGUE}),
        Scope.WRITE_CATALOGUE.value: frozenset({Right.READ_CATALOGUE, Right.WRITE_CATALOGUE}),
        Scope.WRITE_STOCK.value: frozenset({Right.READ_CATALOGUE, Right.WRITE_STOCK}),
    }
)

# Django's "<app>.<action>_<model>" permissions of the tenant's admin: (app, model or "*") to the
# rights that reading and writing need. What is not here nobody may do.
MODEL_RIGHTS: Mapping[tuple[str, str], tuple[Right, Right | None]] = MappingProxyType(
    {
        ("catalog", "stockmovement"): (Right.READ_CATALOGUE, None),
        ("catalog", "*"): (Right.READ_CATALOGUE, Right.WRITE_CATALOGUE),
        # No field of an order is edited: what is done with one is a step, by its own right.
        ("orders", "order"): (Right.READ_ORDERS, None),
        ("orders", "customer"): (Right.READ_ORDERS, None),
        ("orders", "*"): (Right.READ_TERMS, Right.WRITE_TERMS),
        ("shop", "auditentry"): (Right.READ_HISTORY, None),
        # Nothing of an export is edited: it is cancelled, tried again and deleted on its page.
        ("shop", "listexport"): (Right.EXPORT, None),
        ("shop", "retentiontimes"): (Right.WRITE_TERMS, Right.WRITE_TERMS),
        ("shop", "webhookendpoint"): (Right.CONNECT, Right.CONNECT),
        ("tenants", "shoplook"): (Right.CHANGE_LOOK, Right.CHANGE_LOOK),
        ("tenants", "shoplocale"): (Right.CHANGE_LOOK, Right.CHANGE_LOOK),
        ("tenants", "membership"): (Right.MANAGE_MEMBERS, Right.MANAGE_MEMBERS),
        ("tenants", "apikey"): (Right.CONNECT, Right.CONNECT),
        ("tenants", "shopdeletion"): (Right.END, Right.END),
        ("tenants", "domain"): (Right.MANAGE_DOMAINS, Right.MANAGE_DOMAINS),
        ("tenants", "paymentaccount"): (Right.MANAGE_PAYMENTS, Right.MANAGE_PAYMENTS),
    }
)


def right_for(app_label: str, codename: str) -> Right | None:
    """The right that a Django permission such as `catalog.change_product` stands for, if any."""
    action, _, model = codename.partition("_")
    rights = MODEL_RIGHTS.get((app_label, model)) or MODEL_RIGHTS.get((app_label, "*"))
    if rights is None:
        return None
    return rights[0] if action == "view" else rights[1]


def scope_for(right: Right) -> str:
    """The narrowest scope that allows it to an API key."""
    return next(scope for scope, rights in SCOPES.items() if right in rights)
