"""What the worker forgets."""

from datetime import timedelta

from django.utils import timezone

from pycommerce.api.models import RateCounter
from pycommerce.api.rates import count, window_now
from tenants.jobs import clean_up
from tenants.models import KnownAddress, PasswordRequest, RefreshToken
from tenants.services.tokens import issue_tokens
from tests.factories import make_user


def test_what_ended_is_deleted_and_what_counts_is_kept(db):
    user = make_user()
    issue_tokens(user)
    issue_tokens(user)
    ended = RefreshToken.objects.first()
    RefreshToken.objects.filter(pk=ended.pk).update(expires_at=timezone.now() - timedelta(days=2))
    count("now")
    RateCounter.objects.create(key="past", window=window_now() - 5, hits=3)
    long_ago = timezone.now() - timedelta(days=40)
    KnownAddress.objects.create(user=user, address="192.0.2.1", last_used_at=long_ago)
    KnownAddress.objects.create(user=user, address="192.0.2.2")
    asked = {"email": "a@example.com", "client_address": "192.0.2.1"}
    PasswordRequest.objects.create(**asked, created_at=timezone.now() - timedelta(hours=2))
    PasswordRequest.objects.create(**asked)

    gone = clean_up()

    assert gone == {
        "counters": 1,
        "tokens": 1,
        "sessions": 0,
        "addresses": 1,
        "requests": 1,
        "sign_ups": 0,
        "mails": 0,
    }
    assert list(RateCounter.objects.values_list("key", flat=True)) == ["now"]
    assert RefreshToken.objects.count() == PasswordRequest.objects.count() == 1
    assert KnownAddress.objects.get().address == "192.0.2.2"
