import io
import json
import logging
import threading
from types import SimpleNamespace
from uuid import UUID

import pytest
import structlog
from celery import Celery
from celery.app.log import Logging
from hypothesis import given
from hypothesis import strategies as st

from common.logging import ALLOWED, WITHHELD, SafeFormatter, configure, redact

SECRET = "Fatima Alaoui"
CASE = UUID("0199a1b2-c3d4-7e5f-8a6b-0123456789ab")


@pytest.fixture
def lines():
    """Configures the logs; yields a function that gives what was written, as dicts."""
    before = {name: (one.handlers[:], one.level, one.propagate) for name, one in every_logger().items()}
    raising, defaults = logging.raiseExceptions, structlog.get_config().copy()
    stream = io.StringIO()
    configure(debug=False)
    logging.getLogger().handlers[0].setStream(stream)
    structlog.contextvars.clear_contextvars()

    def written():
        assert SECRET not in stream.getvalue() and "Alaoui" not in stream.getvalue()
        return [json.loads(line) for line in stream.getvalue().splitlines()]

    yield written
    structlog.contextvars.clear_contextvars()
    structlog.configure(**defaults)
    logging.raiseExceptions = raising
    for name, one in every_logger().items():
        one.handlers, level, one.propagate = before.get(name, ([], logging.NOTSET, True))
        one.setLevel(level)


def every_logger():
    known = logging.root.manager.loggerDict
    named = {name: one for name, one in known.items() if isinstance(one, logging.Logger)}
    return {"": logging.getLogger()} | named


def test_allowed_keys_pass_and_the_rest_is_counted(lines):
    structlog.contextvars.bind_contextvars(request_id="0199a1b2c3d4", agency_id=CASE, victim=SECRET)
    structlog.get_logger("followups").info(
        "reminder.sent", case_id=CASE, counts={"sent": 3}, name=SECRET, phone="+32470123456", status=200
    )
    (line,) = lines()
    assert line.pop("timestamp").endswith("+00:00")
    assert line == {
        "event": "reminder.sent",
        "level": "info",
        "logger": "followups",
        "request_id": "0199a1b2c3d4",
        "agency_id": str(CASE),
        "case_id": str(CASE),
        "counts": {"sent": 3},
        "status": 200,
        "dropped": 3,
    }


@pytest.mark.parametrize(
    "values",
    [
        {"case_id": SECRET},
        {"user_id": "f.alaoui@agency.example"},
        {"route": "/cases/0199a1b2-c3d4-7e5f-8a6b-0123456789ab/"},
        {"route": f"/search/{SECRET}"},
        {"method": SECRET},
        {"status": SECRET},
        {"count": SECRET},
        {"counts": {SECRET: 1}},
        {"counts": {"sent": SECRET}},
        {"counts": [SECRET]},
        {"task": SECRET},
        {"object_kind": [SECRET]},
        {"frames": [f"{SECRET}:1"]},
        {"frames": SECRET},
        {"action": f"x\n{SECRET}"},
        {"duration_ms": SimpleNamespace(name=SECRET)},
        {SECRET: 1},
    ],
)
def test_an_allowed_key_is_no_way_around(lines, values):
    structlog.get_logger("x").info("page.shown", **values)
    (line,) = lines()
    assert line["event"] == "page.shown" and line["dropped"] == 1
    assert not set(values) & set(line)


@pytest.mark.parametrize("event", [f"Case of {SECRET} opened", SECRET, "", "x y", None])
def test_an_event_is_a_code_not_a_sentence(lines, event):
    structlog.get_logger("x").warning(event)
    assert lines()[0]["event"] in (WITHHELD, None)


def test_positional_arguments_never_pass(lines):
    structlog.get_logger("x").info("page.shown", SECRET)
    assert lines()[0]["event"] == "page.shown"


def fail(name):
    try:
        raise KeyError(name)
    except KeyError as error:
        raise ValueError(f"no such person: {name}") from error


@pytest.mark.parametrize("how", ["structlog", "logging", "instance"])
def test_an_exception_is_its_classes_and_its_places(lines, how):
    try:
        fail(SECRET)
    except ValueError as error:
        if how == "structlog":
            structlog.get_logger("x").exception("page.failed")
        elif how == "instance":
            structlog.get_logger("x").error("page.failed", exc_info=error)
        else:
            logging.getLogger("x").exception("failed for %s", SECRET)
    (line,) = lines()
    assert line["exception"] == "builtins.ValueError"
    assert line["caused_by"] == ["builtins.KeyError"]
    assert [frame.rpartition(":")[0] for frame in line["frames"]] == ["tests/common/test_log_redaction.py"] * 2
    assert "no such person" not in str(line) and line["level"] == "error"


def test_a_very_deep_or_circular_exception_ends(lines):
    def deeper(n):
        return deeper(n - 1) if n else 1 / 0

    try:
        deeper(100)
    except ZeroDivisionError as error:
        error.__cause__ = error
        logging.getLogger("x").exception("oops")
    (line,) = lines()
    assert len(line["frames"]) == 30 and len(line["caused_by"]) == 5


def test_no_exception_in_sight(lines):
    structlog.get_logger("x").exception("page.failed")
    assert "exception" not in lines()[0]


