"""What shoppers type into a list: words, limits, an order."""

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from catalog.listing import ProductFilters
from pycommerce.core.money import UPPER_LIMIT
from pycommerce.core.text import problem_in

ORDERS = [
    ("newest", _("Newest")),
    ("price", _("Price, low to high")),
    ("-price", _("Price, high to low")),
    ("name", _("Name, A to Z")),
]
MOST_CHOSEN = 40
BY_RELEVANCE = ("relevance", _("Best match"))


def _text(value: str) -> None:
    if problem_in(value):
        raise forms.ValidationError(_("This contains characters that cannot be searched for."))


class _Price(forms.DecimalField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            required=False,
            min_value=0,
            max_value=UPPER_LIMIT,
            decimal_places=3,
            **kwargs,
        )

    def to_python(self, value: str | None) -> object:
        # A decimal comma is what people type in half of Europe.
        return super().to_python(value.replace(",", ".") if value else value)


class _Choices(forms.Field):
    """Any number of texts; what no text can hold is left out, as what nobody can choose."""

    widget = forms.SelectMultiple

    def __init__(self) -> None:
        super().__init__(required=False)

    def clean(self, value: list[str] | None) -> tuple[str, ...]:
        given = [text for text in value or [] if 0 < len(text) <= 520 and not problem_in(text)]
        return tuple(dict.fromkeys(given))[:MOST_CHOSEN]


class ListForm(forms.Form):
    """Filters and order of a list of products, all of them optional."""

    min_price = _Price(label=_("From"))
    max_price = _Price(label=_("To"))
    in_stock = forms.BooleanField(required=False, label=_("In stock"))
    on_sale = forms.BooleanField(required=False, label=_("On sale"))
    option = _Choices()
    vendor = _Choices()
    sort = forms.ChoiceField(required=False, choices=ORDERS, label=_("Order"))

    def clean(self) -> dict[str, object]:
        data: dict[str, object] = super().clean() or {}
        low, high = data.get("min_price"), data.get("max_price")
        if low is not None and high is not None and low > high:  # type: ignore[operator]
            self.add_error("max_price", _("This is less than the lowest price."))
        return data

    @property
    def is_narrowed(self) -> bool:
        """Whether something that was typed leaves products out."""
        data = self.cleaned_data
        return any(data.get(name) not in {None, False, ()} for name in self.narrowing)

    narrowing = ("min_price", "max_price", "in_stock", "on_sale", "option", "vendor")

    def filters(self, **more: Any) -> ProductFilters:
        """The filters that are valid, and those that the page itself sets."""
        data = self.cleaned_data
        return ProductFilters(
            min_price=data.get("min_price"),
            max_price=data.get("max_price"),
            in_stock=True if data.get("in_stock") else None,
            on_sale=True if data.get("on_sale") else None,
            options=tuple(text for text in data.get("option", ()) if "=" in text),
            vendors=data.get("vendor", ()),
            **more,
        )

    def given(self) -> dict[str, Any]:
        """What the fields of the page show: what was typed, right or wrong."""
        texts = {name: self.data.get(name, "") for name in ("min_price", "max_price")}
        return texts | {"sort": self.chosen_sort()}

    def chosen_sort(self) -> str:
        sort: str = self.cleaned_data.get("sort") or self._orders()[0][0]
        return sort

    def _orders(self) -> list[Any]:
        return ORDERS


_nothing_given = ListForm({})
_nothing_given.full_clean()


def list_form(data: QueryDict) -> ListForm:
    """The form of a list for what was given.

    Where that is nothing it is one for all: to make a form copies its fields, a fifth of the time
    that a page takes.
    """
    return ListForm(data) if data.keys() & ListForm.base_fields.keys() else _nothing_given


class SearchForm(ListForm):
    """A list that is searched."""

    q = forms.CharField(
        required=False, max_length=200, label=_("Search"), validators=[_text], strip=True
    )
    exact = forms.BooleanField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["sort"].choices = self._orders()  # type: ignore[attr-defined]

    def _orders(self) -> list[Any]:
        is_asked = bool((self.data.get("q") or "").strip())
        return [BY_RELEVANCE, *ORDERS] if is_asked else ORDERS
