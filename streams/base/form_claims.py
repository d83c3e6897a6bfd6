"""Claims that prevent a form that is sent twice from being processed twice.

A rendered form contains a token. The first request with a token and its content claims the
form in the database, which all processes share. The others get the result of the first.
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
# No request takes this long, so its process has died with an unknown result.
LOST_AFTER = timedelta(minutes=2)


class FormClaim(models.Model):
    """A submitted form and the address of its result."""

    # A fingerprint, which doesn't reveal the input.
    digest = models.CharField(max_length=64, primary_key=True)
    claimed_at = models.DateTimeField(db_index=True)  # for `forget`
    result = models.TextField(default="")  # an address; empty: the request still runs

    def __str__(self) -> str:
        return self.digest


@dataclass(frozen=True, slots=True)
class Claim:
    """Whether this request is the first; if not, the address of the first request's result."""

    is_first: bool
    result: str = ""  # empty: not known yet


def digest_of(parts: Iterable[str | bytes]) -> str:
    """Return a fingerprint of a form's content, which includes its random token."""
    digest = hashlib.sha256()
    for part in parts:
        content = part.encode(errors="surrogatepass") if isinstance(part, str) else part
        digest.update(
            b"%d:" % len(content)
        )  # different lists of parts get different digests
        digest.update(content)
    return digest.hexdigest()


def claim(digest: str, *, now: datetime) -> Claim:
    """Claim the form. Exactly one of several simultaneous requests is the first."""
    try:
        with transaction.atomic():
            FormClaim.objects.create(digest=digest, claimed_at=now)
    except IntegrityError:
        return _claimed_before(digest, now)
    return Claim(is_first=True)


def finish(digest: str, *, result: str) -> None:
    """Store the result's address, to which repeated submissions are redirected."""
    FormClaim.objects.filter(digest=digest).update(result=result)


def release(digest: str) -> None:
    """Release a form that did nothing, such as one with an invalid field."""
    FormClaim.objects.filter(digest=digest).delete()


def forget(now: datetime) -> int:
    """Delete expired claims, and return their number."""
    return FormClaim.objects.filter(claimed_at__lt=now - KEEP).delete()[0]


def _claimed_before(digest: str, now: datetime) -> Claim:
    lost = FormClaim.objects.filter(
        digest=digest, result="", claimed_at__lt=now - LOST_AFTER
    )
    if lost.update(claimed_at=now):
        return Claim(is_first=True)
    results = FormClaim.objects.filter(digest=digest).values_list("result", flat=True)
    return Claim(is_first=False, result=results.first() or "")
