"""The checkout's form: one page, and what a country asks for."""

from typing import Any

from django import forms
from django.core.validators import MaxLengthValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from orders.addresses import LINE_LENGTH, problems_of, rules_for
from orders.models import ShippingMethod
from orders.services.placing import Address, Buyer
from pycommerce.core.countries import country_names
from pycommerce.core.plain_select import PlainSelect

_AUTOCOMPLETE = {
    "email": "email",
    "name": "name",
    "country": "country",
    "line1": "address-line1",
    "line2": "address-line2",
    "city": "address-level2",
    "state": "address-level1",
    "postal_code": "postal-code",
    "phone": "tel",
}
_TOO_LONG = gettext_lazy("Use at most %(limit_value)d characters.")
EMAIL_WORDS = {
    "invalid": gettext_lazy("Write an e-mail address such as name@example.com."),
    "max_length": _TOO_LONG,
}
_PARTS = ("line1", "line2", "city", "state", "postal_code")


def _label(text: str) -> str:
    """Labels of countries come in English from the address data."""
    return {
        "State": _("State"),
        "Province": _("Province"),
        "Prefecture": _("Prefecture"),
        "County": _("County"),
        "Emirate": _("Emirate"),
        "Island": _("Island"),
        "Region": _("Region"),
        "Department": _("Department"),
        "Parish": _("Parish"),
        "Area": _("Area"),
        "District": _("District"),
        "ZIP code": _("ZIP code"),
        "Eircode": _("Eircode"),
        "PIN code": _("PIN code"),
        "Postal code": _("Postal code"),
        "Postcode": _("Postcode"),
        "Suburb": _("Suburb"),
        "Town": _("Town"),
        "City": _("City"),
    }.get(text, text)


def _problem_words(part: str, problem: str, code: str, address: dict[str, str]) -> str:
    rules = rules_for(code)
    if problem == "elsewhere":
        return _("This is not in %(state)s.") % {
            "state": dict(rules.states).get(address["state"], address["state"])
        }
    if problem == "invalid" and part == "state" and rules.states:
        return _("Choose one from the list.")
    if problem == "invalid":
        return _("Write it as in this example: %(example)s.") % {
            "example": rules.postal_code_example
        }
    return _("This field is required.")


