"""Loads a demo shop into its tenant, all of it or nothing."""

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone
from django_tenants.utils import tenant_context

from catalog.demo.entries import Item, Place, Shop
from catalog.demo.pictures import draw
from catalog.demo.texts import HEROES, PAGES
from catalog.models import (
    Category,
    HomePage,
    Product,
    ProductImage,
    StockMovement,
    TextPage,
    Variant,
)
from catalog.sanitise import sanitise_html
from catalog.services.editing import generated_sku
from catalog.services.pictures import finish_home_picture
from catalog.services.refresh import refresh_products
from catalog.services.slugs import slug_from
from tenants.models import Tenant
from tenants.resolution import tenant_by_slug
from tenants.services import create_tenant
from tenants.shop.models import raise_catalogue_version


def ensure_shop(shop: Shop) -> Tenant:
    """The tenant with the demo shop's catalogue; what is there already stays as it is."""
    tenant = Tenant.objects.filter(slug=shop.slug).first()
    if tenant is None:
        tenant = create_tenant(
            id=shop.id,
            slug=shop.slug,
            name=shop.name,
            tagline=shop.tagline,
            primary_color=shop.primary_color,
            accent_color=shop.accent_color,
        )
        tenant_by_slug(shop.slug)
    with tenant_context(tenant), transaction.atomic():
        if not Product.objects.exists():
            _load(shop)
    return tenant


def _load(shop: Shop) -> None:
    Category.objects.all().delete()
    places: dict[str, Category] = {}
    for position, place in enumerate(shop.places, 1):
        _add_place(place, None, position, places)
    newest = timezone.now()
    for number, item in enumerate(shop.items):
        # The first of the list is the newest, an hour before the next.
        _add_item(item, shop, places, newest - timedelta(hours=number))
    refresh_products(None)
    _set_home(shop)
    _add_pages(shop)
    raise_catalogue_version()


def _set_home(shop: Shop) -> None:
    """The hero with the first product's picture; what the shop is known for below it."""
    heading, text, label, place = HEROES[shop.slug]
    home = HomePage.objects.get()
    home.heading, home.text, home.button_label = heading, text, label
    home.button_category = Category.objects.get(name=place)
    picture = ProductImage.objects.filter(product__name=shop.items[0].name).first()
    if picture:
        home.picture_alt = picture.alt
        home.picture.save("home.webp", ContentFile(picture.file.read()), save=False)
    home.save()
    finish_home_picture(home)
    children = Category.objects.filter(parent__isnull=False)
    for position, category in enumerate(children.order_by("parent__position", "position")[:4], 1):
        home.categories.create(category=category, position=position)
    for position, item in enumerate(shop.items[1:8:2], 1):
        home.products.create(product=Product.objects.get(name=item.name), position=position)


def _add_pages(shop: Shop) -> None:
    for position, (title, slug, body) in enumerate(PAGES[shop.slug], 1):
        TextPage.objects.create(
            title=title,
            slug=slug,
            body=sanitise_html(body),
            is_published=True,
            position=position,
        )


def _add_place(
    place: Place, parent: Category | None, position: int, places: dict[str, Category]
) -> None:
    given: dict[str, UUID] = {"id": place.id} if place.id else {}
    category = Category.objects.create(
        name=place.name,
        slug=slug_from(place.name),
        description=place.description,
        parent=parent,
        position=position,
        **given,
    )
    places[place.name] = category
    for index, child in enumerate(place.children, 1):
        _add_place(child, category, index, places)


def _add_item(item: Item, shop: Shop, places: dict[str, Category], created_at: datetime) -> None:
    given: dict[str, UUID] = {"id": item.id} if item.id else {}
    product = Product.objects.create(
        name=item.name,
        slug=slug_from(item.name)[:80].rstrip("-"),
        description=sanitise_html(item.description),
        vendor=item.vendor,
        option_names=list(item.options),
        created_at=created_at,
        **given,
    )
    product.categories.add(places[item.category])
    for position, (options, units) in enumerate((item.variants or {"": item.stock}).items(), 1):
        variant = Variant(
            product=product,
            position=position,
            option_values=options.split(" / ") if options else [],
            price=Decimal(item.prices.get(options, item.price)),
            compare_at_price=Decimal(item.before) if item.before else None,
            on_hand=units,
        )
        variant.sku = item.sku if not options else generated_sku(item.sku, variant).upper()
        variant.save(force_insert=True)
        if units:
            StockMovement.objects.create(
                variant=variant,
                kind=StockMovement.Kind.RECEIPT,
                quantity=units,
                reason="First stock",
            )
    if item.drawing:
        picture = ProductImage(product=product, alt=item.name)
        content = draw(item.drawing, shop.primary_color, item.sku)
        picture.file.save("picture.webp", ContentFile(content), save=False)
        picture.measure()
        picture.save(force_insert=True)
