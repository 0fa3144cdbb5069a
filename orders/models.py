"""What was sold: orders, their line items, who bought, what was paid and what was sent."""

import secrets
from collections.abc import Mapping, Set
from decimal import Decimal
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Trim, Upper
from django.utils import timezone
from django.utils.formats import number_format

from catalog.models import PriceField, Variant
from pycommerce.core.ids import uuid7
from pycommerce.core.money import MAX_DECIMALS, MAX_DIGITS
from pycommerce.db.searching import trigram_index

TOKEN_BYTES = 16
MAX_QUANTITY = 9_999
MAX_NOTE = 2_000


def new_token() -> str:
    """128 random bits for an address that nobody can guess."""
    return secrets.token_urlsafe(TOKEN_BYTES)


class CapitalsField(models.CharField):
    """Text that is kept in capitals, however it is typed."""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        return text.strip().upper() if isinstance(text, str) else text


class AmountField(models.DecimalField):
    """An amount in major units; a sum may have more digits than a price."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs |= {"max_digits": MAX_DIGITS + 3, "decimal_places": MAX_DECIMALS}
        kwargs.setdefault("default", Decimal(0))
        super().__init__(**kwargs)


class OrderSettings(models.Model):
    """How a shop sells; exactly one row."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    number_prefix = models.CharField(
        max_length=10,
        blank=True,
        validators=[RegexValidator(r"\D\Z", "Its last character must be no digit.")],
        help_text="Before the number of an order, such as T-.",
    )
    country = models.CharField(
        max_length=2, default="US", help_text="Where most customers live (ISO 3166)."
    )
    prices_include_tax = models.BooleanField(default=False)
    hold_hours = models.PositiveIntegerField(
        default=24,
        validators=[MinValueValidator(1), MaxValueValidator(24 * 90)],
        help_text="A pending order without a payment session is cancelled after so many hours.",
    )
    contact_email = models.EmailField(
        blank=True, help_text="Where customers' answers to mails go, and alerts."
    )
    business_address = models.TextField(
        blank=True, max_length=500, help_text="Of who sells, line by line, as invoices have it."
    )
    tax_number = models.CharField(
        blank=True, max_length=60, help_text="Of who sells, as invoices have it."
    )

    class Meta:
        db_table = "orders_settings"
        verbose_name = "order settings"
        verbose_name_plural = "order settings"
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="order_settings_one_row"),
            # T-1 and 23 would be the number that T- and 123 are.
            models.CheckConstraint(
                condition=~Q(number_prefix__regex=r"[0-9]$"),
                name="order_number_prefix_ends_in_no_digit",
            ),
        ]

    def __str__(self) -> str:
        return "Order settings"


