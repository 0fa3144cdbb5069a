"""The limits a figure is compared with: a constant Django view, and one bare query.

A WSGI application of its own, without middleware: `/c?bytes=N` answers N constant bytes,
`/q?limit=N` one psycopg query that returns the members of N products of the schema named by
`BENCH_SCHEMA`, rendered by orjson, and `/w?script=NAME` runs the recorded statements of that name
in the file `BENCH_SCRIPTS`.
"""

import json
import os
import random
import threading
from decimal import Decimal
from pathlib import Path

import django
import orjson
import psycopg
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path
from psycopg.types.json import set_json_loads

_QUERY = """
SELECT p.id, p.name, p.description, p.price, p.sku, p.category_names, p.slug, p.image_list,
       p.compare_at_price, p.updated_at, p.option_names,
       (SELECT json_agg(json_build_object('id', v.id, 'sku', v.sku, 'price', v.price,
                                          'stock', v.on_hand - v.held,
                                          'options', v.option_values) ORDER BY v.position)
          FROM catalog_variant v WHERE v.product_id = p.id)
FROM catalog_product p WHERE p.status = 'active'
ORDER BY p.created_at DESC, p.id DESC LIMIT %s
"""
_local = threading.local()
_bodies: dict[int, bytes] = {}
_scripts: dict[str, list[str]] = (
    json.loads(Path(os.environ["BENCH_SCRIPTS"]).read_text())
    if "BENCH_SCRIPTS" in os.environ
    else {}
)


def constant(request: HttpRequest) -> HttpResponse:
    size = int(request.GET["bytes"])
    body = _bodies.setdefault(size, b"x" * size)
    return HttpResponse(body, content_type="application/json")


def healthy(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


def query(request: HttpRequest) -> HttpResponse:
    cursor = _connection().execute(_QUERY, [int(request.GET["limit"])])
    products = []
    for row in cursor:
        variants = row[11]
        products.append(
            {
                "id": row[0],
                "name": row[1],
                "description": row[2],
                "price": row[3],
                "sku": row[4],
                "stock": sum(variant["stock"] for variant in variants),
                "categories": row[5],
                "slug": row[6],
                "currency": "USD",
                "images": row[7],
                "compare_at_price": row[8],
                "variants": [
                    {**v, "options": dict(zip(row[10], v["options"], strict=True))}
                    for v in variants
                ],
                "updated_at": row[9],
            }
        )
    body = orjson.dumps({"products": products}, default=_decimal)
    return HttpResponse(body, content_type="application/json")


def write(request: HttpRequest) -> HttpResponse:
    """The statements of one script, for the item that is named and for a new number."""
    connection = _connection()
    number, item = str(random.randrange(10**11, 10**12)), request.GET["item"]
    for statement in _scripts[request.GET["script"]]:
        connection.execute(statement.replace(":number", number).replace(":item", item))
    body = orjson.dumps({"id": number, "status": "pending"})
    return HttpResponse(
        body, content_type="application/json", headers={"Content-Length": len(body)}
    )


def _connection() -> psycopg.Connection:
    if not hasattr(_local, "connection"):
        _local.connection = psycopg.connect(os.environ["BENCH_DSN"], autocommit=True)
        _local.connection.execute(f'SET search_path = "{os.environ["BENCH_SCHEMA"]}", public')
        _local.connection.prepare_threshold = None  # as Django leaves it
    return _local.connection


def _decimal(value: object) -> object:
    if isinstance(value, Decimal):
        return orjson.Fragment(str(value))
    raise TypeError


set_json_loads(orjson.loads)
settings.configure(
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    PUBLIC_SCHEMA_URLCONF=__name__,
    MIDDLEWARE=[],
    SECRET_KEY="benchmark-only",
    EMBEDDED_POSTGRES=None,
)
django.setup()
urlpatterns = [
    path("c", constant),
    path("q", query),
    path("w", write),
    path("healthz", healthy),
]
application = get_wsgi_application()
