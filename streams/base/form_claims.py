"""What keeps a form that is sent twice from doing its work twice.

A rendered form carries a token. The first request with the same token and the same content
claims it, in the database that all processes share; the others get the first one's result.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import IntegrityError, models, transaction

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

KEEP = timedelta(days=7)  # how long a tab may stay open and still be recognized
# No request takes as long: its process has died, and nobody knows what it did.
LOST_AFTER = timedelta(minutes=2)


class FormClaim(models.Model):
    """One form that was sent, and where its result is."""

    # A fingerprint: nothing that was typed can be read from it.
    digest = models.CharField(max_length=64, primary_key=True)
    claimed_at = models.DateTimeField(db_index=True)  # for `forget`
    result = models.TextField(default="")  # an address; empty: the request still runs

    def __str__(self) -> str:
        return self.digest


@dataclass(frozen=True, slots=True)
class Claim:
    """Whether this request is the first; if not, where the first one's result is."""

    is_first: bool
    result: str = ""  # empty: not known yet


def digest_of(parts: Iterable[str | bytes]) -> str:
    """A fingerprint of what a form says; one of the parts is its random token."""
    digest = hashlib.sha256()
    for part in parts:
        content = part.encode(errors="surrogatepass") if isinstance(part, str) else part
        digest.update(b"%d:" % len(content))  # no two lists of parts look the same
        digest.update(content)
    return digest.hexdigest()


def claim(digest: str, *, now: datetime) -> Claim:
    """Claim the form; of any number of requests at once, one is the first."""
    try:
        with transaction.atomic():
            FormClaim.objects.create(digest=digest, claimed_at=now)
    except IntegrityError:
        return _claimed_before(digest, now)
    return Claim(is_first=True)


def finish(digest: str, *, result: str) -> None:
    """The form did its work: whoever sends it again goes to `result`."""
    FormClaim.objects.filter(digest=digest).update(result=result)


def release(digest: str) -> None:
    """The form did nothing, as when a field was wrong: it can be sent again."""
    FormClaim.objects.filter(digest=digest).delete()


def forget(now: datetime) -> int:
    """Delete the claims of forms that nobody sends any more; how many went."""
    return FormClaim.objects.filter(claimed_at__lt=now - KEEP).delete()[0]


def _claimed_before(digest: str, now: datetime) -> Claim:
    lost = FormClaim.objects.filter(
        digest=digest, result="", claimed_at__lt=now - LOST_AFTER
    )
    if lost.update(claimed_at=now):
        return Claim(is_first=True)
    found = FormClaim.objects.filter(digest=digest).values_list("result", flat=True)
    return Claim(is_first=False, result=found.first() or "")