class ShippingMethod(models.Model):
    """A way to send an order, and what it costs."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.SlugField(max_length=40, unique=True, help_text="How programs name it.")
    name = models.CharField(max_length=100)
    description = models.CharField(max_length=200, blank=True, help_text="Such as 2–4 days.")
    price = PriceField(default=0)
    free_from = PriceField(
        null=True, blank=True, help_text="Free for goods of this amount or more."
    )
    countries = ArrayField(
        models.CharField(max_length=2),
        default=list,
        blank=True,
        help_text="Country codes it goes to; none: everywhere.",
    )
    position = models.IntegerField(default=1)
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ["position", "price", "code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(price__gte=0) & (Q(free_from__isnull=True) | Q(free_from__gte=0)),
                name="shipping_price_not_negative",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def price_for(self, goods: Decimal) -> Decimal:
        """What it costs for goods of this amount."""
        if self.free_from is not None and goods >= self.free_from:
            return Decimal(0)
        return self.price

    def goes_to(self, country_code: str) -> bool:
        return not self.countries or country_code in self.countries


class TaxRate(models.Model):
    """The tax on goods sent to a country, or to one of its states."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=60, default="Tax", help_text="Such as VAT.")
    country = models.CharField(max_length=2, help_text="ISO 3166 code.")
    state = models.CharField(max_length=60, blank=True, help_text="Empty: the whole country.")
    percent = models.DecimalField(
        max_digits=7,
        decimal_places=4,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )
    on_shipping = models.BooleanField(default=True)

    class Meta:
        ordering = ["country", "state"]
        constraints = [
            models.UniqueConstraint(fields=["country", "state"], name="tax_rate_once_a_place"),
            models.CheckConstraint(
                condition=Q(percent__gte=0, percent__lte=100), name="tax_rate_is_a_percentage"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.percent.normalize():f} % in {self.country} {self.state}".strip()


class DiscountBatch(models.Model):
    """Codes that were made together; their terms stand with each of them."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=100, unique=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-created_at"]
        verbose_name_plural = "discount batches"

    def __str__(self) -> str:
        return self.name


class Discount(models.Model):
    """A code that lowers the price of the goods."""

    class Kind(models.TextChoices):
        PERCENT = "percent", "Per cent"
        AMOUNT = "amount", "Amount"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = CapitalsField(max_length=40, unique=True, help_text="In capitals, such as SPRING10.")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.PERCENT)
    value = PriceField(help_text="Per cent, or an amount in the shop's currency.")
    minimum = PriceField(default=0, help_text="For goods of this amount or more.")
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    usage_limit = models.PositiveIntegerField(null=True, blank=True)
    used_count = models.PositiveIntegerField(default=0, editable=False)
    active = models.BooleanField(default=True)
    batch = models.ForeignKey(
        DiscountBatch,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="codes",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-created_at"]
        indexes = [trigram_index("code", name="discount_words")]
        constraints = [
            models.CheckConstraint(
                condition=Q(usage_limit__isnull=True) | Q(used_count__lte=F("usage_limit")),
                name="discount_used_within_its_limit",
            ),
            models.CheckConstraint(
                condition=Q(value__gt=0) & (~Q(kind="percent") | Q(value__lte=100)),
                name="discount_value_makes_sense",
            ),
            models.CheckConstraint(
                condition=Q(code=Trim(Upper("code"))) & ~Q(code=""),
                name="discount_code_in_capitals",
            ),
            models.CheckConstraint(
                condition=Q(minimum__gte=0), name="discount_minimum_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Customer(models.Model):
    """Who buys in this shop; made by their first order. Not a user: nobody signs in as staff."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(max_length=254, unique=True, help_text="In lower case.")
    name = models.CharField(max_length=255)
    phone = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(F("created_at").desc(), F("id").desc(), name="customer_newest"),
            trigram_index("name", "email", name="customer_words"),
        ]

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"


class CustomerAddress(models.Model):
    """An address a customer keeps for the next order."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="addresses")
    address = models.JSONField(help_text="line1, line2, city, state, postal_code, country.")
    country_code = models.CharField(max_length=2)
    last_used_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-last_used_at"]
        constraints = [
            models.UniqueConstraint(fields=["customer", "address"], name="customer_address_once")
        ]

    def __str__(self) -> str:
        return str(self.address.get("line1", ""))


class SignIn(models.Model):
    """A mail with a link that signs a customer in, once. Asked for by anybody, known or not."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(max_length=254)
    client_address = models.GenericIPAddressField()
    customer = models.ForeignKey(
        Customer, null=True, on_delete=models.CASCADE, related_name="sign_ins"
    )
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    used_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["email", "created_at"], name="sign_in_email"),
            models.Index(fields=["client_address", "created_at"], name="sign_in_client"),
        ]

    def __str__(self) -> str:
        return self.email


