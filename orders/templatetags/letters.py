"""Addresses in templates."""

from collections.abc import Mapping

from django import template

from orders.showing import address_lines

register = template.Library()


@register.filter
def as_letter(address: Mapping[str, str]) -> dict[str, str]:
    """An address as a letter has it, with the country's name: see `address_lines`."""
    return address_lines(address)
