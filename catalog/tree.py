"""The shop's categories as a tree, kept in the process for as long as the catalogue stays."""

from collections import defaultdict
from dataclasses import dataclass, field
from uuid import UUID

from catalog.models import Category
from pycommerce.core.bounded_cache import BoundedCache
from pycommerce.db import connection


@dataclass(slots=True)
class Node:
    """A category in the tree; `path` are its ancestors, root first, and itself."""

    id: UUID
    name: str
    slug: str
    description: str
    seo_title: str
    seo_description: str
    children: list["Node"] = field(default_factory=list)
    path: list["Node"] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class CategoryTree:
    roots: list[Node]
    by_slug: dict[str, Node]
    by_id: dict[UUID, Node]


# Weighed in categories.
_trees: BoundedCache[CategoryTree] = BoundedCache(50_000)


def category_tree(version: int) -> CategoryTree:
    """The selected tenant's categories at this version of its catalogue."""
    key = (connection.schema_name, version)
    tree = _trees.get(key)
    if tree is None:
        tree = _load()
        _trees.put(key, tree, len(tree.by_id) + 1)
    return tree


def _load() -> CategoryTree:
    children: dict[UUID | None, list[Node]] = defaultdict(list)
    columns = ("id", "name", "slug", "description", "seo_title", "seo_description")
    for *values, parent_id in Category.objects.values_list(*columns, "parent_id"):
        children[parent_id].append(Node(*values))
    by_id: dict[UUID, Node] = {}
    waiting = list(children[None])
    for node in waiting:
        node.path = [node]
    while waiting:
        node = waiting.pop()
        by_id[node.id] = node
        node.children = children.get(node.id, [])
        for child in node.children:
            child.path = [*node.path, child]
        waiting.extend(node.children)
    return CategoryTree(children[None], {node.slug: node for node in by_id.values()}, by_id)