class CheckoutForm(forms.Form):
    """Who buys, where it goes, and how; billing equals shipping unless it is unfolded."""

    use_required_attribute = False

    email = forms.EmailField(
        label=gettext_lazy("E-mail address"), max_length=254, error_messages=EMAIL_WORDS
    )
    name = forms.CharField(label=gettext_lazy("Full name"), max_length=255)
    country = forms.ChoiceField(label=gettext_lazy("Country"), widget=PlainSelect)
    line1 = forms.CharField(label=gettext_lazy("Street address"), max_length=LINE_LENGTH)
    line2 = forms.CharField(
        label=gettext_lazy("Apartment, floor, company"), max_length=LINE_LENGTH, required=False
    )
    city = forms.CharField(label=gettext_lazy("City"), max_length=LINE_LENGTH, required=False)
    state = forms.CharField(label=gettext_lazy("State"), max_length=LINE_LENGTH, required=False)
    postal_code = forms.CharField(label=gettext_lazy("Postal code"), max_length=40, required=False)
    phone = forms.CharField(
        label=gettext_lazy("Phone, for the carrier"), max_length=40, required=False
    )
    shipping_method = forms.ChoiceField(
        label=gettext_lazy("Shipping"), widget=forms.RadioSelect, required=False
    )
    discount_code = forms.CharField(
        label=gettext_lazy("Discount code"), max_length=40, required=False
    )
    notes = forms.CharField(
        label=gettext_lazy("Note to the shop"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        validators=[MaxLengthValidator(5000)],
    )
    other_billing = forms.BooleanField(
        label=gettext_lazy("Use a different billing address"), required=False
    )
    billing_country = forms.ChoiceField(
        label=gettext_lazy("Country"), widget=PlainSelect, required=False
    )
    billing_line1 = forms.CharField(
        label=gettext_lazy("Street address"), max_length=LINE_LENGTH, required=False
    )
    billing_line2 = forms.CharField(
        label=gettext_lazy("Apartment, floor, company"), max_length=LINE_LENGTH, required=False
    )
    billing_city = forms.CharField(
        label=gettext_lazy("City"), max_length=LINE_LENGTH, required=False
    )
    billing_state = forms.CharField(
        label=gettext_lazy("State"), max_length=LINE_LENGTH, required=False
    )
    billing_postal_code = forms.CharField(
        label=gettext_lazy("Postal code"), max_length=40, required=False
    )

    def __init__(
        self,
        *args: Any,
        language: str,
        default_country: str,
        methods: list[ShippingMethod],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        names = country_names(language)
        # The shop's own country first, then by name.
        first = [(default_country, names[default_country])] if default_country in names else []
        choices = [*first, *(each for each in names.items() if each[0] != default_country)]
        for name in ("country", "billing_country"):
            self._field(name).choices = choices  # type: ignore[attr-defined]
        self.code = self._code("country", default_country, names)
        self.billing_code = self._code("billing_country", self.code, names)
        self.methods = [method for method in methods if method.goes_to(self.code)]
        self._field("shipping_method").choices = [  # type: ignore[attr-defined]
            (method.code, method.name) for method in self.methods
        ]
        self._by_country("", self.code)
        self._by_country("billing_", self.billing_code)
        for name, field in self.fields.items():
            field.error_messages["max_length"] = _TOO_LONG
            token = _AUTOCOMPLETE.get(name.removeprefix("billing_"))
            if token:
                kind = "billing" if name.startswith("billing_") else "shipping"
                is_address = name.removeprefix("billing_") in {*_PARTS, "country"}
                field.widget.attrs["autocomplete"] = f"{kind} {token}" if is_address else token

    def focus_the_first_error(self) -> None:
        """Lead to what has to be looked at, also without a script."""
        for name, field in self.fields.items():
            if name in self.errors:
                field.widget.attrs["autofocus"] = True
                return

    def places(self) -> list[forms.BoundField]:
        """City, state and postal code in the order of the country."""
        return [self[name] for name in rules_for(self.code).places]

    def billing_places(self) -> list[forms.BoundField]:
        return [self[f"billing_{name}"] for name in rules_for(self.billing_code).places]

    def _field(self, name: str) -> forms.Field:
        return self.fields[name]

    def _code(self, name: str, default: str, known: dict[str, str]) -> str:
        given = str(self.data.get(name) or self.initial.get(name) or "").upper()
        return given if given in known else default

    def _by_country(self, prefix: str, code: str) -> None:
        """Labels, choices and what there is of an address in the country."""
        rules = rules_for(code)
        self._field(f"{prefix}state").label = _label(rules.state_label)
        self._field(f"{prefix}postal_code").label = _label(rules.postal_code_label)
        self._field(f"{prefix}city").label = _label(rules.city_label)
        if rules.states:
            blank = [("", _("Choose…"))] if "state" in rules.required else [("", "–")]
            self.fields[f"{prefix}state"].widget = PlainSelect(choices=[*blank, *rules.states])
        for part in ("city", "state", "postal_code"):
            if part not in rules.allowed:
                self.fields[f"{prefix}{part}"].widget = forms.HiddenInput()
        if "postal_code" in rules.allowed and code == "US":
            self.fields[f"{prefix}postal_code"].widget.attrs["inputmode"] = "numeric"

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        self._check_address(data, "", self.code)
        if data.get("other_billing"):
            self._check_address(data, "billing_", self.billing_code)
        if not data.get("shipping_method"):
            if not self.methods:
                self.add_error("shipping_method", _("We do not ship to this country yet."))
            elif "shipping_method" not in self.errors:
                data["shipping_method"] = self.methods[0].code
        return data

    def _check_address(self, data: dict[str, Any], prefix: str, code: str) -> None:
        address = {part: data.get(f"{prefix}{part}", "") for part in _PARTS}
        for part, problem in problems_of(address, code).items():
            name = f"{prefix}{part}"
            if name in self.errors:
                continue
            self.add_error(name, _problem_words(part, problem, code, address))

    def buyer(self) -> Buyer:
        data = self.cleaned_data
        return Buyer(data["name"], data["email"], data["phone"])

    def shipping_address(self) -> Address:
        return self._address("", self.code)

    def billing_address(self) -> Address | None:
        if not self.cleaned_data["other_billing"]:
            return None
        return self._address("billing_", self.billing_code)

    def _address(self, prefix: str, code: str) -> Address:
        data = self.cleaned_data
        parts = {part: data.get(f"{prefix}{part}", "") for part in _PARTS}
        return Address(country=code, code=code, **parts)
