"""Logs that may leave the machine: JSON lines in which nothing can be a name, an address or a story.

Whatever is not on the list of `ALLOWED` keys, or does not look like what its key promises, is dropped and
counted in `dropped`. Our own events are codes (`log.info("reminder.sent", case_id=...)`), never sentences.
Lines of libraries keep their logger's name and, for those of `TEMPLATED`, their text *before* its arguments
are filled in. An exception is its classes and its places in the code, never its message or variables.
"""

import logging
import logging.config
import re
import traceback
from collections.abc import MutableMapping
from datetime import UTC, datetime
from http import HTTPMethod
from typing import Any
from uuid import UUID

import structlog
from celery.signals import setup_logging

_TOKEN = re.compile(r"[A-Za-z0-9_.:/+<>-]{1,200}")
_EVENT = re.compile(r"[a-z][a-z0-9_.]{0,99}")
_IDENTIFIER = re.compile(r"[0-9a-fA-F-]{1,64}")
_ROUTE = re.compile(r"(?!.*[0-9a-fA-F]{8}-)\S{0,300}")  # a pattern, not a path with an identifier in it
_FRAME = re.compile(r"[^\s:]{1,200}:\d{1,7}")

# key → the pattern its text must match; None: numbers, booleans and null only.
ALLOWED: dict[str, re.Pattern[str] | None] = {
    "event": _EVENT,
    "level": _TOKEN,
    "logger": _TOKEN,
    "timestamp": _TOKEN,
    "request_id": _IDENTIFIER,
    "method": re.compile(r"[A-Z]{1,10}"),
    "route": _ROUTE,
    "status": None,
    "duration_ms": None,
    "queries": None,
    "user_id": _IDENTIFIER,
    "agency_id": _IDENTIFIER,
    "group_id": _IDENTIFIER,
    "membership_id": _IDENTIFIER,
    "case_id": _IDENTIFIER,
    "referral_id": _IDENTIFIER,
    "callback_id": _IDENTIFIER,
    "object_id": _IDENTIFIER,
    "object_kind": _TOKEN,
    "followup_id": _IDENTIFIER,
    "notice_id": _IDENTIFIER,
    "context": _TOKEN,
    "action": _TOKEN,
    "role": _TOKEN,
    "task": _TOKEN,
    "task_id": _IDENTIFIER,
    "attempt": None,
    "step": None,
    "count": None,
    "counts": None,  # {code: number}
    "state": _TOKEN,
    "version": _TOKEN,
    "exception": _TOKEN,
    "caused_by": _TOKEN,  # list of classes
    "frames": _FRAME,  # list of file:line, outermost first
    "template": re.compile(r"[^\r\n]{1,300}"),
    "dropped": None,
}
WITHHELD = "event_withheld"

# Libraries whose message, before its arguments are filled in, is a constant of their source.
TEMPLATED = ("django", "celery", "kombu", "gunicorn")

_FRAMES_KEPT = 30
_CAUSES_KEPT = 5


def configure(debug: bool) -> None:
    """Route every logger of this process to standard error, redacted: JSON lines, readable ones with `debug`.

    Settings set `LOGGING_CONFIG = None` (Django's own handlers print paths and mail requests) and call this.
    The redaction is the same in both forms. Calling it again replaces the former configuration.
    """
    # A logging call that fails would print its arguments on standard error.
    logging.raiseExceptions = False
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"safe": {"()": SafeFormatter, "debug": debug}},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "safe"}},
            "root": {"handlers": ["stderr"], "level": "INFO"},
            # Named so that the handlers these libraries give themselves are taken away.
            "loggers": {
                name: {"handlers": [], "propagate": True, "level": level}
                for name, level in {
                    "django": "INFO",
                    "django.request": "INFO",
                    "django.server": "INFO",
                    "django.db.backends": "WARNING",
                    "celery": "INFO",
                    "celery.task": "INFO",
                    "celery.redirected": "WARNING",
                    "kombu": "WARNING",
                    "amqp": "WARNING",
                    "gunicorn.error": "INFO",
                    "gunicorn.access": "WARNING",
                    "py.warnings": "WARNING",
                }.items()
            },
        }
    )
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, _hand_over],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    _keep_celery_from_configuring()


def redact(logger: Any, method: str, event: MutableMapping[str, Any]) -> dict[str, Any]:
    """A structlog processor: only allowed keys with values of the promised form pass, the rest is counted."""
    kept, dropped = {}, 0
    for key, value in event.items():
        safe = _safe(key, value) if key in ALLOWED else None
        if safe is None and value is not None:
            dropped += 1
        elif key in ALLOWED:
            kept[key] = safe
    kept.setdefault("event", WITHHELD)
    if dropped:
        kept["dropped"] = dropped
    return kept


