"""Which slugs, host names and currencies a shop may have."""

import ipaddress
import re

import idna
from babel import Locale
from django.conf import settings
from django.db import IntegrityError, transaction

from pycommerce.core.errors import InvalidRequest
from tenants.errors import HostTaken
from tenants.models import Domain, Tenant

MIN_SLUG, MAX_SLUG = 2, 40
RESERVED_SLUGS = frozenset(
    """
    account accounts admin api app apps assets auth autodiscover billing blog cart cdn checkout
    code console dashboard demo-admin dev dns docs download email example ftp git health help host
    imap internal invalid local localhost login logout mail media metrics mx news ns ns1 ns2 oauth
    panel password pay payment payments pop pop3 postmaster private public pycommerce readyz root
    secure security shop shops signin signup smtp ssl staff stage staging static stats status
    store stores stripe stripe-demo support sys system test tenant tenants webhook webhooks
    webmail www www1 www2
    """.split()
)
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")


def clean_slug(slug: str) -> str:
    """The slug, if a shop may have it: it becomes a host name label and part of addresses.

    Raises InvalidRequest naming `slug` and the reason.
    """
    if not MIN_SLUG <= len(slug) <= MAX_SLUG:
        raise _bad_slug(f"Use {MIN_SLUG} to {MAX_SLUG} characters.")
    if not _SLUG.match(slug):
        raise _bad_slug(
            "Use lower-case letters a to z, digits and single hyphens between them, as in "
            "'my-shop'; other alphabets belong in a custom domain."
        )
    if slug.isdigit():
        raise _bad_slug("Use at least one letter.")
    if slug in RESERVED_SLUGS:
        raise _bad_slug(f"'{slug}' is reserved for the platform.")
    return slug


def _bad_slug(problem: str) -> InvalidRequest:
    return InvalidRequest(f"The slug cannot be used: {problem}", fields={"slug": [problem]})


def clean_currency(code: str) -> str:
    """The code of a currency in capitals. Raises InvalidRequest naming `currency`."""
    code = code.strip().upper()
    # CLDR knows codes for no currency (XXX) and for tests (XTS) as well.
    if code not in Locale("en").currencies or code in {"XXX", "XTS"}:
        problem = "Write the three letters of ISO 4217, such as USD."
        raise InvalidRequest(
            f"The currency cannot be used: {problem}", fields={"currency": [problem]}
        )
    return code


def clean_host(host: str) -> str:
    """A custom host as it is stored: lower case, ASCII by IDNA 2008, no port, no trailing dot.

    Raises InvalidRequest naming `domain` and the reason.
    """
    host = host.strip().lower().removesuffix(".")
    if not host or "://" in host or "/" in host or ":" in host or "@" in host:
        raise _bad_host("Write the host name alone, as in 'shop.example.org'.")
    try:
        ascii_host = idna.encode(host, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise _bad_host("This is not a host name that browsers can open.") from error
    if len(ascii_host) > 253:
        raise _bad_host("A host name has at most 253 characters.")
    if _is_address(ascii_host):
        raise _bad_host("An address of numbers is no host name.")
    if "." not in ascii_host:
        raise _bad_host("Write the whole host name, with its dots.")
    base = settings.BASE_HOST
    if ascii_host == base or ascii_host.endswith((f".{base}", ".localhost")):
        raise _bad_host(f"Hosts below {base} follow from the shop's slug.")
    return ascii_host


def _bad_host(problem: str) -> InvalidRequest:
    return InvalidRequest(f"The domain cannot be used: {problem}", fields={"domain": [problem]})


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host.replace(".", "").isdigit()
    return True


def add_domain(tenant: Tenant, host: str, *, is_primary: bool = False) -> Domain:
    """Let the tenant answer at a custom host.

    Raises InvalidRequest, or HostTaken when a tenant has the host already.
    """
    domain = Domain(tenant=tenant, domain=clean_host(host), is_primary=is_primary)
    try:
        with transaction.atomic():
            domain.save()
    except IntegrityError as error:
        raise HostTaken(f"The domain '{domain.domain}' belongs to a shop already.") from error
    return domain
