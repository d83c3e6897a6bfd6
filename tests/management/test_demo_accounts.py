from __future__ import annotations

from streams.devtools.demo import accounts

INGEST = "http://127.0.0.1:8001"


def secrets():
    return [
        accounts.partner_token().text,
        *(feed.ingest_key for feed in accounts.feeds(INGEST)),
        *(feed.inbound_secret for feed in accounts.feeds(INGEST)),
        *(accounts.write_key(customer) for customer in accounts.CUSTOMERS),
        *(one.password for one in accounts.sign_ins()),
    ]


def test_secrets_are_the_same_at_each_start_and_differ_from_each_other():
    assert secrets() == secrets()
    assert len(set(secrets())) == 1 + 2 + 2 + 2 + len(accounts.PEOPLE)


def test_another_installation_has_other_secrets(settings):
    ours = secrets()

    settings.SECRET_KEY = "somebody else's"

    assert not set(ours) & set(secrets())
