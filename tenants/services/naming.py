"""Which slugs, host names and currencies a shop may have."""

import ipaddress
import re
import unicodedata
from itertools import count

import idna
from anyascii import anyascii
from babel import Locale
from django.conf import settings
from django.utils.translation import gettext as _

from pycommerce.core.errors import InvalidRequest
from tenants.models import Tenant

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
# RFC 6761, RFC 7686, RFC 8375, RFC 9476 and ICANN's .internal: never given to anybody.
RESERVED_TOP_LEVELS = frozenset("alt arpa internal invalid local localhost onion test".split())
# The whole name, and with it the name of its record, fits into what the DNS can hold.
MAX_HOST = 253 - len("_pycommerce-challenge.")
_NO_PART_OF_A_NAME = frozenset("/:@?#\\ ")
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")


def clean_slug(slug: str) -> str:
    """The slug, if a shop may have it: it becomes a host name label and part of addresses.

    Raises InvalidRequest naming `slug` and the reason.
    """
    if not MIN_SLUG <= len(slug) <= MAX_SLUG:
        length = {"least": MIN_SLUG, "most": MAX_SLUG}
        raise _bad_slug(_("Use %(least)s to %(most)s characters.") % length)
    if not _SLUG.match(slug):
        raise _bad_slug(
            _(
                "Use lower-case letters a to z, digits and single hyphens between them, as in "
                "'my-shop'; other alphabets belong in a custom domain."
            )
        )
    if slug.isdigit():
        raise _bad_slug(_("Use at least one letter."))
    if slug in RESERVED_SLUGS:
        raise _bad_slug(_("'%(slug)s' is reserved for the platform.") % {"slug": slug})
    return slug


def _bad_slug(problem: str) -> InvalidRequest:
    details = _("The slug cannot be used: %(problem)s") % {"problem": problem}
    return InvalidRequest(details, fields={"slug": [problem]})


# As German is written where it has no umlauts; other letters lose what is around them.
_GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})


def propose_slug(name: str) -> str:
    """A free slug made from a shop's name, or "" for a name without letters or digits.

    Every alphabet is written in Latin letters: Müller becomes mueller, 北京 bei-jing.
    """
    wanted = _in_latin(name)
    if not wanted:
        return ""
    if len(wanted) < MIN_SLUG or wanted.isdigit() or wanted in RESERVED_SLUGS:
        wanted = f"{wanted}-shop" if wanted in RESERVED_SLUGS else f"shop-{wanted}"
    # Room for a number behind it.
    start = wanted[: MAX_SLUG - 5].rstrip("-")
    taken = set(Tenant.objects.filter(slug__startswith=start).values_list("slug", flat=True))
    if wanted not in taken:
        return wanted
    return next(slug for number in count(2) if (slug := f"{start}-{number}") not in taken)


def _in_latin(name: str) -> str:
    composed = unicodedata.normalize("NFC", name.strip()[:100]).translate(_GERMAN)
    latin = re.sub(r"['’`]", "", anyascii(composed))
    # Letters that stand for whole syllables come out as BeiJing.
    if not name.isascii():
        latin = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", latin)
    slug = re.sub(r"[^a-z0-9]+", "-", latin.lower()).strip("-")
    return slug[:MAX_SLUG].rstrip("-")


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
    if not host or set(host) & _NO_PART_OF_A_NAME:
        raise _bad_host("Write the host name alone, as in 'shop.example.org'.")
    if "*" in host:
        raise _bad_host("Add every host on its own: one with * is none that browsers open.")
    try:
        ascii_host = idna.encode(host, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise _bad_host("This is not a host name that browsers can open.") from error
    if len(ascii_host) > MAX_HOST:
        raise _bad_host(f"A host name has at most {MAX_HOST} characters.")
    if _is_address(ascii_host):
        raise _bad_host("An address of numbers is no host name.")
    if "." not in ascii_host:
        raise _bad_host("Write the whole host name, with its dots.")
    base = settings.BASE_HOST
    if ascii_host == base or ascii_host.endswith((f".{base}", ".localhost")):
        raise _bad_host(f"Hosts below {base} follow from the shop's slug.")
    if any(ascii_host == own or ascii_host.endswith(f".{own}") for own in settings.PLATFORM_HOSTS):
        raise _bad_host("This name belongs to the platform.")
    if ascii_host.rpartition(".")[2] in RESERVED_TOP_LEVELS:
        raise _bad_host(f"Names below .{ascii_host.rpartition('.')[2]} are nobody's on the web.")
    return ascii_host


def _bad_host(problem: str) -> InvalidRequest:
    return InvalidRequest(f"The domain cannot be used: {problem}", fields={"domain": [problem]})


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host.replace(".", "").isdigit()
    return True
