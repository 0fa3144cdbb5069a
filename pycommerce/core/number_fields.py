"""Fields of forms for numbers, which say what they take and never guess.

Fields of `type=number` leave that to the browser: one in English drops the comma of 4,90, and
sends 490; one that reads 1.000 as 1 saves that.
"""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms import Field, TextInput, Widget

from pycommerce.core.numbers import Unreadable, read_number, read_whole_number


def _name_of(field: Field) -> str:
    return str(field.label or "This")


def _keys(widget: Widget, keys: str) -> dict[str, str]:
    """The keyboard that a phone shows, where the widget asks for none."""
    return {} if "inputmode" in widget.attrs or widget.is_hidden else {"inputmode": keys}


class NumberField(forms.DecimalField):
    """A number with a decimal point or a decimal comma, as `read_number` takes it."""

    widget = TextInput

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        # How many decimals a sensible number has here: what has more could be thousands.
        self.places: int | None = self.decimal_places

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values or not str(value).strip():
            return None
        if isinstance(value, Decimal):
            return value
        try:
            return read_number(str(value), _name_of(self), self.places)
        except Unreadable as problem:
            raise ValidationError(str(problem), code="invalid") from problem

    def widget_attrs(self, widget: Widget) -> dict[str, Any]:
        return super().widget_attrs(widget) | _keys(widget, "decimal")


class WholeNumberField(forms.IntegerField):
    """A whole number, written with digits alone."""

    widget = TextInput

    def to_python(self, value: Any) -> int | None:
        if value in self.empty_values or not str(value).strip():
            return None
        if isinstance(value, int):
            return value
        try:
            return read_whole_number(str(value), _name_of(self))
        except Unreadable as problem:
            raise ValidationError(str(problem), code="invalid") from problem

    def widget_attrs(self, widget: Widget) -> dict[str, Any]:
        return super().widget_attrs(widget) | _keys(widget, "numeric")
