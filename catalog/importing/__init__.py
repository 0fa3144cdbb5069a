"""Catalogues from other systems: read, checked row by row, applied all or nothing."""

from catalog.importing.running import import_catalogue

__all__ = ["import_catalogue"]
