"""Widgets that are written without their templates say what those say."""

import re
from copy import deepcopy
from decimal import Decimal

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates
from django.utils.safestring import mark_safe

from pycommerce.core.form_renderer import FormRenderer
from pycommerce.unfold_shim import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

NASTY = "\"><b>&amp; 'x'"
CHOICES = [
    ("", "None"),
    ("Group <1>", [("a", NASTY), (NASTY, "Letter")]),
    (7, mark_safe("<i>safe</i>")),
]
WIDGETS = {
    "text": (forms.TextInput(), NASTY),
    "attributes": (
        forms.TextInput({"required": True, "disabled": False, "data-x": NASTY, "max": 7}),
        "",
    ),
    "nothing": (forms.EmailInput(), None),
    "number": (forms.NumberInput({"step": "any"}), Decimal("1.50")),
    "hidden": (forms.HiddenInput(), 0),
    "password": (forms.PasswordInput(render_value=True), "secret"),
    "choice": (forms.Select(choices=CHOICES), 7),
    "choices": (forms.SelectMultiple({"size": 3}, choices=CHOICES), ["a", NASTY]),
    "text of the desk": (UnfoldAdminTextInputWidget({"class": "row-field"}), NASTY),
    "with a prefix": (UnfoldAdminTextInputWidget({"prefix": "EUR"}), "5"),
    "choice of the desk": (UnfoldAdminSelectWidget(choices=CHOICES), "a"),
}


def written(widget: forms.Widget, value: object, renderer: DjangoTemplates) -> str:
    html = deepcopy(widget).render("name", value, {"id": NASTY}, renderer)
    return re.sub(r"\s*([<>])\s*", r"\1", " ".join(str(html).split()))


@pytest.mark.parametrize("name", WIDGETS)
def test_it_is_what_the_template_says(name):
    widget, value = WIDGETS[name]

    assert written(widget, value, FormRenderer()) == written(widget, value, DjangoTemplates())


def test_a_choice_with_a_template_for_its_options_keeps_it():
    class Own(forms.Select):
        option_template_name = "django/forms/widgets/radio_option.html"

    widget = Own(choices=[("a", "A")])

    shown = written(widget, "a", FormRenderer())

    assert shown == written(widget, "a", DjangoTemplates())
    assert "<option" not in shown
