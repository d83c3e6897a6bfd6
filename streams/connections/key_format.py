"""The format of a pasted text: a write key, or something else that people paste.

Pure. No message repeats the pasted text, which may be another secret.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from streams.base.text.validation import EMAIL

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

KEY_LENGTH = 32
LONGEST_JUDGED = 4_000  # characters; longer texts are not examined
WHERE = gettext_lazy(
    "In Segment, go to Connections → Sources, select the source, then open Settings → API"
    " Keys and copy the Write Key."
)
# Invisible characters that copying from a page or an email leaves around a text.
_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad"
_AROUND = _INVISIBLE + "".join(filter(str.isspace, map(chr, range(0x3001))))

_WRITE_KEY = re.compile(rf"[A-Za-z0-9]{{{KEY_LENGTH}}}")


@dataclass(frozen=True, slots=True)
class KeyProblem:
    """Why a text is not a write key: `rule` for programs, `message` for people."""

    rule: str
    message: str

    def __str__(self) -> str:
        return self.message


@dataclass(frozen=True, slots=True)
class KnownMistake:
    """Something else that people paste, recognized by its format."""

    rule: str
    form: re.Pattern[str]
    message: StrOrPromise


_LOOKALIKES = (
    KnownMistake(
        "private_key",
        re.compile(r"-----BEGIN .*", re.DOTALL),
        gettext_lazy(
            "This is a private key, as Segment's OAuth apps use. Keep it secret."
        ),
    ),
    KnownMistake(
        "snippet",
        re.compile(
            r".*(?:analytics\.load|<script|writeKey\s*+[\"']?\s*+[:=]).*", re.DOTALL
        ),
        gettext_lazy("This is code. Paste only the key, without quotes."),
    ),
    KnownMistake("email", EMAIL, gettext_lazy("This is an email address.")),
    KnownMistake(
        "url",
        re.compile(
            r"(?:[a-z]+://|www\.).*|[\w.-]+\.(?:com|io|net|org)(?:/.*)?", re.IGNORECASE
        ),
        gettext_lazy("This is a web address."),
    ),
    KnownMistake(
        "ingest_key",
        re.compile(r"ik_.*", re.DOTALL),
        gettext_lazy(
            "This is an ingest key of this portal, which sends events to us. Paste the"
            " write key of your Segment source instead."
        ),
    ),
    KnownMistake(
        "partner_token",
        re.compile(r"pt_.*", re.DOTALL),
        gettext_lazy(
            "This is an API token of this portal. Keep it secret, and paste the write key"
            " of your Segment source instead."
        ),
    ),
    KnownMistake(
        "public_api_token",
        re.compile(r"sgp_.*|[\w-]{43}\.[\w-]{43}", re.DOTALL),
        gettext_lazy(
            "This is a token of Segment's Public API. Keep it secret: it can change your"
            " whole workspace. A write key can only add events to one source."
        ),
    ),
    KnownMistake(
        "access_token",
        re.compile(r"eyJ[\w-]+\.[\w.-]+"),
        gettext_lazy("This is an access token (a JWT) of an OAuth app."),
    ),
    KnownMistake(
        "header",
        re.compile(r"(?:Authorization:\s*)?(?:Basic|Bearer)\s.*", re.IGNORECASE),
        gettext_lazy("This is an HTTP header. Paste only the key."),
    ),
    KnownMistake(
        "uuid",
        re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE),
        gettext_lazy("This is a UUID, such as the ID of a user or a message."),
    ),
    KnownMistake(
        "placeholder",
        re.compile(
            r"[<{\[(]*(?:your|my)?[ _-]*(?:segment[ _-]*)?write[ _-]*key[>}\])]*",
            re.IGNORECASE,
        ),
        gettext_lazy("This is a placeholder from an example."),
    ),
    KnownMistake(
        "slug",
        re.compile(r"[a-z][a-z0-9]*(?:[-_][a-z0-9]+)+|[a-z]{2,19}"),
        gettext_lazy(
            "This is a name, perhaps of a workspace or a source. It isn't a key."
        ),
    ),
    KnownMistake(
        "segment_id",
        re.compile(r"[A-Za-z0-9]{20,26}"),
        gettext_lazy(
            "This is shorter than a write key. It may be the ID of a source or a workspace"
            " from a Segment URL."
        ),
    ),
)


def trimmed(text: str) -> str:
    """Remove surrounding spaces, line breaks, and invisible characters."""
    return text.strip(_AROUND)


def problem_with(text: str) -> KeyProblem | None:
    """Return why the trimmed text is not a write key; None if it has the right format."""
    key = trimmed(text)
    if _WRITE_KEY.fullmatch(key):
        return None
    return next(_problems(key))


def _problems(key: str) -> Iterator[KeyProblem]:
    """Yield the problems, the most specific first."""
    if not key:
        message = _("Paste the write key of your source.")
        yield KeyProblem("empty", f"{message} {WHERE}")
    if len(key) > LONGEST_JUDGED:
        yield _wrong_length(len(key))
    for other in _LOOKALIKES:
        if other.form.fullmatch(key):
            yield KeyProblem(other.rule, f"{other.message} {WHERE}")
    if any(char.isspace() or char in _INVISIBLE for char in key):
        message = _(
            "The text contains a space or a line break. Check that you copied only the"
            " key."
        )
        yield KeyProblem("spaces", f"{message} {WHERE}")
    for place, char in enumerate(key, start=1):
        if not (char.isascii() and char.isalnum()):
            yield _wrong_character(char, place)
    yield _wrong_length(len(key))


def _wrong_character(char: str, place: int) -> KeyProblem:
    if char.isascii() and char.isprintable():
        message = _(
            "Character %(place)s is “%(char)s”, but a write key has only letters and"
            " digits."
        ) % {"place": place, "char": char}
        return KeyProblem("characters", f"{message} {WHERE}")
    name = unicodedata.name(char, f"U+{ord(char):04X}").lower()
    message = _(
        "Character %(place)s isn't a plain letter or digit, but “%(name)s”. Some programs"
        " insert such lookalikes, so copy the key directly from Segment."
    ) % {"place": place, "name": name}
    return KeyProblem("lookalike_letters", f"{message} {WHERE}")


def _wrong_length(length: int) -> KeyProblem:
    if length < KEY_LENGTH:
        message = ngettext(
            "The text has %(length)s character, but a write key has %(expected)s. Part of"
            " the key is missing.",
            "The text has %(length)s characters, but a write key has %(expected)s. Part of"
            " the key is missing.",
            length,
        )
    else:
        message = ngettext(
            "The text has %(length)s character, but a write key has %(expected)s. Copy only"
            " the key.",
            "The text has %(length)s characters, but a write key has %(expected)s. Copy"
            " only the key.",
            length,
        )
    counts = {"length": f"{length:,}", "expected": KEY_LENGTH}
    return KeyProblem("length", f"{message % counts} {WHERE}")
