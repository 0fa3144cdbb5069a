"""What every shop's schema holds whatever it sells: counters, the audit trail, webhooks."""

from datetime import timedelta

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import MD5
from django.utils import timezone

from pycommerce.core.ids import uuid7
from pycommerce.db import connection
from pycommerce.db.searching import trigram_index


class ShopState(models.Model):
    """One row a shop: the catalogue's version and the last order number given out.

    The row is last in the lock order. It is written by the last statement before a commit, so its
    lock lasts one commit.
    """

    id = models.SmallIntegerField(primary_key=True, default=1)
    catalogue_version = models.BigIntegerField(default=1)
    last_order_number = models.BigIntegerField(default=1000)

    class Meta:
        db_table = "shop_state"
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="shop_state_one_row")]

    def __str__(self) -> str:
        return f"catalogue version {self.catalogue_version}"


# What a statement that raises the version does with it, given as the rows of `state`.
TELL_VERSION = """
INSERT INTO public.tenants_catalogueversion (schema_name, version, changed_in)
SELECT current_schema(), catalogue_version, pg_current_xact_id()::text::bigint FROM state
ON CONFLICT (schema_name) DO UPDATE
SET version = excluded.version, changed_in = excluded.changed_in
"""
_RAISE = f"""
WITH state AS (
    UPDATE shop_state SET catalogue_version = greatest(catalogue_version + 1, %s)
    RETURNING catalogue_version
)
{TELL_VERSION}
"""


def raise_catalogue_version(at_least: int = 0) -> None:
    """Make every kept answer about this shop's catalogue stale; the last call before a commit."""
    with connection.cursor() as cursor:
        cursor.execute(_RAISE, [at_least])


def catalogue_version() -> int:
    """The version that answers made now belong to."""
    return ShopState.objects.values_list("catalogue_version", flat=True).get()


class AuditEntry(models.Model):
    """Who did what to which thing, with old and new values; never changed afterwards.

    The person is a plain id and the name of that moment: users live in another schema.
    """

    class Action(models.TextChoices):
        CREATE = "create", "created"
        CHANGE = "change", "changed"
        DELETE = "delete", "deleted"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
    user_id = models.UUIDField(null=True)
    user_name = models.CharField(max_length=254, blank=True)
    action = models.CharField(max_length=10, choices=Action)
    object_type = models.CharField(max_length=60)
    object_id = models.CharField(max_length=60)
    object_name = models.CharField(max_length=255)
    changes = models.JSONField(default=dict, help_text="Field to [old, new].")

    class Meta:
        db_table = "shop_audit_entry"
        ordering = ["-created_at", "-id"]
        verbose_name = "history entry"
        verbose_name_plural = "history"
        indexes = [
            models.Index(fields=["object_type", "object_id"], name="shop_audit_object"),
            trigram_index("object_name", "user_name", "object_id", name="shop_audit_words"),
        ]

    def __str__(self) -> str:
        return f"{self.user_name} {self.get_action_display()} {self.object_name}"


class RetentionTimes(models.Model):
    """How long the shop keeps what it need not keep; exactly one row.

    Orders with their lines, amounts, payments and refunds are kept whatever stands here.
    """

    id = models.SmallIntegerField(primary_key=True, default=1)
    customers_years = models.PositiveSmallIntegerField(
        "people who bought, years after their last order",
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(30)],
        help_text="Then they are erased, as by the button on their page: their orders keep lines "
        "and amounts and lose name, addresses, e-mail and phone. Empty: never by itself.",
    )
    history_months = models.PositiveSmallIntegerField(
        "history of changes, months",
        null=True,
        blank=True,
        validators=[MinValueValidator(3), MaxValueValidator(360)],
        help_text="Who changed what. At least 3; empty: for good. What happened to an order is "
        "kept with the order.",
    )
    carts_days = models.PositiveSmallIntegerField(
        "abandoned carts, days",
        default=90,
        validators=[MinValueValidator(7), MaxValueValidator(365)],
        help_text="After the last change, with what was typed at the checkout. 7 to 365.",
    )
    webhooks_days = models.PositiveSmallIntegerField(
        "log of webhooks, days",
        default=14,
        validators=[MinValueValidator(7), MaxValueValidator(365)],
        help_text="What was sent, and what was answered. 7 to 365.",
    )
    import_files_days = models.PositiveSmallIntegerField(
        "files of imports, days",
        default=7,
        validators=[MinValueValidator(2), MaxValueValidator(90)],
        help_text="What was uploaded, and the rows that were refused. 2 to 90.",
    )
    imports_days = models.PositiveSmallIntegerField(
        "reports of imports, days",
        default=90,
        validators=[MinValueValidator(7), MaxValueValidator(3650)],
        help_text="What an import did, once its file is gone. 7 to 3,650.",
    )

    class Meta:
        db_table = "shop_retention_times"
        verbose_name = "retention times"
        verbose_name_plural = "retention times"
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="retention_times_one_row")
        ]

    def __str__(self) -> str:
        return "Retention times"


def retention_times() -> RetentionTimes:
    """Those of the selected shop."""
    return RetentionTimes.objects.get()


