"""On whose behalf: the second lock is empty for nobody, and what one request sets never reaches the next."""

import ast
import re
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.db.models import Model
from django.test import RequestFactory

from agencies.acting import acting_as, acting_as_oneself, acting_for
from cases.models import Case
from common import acting
from common.acting import Acting, SystemContext, current, system_context
from move.middleware import ActingMiddleware
from tests.conftest import ROOT
from tests.factories import make_report

OURS = {
    "accounts", "administration", "agencies", "audit", "cases", "casework", "common", "followups", "move",
    "notifications", "plans", "referrals", "reports", "riskassessment", "sharing",
}  # fmt: skip
SOURCES = sorted(
    path for app in OURS for path in (ROOT / app).rglob("*.py") if "migrations" not in path.relative_to(ROOT).parts
)


def settings_seen() -> tuple[str, ...]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('app.user_id', true), current_setting('app.agency_id', true),"
            " current_setting('app.group_id', true), current_setting('app.context', true)"
        )
        return tuple(value or "" for value in cursor.fetchone())


NOBODY = ("", "", "", "")


def protected_tables(owner) -> list[str]:
    """Tables with row-level security, from the catalogue; partitions are closed to `app` altogether."""
    rows = owner.execute(
        "SELECT oid::regclass::text FROM pg_class WHERE relrowsecurity AND NOT relispartition ORDER BY 1"
    ).fetchall()
    return [name for (name,) in rows]


# --- the second lock ------------------------------------------------------------------------------------------
def case_bound(models: list[type[Model]]) -> set[type[Model]]:
    """Models with a foreign-key path to Case, or a bare case_id."""
    bound = {Case} | {m for m in models if any(f.column == "case_id" for f in m._meta.concrete_fields)}
    while True:
        more = {
            model
            for model in models
            for field in model._meta.concrete_fields
            if model not in bound and field.is_relation and field.related_model in bound
        }
        if not more:
            return bound
        bound |= more


@pytest.mark.django_db(transaction=True)
def test_nobody_sees_nothing(committed_world, owner):
    """Rows exist in each; with no acting person, and outside any transaction, the application reads none."""
    make_report(committed_world.officer, kind="police_complaint")
    make_report(committed_world.officer)
    filled = 0
    with connection.cursor() as cursor:
        for table in protected_tables(owner):
            filled += bool(owner.execute(f"SELECT EXISTS (SELECT 1 FROM {table})").fetchone()[0])
            cursor.execute(f"SELECT count(*) FROM {table}")
            assert cursor.fetchone() == (0,), table
    assert filled >= 12


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("who", ["stranger", "platform_admin", "other_officer"])
def test_a_stranger_sees_nothing_of_a_case(committed_world, owner, who):
    """Not one row of it in any table, whatever the query: only their own agency's trail and notices could show."""
    report = make_report(committed_world.officer, kind="police_complaint")
    bound = {model._meta.db_table for model in case_bound(apps.get_models())}
    with acting_as(getattr(committed_world, who)), connection.cursor() as cursor:
        for table in sorted(bound & set(protected_tables(owner))):
            cursor.execute(f"SELECT count(*) FROM {table}")
            assert cursor.fetchone() == (0,), table
        assert not Case.objects.filter(pk=report.case_id).exists()


@pytest.mark.django_db(transaction=True)
def test_nobody_changes_nothing(committed_world, owner):
    """Neither does an update reach a row that cannot be read."""
    report = make_report(committed_world.officer)
    with acting_as(committed_world.stranger):
        assert Case.objects.filter(pk=report.case_id).update(stage="closed") == 0
        assert Case.objects.filter(pk=report.case_id).delete()[0] == 0
    assert owner.execute("SELECT stage FROM cases_case").fetchone() == ("opened",)


