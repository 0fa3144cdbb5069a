"""What the forms of everything with an address of its own share."""

from typing import Any

from django import forms


class SlugForm(forms.ModelForm):
    """A form whose slug may be left empty; whoever may only look has no such field."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "slug" in self.fields:
            self.fields["slug"].required = False
            self.fields["slug"].help_text = "Made from the name where it is empty."
