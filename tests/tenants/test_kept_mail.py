"""The mail page of a machine that sends nothing."""

import os
import re
from datetime import timedelta

import pytest
from django.core.mail import send_mail

from tenants.kept_mail import forget_old_mails


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


def test_a_mail_is_kept_for_a_month(kept, settings, tmp_path):
    for name in ("old", "new"):
        send_mail(name, "Text", "shop@example.com", ["ann@example.com"])
    settings.MAIL_IS_KEPT = True
    oldest = min(tmp_path.glob("*.eml"))
    long_ago = oldest.stat().st_mtime - timedelta(days=31).total_seconds()
    os.utime(oldest, (long_ago, long_ago))

    assert forget_old_mails() == 1

    assert not oldest.exists()
    assert len(list(tmp_path.glob("*.eml"))) == 1
