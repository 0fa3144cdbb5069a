"""Members of what is kept as JSON, changed where they are."""

from django.contrib.postgres.fields import ArrayField
from django.db.models import F, Func, JSONField, TextField, Value


def without_member(column: str, *path: str) -> Func:
    """The column's value without the member at the path; as it is where there is none."""
    return Func(
        F(column),
        Value(list(path), output_field=ArrayField(TextField())),
        template="(%(expressions)s)",
        arg_joiner=" #- ",
        output_field=JSONField(),
    )
