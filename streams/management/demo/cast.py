"""Who plays in the demonstration, and their secrets.

The secrets are derived from SECRET_KEY: the same at each start without being stored,
different in each installation, and unknown to whoever has not got that key.
"""

from __future__ import annotations

import hashlib
import hmac
import string
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from streams.base.ids import Secret
from streams.management.first_run.run_file import FeedFacts, SignIn

PARTNER_NAME, PARTNER_SLUG = "Postbox", "postbox"
STREAM_NAME, STREAM_SLUG = "Postbox", "postbox"
TEMPLATE, PLAN_NOTE = "email", "What becomes of a mail, under the Spec's names."
PROFILE = {
    "about": "Postbox sends newsletters and tells who opens, clicks and unsubscribes.",
    "website": "https://postbox.example/",
    "support_email": "support@postbox.example",
    "docs_url": "https://help.postbox.example/segment",
    "category": "Email Marketing",
    "catalog_id": "",
}
FOR_REVIEWERS = "Northwind Coffee has it already, and Fern & Field waits for it."
APPROVED = "The plan keeps to the Spec, and both pages say what is sent."
WITHOUT_QA = "A demonstration begins live. Its QA is yours to run, under the tab QA."
LOGO = Path(__file__).parent / "postbox.svg"
TOKEN_NAME = "Demonstration"  # noqa: S105 - what it is called

LETTERS_AND_DIGITS = string.ascii_letters + string.digits
EASY_TO_TYPE = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(frozen=True, slots=True)
class Customer:
    """A workspace; the first is connected, the second waits to be."""

    external_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Person:
    """`place` is the partner, a workspace (by external id), or none for staff."""

    name: str
    email: str
    place: str
    role: str

    @property
    def title(self) -> str:
        """As the first run prints it: `workspace editor`."""
        if not self.place:
            return self.role
        return f"{'partner' if self.place == PARTNER_SLUG else 'workspace'} {self.role}"

    @property
    def password(self) -> str:
        letters = derived(f"password {self.email}", 12, EASY_TO_TYPE)
        return "-".join((letters[:4], letters[4:8], letters[8:]))


NORTHWIND = Customer("northwind", "Northwind Coffee")
FERN = Customer("fern-and-field", "Fern & Field")
CUSTOMERS = (NORTHWIND, FERN)

STAFF = Person("Olga", "olga@portal.example", "", "staff")
PARTNER_ADMIN = Person("Petra", "petra@postbox.example", PARTNER_SLUG, "admin")
PEOPLE = (
    STAFF,
    PARTNER_ADMIN,
    Person("Dev", "dev@postbox.example", PARTNER_SLUG, "developer"),
    Person("Sam", "sam@postbox.example", PARTNER_SLUG, "support"),
    Person("Anna", "anna@northwind.example", NORTHWIND.external_id, "admin"),
    Person("Alice", "alice@northwind.example", NORTHWIND.external_id, "editor"),
    Person("Bob", "bob@northwind.example", NORTHWIND.external_id, "viewer"),
    Person("Charlie", "charlie@fern.example", FERN.external_id, "editor"),
)


def derived(label: str, length: int, alphabet: str) -> str:
    """Letters that SECRET_KEY and `label` alone determine; at most 64 of them."""
    seed = hmac.new(
        settings.SECRET_KEY.encode(), f"demo: {label}".encode(), hashlib.sha512
    )
    number = int.from_bytes(seed.digest())
    letters = []
    for _ in range(length):
        number, place = divmod(number, len(alphabet))
        letters.append(alphabet[place])
    return "".join(letters)


def partner_token() -> Secret:
    return Secret("pt_" + derived("partner token", 32, LETTERS_AND_DIGITS))


def ingest_key(customer: Customer) -> Secret:
    label = f"ingest key {customer.external_id}"
    return Secret("ik_" + derived(label, 32, LETTERS_AND_DIGITS))


def write_key(customer: Customer) -> str:
    """Of the customer's source in the sandbox."""
    return derived(f"write key {customer.external_id}", 32, LETTERS_AND_DIGITS)


def sign_ins() -> list[SignIn]:
    return [SignIn(p.title, p.email, p.password) for p in PEOPLE]


def feeds() -> list[FeedFacts]:
    return [
        FeedFacts(c.external_id, STREAM_SLUG, ingest_key(c).text) for c in CUSTOMERS
    ]
