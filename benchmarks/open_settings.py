"""The product's settings, but for a list of products that asks for no token and counts no call."""

from pycommerce.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.open_urls"
