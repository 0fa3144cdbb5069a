"""The storefront's pages."""

import re
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponse, HttpResponsePermanentRedirect, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog import structured
from catalog.cards import render_cards, small_cards
from catalog.forms import ListForm, SearchForm, list_form
from catalog.highlights import marked_names
from catalog.home import home_of
from catalog.layout import layout, links_to, list_items
from catalog.listing import (
    CardRow,
    Page,
    ProductFilters,
    ProductRow,
    find_cards,
    find_columns,
    newest_cards,
    read_product,
)
from catalog.models import CategoryPastSlug, Product, ProductPastSlug, TextPage
from catalog.narrowing import render_narrowing, ways_out, without_filters
from catalog.near import Near, categories_like, instead_of_gone, near_products
from catalog.pages import public_page
from catalog.product_page import about_product, whole_of_first
from catalog.search import MAX_LENGTH, WORD
from catalog.suggestions import suggestions_for
from catalog.tree import CategoryTree, Node, category_tree
from pycommerce.core.errors import InvalidRequest
from pycommerce.core.http import HttpRequest
from tenants.theme import stylesheet_of

PAGE_SIZE = 24
# So many come closest where nothing was found.
NEAR = 8
# So many pictures of a list may be seen before anybody scrolls.
_IN_SIGHT = 4


def _page(
    request: HttpRequest, template: str, *, status: int = 200, **context: Any
) -> HttpResponse:
    """A page in the shop's layout. It is the same for everybody: no template knows who asks."""
    context = layout(request, context.get("q", ""), context.get("theme", "")) | context
    return HttpResponse(render_to_string(template, context), status=status)


@public_page
def home(request: HttpRequest) -> HttpResponse:
    return home_page(request)


def home_page(request: HttpRequest, theme: str = "") -> HttpResponse:
    """The home page; with another style sheet for a look that is tried on."""
    found = home_of(request.tenant, request.version, reverse("catalog:products"))
    shown = [found.picture] if found.picture else [card.image for card in found.newest]
    featured = render_cards(found.featured, in_sight=0 if found.picture else _IN_SIGHT)
    return _page(
        request,
        "catalog/home.html",
        theme=theme,
        home=found,
        featured=featured,
        newest=render_cards(found.newest),
        on_sale=render_cards(found.on_sale),
        summary=structured.summary(found.text),
        share_picture=whole_of_first(request, shown),
        structured=structured.json_ld(*structured.about_shop(request)),
    )


# --- Lists ---------------------------------------------------------------------------------------


@public_page
def product_list(request: HttpRequest) -> HttpResponse:
    form = list_form(request.GET)
    return _list(request, form, "catalog/product_list.html", title=_("All products"))


@public_page
def category(request: HttpRequest, slug: str) -> HttpResponse:
    tree = category_tree(request.version)
    node = tree.by_slug.get(slug)
    if node is None:
        past = CategoryPastSlug.objects.filter(slug=slug).values_list("category__slug", flat=True)
        return _moved(request, "catalog:category", past.first())
    form = list_form(request.GET)
    path = tree.path_to(node)
    return _list(
        request,
        form,
        "catalog/category.html",
        filters={"category_id": node.id},
        title=node.name,
        summary=structured.summary(node.seo_description or node.description),
        node=node,
        crumbs=list_items(links_to(path[:-1])),
        children=list_items(links_to(node.children)),
        structured=structured.json_ld(structured.trail(request, path)),
    )


@public_page
def search(request: HttpRequest) -> HttpResponse:
    form = SearchForm(request.GET)
    form.is_valid()
    q = form.cleaned_data.get("q", "")
    context = {"q": q, "title": _("Search")}
    if not q:
        status = 400 if form.errors else 200
        return _page(request, "catalog/search.html", form=form, status=status, **context)
    context["title"] = _("Search: %(q)s") % {"q": q}
    context["exact_page"] = f"?{urlencode({'q': q, 'exact': 'on'})}"
    asked = {"q": q, "as_typed": form.cleaned_data["exact"]}
    return _list(request, form, "catalog/search.html", filters=asked, **context)


