"""The settings of a test run: the product's, with a database server of its own and fast hashes.

A module of its own, since settings are read before any conftest.py.
"""

import os

os.environ["PYCOMMERCE_TESTING"] = "1"

from pycommerce.settings import *  # noqa: F403
