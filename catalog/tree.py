"""What every page of the shop links to, kept in the process for as long as the catalogue stays:
its categories as a tree, and the pages that the merchant wrote.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from uuid import UUID

from pycommerce.core.bounded_cache import BoundedCache
from pycommerce.db import connection


@dataclass(slots=True)
class Node:
    """A category in the tree. It holds what is below it alone: a tree without cycles is gone as
    soon as it is not kept any more, where others wait for the collector.
    """

    id: UUID
    name: str
    slug: str
    description: str
    seo_title: str
    seo_description: str
    parent_id: UUID | None
    children: list["Node"] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class CategoryTree:
    """The categories, and title and slug of each published page."""

    roots: list[Node]
    by_slug: dict[str, Node]
    by_id: dict[UUID, Node]
    pages: list[tuple[str, str]]

    def path_to(self, node: Node) -> list[Node]:
        """The categories above one, root first, and itself."""
        path = [node]
        while path[0].parent_id:
            path.insert(0, self.by_id[path[0].parent_id])
        return path


# One statement for both: a page of the shop may cost only a few.
_LINKED = """
SELECT false AS is_page, id, name, slug, description, seo_title, seo_description, parent_id,
    position
FROM catalog_category
UNION ALL
SELECT true, id, title, slug, '', '', '', NULL, position FROM catalog_textpage WHERE is_published
ORDER BY is_page, position, name, id
"""

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
    pages: list[tuple[str, str]] = []
    with connection.cursor() as cursor:
        cursor.execute(_LINKED)
        for is_page, *values, _ in cursor.fetchall():
            if is_page:
                pages.append((values[1], values[2]))
            else:
                node = Node(*values)
                children[node.parent_id].append(node)
    by_id: dict[UUID, Node] = {}
    waiting = list(children[None])
    while waiting:
        node = waiting.pop()
        by_id[node.id] = node
        node.children = children.get(node.id, [])
        waiting.extend(node.children)
    by_slug = {node.slug: node for node in by_id.values()}
    return CategoryTree(children[None], by_slug, by_id, pages)
