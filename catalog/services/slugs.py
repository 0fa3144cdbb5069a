"""Addresses of products and categories: readable, unique, and the old ones remembered."""

from django.db.models import Model
from django.utils.text import slugify

from catalog.models import Category, CategoryPastSlug, Product, ProductPastSlug

MAX_LENGTH = 255


def slug_from(name: str) -> str:
    """A slug made from a name; names in other alphabets keep their letters."""
    return slugify(name)[:MAX_LENGTH] or slugify(name, allow_unicode=True)[:MAX_LENGTH] or "item"


def free_slug(model: type[Model], wanted: str) -> str:
    """The wanted slug, or with the first number behind it that is free."""
    slug, number = wanted, 1
    while model._default_manager.filter(slug=slug).exists():
        number += 1
        slug = f"{wanted[: MAX_LENGTH - 8]}-{number}"
    return slug


def remember_product_slug(product: Product, old: str) -> None:
    """Let the product's old address redirect to the present one."""
    ProductPastSlug.objects.filter(slug=product.slug).delete()
    ProductPastSlug.objects.update_or_create(slug=old, defaults={"product": product})


def remember_category_slug(category: Category, old: str) -> None:
    """Let the category's old address redirect to the present one."""
    CategoryPastSlug.objects.filter(slug=category.slug).delete()
    CategoryPastSlug.objects.update_or_create(slug=old, defaults={"category": category})
