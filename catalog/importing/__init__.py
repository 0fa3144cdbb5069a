"""Catalogues from other systems: read, checked row by row, applied part by part."""

from catalog.importing.running import import_catalogue

__all__ = ["import_catalogue"]
