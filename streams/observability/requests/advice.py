"""The advice to partners whose requests are refused, for pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy

from streams.observability.requests.refusals import (
    THROTTLED,
    TOO_LARGE,
    UNAUTHORIZED,
)

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# What to do about requests that are refused with a status.
ADVICE: dict[int, StrOrPromise] = {
    UNAUTHORIZED: gettext_lazy(
        "The token expired or was revoked, or the header and the body have different keys."
        " Use a valid key."
    ),
    TOO_LARGE: gettext_lazy("Send fewer events in each request."),
    THROTTLED: gettext_lazy(
        "Too many events are queued. Wait for the time in Retry-After, and send them again."
    ),
}
