"""How it is paid: carts, and the attempts to pay for orders."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from catalog.models import PriceField, Variant
from orders.models import MAX_QUANTITY, AmountField, Order
from pycommerce.core.ids import uuid7


class Cart(models.Model):
    """What a shopper means to buy. Its id stands signed in their cookie."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    order = models.ForeignKey(
        Order,
        null=True,
        on_delete=models.SET_NULL,
        related_name="carts",
        help_text="The pending order that was made from it, if any.",
    )
    details = models.JSONField(
        default=dict, help_text="What was typed at the checkout: it is there when they come back."
    )
    notice = models.TextField(
        blank=True, help_text="What stood in the way of an order: said once, at the checkout."
    )
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return str(self.id)


class CartLine(models.Model):
    """Units of a variant in a cart, and the price the shopper saw when they put them there.

    A variant that was deleted leaves its line behind, until the shopper has read that it is gone.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    cart = models.ForeignKey(Cart, on_delete=models.CASCADE, related_name="lines")
    variant = models.ForeignKey(Variant, null=True, on_delete=models.SET_NULL, related_name="+")
    name = models.CharField(max_length=255, blank=True, help_text="Of the product, back then.")
    quantity = models.IntegerField()
    seen_price = PriceField()
    added_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["added_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["cart", "variant"], name="cart_line_once"),
            models.CheckConstraint(
                condition=Q(quantity__gte=1, quantity__lte=MAX_QUANTITY),
                name="cart_line_quantity_in_range",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.variant_id}"


class PaymentAttempt(models.Model):
    """One try to pay for an order: committed before the provider is asked, under its own key.

    The session is made with exactly the stored parameters, so that a repeat with the same key
    gets the same session.
    """

    class State(models.TextChoices):
        NEW = "new", "Being made"
        OPEN = "open", "Open"
        COMPLETE = "complete", "Complete"
        EXPIRED = "expired", "Expired"
        FAILED = "failed", "Failed"
        ABANDONED = "abandoned", "Given up"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="attempts")
    state = models.CharField(max_length=10, choices=State, default=State.NEW)
    stripe_key = models.CharField(max_length=64, unique=True)
    params = models.JSONField()
    amount = AmountField()
    currency = models.CharField(max_length=3)
    session_id = models.CharField(  # noqa: DJ001 - unique, and unknown until it is made
        max_length=255, unique=True, null=True
    )
    url = models.TextField(blank=True)
    account = models.CharField(
        max_length=255, blank=True, help_text="The Stripe account it was made in; empty: ours."
    )
    payment_id = models.CharField(
        max_length=255, blank=True, help_text="The provider's id of the payment, once there is one."
    )
    expires_at = models.DateTimeField()
    created_at = models.DateTimeField(default=timezone.now)
    checked_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["order"],
                condition=Q(state="new") | Q(state="open"),
                name="one_open_attempt_for_an_order",
            )
        ]
        indexes = [
            models.Index(
                fields=["checked_at"],
                name="attempt_unfinished",
                condition=Q(state="new") | Q(state="open") | Q(state="complete"),
            ),
            models.Index(
                fields=["payment_id"], name="attempt_payment", condition=~Q(payment_id="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.session_id or self.id} ({self.get_state_display()})"