class SafeFormatter(logging.Formatter):
    """Formats every record, ours or a library's, as one redacted line."""

    def __init__(self, debug: bool = False) -> None:
        super().__init__()
        self._render = (
            structlog.dev.ConsoleRenderer(colors=False)
            if debug
            else structlog.processors.JSONRenderer(ensure_ascii=True)
        )

    def format(self, record: logging.LogRecord) -> str:
        event = redact(None, record.levelname, _event_of(record))
        return str(self._render(None, record.levelname, event))


def _event_of(record: logging.LogRecord) -> dict[str, Any]:
    event = {**structlog.contextvars.get_contextvars()}
    event |= record.msg if isinstance(record.msg, dict) else _foreign(record)
    event["level"] = record.levelname.lower()
    event["logger"] = record.name
    event["timestamp"] = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
    if record.exc_info and record.exc_info[0] is not None:
        event |= _places(record.exc_info)
    return event


def _foreign(record: logging.LogRecord) -> dict[str, Any]:
    event: dict[str, Any] = {"event": record.name}
    # Without arguments the text may have been put together already: it cannot be told from a constant.
    if record.args and isinstance(record.msg, str) and record.name.partition(".")[0] in TEMPLATED:
        event["template"] = record.msg
    event["status"] = getattr(record, "status_code", None)
    request = getattr(record, "request", None)  # django.request: an HttpRequest; django.server: a socket
    method = getattr(request, "method", None)
    event["method"] = method if method in HTTPMethod.__members__ else None
    event["route"] = getattr(getattr(request, "resolver_match", None), "route", None)
    data = getattr(record, "data", None)  # celery's context of a task
    if isinstance(data, dict):
        event["task"], event["task_id"] = data.get("name"), data.get("id")
        if isinstance(runtime := data.get("runtime"), float):
            event["duration_ms"] = round(runtime * 1000)
    return {key: value for key, value in event.items() if value is not None}


def _places(exc_info: Any) -> dict[str, Any]:
    kind, error, trace = exc_info
    causes: list[str] = []
    cause = _cause(error)
    while cause is not None and len(causes) < _CAUSES_KEPT:
        causes.append(_class_name(type(cause)))
        cause = _cause(cause)
    frames = [f"{_short(frame.f_code.co_filename)}:{line}" for frame, line in traceback.walk_tb(trace)]
    found = {"exception": _class_name(kind), "frames": frames[-_FRAMES_KEPT:]}
    return {**found, "caused_by": causes} if causes else found


def _cause(error: BaseException | None) -> BaseException | None:
    if error is None or error.__cause__ is not None:
        return error and error.__cause__
    return None if error.__suppress_context__ else error.__context__


def _class_name(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def _short(path: str) -> str:
    """The last parts of a path, enough to find the file: the rest says where the product is installed."""
    return "/".join(path.replace("\\", "/").replace(" ", "_").split("/")[-3:])


def _safe(key: str, value: Any) -> Any:
    """The value as it may be written, or None."""
    pattern = ALLOWED[key]
    if key == "counts":
        return value if isinstance(value, dict) and all(map(_is_count, value.items())) else None
    if key in ("frames", "caused_by"):
        return value if isinstance(value, list) and all(_matches(pattern, item) for item in value) else None
    if isinstance(value, bool | int | float):
        return value
    text = str(value) if isinstance(value, str | UUID) else None
    return text if _matches(pattern, text) else None


def _matches(pattern: re.Pattern[str] | None, text: Any) -> bool:
    return pattern is not None and isinstance(text, str) and pattern.fullmatch(text) is not None


def _is_count(item: tuple[Any, Any]) -> bool:
    return _matches(_EVENT, item[0]) and isinstance(item[1], int)


def _hand_over(logger: Any, method: str, event: dict[str, Any]) -> tuple[tuple[Any], dict[str, Any]]:
    """structlog's last step: the event becomes the record's message, the exception stays beside it."""
    exc_info = event.pop("exc_info", None)
    return (dict(event),), {"exc_info": exc_info} if exc_info else {}


def _keep_celery_from_configuring() -> None:
    # A worker that finds a receiver leaves logging, and standard output, as they are.
    setup_logging.connect(_already_configured, dispatch_uid="common.logging")


def _already_configured(**kwargs: Any) -> None:
    return None
