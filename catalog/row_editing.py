"""Lists of the back office whose rows are edited in the list: all that was changed, or nothing."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Model, QuerySet
from django.forms.formsets import BaseFormSet, formset_factory
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect

from pycommerce.api.parameters import parse_uuid
from pycommerce.core.http import HttpRequest
from pycommerce.core.whole_formset import damage_words, damaged_names
from tenants.long_lists import LongChangeList
from tenants.tenant_admin import TenantModelAdmin

PREFIX = "form"


class RowForm(forms.Form):
    """What is edited of one row: the fields of `edited`, named as columns of the list are.

    They carry what was seen when the page was made, so that only what was typed counts as a change,
    and what somebody else changed meanwhile is found out.
    """

    edited: tuple[str, ...] = ()
    id = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, row: Any, **kwargs: Any) -> None:
        self.row = row
        super().__init__(*args, **kwargs)
        self.initial = {"id": row.pk, **self.current()}

    def current(self) -> dict[str, Any]:
        """The row's present values by the names of `edited`."""
        raise NotImplementedError

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        current = self.current()
        for name in self.edited:
            if name in self.changed_data and self._seen(name) != current[name]:
                self.add_error(name, f"It is {current[name]} meanwhile. Save again to set it.")
                # The page that says so shows it: the next one that is sent has seen it.
                self.data[self[name].html_initial_name] = str(current[name])  # type: ignore[index]
        return data

    def _seen(self, name: str) -> Any:
        field = self.fields[name]
        try:
            return field.to_python(self.data.get(self[name].html_initial_name))
        except ValidationError:
            return None


class RowFormSet(BaseFormSet):
    """A form for each row of a page."""

    def __init__(self, data: QueryDict | None = None, *, rows: Sequence[Any]) -> None:
        self.rows = rows
        super().__init__(data, prefix=PREFIX, initial=[{} for _ in rows])

    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        return {"row": self.rows[index]} if index is not None else {}

    @property
    def media(self) -> forms.Media:
        """None; the default makes a form without a row where there are no rows."""
        return forms.Media()

    @property
    def changed(self) -> list[Any]:
        """The forms in which something was changed."""
        return [form for form in self.forms if form.has_changed()]


class _RowsAsSent(LongChangeList):
    """Shows the rows that were sent again, whatever the list begins with by now."""

    def get_results(self, request: Any) -> None:
        super().get_results(request)
        if sent := request.__dict__.get("sent_rows"):
            self.result_list = sent.rows


class RowEditingAdmin(TenantModelAdmin):
    """A long list with columns that are edited in it."""

    row_form: type[RowForm]
    row_formset: type[RowFormSet] = RowFormSet

    def lock_rows(self, ids: list[UUID]) -> None:
        """Lock what changing these rows writes, in the order that everybody locks it in."""
        raise NotImplementedError

    def save_row(self, request: HttpRequest, form: Any, formset: Any) -> None:
        """Save one row that was changed, with its audit row."""
        raise NotImplementedError

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[LongChangeList]:
        return _RowsAsSent

    def get_changelist_instance(self, request: HttpRequest) -> LongChangeList:
        found: LongChangeList = super().get_changelist_instance(request)
        if not found.is_popup:
            found.list_editable = list(self.row_form.edited)
        return found

    def get_changelist_formset(self, request: HttpRequest, **kwargs: Any) -> Callable[..., Any]:
        sent = request.__dict__.get("sent_rows")

        def formset(queryset: QuerySet[Model]) -> RowFormSet:
            return sent or self._formset_class()(rows=list(queryset))

        return formset

    def _formset_class(self) -> Any:
        return formset_factory(self.row_form, formset=self.row_formset, extra=0)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if request.method == "POST" and "_save" in request.POST:
            if not self.has_change_permission(request):
                raise PermissionDenied
            if answer := self._save_rows(request):
                return answer
            # The page is made as for any visitor, with the rows as they were sent.
            request.POST = QueryDict()
        response: HttpResponse = super().changelist_view(request, extra_context)
        return response

    @transaction.atomic
    def _save_rows(self, request: HttpRequest) -> HttpResponse | None:
        """Save all rows that were changed; None where one of them is refused."""
        ids = _sent_ids(request.POST)
        self.lock_rows(ids)
        found = {row.pk: row for row in self.get_queryset(request).filter(pk__in=ids)}
        if not ids or found.keys() != set(ids):
            messages.error(request, "Rows of this page are gone meanwhile. Nothing was saved.")
            return redirect(request.get_full_path())
        formset = self._formset_class()(request.POST.copy(), rows=[found[pk] for pk in ids])
        if names := damaged_names(formset):
            messages.error(request, f"{damage_words(names)} Nothing was saved.")
            return redirect(request.get_full_path())
        if not formset.is_valid():
            request.__dict__["sent_rows"] = formset
            return None
        for form in formset.changed:
            self.save_row(request, form, formset)
        count = len(formset.changed)
        messages.success(request, f"{count} {'row' if count == 1 else 'rows'} saved.")
        return redirect(request.get_full_path())


def _sent_ids(sent: QueryDict) -> list[UUID]:
    """The ids of the rows of a page; empty where they are not what a page of ours sends."""
    total = sent.get(f"{PREFIX}-TOTAL_FORMS", "")
    count = int(total) if total.isascii() and total.isdigit() and len(total) < 4 else 0
    ids = [parse_uuid(sent.get(f"{PREFIX}-{number}-id", "")) for number in range(count)]
    return [pk for pk in ids if pk] if all(ids) else []
