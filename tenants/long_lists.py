"""Lists of the back office that stay fast however long they are."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.contrib.admin import ShowFacets
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.core.paginator import EmptyPage, Page, PageNotAnInteger, Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.utils.text import capfirst, smart_split, unescape_string_literal

from pycommerce.core.http import HttpRequest
from pycommerce.db.searching import SHORTEST_INDEXED, counts_of, found_in, places_of, tested_in
from pycommerce.unfold_shim import ChangeList, ModelAdmin
from tenants.watched_form import WatchedForm

# So many rows of a list are counted and have pages; what lies beyond is found by filter or search.
MOST_LISTED = 10_000


class LongListPaginator(Paginator):
    """Counts no further than `MOST_LISTED`, so that a page costs the same in any shop."""

    template_name = "admin/_long_list_pages.html"

    @cached_property
    def count(self) -> int:
        """How many rows there are, at most `MOST_LISTED`."""
        listed: Any = self.object_list
        counted: int = listed.order_by().values("pk")[:MOST_LISTED].count()
        return counted

    @property
    def has_more(self) -> bool:
        """Whether there may be rows that no page shows."""
        return self.count == MOST_LISTED


class _UncountedPaginator(Paginator):
    """Pages of rows that nobody counts: each knows whether another one follows."""

    def page(self, number: int | str) -> Page:
        place = (self._checked(number) - 1) * self.per_page
        if place >= MOST_LISTED:
            raise EmptyPage("What lies beyond is found by other words.")
        found = list(self.object_list[place : place + self.per_page + 1])
        # At least so many there are.
        self.__dict__["count"] = place + len(found)
        return Page(found[: self.per_page], place // self.per_page + 1, self)

    def _checked(self, number: int | str) -> int:
        if not str(number).isdecimal() or int(number) < 1:
            raise PageNotAnInteger("That is no page.")
        return int(number)


class RowsSearchedFor(AutocompleteJsonView):
    """What a field offers whose rows are searched for: a page, and whether another follows."""

    def get_paginator(self, *args: Any, **kwargs: Any) -> Paginator:
        rows, per_page = args
        return _UncountedPaginator(rows, per_page)


class LongChangeList(ChangeList):
    """Passes over the rows before a page by their ids, not by all that would be shown of them.

    Its title is what it lists.
    """

    result_list: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = capfirst(self.opts.verbose_name_plural)

    def get_results(self, request: Any) -> None:
        super().get_results(request)
        if self.page_num > 1 and self.result_list.query.is_sliced:
            ids = list(self.result_list.values_list("pk", flat=True))
            found = self.apply_select_related(self.root_queryset).filter(pk__in=ids)
            self.result_list = found.order_by(*self.queryset.query.order_by)

    def get_ordering_field(self, field_name: Any) -> Any:
        if self.sortable_by is not None and field_name not in self.sortable_by:
            return None
        return super().get_ordering_field(field_name)


class LongListAdmin(ModelAdmin):
    """A list that is counted, cut into pages, sorted and searched at the same price in any shop."""

    list_per_page = 50
    show_full_result_count = False
    paginator = LongListPaginator
    # A count for each choice of a filter reads the whole list.
    show_facets = ShowFacets.NEVER
    # The columns by which a list of any length is sorted, as an index has it; what has no more rows
    # than are listed is sorted by all of them.
    always_sortable: Sequence[str] = ()

    def _changeform_view(
        self, request: HttpRequest, object_id: str | None, *rest: Any
    ) -> HttpResponse:
        if request.method == "POST" and object_id and issubclass(self.form, WatchedForm):
            # What the form is compared with stays so until it is saved.
            self.lock_row(object_id)
        response: HttpResponse = super()._changeform_view(request, object_id, *rest)
        return response

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return LongChangeList

    def get_sortable_by(self, request: HttpRequest) -> Sequence[str]:
        ids = self.get_queryset(request).order_by().values("pk")
        if ids[MOST_LISTED : MOST_LISTED + 1].exists():
            return self.always_sortable
        sortable: Sequence[str] = super().get_sortable_by(request)
        return sortable

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        across = request.POST.get("select_across") == "1"
        if across and queryset.order_by()[MOST_LISTED : MOST_LISTED + 1].exists():
            messages.error(
                request, f"These are more than {MOST_LISTED:,}: choose fewer by search or filter."
            )
            return redirect(request.get_full_path())
        response: HttpResponse | None = super().response_action(request, queryset)
        return response

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """What Django finds: rows that have each word, or "quoted words", in one of the fields."""
        fields = self.get_search_fields(request)
        words = list(smart_split(search_term)) if fields else []
        is_all_there_is = len(words) == 1 and not queryset.query.where
        for word in words:
            if word.startswith(('"', "'")) and word[0] == word[-1]:
                word = unescape_string_literal(word)
            places = places_of(self.model, fields, word)
            if len(word) < SHORTEST_INDEXED:
                queryset = queryset.filter(tested_in(places))
                continue
            counts = counts_of(places)
            # What was counted so far is not counted again, where that were rows of the list.
            once = [count for place, count in zip(places, counts, strict=True) if not place.slow]
            is_long = max(once, default=0) >= MOST_LISTED
            request.__dict__["finds_most"] = is_all_there_is and is_long
            queryset = queryset.filter(found_in(places, counts))
        return queryset, False

    def get_paginator(
        self, request: HttpRequest, queryset: QuerySet[Any], per_page: int, *args: Any, **kw: Any
    ) -> Paginator:
        made: Paginator = super().get_paginator(request, queryset, per_page, *args, **kw)
        if request.__dict__.get("finds_most"):
            made.__dict__["count"] = MOST_LISTED
        return made