def test_django_request_says_the_route_and_not_the_path(lines):
    match = SimpleNamespace(route="cases/<uuid:pk>/")
    request = SimpleNamespace(method="GET", path=f"/cases/{SECRET}", resolver_match=match, POST={"name": SECRET})
    logging.getLogger("django.request").warning(
        "%s: %s", "Not Found", request.path, extra={"status_code": 404, "request": request}
    )
    (line,) = lines()
    assert (line["event"], line["template"]) == ("django.request", "%s: %s")
    assert (line["method"], line["route"], line["status"]) == ("GET", "cases/<uuid:pk>/", 404)


def test_a_request_that_matched_no_route(lines):
    request = SimpleNamespace(method=SECRET, path=f"/{SECRET}", resolver_match=None)
    logging.getLogger("django.request").warning("%s", request.path, extra={"status_code": 404, "request": request})
    assert "route" not in lines()[0] and "method" not in lines()[0]


@pytest.mark.django_db
def test_a_real_request_leaves_no_trace_of_its_address(lines, rf):
    from django.utils.log import log_response

    request = rf.get("/cases/", {"q": SECRET}, HTTP_REFERER=SECRET)
    response = SimpleNamespace(status_code=500, reason_phrase="x")
    log_response("%s: %s", "x", request.get_full_path(), response=response, request=request)
    (line,) = lines()
    assert (line["status"], line["method"], line["level"]) == (500, "GET", "error")


def test_django_server_and_gunicorn_access_lines_are_withheld(lines):
    logging.getLogger("django.server").info(
        '"%s" %s %s',
        f"GET /?q={SECRET} HTTP/1.1",
        "200",
        "12",
        extra={"request": object(), "server_time": "x"},
    )
    logging.getLogger("gunicorn.error").error("Error handling request %s", f"/?q={SECRET}")
    logging.getLogger("gunicorn.access").info("%(r)s", {"r": SECRET})
    assert [line["template"] for line in lines()] == ['"%s" %s %s', "Error handling request %s"]


@pytest.mark.parametrize("name", ["django.security.DisallowedHost", "celery.app", "cases.views", "somelib"])
def test_a_text_that_may_be_put_together_already_is_withheld(lines, name):
    logging.getLogger(name).error(f"Invalid HTTP_HOST header: {SECRET}")
    (line,) = lines()
    assert line["logger"] == name and "template" not in line


def test_an_unknown_library_gives_its_name_only(lines):
    logging.getLogger("somelib").error(f"{SECRET} %s", 1)
    assert lines()[0]["event"] == "somelib" and "template" not in lines()[0]


def test_celery_keeps_task_id_and_time_but_no_arguments(lines):
    context = {
        "id": str(CASE),
        "name": "followups.tasks.wake",
        "runtime": 0.0123,
        "return_value": SECRET,
        "args": SECRET,
    }
    logging.getLogger("celery.app.trace").info(
        "Task %(name)s[%(id)s] succeeded in %(runtime)ss: %(return_value)s", context, extra={"data": context}
    )
    (line,) = lines()
    assert (line["task"], line["task_id"], line["duration_ms"]) == ("followups.tasks.wake", str(CASE), 12)


def test_celery_leaves_the_configuration_alone(lines, monkeypatch):
    for name in ("_MP_FORK_LOGLEVEL_", "_MP_FORK_LOGFILE_", "_MP_FORK_LOGFORMAT_"):
        monkeypatch.setenv(name, "")
    monkeypatch.setattr(Logging, "_setup", False)
    root = logging.getLogger().handlers[:]
    handled = Celery("scratch", set_as_current=False).log.setup_logging_subsystem(loglevel="DEBUG")
    assert handled, "a worker that nobody answers redirects standard output and adds handlers"
    assert logging.getLogger().handlers == root
    assert [type(one.formatter) for one in root].count(SafeFormatter) == 1
    assert logging.getLogger("celery.task").handlers == []


def test_libraries_have_no_handler_of_their_own(lines):
    for name in ("django", "django.server", "django.request", "celery", "celery.task", "gunicorn.error"):
        one = logging.getLogger(name)
        assert one.handlers == [] and one.propagate


def test_a_broken_call_is_not_printed(lines, capsys):
    logging.getLogger("django.x").error("%s %s %s", SECRET)
    logging.getLogger("x").error("%d", SECRET)
    assert len(lines()) == 2
    assert SECRET not in capsys.readouterr().err


def test_a_line_is_one_line(lines):
    logging.getLogger("celery.x").error("one\ntwo %s", "\r\nforged")
    (line,) = lines()
    assert "template" not in line and line["dropped"] == 1


def test_readable_form_is_redacted_too():
    record = logging.makeLogRecord(
        {"name": "x", "levelname": "INFO", "msg": {"event": "page.shown", "name": SECRET, "status": 200}}
    )
    text = SafeFormatter(debug=True).format(record)
    assert "page.shown" in text and "status=200" in text and "dropped=1" in text and SECRET not in text


def test_context_of_another_thread_does_not_leak(lines):
    structlog.contextvars.bind_contextvars(case_id=CASE)
    thread = threading.Thread(target=lambda: structlog.get_logger("x").info("page.shown"))
    thread.start()
    thread.join()
    assert "case_id" not in lines()[0]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(sorted(ALLOWED)) | st.text(), ANYTHING, max_size=8))
def test_whatever_comes_nothing_but_allowed_keys_leaves(event):
    kept = redact(None, "info", event)
    assert set(kept) <= set(ALLOWED)
    assert " " not in "".join(str(value) for key, value in kept.items() if isinstance(value, str) and key != "template")
    json.dumps(kept)
