"""How a request of a program is refused: one shape for every surface that answers JSON."""

from __future__ import annotations

from collections.abc import Mapping


class RequestRefused(Exception):
    """A request that nothing is taken of: `code` for programs, the rest for people."""

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
        """What the answer's JSON holds."""
        return {
            "success": False,
            "code": self.code,
            "message": self.message,
            "fix": self.fix,
        }
