"""What the simulator keeps, in `public`: it serves every shop, as Stripe does."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone


class Session(models.Model):
    """A checkout session, as Stripe would keep it."""

    id = models.CharField(primary_key=True, max_length=100)
    account = models.CharField(max_length=255, blank=True)
    params = models.JSONField()
    status = models.CharField(max_length=10, default="open")
    payment_status = models.CharField(max_length=20, default="unpaid")
    amount_total = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    url = models.TextField()
    payment_intent = models.CharField(max_length=100, blank=True)
    intent_status = models.CharField(max_length=30, default="requires_payment_method")
    amount_refunded = models.BigIntegerField(default=0)
    delivery = models.CharField(max_length=20, default="now", help_text="Of the events it makes.")
    created = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()

    class Meta:
        db_table = "simulator_session"
        ordering = ["-created", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_refunded__gte=0, amount_refunded__lte=F("amount_total")),
                name="simulator_refunds_within_amount",
            )
        ]
        indexes = [models.Index(fields=["payment_intent"], name="simulator_intent")]

    def __str__(self) -> str:
        return self.id


class Refund(models.Model):
    id = models.CharField(primary_key=True, max_length=100)
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="refunds")
    amount = models.BigIntegerField()
    status = models.CharField(max_length=20, default="succeeded")
    metadata = models.JSONField(default=dict)
    created = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "simulator_refund"
        ordering = ["-created", "-id"]

    def __str__(self) -> str:
        return self.id


class StoredAnswer(models.Model):
    """The first answer to an idempotency key: it is given again."""

    key = models.CharField(primary_key=True, max_length=300)
    fingerprint = models.CharField(max_length=64)
    status = models.IntegerField()
    body = models.JSONField()
    created = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "simulator_answer"

    def __str__(self) -> str:
        return self.key


class Delivery(models.Model):
    """An event that is to be sent to the webhook, at its time."""

    id = models.BigAutoField(primary_key=True)
    event = models.JSONField()
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="deliveries")
    effect = models.JSONField(default=dict, help_text="Fields of the session, set when it is due.")
    is_lost = models.BooleanField(default=False)
    due_at = models.DateTimeField(default=timezone.now)
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "simulator_delivery"
        ordering = ["due_at", "id"]
        indexes = [
            models.Index(
                fields=["due_at"], name="simulator_due", condition=Q(delivered_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return str(self.event.get("type"))
