"""The steps of a request from Segment, for both servers: admit, take, write, respond."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from streams.base.request_errors import RequestRefused
from streams.identity.inbound.events import InboundEvent, read_event
from streams.identity.inbound.receive import InboundDelivery
from streams.identity.inbound.refusals import TOO_MANY_IDENTIFIERS, EventRefusal
from streams.identity.links import MOST_OF_REQUEST
from streams.ingest.commit.backpressure import storage_full
from streams.ingest.http.body import unpack
from streams.ingest.inbound.access import unknown_address
from streams.ingest.inbound.body import MAX_BYTES, REPLACED, open_inbound
from streams.ingest.inbound.signature import (
    SIGNATURE_HEADER,
    bearer,
    is_secret,
    is_signed,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from streams.ingest.inbound.access import InboundAccess, InboundAccesses
    from streams.observability.backlog import Backlog

PREFIX = "/v1/inbound/"
# Each takes several statements. A Destination Function gets batches of at most 400 events.
MOST_DELETES = 400


class InboundAdmission(NamedTuple):
    """A request whose head was checked. `is_known`: it has the secret, not a signature."""

    access: InboundAccess
    headers: Mapping[str, str]  # names in lower case
    is_known: bool


def is_inbound(path: str) -> bool:
    """Whether a path belongs to inbound addresses."""
    return path.startswith(PREFIX)


def public_id_in(method: str, path: str) -> str:
    """Return the ID of the address in a path. Raises RequestRefused."""
    public_id = path.removeprefix(PREFIX).removesuffix("/")
    if not public_id or "/" in public_id:
        raise unknown_address()
    if method != "POST":
        raise RequestRefused(
            405,
            "INGEST-METHOD-001",
            f"This path supports POST, not {method}.",
            "Send the events as the JSON body of a POST request.",
            {"allow": "POST"},
        )
    return public_id


def find_access(
    method: str, path: str, accesses: InboundAccesses, backlog: Backlog
) -> InboundAccess:
    """Return the address of a request. May query the database. Raises RequestRefused."""
    public_id = public_id_in(method, path)
    if backlog.storage_full:
        raise storage_full()
    return accesses.find(public_id)


def admit(access: InboundAccess, headers: Mapping[str, str]) -> InboundAdmission:
    """Check the secret in a head, unless the body has to be read. Raises RequestRefused."""
    presented = bearer(headers.get("authorization", ""))
    if presented is not None and is_secret(presented, access.secrets):
        return InboundAdmission(access, headers, is_known=True)
    if SIGNATURE_HEADER in headers:
        return InboundAdmission(access, headers, is_known=False)
    raise _no_secret() if presented is None else _wrong_secret()


def take(admission: InboundAdmission, body: bytes) -> InboundDelivery:
    """Read the events in a body. Raises RequestRefused.

    In a batch, a bad event must not spoil the others: Segment drops a batch that is refused.
    """
    access = admission.access
    opened = open_inbound(unpack(body, admission.headers, MAX_BYTES))
    if not admission.is_known:
        signature = admission.headers[SIGNATURE_HEADER]
        if not is_signed(signature, opened.signed, access.secrets):
            raise _wrong_signature()
    replaced = REPLACED if opened.is_mended else ""
    events = [read_event(e, access.names, replaced=replaced) for e in opened.events]
    _limit_identifiers(events)
    first = events[0]
    if isinstance(first, EventRefusal) and all(
        isinstance(event, EventRefusal) for event in events
    ):
        raise RequestRefused(400, first.rule, first.message, first.fix)
    deletes = sum(isinstance(e, InboundEvent) and e.is_privacy_request for e in events)
    if deletes > MOST_DELETES:
        raise _too_many_deletes(deletes)
    return InboundDelivery(access.address_id, access.feed_id, events)


def _limit_identifiers(events: list[InboundEvent | EventRefusal]) -> None:
    """Refuse the events whose identifiers exceed the limit of a request."""
    total = 0
    for number, event in enumerate(events):
        if isinstance(event, InboundEvent) and event.claims:
            total += event.claims
            if total > MOST_OF_REQUEST:
                events[number] = TOO_MANY_IDENTIFIERS


def _too_many_deletes(count: int) -> RequestRefused:
    return RequestRefused(
        413,
        "INBOUND-BODY-004",
        f"The list has {count:,} delete and suppress events. The limit is {MOST_DELETES:,}.",
        "Send fewer of them per request.",
    )


def _no_secret() -> RequestRefused:
    return _unauthorized(
        "INBOUND-SECRET-001",
        "The request has neither the inbound secret nor a signature.",
        "Send the inbound secret as Authorization: Bearer, or set it as the shared secret of"
        " the destination in Segment.",
    )


def _wrong_secret() -> RequestRefused:
    return _unauthorized(
        "INBOUND-SECRET-002",
        "The inbound secret is wrong.",
        "Copy the secret from the page “Receive from Segment”, or rotate it there.",
    )


def _wrong_signature() -> RequestRefused:
    return _unauthorized(
        "INBOUND-SECRET-003",
        "The signature does not match.",
        "In Segment, set the inbound secret as the shared secret of the destination, and leave"
        " the mapping's Data field at its default.",
    )


def _unauthorized(code: str, message: str, fix: str) -> RequestRefused:
    return RequestRefused(
        401, code, message, fix, {"www-authenticate": 'Bearer realm="inbound"'}
    )
