"""What the domain name system says: the texts of a name, or in a sentence why there are none."""

from dataclasses import dataclass
from enum import Enum

import dns.exception
import dns.name
import dns.rdatatype
import dns.resolver
from django.conf import settings

# For one question with all its repeats, whatever the name servers do.
SECONDS = 4.0
MOST_SHOWN = 120


class Outcome(Enum):
    """Whether the name servers said what there is, said that there is nothing, or said neither."""

    FOUND = "found"
    NOTHING = "nothing"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Texts:
    """The TXT records of a name, each as one text; `words` say what was seen."""

    outcome: Outcome
    words: str
    values: tuple[str, ...] = ()


def _resolver() -> dns.resolver.Resolver:
    address = settings.DNS_RESOLVER
    if address is None:
        made = dns.resolver.Resolver()
    else:
        made = dns.resolver.Resolver(configure=False)
        made.nameservers, made.port = [address[0]], address[1]
    made.timeout, made.lifetime = SECONDS / 2, SECONDS
    return made


def texts_of(name: str) -> Texts:
    """Ask for the TXT records of a whole name in its ASCII form; takes SECONDS at most.

    Never called inside a database transaction: slow name servers must hold no lock.
    """
    try:
        answer = _resolver().resolve(dns.name.from_text(name), dns.rdatatype.TXT, search=False)
    except dns.exception.DNSException as error:
        return _without_texts(name, error)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        return Texts(Outcome.UNKNOWN, f"The name servers cannot be reached: {reason}.")
    # A record of more than 255 bytes is sent in pieces that belong together.
    values = tuple(b"".join(row.strings).decode(errors="replace") for row in answer)
    quoted = ", ".join(f"“{_shortened(value)}”" for value in values)
    return Texts(Outcome.FOUND, f"The TXT record of {name} says {quoted}.", values)


def _shortened(value: str) -> str:
    printable = "".join(letter if letter.isprintable() else "\ufffd" for letter in value)
    return printable if len(printable) <= MOST_SHOWN else f"{printable[:MOST_SHOWN]}…"


def _without_texts(name: str, error: dns.exception.DNSException) -> Texts:
    match error:
        case dns.resolver.NXDOMAIN():
            return Texts(Outcome.NOTHING, f"There is no {name} yet.")
        case dns.resolver.NoAnswer():
            return Texts(Outcome.NOTHING, f"{name} is there, without a TXT record.")
        case dns.resolver.LifetimeTimeout():
            words = f"The name servers did not answer within {SECONDS:.0f} seconds."
        case dns.resolver.NoNameservers():
            words = f"The name servers failed to answer ({_failures(error)})."
        case dns.resolver.NoResolverConfiguration():
            words = "This installation knows no name server: its operator sets DNS_RESOLVER."
        case dns.exception.SyntaxError() | dns.name.LabelTooLong() | dns.name.NameTooLong():
            return Texts(Outcome.NOTHING, f"{name} is too long to have a record.")
        case _:
            words = f"The name servers gave no answer ({type(error).__name__})."
    return Texts(Outcome.UNKNOWN, words)


def _failures(error: dns.resolver.NoNameservers) -> str:
    """What each server answered with, such as SERVFAIL."""
    said = {str(each[3]) for each in error.kwargs.get("errors", [])}
    return ", ".join(sorted(_shortened(each) for each in said)) or "no server is left"
