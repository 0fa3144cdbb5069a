"""Who the shop is and who works there."""

import secrets
from typing import ClassVar
from uuid import UUID

import idna
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import (  # type: ignore[attr-defined]
    _user_has_module_perms,
    _user_has_perm,
)
from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django_tenants.models import TenantMixin

from pycommerce.core.ids import uuid7
from pycommerce.db.searching import trigram_index
from tenants import platform_models  # noqa: F401 - Django looks for models here

validate_color = RegexValidator(r"^#[0-9a-fA-F]{6}\Z", "Write a colour as #rrggbb.")


def schema_name_of(tenant_id: UUID) -> str:
    """The schema of a tenant: from its id, never its slug; a renamed slug inherits nothing."""
    return f"t_{tenant_id.hex}"


def logo_path(tenant: "Tenant", filename: str) -> str:
    return f"tenants/{tenant.id}/logo/{uuid7().hex}.{filename.rpartition('.')[2].lower()}"


class Radius(models.TextChoices):
    """How round corners are."""

    NONE = "none", "None: straight corners"
    SMALL = "small", "Small: corners taken off"
    LARGE = "large", "Large: round corners and buttons"


class Density(models.TextChoices):
    """How much space things have."""

    COMFORTABLE = "comfortable", "Comfortable: room around everything"
    COMPACT = "compact", "Compact: more on a screen"


class TypeScale(models.TextChoices):
    """A family of system fonts with the sizes that suit it."""

    PLAIN = "plain", "Plain: sans serif throughout"
    SMALL = "small", "Small: quiet headings, small text"
    CLASSIC = "classic", "Classic: serif headings, sans serif text"
    LITERARY = "literary", "Literary: serif throughout"
    ROUNDED = "rounded", "Rounded: soft, heavy headings"
    TECHNICAL = "technical", "Technical: headings of a typewriter"
    POSTER = "poster", "Poster: narrow headings, as large as can be"


class Tenant(TenantMixin):
    """One shop and its schema."""

    auto_create_schema = False
    auto_drop_schema = False

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=255)
    slug = models.CharField(max_length=40, unique=True)
    active = models.BooleanField(default=True)
    closed_reason = models.CharField(max_length=300, blank=True, editable=False)
    currency = models.CharField(max_length=3, default="USD", help_text="ISO 4217 code.")
    language = models.CharField(
        max_length=5, default="en", choices=[("en", "English"), ("de", "Deutsch")]
    )
    time_zone = models.CharField(max_length=60, default="UTC")
    tagline = models.CharField(max_length=160, blank=True)
    primary_color = models.CharField(max_length=7, default="#1d4ed8", validators=[validate_color])
    accent_color = models.CharField(max_length=7, default="#b45309", validators=[validate_color])
    radius = models.CharField("corners", max_length=10, choices=Radius, default=Radius.LARGE)
    density = models.CharField(max_length=12, choices=Density, default=Density.COMFORTABLE)
    type_scale = models.CharField("type", max_length=10, choices=TypeScale, default=TypeScale.PLAIN)
    logo = models.ImageField(upload_to=logo_path, blank=True)
    logo_alt = models.CharField(
        "words for the logo",
        max_length=160,
        blank=True,
        help_text="For those who do not see it. Empty: the shop's name.",
    )
    # Kept, since asking the file would open it.
    logo_width = models.PositiveSmallIntegerField(null=True, editable=False)
    logo_height = models.PositiveSmallIntegerField(null=True, editable=False)
    stripe_account = models.CharField(
        "Stripe account",
        max_length=255,
        blank=True,
        validators=[RegexValidator(r"^acct_[A-Za-z0-9]+\Z", "It is written as acct_….")],
        help_text="Connect account that charges go to (acct_…); empty: the platform's own.",
    )
    second_factor_required = models.BooleanField(
        default=False,
        editable=False,
        help_text="Whether whoever works here must set up a second factor first.",
    )
    is_listed = models.BooleanField(
        "show the shop in the platform's directory",
        default=True,
        help_text="On the platform's home page, as soon as there is something to buy. "
        "The shop's own address works either way.",
    )
    # Kept by `catalog.services.directory`.
    has_products = models.BooleanField(
        default=False, editable=False, help_text="Whether there is something to buy."
    )
    # Once the list of first steps was dismissed, or nothing is left of it.
    first_steps_ended_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name", "id"]
        verbose_name = "shop"

    def __str__(self) -> str:
        return self.name

    @property
    def default_host(self) -> str:
        """The host every shop has: its slug below the installation's own domain."""
        return f"{self.slug}.{settings.BASE_HOST}"