class Order(models.Model):
    """What a customer and the shop agreed on.

    Amounts are as priced: with tax inside where `prices_include_tax`, else without. `subtotal`,
    `tax_total` and `shipping_net` are those of the API and add up to `total`.
    """

    class Status(models.TextChoices):
        PENDING = "pending", "Pending"
        PROCESSING = "processing", "Processing"
        COMPLETED = "completed", "Completed"
        CANCELLED = "cancelled", "Cancelled"

    class PaymentStatus(models.TextChoices):
        UNPAID = "unpaid", "Unpaid"
        PROCESSING = "processing", "Processing"
        PAID = "paid", "Paid"
        PARTIALLY_REFUNDED = "partially_refunded", "Partially refunded"
        REFUNDED = "refunded", "Refunded"
        REVIEW = "review", "In review"

    class PaymentMethod(models.TextChoices):
        CREDIT_CARD = "credit_card", "Card"
        MANUAL = "manual", "Outside of the shop"

    class Units(models.TextChoices):
        """Where the units of the order's lines are."""

        HELD = "held", "Held"
        SOLD = "sold", "Sold"
        RELEASED = "released", "Released"

    # What may become what; `orders.services.timeline.save` makes each move, and no other.
    STATUS_MOVES: ClassVar[Mapping[str, Set[str]]] = {
        Status.PENDING: {Status.PROCESSING, Status.CANCELLED},
        Status.PROCESSING: {Status.COMPLETED, Status.CANCELLED},
        # A refund failed: its units are owed again.
        Status.COMPLETED: {Status.PROCESSING},
        # Paid after it had expired, and its units were still there.
        Status.CANCELLED: {Status.PENDING},
    }
    PAYMENT_MOVES: ClassVar[Mapping[str, Set[str]]] = {
        PaymentStatus.UNPAID: {
            PaymentStatus.PROCESSING,
            PaymentStatus.PAID,
            PaymentStatus.REVIEW,
        },
        PaymentStatus.PROCESSING: {
            PaymentStatus.UNPAID,
            PaymentStatus.PAID,
            PaymentStatus.REVIEW,
        },
        PaymentStatus.PAID: {
            PaymentStatus.PARTIALLY_REFUNDED,
            PaymentStatus.REFUNDED,
            PaymentStatus.REVIEW,
        },
        # A refund that fails is booked back.
        PaymentStatus.PARTIALLY_REFUNDED: {
            PaymentStatus.PAID,
            PaymentStatus.REFUNDED,
            PaymentStatus.REVIEW,
        },
        PaymentStatus.REFUNDED: {
            PaymentStatus.PAID,
            PaymentStatus.PARTIALLY_REFUNDED,
            PaymentStatus.REVIEW,
        },
        # Looked at, and it goes on; one whose payment was not its total only goes back.
        PaymentStatus.REVIEW: {
            PaymentStatus.PAID,
            PaymentStatus.PARTIALLY_REFUNDED,
            PaymentStatus.REFUNDED,
        },
    }

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.CharField(  # noqa: DJ001 - unique, and unknown until the end
        max_length=40, unique=True, null=True, editable=False
    )
    access_token = models.CharField(max_length=40, unique=True, default=new_token, editable=False)
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    payment_status = models.CharField(
        max_length=20, choices=PaymentStatus, default=PaymentStatus.UNPAID
    )
    units = models.CharField(max_length=10, choices=Units, default=Units.HELD, editable=False)
    cancel_reason = models.CharField(max_length=255, blank=True)
    cancel_key = models.CharField(
        max_length=100, blank=True, editable=False, help_text="Of the call that cancelled it."
    )
    expired = models.BooleanField(
        default=False, editable=False, help_text="Cancelled since nobody paid in time."
    )
    keep_until_paid = models.BooleanField(default=False)

    customer = models.ForeignKey(
        Customer, null=True, on_delete=models.SET_NULL, related_name="orders"
    )
    customer_name = models.CharField(max_length=255)
    customer_email = models.EmailField(max_length=254)
    customer_phone = models.CharField(max_length=40, blank=True)
    shipping_address = models.JSONField()
    billing_address = models.JSONField()
    country_code = models.CharField(max_length=2, help_text="Where it is sent (ISO 3166).")
    notes = models.TextField(blank=True)
    language = models.CharField(max_length=5, default="en")
    origin = models.CharField(
        max_length=300,
        blank=True,
        editable=False,
        help_text="Where the customer has the shop: links in mails lead there.",
    )

    shipping_method = models.CharField(max_length=40)
    shipping_name = models.CharField(max_length=100)
    payment_method = models.CharField(
        max_length=20, choices=PaymentMethod, default=PaymentMethod.CREDIT_CARD
    )
    discount_code = models.CharField(max_length=40, blank=True)
    used_discount = models.ForeignKey(
        Discount,
        null=True,
        on_delete=models.SET_NULL,
        related_name="orders",
        editable=False,
        help_text="While the order counts as a use of it.",
    )

    currency = models.CharField(max_length=3)
    prices_include_tax = models.BooleanField(default=False)
    items_total = AmountField()
    discount_total = AmountField()
    shipping_total = AmountField()
    shipping_net = AmountField()
    tax_name = models.CharField(max_length=60, blank=True)
    tax_percent = models.DecimalField(max_digits=7, decimal_places=4, default=0)
    tax_total = AmountField()
    subtotal = AmountField()
    total = AmountField()
    captured = AmountField()
    refunded = AmountField()

    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(F("created_at").desc(), F("id").desc(), name="order_newest"),
            models.Index(
                F("status"), F("created_at").desc(), F("id").desc(), name="order_status_newest"
            ),
            models.Index(
                F("payment_status"),
                F("created_at").desc(),
                F("id").desc(),
                name="order_payment_newest",
            ),
            models.Index(
                F("customer_id"), F("created_at").desc(), F("id").desc(), name="order_customer"
            ),
            models.Index(fields=["updated_at"], name="order_updated"),
            # All that figures of sales read of an order.
            models.Index(
                fields=["created_at"],
                include=["captured", "refunded", "id"],
                condition=Q(number__isnull=False, payment_status__in=["paid", "partially_refunded"])
                & ~Q(status="cancelled"),
                name="order_counted",
            ),
            models.Index(fields=["customer_email"], name="order_email"),
            trigram_index("number", "customer_name", "customer_email", name="order_words"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    prices_include_tax=False,
                    total=F("items_total")
                    - F("discount_total")
                    + F("shipping_total")
                    + F("tax_total"),
                )
                | Q(
                    prices_include_tax=True,
                    total=F("items_total") - F("discount_total") + F("shipping_total"),
                ),
                name="order_total_is_the_sum",
            ),
            models.CheckConstraint(
                condition=Q(total=F("subtotal") + F("tax_total") + F("shipping_net")),
                name="order_subtotal_tax_and_shipping_make_the_total",
            ),
            models.CheckConstraint(
                condition=Q(
                    items_total__gte=0,
                    discount_total__gte=0,
                    shipping_total__gte=0,
                    shipping_net__gte=0,
                    tax_total__gte=0,
                    subtotal__gte=0,
                    total__gte=0,
                    discount_total__lte=F("items_total"),
                ),
                name="order_amounts_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(refunded__gte=0, refunded__lte=F("captured")),
                name="order_refunded_is_captured",
            ),
            models.CheckConstraint(
                condition=~Q(status="cancelled") | ~Q(units="held"),
                name="order_cancelled_holds_nothing",
            ),
            models.CheckConstraint(
                condition=Q(
                    status__in=["pending", "processing", "completed", "cancelled"],
                    units__in=["held", "sold", "released"],
                    payment_status__in=[
                        "unpaid",
                        "processing",
                        "paid",
                        "partially_refunded",
                        "refunded",
                        "review",
                    ],
                ),
                name="order_states_are_known",
            ),
        ]

    def __str__(self) -> str:
        return self.number or str(self.id)

    @property
    def is_erased(self) -> bool:
        """Whether its person was erased: nobody is mailed about it any more."""
        return not self.customer_email

    @property
    def is_payable(self) -> bool:
        """Whether a payment for it may be started."""
        return (
            self.status == self.Status.PENDING and self.payment_status == self.PaymentStatus.UNPAID
        )

    @property
    def tax_words(self) -> str:
        """Its tax as the shop named it when it was placed: VAT 19 %.

        "" where it had none, and for orders of versions that did not keep the name.
        """
        if not self.tax_name or "%" in self.tax_name:
            return self.tax_name
        return f"{self.tax_name} {number_format(Decimal(f'{self.tax_percent.normalize():f}'))} %"


