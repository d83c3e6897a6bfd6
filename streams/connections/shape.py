"""What a pasted text looks like: a write key, or what else, and where the right one is.

Pure. No answer repeats what was pasted: it may be a secret, if not the one we asked for.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from streams.base.text import EMAIL

KEY_LENGTH = 32
LONGEST_JUDGED = 4_000  # characters; what is longer is not looked into
WHERE = (
    "In Segment, open Connections → Sources, choose the source, then Settings → API Keys,"
    " and copy the Write Key."
)
# What copying from a page or a mail leaves around a text, and nobody sees.
_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad"
_AROUND = _INVISIBLE + "".join(filter(str.isspace, map(chr, range(0x3001))))

_WRITE_KEY = re.compile(rf"[A-Za-z0-9]{{{KEY_LENGTH}}}")


@dataclass(frozen=True, slots=True)
class KeyProblem:
    """Why a text is no write key: `rule` for a program, `message` for a person."""

    rule: str
    message: str

    def __str__(self) -> str:
        return self.message


@dataclass(frozen=True, slots=True)
class Lookalike:
    """Something else that people paste, known by its form."""

    rule: str
    form: re.Pattern[str]
    what: str  # completes "This …"
    where: str = WHERE


_LOOKALIKES = (
    Lookalike(
        "private_key",
        re.compile(r"-----BEGIN .*", re.DOTALL),
        "is a private key, as Segment's OAuth apps use. Keep it secret.",
    ),
    Lookalike(
        "snippet",
        re.compile(
            r".*(?:analytics\.load|<script|writeKey\s*+[\"']?\s*+[:=]).*", re.DOTALL
        ),
        "is a piece of code. Paste the key alone, without quotes.",
    ),
    Lookalike("email", EMAIL, "is an email address."),
    Lookalike(
        "url",
        re.compile(
            r"(?:[a-z]+://|www\.).*|[\w.-]+\.(?:com|io|net|org)(?:/.*)?", re.IGNORECASE
        ),
        "is a web address.",
    ),
    Lookalike(
        "ingest_key",
        re.compile(r"ik_.*", re.DOTALL),
        "is an ingest key of this portal: with it events are sent to us. We need the key"
        " that leads from us to Segment.",
    ),
    Lookalike(
        "partner_token",
        re.compile(r"pt_.*", re.DOTALL),
        "is a token of this portal's API. We need a key from Segment. Keep the token"
        " secret.",
    ),
    Lookalike(
        "public_api_token",
        re.compile(r"sgp_.*|[\w-]{43}\.[\w-]{43}", re.DOTALL),
        "is a token of Segment's Public API. It could change your whole workspace, so"
        " give it to nobody; a write key can only add events to one source.",
    ),
    Lookalike(
        "access_token",
        re.compile(r"eyJ[\w-]+\.[\w.-]+"),
        "is an access token (a JWT), as an OAuth app gets it.",
    ),
    Lookalike(
        "header",
        re.compile(r"(?:Authorization:\s*)?(?:Basic|Bearer)\s.*", re.IGNORECASE),
        "is an HTTP header. Paste the key alone.",
    ),
    Lookalike(
        "uuid",
        re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE),
        "is a UUID, as ids of users and messages are.",
    ),
    Lookalike(
        "placeholder",
        re.compile(
            r"[<{\[(]*(?:your|my)?[ _-]*(?:segment[ _-]*)?write[ _-]*key[>}\])]*",
            re.IGNORECASE,
        ),
        "is the placeholder of an example.",
    ),
    Lookalike(
        "slug",
        re.compile(r"[a-z][a-z0-9]*(?:[-_][a-z0-9]+)+|[a-z]{2,19}"),
        "is a name (of a workspace or a source, perhaps), not a key.",
    ),
    Lookalike(
        "segment_id",
        re.compile(r"[A-Za-z0-9]{20,26}"),
        "is shorter than a write key. It may be the id of a source or a workspace, as it"
        " stands in Segment's addresses.",
    ),
)


def trimmed(text: str) -> str:
    """The text without what copying leaves around it: spaces, line ends, the invisible."""
    return text.strip(_AROUND)


def problem_with(text: str) -> KeyProblem | None:
    """Why the text, once trimmed, is no write key; None: it has the shape of one."""
    key = trimmed(text)
    if _WRITE_KEY.fullmatch(key):
        return None
    return next(_problems(key))


def _problems(key: str) -> Iterator[KeyProblem]:
    """What is wrong, the most telling first."""
    if not key:
        yield KeyProblem("empty", f"Paste the write key of your source. {WHERE}")
    if len(key) > LONGEST_JUDGED:
        yield _wrong_length(len(key))
    for other in _LOOKALIKES:
        if other.form.fullmatch(key):
            yield KeyProblem(other.rule, f"This {other.what} {other.where}")
    if any(char.isspace() or char in _INVISIBLE for char in key):
        yield KeyProblem(
            "spaces",
            "There is a space or a line break inside. Perhaps two things were copied at"
            f" once. {WHERE}",
        )
    for place, char in enumerate(key, start=1):
        if not (char.isascii() and char.isalnum()):
            yield _wrong_character(char, place)
    yield _wrong_length(len(key))


def _wrong_character(char: str, place: int) -> KeyProblem:
    if char.isascii() and char.isprintable():
        return KeyProblem(
            "characters",
            f"Character {place} is “{char}”, but a write key has letters and digits"
            f" only. {WHERE}",
        )
    name = unicodedata.name(char, f"U+{ord(char):04X}").lower()
    return KeyProblem(
        "lookalike_letters",
        f"Character {place} is no plain letter or digit but “{name}”; some programs"
        f" put such look-alikes in. Copy the key from Segment itself. {WHERE}",
    )


def _wrong_length(length: int) -> KeyProblem:
    too_short = length < KEY_LENGTH
    why = "Part of it is missing." if too_short else "More was copied than the key."
    characters = "character" if length == 1 else "characters"
    return KeyProblem(
        "length",
        f"This has {length:,} {characters}; a write key has {KEY_LENGTH}. {why} {WHERE}",
    )
