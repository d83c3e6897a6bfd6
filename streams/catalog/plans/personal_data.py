"""Guess which properties hold personal data, from their names.

Errs on the side of too many: a marked property is only hidden in samples and docs.
"""

from __future__ import annotations

import re

from streams.catalog.plans.plan import EACH, parts

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
# A key with one of these words is personal: a trait in segment/spec.md, or a secret.
_WORDS = frozenset(
    {
        "address", "birth", "birthday", "birthdate", "dob", "city", "email", "fax",
        "firstname", "fullname", "gender", "iban", "ip", "lastname", "lat", "latitude",
        "lng", "lon", "longitude", "mobile", "nickname", "passport", "password",
        "phone", "postcode", "ssn", "street", "surname", "telephone", "token",
        "username", "zip", "zipcode",
    }
)  # fmt: skip
# `name` is personal after one of these words, or within such an object.
_PERSON = frozenset(
    {
        "agent", "author", "caller", "contact", "customer", "display", "family",
        "first", "full", "given", "last", "lead", "member", "middle", "nick", "patient",
        "person", "profile", "recipient", "sender", "subscriber", "user", "visitor",
    }
)  # fmt: skip
_ABOUT = frozenset({"campaign", "id", "subject", "count", "template", "type", "status"})


def is_likely_sensitive(call: str, path: str) -> bool:
    """Whether a property probably holds personal data. `path` is as in a plan: `traits.email`."""
    places = [place for place in parts(path) if place != EACH]
    above = words(places[-2]) if len(places) > 1 else []
    own = words(places[-1]) if places else []
    if not own or own[-1] in _ABOUT:
        # `email_id` and `email_subject` describe a message, `address_count` no one.
        return False
    if own[-1] == "name":
        of_person = _PERSON.intersection(own[:-1] + above)
        plain_trait = own == ["name"] and (
            call == "identify" or above[-1:] == ["traits"]
        )
        return bool(of_person or plain_trait)
    return bool(_WORDS.intersection(own)) or "".join(own) in _WORDS


def words(key: str) -> list[str]:
    """Split `firstName`, `first_name` and `First Name` into first, name."""
    return [word.lower() for word in _WORD.findall(key)]
