"""Forms of what two people may have open at once: neither undoes what the other one saved."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Manager, Model
from django.forms import (
    Field,
    FileField,
    ModelForm,
    ModelMultipleChoiceField,
    MultipleHiddenInput,
    MultiValueField,
)
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.text import Truncator
from django.utils.timezone import localtime

from tenants.shop.models import AuditEntry

_EMPTY: tuple[Any, ...] = (None, "", [])
# Of a long text, so much is shown of what somebody else made of it.
_SHOWN = 80


class _SeenMany(MultipleHiddenInput):
    """The values that were seen, and an empty one where there was none: that was seen as well."""

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        return super().get_context(name, value or [""], attrs)

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        return [value for value in super().value_from_datadict(data, files, name) or [] if value]


class WatchedForm(ModelForm):
    """A form whose page carries what was seen: it changes what was typed, and nothing else.

    It watches all fields of a row that is there, but for files, which a page sends only where
    another was chosen. What a colleague changed meanwhile stays where it was left alone, and is
    shown first where both changed it. A form that does not say what was seen is taken at its word.
    """

    watched: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:
            of_the_row = {each.name for each in self._meta.model._meta.get_fields()}
            self.watched = tuple(
                name
                for name, field in self.fields.items()
                if name in of_the_row and not field.disabled and not isinstance(field, FileField)
            )
        for name in self.watched:
            self.fields[name].show_hidden_initial = True
            if isinstance(self.fields[name], ModelMultipleChoiceField):
                self.fields[name].hidden_widget = _SeenMany

    def history_of(self, name: str) -> tuple[list[Model], list[str]]:
        """In whose history, and under which names, a change of the field is found."""
        return [self.instance], [name]

    @cached_property
    def changed_data(self) -> list[str]:
        """The fields that were typed into, compared with what was seen or else with the row."""
        if self._says_what_was_seen:
            changed: list[str] = super().changed_data
            return changed
        bound = ((name, self[name]) for name in self.fields)
        return [name for name, each in bound if each.field.has_changed(each.initial, each.data)]

    @property
    def _says_what_was_seen(self) -> bool:
        return any(self._seen_names(name) & self.data.keys() for name in self.watched)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if not self._says_what_was_seen:
            return data
        for name in self.watched:
            if name not in data:
                continue
            field = self.fields[name]
            current = _present(self.instance, name)
            if name not in self.changed_data:
                data[name] = current
            elif _typed(field, data[name]) != _typed(field, current) and self._was_another(
                name, current
            ):
                self._show_first(name, current)
        return data

    def _seen_names(self, name: str) -> set[str]:
        """The names under which the page sends what was seen of the field."""
        widget: Any = self.fields[name].hidden_widget()
        sent = self[name].html_initial_name
        return {sent + each for each in getattr(widget, "widgets_names", [""])}

    def _was_another(self, name: str, current: Any) -> bool:
        """Whether the page showed another value than the present one."""
        field = self.fields[name]
        sent = field.hidden_widget().value_from_datadict(
            self.data, self.files, self[name].html_initial_name
        )
        try:
            seen = _typed(field, sent)
        except ValidationError:
            return True
        return bool(seen != _typed(field, current))

    def _show_first(self, name: str, current: Any) -> None:
        shown = self[name].field.prepare_value(self.initial.get(name))
        words = "It is empty meanwhile"
        if shown not in _EMPTY:
            words = f"It is {_in_words(self.fields[name], current, shown)} meanwhile"
        self.add_error(name, f"{words}{self._by_whom(name)}. Save again to set it.")
        # The page that says so shows it: the next one that is sent has seen it.
        sent: Any = self.data
        self.data = sent = sent.copy()
        seen = [] if shown in _EMPTY else shown
        sent_name = self[name].html_initial_name
        widget: Any = self.fields[name].hidden_widget()
        if endings := getattr(widget, "widgets_names", None):
            parts = widget.decompress(seen or None)
            for each, part, ending in zip(widget.widgets, parts, endings, strict=True):
                sent[f"{sent_name}{ending}"] = each.format_value(part) or ""
            return
        values = seen if isinstance(seen, list) else [seen]
        sent.setlist(sent_name, [str(each) for each in values] or [""])

    def _by_whom(self, name: str) -> str:
        """Who changed it last and when, as the history has it; "" where it does not say."""
        things, names = self.history_of(name)
        entries = AuditEntry.objects.filter(
            object_type__in={str(each._meta.verbose_name) for each in things},
            object_id__in=[str(each.pk) for each in things],
            changes__has_any_keys=names,
        )
        last = entries.first()
        if last is None:
            return ""
        when = date_format(localtime(last.created_at), "DATETIME_FORMAT")
        return f" ({last.user_name or 'not by a person'}, {when})"


def _present(thing: Model, name: str) -> Any:
    value = getattr(thing, name)
    return list(value.all()) if isinstance(value, Manager) else value


def _typed(field: Field, value: Any) -> Any:
    """The value as the form has it when somebody types just that; many values in one order."""
    if value in _EMPTY:
        return None
    if isinstance(field, MultiValueField):
        if isinstance(value, list):
            parts = zip(field.fields, value, strict=True)
            value = field.compress([each.to_python(part) for each, part in parts])
        # As far as the form shows it.
        return value.replace(microsecond=0) if isinstance(value, datetime) else value
    value = field.prepare_value(value)
    if isinstance(value, str):
        value = value.replace("\r\n", "\n")
    found = field.to_python(value)
    if isinstance(found, str):
        found = found.replace("\r\n", "\n")
    elif isinstance(found, Iterable) and all(isinstance(each, Model) for each in found):
        found = {each.pk for each in found} or None
    return None if found in _EMPTY else found


def _in_words(field: Field, current: Any, shown: Any) -> str:
    if isinstance(current, Model):
        return str(current)
    if isinstance(shown, datetime):
        return date_format(localtime(shown), "DATETIME_FORMAT")
    if isinstance(shown, list):
        return ", ".join(map(str, current))
    words = dict(getattr(field, "choices", ())).get(shown, shown)
    return Truncator(str(words)).chars(_SHOWN)