class ShopLook(Tenant):
    """A shop as its merchants change it: what it is called and how it looks."""

    class Meta:
        proxy = True
        verbose_name = "shop look"
        verbose_name_plural = "shop look"


class ShopLocale(Tenant):
    """A shop as its merchants change it: what it speaks, and what its clocks show."""

    class Meta:
        proxy = True
        verbose_name = "language and time"
        verbose_name_plural = "language and time"


class PaymentAccount(Tenant):
    """A shop as its owner says where its payments go."""

    class Meta:
        proxy = True
        verbose_name = "payment account"
        verbose_name_plural = "payment account"


def new_challenge() -> str:
    """What a TXT record must say to prove a domain: 128 random bits."""
    return f"pycommerce-{secrets.token_hex(16)}"


class Domain(models.Model):
    """A custom host of a tenant, in lower case and in its ASCII (IDNA) form.

    It serves once it is proven: a TXT record holds its challenge, or the platform vouches for it.
    Several shops may claim a host, and one has it.
    """

    CHALLENGE_LABEL = "_pycommerce-challenge"

    domain = models.CharField(max_length=253)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="domains")
    is_primary = models.BooleanField(
        "main address", default=False, help_text="Links in mails and feeds lead there."
    )
    challenge = models.CharField(max_length=64, default=new_challenge, editable=False)
    # Entered by the platform, which knows whose it is: no record is looked for.
    is_vouched = models.BooleanField(default=False, editable=False)
    proven_at = models.DateTimeField("proven", null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    checked_at = models.DateTimeField("last check", null=True, editable=False)
    seen = models.CharField("what was seen", max_length=500, blank=True, editable=False)
    # Since when the record of a proven domain is not there any more.
    missing_since = models.DateTimeField(null=True, editable=False)
    # When another shop proved it, after this one had.
    lost_at = models.DateTimeField(null=True, editable=False)
    # When its owners were told what is wrong.
    told_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["domain"]
        constraints = [
            models.UniqueConstraint(
                fields=["domain"],
                condition=models.Q(proven_at__isnull=False),
                name="one_shop_has_a_proven_domain",
            ),
            models.UniqueConstraint(
                fields=["tenant", "domain"], name="a_shop_claims_a_domain_once"
            ),
            models.UniqueConstraint(
                fields=["tenant"],
                condition=models.Q(is_primary=True),
                name="one_primary_domain_of_a_shop",
            ),
            models.CheckConstraint(
                condition=models.Q(is_primary=False) | models.Q(proven_at__isnull=False),
                name="a_primary_domain_is_proven",
            ),
            models.CheckConstraint(
                condition=models.Q(is_vouched=False) | models.Q(proven_at__isnull=False),
                name="a_vouched_domain_is_proven",
            ),
        ]
        indexes = [models.Index(fields=["checked_at"], name="domain_checked")]

    def __str__(self) -> str:
        return self.shown

    @property
    def shown(self) -> str:
        """The name as its readers write it: “bücher.example”."""
        try:
            return idna.decode(self.domain)
        except idna.IDNAError:
            return self.domain

    @property
    def is_proven(self) -> bool:
        return self.proven_at is not None

    @property
    def record_name(self) -> str:
        """Where the TXT record stands."""
        return f"{self.CHALLENGE_LABEL}.{self.domain}"

    @property
    def state(self) -> str:
        """In a word or two."""
        if not self.is_proven:
            return "waiting"
        return "proof missing" if self.missing_since else "proven"


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: object) -> "User":
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: object) -> "User":
        return self.create_user(email, password, **fields, is_superuser=True)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser):
    """Somebody who signs in: staff of shops, or of the platform. Shoppers are no users.

    Rights in a shop come from memberships; `is_superuser` means platform staff.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(max_length=254, unique=True)
    name = models.CharField(max_length=255, blank=True)
    is_active = models.BooleanField(default=True)
    is_superuser = models.BooleanField("platform staff", default=False)
    token_epoch = models.IntegerField(
        default=0, editable=False, help_text="Raised to end every token issued before."
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        ordering = ["email"]
        indexes = [trigram_index("email", "name", name="user_words")]
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_unique_ignoring_case")
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def is_staff(self) -> bool:
        return self.is_superuser

    def set_password(self, raw_password: str | None) -> None:
        """Also ends every token issued before; saved with the password it belongs to."""
        super().set_password(raw_password)
        self.token_epoch += 1

    @property
    def author(self) -> str:
        """Whom timelines and histories name."""
        return self.email

    def get_full_name(self) -> str:
        return self.name or self.email

    def get_short_name(self) -> str:
        return self.name or self.email

    def has_perm(self, perm: str, obj: models.Model | None = None) -> bool:
        return self.is_active and _user_has_perm(self, perm, obj)

    def has_perms(self, perm_list: list[str], obj: models.Model | None = None) -> bool:
        return all(self.has_perm(perm, obj) for perm in perm_list)

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_active and _user_has_module_perms(self, app_label)


class Role(models.TextChoices):
    OWNER = "owner", "Owner"
    MANAGER = "manager", "Manager"
    FULFILMENT = "fulfilment", "Fulfilment"
    VIEWER = "viewer", "Viewer"


class Membership(models.Model):
    """What a user may do in a tenant."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["tenant", "user"]
        verbose_name = "member"
        constraints = [
            models.UniqueConstraint(fields=["user", "tenant"], name="one_membership_in_a_tenant")
        ]

    def __str__(self) -> str:
        return f"{self.user} is {self.get_role_display().lower()} of {self.tenant}"


