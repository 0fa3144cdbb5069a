"""Every text of the storefront exists in every language of it."""

import gettext
import re
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)


def _texts() -> set[str]:
    found: set[str] = set()
    for template in (ROOT / "templates").glob("**/*.html"):
        source = template.read_text()
        found |= {text for _, text in re.findall(r"{% translate (['\"])(.*?)\1", source)}
        blocks = re.findall(r"{% blocktranslate[^%]*%}(.*?){% endblocktranslate", source, re.DOTALL)
        for block in blocks:
            text = block.partition("{% plural %}")[0]
            found.add(re.sub(r"{{ (\w+) }}", r"%(\1)s", text))
    for module in (ROOT / "catalog").glob("*.py"):
        source = module.read_text()
        found |= set(re.findall(r'(?<!\w)_\(\s*"(.*?)"\s*\)', source))
        found |= set(re.findall(r'ngettext\("(.*?)"', source))
    return found


def test_every_text_is_translated_and_compiled():
    with (ROOT / "locale/de/LC_MESSAGES/django.mo").open("rb") as file:
        german = gettext.GNUTranslations(file)
    known = {key[0] if isinstance(key, tuple) else key for key in german._catalog}

    texts = _texts()

    assert len(texts) > 40
    assert texts - known == set()


def test_what_is_compiled_is_what_is_written():
    folder = ROOT / "locale/de/LC_MESSAGES"
    with (folder / "django.mo").open("rb") as file:
        compiled = set(gettext.GNUTranslations(file)._catalog.values())
    written = (folder / "django.po").read_text().replace('"\n"', "")

    assert all(text.replace('"', '\\"') in written for text in compiled if "\n" not in text)
