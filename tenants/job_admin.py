"""The worker's jobs in the platform's back office: the queue, and what failed in it."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from procrastinate.contrib.django.models import ProcrastinateEvent

from pycommerce.api.parameters import parse_uuid
from pycommerce.core.errors import Refusal
from pycommerce.core.http import HttpRequest
from pycommerce.db.counting import capped_counts
from tenants.admin_sites import ToDo, platform_site
from tenants.long_lists import LongListPaginator
from tenants.models import Tenant
from tenants.platform_models import FailedJob, Job
from tenants.services import jobs
from tenants.tenant_admin import OnlyRead, RowPages

PER_PAGE = 50
# What the buttons do with a job.
STEPS: dict[str, str] = {"retry": "tried again", "give-up": "given up"}


@admin.register(Job, site=platform_site)
class JobAdmin(OnlyRead, RowPages):
    """The queue, and a page for each job. None is edited or deleted: its library does that."""

    row_right = "view"

    def get_urls(self) -> list[URLPattern]:
        def route(address: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
            return path(address, self.admin_site.admin_view(view), name=f"tenants_job_{name}")

        return [
            route("<int:job_id>/retry/", self.retry_step, "retry"),
            route("<int:job_id>/give-up/", self.give_up_step, "give_up"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            self._with_chosen(request)
            return redirect(request.get_full_path())
        search = request.GET.get("q", "").replace("\0", "").strip()[:200]
        paginator: Paginator = LongListPaginator(self._failed(search), PER_PAGE)
        page = paginator.get_page(request.GET.get("page"))

        def query(number: int) -> str:
            given = {"q": search, "page": number}
            return "?" + urlencode({name: value for name, value in given.items() if value})

        return self.page(
            request,
            "admin/platform/queue.html",
            title="Jobs",
            overview=jobs.overview(),
            search=search,
            rows=with_reasons(list(page.object_list)),
            newer=query(page.previous_page_number()) if page.has_previous() else "",
            older=query(page.next_page_number()) if page.has_next() else "",
        )

    def _failed(self, search: str) -> Any:
        failed = jobs.failed_jobs()
        if not search:
            return failed
        tenant_id = Tenant.objects.filter(slug=search).values_list("pk", flat=True).first()
        if tenant_id:
            return failed.filter(args__tenant_id=str(tenant_id))
        return failed.filter(task_name__icontains=search)

    def _with_chosen(self, request: HttpRequest) -> None:
        step = request.POST.get("do", "")
        chosen = [job_id for each in request.POST.getlist("chosen") if (job_id := _id_in(each))]
        if step not in STEPS or not chosen:
            messages.warning(request, "Choose a job first.")
            return
        done = 0
        for job_id in sorted(set(chosen))[: 2 * PER_PAGE]:
            try:
                take_step(step, job_id, request.user)
                done += 1
            except Refusal as refusal:
                messages.warning(request, refusal.details)
        if done:
            messages.success(
                request, f"{done} {'job is' if done == 1 else 'jobs are'} {STEPS[step]}."
            )

    def retry_step(self, request: HttpRequest, job_id: int) -> HttpResponse:
        return self._take(request, "retry", job_id)

    def give_up_step(self, request: HttpRequest, job_id: int) -> HttpResponse:
        return self._take(request, "give-up", job_id)

    def _take(self, request: HttpRequest, step: str, job_id: int) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            try:
                take_step(step, job_id, request.user)
            except Refusal as refusal:
                messages.warning(request, refusal.details)
            else:
                messages.success(request, f"Job {job_id} is {STEPS[step]}.")
                return redirect(reverse("admin:tenants_job_changelist"))
        return redirect(reverse("admin:tenants_job_change", args=[job_id]))

    def row_page(self, request: HttpRequest, row: Job) -> HttpResponse:
        events = ProcrastinateEvent.objects.filter(job_id=row.pk).order_by("-pk")[:20]
        return self.page(
            request,
            "admin/platform/job.html",
            title=str(row),
            row=with_reasons([row])[0],
            arguments=jobs.without_secrets(json.dumps(row.args, indent=1)),
            events=[{"what": each.type.replace("_", " "), "at": each.at} for each in events],
        )


def _id_in(text: str) -> int | None:
    """The id of a job, as far as the text can be one."""
    known = text.isascii() and text.isdecimal() and len(text) < 19
    return int(text) if known else None


def take_step(step: str, job_id: int, user: Any) -> None:
    """Do what a button says. Raises NotFound and Conflict."""
    if job_id >= 2**63:
        job_id = 0
    if step == "retry":
        jobs.retry(job_id)
    else:
        jobs.give_up(job_id, user)


def with_reasons(found: list[Job]) -> list[dict[str, Any]]:
    """Each job with why it failed and whose it is: two statements, however many there are."""
    reasons = FailedJob.objects.in_bulk([job.pk for job in found])
    owners = {job.pk: parse_uuid(str(job.args.get("tenant_id", ""))) for job in found}
    known: dict[UUID, Tenant] = Tenant.objects.in_bulk({each for each in owners.values() if each})
    return [
        {
            "job": job,
            "task": job.task_name.rpartition(".")[2].replace("_", " "),
            "reason": reasons.get(job.pk),
            "tenant": known.get(tenant_id) if (tenant_id := owners[job.pk]) else None,
        }
        for job in found
    ]


def _to_do(request: HttpRequest) -> list[ToDo]:
    """What of the jobs waits for the platform's staff."""
    failed = capped_counts({"failed": jobs.failed_jobs()})["failed"]
    address = reverse("admin:tenants_job_changelist")
    return [ToDo("Failed jobs", failed, address, is_urgent=bool(failed))]


platform_site.to_do.append(_to_do)
