"""Asks Segment whether a write key leads to a source: does it serve settings for it?

The key stands in the path, as Segment's own libraries send it. So nothing here logs,
and no exception leaves: urllib, unlike requests, writes no URL into a log.
"""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from functools import cache
from typing import IO, TYPE_CHECKING

from django.views.decorators.debug import sensitive_variables

from streams.base.deadlines import DeadlineHandler
from streams.connections.regions import settings_url

if TYPE_CHECKING:
    from streams.connections.keys import WriteKey

TIMEOUT_S = 5.0  # in all
# What Segment has been seen to answer to a key it does not know (segment/http-api.md,
# 2). 401 and 403 are not among them: those come from walls on the way.
UNKNOWN = {400, 404, 410}


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> None:
        """Follow none: the key would be told to another host."""


@cache
def _opener() -> urllib.request.OpenerDirector:
    """Built at the first use: it reads all certificates that the machine trusts."""
    return urllib.request.build_opener(_NoRedirect, DeadlineHandler)


@sensitive_variables("url")
def is_known(*, region: str, write_key: WriteKey) -> bool | None:
    """Whether the key leads to a source; None: nobody could say.

    It does not tell the region: Segment has one such host for all of them.
    """
    url = f"{settings_url(region)}/projects/{write_key.text}/settings"
    try:
        with _opener().open(url, timeout=TIMEOUT_S) as response:
            # A page with 200 is from somebody on the way, not from Segment.
            is_json = response.headers.get_content_type() == "application/json"
            return True if response.status == 200 and is_json else None
    except urllib.error.HTTPError as error:
        with error:
            return False if error.code in UNKNOWN else None
    except (OSError, http.client.HTTPException, ValueError):
        return None
