"""Widgets written by Python where their template says nothing but their attributes.

A page of a product with a hundred variants holds two thousand inputs, and a choice among a hundred
holds a hundred options: a template for each of them takes a hundred times as long as its text.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.forms.renderers import DjangoTemplates
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString

_Widget = Mapping[str, Any]


def _attributes(attrs: Mapping[str, Any]) -> str:
    """As `django/forms/widgets/attrs.html`."""
    return "".join(
        f" {name}" if value is True else f' {name}="{conditional_escape(value)}"'
        for name, value in attrs.items()
        if value is not False
    )


def _input(widget: _Widget) -> str:
    """As `django/forms/widgets/input.html`."""
    value = widget["value"]
    shown = "" if value is None else f' value="{conditional_escape(value)}"'
    kind, name = conditional_escape(widget.get("type", "")), conditional_escape(widget["name"])
    return f'<input type="{kind}" name="{name}"{shown}{_attributes(widget["attrs"])}>'


def _select(widget: _Widget) -> str:
    """As `django/forms/widgets/select.html`, where its options have no template of their own."""
    return _select_with(widget["name"], widget["attrs"], _options(widget))


def _select_with(name: str, attrs: Mapping[str, Any], options: str) -> str:
    return f'<select name="{conditional_escape(name)}"{_attributes(attrs)}>{options}</select>'


def _options(widget: _Widget) -> str:
    parts: list[str] = []
    for group, options, _index in widget["optgroups"]:
        if group:
            parts.append(f'<optgroup label="{conditional_escape(group)}">')
        parts += (option_html(each["value"], each["label"], each["attrs"]) for each in options)
        if group:
            parts.append("</optgroup>")
    return "".join(parts)


def option_html(value: Any, label: Any, attrs: Mapping[str, Any]) -> str:
    """An option of a choice; `attrs` has `selected` where it is chosen."""
    shown = conditional_escape(label)
    return f'<option value="{conditional_escape(value)}"{_attributes(attrs)}>{shown}</option>'


_BESIDE = ("prefix", "prefix_icon", "suffix", "suffix_icon")


def _text_of_desk(widget: _Widget) -> str:
    """As `unfold/widgets/text.html`, with nothing beside the input."""
    return f'<div class="max-w-2xl relative w-full">{_input(widget)}</div>'


def _select_of_desk(widget: _Widget) -> str:
    """As `unfold/widgets/select.html`."""
    return desk_select(widget["name"], widget["attrs"], _options(widget))


def desk_select(name: str, attrs: Mapping[str, Any], options: str) -> SafeString:
    """A choice as the back office has it; `options` are HTML."""
    return SafeString(
        f'<div class="grow relative max-w-2xl">{_select_with(name, attrs, options)}'
        '<span class="material-symbols-outlined absolute group-[.primary]:text-white'
        " pointer-events-none mr-[12px] right-0 text-base-400 top-0 top-1/2"
        " hover:text-base-700 dark:text-base-500 dark:hover:text-base-200"
        ' -translate-y-1/2">expand_more</span></div>'
    )


_INPUTS = ("input", "text", "number", "hidden", "email", "url", "password")
_WRITERS: dict[str, Callable[[_Widget], str]] = {
    **{f"django/forms/widgets/{name}.html": _input for name in _INPUTS},
    "django/forms/widgets/select.html": _select,
    "unfold/widgets/text.html": _text_of_desk,
    "unfold/widgets/select.html": _select_of_desk,
}
_OPTION = "django/forms/widgets/select_option.html"


class FormRenderer(DjangoTemplates):
    """Django's, which writes inputs and choices without their templates."""

    def render(
        self, template_name: str, context: dict[str, Any], request: Any = None
    ) -> SafeString:
        write, widget = _WRITERS.get(template_name), context.get("widget")
        if write is None or widget is None or not _is_plain(widget):
            return SafeString(super().render(template_name, context, request))
        return SafeString(write(widget))


def _is_plain(widget: _Widget) -> bool:
    groups = widget.get("optgroups", ())
    has_own_options = any(
        options and options[0]["template_name"] != _OPTION for _, options, _ in groups
    )
    return not has_own_options and not any(map(widget.get, _BESIDE))
