"""Pages whose templates are joined are, to the byte, what Django makes of the same files."""

import copy

import pytest

from pycommerce.core.bounded_cache import forget_everything
from tests.factories import make_category, make_product

PAGES = [
    "/",
    "/products/",
    "/products/?min_price=1",
    "/products/lamp/",
    "/products/shirt/",
    "/categories/audio/",
    "/search/?q=lamp",
    "/search/?q=nothing-of-that",
    "/cart/",
    "/nothing/",
]


def use_djangos_loader(settings):
    """Have Django compile the same files, each for itself, until the test ends."""
    [(_, files)] = settings.TEMPLATES[0]["OPTIONS"]["loaders"]
    engine = copy.deepcopy(settings.TEMPLATES[0])
    engine["OPTIONS"]["loaders"] = [("django.template.loaders.cached.Loader", files)]
    settings.TEMPLATES = [engine]


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_what_django_makes_of_it(tech, client_for, settings, page, language):
    audio = make_category("Audio", make_category("Electronics"))
    make_product("Lamp", categories=[audio], compare_at_price="20.00", description="<p>Bright</p>")
    make_product("Shirt", option_names=["Size"], variants=[{"option_values": ["S"]}], image="S")
    make_product("Radio & <co>", categories=[audio], on_hand=2, description="Loud")
    type(tech).objects.filter(pk=tech.pk).update(language=language)
    ours = client_for(tech).get(page).content
    assert f'<html lang="{language}">'.encode() in ours

    use_djangos_loader(settings)
    forget_everything()

    assert client_for(tech).get(page).content == ours
