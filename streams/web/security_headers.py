"""Security headers for every response, including errors and those of other middleware."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.middleware.security import SecurityMiddleware

if TYPE_CHECKING:
    from django.http import HttpRequest


class HeadersMiddleware(SecurityMiddleware):
    """Django's security headers without its redirect to HTTPS, which needs the host first.

    Place this before all middleware that responds early or raises, together with Django's
    two for Content-Security-Policy and X-Frame-Options.
    """

    def process_request(self, request: HttpRequest) -> None:
        return None
