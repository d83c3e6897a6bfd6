"""The demonstration's users, workspaces and secrets.

The secrets are derived from SECRET_KEY. They are the same at each start without being
stored, differ between installations, and cannot be guessed without the key.
"""

from __future__ import annotations

import hashlib
import hmac
import string
from dataclasses import dataclass

from django.conf import settings

from streams.base.ids import Secret, id_named
from streams.devtools.demo.demo_streams import LIVE
from streams.devtools.run_file import FeedFacts, SignIn

PARTNER_NAME, PARTNER_SLUG = "Postbox", "postbox"
APPROVED = "The plan follows the Spec, and both pages describe the events."
WITHOUT_QA = "The demonstration starts live. You can run its QA in the tab QA."
TOKEN_NAME = "Demonstration"  # noqa: S105 - a name, not a secret

LETTERS_AND_DIGITS = string.ascii_letters + string.digits
EASY_TO_TYPE = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(frozen=True, slots=True)
class DemoWorkspace:
    """A workspace. The first is connected, the second is not."""

    external_id: str
    name: str


@dataclass(frozen=True, slots=True)
class DemoUser:
    """A user. `place` is the partner's slug, a workspace's external ID, or empty for
    operators."""

    name: str
    email: str
    place: str
    role: str

    @property
    def title(self) -> str:
        """The role as the first run prints it, such as `workspace editor`."""
        if not self.place:
            return self.role
        return f"{'partner' if self.place == PARTNER_SLUG else 'workspace'} {self.role}"

    @property
    def password(self) -> str:
        letters = derived(f"password {self.email}", 12, EASY_TO_TYPE)
        return "-".join((letters[:4], letters[4:8], letters[8:]))


NORTHWIND = DemoWorkspace("northwind", "Northwind Coffee")
FERN = DemoWorkspace("fern-and-field", "Fern & Field")
CUSTOMERS = (NORTHWIND, FERN)

STAFF = DemoUser("Olga", "olga@portal.example", "", "operator")
PARTNER_ADMIN = DemoUser("Petra", "petra@postbox.example", PARTNER_SLUG, "admin")
PEOPLE = (
    STAFF,
    PARTNER_ADMIN,
    DemoUser("Dev", "dev@postbox.example", PARTNER_SLUG, "developer"),
    DemoUser("Sam", "sam@postbox.example", PARTNER_SLUG, "support"),
    DemoUser("Anna", "anna@northwind.example", NORTHWIND.external_id, "admin"),
    DemoUser("Alice", "alice@northwind.example", NORTHWIND.external_id, "editor"),
    DemoUser("Bob", "bob@northwind.example", NORTHWIND.external_id, "viewer"),
    DemoUser("Charlie", "charlie@fern.example", FERN.external_id, "editor"),
)


def derived(label: str, length: int, alphabet: str) -> str:
    """Derive up to 64 letters from SECRET_KEY and `label`."""
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


def ingest_key(customer: DemoWorkspace) -> Secret:
    label = f"ingest key {customer.external_id}"
    return Secret("ik_" + derived(label, 32, LETTERS_AND_DIGITS))


def write_key(customer: DemoWorkspace) -> str:
    """Return the write key of the customer's source in the sandbox."""
    return derived(f"write key {customer.external_id}", 32, LETTERS_AND_DIGITS)


def sign_ins() -> list[SignIn]:
    return [SignIn(p.title, p.email, p.password) for p in PEOPLE]


def inbound_id(customer: DemoWorkspace) -> str:
    """Return the ID of the address at which the customer's events from Segment arrive."""
    return id_named(f"demo inbound address {customer.external_id}")


def inbound_secret(customer: DemoWorkspace) -> Secret:
    label = f"inbound secret {customer.external_id}"
    return Secret("is_" + derived(label, 32, LETTERS_AND_DIGITS))


def feeds(ingest_url: str) -> list[FeedFacts]:
    """Return the feeds. `ingest_url` is the ingest's address, without a path."""
    return [
        FeedFacts(
            c.external_id,
            LIVE.slug,
            ingest_key(c).text,
            f"{ingest_url}/v1/inbound/{inbound_id(c)}",
            inbound_secret(c).text,
        )
        for c in CUSTOMERS
    ]
