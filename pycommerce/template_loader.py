"""Templates, compiled once for each language with what is constant in them already written out.

A third of the tags of a page are `{% translate "…" %}` and `{% static '…' %}` of literals: as text
they cost nothing when the page is made.
"""

import re
from collections.abc import Callable

from django.template import Origin
from django.template.loaders.cached import Loader as CachedLoader
from django.templatetags.static import static
from django.utils import translation
from django.utils.html import escape

_CONSTANT = re.compile(r"""\{% (static|trans|translate) (["'])([^"'\\]+)\2 %\}""")


def _translated(words: str) -> str:
    # As the tag has it: in message files a percent sign is doubled. What a template says is HTML.
    return translation.gettext(words.replace("%", "%%")).replace("%%", "%")


def _address(path: str) -> str:
    return escape(static(path))


_WRITERS: dict[str, Callable[[str], str]] = {
    "static": _address,
    "trans": _translated,
    "translate": _translated,
}


def _write_out(match: re.Match[str]) -> str:
    text = _WRITERS[match[1]](match[3])
    # Never a tag by accident.
    return match[0] if "{" in text else text


class Loader(CachedLoader):
    """Django's caching loader, with a cache for each language."""

    def cache_key(self, template_name: str, skip: list[Origin] | None = None) -> str:
        return f"{translation.get_language()} {super().cache_key(template_name, skip)}"

    def get_contents(self, origin: Origin) -> str:
        return _CONSTANT.sub(_write_out, super().get_contents(origin))
