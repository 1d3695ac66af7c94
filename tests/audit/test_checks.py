"""Checks asked for by somebody or by the night, run once each, kept; the command; and what is said of each finding."""

import re
import threading
from datetime import datetime, timedelta
from io import StringIO
from uuid import UUID, uuid4

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.utils import translation

from audit import state, verifying
from audit.findings import TO_DO, Dropped, Finding, FindingKind
from audit.models import Verification
from audit.tasks import verify as task
from common.acting import SystemContext, system_context
from common.clock import BRUSSELS, now, travel

from .trails import drop_row, forge, seal_rows, set_row, write

SEALED = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("roots")]
ROW = UUID("018f0000-0000-7000-8000-000000000001")


@pytest.fixture
def roots(settings, tmp_path, owner):
    settings.AUDIT_ROOTS_FILE = tmp_path / "roots.jsonl"
    forge(owner, "TRUNCATE audit_logentry")


def checks() -> list[Verification]:
    with system_context(SystemContext.SEALING):
        return list(Verification.objects.order_by("asked_at"))


class TestAsked:
    pytestmark = SEALED

    def test_one_waits_at_a_time(self):
        somebody = uuid4()
        one = verifying.ask(by=somebody)
        assert verifying.ask(by=uuid4()) == one == verifying.ask() == state.overview().under_way
        assert (one.asked_by_id, state.proof().checked) == (somebody, None)
        assert verifying.run_asked() == [one] == [state.proof().checked]
        assert state.overview().under_way is None and verifying.run_asked() == []
        assert verifying.ask() != one

    def test_its_result_is_kept(self, owner):
        rows = seal_rows(owner)
        set_row(owner, 1, rows[1][1][0], reason="x")
        write(owner, 2)
        verifying.ask()
        (one,) = verifying.run_asked()
        (kept,) = checks()
        assert kept.started_at <= kept.finished_at == one.finished_at
        assert (kept.seals, kept.rows, kept.waiting, kept.upto_number, kept.found) == (3, 24, 1, 3, 1)
        assert [Finding.from_json(each) for each in kept.findings] == list(verifying.verify().findings)
        assert Finding.from_json(kept.findings[0]).row == rows[1][1][0]
        with pytest.raises(psycopg.errors.RestrictViolation):
            owner.execute("UPDATE audit_verification SET found = 0")

    def test_two_workers_run_it_once(self, monkeypatch):
        begun, finish, runs = threading.Event(), threading.Event(), []
        true = verifying.verify

        def slow():
            runs.append(1)
            begun.set()
            finish.wait(30)
            return true()

        monkeypatch.setattr(verifying, "verify", slow)
        verifying.ask()

        def work():
            verifying.run_asked()
            connection.close()

        thread = threading.Thread(target=work)
        thread.start()
        try:
            assert begun.wait(30)
            assert verifying.run_asked() == []
            with travel(now() + verifying.LONGEST - timedelta(minutes=1)):
                assert verifying._claim() is None
        finally:
            finish.set()
            thread.join()
        assert runs == [1] and checks()[0].finished_at is not None

    def test_one_that_died_is_run_again(self):
        verifying.ask()
        assert verifying._claim() is not None
        with travel(now() + verifying.LONGEST + timedelta(minutes=1)):
            assert len(verifying.run_asked()) == 1

    def test_one_that_failed_is_run_again(self, monkeypatch):
        def broken():
            raise OperationalError("gone")

        one = verifying.ask()
        with monkeypatch.context() as patch, pytest.raises(OperationalError):
            patch.setattr(verifying, "verify", broken)
            verifying.run_asked()
        assert state.overview().under_way.started_at is None
        assert verifying.run_asked() == [one]

    def test_each_night_once(self):
        """And by day where the night was missed: nothing depends on a message, or on a worker that was up at two."""
        two = datetime(2030, 5, 6, 2, 0, tzinfo=BRUSSELS)
        for moment, asked in [
            (two - timedelta(minutes=5), 1), (two - timedelta(minutes=1), 1), (two, 2), (two + timedelta(hours=3), 2),
            (two + timedelta(days=1, hours=9), 3), (two + timedelta(days=2, minutes=-1), 3),
            (two + timedelta(days=2), 4),
        ]:  # fmt: skip
            with travel(moment):
                task()
            assert len(checks()) == asked, moment
        with travel(two + timedelta(days=2, hours=1)):
            verifying.ask(by=uuid4())
            task()
        assert [one.finished_at is not None for one in checks()] == [True] * 5
        with travel(two + timedelta(days=3)):
            task()
        assert task.time_limit == verifying.LONGEST.total_seconds()
        assert len(checks()) == 6, "what a person asked for does not stand for the night's"

    def test_the_first_waits_for_a_seal(self, owner):
        """Of no row at all nothing is said; where sealing does not come, the check says so."""
        write(owner, 2)
        verifying.ask_nightly()
        assert checks() == []
        with travel(now() + timedelta(minutes=11)):
            verifying.ask_nightly()
        assert len(checks()) == 1


