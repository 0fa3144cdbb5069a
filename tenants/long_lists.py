"""Lists of the back office that stay fast however long they are."""

from typing import Any

from django.core.paginator import Paginator
from django.utils.functional import cached_property

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
