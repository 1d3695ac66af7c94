"""What the product writes to its log while people are typed in: codes and identifiers, never a person."""

import ast
import io
import json
import logging
from uuid import uuid4

import pytest
from django.urls import reverse

from audit.trouble import Trouble
from common.logging import ALLOWED, SafeFormatter, configure, redact
from tests.factories import PASSWORD, make_report, report_data
from tests.ground.test_acting import SOURCES

pytestmark = [pytest.mark.usefixtures("ground"), pytest.mark.django_db]

WORDS = (
    "Fatou", "Diallo", "Yvan", "Morel", "Noé", "0470 12", "470 12", "470123442", "bibliothèque", "gorge", "voisine",
    "compagnon", "BR.43", "1991-04-12", "example.org", "Camille", "Renard", "Delvaux", "Leïla", "Amrani", PASSWORD,
    "MOVE-20",
)  # fmt: skip

LOGGED = {f"log.{level}" for level in ("debug", "info", "warning", "error", "exception")}


@pytest.fixture
def written(settings):
    """All that this process logs, at every level, as it leaves it."""
    configure(debug=False)
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(SafeFormatter())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    loggers = [
        logging.getLogger(name) for name in ("django.db.backends", "django.request", "django.security", "celery")
    ]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    settings.DEBUG_PROPAGATE_EXCEPTIONS = False
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)
    for logger, former in zip(loggers, levels, strict=True):
        logger.setLevel(former)
    configure(debug=False)


def lines(stream: io.StringIO) -> list[dict]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def clean(stream: io.StringIO, *more: str) -> None:
    text = stream.getvalue()
    assert text, "something was logged"
    decoded = text.encode().decode("unicode_escape", errors="ignore")
    for word in (*WORDS, *more):
        assert word not in text and word not in decoded, f"{word} in the log"


def test_a_day_of_work_names_nobody(world, client, written):
    """Login, report, search, pages, refusals, faults: the words typed are looked for in all that was logged."""
    report = make_report(world.officer)
    client.raise_request_exception = False
    client.post(reverse("account_login"), {"login": "nobody@example.org", "password": "wrong"})
    client.post(reverse("account_login"), {"login": world.officer.user.email, "password": PASSWORD})
    client.post(reverse("cases:search"), {"q": "Diallo-Test"})
    client.post(reverse("cases:search"), {"q": "0470 12 34 42"})
    case = report.case_id
    for name in ("cases:summary", "cases:people", "reports:case_list", "sharing:case_access", "casework:trail"):
        client.get(reverse(name, args=[case]))
    client.get(f"/cases/{uuid4()}/?q=Diallo")
    client.post(f"/cases/{case}/notes/", report_data())
    client.get("/no/such/Fatou-Diallo/")
    client.get("/?name=Fatou")
    client.post("/ground/record/", report_data())
    client.post("/ground/write/crash/", report_data(), HTTP_USER_AGENT="Fatou", HTTP_REFERER="http://x/?Diallo")
    client.post("/ground/write/denied/", report_data())
    client.post("/api/v1/ground/rule/", json.dumps(report_data()), content_type="application/json")
    client.post("/api/v1/ground/crash/", "{ Diallo", content_type="application/json")
    client.get("/account/login/", HTTP_HOST="diallo.example.org")
    client.post("/account/login/", {"login": "x"}, HTTP_X_FORWARDED_FOR="Fatou")
    client.post("/ground/write/200/", b"\xff\xfeFatou", content_type="text/plain")
    clean(written)
    assert {line.get("status") for line in lines(written)} >= {200, 302, 403, 404, 500}


def test_a_line_per_request(world, client, written):
    report = make_report(world.officer)
    client.force_login(world.officer.user)
    answer = client.get(reverse("cases:summary", args=[report.case_id]))
    (line,) = [line for line in lines(written) if line["event"] == "request"]
    assert line["request_id"] == answer["X-Request-ID"]
    assert (line["method"], line["status"]) == ("GET", 200)
    assert line["user_id"] == str(world.officer.user_id) and line["agency_id"] == str(world.officer.agency_id)
    # the pattern of the address, without the case it names
    assert "<uuid:case_id>" in line["route"] and str(report.case_id) not in written.getvalue()


def test_visitors_have_no_name(client, written):
    client.get(reverse("account_login"))
    (line,) = [line for line in lines(written) if line["event"] == "request"]
    assert line["user_id"] is None and line["agency_id"] is None and "dropped" not in line


def test_a_crash_is_its_places(world, client, written):
    """ValueError("his name is Yvan"): the class, the files and lines, nothing else."""
    client.raise_request_exception = False
    client.force_login(world.officer.user)
    client.post("/ground/write/crash/")
    (line,) = [line for line in lines(written) if line.get("exception")]
    assert line["exception"] == "builtins.ValueError"
    assert any(frame.startswith("tests/ground/urls.py:") for frame in line["frames"])
    assert "Yvan" not in written.getvalue()


def test_a_refused_row_quotes_no_value(world, client, written):
    """PostgreSQL's messages repeat the row: they stay out."""
    from django.db import IntegrityError, transaction

    from accounts.models import User

    log = logging.getLogger("move.trial")
    try:
        with transaction.atomic():
            User.objects.create_user(email=world.officer.user.email, given_name="Fatou", family_name="Diallo")
    except IntegrityError:
        log.exception("could not write %s", "Fatou Diallo")
    clean(written, world.officer.user.email)
    (line,) = [line for line in lines(written) if line.get("exception")]
    assert line["exception"].endswith("IntegrityError") and line["caused_by"]


def test_tasks_name_nobody(world, written):
    from move.celery import app

    make_report(world.officer)
    app.loader.import_default_modules()
    for name in sorted(name for name in app.tasks if not name.startswith("celery.")):
        app.tasks[name].apply(throw=True)
    logging.getLogger("celery.task").info("Task %s received for %s", "x", "Fatou")
    text = written.getvalue()
    assert "Fatou" not in text and "example.org" not in text and "Diallo" not in text


def test_what_our_events_say_is_let_through():
    """A key that is not on the list is dropped in silence: nobody would read why a page is closed."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in LOGGED:
                keys = {keyword.arg for keyword in node.keywords} - {"exc_info"}
                assert keys <= set(ALLOWED), f"{path}:{node.lineno}"
    assert redact(None, "error", {"event": "unavailable", "state": str(Trouble.FULL)})["state"] == "full"