class LineItem(models.Model):
    """What an order holds of one variant: copied from the catalogue when it was placed."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="line_items")
    position = models.IntegerField()
    variant = models.ForeignKey(
        Variant, null=True, on_delete=models.SET_NULL, related_name="line_items"
    )
    product_id = models.UUIDField()
    name = models.CharField(max_length=255)
    sku = models.CharField(max_length=255)
    options = models.JSONField(default=dict)
    quantity = models.IntegerField()
    unit_price = PriceField()
    total_price = AmountField()
    discount = AmountField()
    tax = AmountField()
    tax_percent = models.DecimalField(max_digits=7, decimal_places=4, default=0)
    fulfilled = models.IntegerField(default=0)
    refunded = models.IntegerField(default=0, help_text="Units whose price was given back.")
    restocked = models.IntegerField(default=0, help_text="Units that came back into stock.")

    class Meta:
        ordering = ["position"]
        indexes = [trigram_index("sku", name="line_item_words")]
        constraints = [
            models.UniqueConstraint(fields=["order", "position"], name="line_item_position_once"),
            models.CheckConstraint(
                condition=Q(total_price=F("unit_price") * F("quantity")),
                name="line_item_total_is_price_by_quantity",
            ),
            models.CheckConstraint(
                condition=Q(
                    unit_price__gte=0, discount__gte=0, discount__lte=F("total_price"), tax__gte=0
                ),
                name="line_item_amounts_in_range",
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=1, quantity__lte=MAX_QUANTITY),
                name="line_item_quantity_in_range",
            ),
            models.CheckConstraint(
                condition=Q(
                    fulfilled__gte=0,
                    fulfilled__lte=F("quantity"),
                    refunded__gte=0,
                    refunded__lte=F("quantity"),
                    restocked__gte=0,
                    restocked__lte=F("quantity"),
                ),
                name="line_item_units_within_quantity",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.name}"

    @property
    def to_send(self) -> int:
        """Units that are to be sent still."""
        return units_to_send(self.quantity, self.fulfilled, self.refunded, self.restocked)


def units_to_send(quantity: int, fulfilled: int, refunded: int, restocked: int) -> int:
    """Units of a line that nobody sent, gave the money back for, or put back into stock."""
    return max(0, quantity - fulfilled - max(refunded, restocked))


class OrderEvent(models.Model):
    """The timeline of an order: what happened, when, by whom.

    Never changed afterwards, unless a person is erased from it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=40)
    text = models.CharField(max_length=MAX_NOTE)
    user_id = models.UUIDField(null=True)
    user_name = models.CharField(max_length=254, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["created_at", "id"]

    def __str__(self) -> str:
        return self.text


class LedgerEntry(models.Model):
    """Money that moved, by the provider's own id: once each. Never changed afterwards.

    A surplus charge (a second session paid for one order) and its refund stand here as well, but
    not in the order's `captured` and `refunded`.
    """

    class Kind(models.TextChoices):
        CHARGE = "charge", "Charge"
        REFUND = "refund", "Refund"
        REFUND_REVERSAL = "refund_reversal", "Refund that failed"
        DISPUTE = "dispute", "Dispute"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="ledger")
    kind = models.CharField(max_length=20, choices=Kind)
    amount = AmountField()
    currency = models.CharField(max_length=3)
    provider = models.CharField(max_length=20, help_text="stripe, simulator or manual.")
    provider_id = models.CharField(max_length=255)
    is_surplus = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["created_at", "id"]
        verbose_name_plural = "ledger"
        constraints = [
            models.UniqueConstraint(fields=["provider_id", "kind"], name="ledger_fact_once"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="ledger_amount_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.amount} {self.currency}"


class Refund(models.Model):
    """Money that goes back: written down before the provider is asked, under its own key."""

    class State(models.TextChoices):
        NEW = "new", "To be sent"
        PENDING = "pending", "On its way"
        SUCCEEDED = "succeeded", "Given back"
        FAILED = "failed", "Failed"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="refunds")
    amount = AmountField()
    state = models.CharField(max_length=10, choices=State, default=State.NEW)
    charge_id = models.CharField(max_length=255, help_text="The provider's id of the payment.")
    provider_id = models.CharField(  # noqa: DJ001 - unique, and unknown until it is sent
        max_length=255, unique=True, null=True
    )
    is_surplus = models.BooleanField(default=False)
    restock = models.BooleanField(default=False, help_text="Its units come back into stock.")
    reason = models.CharField(max_length=255, blank=True)
    request_key = models.CharField(  # noqa: DJ001 - unique where there is one
        max_length=100, unique=True, null=True, help_text="Of the call that asked for it."
    )
    problem = models.CharField(max_length=500, blank=True)
    user_id = models.UUIDField(null=True)
    user_name = models.CharField(max_length=254, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="refund_is_positive")]
        indexes = [
            models.Index(fields=["created_at"], name="refund_unfinished", condition=Q(state="new"))
        ]

    def __str__(self) -> str:
        return f"{self.amount} ({self.get_state_display()})"


