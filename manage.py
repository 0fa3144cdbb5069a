#!/usr/bin/env python3
"""Django's commands, and ours."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pycommerce.settings")
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        _ = settings.INSTALLED_APPS
    except ImproperlyConfigured as error:
        # A sentence for the operator: which variable is missing or wrong.
        sys.exit(str(error))
    execute_from_command_line(sys.argv)