class Scope(models.TextChoices):
    """What an API key may be allowed."""

    READ_ORDERS = "orders:read", "Read orders and their customers"
    FULFIL_ORDERS = "orders:fulfil", "Fulfil orders, and read them"
    WRITE_ORDERS = "orders:write", "Create, cancel, refund and fulfil orders, and read them"
    READ_CATALOGUE = "catalogue:read", "Read products, stock and categories"
    WRITE_CATALOGUE = "catalogue:write", "Change products, and read them"
    WRITE_STOCK = "stock:write", "Change stock, and read products"


class ApiKey(models.Model):
    """A bearer token of a shop's other system: it belongs to the shop, and to no user.

    The token itself is not kept. It names this row, which is looked up on every call.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(
        max_length=100, help_text="Which system calls with it; what it does is done in this name."
    )
    scopes = ArrayField(models.CharField(max_length=20, choices=Scope))
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # A plain id and the name of that moment: the key stays when its maker leaves.
    created_by_id = models.UUIDField(null=True, editable=False)
    created_by_name = models.CharField("made by", max_length=254, editable=False)
    expires_at = models.DateTimeField("valid until", null=True, blank=True)
    last_used_at = models.DateTimeField("last used", null=True, editable=False)
    revoked_at = models.DateTimeField("revoked", null=True, editable=False)

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name = "API key"
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "name"],
                condition=models.Q(revoked_at=None),
                name="one_live_api_key_of_a_name",
            ),
            models.CheckConstraint(
                condition=models.Q(scopes__len__gte=1), name="an_api_key_may_do_something"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def state(self) -> str:
        """In a word: whether calls with it are answered."""
        if self.revoked_at:
            return "revoked"
        return "ended" if self.expires_at and self.expires_at <= timezone.now() else "in use"


class RefreshToken(models.Model):
    """A refresh token that was issued; `used_at` is set once, by one conditional update.

    Tokens that follow each other by rotation share a family; reuse of a used one ends the family.
    """

    jti = models.UUIDField(primary_key=True)
    family = models.UUIDField(db_index=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="refresh_tokens")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.jti)


class WrongCodes(models.Model):
    """A count of wrong codes of a second factor, in a row."""

    wrong_codes = models.PositiveSmallIntegerField(default=0)
    wrong_code_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True


class SecondFactor(WrongCodes):
    """An app that makes codes, which signing in asks the user for.

    Its secret is not kept but worked out from `seed` and the installation's `SECRET_KEY`.
    `last_step` is the time, in steps of 30 s since 1970, of the last code that was taken.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="second_factor")
    seed = models.CharField(max_length=32)
    last_step = models.BigIntegerField()
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"second factor of {self.user}"


