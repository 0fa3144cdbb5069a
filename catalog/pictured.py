"""Which picture shows what was chosen of a product."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings

from catalog.models import ProductImage

Options = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Picture:
    """The address of a picture, and the options (name to value) of the variant that it shows."""

    url: str
    options: Options


def pictured_option(names: Iterable[str], pictured: Collection[Options]) -> str | None:
    """The option that pictures are of: no two of the pictured variants have the same value of it.

    A merchant pictures one variant of each colour: the others of that colour share it.
    """
    for name in names:
        if pictured and len({options[name] for options in pictured}) == len(pictured):
            return name
    return None


def pictures_of(product_ids: Collection[UUID]) -> dict[UUID, list[Picture]]:
    """Product id to its pictures that are here, in their order; one statement.

    A variant may lack an option that came to its product later: its picture is one of the product.
    """
    # As values: of a row without its width Django would open the file.
    images = (
        ProductImage.objects.filter(product__in=product_ids)
        .exclude(file="")
        .values_list("product_id", "file", "product__option_names", "variant__option_values")
    )
    found: dict[UUID, list[Picture]] = {}
    for product_id, file, names, values in images:
        is_whole = values is not None and len(values) == len(names)
        options = dict(zip(names, values, strict=True)) if is_whole else {}
        found.setdefault(product_id, []).append(Picture(f"{settings.MEDIA_URL}{file}", options))
    return found


def picture_for(options: Options, pictures: Iterable[Picture]) -> str:
    """The address of the picture that shows a variant with these options, else of the first one.

    Empty where there is none.
    """
    pictures = list(pictures)
    own = [each for each in pictures if each.options]
    name = pictured_option(own[0].options, [each.options for each in own]) if own else None
    found = (
        *(each.url for each in own if each.options == options),
        *(each.url for each in own if name and each.options[name] == options.get(name)),
        *(each.url for each in pictures),
    )
    return next(iter(found), "")
