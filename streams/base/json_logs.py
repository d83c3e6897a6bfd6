"""JSON log lines with the standard library alone, for all output with LOG_FORMAT=json.

structlog (streams/observability/logging_setup.py) writes the portal's own log. `install` covers other
output: startup errors, errors of commands, warnings, and tracebacks. Imports no other module
of the portal, because gunicorn.conf.py runs this file in gunicorn's master process.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
import traceback
from collections.abc import Iterable
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, TextIO, override

MASK = "[redacted]"
# Secrets in any text: our tokens, HTTP credentials, credentials in a URL, and write keys, which
# are 32 letters and digits without a prefix. The letter of an escape, as in "\n", may precede
# a secret.
SECRET_TEXT = re.compile(
    r"""(?ix)
    (?: \b | (?<= \\[nrt] ) ) (?:ik|pt)_ [a-z0-9]{6,}
    | (?<= \b basic [ ] ) [a-z0-9+/=_~.-]{6,}
    | (?<= \b bearer [ ] ) [a-z0-9+/=_~.-]{6,}
    | (?<= :// ) [^\s/@:]*+ : [^\s/@]*+ (?= @ )
    | (?: (?<! [a-z0-9] ) | (?<= \\[nrt] ) ) [a-z0-9]{32} (?! [a-z0-9] )
    """
)


def mask(text: str) -> str:
    """Mask everything that looks like a secret: the last line of defense."""
    return SECRET_TEXT.sub(MASK, text)


def json_line(event: str, *, level: str, **fields: str) -> str:
    """Format a log line without its line break, with masked texts."""
    texts = {name: mask(text) for name, text in fields.items()}
    at = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    return json.dumps({"event": mask(event), "level": level, **texts, "timestamp": at})


class JsonFormatter(logging.Formatter):
    """Formats records of the standard library like the portal's own log lines."""

    @override
    def format(self, record: logging.LogRecord) -> str:
        fields = {"logger": record.name}
        if record.exc_info and record.exc_info[1]:
            fields["exception"] = _traceback(record.exc_info[1])
        level = record.levelname.lower()
        return json_line(record.getMessage(), level=level, **fields)


class JsonStream:
    """Wraps the text stream `raw` and turns other output into JSON log lines.

    A write that ends with a line break becomes one event, however many lines it has.
    """

    def __init__(self, raw: TextIO, *, name: str, level: str) -> None:
        self.raw = raw
        self._name = name
        self._level = level
        self._of_thread = threading.local()  # text without a line break yet

    def write(self, text: str) -> int:
        pending = getattr(self._of_thread, "pending", "") + text
        self._of_thread.pending = ""
        if pending.endswith("\n"):
            self._emit(pending)
        else:
            self._of_thread.pending = pending
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        self.write("".join(lines))

    def flush(self) -> None:
        pending = getattr(self._of_thread, "pending", "")
        self._of_thread.pending = ""
        self._emit(pending)
        self.raw.flush()

    def isatty(self) -> bool:
        """Return False, so that no colors are written into the JSON."""
        return False

    def __getattr__(self, name: str) -> Any:
        return getattr(self.raw, name)

    def _emit(self, text: str) -> None:
        if _is_json(text):
            self.raw.write(text)
        elif text.strip():
            line = json_line(text.strip("\n"), level=self._level, logger=self._name)
            self.raw.write(f"{line}\n")
        self.raw.flush()


def raw(stream: TextIO) -> TextIO:
    """Return the wrapped stream, for lines that are already JSON."""
    below: TextIO = getattr(stream, "raw", stream)
    return below


def install() -> None:
    """Write everything that Python sends to stderr as JSON. May be called repeatedly."""
    sys.stderr = _json_stream(raw(sys.stderr), name="stderr", level="error")
    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_thread
    sys.unraisablehook = _unraisable


def install_for_server() -> None:
    """Do the same for stdout, too. Not for commands, whose stdout is their result."""
    install()
    sys.stdout = _json_stream(raw(sys.stdout), name="stdout", level="info")


def _json_stream(below: TextIO, *, name: str, level: str) -> Any:
    return JsonStream(below, name=name, level=level)


def _is_json(text: str) -> bool:
    if not text.startswith("{"):
        return False
    try:
        return all(isinstance(json.loads(line), dict) for line in text.splitlines())
    except ValueError:
        return False


def _uncaught(
    _: type[BaseException], error: BaseException, __: TracebackType | None
) -> None:
    _write("process.failed", error)


def _uncaught_in_thread(failed: threading.ExceptHookArgs) -> None:
    if failed.exc_value and not isinstance(failed.exc_value, SystemExit):
        name = failed.thread.name if failed.thread else ""
        _write("thread.failed", failed.exc_value, thread=name)


def _unraisable(failed: Any) -> None:  # its type exists only in typeshed
    if failed.exc_value:
        _write("error.ignored", failed.exc_value, where=repr(failed.object))


def _write(event: str, error: BaseException, **fields: str) -> None:
    about = {"error": type(error).__name__, "exception": _traceback(error)}
    below = raw(sys.stderr)
    below.write(f"{json_line(event, level='critical', **fields, **about)}\n")
    below.flush()


def _traceback(error: BaseException) -> str:
    return "".join(traceback.format_exception(error)).rstrip("\n")
