"""What a shop's choices of corners, density and type are in CSS.

The first choice of each is what static/css/base.css has; here stands how the others differ from it.
Fonts are those that systems bring along, the likeliest first.
"""

from collections.abc import Mapping
from types import MappingProxyType

from tenants.models import Density, Radius, Tenant, TypeScale

Properties = Mapping[str, str]

_SERIF = (
    '"Iowan Old Style","Palatino Linotype","URW Palladio L",Palatino,Charter,"Noto Serif",'
    "Georgia,serif"
)
_ROUND = (
    'ui-rounded,"SF Pro Rounded","Hiragino Maru Gothic ProN",Nunito,Quicksand,Comfortaa,'
    '"Varela Round","Arial Rounded MT Bold",Calibri,system-ui,sans-serif'
)
_MONO = (
    'ui-monospace,"Cascadia Code","SF Mono","JetBrains Mono",Menlo,Consolas,"DejaVu Sans Mono",'
    "monospace"
)
_NARROW = (
    '"Avenir Next Condensed","HelveticaNeue-CondensedBold",Bahnschrift,"Roboto Condensed",'
    '"Arial Narrow","Liberation Sans Narrow","DejaVu Sans Condensed",system-ui,sans-serif'
)

RADIUS: Mapping[str, Properties] = MappingProxyType(
    {
        Radius.NONE.value: {
            "--radius": "0px",
            "--radius-field": "0px",
            "--radius-button": "0px",
        },
        Radius.SMALL.value: {
            "--radius": ".375rem",
            "--radius-field": ".25rem",
            "--radius-button": ".25rem",
        },
        Radius.LARGE.value: {},
    }
)
DENSITY: Mapping[str, Properties] = MappingProxyType(
    {
        Density.COMFORTABLE.value: {},
        Density.COMPACT.value: {"--space": ".65", "--card": "11rem", "--leading": "1.45"},
    }
)
TYPE_SCALE: Mapping[str, Properties] = MappingProxyType(
    {
        TypeScale.PLAIN.value: {},
        TypeScale.SMALL.value: {
            "--scale": "93.75%",
            "--h1": "clamp(1.4rem,1.25rem + .7vw,1.75rem)",
            "--h2": "1.25rem",
            "--hero": "clamp(1.7rem,1.4rem + 1.6vw,2.5rem)",
            "--heading-weight": "600",
        },
        TypeScale.CLASSIC.value: {
            "--font-headings": _SERIF,
            "--h1": "clamp(1.75rem,1.3rem + 2vw,2.6rem)",
            "--h2": "clamp(1.4rem,1.2rem + .9vw,1.8rem)",
            "--h3": "1.125rem",
            "--heading-weight": "500",
            "--heading-spacing": "-.005em",
        },
        TypeScale.LITERARY.value: {
            "--font": _SERIF,
            "--scale": "106.25%",
            "--leading": "1.6",
            "--h1": "clamp(1.7rem,1.3rem + 1.7vw,2.4rem)",
            "--hero": "clamp(1.9rem,1.4rem + 2.6vw,3.1rem)",
            "--heading-weight": "400",
            "--heading-spacing": "0",
        },
        TypeScale.ROUNDED.value: {
            "--font": _ROUND,
            "--heading-weight": "800",
            "--heading-spacing": "-.01em",
        },
        TypeScale.TECHNICAL.value: {
            "--font-headings": _MONO,
            "--h1": "clamp(1.4rem,1.1rem + 1.4vw,2rem)",
            "--h2": "clamp(1.1rem,1rem + .5vw,1.35rem)",
            "--hero": "clamp(1.6rem,1.2rem + 2.2vw,2.8rem)",
            "--heading-weight": "600",
            "--heading-spacing": "-.03em",
        },
        TypeScale.POSTER.value: {
            "--font-headings": _NARROW,
            "--h1": "clamp(2.2rem,1.5rem + 3vw,3.6rem)",
            "--h2": "clamp(1.6rem,1.3rem + 1.4vw,2.3rem)",
            "--h3": "1.25rem",
            "--hero": "clamp(2.8rem,1.6rem + 6vw,5.5rem)",
            "--heading-spacing": "0",
            "--heading-leading": "1.02",
        },
    }
)


def look_of(tenant: Tenant) -> dict[str, str]:
    """The custom properties by which a shop's look differs from the plain one."""
    return {
        **TYPE_SCALE.get(tenant.type_scale, {}),
        **RADIUS.get(tenant.radius, {}),
        **DENSITY.get(tenant.density, {}),
    }