class TestCommand:
    pytestmark = SEALED

    def run(self) -> tuple[int, list[str]]:
        out = StringIO()
        try:
            call_command("verify_audit", stdout=out)
        except CommandError as error:
            return error.returncode, out.getvalue().splitlines()
        return 0, out.getvalue().splitlines()

    def test_all_stands(self, owner):
        seal_rows(owner)
        write(owner, 1)
        code, lines = self.run()
        assert code == 0
        assert lines[0].startswith("24 rows in 3 seals checked in ")
        assert lines[1].startswith("1 rows wait to be sealed, the oldest of 20")
        assert lines[2] == f"Last root, of seal 3: {verifying.verify().root}"
        assert lines[3:] == [
            "Roots sent by file: up to seal 3.",
            "Roots sent by syslog: none.",
            "Roots sent by mail to the data-protection officer: none.",
        ]

    def test_one_line_for_each(self, owner):
        rows = seal_rows(owner)
        drop_row(owner, 1, rows[1][1][0])
        set_row(owner, 2, rows[2][2][0], reason="x")
        code, lines = self.run()
        assert code == 1
        assert lines[0].startswith(f"row removed · readings and decisions · {rows[1][1][0]} · 20")
        assert lines[0].endswith(" · seal 2: It was sealed and is gone.")
        assert lines[1].startswith(f"row changed · changes · {rows[2][2][0]} · 20")
        assert lines[1].endswith(" · seal 3: It is no longer what was sealed.")

    def test_it_could_not_run(self, owner):
        seal_rows(owner)
        owner.execute("ALTER FUNCTION audit_digests(bigint, bigint, bigint, integer) RENAME TO elsewhere")
        with pytest.raises(CommandError, match="could not run") as error:
            call_command("verify_audit")
        assert error.value.returncode == 2


class TestWords:
    """Every finding is said, in both languages, from what is kept of it."""

    DETAILS = {
        FindingKind.CHANGED: [{}, {"moved": True}, {"doubtful": True}, {"now_row": str(ROW)}],
        FindingKind.REORDERED: [{"was": "2026-09-03T10:00:00+00:00", "now": "2026-09-03T10:00:00.000001+00:00"}],
        FindingKind.REMOVED: [{}],
        FindingKind.MONTH_REMOVED: [{"month": "2025-09", "rows": rows, "first": 1, "last": 3} for rows in (1, 57)],
        FindingKind.INSERTED: [{}, {"stranger": True}, {"unlisted": True}],
        FindingKind.FALSE_DATE: [{when: "2026-09-03T10:00:00+00:00"} for when in ("written_after", "written_before")],
        FindingKind.SEAL_CHANGED: [
            {"why": ["chain", "kept"]}, {"why": ["link"]}, {"why": ["range"]}, {"why": ["list"]},
            {"why": ["chain", "untrusted"]}, {"why": ["chain"], "gaps": [[6, 6]]},
            {"why": ["chain"], "gaps": [[6, 9]]},
        ],
        FindingKind.SEALS_REMOVED: [
            {"first": 3, "last": 3, "rows": 1}, {"first": 3, "last": 5, "rows": 0, "standing": 8},
        ],
        FindingKind.SEAL_REPLACED: [{"line": 2}],
        FindingKind.UNKNOWN_KEY: [{"key": "0123456789abcdef", "first": 1, "last": 9}],
        FindingKind.CERTIFICATE: [
            {"month": "2025-09", "why": why, "rows": 3, "sealed": 4, "gone": 4}
            for why in ("key", "signature", "numbers")
        ],
        FindingKind.FILE_MISSING: [{"upto": 3}],
        FindingKind.FILE_DAMAGED: [{"line": 2}],
        FindingKind.FILE_LACKS: [{"first": 2, "last": 2}],
        FindingKind.NOT_SENT: [{"first": 2, "last": 4}],
        FindingKind.LATE: [{"rows": rows, "oldest": "2026-09-03T10:00:00+00:00"} for rows in (1, 2)],
    }  # fmt: skip

    def test_every_kind_is_here(self):
        assert set(self.DETAILS) == set(TO_DO) == set(FindingKind)

    @pytest.mark.parametrize("kind", FindingKind)
    def test_said_in_both_languages(self, kind):
        said: dict[str, list[str]] = {}
        for language in ("en", "fr"):
            with translation.override(language):
                found = [Finding(kind, 1, ROW, now(), 2, detail)
                         for detail in self.DETAILS[kind]]  # fmt: skip
                said[language] = [text for one in found for text in (one.words(), one.to_do(), str(one.kind.label))]
                for one in found:
                    again = Finding.from_json(one.as_json())
                    assert again == one and again.words() == one.words()
        words = [text for texts in said.values() for text in texts]
        assert all(words) and not any(re.search(r"%|\bNone\b(?! of)", text) for text in words)
        assert not set(said["en"]) & set(said["fr"]), "something is not translated"
        assert len(set(said["en"][::3])) == len(self.DETAILS[kind]), "two findings are said alike"

    def test_what_was_dropped_is_kept(self):
        one = Dropped(1, datetime(2025, 9, 1).date(), 3, "Ten years are over.", now())  # noqa: DTZ001
        assert Dropped.from_json(one.as_json()) == one


@pytest.mark.django_db(transaction=True)
def test_no_file_before_the_first_root(owner, settings, tmp_path):
    """Where no root was ever sent there is no file, and nothing is wrong with that yet."""
    settings.AUDIT_ROOTS_FILE = tmp_path / "none.jsonl"
    write(owner, 1)
    assert verifying.verify().found == 0 and not settings.AUDIT_ROOTS_FILE.exists()