class RefundLine(models.Model):
    """Units of a line item whose price a refund gives back."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    refund = models.ForeignKey(Refund, on_delete=models.CASCADE, related_name="lines")
    line_item = models.ForeignKey(LineItem, on_delete=models.PROTECT, related_name="refund_lines")
    quantity = models.IntegerField(validators=[MinValueValidator(1)])
    restocked = models.IntegerField(
        default=0, help_text="Units of them that came back into stock with it."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["refund", "line_item"], name="refund_line_once"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="refund_line_has_units"),
            models.CheckConstraint(
                condition=Q(restocked__gte=0, restocked__lte=F("quantity")),
                name="refund_line_restocked_in_range",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.line_item_id}"


class Fulfilment(models.Model):
    """Units of an order that were sent together."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="fulfilments")
    carrier = models.CharField(max_length=100, blank=True)
    tracking_number = models.CharField(max_length=100, blank=True)
    user_id = models.UUIDField(null=True)
    user_name = models.CharField(max_length=254, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["created_at", "id"]

    def __str__(self) -> str:
        return f"{self.carrier} {self.tracking_number}".strip() or str(self.id)


class FulfilmentLine(models.Model):
    """Units of one line item in a fulfilment."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    fulfilment = models.ForeignKey(Fulfilment, on_delete=models.CASCADE, related_name="lines")
    line_item = models.ForeignKey(LineItem, on_delete=models.CASCADE, related_name="sent")
    quantity = models.IntegerField(validators=[MinValueValidator(1)])

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["fulfilment", "line_item"], name="sent_line_once"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="sent_line_has_units"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.line_item_id}"


class OutboxMessage(models.Model):
    """Something to tell the outside, written with the change it tells of; a job delivers it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    topic = models.CharField(max_length=60, help_text="Such as mail.order_confirmed.")
    dedupe_key = models.CharField(max_length=120, unique=True)
    payload = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)
    next_try_at = models.DateTimeField(default=timezone.now)
    attempts = models.IntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["created_at", "id"]
        indexes = [
            models.Index(
                fields=["next_try_at"], name="outbox_waiting", condition=Q(sent_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.dedupe_key}"
