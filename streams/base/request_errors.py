"""JSON error responses: one format for the ingest server and the API."""

from __future__ import annotations

from collections.abc import Mapping


class RequestRefused(Exception):
    """A refused request: `code` is for programs, `message` and `fix` are for people."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        fix: str,
        headers: Mapping[str, str] = {},
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.fix = fix
        self.headers = headers

    @property
    def body(self) -> dict[str, object]:
        """The JSON object of the response."""
        return {
            "success": False,
            "code": self.code,
            "message": self.message,
            "fix": self.fix,
        }
