"""Whatever two colours a shop has, its text can be read."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.theme import AA, DARK, LIGHT, contrast, readable, stylesheet, text_on, theme_of

colors = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    # W3C, "Understanding SC 1.4.3": black on white has 21 to 1, #777777 on white 4.48 to 1.
    [("#000000", "#ffffff", 21), ("#777777", "#ffffff", 4.48), ("#123456", "#123456", 1)],
)
def test_contrast_is_that_of_wcag(one, other, ratio):
    assert contrast(one, other) == pytest.approx(ratio, abs=0.005)


@given(colors)
def test_text_can_be_read_on_every_surface(color):
    for surfaces in (LIGHT, DARK):
        assert all(contrast(readable(color, surfaces), each) >= AA for each in surfaces)
    assert contrast(text_on(color), color) >= AA


def test_a_colour_that_is_readable_stays_as_the_shop_chose_it():
    assert readable("#1e40af", LIGHT) == "#1e40af"


def test_the_style_sheet_has_both_schemes():
    shop = SimpleNamespace(primary_color="#1E40AF", accent_color="#ffff00")

    css = stylesheet(theme_of(shop))

    assert css.startswith(":root{--brand:#1e40af;--brand-ink:#ffffff;--brand-text:#1e40af;")
    assert "@media (prefers-color-scheme: dark){:root{" in css
