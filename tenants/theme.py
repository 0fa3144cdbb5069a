"""A shop's two colours, made readable: every pair that holds text has a contrast of 4.5 to 1.

Contrast as WCAG 2.2 defines it (success criterion 1.4.3). Each colour becomes four: a fill, the ink
on it, the fill under a pointer, and the colour as text on the page.
"""

import colorsys
from dataclasses import dataclass

from tenants.looks import look_of
from tenants.models import Tenant

AA = 4.5
# The page and the fields on it, as static/css/base.css has them.
LIGHT, DARK = ("#ffffff", "#f5f6f8"), ("#16181d", "#20242b")
_STEP = 0.02
_POINTED = 0.12
_LOST = 1.5

Color = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Theme:
    """Custom properties for the light page and for the dark one."""

    light: dict[str, str]
    dark: dict[str, str]


def _parse(color: str) -> Color:
    red, green, blue = (int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return red, green, blue


def _hex(color: Color) -> str:
    return "#" + "".join(f"{round(part * 255):02x}" for part in color)


def _luminance(color: Color) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in color
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours written as #rrggbb: 1 to 21."""
    lights = sorted((_luminance(_parse(one)), _luminance(_parse(other))))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def readable(color: str, surfaces: tuple[str, ...]) -> str:
    """The colour, made lighter or darker until it can be read on every surface."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*_parse(color))
    is_light = contrast(surfaces[0], "#000000") > contrast(surfaces[0], "#ffffff")
    step = -_STEP if is_light else _STEP
    found = color.lower()
    while min(contrast(found, each) for each in surfaces) < AA and 0 <= lightness <= 1:
        lightness += step
        found = _hex(colorsys.hls_to_rgb(hue, min(1.0, max(0.0, lightness)), saturation))
    return found


def text_on(color: str) -> str:
    """Black or white, whichever reads better on the colour; one of them always does."""
    return max(("#ffffff", "#000000"), key=lambda ink: contrast(ink, color))


def under_pointer(color: str) -> str:
    """The fill of a button under a pointer: a step away from its ink, so that it reads better."""
    aim = 0.0 if text_on(color) == "#ffffff" else 1.0
    red, green, blue = (part + (aim - part) * _POINTED for part in _parse(color))
    return _hex((red, green, blue))


def _edge(color: str, surfaces: tuple[str, ...]) -> str:
    """The line around a fill: its own colour, unless the fill would be lost on the page."""
    is_lost = contrast(color, surfaces[0]) < _LOST
    return readable(color, surfaces) if is_lost else color.lower()


def theme_of(tenant: Tenant) -> Theme:
    """The shop's colours as custom properties."""

    def properties(surfaces: tuple[str, ...]) -> dict[str, str]:
        found = {}
        for name, color in (("brand", tenant.primary_color), ("accent", tenant.accent_color)):
            found[f"--{name}"] = color.lower()
            found[f"--{name}-ink"] = text_on(color)
            found[f"--{name}-text"] = readable(color, surfaces)
        found["--brand-pointed"] = under_pointer(tenant.primary_color)
        found["--brand-edge"] = _edge(tenant.primary_color, surfaces)
        return found

    return Theme(properties(LIGHT), properties(DARK))


@dataclass(frozen=True, slots=True)
class Reading:
    """How well a colour reads as text on the light page or the dark one, and what is shown.

    The ratios are those on the surface where it reads worst.
    """

    is_dark: bool
    color: str
    ratio: float
    shown: str
    shown_ratio: float

    @property
    def is_corrected(self) -> bool:
        return self.shown != self.color


def readings_of(color: str) -> list[Reading]:
    """What becomes of a colour as text: on the light page, and on the dark one."""

    def worst(text: str, surfaces: tuple[str, ...]) -> float:
        return min(contrast(text, surface) for surface in surfaces)

    color = color.lower()
    found = []
    for is_dark, surfaces in ((False, LIGHT), (True, DARK)):
        shown = readable(color, surfaces)
        ratios = worst(color, surfaces), worst(shown, surfaces)
        found.append(Reading(is_dark, color, ratios[0], shown, ratios[1]))
    return found


def stylesheet(theme: Theme, selector: str = ":root") -> str:
    """The colours as CSS. What is the same in the dark is not said twice."""

    def block(properties: dict[str, str]) -> str:
        return "".join(f"{name}:{value};" for name, value in properties.items())

    dark = {name: value for name, value in theme.dark.items() if theme.light.get(name) != value}
    return (
        f"{selector}{{{block(theme.light)}}}\n"
        f"@media (prefers-color-scheme: dark){{{selector}{{{block(dark)}}}}}\n"
    )


def stylesheet_of(tenant: Tenant) -> str:
    """Everything that makes a shop look as it does: colours, corners, density and type."""
    theme = theme_of(tenant)
    return stylesheet(Theme(theme.light | look_of(tenant), theme.dark))
