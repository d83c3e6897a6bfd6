"""Ask Segment whether it recognizes a write key, by requesting the source's settings.

The key is part of the path, as in Segment's own libraries. So nothing here logs, and no
exception leaves the module. Unlike requests, urllib doesn't log URLs.
"""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from functools import cache
from typing import IO, TYPE_CHECKING

from django.views.decorators.debug import sensitive_variables

from streams.base.http_deadlines import DeadlineHandler
from streams.connections.regions import settings_url

if TYPE_CHECKING:
    from streams.connections.write_keys import WriteKey

TIMEOUT_S = 5.0  # in total
# Segment's observed responses to an unknown key (segment/http-api.md, 2). 401 and 403 are
# not among them: those come from firewalls and proxies.
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
        """Follow no redirects: another host would get the key."""


@cache
def _opener() -> urllib.request.OpenerDirector:
    """Build the opener at first use, because it reads all trusted certificates."""
    return urllib.request.build_opener(_NoRedirect, DeadlineHandler)


@sensitive_variables("url")
def is_known(*, region: str, write_key: WriteKey) -> bool | None:
    """Whether Segment recognizes the key; None: unknown.

    Doesn't check the region: Segment has one host for all regions.
    """
    url = f"{settings_url(region)}/projects/{write_key.text}/settings"
    try:
        with _opener().open(url, timeout=TIMEOUT_S) as response:
            # An HTML page with 200 is from a proxy, not from Segment.
            is_json = response.headers.get_content_type() == "application/json"
            return True if response.status == 200 and is_json else None
    except urllib.error.HTTPError as error:
        with error:
            return False if error.code in UNKNOWN else None
    except (OSError, http.client.HTTPException, ValueError):
        return None