class ListExport(models.Model):
    """A list of the back office as it was filtered, that the worker writes to a file.

    `kind` is the label of the model whose list it is, `query` the list's own address; `total` and
    `done` are rows of that list, of which a product has several in its file.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        WRITING = "writing", "Being written"
        READY = "ready", "Ready"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"
        GONE = "gone", "Removed"

    # The worker that had it is gone, where nothing was heard for so long.
    SILENT_FOR = timedelta(minutes=2)

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    kind = models.CharField(max_length=60)
    form = models.CharField(max_length=10, help_text="csv or xlsx.")
    query = models.TextField(blank=True)
    file_name = models.CharField(max_length=255, help_text="As it is downloaded.")
    attempt = models.PositiveSmallIntegerField(default=1, help_text="Jobs of earlier ones end.")
    total = models.IntegerField(default=0)
    done = models.IntegerField(default=0)
    size = models.BigIntegerField(default=0, help_text="Bytes of the file.")
    problem = models.CharField(max_length=500, blank=True)
    user_id = models.UUIDField()
    user_name = models.CharField(max_length=254)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    updated_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, help_text="Its file is deleted then.")

    class Meta:
        db_table = "shop_list_export"
        ordering = ["-created_at", "-id"]
        verbose_name = "export"
        constraints = [
            models.UniqueConstraint(
                F("user_id"),
                F("kind"),
                F("form"),
                MD5("query"),
                condition=Q(state__in=["waiting", "writing"]),
                name="list_export_asked_for_once",
            )
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def is_silent(self) -> bool:
        """Whether it should be written at this moment, and nobody seems to."""
        is_written = self.state == self.State.WRITING
        return is_written and self.updated_at < timezone.now() - self.SILENT_FOR


class IdempotencyKey(models.Model):
    """A call that named itself, and its answer: a repeat gets the same, for a day.

    `scope` is a digest of who called what under which key.
    """

    scope = models.CharField(max_length=64, primary_key=True)
    fingerprint = models.CharField(max_length=64, help_text="Of the raw body.")
    status = models.SmallIntegerField()
    body = models.BinaryField()
    headers = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        db_table = "shop_idempotency_key"

    def __str__(self) -> str:
        return self.scope


class WebhookType(models.TextChoices):
    """What a shop's other systems can be told."""

    ORDER_CREATED = "order.created", "An order was placed"
    ORDER_PAID = "order.paid", "An order was paid"
    ORDER_FULFILLED = "order.fulfilled", "Units of an order were sent"
    ORDER_REFUNDED = "order.refunded", "Money of an order was given back"
    PRODUCT_UPDATED = "product.updated", "A product was made or changed"
    STOCK_LOW = "stock.low", "A variant got low in stock"


class WebhookEndpoint(models.Model):
    """Where another system of the shop is told what happened.

    Its secret is not kept but worked out from the installation's `SECRET_KEY`, so that neither a
    dump nor an archive of the shop holds it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    address = models.CharField(max_length=500, help_text="Such as https://erp.example.com/hook.")
    events = ArrayField(models.CharField(max_length=20, choices=WebhookType))
    is_active = models.BooleanField("active", default=True)
    secret_number = models.PositiveIntegerField(default=1, editable=False)
    secret_changed_at = models.DateTimeField(null=True, editable=False)
    failing_since = models.DateTimeField(
        null=True,
        editable=False,
        help_text="The first failure since the last success.",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        db_table = "shop_webhook_endpoint"
        ordering = ["created_at", "id"]
        verbose_name = "webhook"

    def __str__(self) -> str:
        return self.address


class WebhookEvent(models.Model):
    """Something that happened, written with the change: the outbox of webhooks.

    `subject` names what it happened to. The body is written once, when the event is first sent.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    type = models.CharField(max_length=20)
    subject = models.JSONField(default=dict)
    body = models.TextField(null=True)  # noqa: DJ001 - unknown until it is first sent
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "shop_webhook_event"
        ordering = ["created_at", "id"]
        indexes = [
            models.Index(
                fields=["created_at"], name="webhook_event_new", condition=models.Q(body=None)
            )
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.id}"


class WebhookDelivery(models.Model):
    """An event on its way to an endpoint, and how the last try went."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    event = models.ForeignKey(WebhookEvent, on_delete=models.CASCADE, related_name="deliveries")
    endpoint = models.ForeignKey(
        WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries"
    )
    created_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(
        null=True, default=timezone.now, help_text="None once it ended."
    )
    tried_at = models.DateTimeField(null=True)
    succeeded = models.BooleanField(default=False)
    status = models.PositiveSmallIntegerField(null=True, help_text="Of the answer, if one came.")
    duration_ms = models.PositiveIntegerField(null=True)
    response = models.TextField(blank=True, help_text="Where the answer's body begins.")
    problem = models.CharField(max_length=200, blank=True)

    class Meta:
        db_table = "shop_webhook_delivery"
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(
                fields=["next_try_at"],
                name="webhook_delivery_waiting",
                condition=models.Q(next_try_at__isnull=False),
            ),
            models.Index(fields=["endpoint", "-created_at"], name="webhook_delivery_log"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(succeeded=False) | models.Q(next_try_at=None),
                name="webhook_delivered_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.event_id} to {self.endpoint_id}"
