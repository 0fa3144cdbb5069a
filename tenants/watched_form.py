"""Forms of what two people may have open at once: neither undoes what the other one saved."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Manager, Model
from django.forms import Field, ModelForm, ModelMultipleChoiceField, MultipleHiddenInput
from django.utils.formats import date_format
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

    What a colleague changed meanwhile stays where it was left alone, and is shown first where
    both changed it. A form that does not say what was seen is taken at its word.
    """

    watched: tuple[str, ...] = ()

    def watch(self, *names: str) -> None:
        """Watch these fields of a row that is there."""
        if self.instance._state.adding:
            return
        self.watched = tuple(name for name in names if name in self.fields)
        for name in self.watched:
            self.fields[name].show_hidden_initial = True
            if isinstance(self.fields[name], ModelMultipleChoiceField):
                self.fields[name].hidden_widget = _SeenMany

    def history_of(self, name: str) -> tuple[list[Model], list[str]]:
        """In whose history, and under which names, a change of the field is found."""
        return [self.instance], [name]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if not any(self[name].html_initial_name in self.data for name in self.watched):
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
        values = seen if isinstance(seen, list) else [seen]
        sent.setlist(self[name].html_initial_name, [str(each) for each in values] or [""])

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
    if isinstance(shown, list):
        return ", ".join(map(str, current))
    words = dict(getattr(field, "choices", ())).get(shown, shown)
    return Truncator(str(words)).chars(_SHOWN)
