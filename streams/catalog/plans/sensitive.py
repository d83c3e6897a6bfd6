"""Which properties are likely to tell who somebody is, by how they are called.

Errs on the side of too many: what is marked is only shown to nobody.
"""

from __future__ import annotations

import re

from streams.catalog.plans.plan import EACH, parts

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
# One of these words anywhere in a key. A trait of its own in segment/spec.md, or a secret.
_WORDS = frozenset(
    {
        "address", "birth", "birthday", "birthdate", "dob", "city", "email", "fax",
        "firstname", "fullname", "gender", "iban", "ip", "lastname", "lat", "latitude",
        "lng", "lon", "longitude", "mobile", "nickname", "passport", "password",
        "phone", "postcode", "ssn", "street", "surname", "telephone", "token",
        "username", "zip", "zipcode",
    }
)  # fmt: skip
# A name is of a person if one of these stands before it, or the object above is one.
_PERSON = frozenset(
    {
        "agent", "author", "caller", "contact", "customer", "display", "family",
        "first", "full", "given", "last", "lead", "member", "middle", "nick", "patient",
        "person", "profile", "recipient", "sender", "subscriber", "user", "visitor",
    }
)  # fmt: skip
_ABOUT = frozenset({"campaign", "id", "subject", "count", "template", "type", "status"})


def is_likely_sensitive(call: str, path: str) -> bool:
    """`path` as in a plan: `traits.email`, `products.$.sku`."""
    places = [place for place in parts(path) if place != EACH]
    above = words(places[-2]) if len(places) > 1 else []
    own = words(places[-1]) if places else []
    if not own or own[-1] in _ABOUT:
        # `email_id` and `email_subject` are about a message, `address_count` about nobody.
        return False
    if own[-1] == "name":
        of_person = _PERSON.intersection(own[:-1] + above)
        plain_trait = own == ["name"] and (
            call == "identify" or above[-1:] == ["traits"]
        )
        return bool(of_person or plain_trait)
    return bool(_WORDS.intersection(own)) or "".join(own) in _WORDS


def words(key: str) -> list[str]:
    """Of `firstName`, `first_name` and `First Name`: first, name."""
    return [word.lower() for word in _WORD.findall(key)]