class RecoveryCode(models.Model):
    """The digest of a code that stands in for the app once."""

    factor = models.ForeignKey(
        SecondFactor, on_delete=models.CASCADE, related_name="recovery_codes"
    )
    digest = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["factor", "digest"], name="recovery_code_once")
        ]

    def __str__(self) -> str:
        return f"recovery code of {self.factor_id}"


class KnownAddress(WrongCodes):
    """An address from which an account signed in: its failed tries are counted on their own."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="known_addresses")
    address = models.GenericIPAddressField()
    last_used_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "address"], name="known_address_once")
        ]

    def __str__(self) -> str:
        return f"{self.user} at {self.address}"


class PasswordRequest(models.Model):
    """Somebody asked for a link to choose a password: counted, known address or not."""

    email = models.EmailField(max_length=254)
    client_address = models.GenericIPAddressField()
    # The shop that invites them; None where they asked themselves.
    invited_to = models.UUIDField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        indexes = [
            models.Index(fields=["email", "created_at"], name="password_request_email"),
            models.Index(fields=["client_address", "created_at"], name="password_request_client"),
            models.Index(fields=["invited_to", "created_at"], name="password_request_shop"),
        ]

    def __str__(self) -> str:
        return self.email


class SignUp(models.Model):
    """Somebody asked to open a shop: what it is to be, until its owner's address is confirmed."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(max_length=254, help_text="In lower case.")
    # Empty once the shop is open: the account has it then, or has one of its own.
    password = models.CharField(max_length=128)
    name = models.CharField(max_length=255)
    slug = models.CharField(max_length=40)
    currency = models.CharField(max_length=3)
    language = models.CharField(max_length=5)
    time_zone = models.CharField(max_length=60)
    country = models.CharField(max_length=2)
    client_address = models.GenericIPAddressField()
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    opened_at = models.DateTimeField(null=True, db_index=True)
    # A plain id: the shop may go before what tells of its beginning.
    tenant_id = models.UUIDField(null=True)
    is_new_user = models.BooleanField(default=False, help_text="Whether the account was made here.")
    entered_at = models.DateTimeField(null=True, help_text="When the first way in was used.")

    class Meta:
        indexes = [
            models.Index(fields=["email", "created_at"], name="sign_up_email"),
            models.Index(fields=["client_address", "created_at"], name="sign_up_client"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(opened_at=None, tenant_id=None)
                | models.Q(opened_at__isnull=False, tenant_id__isnull=False),
                name="sign_up_opened_a_shop",
            ),
        ]

    def __str__(self) -> str:
        return self.slug


class DueWork(models.Model):
    """A shop has work for the worker from `due_at` on. A hint: a sweep of all shops needs none."""

    class Kind(models.TextChoices):
        MESSAGES = "messages", "Messages to deliver"
        PAYMENTS = "payments", "Payments and refunds to look after"
        WEBHOOKS = "webhooks", "Webhooks to send"
        PICTURES = "pictures", "Pictures to fetch"
        CATALOGUE = "catalogue", "Categories whose products follow"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # No foreign key: it is written in every shop's own transactions.
    tenant_id = models.UUIDField()
    kind = models.CharField(max_length=10, choices=Kind)
    due_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["kind", "due_at"], name="due_work_next")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.tenant_id}"
