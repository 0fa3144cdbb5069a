"""How the back office writes numbers."""

from django import template

register = template.Library()


@register.filter
def thousands(number: int) -> str:
    """12345 as 12,345."""
    return f"{number:,}"
