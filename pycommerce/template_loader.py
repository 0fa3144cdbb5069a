"""Templates, compiled once for each language with what is constant in them already written out.

A third of the tags of a page are `{% translate "…" %}` and `{% static '…' %}` of literals: as text
they cost nothing when the page is made.
"""

import re
from collections.abc import Callable

from django.template import Origin, Template
from django.template.loaders.cached import Loader as CachedLoader
from django.templatetags.static import static
from django.utils import translation
from django.utils.html import escape

from pycommerce.template_linking import Linker, is_own

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
    """Django's caching loader, with a cache for each language; it links the project's own.

    A template that is loaded as a parent (`skip` names its children) is another one, which keeps
    its blocks. While debugging nothing is linked: the page of an error shows lines of the file
    that is rendered.
    """

    def get_template(self, template_name: str, skip: list[Origin] | None = None) -> Template:
        known = self.get_template_cache.get(self.cache_key(template_name, skip))
        if isinstance(known, Template):
            return known
        template = super().get_template(template_name, skip)
        if not skip and not self.engine.debug and is_own(template):
            # All at once: another thread may render it already.
            template.nodelist = Linker(self.get_template).link(template)
        return template

    def cache_key(self, template_name: str, skip: list[Origin] | None = None) -> str:
        use = "parent" if skip else "page"
        return f"{translation.get_language()} {use} {super().cache_key(template_name, skip)}"

    def get_contents(self, origin: Origin) -> str:
        return _CONSTANT.sub(_write_out, super().get_contents(origin))
