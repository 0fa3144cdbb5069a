"""What is for sale."""

from datetime import timedelta
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, HashIndex
from django.contrib.postgres.search import SearchVectorField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import MD5, Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from pycommerce.core.ids import uuid7
from pycommerce.core.money import MAX_DECIMALS, MAX_DIGITS
from pycommerce.db import connection
from pycommerce.db.searching import trigram_index

MAX_LIMIT = 1_000_000


class PriceField(models.DecimalField):
    """An amount in major units of the tenant's currency, not negative."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs |= {"max_digits": MAX_DIGITS, "decimal_places": MAX_DECIMALS}
        kwargs.setdefault("validators", [MinValueValidator(0)])
        super().__init__(**kwargs)


class Category(models.Model):
    """A place in the shop's tree of categories."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=255)
    slug = models.CharField(max_length=255, unique=True)
    description = models.TextField(blank=True)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )
    position = models.IntegerField(default=0)
    seo_title = models.CharField("SEO title", max_length=255, blank=True)
    seo_description = models.CharField("SEO description", max_length=500, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["position", "name", "id"]
        verbose_name_plural = "categories"
        constraints = [
            models.UniqueConstraint(
                fields=["parent", "name"], name="category_name_once", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | ~Q(parent=F("id")),
                name="category_is_not_its_own_parent",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CategoryChange(models.Model):
    """A category of more products than follow within a request: the worker has them follow.

    One that is to be deleted stays for as long as a product is in it.
    """

    category = models.OneToOneField(
        Category, primary_key=True, on_delete=models.CASCADE, related_name="change"
    )
    is_deletion = models.BooleanField(default=False)
    done_to = models.UUIDField(null=True, help_text="The last product that follows, by id.")
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return str(self.category_id)


class Product(models.Model):
    """Something for sale, in one or more variants.

    The members below "kept" are derived from variants, categories and images by
    `catalog.services.refresh_products`, so that a list is one statement.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        ACTIVE = "active", "Active"
        ARCHIVED = "archived", "Archived"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=255)
    slug = models.CharField(max_length=255, unique=True)
    description = models.TextField(blank=True, help_text="HTML; sanitised when it is saved.")
    status = models.CharField(max_length=10, choices=Status, default=Status.ACTIVE)
    vendor = models.CharField(max_length=255, blank=True)
    product_type = models.CharField(max_length=255, blank=True)
    tags = ArrayField(models.CharField(max_length=255), default=list, blank=True)
    option_names = ArrayField(
        models.CharField(max_length=255),
        default=list,
        blank=True,
        help_text="Such as Size and Colour; empty for a product without options.",
    )
    categories = models.ManyToManyField(Category, blank=True, related_name="products")
    seo_title = models.CharField("SEO title", max_length=255, blank=True)
    seo_description = models.CharField("SEO description", max_length=500, blank=True)
    source_fields = models.JSONField(
        default=dict,
        blank=True,
        editable=False,
        help_text="Columns of an imported file that the shop has no use for, kept for its export.",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    # Kept.
    price = PriceField(default=0, editable=False)
    max_price = PriceField(default=0, editable=False)
    compare_at_price = PriceField(null=True, editable=False)
    sku = models.CharField("SKU", max_length=255, blank=True, editable=False)
    sort_name = models.CharField(max_length=255, editable=False, db_collation="C", default="")
    category_names = ArrayField(models.TextField(), default=list, editable=False)
    category_ids = ArrayField(models.UUIDField(), default=list, editable=False)
    image_list = models.JSONField(default=list, editable=False)
    image_widths = models.JSONField(
        default=list,
        editable=False,
        help_text="Of each picture in image_list, the other widths that it stands ready in.",
    )
    facets = ArrayField(
        models.TextField(),
        default=list,
        editable=False,
        help_text="Each option of a variant, as Size=M.",
    )

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(
                F("created_at").desc(),
                F("id").desc(),
                name="product_newest",
                condition=Q(status="active"),
            ),
            models.Index(
                fields=["price", "id"], name="product_price", condition=Q(status="active")
            ),
            models.Index(
                fields=["sort_name", "id"], name="product_name", condition=Q(status="active")
            ),
            models.Index(fields=["updated_at"], name="product_updated"),
            GinIndex(fields=["category_ids"], name="product_categories"),
            GinIndex(fields=["facets"], name="product_facets"),
            trigram_index("name", "sku", "slug", name="product_words"),
        ]

    def __str__(self) -> str:
        return self.name


class SearchDocument(models.Model):
    """The words of an active product, as `services/refresh.py` keeps them; others have none.

    They stand beside the product and not in it: its rows are three times as wide, and a word that
    many products have would be ranked over as many more pages of the table.
    """

    product = models.OneToOneField(
        Product, models.CASCADE, primary_key=True, related_name="search_document", editable=False
    )
    created_at = models.DateTimeField(editable=False, help_text="When the product was.")
    search = SearchVectorField(editable=False)

    class Meta:
        indexes = [
            models.Index(
                F("created_at").desc(), F("product").desc(), name="search_document_newest"
            ),
            GinIndex(fields=["search"], name="search_document_words"),
        ]

    def __str__(self) -> str:
        return f"Words of {self.product_id}"


class Variant(models.Model):
    """One buyable form of a product. `stock`, what can be sold now, is on hand less held."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="variants")
    sku = models.CharField("SKU", max_length=255, unique=True)
    sku_is_generated = models.BooleanField(
        default=False, editable=False, help_text="Made from slug and options; exported blank."
    )
    position = models.IntegerField(default=1)
    option_values = ArrayField(models.CharField(max_length=255), default=list, blank=True)
    price = PriceField()
    compare_at_price = PriceField(null=True, blank=True)
    on_hand = models.IntegerField(default=0, editable=False)
    held = models.IntegerField(default=0, editable=False)
    barcode = models.CharField(max_length=255, blank=True)
    weight_grams = models.DecimalField(
        max_digits=12, decimal_places=3, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    low_stock_limit = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MaxValueValidator(MAX_LIMIT)],
        help_text="Low in stock with so many units to sell, or fewer; empty: as the shop has it.",
    )
    source_fields = models.JSONField(default=dict, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["position", "id"]
        # As the merchant's menu calls the list of all of them.
        verbose_name_plural = "stock"
        indexes = [trigram_index("sku", "barcode", name="variant_words")]
        constraints = [
            models.CheckConstraint(
                condition=Q(held__gte=0) & Q(held__lte=F("on_hand")),
                name="variant_held_is_on_hand",
            ),
            models.CheckConstraint(condition=Q(price__gte=0), name="variant_price_not_negative"),
            models.CheckConstraint(
                condition=Q(compare_at_price__isnull=True) | Q(compare_at_price__gte=0),
                name="variant_compare_at_price_not_negative",
            ),
            models.UniqueConstraint(
                fields=["product", "option_values"],
                name="variant_options_once",
                deferrable=models.Deferrable.DEFERRED,
            ),
        ]

    def __str__(self) -> str:
        return self.sku

    @property
    def stock(self) -> int:
        """Units that can be sold now."""
        return self.on_hand - self.held


class StockSettings(models.Model):
    """From when on stock is low, and whether a mail tells of it; exactly one row."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    low_stock_limit = models.PositiveIntegerField(
        default=3,
        validators=[MaxValueValidator(MAX_LIMIT)],
        help_text="With so many units to sell, or fewer, a variant is low in stock, unless it has "
        "a limit of its own.",
    )
    mails_low_stock = models.BooleanField(
        "mail what gets low",
        default=True,
        help_text="To the shop's owners, once until there is more of it again.",
    )

    class Meta:
        verbose_name = "stock settings"
        verbose_name_plural = "stock settings"
        constraints = [models.CheckConstraint(condition=Q(id=1), name="stock_settings_one_row")]

    def __str__(self) -> str:
        return "Stock settings"


class LowStockNotice(models.Model):
    """A variant that is low in stock and was noticed: not again until it was above its limit."""

    variant = models.OneToOneField(
        Variant, primary_key=True, on_delete=models.CASCADE, related_name="low_stock_notice"
    )
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return str(self.variant_id)


def image_path(image: "ProductImage", filename: str) -> str:
    # A name of its own for each upload: what was fetched under the last one is kept for a year.
    extension = filename.rpartition(".")[2].lower()
    return f"tenants/{connection.tenant.id}/products/{uuid7().hex}.{extension}"


class ProductImage(models.Model):
    """A picture of a product: a file of ours, or for now only the address it was imported from."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="images")
    variant = models.ForeignKey(
        Variant, null=True, blank=True, on_delete=models.SET_NULL, related_name="images"
    )
    file = models.ImageField(
        upload_to=image_path, width_field="width", height_field="height", blank=True
    )
    width = models.IntegerField(null=True, editable=False)
    height = models.IntegerField(null=True, editable=False)
    widths = ArrayField(
        models.IntegerField(),
        default=list,
        editable=False,
        help_text="Other widths that the file stands ready in, narrowest first.",
    )
    source_url = models.TextField(blank=True)
    alt = models.CharField("alternative text", max_length=512, blank=True)
    position = models.IntegerField(default=1)

    class Meta:
        ordering = ["position", "id"]
        indexes = [HashIndex(fields=["source_url"], name="picture_source")]

    def __str__(self) -> str:
        return self.alt or str(self.id)

    def measure(self) -> None:
        """Take width and height from the file, which Django does not do for a new one."""
        self.width, self.height, self.widths = self.file.width, self.file.height, []


class ProductPastSlug(models.Model):
    """An address a product had: it redirects to the present one."""

    slug = models.CharField(max_length=255, primary_key=True)
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="past_slugs")

    def __str__(self) -> str:
        return self.slug


class CategoryPastSlug(models.Model):
    """An address a category had: it redirects to the present one."""

    slug = models.CharField(max_length=255, primary_key=True)
    category = models.ForeignKey(Category, on_delete=models.CASCADE, related_name="past_slugs")

    def __str__(self) -> str:
        return self.slug


class StockMovement(models.Model):
    """Units that came or went; their sum is the variant's `on_hand`. Never changed afterwards."""

    class Kind(models.TextChoices):
        RECEIPT = "receipt", "Receipt"
        SALE = "sale", "Sale"
        ADJUSTMENT = "adjustment", "Adjustment"
        RETURN = "return", "Return"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # Found by the index of a variant's newest.
    variant = models.ForeignKey(
        Variant, on_delete=models.CASCADE, related_name="movements", db_index=False
    )
    kind = models.CharField(max_length=10, choices=Kind)
    quantity = models.IntegerField(help_text="Units added to what is on hand; negative: taken.")
    reason = models.CharField(max_length=255, blank=True)
    source = models.CharField(
        max_length=120, blank=True, help_text="What caused it, once; such as a line item's id."
    )
    user_id = models.UUIDField(null=True)
    user_name = models.CharField(max_length=254, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(
                F("variant"), F("created_at").desc(), F("id").desc(), name="stock_movement_newest"
            )
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(quantity=0), name="stock_movement_moves"),
            models.UniqueConstraint(
                fields=["variant", "source"],
                condition=~Q(source=""),
                name="stock_movement_source_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.quantity:+d}"


class SearchWord(models.Model):
    """A distinct word of the shop's products: what a mistyped word is corrected to."""

    word = models.CharField(max_length=60, primary_key=True)

    def __str__(self) -> str:
        return self.word


class TextPage(models.Model):
    """A page that the merchant writes, such as on delivery, returns or privacy."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    title = models.CharField(
        max_length=120, help_text="Such as About us, Delivery, Returns, Privacy, Terms."
    )
    slug = models.SlugField(
        "address", max_length=120, unique=True, help_text="The page stands at /pages/…/."
    )
    body = models.TextField("text", help_text="Sanitised when it is saved.")
    is_published = models.BooleanField(
        "published", default=False, help_text="Only then it can be read, and the footer names it."
    )
    position = models.IntegerField(default=1, help_text="Its place in the footer.")
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["position", "title", "id"]
        verbose_name = "page"

    def __str__(self) -> str:
        return self.title


def home_picture_path(home: "HomePage", filename: str) -> str:
    extension = filename.rpartition(".")[2].lower()
    return f"tenants/{connection.tenant.id}/home/{uuid7().hex}.{extension}"


class HomePage(models.Model):
    """What the merchant shows first; exactly one row. What is empty has a default."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    heading = models.CharField(max_length=120, blank=True)
    text = models.CharField(max_length=300, blank=True)
    picture = models.ImageField(
        upload_to=home_picture_path,
        width_field="picture_width",
        height_field="picture_height",
        blank=True,
    )
    picture_width = models.IntegerField(null=True, editable=False)
    picture_height = models.IntegerField(null=True, editable=False)
    picture_alt = models.CharField("alternative text", max_length=512, blank=True)
    button_label = models.CharField(max_length=60, blank=True)
    button_category = models.ForeignKey(
        Category, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    shows_sale = models.BooleanField(default=True)
    shows_new = models.BooleanField(default=True)

    class Meta:
        verbose_name = "home page"
        verbose_name_plural = "home page"
        constraints = [models.CheckConstraint(condition=Q(id=1), name="home_page_one_row")]

    def __str__(self) -> str:
        return "Home page"


class FeaturedCategory(models.Model):
    """A category on the home page, at its place."""

    home = models.ForeignKey(HomePage, on_delete=models.CASCADE, related_name="categories")
    category = models.ForeignKey(Category, on_delete=models.CASCADE, related_name="+")
    position = models.IntegerField(default=1)

    class Meta:
        ordering = ["position", "id"]
        verbose_name = "featured category"
        verbose_name_plural = "featured categories"
        constraints = [
            models.UniqueConstraint(fields=["home", "category"], name="featured_category_once")
        ]

    def __str__(self) -> str:
        return str(self.category)


class FeaturedProduct(models.Model):
    """A product on the home page, at its place."""

    home = models.ForeignKey(HomePage, on_delete=models.CASCADE, related_name="products")
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    position = models.IntegerField(default=1)

    class Meta:
        ordering = ["position", "id"]
        verbose_name = "featured product"
        constraints = [
            models.UniqueConstraint(fields=["home", "product"], name="featured_product_once")
        ]

    def __str__(self) -> str:
        return str(self.product)


class ImportRun(models.Model):
    """A file that somebody uploaded to have its products imported, and how far that is.

    `total` and `done` are products of the file: of the look at it, then of the import itself.
    """

    class State(models.TextChoices):
        CHECKING = "checking", _("Being looked at")
        ASKING = "asking", _("Columns to be named")
        READY = "ready", _("Ready to import")
        RUNNING = "running", _("Being imported")
        STOPPED = "stopped", _("Stopped")
        DONE = "done", _("Imported")
        FAILED = "failed", _("Failed")
        UNDOING = "undoing", _("Being undone")
        UNDONE = "undone", _("Undone")

    BUSY = (State.CHECKING, State.RUNNING, State.UNDOING)
    # Whoever worked on it is gone, where nothing was heard for so long.
    SILENT_FOR = timedelta(minutes=2)

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    state = models.CharField(max_length=10, choices=State, default=State.CHECKING)
    file_name = models.CharField(max_length=255, help_text="As it was uploaded.")
    size = models.BigIntegerField(help_text="In bytes.")
    format = models.CharField(max_length=40, blank=True)
    columns = models.JSONField(default=list, help_text="The names in the header.")
    unknown_columns = models.JSONField(default=list, help_text="Those that say nothing here.")
    read_as = models.CharField(
        max_length=40, blank=True, help_text="The format that somebody said it has."
    )
    samples = models.JSONField(default=list, help_text="Of a table, some cells of each column.")
    mapping = models.JSONField(default=dict, help_text="Of a table, field to column.")
    fetches_pictures = models.BooleanField(default=False)
    total = models.IntegerField(default=0)
    done = models.IntegerField(default=0)
    preview = models.JSONField(default=dict, help_text="What the look at it found.")
    report = models.JSONField(default=dict, help_text="What the import did so far.")
    made_categories = models.JSONField(default=list, help_text="Their ids, parents first.")
    is_to_stop = models.BooleanField(default=False)
    problem = models.CharField(max_length=500, blank=True)
    has_file = models.BooleanField(default=True, help_text="Until it was deleted.")
    user_id = models.UUIDField(null=True)
    user_name = models.CharField(max_length=254, blank=True)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    updated_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, help_text="Stopped, or all of it in.")

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name = "import"
        constraints = [
            models.CheckConstraint(
                condition=Q(done__gte=0, done__lte=F("total")), name="import_done_within_total"
            )
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def is_silent(self) -> bool:
        """Whether it should be worked on, and nobody seems to."""
        return self.state in self.BUSY and self.updated_at < timezone.now() - self.SILENT_FOR

    @property
    def is_by_command(self) -> bool:
        """Whether `import_products` brought it in, from a file that nobody uploaded."""
        return self.user_id is None and not self.has_file


class PictureFetch(models.Model):
    """The address of a picture that an import named, which the worker is to fetch."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        FETCHED = "fetched", _("Fetched")
        FAILED = "failed", _("Failed")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="fetches")
    url = models.TextField()
    host = models.CharField(max_length=255)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    tries = models.SmallIntegerField(default=0)
    next_try_at = models.DateTimeField(default=timezone.now)
    problem = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint("run", MD5("url"), name="picture_fetched_once_for_an_import")
        ]
        indexes = [
            models.Index(
                fields=["next_try_at"], condition=Q(state="waiting"), name="picture_fetch_next"
            ),
            HashIndex(fields=["url"], name="picture_fetch_url"),
        ]

    def __str__(self) -> str:
        return self.url


class ColumnMapping(models.Model):
    """How somebody said a table with this header is to be read: proposed for the next such file."""

    header = models.CharField(max_length=64, primary_key=True, help_text="A digest of its columns.")
    mapping = models.JSONField(help_text="Field to column.")

    def __str__(self) -> str:
        return self.header


class ImportedChange(models.Model):
    """A product as it was before an import changed it; kept for as long as that can be undone."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="changes")
    product_id = models.UUIDField()
    before = models.JSONField(help_text="As catalog.importing.journal has it.")
    # The database's clock, by which products say when they were changed.
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return str(self.product_id)
