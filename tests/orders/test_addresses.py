"""Countries by name and code, and what their addresses consist of."""

import pytest

from orders.addresses import country_code, problems_of, rules_for, state_code
from pycommerce.core.countries import country_names


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("US", "US"),
        ("usa", "US"),
        (" United States ", "US"),
        ("United States of America", "US"),
        ("U.S.A.", "US"),
        ("UK", "GB"),
        ("United Kingdom", "GB"),
        ("Germany", "DE"),
        ("Deutschland", "DE"),
        ("DEU", "DE"),
        ("Côte d’Ivoire", "CI"),
        ("Atlantis", None),
        ("", None),
        ("ZZ", None),
        ("EU", None),
        ("U", None),
    ],
)
def test_a_country_is_known_by_code_and_by_name(text, code):
    assert country_code(text) == code


def test_countries_are_named_in_the_shops_language():
    assert country_names("de")["AT"] == "Österreich"
    assert country_names("en")["AT"] == "Austria"
    assert len(country_names("en")) == len(country_names("de")) > 240


@pytest.mark.parametrize(
    ("language", "names"),
    [
        ("de", ["Oman", "Österreich", "Pakistan"]),
        ("en", ["Afghanistan", "Åland Islands", "Albania"]),
    ],
)
def test_countries_with_accents_stand_where_they_are_looked_for(language, names):
    every = list(country_names(language).values())
    at = every.index(names[0])

    assert every[at : at + 3] == names


@pytest.mark.parametrize(
    ("country", "text", "code"),
    [
        ("US", "new york", "NY"),
        ("US", "NY", "NY"),
        ("JP", "Hokkaido", "北海道"),
        ("JP", "北海道", "北海道"),
        ("DE", "Bayern", "bayern"),
        ("XK", "", ""),
    ],
)
def test_a_state_has_one_name_to_compare_by(country, text, code):
    assert state_code(country, text) == code


def test_a_country_says_what_its_addresses_consist_of():
    us, hk, ie = rules_for("US"), rules_for("HK"), rules_for("IE")

    assert (us.state_label, us.postal_code_label) == ("State", "ZIP code")
    assert us.required == {"line1", "city", "state", "postal_code"}
    assert ("NY", "New York") in us.states
    assert "postal_code" not in hk.allowed
    assert ie.postal_code_label == "Eircode"


MAIN_ST = {"line1": "123 Main St", "city": "New York", "state": "NY", "postal_code": "10001"}


@pytest.mark.parametrize(
    ("country", "changes", "problems"),
    [
        ("US", {}, {}),
        ("US", {"state": ""}, {"state": "required"}),
        ("US", {"state": "Bavaria"}, {"state": "invalid"}),
        ("US", {"postal_code": "1"}, {"postal_code": "invalid"}),
        ("US", {"postal_code": "90001"}, {"postal_code": "elsewhere"}),
        ("US", {"line1": " ", "city": ""}, {"line1": "required", "city": "required"}),
        ("DE", {"state": "", "postal_code": "10115"}, {}),
        ("DE", {"state": "", "postal_code": "1011"}, {"postal_code": "invalid"}),
        ("HK", {"state": "Kowloon", "city": "Mong Kok", "postal_code": ""}, {}),
    ],
)
def test_an_address_is_held_against_its_countrys_rules(country, changes, problems):
    assert problems_of(MAIN_ST | changes, country) == problems
