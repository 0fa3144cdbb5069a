"""What every shop's schema holds whatever it sells: its counters and its audit trail."""

from django.db import models
from django.utils import timezone

from pycommerce.core.ids import uuid7
from pycommerce.db import connection


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


def raise_catalogue_version() -> None:
    """Make every kept answer about this shop's catalogue stale; the last call before a commit."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE shop_state SET catalogue_version = catalogue_version + 1")


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
        indexes = [models.Index(fields=["object_type", "object_id"], name="shop_audit_object")]

    def __str__(self) -> str:
        return f"{self.user_name} {self.get_action_display()} {self.object_name}"


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
