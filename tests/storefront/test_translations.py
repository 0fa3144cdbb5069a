"""Every text that a shopper sees exists in every language of the storefront."""

import ast
import gettext
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.template import engines
from django.templatetags.i18n import BlockTranslateNode, TranslateNode

ROOT = Path(settings.BASE_DIR)
PACKAGES = ("catalog", "checkout", "orders", "pycommerce", "tenants")
MARKS = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy"}
Text = tuple[str, ...]


def _in_templates() -> Iterator[Text]:
    """The texts of pages and mails, in one form or in singular and plural."""
    engine = engines["django"].engine
    folder = ROOT / "templates"
    for path in folder.rglob("*.*"):
        nodes = engine.from_string(path.read_text()).nodelist
        for node in nodes.get_nodes_by_type(TranslateNode):
            yield (node.filter_expression.var.literal,)
        for node in nodes.get_nodes_by_type(BlockTranslateNode):
            forms = [part for part in (node.singular, node.plural) if part]
            yield tuple(node.render_token_list(part)[0] for part in forms)


def _in_modules() -> Iterator[Text]:
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") in MARKS:
                    forms = node.args[: 2 if "ngettext" in ast.unparse(node.func) else 1]
                    yield tuple(ast.literal_eval(form) for form in forms)


def _catalogue(language: str) -> dict[str | tuple[str, int], str]:
    with (ROOT / f"locale/{language}/LC_MESSAGES/django.mo").open("rb") as file:
        return gettext.GNUTranslations(file)._catalog


TEXTS = {*_in_templates(), *_in_modules()}
# Modules whose refusals no program hears.
SHOPPERS_ONLY = [
    "checkout/carts.py",
    "checkout/forms.py",
    "checkout/views.py",
    "pycommerce/api/posts.py",
    "tenants/services/mail_limits.py",
]
REFUSALS = {"BadDiscount", "Forbidden", "IllegalTransition", "InvalidRequest", "RateLimited"}
LANGUAGES = [code for code, _name in settings.LANGUAGES if code != "en"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated_and_compiled(language):
    known = _catalogue(language)
    wanted = {text[0] if len(text) == 1 else (text[0], 0) for text in TEXTS}

    assert len(wanted) > 200
    assert wanted - known.keys() == set()


@pytest.mark.parametrize("path", SHOPPERS_ONLY)
def test_what_is_refused_to_a_shopper_can_be_translated(path):
    calls = [node for node in ast.walk(ast.parse((ROOT / path).read_text())) if _refuses(node)]
    words = [argument for call in calls for argument in (*call.args, *call.keywords)]

    assert calls
    assert [ast.unparse(each) for each in words if _is_a_sentence(each)] == []


def _refuses(node: ast.AST) -> bool:
    """Whether this is a call that says to a shopper what is wrong."""
    if not isinstance(node, ast.Call):
        return False
    name = ast.unparse(node.func).rpartition(".")[2]
    return name in {"wrong_field", "add_error"} or name in REFUSALS


def _is_a_sentence(node: ast.AST) -> bool:
    if isinstance(node, ast.Constant):
        return " " in str(node.value)
    return isinstance(node, ast.JoinedStr)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_translation_is_left_of_a_text_that_is_gone(language):
    known = {key[0] if isinstance(key, tuple) else key for key in _catalogue(language)}

    assert known - {text[0] for text in TEXTS} == {""}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_has_the_places_of_its_text(language):
    def places(text: str) -> set[str]:
        return set(re.findall(r"%\((\w+)\)", text))

    for key, text in _catalogue(language).items():
        original = key[0] if isinstance(key, tuple) else key
        assert places(text) == places(original), original


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_compiled_is_what_is_written(language):
    written = (ROOT / f"locale/{language}/LC_MESSAGES/django.po").read_text().replace('"\n"', "")

    for key, text in _catalogue(language).items():
        assert not key or text.replace('"', '\\"') in written, text
