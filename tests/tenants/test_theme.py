"""Whatever two colours a shop has, its text can be read; and every choice of its look is one."""

import random
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings

from tenants.looks import DENSITY, RADIUS, TYPE_SCALE, look_of
from tenants.models import Density, Radius, Tenant, TypeScale
from tenants.theme import (
    AA,
    DARK,
    LIGHT,
    contrast,
    readable,
    stylesheet,
    stylesheet_of,
    theme_of,
)

BASE = (Path(settings.BASE_DIR) / "static/css/base.css").read_text()
_random = random.Random(1)
COLORS = [f"#{_random.randrange(1 << 24):06x}" for _ in range(4_000)]
# Where rounding and hue-less colours are at their worst.
COLORS += [f"#{grey:02x}{grey:02x}{grey:02x}" for grey in range(256)]
COLORS += [
    f"#{red}{green}{blue}"
    for red in ("00", "ff")
    for green in ("00", "ff")
    for blue in ("00", "ff")
]


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    # W3C, "Understanding SC 1.4.3": black on white has 21 to 1, #777777 on white 4.48 to 1.
    [("#000000", "#ffffff", 21), ("#777777", "#ffffff", 4.48), ("#123456", "#123456", 1)],
)
def test_contrast_is_that_of_wcag(one, other, ratio):
    assert contrast(one, other) == pytest.approx(ratio, abs=0.005)


@pytest.mark.parametrize("name", ["brand", "accent"])
def test_text_can_be_read_on_every_surface_it_is_used_on(name):
    wrong = []
    for color in COLORS:
        theme = theme_of(Tenant(primary_color=color, accent_color=color))
        for found, surfaces in ((theme.light, LIGHT), (theme.dark, DARK)):
            text, ink = found[f"--{name}-text"], found[f"--{name}-ink"]
            pairs = [(text, surface) for surface in surfaces] + [(ink, found[f"--{name}"])]
            if name == "brand":
                pairs.append((ink, found["--brand-pointed"]))
            wrong += [(color, *pair) for pair in pairs if contrast(*pair) < AA]

    assert wrong == []


def test_a_marked_word_can_be_read():
    """The mark is a part of the second colour over the page or a field; the ink stays."""
    css = (Path(settings.BASE_DIR) / "static/css/catalog.css").read_text()
    part = (
        int(re.search(r"color-mix\(in srgb, var\(--accent\) (\d+)%, transparent\)", css)[1]) / 100
    )

    def mixed(color, surface):
        pairs = [(int(color[i : i + 2], 16), int(surface[i : i + 2], 16)) for i in (1, 3, 5)]
        return "#" + "".join(f"{round(a * part + b * (1 - part)):02x}" for a, b in pairs)

    inks = re.findall(r"--ink: (#\w{6});", BASE)
    wrong = [
        (color, surface)
        for ink, surfaces in zip(inks, (LIGHT, DARK), strict=True)
        for surface in surfaces
        for color in COLORS
        if contrast(ink, mixed(color, surface)) < AA
    ]

    assert wrong == []


def test_a_button_is_never_lost_on_the_page():
    for color in ("#ffffff", "#fefefe", "#16181d", "#ffff00"):
        theme = theme_of(Tenant(primary_color=color))
        for found, surfaces in ((theme.light, LIGHT), (theme.dark, DARK)):
            seen = (found["--brand"], found["--brand-edge"])
            assert max(contrast(each, surfaces[0]) for each in seen) >= 1.5, color


def test_the_surfaces_are_those_of_the_style_sheet():
    light, dark = BASE.split("@media (prefers-color-scheme: dark)")[:2]
    for css, surfaces in ((light, LIGHT), (dark, DARK)):
        for name, surface in zip(("page", "field"), surfaces, strict=True):
            found = re.search(rf"--{name}: (#\w+);", css)[1]
            assert (found if len(found) == 7 else f"#{found[1:] * 2}") == surface


def test_a_colour_that_is_readable_stays_as_the_shop_chose_it():
    assert readable("#1e40af", LIGHT) == "#1e40af"


def test_the_style_sheet_has_both_schemes():
    shop = SimpleNamespace(primary_color="#1E40AF", accent_color="#ffff00")

    css = stylesheet(theme_of(shop))

    assert css.startswith(":root{--brand:#1e40af;--brand-ink:#ffffff;--brand-text:#1e40af;")
    dark = css.partition("@media (prefers-color-scheme: dark){:root{")[2]
    assert "--brand-text:" in dark
    assert "--brand:" not in dark


@pytest.mark.parametrize(
    ("choices", "table"), [(Radius, RADIUS), (Density, DENSITY), (TypeScale, TYPE_SCALE)]
)
def test_every_choice_has_a_look_of_its_own(choices, table):
    assert set(table) == set(choices.values)
    assert len({tuple(look.items()) for look in table.values()}) == len(table)


def test_a_look_sets_only_what_the_style_sheet_knows():
    root = BASE.partition("}")[0]
    names = {
        name for table in (RADIUS, DENSITY, TYPE_SCALE) for look in table.values() for name in look
    }

    assert {name for name in names if f"  {name}: " not in root} == set()


def test_the_plain_look_is_that_of_the_style_sheet():
    assert look_of(Tenant()) == {}
    assert "--radius" not in stylesheet_of(Tenant())
    assert "--radius:0px;" in stylesheet_of(Tenant(radius=Radius.NONE))


def test_a_look_that_is_no_choice_is_the_plain_one():
    assert look_of(Tenant(radius="9px}body{display:none", density="", type_scale="x")) == {}
