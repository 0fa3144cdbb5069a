"""PyCommerce: a multi-tenant storefront with an embedded REST API."""

__version__ = "1.0.0"