@pytest.mark.django_db
def test_policies_name_known_contexts(owner):
    rows = owner.execute("SELECT tablename, policyname, qual, with_check FROM pg_policies").fetchall()
    named = set()
    for table, name, qual, with_check in rows:
        for condition in filter(None, (qual, with_check)):
            # the trails take a row of whatever context acts, as long as it says so
            if "move_context()" not in condition or name in ("audit_auditevent_insert", "audit_logentry_insert"):
                continue
            found = set()
            for after in condition.split("move_context() AS move_context)")[1:]:
                match = re.match(r" = (?:ANY \(ARRAY\[([^\]]*)\]\)|('[a-z_]+'::text))", after)
                assert match, (table, name, after)
                found |= set(re.findall(r"'([a-z_]+)'::text", match.group(0)))
            assert found, (table, name, condition)
            named |= found
    assert named <= {context.value for context in SystemContext}
    # `reference` opens no table: it only says who loads reference data
    assert named == {context.value for context in SystemContext} - {"reference"}


# --- the two doors --------------------------------------------------------------------------------------------
def calls(name: str) -> list[tuple[str, ast.Call]]:
    found = []
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == name:
                found.append((str(path.relative_to(ROOT)), node))
    return found


def test_every_use_of_a_system_context_is_documented():
    used = set()
    for path, call in calls("system_context"):
        (argument,) = call.args
        text = ast.unparse(argument)
        assert re.fullmatch(r"SystemContext\.[A-Z_]+", text), f"{path}: {text} is not a name of the enum"
        used.add((SystemContext[text.partition(".")[2]].value, path))
    page = (ROOT / "docs" / "system-contexts.md").read_text()
    documented = set(re.findall(r"^\| `(\w+)` \| `([\w/.]+)` \| \S", page, re.MULTILINE))
    assert documented == used
    assert {context for context, _path in used} == {context.value for context in SystemContext}


def test_nobody_else_says_who_acts():
    """`bind` and `set_config` are for the doors themselves."""
    binders, tellers = set(), set()
    for path in SOURCES:
        text = path.read_text()
        if re.search(r"\bacting\.bind\(|^from common\.acting import .*\bbind\b", text, re.MULTILINE):
            binders.add(str(path.relative_to(ROOT)))
        told = re.sub(r"set_config\('(lock|statement)_timeout'", "", text)
        if re.search(r"set_config|app\.(user|agency|group)_id|app\.context", told):
            tellers.add(str(path.relative_to(ROOT)))
    # audit/services.py: what is written again, for whom it was written first
    assert binders == {"agencies/acting.py", "audit/services.py", "audit/signals.py", "move/middleware.py"}
    assert tellers == {"common/acting.py"}


def test_nobody_reaches_around_django():
    """The guards of a request hang on Django's cursor: psycopg's own connection is for the role check alone."""
    around = re.compile(r"connection\.connection\b|\.callproc\(|\bpsycopg\.connect\(")
    found = {str(path.relative_to(ROOT)) for path in SOURCES if around.search(path.read_text())}
    assert found <= {"common/roles.py", "move/engines.py", "move/launcher.py"}


def test_an_unknown_context_does_not_exist():
    with pytest.raises(ValueError):
        SystemContext("everything")
    with pytest.raises(AttributeError):
        system_context("everything").__enter__()


# --- nesting and clearing -------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_contexts_nest_and_restore(committed_world):
    world = committed_world
    officer = (
        str(world.officer.user_id), str(world.officer.agency_id), str(world.officer.agency.group_id), "",
    )  # fmt: skip
    eva = (str(world.eva.user_id), str(world.eva.agency_id), str(world.eva.agency.group_id), "")
    assert current() is None and settings_seen() == NOBODY
    with acting_as(world.officer):
        assert settings_seen() == officer
        with system_context(SystemContext.GRANTS) as inner:
            assert settings_seen() == (*officer[:3], "grants")
            assert (inner.user_id, inner.system) == (world.officer.user_id, "grants")
            with system_context(SystemContext.REMINDERS):
                assert settings_seen() == (*officer[:3], "reminders")
            with acting_as(world.eva):
                assert settings_seen() == eva
            assert settings_seen() == (*officer[:3], "grants")
        with acting_as_oneself(world.eva.user):
            assert settings_seen() == (eva[0], "", "", "")
        assert settings_seen() == officer and current().user_id == world.officer.user_id
    assert current() is None and settings_seen() == NOBODY
    with system_context(SystemContext.CHECKS):
        assert settings_seen() == ("", "", "", "checks")
    assert settings_seen() == NOBODY


