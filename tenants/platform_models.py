"""What the platform knows of its shops and of the worker's jobs: in `public`, for its own staff."""

from django.db import models
from django.db.models import F
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from pycommerce.core.ids import uuid7
from pycommerce.db.searching import trigram_index


class ShopFigures(models.Model):
    """A shop in numbers, as a job gathered them: no page of the platform visits every schema."""

    tenant = models.OneToOneField(
        "tenants.Tenant", models.CASCADE, primary_key=True, related_name="figures"
    )
    size = models.BigIntegerField(default=0, help_text="Bytes of its tables and their indexes.")
    products = models.IntegerField(default=0)
    orders = models.IntegerField(default=0)
    last_order_at = models.DateTimeField(null=True)
    last_change_at = models.DateTimeField(null=True, help_text="By staff.")
    last_activity_at = models.DateTimeField(null=True)
    failing_messages = models.IntegerField(default=0)
    failing_payments = models.IntegerField(default=0)
    failing_refunds = models.IntegerField(default=0)
    gathered_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = "figures of a shop"

    def __str__(self) -> str:
        return f"{self.orders} orders, {self.products} products"


class CatalogueVersion(models.Model):
    """The version of a shop's catalogue where one statement finds those of all shops.

    Written by the statement that raises the version in the shop's own row (`shop_state`), right
    after it in the order of locks; a shop without a row has the version that shops begin with.
    """

    schema_name = models.CharField(primary_key=True, max_length=63)
    version = models.BigIntegerField()
    # The transaction that wrote it, by which those are found that changed since a snapshot. In a
    # copy of the database on another server it may be ahead of what is written there: then rows
    # are read more often than they change.
    changed_in = models.BigIntegerField()

    class Meta:
        verbose_name = "version of a catalogue"

    def __str__(self) -> str:
        return f"{self.schema_name}: {self.version}"


class ShopDeletion(models.Model):
    """A shop is closed and will be deleted, unless that is taken back before."""

    tenant = models.OneToOneField(
        "tenants.Tenant", models.CASCADE, primary_key=True, related_name="deletion"
    )
    asked_at = models.DateTimeField(default=timezone.now)
    asked_by_name = models.CharField(max_length=254)
    # Whether the platform asked, and not the shop's owner: then no owner takes it back.
    by_platform = models.BooleanField()
    was_active = models.BooleanField()
    delete_after = models.DateTimeField(db_index=True)
    # Set while it is being deleted: from then on nobody takes it back.
    started_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=500, blank=True)
    # When its owners were told once more that the end is near.
    reminded_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = "end of the shop"
        verbose_name_plural = "end of the shop"

    def __str__(self) -> str:
        return f"{self.tenant} is deleted after {self.delete_after:%Y-%m-%d}"


class ShopExport(models.Model):
    """All of a shop in one file, for platform staff to take away. It outlives the shop."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        READY = "ready", "Ready"
        FAILED = "failed", "Failed"
        GONE = "gone", "Removed"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # A plain id, and what the shop was called: they stay when the shop is gone.
    tenant_id = models.UUIDField(db_index=True)
    shop_name = models.CharField("shop", max_length=255)
    shop_slug = models.CharField("slug", max_length=40)
    asked_by_name = models.CharField("asked for by", max_length=254)
    created_at = models.DateTimeField("asked for", default=timezone.now)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    size = models.BigIntegerField(default=0, help_text="Bytes of the file.")
    expires_at = models.DateTimeField("kept until", null=True, db_index=True)
    problem = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(F("created_at").desc(), F("id").desc(), name="shop_export_newest"),
            trigram_index("shop_name", "shop_slug", name="shop_export_words"),
        ]
        verbose_name = "export of a shop"
        verbose_name_plural = "exports of shops"

    def __str__(self) -> str:
        return f"{self.shop_slug}-{self.created_at:%Y%m%dT%H%M%SZ}.zip"


class Job(ProcrastinateJob):
    """A job of the worker, as its library keeps it: only its own functions change one."""

    class Meta:
        proxy = True
        app_label = "tenants"
        ordering = ["-id"]
        verbose_name = "job"

    def __str__(self) -> str:
        return f"{self.task_name.rpartition('.')[2]} {self.pk}"


class FailedJob(models.Model):
    """Why a job failed the last time, which its library does not keep; without secrets."""

    job_id = models.BigIntegerField(primary_key=True)
    error = models.CharField(max_length=500, help_text="The last line.")
    traceback = models.TextField()
    failed_at = models.DateTimeField(default=timezone.now)
    given_up_at = models.DateTimeField(null=True)
    given_up_by_name = models.CharField(max_length=254, blank=True)

    class Meta:
        verbose_name = "failure of a job"

    def __str__(self) -> str:
        return self.error


class JobCount(models.Model):
    """How many runs of a task ended well or not in an hour: jobs that ended well are not kept."""

    queue_name = models.CharField(max_length=128)
    task_name = models.CharField(max_length=128)
    hour = models.DateTimeField()
    succeeded = models.IntegerField(default=0)
    failed = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["queue_name", "task_name", "hour"], name="job_count_once_an_hour"
            )
        ]

    def __str__(self) -> str:
        return f"{self.task_name} at {self.hour:%Y-%m-%d %H}"
