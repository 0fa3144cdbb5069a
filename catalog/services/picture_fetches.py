"""Pictures that imports named by address: fetched by the worker, each once for a shop.

What is fetched waits as rows, written with the products that have the pictures. Products show them
a few at a time, so that what pages keep is dropped once for each few. What fails is tried again,
later and later, where that may help.
"""

import logging
import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from django.contrib.postgres.functions import TransactionNow
from django.db import transaction
from django.db.models import Count, F, Min, Q, QuerySet, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from catalog.models import ImportedChange, ImportRun, PictureFetch, Product, ProductImage
from catalog.pictures import PICTURE_SIDE, narrower
from catalog.services.fetching import NotFetched, fetch_picture, host_of
from catalog.services.pictures import forget_pictures, write_widths
from catalog.services.refresh import refresh_products
from tenants.due import Kind, note_due
from tenants.shop.models import raise_catalogue_version

logger = logging.getLogger(__name__)

State = PictureFetch.State
# A shop's turn; what is left goes on with its next one.
TURN_SECONDS = 20.0
# Between two pictures of a host.
PAUSE_SECONDS = 0.1
# So many are shown together.
_TOGETHER = 20
# After so long what failed is tried again; after the last time no more.
TRY_AGAIN = [timedelta(minutes=minutes) for minutes in (1, 5, 30, 120)]
_FAILED_SHOWN = 50
_SHOWN_OF_A_PROBLEM = 10


@dataclass(frozen=True, slots=True)
class _Fetched:
    """A picture's file, in all widths; `is_new` where no picture had it before."""

    url: str
    file: str
    width: int | None
    height: int | None
    is_new: bool


def queue_pictures(run: ImportRun, slugs: Collection[str]) -> None:
    """Have pictures of these products fetched that are known by address alone.

    The caller is in the transaction that brought them in.
    """
    named = ProductImage.objects.filter(product__slug__in=slugs, file="").exclude(source_url="")
    urls = list(dict.fromkeys(named.values_list("source_url", flat=True)))
    if not urls:
        return
    rows = [PictureFetch(run=run, url=url, host=host_of(url)) for url in urls]
    PictureFetch.objects.bulk_create(rows, ignore_conflicts=True)
    note_due(Kind.PICTURES)


def fetch_pictures() -> int:
    """Fetch what is due in the selected shop, for as long as its turn lasts; returns how many."""
    ends = time.monotonic() + TURN_SECONDS
    silent: set[str] = set()
    asked_at: dict[str, float] = {}
    count = 0
    while time.monotonic() < ends and (urls := _due(silent)):
        found: list[_Fetched] = []
        for url in urls:
            if time.monotonic() > ends:
                break
            host = host_of(url)
            if host in silent:
                continue
            try:
                found += _take(url, host, asked_at)
            except NotFetched as problem:
                if problem.is_silent:
                    silent.add(host)
                _note_failure(url, host, problem)
        _show(found)
        count += len(found)
    _note_next_time()
    return count


def _waiting() -> QuerySet[PictureFetch]:
    undone = [ImportRun.State.UNDOING, ImportRun.State.UNDONE]
    return PictureFetch.objects.filter(state=State.WAITING).exclude(run__state__in=undone)


def _due(silent: Collection[str]) -> list[str]:
    due = _waiting().filter(next_try_at__lte=timezone.now()).exclude(host__in=silent)
    urls = due.order_by("next_try_at", "pk").values_list("url", flat=True)[:_TOGETHER]
    return list(dict.fromkeys(urls))


def _note_next_time() -> None:
    next_try = _waiting().aggregate(at=Min("next_try_at"))["at"]
    if next_try:
        note_due(Kind.PICTURES, max(next_try, timezone.now()))


def _take(url: str, host: str, asked_at: dict[str, float]) -> Iterable[_Fetched]:
    """The picture's file: as another picture has it, else fetched. Raises NotFetched."""
    pictures = ProductImage.objects.filter(source_url=url)
    known = pictures.exclude(file="").first()
    if known:
        return [_Fetched(url, known.file.name or "", known.width, known.height, is_new=False)]
    image = pictures.first()
    if image is None:
        # Whatever had it is gone.
        PictureFetch.objects.filter(url=url, state=State.WAITING).delete()
        return []
    time.sleep(max(0.0, asked_at.get(host, 0.0) + PAUSE_SECONDS - time.monotonic()))
    try:
        content = fetch_picture(url, side=PICTURE_SIDE)
    finally:
        asked_at[host] = time.monotonic()
    image.file.save("picture.webp", content, save=False)
    image.measure()
    write_widths(image)
    return [_Fetched(url, image.file.name or "", image.width, image.height, is_new=True)]


