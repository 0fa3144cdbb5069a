"""Every page of a back office that a link or a form leads to, by asking the site itself.

Found by its registry, its routes and the links of its lists, so that a new list, filter or step is
among them.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from itertools import chain
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.contrib.admin import AdminSite
from django.db.models import Model
from django.test import Client, RequestFactory

from pycommerce.db import connection
from tenants.models import User

# What is searched for in a list that is no list of Django's, by the model's name.
SEARCHED: dict[str, tuple[str, ...]] = {
    "order": ("B-77", "Customer 77", "c77@example.com", "SKU-77-1", "example.com", "SKU-"),
    "customer": ("Customer 77", "c77@example.com", "example.com"),
    "job": ("send_webhooks", "listed"),
}
NOWHERE = "qzxqzx"
# Pages that are no lists and hold none: files, which are timed apart, and what the page of a new
# shop's look asks for.
_APART = re.compile(r"export/|/data/|download/|rejected/|template/|/preview|print/")


@dataclass(frozen=True, slots=True)
class Page:
    """`name` is the same beside few rows and many, `address` may not be."""

    name: str
    address: str


def pages_of(
    site: AdminSite, client: Client, user: User, largest: dict[type[Model], str]
) -> Iterator[Page]:
    """All pages of a site; `largest` are the ids of the things whose own pages are asked for."""
    yield from _with_links(client, "start page", "/admin/")
    yield Page("search of the menu", "/admin/search/?s=o")
    request: Any = RequestFactory().get("/")
    request.user, request.tenant = user, getattr(connection, "tenant", None)
    for model, admin in site._registry.items():
        name, address = model._meta.label, f"/admin/{model._meta.label_lower.replace('.', '/')}/"
        yield from _of_list(client, name, address, admin)
        first = admin.get_queryset(request).order_by().values_list("pk", flat=True).first()
        pk = largest.get(model, first)
        for route in admin.get_urls():
            step = str(route.pattern)
            if not step or not route.name or _APART.search(step) or step.count("<") > 1:
                continue
            if pk is not None or "<" not in step:
                own = address + re.sub("<.+>", str(pk), step)
                yield from _with_links(client, f"{name} {step}", own)
        yield from _searched_fields(admin, request)


def _of_list(client: Client, name: str, address: str, admin: Any) -> Iterator[Page]:
    response = client.get(address)
    if response.status_code == 302:
        return  # a page of one row, which is asked for as that row's
    yield Page(name, address)
    # Of a page that Django makes of a list.
    shown = (getattr(response, "context_data", None) or {}).get("cl")
    content = _Content(response.content.decode())
    queries = {query for query in content.queries if query}
    if shown is None:
        words: Iterable[str] = SEARCHED[admin.opts.model_name] if content.searches else ()
    else:
        words = sorted(_words_in(shown, admin.search_fields))
        queries |= set(_choices(shown))
        if shown.paginator.num_pages > 1:
            queries.add(f"p={shown.paginator.num_pages}")
    for query in sorted(queries):
        yield Page(f"{name} ?{_named(query)}", f"{address}?{query}")
        if content.searches and not {"q", "p", "o", "cursor", "all"} & {
            key for key, _ in parse_qsl(query, keep_blank_values=True)
        }:
            given = f"{query}&{urlencode({'q': NOWHERE})}"
            yield Page(f"{name} ?{_named(query)}&q=nowhere", f"{address}?{given}")
    for word in chain(words, [NOWHERE] if content.searches else []):
        yield Page(f"{name} ?q={_named(word)}", f"{address}?{urlencode({'q': word})}")


def _words_in(shown: Any, fields: Iterable[str]) -> Iterator[str]:
    """What the list's last row has in the fields that are searched, and where that begins."""
    rows = list(shown.result_list)
    if not rows:
        return
    for field in fields:
        found = type(rows[-1]).objects.filter(pk=rows[-1].pk).values_list(field, flat=True).first()
        if found:
            yield from (str(found), str(found)[:4])


def _choices(shown: Any) -> Iterator[str]:
    """The queries of the list's filters; of one that searches its rows, the first row."""
    for spec in shown.filter_specs:
        for choice in spec.choices(shown):
            if query := choice.get("query_string", "").lstrip("?"):
                yield query
        related = getattr(getattr(spec, "field", None), "related_model", None)
        if related and (row := related._default_manager.first()):
            yield urlencode({spec.lookup_kwarg: row.pk})


def _with_links(client: Client, name: str, address: str) -> Iterator[Page]:
    """A page and what it leads to on itself: its periods, its pages."""
    yield Page(name, address)
    response = client.get(address, follow=True)
    if response.redirect_chain or response.get("Content-Type", "").startswith("text/html") is False:
        return
    for query in sorted(_Content(response.content.decode()).queries):
        if query:
            yield Page(f"{name} ?{_named(query)}", f"{address}?{query}")


def _searched_fields(admin: Any, request: Any) -> Iterator[Page]:
    """What the fields of its forms and its filters ask for, whose rows are searched for."""
    asking = {(admin.model, field) for field in admin.get_autocomplete_fields(request)}
    for inline in admin.inlines:
        own = inline(admin.model, admin.admin_site)
        asking |= {(inline.model, field) for field in own.get_autocomplete_fields(request)}
    filters = [each for each in admin.list_filter if isinstance(each, tuple)]
    asking |= {(admin.model, field) for field, _ in filters}
    for model, field in sorted(asking, key=str):
        for term, page in (("", 1), ("", 500), ("77", 1), (NOWHERE, 1)):
            given = {
                "app_label": model._meta.app_label,
                "model_name": model._meta.model_name,
                "field_name": field,
                "term": term,
                "page": page,
            }
            name = f"field {model._meta.label}.{field}, “{term}”, page {page}"
            yield Page(name, f"/admin/autocomplete/?{urlencode(given)}")


_ID = re.compile(r"[0-9a-f]{8}-?[0-9a-f-]{24,28}")


def _named(query: str) -> str:
    """A query without what differs from shop to shop."""
    query = re.sub(r"cursor=[^&]+", "cursor", query)
    query = re.sub(r"\bp=\d\d+", "p=last", query)
    return _ID.sub("id", query)


class _Content(HTMLParser):
    """A page's links to itself with another query, and whether it asks for a search."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.queries: set[str] = set()
        self.searches = False
        self.feed(content)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        leads = given.get("href") or ""
        if tag == "a" and leads.startswith("?") and "p=%E2%80%A6" not in leads:
            self.queries.add(leads[1:].partition("#")[0])
        if tag == "input" and given.get("name") == "q":
            self.searches = True
