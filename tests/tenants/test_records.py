"""What the domain name system is asked for, and what is said of its answers."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from pycommerce.core.env import name_server as from_environment
from tenants.services import records
from tenants.services.records import Outcome, texts_of

NAME = "_pycommerce-challenge.shop.example.org"


def test_the_texts_of_a_name(name_server):
    name_server.texts[NAME] = ["v=spf1 -all", "pycommerce-1"]

    found = texts_of(NAME)

    assert found.outcome is Outcome.FOUND
    assert set(found.values) == {"v=spf1 -all", "pycommerce-1"}
    assert "“pycommerce-1”" in found.words


def test_a_record_in_pieces_is_one_text(name_server):
    name_server.texts[NAME] = [["pycommerce-", "0123", "4567"]]

    assert texts_of(NAME).values == ("pycommerce-01234567",)


@pytest.mark.parametrize(
    ("outcome", "words", "prepare"),
    [
        (Outcome.NOTHING, f"There is no {NAME} yet.", lambda server: None),
        (
            Outcome.NOTHING,
            "without a TXT record",
            lambda server: server.texts.update({NAME: []}),
        ),
        (
            Outcome.UNKNOWN,
            "failed to answer (SERVFAIL)",
            lambda server: server.failures.update({NAME: "SERVFAIL"}),
        ),
        (
            Outcome.UNKNOWN,
            "failed to answer (REFUSED)",
            lambda server: server.failures.update({NAME: "REFUSED"}),
        ),
        (Outcome.UNKNOWN, "did not answer within", lambda server: server.silent.add(NAME)),
    ],
)
def test_what_is_no_text_is_a_sentence(name_server, outcome, words, prepare):
    prepare(name_server)

    found = texts_of(NAME)

    assert (found.outcome, found.values) == (outcome, ())
    assert words in found.words


def test_where_nobody_listens_is_a_sentence_in_time(name_server, monkeypatch):
    monkeypatch.setattr(records, "SECONDS", 1.0)
    name_server.stop()

    found = texts_of(NAME)

    assert found.outcome is Outcome.UNKNOWN
    assert found.words.startswith("The name servers")


def test_what_strangers_write_into_a_record_is_shown_short_and_printable(name_server):
    name_server.texts[NAME] = [["x" * 200, "y" * 200], "\\000\\007bell"]

    words = texts_of(NAME).words

    assert len(words) < 300
    assert words.isprintable()


@pytest.mark.parametrize(
    ("written", "server"),
    [
        ("", None),
        ("127.0.0.1:5353", ("127.0.0.1", 5353)),
        ("9.9.9.9", ("9.9.9.9", 53)),
        ("[::1]:5353", ("::1", 5353)),
        ("[::1]", ("::1", 53)),
    ],
)
def test_the_name_server_of_the_environment(monkeypatch, written, server):
    monkeypatch.setenv("DNS_RESOLVER", written)

    assert from_environment("DNS_RESOLVER") == server


@pytest.mark.parametrize("written", ["resolver.example", "127.0.0.1:x", "1.2.3.4:99999", "::1"])
def test_a_name_server_that_is_none_is_named(monkeypatch, written):
    monkeypatch.setenv("DNS_RESOLVER", written)

    with pytest.raises(ImproperlyConfigured, match="DNS_RESOLVER"):
        from_environment("DNS_RESOLVER")