@pytest.mark.django_db(transaction=True)
def test_an_exception_restores_too(committed_world):
    world = committed_world
    for broken in (lambda: 1 / 0, lambda: connection.cursor().execute("SELECT 1 / 0")):
        with acting_as(world.officer):
            before = settings_seen()
            with pytest.raises(Exception, match="zero"), system_context(SystemContext.GRANTS):
                broken()
            assert settings_seen() == before and current().system == ""
        with pytest.raises(Exception, match="zero"), acting_as(world.officer):
            broken()
        assert current() is None and settings_seen() == NOBODY


@pytest.mark.django_db(transaction=True)
def test_a_rollback_asked_for_inside_restores_too(committed_world):
    world = committed_world
    with acting_as(world.officer):
        before = settings_seen()
        with system_context(SystemContext.GRANTS):
            transaction.set_rollback(True)
        assert settings_seen() == before
    assert settings_seen() == NOBODY


@pytest.mark.django_db(transaction=True)
def test_within_a_transaction_of_nobody(committed_world):
    with transaction.atomic():
        with acting_as(committed_world.officer):
            pass
        assert settings_seen() == NOBODY


@pytest.mark.django_db(transaction=True)
def test_threads_do_not_share(committed_world):
    with acting_as(committed_world.officer), ThreadPoolExecutor(1) as pool:

        def elsewhere() -> tuple:
            try:
                return current(), settings_seen()
            finally:
                connection.close()

        assert pool.submit(elsewhere).result() == (None, NOBODY)


@pytest.mark.django_db
def test_roles_without_content_act_without_a_group(world):
    assert acting_for(world.officer).group_id == world.officer.agency.group_id
    assert acting_for(world.platform_admin).group_id is None
    assert acting_for(None) == Acting()


# --- from one request, or task, to the next -------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("ground")
def test_one_persistent_connection_two_requests(committed_world, client):
    """The same connection serves an officer, then a visitor, then a stranger, then a failed page."""
    report = make_report(committed_world.officer)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()
    client.force_login(committed_world.officer.user)
    assert client.get(f"/ground/read/{report.case_id}/").status_code == 200
    assert current() is None and settings_seen() == NOBODY and Case.objects.count() == 0
    client.logout()
    assert client.get("/ground/settings/").text == "|||"
    client.force_login(committed_world.stranger.user)
    assert client.get(f"/ground/read/{report.case_id}/").status_code == 404
    assert client.get("/ground/list/").text.strip() == ""
    client.raise_request_exception = False
    client.force_login(committed_world.officer.user)
    for how in ("crash", "500", "denied"):
        client.post(f"/ground/write/{how}/")
        assert current() is None and settings_seen() == NOBODY and Case.objects.count() == 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        assert cursor.fetchone() == pid


@pytest.mark.django_db(transaction=True)
def test_even_a_middleware_that_dies_leaves_nobody(committed_world):
    def dies(request):
        raise RuntimeError

    request = RequestFactory().get("/")
    request.user, request.session = committed_world.officer.user, {}
    request.request_id, request.remote_address = uuid4().hex, None
    with pytest.raises(RuntimeError):
        ActingMiddleware(dies)(request)
    assert acting.current() is None and settings_seen() == NOBODY


@pytest.mark.django_db(transaction=True)
def test_tasks_leave_nobody(committed_world):
    from move.celery import app

    make_report(committed_world.officer)
    app.loader.import_default_modules()
    ours = sorted(name for name in app.tasks if not name.startswith("celery."))
    assert ours
    for name in ours:
        app.tasks[name].apply(throw=True)
        assert current() is None and settings_seen() == NOBODY and Case.objects.count() == 0, name
