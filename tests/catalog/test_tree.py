"""The shop's categories as a tree that every page links to."""

import gc

from catalog.tree import Node, category_tree
from pycommerce.core.bounded_cache import forget_everything
from tenants.shop.models import catalogue_version
from tests.factories import make_category


def test_the_way_to_a_category_begins_at_its_root(tech):
    lamps = make_category("Lamps", make_category("Light"))
    bulbs = make_category("Bulbs", lamps)

    tree = category_tree(catalogue_version())

    assert [node.name for node in tree.path_to(tree.by_id[bulbs.id])] == ["Light", "Lamps", "Bulbs"]
    assert [node.name for node in tree.path_to(tree.roots[0])] == ["Light"]


def test_a_tree_is_gone_when_it_is_not_kept_any_more(tech):
    """Processes that meet many shops held hundreds of trees, which waited for the collector."""
    make_category("Lamps", make_category("Light"))
    forget_everything()
    gc.collect()
    gc.disable()
    try:
        category_tree(catalogue_version())
        assert _nodes() == 2
        forget_everything()
        assert _nodes() == 0
    finally:
        gc.enable()


def _nodes() -> int:
    return sum(isinstance(each, Node) for each in gc.get_objects())
