"""Moments look the same on every page of the back offices, in each language in its own way."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.utils import translation
from django.utils.formats import date_format

TEMPLATES = Path(__file__).parents[2] / "templates"
# For machines; and a weekday, which no form of dates has.
ALLOWED = {"c", "Y-m-d", "D"}


def test_no_page_of_a_back_office_has_a_form_of_dates_of_its_own():
    found = {
        (str(path.relative_to(TEMPLATES)), form)
        for path in (TEMPLATES / "admin").rglob("*.html")
        for form in re.findall(r"""\|(?:date|time):["']([^"']+)["']""", path.read_text())
        if form not in ALLOWED and not form.endswith("_FORMAT")
    }

    assert found == set()


@pytest.mark.parametrize(
    ("language", "moment", "day"),
    [("en", "9 Nov 2026, 23:05", "9 Nov 2026"), ("de", "9. Nov. 2026, 23:05", "9. Nov. 2026")],
)
def test_a_moment_looks_as_its_language_writes_it(language, moment, day):
    at = datetime(2026, 11, 9, 23, 5, tzinfo=UTC)

    with translation.override(language):
        assert date_format(at, "DATETIME_FORMAT") == moment
        assert date_format(at, "SHORT_DATE_FORMAT") == day


def test_a_day_has_one_form_in_english_on_pages_papers_and_in_mails():
    with translation.override("en"):
        assert date_format(datetime(2026, 9, 9, tzinfo=UTC), "DATE_FORMAT") == "9 Sep 2026"