def _note_failure(url: str, host: str, problem: NotFetched) -> None:
    """Try it later, or give it up; of a host that is silent, all that is due."""
    waiting = PictureFetch.objects.filter(state=State.WAITING)
    rows = waiting.filter(url=url)
    if problem.is_silent:
        rows = waiting.filter(host=host, next_try_at__lte=timezone.now())
    told = str(problem)[:300]
    if not problem.may_pass:
        rows.update(state=State.FAILED, problem=told, tries=F("tries") + 1)
        return
    rows.filter(tries__gte=len(TRY_AGAIN)).update(state=State.FAILED, problem=told)
    # From the last down, so that none is put off twice.
    for tries, later in reversed(list(enumerate(TRY_AGAIN))):
        rows.filter(tries=tries).update(
            tries=tries + 1, problem=told, next_try_at=timezone.now() + later
        )


@transaction.atomic
def _show(found: Collection[_Fetched]) -> None:
    """Give the pictures their files, and show them."""
    if not found:
        return
    urls = [each.url for each in found]
    owners = Product.objects.filter(images__source_url__in=urls, images__file="").values("pk")
    products = Product.objects.filter(pk__in=owners).order_by("pk").select_for_update(no_key=True)
    before = dict(products.values_list("pk", "updated_at"))
    for each in found:
        pictures = ProductImage.objects.filter(
            product__in=before, source_url=each.url, file=""
        ).update(file=each.file, width=each.width, height=each.height, widths=narrower(each.width))
        if each.is_new and not pictures:
            forget_pictures([each.file])
    PictureFetch.objects.filter(url__in=urls).update(state=State.FETCHED, problem="")
    _keep_undoable(before)
    refresh_products(before)
    if before:
        raise_catalogue_version()


def _keep_undoable(before: dict[UUID, datetime]) -> None:
    """A product that nobody changed since its import says so still, when its pictures are there."""
    changes = ImportedChange.objects.filter(product_id__in=before).annotate(at=TransactionNow())
    same = []
    for change in changes:
        if datetime.fromisoformat(change.before["updated_at"]) == before[change.product_id]:
            change.before["updated_at"] = change.at.isoformat()
            same.append(change)
    ImportedChange.objects.bulk_update(same, ["before"], batch_size=200)


def try_again(run_id: UUID) -> None:
    """Have pictures of an import that failed tried once more, at once."""
    failed = PictureFetch.objects.filter(run=run_id).exclude(state=State.FETCHED)
    with transaction.atomic():
        if failed.update(state=State.WAITING, tries=0, next_try_at=timezone.now()):
            note_due(Kind.PICTURES)


def progress_of(run: ImportRun) -> dict[str, Any]:
    """How far it is: counts of `all`, `fetched`, `failed`, `later`, and what went wrong.

    `troubles` are each a `problem`, its `count`, whether it `waits` to be tried again, and the
    first of its `addresses`.
    """
    now = timezone.now()
    waits = Q(state=State.WAITING)
    counts = run.fetches.aggregate(
        all=Count("pk"),
        fetched=Count("pk", filter=Q(state=State.FETCHED)),
        failed=Count("pk", filter=Q(state=State.FAILED)),
        now=Count("pk", filter=waits & Q(next_try_at__lte=now)),
        later=Count("pk", filter=waits & Q(next_try_at__gt=now)),
    )
    troubles = _troubles_of(run) if counts["failed"] or counts["later"] else []
    return counts | {"percent": _percent(counts), "troubles": troubles}


def _troubles_of(run: ImportRun) -> list[dict[str, Any]]:
    """What went wrong, each with how often and the first addresses: one statement."""
    alike = [F("state"), F("problem")]
    failed = (
        run.fetches.exclude(state=State.FETCHED)
        .exclude(problem="")
        .annotate(
            count=Window(Count("pk"), partition_by=alike),
            place=Window(RowNumber(), partition_by=alike, order_by="pk"),
        )
        .filter(place__lte=_SHOWN_OF_A_PROBLEM)
        .order_by("state", "problem", "pk")
        .values_list("state", "problem", "count", "url")
    )
    return [
        {
            "problem": problem,
            "count": count,
            "waits": state == State.WAITING,
            "addresses": [url for *_, url in group],
        }
        for (state, problem, count), group in groupby(
            failed[:_FAILED_SHOWN], key=lambda each: each[:3]
        )
    ]


def _percent(counts: dict[str, int]) -> int:
    return counts["fetched"] * 100 // counts["all"] if counts["all"] else 0
