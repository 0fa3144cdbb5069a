"""What is asked of somebody who opens a shop."""

from typing import Any
from zoneinfo import available_timezones

from babel.core import get_global
from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from pycommerce.core.countries import (
    country_names,
    country_of_language,
    currency_names,
    habits_of,
)
from pycommerce.core.errors import Refusal
from pycommerce.core.http import HttpRequest
from pycommerce.core.plain_select import PlainSelect
from tenants.errors import SlugTaken
from tenants.models import Tenant, User
from tenants.services.naming import MAX_SLUG, clean_currency, clean_slug
from tenants.services.signing_up import Wanted

MAX_NAME = 60
_LANGUAGES = [("en", "English"), ("de", "Deutsch")]


def _time_zones() -> list[tuple[str, str]]:
    zones = {str(zone) for zones in get_global("territory_zones").values() for zone in zones}
    known = sorted((zones | {"UTC"}) & available_timezones())
    return [(zone, zone.replace("_", " ")) for zone in known]


TIME_ZONES = _time_zones()


def free_slug_or_refuse(slug: str) -> str:
    """The slug, if a shop may have it and none has. Raises InvalidRequest or SlugTaken."""
    clean_slug(slug)
    if Tenant.objects.filter(slug=slug).exists():
        raise SlugTaken(slug)
    return slug


def _problem(refusal: Refusal, field: str) -> str:
    return " ".join(refusal.fields.get(field, [refusal.details]))


class SlugField(forms.CharField):
    """The first part of a shop's address; checked as it is when a shop is made."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            label=gettext_lazy("Address"),
            max_length=MAX_SLUG,
            widget=forms.TextInput(
                attrs={
                    "autocomplete": "off",
                    "autocapitalize": "none",
                    "spellcheck": "false",
                    "aria-describedby": "slug-host slug-said",
                }
            ),
            **kwargs,
        )

    def clean(self, value: Any) -> str:
        slug: str = super().clean(value).lower()
        try:
            return free_slug_or_refuse(slug)
        except Refusal as refusal:
            raise ValidationError(_problem(refusal, "slug")) from refusal


class SignUpForm(forms.Form):
    """The shop, and who owns it."""

    use_required_attribute = False

    name = forms.CharField(
        label=gettext_lazy("What is your shop called?"),
        max_length=MAX_NAME,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    slug = SlugField()
    country = forms.ChoiceField(
        label=gettext_lazy("Country"), widget=PlainSelect(attrs={"autocomplete": "off"})
    )
    currency = forms.ChoiceField(
        label=gettext_lazy("Currency"),
        widget=PlainSelect(attrs={"aria-describedby": "currency-help", "autocomplete": "off"}),
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language of the shop"),
        choices=_LANGUAGES,
        widget=PlainSelect(attrs={"autocomplete": "off"}),
    )
    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        choices=TIME_ZONES,
        widget=PlainSelect(attrs={"autocomplete": "off"}),
    )
    email = forms.EmailField(
        label=gettext_lazy("Your e-mail address"),
        max_length=254,
        widget=forms.EmailInput(
            attrs={"autocomplete": "username", "aria-describedby": "email-help"}
        ),
    )
    password = forms.CharField(
        label=gettext_lazy("Password"),
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput(
            attrs={"autocomplete": "new-password", "aria-describedby": "password-help"}
        ),
    )
    # Nobody sees it; who fills it in fills in everything.
    website = forms.CharField(
        label=gettext_lazy("Leave this empty"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language = get_language() or "en"
        currencies = currency_names(language).items()
        choices = {
            "country": list(country_names(language).items()),
            "currency": [(code, f"{name} ({code})") for code, name in currencies],
        }
        for name, each in choices.items():
            self.fields[name].choices = each  # type: ignore[attr-defined]
        for name in self.errors if self.is_bound else ():
            if name in self.fields:
                attributes = self.fields[name].widget.attrs
                described = attributes.get("aria-describedby", "")
                attributes["aria-invalid"] = "true"
                attributes["aria-describedby"] = f"id_{name}_error {described}".strip()

    def clean_name(self) -> str:
        name = " ".join(self.cleaned_data["name"].split())
        if not any(letter.isalnum() for letter in name):
            raise ValidationError(_("Use at least one letter or digit."))
        return name

    def clean_currency(self) -> str:
        try:
            return clean_currency(self.cleaned_data["currency"])
        except Refusal as refusal:
            raise ValidationError(_problem(refusal, "currency")) from refusal

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"].strip().lower()
        return email

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if password := data.get("password"):
            try:
                validate_password(password, User(email=data.get("email", "")))
            except ValidationError as error:
                self.add_error("password", error)
        return data

    @property
    def is_of_a_machine(self) -> bool:
        return bool(self.data.get("website"))

    def wanted(self) -> Wanted:
        """What a valid form asks for."""
        data = {name: self.cleaned_data[name] for name in Wanted.__slots__}
        return Wanted(**data)


class ConfirmForm(forms.Form):
    """What is still asked behind the link: the password in another browser, another slug where
    the wanted one is gone."""

    use_required_attribute = False

    slug = SlugField()
    password = forms.CharField(
        label=gettext_lazy("The password that you chose"),
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args: Any, asks_slug: bool, asks_password: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not asks_slug:
            del self.fields["slug"]
        if not asks_password:
            del self.fields["password"]


def guess(request: HttpRequest) -> dict[str, str]:
    """What the form begins with, by the page's language and the browser's."""
    tag = request.headers.get("Accept-Language", "").split(",")[0].partition(";")[0].strip()
    country = country_of_language(tag) or "US"
    habits = habits_of(country)
    return {
        "country": country,
        "currency": habits.currency,
        "language": get_language() or "en",
        "time_zone": habits.time_zone,
    }
