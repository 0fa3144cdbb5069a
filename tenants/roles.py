"""What each role may do: the one table that admin, API and tests read."""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType

from tenants.models import Role


class Right(Enum):
    """Something a member may do in a tenant."""

    READ_CATALOGUE = "read the catalogue"
    WRITE_CATALOGUE = "change products, categories and stock"
    READ_ORDERS = "read orders"
    WRITE_ORDERS = "create, cancel and refund orders"
    FULFIL_ORDERS = "fulfil orders"
    EXPORT = "take products, orders and customers out as a file"
    WRITE_TERMS = "change shipping, taxes, discounts and how orders are taken"
    CHANGE_LOOK = "change what the shop is called and how it looks"
    READ_HISTORY = "read who changed what"
    MANAGE_MEMBERS = "invite and remove members"


_VIEWER = frozenset({Right.READ_CATALOGUE, Right.READ_ORDERS, Right.READ_HISTORY})
_FULFILMENT = _VIEWER | {Right.FULFIL_ORDERS}
_MANAGER = _FULFILMENT | {
    Right.WRITE_CATALOGUE,
    Right.WRITE_ORDERS,
    Right.WRITE_TERMS,
    Right.CHANGE_LOOK,
    Right.EXPORT,
}

RIGHTS: Mapping[str, frozenset[Right]] = MappingProxyType(
    {
        Role.OWNER.value: _MANAGER | {Right.MANAGE_MEMBERS},
        Role.MANAGER.value: _MANAGER,
        Role.FULFILMENT.value: _FULFILMENT,
        Role.VIEWER.value: _VIEWER,
    }
)
ALL_RIGHTS = frozenset(Right)

# Django's "<app>.<action>_<model>" permissions of the tenant's admin: (app, model or "*") to the
# rights that reading and writing need. What is not here nobody may do.
MODEL_RIGHTS: Mapping[tuple[str, str], tuple[Right, Right | None]] = MappingProxyType(
    {
        ("catalog", "stockmovement"): (Right.READ_CATALOGUE, None),
        ("catalog", "*"): (Right.READ_CATALOGUE, Right.WRITE_CATALOGUE),
        # No field of an order is edited: what is done with one is a step, by its own right.
        ("orders", "order"): (Right.READ_ORDERS, None),
        ("orders", "customer"): (Right.READ_ORDERS, None),
        ("orders", "*"): (Right.READ_ORDERS, Right.WRITE_TERMS),
        ("shop", "auditentry"): (Right.READ_HISTORY, None),
        ("tenants", "shoplook"): (Right.CHANGE_LOOK, Right.CHANGE_LOOK),
        ("tenants", "membership"): (Right.MANAGE_MEMBERS, Right.MANAGE_MEMBERS),
    }
)


def right_for(app_label: str, codename: str) -> Right | None:
    """The right that a Django permission such as `catalog.change_product` stands for, if any."""
    action, _, model = codename.partition("_")
    rights = MODEL_RIGHTS.get((app_label, model)) or MODEL_RIGHTS.get((app_label, "*"))
    if rights is None:
        return None
    return rights[0] if action == "view" else rights[1]
