"""`/api/…`: the same under every host; a trailing slash changes nothing."""

from typing import Any

from django.urls import re_path

from catalog.api import CategoryViewSet, ProductViewSet, StockViewSet
from checkout.api import OrderViewSet
from pycommerce.api_docs import DocsViewSet, SchemaViewSet
from tenants.api import (
    AuthViewSet,
    HealthViewSet,
    MeViewSet,
    TenantListViewSet,
    UnknownViewSet,
)

_NAME = r"(?P<id_or_slug>[^/]+)"
_ORDER = r"(?P<order_id>[^/]+)"
_EVERYTHING: dict[str, Any] = dict.fromkeys(
    ["get", "post", "put", "patch", "delete", "options"], "missing"
)

# Tried in this order: what is asked most stands first.
urlpatterns = [
    re_path(r"^products/?$", ProductViewSet.as_view({"get": "list"})),
    re_path(
        rf"^products/{_NAME}/?$",
        ProductViewSet.as_view({"get": "retrieve", "patch": "change"}),
    ),
    re_path(r"^health/?$", HealthViewSet.as_view({"get": "list"})),
    re_path(r"^auth/login/?$", AuthViewSet.as_view({"post": "login"})),
    re_path(r"^auth/refresh/?$", AuthViewSet.as_view({"post": "refresh"})),
    re_path(r"^auth/logout/?$", AuthViewSet.as_view({"post": "logout"})),
    re_path(r"^auth/me/?$", MeViewSet.as_view({"get": "list"})),
    re_path(r"^tenants/?$", TenantListViewSet.as_view({"get": "list"})),
    re_path(r"^stock-adjustments/?$", StockViewSet.as_view({"post": "create"})),
    re_path(r"^categories/?$", CategoryViewSet.as_view({"get": "list"})),
    re_path(rf"^categories/{_NAME}/?$", CategoryViewSet.as_view({"get": "retrieve"})),
    re_path(
        r"^orders/?$", OrderViewSet.as_view({"get": "list", "post": "create"}), name="api-orders"
    ),
    re_path(rf"^orders/{_ORDER}/?$", OrderViewSet.as_view({"get": "retrieve"})),
    re_path(rf"^orders/{_ORDER}/cancel/?$", OrderViewSet.as_view({"post": "cancel"})),
    re_path(rf"^orders/{_ORDER}/fulfil/?$", OrderViewSet.as_view({"post": "fulfil"})),
    re_path(rf"^orders/{_ORDER}/refund/?$", OrderViewSet.as_view({"post": "refund"})),
    re_path(r"^schema/?$", SchemaViewSet.as_view({"get": "list"}), name="api-schema"),
    re_path(r"^docs/?$", DocsViewSet.as_view({"get": "list"}), name="api-docs"),
    re_path(r"^(?P<path>.*)$", UnknownViewSet.as_view(_EVERYTHING)),
]
