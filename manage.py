#!/usr/bin/env python3
"""Django's commands, and ours."""

import errno
import os
import sys

# A path that cannot be used, or a full disk: what the operator gave or has, and no bug of ours.
_OF_THE_PLACE = {
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.EEXIST,
    errno.ENOTDIR,
    errno.ENOSPC,
    errno.EDQUOT,
}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pycommerce.settings")
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        _ = settings.INSTALLED_APPS
    except ImproperlyConfigured as error:
        # A sentence for the operator: which variable is missing or wrong.
        sys.exit(str(error))
    from django.db.utils import OperationalError

    from pycommerce.localdb import LocalDatabaseError

    try:
        execute_from_command_line(sys.argv)
    except LocalDatabaseError as error:
        sys.exit(str(error))
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None):
            raise
        # No answer of the server to a statement: there was no connection, or it went away.
        sys.exit(f"The database does not answer: {str(error).strip()}")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("Stopped.")
    except OSError as error:
        if error.filename is None or error.errno not in _OF_THE_PLACE:
            raise
        sys.exit(f"{error.filename} cannot be used: {error.strerror}.")
