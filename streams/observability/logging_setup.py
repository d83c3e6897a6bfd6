"""Logging for every process: structlog on top of the standard library.

`LOGGING_CONFIG` refers to `configure`, which Django calls first. Imports no model.
"""

from __future__ import annotations

import logging.config
import sys
from typing import Any, NotRequired, TypedDict

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from streams.base.json_logs import MASK, mask, raw

SECRET_FIELDS = frozenset(
    {
        "api_key", "authorization", "body", "cookie", "csrfmiddlewaretoken", "ingest_key",
        "key", "password", "payload", "secret", "token", "write_key", "writekey",
    }
)  # fmt: skip


class LoggingSettings(TypedDict):
    level: str  # DEBUG, INFO, WARNING or ERROR
    format: NotRequired[str]  # "text" or "json"; for the default see `configure`


def mask_event(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Mask secrets in an event, just before it is rendered, escaped and colored."""
    return {name: _mask_field(name, value) for name, value in event.items()}


def _mask_field(name: str, value: object) -> object:
    if name.lower() in SECRET_FIELDS:
        return MASK
    if value is None or isinstance(value, int | float):
        return value
    if isinstance(value, dict):
        return {key: _mask_field(str(key), inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set):
        return [_mask_field(name, inner) for inner in value]
    return mask(str(value))


def configure(settings: LoggingSettings) -> None:
    """Send every log line of this process to stderr, in one format and without secrets.

    The default format is key=value in a terminal, and one JSON object per line otherwise.
    """
    as_text = settings.get("format") == "text" or (
        not settings.get("format") and sys.stderr.isatty()
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_gather(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    logging.config.dictConfig(_standard(settings["level"], as_text=as_text))
    logging.captureWarnings(capture=settings.get("format") == "json")


def _gather() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]


def _render(*, as_text: bool) -> list[Processor]:
    line: Processor = structlog.processors.JSONRenderer()
    if as_text:
        # Not the rich formatter, which prints local variables and so secrets.
        plain = structlog.dev.plain_traceback
        line = structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=plain
        )
    return [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        mask_event,
        line,
    ]


def _standard(level: str, *, as_text: bool) -> dict[str, Any]:
    """Return the configuration of the standard library's loggers."""
    quiet = {"handlers": [], "level": "WARNING", "propagate": True}
    usual = {"handlers": [], "level": "NOTSET", "propagate": True}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": _render(as_text=as_text),
                "foreign_pre_chain": [*_gather(), structlog.stdlib.ExtraAdder()],
            }
        },
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": "line",
                "stream": raw(sys.stderr),  # the lines are already JSON
            }
        },
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # Remove the handlers that Django and gunicorn set up.
            "django": usual,
            "django.server": usual,
            "gunicorn.error": usual,
            "gunicorn.access": usual,
            # streams/web/proxies.py logs these as one line instead of a traceback.
            "django.security.DisallowedHost": quiet | {"level": "CRITICAL"},
            "urllib3": quiet,
            "kombu": quiet,
            "amqp": quiet,
            "celery.app.trace": quiet,  # these three log every sweep, each second
            "celery.beat": quiet,
            "celery.worker.strategy": quiet,
        },
    }
