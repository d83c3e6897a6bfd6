"""The security headers, on every response: also on those of other middleware, and on errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.middleware.security import SecurityMiddleware

if TYPE_CHECKING:
    from django.http import HttpRequest


class HeadersMiddleware(SecurityMiddleware):
    """Django's headers without its redirect to https, which needs the right host first.

    It has to stand outside of whatever responds early or raises. So do Django's two for
    Content-Security-Policy and X-Frame-Options.
    """

    def process_request(self, request: HttpRequest) -> None:
        return None
