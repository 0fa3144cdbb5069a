"""Loads a demo shop into its tenant, all of it or nothing."""

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.core.files import File
from django.db import transaction
from django.utils import timezone
from django_tenants.utils import tenant_context

from catalog.demo.entries import Item, Place, Shop
from catalog.demo.shots import Shot, Shots, read_shots
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
from catalog.services.pictures import finish_home_picture, finish_pictures
from catalog.services.refresh import refresh_products
from catalog.services.slugs import slug_from
from tenants.models import Tenant
from tenants.resolution import tenant_by_slug
from tenants.services import create_tenant
from tenants.shop.models import raise_catalogue_version


def ensure_shop(shop: Shop, *, pictures: bool = True) -> Tenant:
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
            radius=shop.radius,
            type_scale=shop.type_scale,
        )
        tenant_by_slug(shop.slug)
    with tenant_context(tenant), transaction.atomic():
        if not Product.objects.exists():
            _load(shop, read_shots() if pictures else Shots({}, {}))
    return tenant


def _load(shop: Shop, shots: Shots) -> None:
    Category.objects.all().delete()
    places: dict[str, Category] = {}
    for position, place in enumerate(shop.places, 1):
        _add_place(place, None, position, places)
    newest = timezone.now()
    for number, item in enumerate(shop.items):
        # The first of the list is the newest, an hour before the next.
        product = _add_item(item, places, newest - timedelta(hours=number))
        _add_pictures(product, shots.products.get(item.sku, []))
    finish_pictures(ProductImage.objects.all())
    refresh_products(None)
    _set_home(shop, shots.heroes.get(shop.slug))
    _add_pages(shop)
    raise_catalogue_version()


def _set_home(shop: Shop, hero: Shot | None) -> None:
    """The hero with its wide picture; what the shop is known for below it."""
    heading, text, label, place = HEROES[shop.slug]
    home = HomePage.objects.get()
    home.heading, home.text, home.button_label = heading, text, label
    home.button_category = Category.objects.get(name=place)
    if hero:
        home.picture_alt = hero.alt
        with hero.path.open("rb") as file:
            home.picture.save("home.webp", File(file), save=False)
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


def _add_item(item: Item, places: dict[str, Category], created_at: datetime) -> Product:
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
    return product


def _add_pictures(product: Product, shots: list[Shot]) -> None:
    """A picture of one value of an option shows the first variant that has it."""
    variants = list(product.variants.all())
    for position, shot in enumerate(shots, 1):
        shown = [each for each in variants if shot.value and shot.value in each.option_values]
        picture = ProductImage(product=product, alt=shot.alt, position=position)
        picture.variant = shown[0] if shown else None
        with shot.path.open("rb") as file:
            picture.file.save("picture.webp", File(file), save=False)
        picture.measure()
        picture.save(force_insert=True)
