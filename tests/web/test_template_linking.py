"""What is joined when it is compiled renders as what Django joins for every page."""

import pytest
from django.template import Context, Engine, TemplateDoesNotExist
from django.template.base import VariableNode
from django.template.loader_tags import BlockNode, ExtendsNode, IncludeNode
from django.utils.safestring import SafeString

from pycommerce.template_linking import PlainVariableNode

LIBRARIES = {"i18n": "django.templatetags.i18n"}
FILES = {
    "root": (
        "<{% block title %}root{% endblock title %}|{% block body %}"
        "{% block inner %}inner{% endblock inner %}{% endblock body %}|"
        "{% if yes %}{% block branch %}b{% endblock branch %}{% endif %}>"
    ),
    "middle": (
        '{% extends "root" %}{% block title %}middle of {{ block.super }}{% endblock title %}'
        "{% block inner %}[{{ block.super }}]{% endblock inner %}"
    ),
    "page": (
        '{% extends "middle" %}{% load i18n %}'
        "{% block title %}{% if yes %}page, {{ block.super }}{% endif %}{% endblock title %}"
        "{% block body %}{{ block.super }}{% for each in items %}"
        '{% include "part" with here=each %}{% endfor %}{% include "bare" %}'
        "{% endblock body %}{% block branch %}{{ tag }}{% endblock branch %}"
    ),
    "part": "({{ here }}{% if forloop.first %}!{% endif %})",
    "bare": (
        "{{ tag }} {{ tag|safe }} {{ safe }} {{ missing }} {{ missing.one }} {{ number }}"
        " {{ price }} {{ yes }} {{ none }} {{ items.1 }} {{ called }} {{ 'literal' }}"
        " {% include 'part' %}"
    ),
    "inner_again": (
        '{% extends "root" %}{% block body %}<{% block inner %}new {{ block.super }}'
        "{% endblock inner %}{% endblock body %}"
    ),
    "super_twice": (
        '{% extends "middle" %}{% block title %}{{ block.super }}, {{ block.super }}'
        "{% endblock title %}"
    ),
    "super_filtered": (
        '{% extends "middle" %}{% block title %}{{ block.super|upper }}{% endblock title %}'
    ),
    "super_asked": (
        '{% extends "middle" %}{% block title %}{% if block.super %}yes{% endif %}'
        "{% endblock title %}"
    ),
    "words_before": 'before {% extends "root" %}{% block inner %}x{% endblock inner %}',
    "naming": "{% if yes %}{% firstof here as named %}{% endif %}{{ named }}",
    "named": "{% for each in items %}{{ named }}{% include 'naming' %}{% endfor %}{{ named }}",
    "named_block": (
        '{% extends "root" %}{% block title %}{% firstof here as named %}{{ named }}'
        "{% endblock title %}{% block inner %}{{ named }}{% endblock inner %}"
    ),
    "cycling": "{% cycle 'a' 'b' %}{% ifchanged %}{{ here }}{% endifchanged %}",
    "cycled": "{% for each in items %}{% include 'cycling' %}{% endfor %}{% include 'cycling' %}",
    "counted": "{{ counter.next }} {{ counter.next }} {{ counter.next|safe }}",
    "broken": "{% nonsense %}",
    "mends": "{% if no %}{% include 'broken' %}{% endif %}kept",
    "blockless": '{% extends "page" %}',
    "unescaped": "{% autoescape off %}{{ tag }}{% include 'bare' %}{% endautoescape %}",
    "only": "{% include 'part' with here=tag only %}{% include 'part' only %}",
    "chosen": "{% extends parent %}{% block inner %}chosen{% endblock inner %}",
    "chosen_part": "{% include which %}{% include missing|default:'part' %}",
    "deep": "{{ here }}{% if here %}{% with here='' %}{% include 'deep' %}{% endwith %}{% endif %}",
    "lost_part": '{% if no %}{% include "lost" %}{% endif %}kept',
}
PAGES = sorted(set(FILES) - {"part", "root", "broken"})


class Counter:
    """Says a higher number each time."""

    number = 0

    def next(self):
        self.number += 1
        return self.number


def _values():
    return {
        "counter": Counter(),
        "yes": True,
        "items": ["a", "<b>"],
        "here": "here",
        "tag": "<i>'\"&",
        "safe": SafeString("<b>"),
        "number": 1234567,
        "price": 1.5,
        "none": None,
        "called": lambda: "<called>",
        "parent": "middle",
        "which": "bare",
    }


@pytest.fixture
def engines(tmp_path):
    """Ours, and Django's, of the same files."""
    for name, source in FILES.items():
        (tmp_path / name).write_text(source)
    files = ["django.template.loaders.filesystem.Loader"]
    return [
        Engine(dirs=[tmp_path], loaders=[(loader, files)], libraries=LIBRARIES)
        for loader in (
            "pycommerce.template_loader.Loader",
            "django.template.loaders.cached.Loader",
        )
    ]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_what_django_makes_of_it(engines, page):
    ours, django = (engine.get_template(page).render(Context(_values())) for engine in engines)

    assert ours == django


@pytest.mark.parametrize("page", PAGES)
def test_so_it_is_after_all_others_were_made(engines, page):
    for name in PAGES:
        engines[0].get_template(name)

    ours, django = (engine.get_template(page).render(Context(_values())) for engine in engines)

    assert ours == django


def test_a_page_is_one_piece(engines):
    nodes = engines[0].get_template("page").nodelist

    for kind in (ExtendsNode, BlockNode, IncludeNode):
        assert not nodes.get_nodes_by_type(kind)
    assert nodes.get_nodes_by_type(PlainVariableNode)


def test_what_is_known_only_when_the_page_is_made_is_left_to_django(engines):
    ours = engines[0]

    assert ours.get_template("chosen").nodelist.get_nodes_by_type(ExtendsNode)
    assert len(ours.get_template("chosen_part").nodelist.get_nodes_by_type(IncludeNode)) == 2
    assert len(ours.get_template("deep").nodelist.get_nodes_by_type(IncludeNode)) == 1


def test_a_part_that_is_not_there_is_missed_when_it_is_needed(engines):
    page = engines[0].get_template("lost_part")

    with pytest.raises(TemplateDoesNotExist):
        page.render(Context({"no": True}))


def test_what_packages_bring_stays_as_it_is(engines, tmp_path):
    files = ("django.template.loaders.filesystem.Loader", [tmp_path])
    foreign = Engine(
        loaders=[("pycommerce.template_loader.Loader", [files])], libraries=LIBRARIES
    ).get_template("page")

    assert isinstance(foreign.nodelist[0], ExtendsNode)
    assert not foreign.nodelist.get_nodes_by_type(PlainVariableNode)
    assert foreign.nodelist.get_nodes_by_type(VariableNode)


def test_rendering_a_page_twice_and_its_parents_first_gives_the_same(engines):
    ours, django = engines
    for name in ("middle", "part", "page", "middle", "page"):
        expected = django.get_template(name).render(Context(_values()))
        assert ours.get_template(name).render(Context(_values())) == expected


def test_while_debugging_files_stay_apart(engines):
    ours = engines[0]
    ours.debug = True

    assert isinstance(ours.get_template("page").nodelist[0], ExtendsNode)
