"""Templates joined with what they extend and include, once, when they are compiled.

A page of a shop is made of some ten files and as many blocks. To look each of them up, and to open
a scope for it, takes a tenth of the time that the page takes.
"""

import re
from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path

from django.template import (
    Context,
    Node,
    NodeList,
    Template,
    TemplateDoesNotExist,
    TemplateSyntaxError,
)
from django.template.base import (
    FilterExpression,
    Origin,
    TextNode,
    Variable,
    VariableDoesNotExist,
    VariableNode,
    render_value_in_context,
)
from django.template.defaulttags import CycleNode, IfChangedNode, WithNode
from django.template.loader_tags import BlockNode, ExtendsNode, IncludeNode
from django.utils.safestring import SafeString

_ANY_SUPER, _SUPER = re.compile(r"block\.super\b"), re.compile(r"\{\{\s*block\.super\s*\}\}")
# A tag that names what it made.
_NAMES = re.compile(r"\bas(var)?\s+\w+\s*\Z")
# What may stand there by each block's name, the nearest first.
_Versions = dict[str, list[NodeList]]


class Linker:
    """Puts the nodes of parents and parts in the place of `extends`, `block` and `include`.

    Only where the name is a literal and the file is the project's own (in a folder of the engine);
    what other packages bring stays as it is. So do a part that holds itself or has a tag that
    remembers what it did (`cycle`), and what says `block.super` otherwise than `{{ block.super }}`.
    Nodes keep the file and line that they are from. `find` gives a template by its name and raises
    TemplateDoesNotExist or TemplateSyntaxError.
    """

    def __init__(self, find: Callable[[str], Template]) -> None:
        self._find = find

    def link(self, template: Template) -> NodeList:
        """What the template renders, compiled anew, so that no node belongs to two templates."""
        return self._link(template, ())

    def _link(self, template: Template, within: tuple[Origin, ...]) -> NodeList:
        nodes = _compiled(template)
        within = (*within, template.origin)
        versions: _Versions = {}
        here = template
        while extends := _extends_of(nodes):
            parent = self._ours(extends.parent_name, within)
            if parent is None or nodes[0] is not extends or _has_other_super(here):
                return _compiled(template)
            _add_versions(versions, extends.nodelist)
            here, nodes = parent, _compiled(parent)
            within = (*within, parent.origin)
        if versions:
            _add_versions(versions, nodes)
        self._join(nodes, versions, within)
        return nodes

    def _join(self, nodes: NodeList, versions: _Versions, within: tuple[Origin, ...]) -> None:
        joined: list[Node] = []
        for node in nodes:
            joined += self._instead_of(node, versions, within)
        nodes[:] = joined

    def _instead_of(
        self, node: Node, versions: _Versions, within: tuple[Origin, ...]
    ) -> list[Node]:
        if isinstance(node, BlockNode) and versions:
            return self._block(node, versions, within)
        if isinstance(node, IncludeNode) and not node.isolated_context:
            part = self._ours(node.template, within)
            if part is not None and "block.super" not in part.source:
                found = self._link(part, within)
                if not any(found.get_nodes_by_type(kind) for kind in (CycleNode, IfChangedNode)):
                    return _in_scope(node, found, node.extra_context)
        if type(node) is VariableNode and _is_plain(node.filter_expression):
            node.__class__ = PlainVariableNode
        for inner in _lists_in(node):
            self._join(inner, versions, within)
        return [node]

    def _block(
        self, block: BlockNode, versions: _Versions, within: tuple[Origin, ...]
    ) -> list[Node]:
        """The nearest version of a block, with the others where it asks for them."""
        nearest, *others = versions[block.name]
        _put_super(nearest, others)
        # In its own parts the block is not looked for again.
        self._join(nearest, versions | {block.name: [nearest]}, within)
        return _in_scope(block, nearest, {})

    def _ours(self, name: object, within: tuple[Origin, ...]) -> Template | None:
        """The template that is meant, where that is clear beforehand, and ours to join."""
        literal = _literal(name)
        if literal is None:
            return None
        try:
            found = self._find(literal)
        except (TemplateDoesNotExist, TemplateSyntaxError):
            return None  # said when it is needed, as ever
        return found if is_own(found) and found.origin not in within else None


class PlainVariableNode(VariableNode):
    """`{{ name }}` without a filter: text, as most values are, needs none of what others may.

    Django asks of each value whether it is a time to be moved or a number to be written.
    """

    def render(self, context: Context) -> SafeString:
        try:
            value = self.filter_expression.var.resolve(context)
        except VariableDoesNotExist:
            return SafeString(super().render(context))
        if type(value) is SafeString:
            return value
        if type(value) is str:
            return SafeString(escape(value) if context.autoescape else value)
        return SafeString(render_value_in_context(value, context))


def is_own(template: Template) -> bool:
    """Whether it stands in one of its engine's folders, not in a package's."""
    file = Path(template.origin.name)
    return any(file.is_relative_to(folder) for folder in template.engine.dirs)


def _compiled(template: Template) -> NodeList:
    return Template(template.source, template.origin, template.name, template.engine).nodelist


def _extends_of(nodes: NodeList) -> ExtendsNode | None:
    return next((node for node in nodes if isinstance(node, ExtendsNode)), None)


def _is_plain(expression: FilterExpression) -> bool:
    return not expression.filters and isinstance(expression.var, Variable)


def _literal(expression: object) -> str | None:
    if isinstance(expression, FilterExpression) and not expression.filters:
        return expression.var if isinstance(expression.var, str) else None
    return None


def _lists_in(node: Node) -> Iterator[NodeList]:
    """The lists that a node renders: its attributes, or of its branches the last member."""
    for value in vars(node).values():
        if isinstance(value, NodeList):
            yield value
        elif isinstance(value, list):
            for branch in value:
                if isinstance(branch, tuple) and isinstance(branch[-1], NodeList):
                    yield branch[-1]


def _add_versions(versions: _Versions, nodes: NodeList) -> None:
    for block in nodes.get_nodes_by_type(BlockNode):
        if isinstance(block, BlockNode):
            versions.setdefault(block.name, []).append(block.nodelist)


def _has_other_super(template: Template) -> bool:
    """Whether it asks for `block.super` otherwise than by a tag of that alone."""
    return len(_ANY_SUPER.findall(template.source)) > len(_SUPER.findall(template.source))


def _in_scope(place: Node, nodes: NodeList, values: dict[str, FilterExpression]) -> list[Node]:
    """Nodes that stand in place of another, with its values, in a scope of their own.

    Without values only what names something (`… as name`) needs one.
    """
    if not values and not any(_NAMES.search(each) for each in _tags_in(nodes)):
        return list(nodes)
    scope = WithNode(None, None, nodes, values)
    scope.token, scope.origin = place.token, place.origin
    return [scope]


def _tags_in(nodes: NodeList) -> Iterator[str]:
    for node in nodes.get_nodes_by_type(Node):
        if node.token and not isinstance(node, TextNode):
            yield node.token.contents


def _put_super(nodes: NodeList, others: list[NodeList]) -> None:
    """Put the next version of a block where this one has `{{ block.super }}`."""
    if not others:
        return
    joined: list[Node] = []
    for node in nodes:
        if isinstance(node, VariableNode) and str(node.filter_expression) == "block.super":
            _put_super(others[0], others[1:])
            joined += others[0]
            continue
        joined.append(node)
        if not isinstance(node, BlockNode):
            for inner in _lists_in(node):
                _put_super(inner, others)
    nodes[:] = joined
