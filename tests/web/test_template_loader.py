"""What is constant in a template is written out once for each language."""

import pytest
from django.template import Context, Engine
from django.utils import translation

SOURCE = (
    '{% load i18n static %}{% translate "Search" %}|{% translate "Search" as word %}{{ word }}|'
    "{% static 'img/favicon.svg' %}|{% translate 'No {{ tag }} here' %}|{{ given }}"
)


@pytest.fixture
def engine(tmp_path):
    (tmp_path / "page.html").write_text(SOURCE)
    files = [("django.template.loaders.filesystem.Loader", [str(tmp_path)])]
    return Engine(
        loaders=[("pycommerce.template_loader.Loader", files)],
        libraries={
            "i18n": "django.templatetags.i18n",
            "static": "django.templatetags.static",
        },
    )


def _render(engine, language):
    with translation.override(language):
        return engine.get_template("page.html").render(Context({"given": "{% now %}"}))


def test_each_language_has_its_own_words(engine):
    english = "Search|Search|/static/img/favicon.svg|No {{ tag }} here|{% now %}"
    german = "Suchen|Suchen|/static/img/favicon.svg|No {{ tag }} here|{% now %}"

    assert [_render(engine, code) for code in ("en", "de", "en")] == [english, german, english]


def test_a_page_is_what_django_makes_of_it(engine):
    with translation.override("de"):
        plain = Engine(libraries=engine.libraries).from_string(SOURCE)
        assert _render(engine, "de") == plain.render(Context({"given": "{% now %}"}))


def test_constants_cost_nothing_when_a_page_is_made(engine):
    nodes = engine.get_template("page.html").nodelist

    assert [
        type(node).__name__ for node in nodes if not node.token.contents.startswith("load")
    ] == [
        "TextNode",
        "TranslateNode",
        "VariableNode",
        "TextNode",
        "TranslateNode",
        "TextNode",
        "VariableNode",
    ]