@public_page
def suggestions(request: HttpRequest) -> HttpResponse:
    """What the search field's script shows below it: options as HTML, and how many to say."""
    form = SearchForm(request.GET)
    form.is_valid()
    found = suggestions_for(" ".join(form.cleaned_data.get("q", "").split()), request.version)
    context = {
        "search": reverse("catalog:search"),
        "completions": [(words, urlencode({"q": words})) for words in found.completions],
        "categories": links_to(found.categories),
        "products": small_cards(found.products, _marked(found.products, found.tsquery)),
    }
    count = len(found.completions) + len(found.categories) + len(found.products)
    said = ngettext("%(count)d suggestion", "%(count)d suggestions", count) % {"count": count}
    html = render_to_string("catalog/_suggestions.html", context)
    return JsonResponse({"said": said if count else _("No suggestions"), "html": html})


def _list(
    request: HttpRequest,
    form: ListForm,
    template: str,
    *,
    filters: dict[str, Any] | None = None,
    **context: Any,
) -> HttpResponse:
    form.is_valid()
    chosen = form.filters(**(filters or {}))
    cursor = request.GET.get("cursor")
    try:
        page = find_cards(
            chosen,
            sort=form.chosen_sort(),
            limit=PAGE_SIZE,
            cursor=cursor,
            version=request.version,
        )
    except InvalidRequest:
        # A page of another order, or of yesterday: begin at the first one.
        return redirect(f"{request.path}?{_query(request, cursor=None)}".rstrip("?"))
    plan = chosen.plan(request.version)
    is_empty = not (page.rows or form.is_narrowed or form.errors)
    if is_empty:
        near = near_products(plan.near if plan else "", limit=NEAR, version=request.version)
        context |= _instead(request, near, context.get("node"))
    elif not page.rows:
        context["ways_out"] = ways_out(request.GET, chosen, request.version)
    part = chosen.q if plan and plan.name_part and chosen.q else ""
    marked = _marked(page.rows, plan.tsquery, part) if plan else {}
    context |= {
        "form": form,
        "narrowing": "" if is_empty else render_narrowing(request, form, chosen),
        "share_picture": whole_of_first(request, (card.image for card in page.rows)),
        "cards": render_cards(page.rows, in_sight=_IN_SIGHT, marked=marked),
        "is_exact": chosen.as_typed,
        "corrected_q": page.corrected_q,
        "is_first": cursor is None,
        "is_plain": not request.GET,
        "without_filters": without_filters(request, chosen),
        **_neighbours(request, page),
    }
    if page.rows and not context.get("summary"):
        names = ", ".join(card.name for card in page.rows)
        context["summary"] = structured.summary(f"{context['title']}: {names}")
    return _page(request, template, status=400 if form.errors else 200, **context)


def _marked(cards: list[CardRow], tsquery: str, part: str = "") -> dict[str, str]:
    return marked_names((card.name for card in cards), tsquery, part)


def _instead(request: HttpRequest, near: Near, node: Node | None = None) -> dict[str, Any]:
    """What a page shows that has nothing of its own: what is near, and the categories with the
    same words, or else those beside its own."""
    nodes = categories_like(near.words, request.version)
    if not nodes:
        tree = category_tree(request.version)
        parent = tree.by_id[node.parent_id] if node and node.parent_id else None
        beside = parent.children if parent else tree.roots
        nodes = [each for each in beside if each is not node]
    return {
        "near": render_cards(near.cards, marked=near.marked),
        "is_near": bool(near.tsquery),
        "near_categories": list_items(links_to(nodes)),
    }


def _query(request: HttpRequest, *, cursor: str | None) -> str:
    given = [
        (name, value)
        for name, values in request.GET.lists()
        for value in values
        if name != "cursor" and value
    ]
    return urlencode([*given, *([("cursor", cursor)] if cursor else [])])


