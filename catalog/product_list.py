"""The list of products in the back office: its columns, filters, prices and stock to edit in it."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import ValidationError
from django.db.models import Count, F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce
from django.templatetags.static import static
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import lazy
from django.utils.html import format_html

from catalog.display import money
from catalog.models import Product, Variant
from catalog.pictures import small, srcset
from catalog.row_editing import RowEditingAdmin, RowForm
from catalog.services.editing import edit_product
from catalog.services.locking import lock_products
from catalog.services.stock import MAX_UNITS, adjust_stock
from pycommerce.api.parameters import parse_uuid
from pycommerce.core.http import HttpRequest
from pycommerce.core.money import MAX_DECIMALS, MAX_DIGITS, decimals_of, price_problem
from pycommerce.core.number_fields import NumberField, WholeNumberField
from pycommerce.db import connection
from pycommerce.unfold_shim import AutocompleteSelectFilter, UnfoldAdminTextInputWidget, display
from tenants.tenant_admin import with_currency


class CategoryFilter(AutocompleteSelectFilter):
    """Products in a category or in one below it."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Product]) -> QuerySet[Product]:
        if not self.value():
            return queryset
        category = parse_uuid(self.value())
        if category is None:
            raise IncorrectLookupParameters
        return queryset.filter(category_ids__contains=[category])


def with_stock(products: QuerySet[Product]) -> QuerySet[Any]:
    """With `variant_count`, `units` that can be sold and those `held`, computed for rows read."""
    variants = Variant.objects.filter(product=OuterRef("pk")).order_by().values("product")
    return products.annotate(
        variant_count=Subquery(variants.annotate(found=Count("pk")).values("found")),
        units=_sum_of(variants, F("on_hand") - F("held")),
        held=_sum_of(variants, F("held")),
    )


def _sum_of(variants: QuerySet[Any, Any], units: Combinable) -> Coalesce:
    """0 where the last variant is gone meanwhile."""
    return Coalesce(Subquery(variants.annotate(found=Sum(units)).values("found")), 0)


def short_date(day: date) -> str:
    """A day on one line: 29 Nov, and with its year where that is another."""
    same_year = day.year == timezone.localdate().year
    return date_format(day, "j M" if same_year else "j M Y")


class ProductRowForm(RowForm):
    """Price and stock of a product that has one variant; stock is the units that can be sold."""

    edited = ("price_shown", "stock")
    price_shown = NumberField(
        label="Price",
        min_value=0,
        max_digits=MAX_DIGITS,
        decimal_places=MAX_DECIMALS,
        show_hidden_initial=True,
        widget=UnfoldAdminTextInputWidget(attrs={"class": "row-field"}),
    )
    stock = WholeNumberField(
        label="Stock",
        min_value=0,
        show_hidden_initial=True,
        widget=UnfoldAdminTextInputWidget(attrs={"class": "row-field is-short"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["price_shown"].places = decimals_of(connection.tenant.currency)
        for name in self.edited:
            # What was typed while the product got its second variant is refused, not dropped.
            is_there = self.add_prefix(name) in self.data
            if not is_there and (self.is_bound or self.row.variant_count != 1):
                del fields[name]
                continue
            fields[name].widget.attrs["aria-label"] = f"{fields[name].label} of {self.row.name}"
        if "stock" in fields and self.row.units <= 0:
            fields["stock"].widget.attrs["class"] += " is-out"

    def current(self) -> dict[str, Any]:
        price: Decimal = self.row.price
        places = decimals_of(connection.tenant.currency)
        return {"price_shown": round(price, places), "stock": self.row.units}

    def clean_price_shown(self) -> Decimal:
        self._need_one_variant("price_shown", "prices")
        price: Decimal = self.cleaned_data["price_shown"]
        currency = connection.tenant.currency
        places = decimals_of(currency)
        if price != round(price, places):
            raise ValidationError(f"{currency} has {places} decimals.")
        if "price_shown" in self.changed_data and (problem := price_problem(price, currency)):
            raise ValidationError(problem)
        return price

    def clean_stock(self) -> int:
        self._need_one_variant("stock", "stock")
        units: int = self.cleaned_data["stock"]
        most = MAX_UNITS - self.row.held
        if units > most:
            raise ValidationError(f"At most {most:,} can be in stock.")
        return units

    def _need_one_variant(self, name: str, what: str) -> None:
        if name in self.changed_data and self.row.variant_count != 1:
            raise ValidationError(f"It has several variants by now: set their {what} on its page.")


class ProductListAdmin(RowEditingAdmin):
    """The columns of a product's row, of which price and stock are edited."""

    row_form = ProductRowForm
    list_display = ("picture", "name", "sku", "price_shown", "stock", "status_shown", "updated")
    list_display_links = ("name",)
    list_filter_submit = True
    search_fields = ("name", "sku", "variants__sku", "slug")
    # Newest first, as ids are made in the order of time.
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        found: QuerySet[Product] = super().get_queryset(request)
        return with_stock(found.defer("description"))

    @admin.display(description="Picture")
    def picture(self, product: Product) -> str:
        pictures = [
            dict(image, widths=widths)
            for image, widths in zip(product.image_list, product.image_widths, strict=False)
            if image["url"]
        ]
        if not pictures:
            return format_html(
                '<img class="row-picture" src="{}" alt="" width="32" height="32">',
                static("img/no-picture.svg"),
            )
        first = pictures[0]
        return format_html(
            '<img class="row-picture" src="{}" srcset="{}" sizes="32px" alt="{}" width="32"'
            ' height="32" loading="lazy">',
            small(first),
            srcset(first),
            first["alt"],
        )

    @admin.display(description=lazy(with_currency, str)("Price"), ordering="price")
    def price_shown(self, product: Product) -> str:
        shown = money(product.price)
        if product.max_price > product.price:
            shown = f"{shown} – {money(product.max_price)}"
        return format_html('<span class="row-units">{}</span>', shown)

    @admin.display(description="Stock")
    def stock(self, product: Any) -> str:
        units, variants = product.units, product.variant_count or 0
        state = "is-out" if units <= 0 else ""
        of_several = f" in {variants} variants" if variants > 1 else ""
        return format_html(
            '<span class="row-units {}">{}<span class="row-quiet">{}</span></span>',
            state,
            f"{units:,}",
            of_several,
        )

    @display(
        description="Status",
        ordering="status",
        label={"active": "success", "draft": "warning", "archived": "info"},
    )
    def status_shown(self, product: Product) -> tuple[str, str]:
        return product.status, product.get_status_display()

    @admin.display(description="Updated", ordering="updated_at")
    def updated(self, product: Product) -> str:
        moment = timezone.localtime(product.updated_at)
        return format_html(
            '<time class="row-date" datetime="{}" title="{}">{}</time>',
            moment.isoformat(),
            date_format(moment, "DATETIME_FORMAT"),
            short_date(moment.date()),
        )

    def lock_rows(self, ids: list[Any]) -> None:
        lock_products(ids)

    def save_row(self, request: HttpRequest, form: ProductRowForm, formset: Any) -> None:
        variant = Variant.objects.get(product=form.row)
        if "price_shown" in form.changed_data:
            new = {"price": form.cleaned_data["price_shown"]}
            edit_product(form.row.pk, fields={}, prices={variant.pk: new}, user=request.user)
        if "stock" in form.changed_data:
            adjust_stock(
                variant_id=variant.pk,
                on_hand=form.cleaned_data["stock"] + variant.held,
                reason="Set in the list of products",
                user=request.user,
            )
