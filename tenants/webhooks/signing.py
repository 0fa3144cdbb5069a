"""Signatures of webhooks, as Stripe makes them: `t=…,v1=…`, HMAC-SHA256 over `t.body`.

Stripe: "Verify webhook signatures manually".
"""

import hashlib
import hmac
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from tenants.shop.models import WebhookEndpoint

HEADER = "PyCommerce-Signature"
# After a rotation both secrets sign for so long.
BOTH_SIGN_FOR = timedelta(hours=24)


def secret_of(endpoint: WebhookEndpoint, number: int | None = None) -> str:
    """The endpoint's secret, or an earlier one by its number."""
    text = f"webhook secret {endpoint.pk} {number or endpoint.secret_number}"
    key = hashlib.sha256(settings.SECRET_KEY.encode()).digest()
    return f"whsec_{hmac.new(key, text.encode(), hashlib.sha256).hexdigest()}"


def secrets_of(endpoint: WebhookEndpoint, now: datetime) -> list[str]:
    """The secrets that sign at this moment, the newest first."""
    numbers = [endpoint.secret_number]
    changed_at = endpoint.secret_changed_at
    if changed_at is not None and changed_at + BOTH_SIGN_FOR > now:
        numbers.append(endpoint.secret_number - 1)
    return [secret_of(endpoint, number) for number in numbers]


def signature(secrets: list[str], body: bytes, at: int) -> str:
    """The header's value for this body, sent at this time in seconds of Unix."""
    signed = str(at).encode() + b"." + body
    parts = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in secrets]
    return ",".join([f"t={at}", *(f"v1={part}" for part in parts)])


def rotate_secret(endpoint: WebhookEndpoint) -> None:
    """Sign with a new secret, and with the present one for another day."""
    endpoint.secret_number += 1
    endpoint.secret_changed_at = timezone.now()
    endpoint.save(update_fields=["secret_number", "secret_changed_at"])