def _neighbours(request: HttpRequest, page: Page) -> dict[str, str]:
    """The addresses of the pages beside this one, relative to it."""
    cursors = {"next": page.next_cursor, "previous": page.previous_cursor}
    return {
        f"{name}_page": f"?{_query(request, cursor=cursor)}"
        for name, cursor in cursors.items()
        if cursor
    }


# --- A product -----------------------------------------------------------------------------------


@public_page
def product(request: HttpRequest, slug: str) -> HttpResponse:
    columns = find_columns(slug)
    if columns is None:
        return _moved_product(request, slug)
    found = read_product(columns)
    if found.slug != slug:
        return _moved(request, "catalog:product", found.slug)
    path = _deepest(category_tree(request.version), found)
    around = layout(request)
    related = render_cards(_related(request, found, path[-1] if path else None))
    about = about_product(request, columns, found, path, around["urls"])
    context = around | about | {"product": found, "related": related}
    return HttpResponse(render_to_string("catalog/product.html", context))


def _deepest(tree: CategoryTree, row: ProductRow) -> list[Node]:
    """The way through the tree that the product's trail of links shows."""
    nodes = [tree.by_id[key] for key in row.category_ids if key in tree.by_id]
    return max((tree.path_to(node) for node in nodes), key=len, default=[])


def _related(request: HttpRequest, row: ProductRow, node: Node | None) -> list[CardRow]:
    """Four others from the same category."""
    if node is None:
        return []
    found = newest_cards(ProductFilters(category_id=node.id), limit=5, version=request.version)
    return [card for card in found if card.id != row.id][:4]


def _moved_product(request: HttpRequest, slug: str) -> HttpResponse:
    past = ProductPastSlug.objects.filter(slug=slug, product__status=Product.Status.ACTIVE)
    return _moved(request, "catalog:product", past.values_list("product__slug", flat=True).first())


def _moved(request: HttpRequest, name: str, slug: str | None) -> HttpResponse:
    """A permanent redirect to where the thing is now. Raises Http404 where it never was."""
    if slug is None:
        raise Http404
    address = reverse(name, args=[slug])
    query = request.META.get("QUERY_STRING", "")
    return HttpResponsePermanentRedirect(f"{address}?{query}" if query else address)


# --- What the merchant wrote ---------------------------------------------------------------------


@public_page
def text_page(request: HttpRequest, slug: str) -> HttpResponse:
    page = get_object_or_404(TextPage, slug=slug, is_published=True)
    return _page(
        request,
        "catalog/text_page.html",
        title=page.title,
        body=page.body,
        summary=structured.summary(page.body),
    )


# --- Beside the pages ----------------------------------------------------------------------------


@public_page
def theme(request: HttpRequest) -> HttpResponse:
    return HttpResponse(stylesheet_of(request.tenant), content_type="text/css")


def favicon(request: HttpRequest) -> HttpResponse:
    return HttpResponsePermanentRedirect(static("img/favicon.svg"))


# --- What went wrong -----------------------------------------------------------------------------


# How shops name the place where a product or a category is, this one and others.
_PLACE = re.compile(
    r"/(?:products?|product-category|categor(?:y|ies)|collections|shop|pages)/(?:.*/)?([^/]+?)(?:\.html?)?/?\Z"
)


def not_found(request: HttpRequest) -> HttpResponse:
    """The shop's 404 page: what there is instead, by the words of the address."""
    place = _PLACE.match(request.path_info)
    q = " ".join(WORD.findall(place[1].replace("_", " ")))[:MAX_LENGTH] if place else ""
    with translation.override(request.tenant.language):
        near = instead_of_gone(q, limit=NEAR, version=request.version)
        found = _instead(request, near)
        return _page(request, "catalog/not_found.html", status=404, q=q, **found)
