"""The one place that knows Unfold, so that another theme is a change of one file."""

from functools import partial
from typing import Any, ClassVar

from django.contrib.admin import widgets
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import unquote
from django.core.exceptions import ValidationError
from django.db import models
from django.forms.widgets import Script
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from unfold import admin
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.contrib.forms.widgets import WysiwygWidget
from unfold.decorators import action, display
from unfold.forms import (
    AdminOwnPasswordChangeForm,
    AdminPasswordChangeForm,
    AuthenticationForm,
    PaginationInlineFormSet,
    UserChangeForm,
    UserCreationForm,
)
from unfold.overrides import FORMFIELD_OVERRIDES_INLINE
from unfold.sites import UnfoldAdminSite
from unfold.views import ChangeList as UnfoldChangeList
from unfold.widgets import (
    UnfoldAdminColorInputWidget,
    UnfoldAdminEmailInputWidget,
    UnfoldAdminImageFieldWidget,
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from pycommerce.core.number_fields import NumberField, WholeNumberField
from pycommerce.core.whole_formset import WholeFormSet
from pycommerce.db.retrying import once_more

# Unfold's Alpine evaluates strings and writes styles; on the storefront and the API neither is
# allowed.
ADMIN_CSP = (
    "default-src 'none'; script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)


# Numbers are read by us, and not by the browser.
_NUMBERS: dict[Any, dict[str, Any]] = {
    models.DecimalField: {"form_class": NumberField, "widget": UnfoldAdminTextInputWidget},
    models.IntegerField: {"form_class": WholeNumberField, "widget": UnfoldAdminTextInputWidget},
    models.BigIntegerField: {"form_class": WholeNumberField, "widget": UnfoldAdminTextInputWidget},
}

# Django looks up whatever a form says an id is, and fails over what is none: a list over its chosen
# rows, and a page over a row that is searched for when it is shown again.


def _may_be_id(model: Any, text: object) -> bool:
    try:
        model._meta.pk.clean(text, None)
    except ValidationError:
        return False
    return True


class RichTextWidget(UnfoldAdminTextareaWidget):
    """A box of HTML; a script puts the theme's editor in its place, where that loses nothing."""

    class Media:
        css: ClassVar = {"all": WysiwygWidget.Media.css["all"]}
        js = (*WysiwygWidget.Media.js, Script("js/rich-text.js", defer=True))

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        box = super().render(name, value, attrs, renderer)
        context = {"box": box, "editor_class": WysiwygWidget().attrs["class"]}
        return render_to_string("admin/rich_text.html", context)


class _Searched:
    def optgroups(self: Any, name: str, value: Any, attr: Any = None) -> Any:
        model = self.field.remote_field.model
        ids = [each for each in value if _may_be_id(model, each)]
        return super().optgroups(name, ids, attr)  # type: ignore[misc]


class _SearchedRow(_Searched, widgets.AutocompleteSelect):
    pass


class _SearchedRows(_Searched, widgets.AutocompleteSelectMultiple):
    pass


class _WithSearched:
    def formfield_for_foreignkey(self: Any, db_field: Any, request: Any, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", _SearchedRow(db_field, self.admin_site))
        return super().formfield_for_foreignkey(  # type: ignore[misc]
            db_field, request, **kwargs
        )

    def formfield_for_manytomany(self: Any, db_field: Any, request: Any, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", _SearchedRows(db_field, self.admin_site))
        return super().formfield_for_manytomany(  # type: ignore[misc]
            db_field, request, **kwargs
        )


class ChangeList(UnfoldChangeList):
    """Unfold's, that looks up what its filters ask, and nothing else.

    Django looks up every column that an address names, in any way. What no page shows could be
    read so letter by letter, and many a value fails only where the rows are counted.
    """

    def get_filters(self, request: Any) -> Any:
        found = super().get_filters(request)
        _specs, _has_filters, left_over, *_more = found
        if left_over:
            raise IncorrectLookupParameters
        return found


class ModelAdmin(_WithSearched, admin.ModelAdmin):
    """Unfold's, that takes what is no id for no row, and lists only by its own filters."""

    formfield_overrides = _NUMBERS

    def get_changelist(self, request: Any, **kwargs: Any) -> Any:
        return ChangeList

    def changeform_view(self, *args: Any, **kwargs: Any) -> Any:
        """As Django's, in a transaction that is tried again where another one was first.

        What the other one took is there by then, so that the form says which field must differ.
        """
        return once_more(partial(super().changeform_view, *args, **kwargs))

    def lock_row(self, object_id: str) -> None:
        """Lock the row of a page until the transaction ends; what refers to it need not wait."""
        if _may_be_id(self.model, pk := unquote(object_id)):
            rows = self.model._base_manager.filter(pk=pk)
            list(rows.select_for_update(no_key=True).values_list("pk"))

    def response_action(self, request: Any, queryset: Any) -> Any:
        given = request.POST.getlist(ACTION_CHECKBOX_NAME)
        chosen = [each for each in given if _may_be_id(self.model, each)]
        if chosen != given:
            request.POST = request.POST.copy()
            request.POST.setlist(ACTION_CHECKBOX_NAME, chosen)
        return super().response_action(request, queryset)


class _Pages(WholeFormSet, PaginationInlineFormSet):
    """Unfold's, that takes what is no number of a page for none: it knows digits such as ²."""

    def get_page_num(self) -> int:
        name = self.get_pagination_key()
        for given in (self.request.GET, self.request.POST):
            page = given.get(name, "")
            if page.isascii() and page.isdecimal() and len(page) < 10:
                return max(int(page), 1)
        return 1


class StackedInline(_WithSearched, admin.StackedInline):
    """Unfold's, that takes what is no id for no row, and no number for no page."""

    formset: Any = _Pages
    formfield_overrides = FORMFIELD_OVERRIDES_INLINE | _NUMBERS


class _NothingNested:
    """Says of each form that none is nested in it.

    Unfold's templates ask a dozen times a row; where a form does not say, the answer is an error
    that Django looks for in all names of the form.
    """

    def get_formset(self: Any, request: Any, obj: Any = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)  # type: ignore[misc]
        formset.form.nested_formsets = ()
        return formset


class TabularInline(_WithSearched, _NothingNested, admin.TabularInline):
    """Unfold's, that takes what is no id for no row, and no number for no page."""

    formset: Any = _Pages
    formfield_overrides = FORMFIELD_OVERRIDES_INLINE | _NUMBERS


__all__ = [
    "ADMIN_CSP",
    "AdminOwnPasswordChangeForm",
    "AdminPasswordChangeForm",
    "AuthenticationForm",
    "AutocompleteSelectFilter",
    "ChangeList",
    "ModelAdmin",
    "RichTextWidget",
    "StackedInline",
    "TabularInline",
    "UnfoldAdminColorInputWidget",
    "UnfoldAdminEmailInputWidget",
    "UnfoldAdminImageFieldWidget",
    "UnfoldAdminPasswordWidget",
    "UnfoldAdminSelectWidget",
    "UnfoldAdminSite",
    "UnfoldAdminTextInputWidget",
    "UnfoldAdminTextareaWidget",
    "UserChangeForm",
    "UserCreationForm",
    "action",
    "display",
]
