"""Forms of an import: the file, what it is read as, and what stands in the columns of a table."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.importing.plain import FIELDS, FORMAT, NEEDED
from catalog.importing.running import FORMAT_NAMES
from catalog.models import ImportRun
from catalog.services.columns import READ_AS, columns_of, proposed_columns

# As much as the proxy in front of it lets through; the command takes larger ones.
MAX_UPLOAD = 20 * 2**20
_LABELS = {
    "name": gettext_lazy("Name (needed)"),
    "price": gettext_lazy("Price (needed)"),
    "sku": gettext_lazy("SKU"),
    "slug": gettext_lazy("Address of the page"),
    "description": gettext_lazy("Description"),
    "brand": gettext_lazy("Brand"),
    "type": gettext_lazy("Type"),
    "tags": gettext_lazy("Tags, with commas"),
    "category": gettext_lazy("Category, as Home > Light"),
    "stock": gettext_lazy("Stock"),
    "barcode": gettext_lazy("Barcode"),
    "picture": gettext_lazy("Address of a picture"),
    "price_before": gettext_lazy("Price before"),
    "grams": gettext_lazy("Weight in grams"),
    "option_1": gettext_lazy("Option 1, such as size"),
    "option_2": gettext_lazy("Option 2"),
    "option_3": gettext_lazy("Option 3"),
}


class UploadForm(forms.Form):
    file = forms.FileField(
        label=format_lazy("{} ({})", gettext_lazy("Product file"), FORMAT_NAMES),
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.xml,text/csv,text/xml"}),
        max_length=255,
    )

    fetches_pictures = forms.BooleanField(
        label=gettext_lazy("Fetch the pictures that it names by address"),
        required=False,
        initial=True,
    )

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > MAX_UPLOAD:
            raise ValidationError(_("The file is larger than 20 MB."))
        start = file.read(4)
        file.seek(0)
        if start.startswith(b"PK"):
            raise ValidationError(_("This is an Excel file or an archive: save it as CSV first."))
        return file


class ReadAsForm(forms.Form):
    """What a file is read as, where what was found out is wrong."""

    read_as = forms.ChoiceField(label=gettext_lazy("Read the file as"), required=False)

    def __init__(self, run: ImportRun, data: Any = None) -> None:
        super().__init__(data, initial={"read_as": run.read_as})
        names = [(name, name) for name in READ_AS if name != FORMAT]
        field: Any = self.fields["read_as"]
        field.choices = [
            ("", _("Detect it automatically")),
            *names,
            (FORMAT, _("A table: I say what its columns are")),
        ]


class ColumnsForm(forms.Form):
    """For each column of a table, where it goes; `mapping` then is field to column."""

    def __init__(self, run: ImportRun, data: Any = None) -> None:
        super().__init__(data)
        self.run = run
        self.columns = columns_of(run)
        wanted = {column: field for field, column in proposed_columns(run).items()}
        choices = [("", _("Ignore it")), *((field, _LABELS[field]) for field in FIELDS)]
        for number, column in enumerate(self.columns):
            if column:
                self.fields[f"column_{number}"] = forms.ChoiceField(
                    label=run.columns[number],
                    choices=choices,
                    required=False,
                    initial=wanted.get(column, ""),
                )
        self.mapping: dict[str, str] = {}

    def clean(self) -> dict[str, Any]:
        for number, column in enumerate(self.columns):
            field = self.cleaned_data.get(f"column_{number}", "")
            if field and field in self.mapping:
                problem = _("The column '%(column)s' goes there too: choose one of them.")
                other = self.run.columns[self.columns.index(self.mapping[field])]
                self.add_error(
                    f"column_{number}", ValidationError(problem, params={"column": other})
                )
            elif field:
                self.mapping[field] = column
        missing = [str(_LABELS[field]) for field in NEEDED if field not in self.mapping]
        if missing and not self.errors:
            problem = _("Say which column goes here: %(fields)s.")
            raise ValidationError(problem, params={"fields": ", ".join(missing)})
        return self.cleaned_data

    def rows(self) -> Iterator[dict[str, Any]]:
        """Each column with its cells to look at and its field."""
        for number, column in enumerate(self.columns):
            if column:
                samples = self.run.samples[number]
                yield {"samples": samples, "field": self[f"column_{number}"]}
