"""The countries there are, what they are called, and what a shop there begins with."""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from babel import Locale
from babel.core import get_global
from babel.numbers import get_territory_currencies

from pycommerce.core.bounded_cache import BoundedCache

_names: BoundedCache[dict[str, str]] = BoundedCache(8)
_currencies: BoundedCache[dict[str, str]] = BoundedCache(8)


def _codes() -> tuple[str, ...]:
    english = Locale.parse("en").territories
    every = (code for code in map(str, english) if len(code) == 2 and code.isalpha())
    made_up = {"EU", "EZ", "UN", "XA", "XB", "ZZ", "QO", "AC", "CP", "CQ", "DG", "EA", "IC", "TA"}
    return tuple(sorted(set(every) - made_up))


COUNTRY_CODES = _codes()


def _as_in_a_dictionary(name: str) -> str:
    """What names are sorted by: Österreich stands at O, not behind Z."""
    letters = unicodedata.normalize("NFD", name)
    return "".join(each for each in letters if not unicodedata.combining(each)).casefold()


def _by_name(codes: Iterable[str], names: Mapping[str, str]) -> dict[str, str]:
    known = [code for code in codes if code in names]
    known.sort(key=lambda code: (_as_in_a_dictionary(names[code]), code))
    return {code: names[code] for code in known}


def country_names(language: str) -> dict[str, str]:
    """ISO 3166 code to name, in the language, sorted by name."""
    known = _names.get(language)
    if known is None:
        known = _by_name(COUNTRY_CODES, Locale.parse(language).territories)
        _names.put(language, known)
    return known


def currency_names(language: str) -> dict[str, str]:
    """ISO 4217 code to name, in the language, sorted by name: those that are paid with today."""
    known = _currencies.get(language)
    if known is None:
        codes = {str(code) for each in COUNTRY_CODES for code in get_territory_currencies(each)}
        known = _by_name(codes, Locale.parse(language).currencies)
        _currencies.put(language, known)
    return known


# Where a country has several time zones: that of most of its people.
_ZONES: Mapping[str, str] = MappingProxyType(
    {
        "AU": "Australia/Sydney", "BR": "America/Sao_Paulo", "CA": "America/Toronto",
        "CL": "America/Santiago", "CN": "Asia/Shanghai", "CY": "Asia/Nicosia",
        "DE": "Europe/Berlin", "EC": "America/Guayaquil", "ES": "Europe/Madrid",
        "ID": "Asia/Jakarta", "KZ": "Asia/Almaty", "MX": "America/Mexico_City",
        "MY": "Asia/Kuala_Lumpur", "NZ": "Pacific/Auckland", "PT": "Europe/Lisbon",
        "RU": "Europe/Moscow", "UA": "Europe/Kiev", "US": "America/New_York",
        "UZ": "Asia/Tashkent", "VN": "Asia/Saigon",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Habits:
    """What is usual in a country: its currency (ISO 4217) and a time zone (IANA)."""

    currency: str
    time_zone: str


def habits_of(country: str) -> Habits:
    """The habits of a country by its ISO 3166 code; USD and UTC where nothing is known."""
    currencies = get_territory_currencies(country)
    zones = get_global("territory_zones").get(country, [])
    zone = _ZONES.get(country) or (zones[0] if zones else "UTC")
    return Habits(str(currencies[0]) if currencies else "USD", str(zone))


def country_of_language(tag: str) -> str:
    """The country that a language tag such as de-AT names, or where most of its speakers are.

    Empty for a tag that says nothing.
    """
    language, *rest = tag.replace("_", "-").split("-")
    for part in rest:
        if part.upper() in COUNTRY_CODES:
            return part.upper()
    likely = str(get_global("likely_subtags").get(language.lower(), ""))
    country = likely.rpartition("_")[2]
    return country if country in COUNTRY_CODES else ""
