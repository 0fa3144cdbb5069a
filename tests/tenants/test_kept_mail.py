"""The mail page of a machine that sends nothing."""

import re

import pytest
from django.core.mail import send_mail


@pytest.fixture
def kept(settings, tmp_path):
    """Mails are kept as the product's own settings keep them."""
    settings.EMAIL_BACKEND = settings.EMAIL_CONFIG["EMAIL_BACKEND"]
    settings.EMAIL_CONFIG = {"EMAIL_FILE_PATH": str(tmp_path)}


def test_mails_of_the_same_moment_are_all_seen_the_newest_first(kept, db, platform_client):
    for number in range(10):
        send_mail(f"Mail {number}", f"Text {number}", "shop@example.com", ["ann@example.com"])

    page = platform_client.get("/mail/").content.decode()

    assert re.findall(r">(Mail \d)<", page) == [f"Mail {number}" for number in range(9, -1, -1)]
    newest = re.search(r'href="(/mail/[^"]+/)">Mail 9<', page).group(1)
    assert "Text 9" in platform_client.get(newest).content.decode()
