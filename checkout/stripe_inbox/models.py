"""What Stripe tells the platform, for all shops: in `public`, before anybody knows whose it is."""

from django.db import models
from django.utils import timezone

from pycommerce.core.ids import uuid7


class StripeEvent(models.Model):
    """An event as it arrived, once by its id."""

    class State(models.TextChoices):
        RECEIVED = "received", "Received"
        DONE = "done", "Done"
        IGNORED = "ignored", "Of no concern"
        UNMATCHED = "unmatched", "Nobody's"
        DEAD = "dead", "Given up"

    id = models.CharField(primary_key=True, max_length=255)
    type = models.CharField(max_length=100)
    object_id = models.CharField(max_length=255, blank=True)
    account = models.CharField(max_length=255, blank=True)
    livemode = models.BooleanField(default=False)
    payload = models.JSONField()
    state = models.CharField(max_length=10, choices=State, default=State.RECEIVED)
    tenant_id = models.UUIDField(null=True)
    attempts = models.IntegerField(default=0)
    problem = models.CharField(max_length=500, blank=True)
    received_at = models.DateTimeField(default=timezone.now)
    next_try_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-received_at"]
        indexes = [
            models.Index(
                fields=["next_try_at"],
                name="stripe_event_waiting",
                condition=models.Q(state="received"),
            ),
            models.Index(fields=["object_id", "type"], name="stripe_event_object"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.id}"


class TestSession(models.Model):
    """A session for an order that nobody knows, in test mode: it pays for nothing."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tenant_id = models.UUIDField(null=True)
    reference = models.CharField(max_length=255, help_text="The order_id as it was sent.")
    fingerprint = models.CharField(max_length=64, help_text="Of the items.")
    stripe_key = models.CharField(max_length=64)
    params = models.JSONField()
    session_id = models.CharField(max_length=255, blank=True)
    url = models.TextField(blank=True)
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant_id", "reference"],
                name="test_session_once",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return self.reference
