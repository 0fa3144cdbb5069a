"""Rows within a form: what no page of ours sends is refused, and named."""

from typing import Any

from django.forms import BaseInlineFormSet
from django.forms.formsets import INITIAL_FORM_COUNT, TOTAL_FORM_COUNT


def damaged_names(formset: Any) -> list[str]:
    """The names of what says how many rows were sent, where that is missing or cannot be."""
    sent = formset.management_form
    wrong = [name for name in (TOTAL_FORM_COUNT, INITIAL_FORM_COUNT) if name in sent.errors]
    if not wrong:
        total, initial = (
            sent.cleaned_data[name] for name in (TOTAL_FORM_COUNT, INITIAL_FORM_COUNT)
        )
        wrong = [TOTAL_FORM_COUNT] if total < 0 else []
        wrong += [INITIAL_FORM_COUNT] if not 0 <= initial <= max(total, 0) else []
    return [sent.add_prefix(name) for name in wrong]


def damage_words(names: list[str]) -> str:
    return f"The form was not sent as its page has it ({', '.join(names)}): load the page again."


class WholeFormSet(BaseInlineFormSet):
    """Rows that belong to the row of a page. Where they were tampered with, the form says so."""

    _pk_field: Any
    renderer: Any

    def full_clean(self) -> None:
        super().full_clean()
        if self.is_bound and (names := damaged_names(self) or self._rows_to_add_that_are_there()):
            self._non_form_errors = self.error_class(
                [damage_words(names)], error_class="nonform", renderer=self.renderer
            )

    def _rows_to_add_that_are_there(self) -> list[str]:
        """The names of the ids of rows that are beyond those which the page had."""
        ids = [form.add_prefix(self._pk_field.name) for form in self.extra_forms]
        return [name for name in ids if self.data.get(name)]
