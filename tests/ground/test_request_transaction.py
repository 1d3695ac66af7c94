"""The request owns its transaction: only what succeeded is saved, a reading page saves nothing, refusals are kept."""

import gc
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.core.signals import got_request_exception
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, get_resolver, reverse

from accounts.models import User
from agencies.acting import acting_as
from agencies.enums import Role
from agencies.models import Membership
from agencies.services import add_member
from audit.models import Action, AuditEvent
from audit.services import INSERT
from common.acting import SystemContext, system_context
from common.clock import now, travel
from move.middleware import WriteDuringRead, refuse_writes
from tests.factories import PASSWORD, make_agency, make_member, make_report
from tests.outbox import outbox

pytestmark = [pytest.mark.usefixtures("ground"), pytest.mark.django_db]


def saved() -> bool:
    return Group.objects.filter(name="written by the page").exists()


@pytest.fixture
def quiet(client) -> Client:
    client.raise_request_exception = False
    return client


def events(owner, **columns) -> list[tuple]:
    where = " AND ".join(f"{name} = %s" for name in columns) or "true"
    return owner.execute(
        f"SELECT action, object_kind, object_id, reason, user_id, agency_id, case_id FROM audit_auditevent"
        f" WHERE {where} ORDER BY at",
        list(columns.values()),
    ).fetchall()


# --- what is saved --------------------------------------------------------------------------------------------
@pytest.mark.parametrize("how", ["200", "201", "204", "302"])
def test_success_saves(world, quiet, how):
    quiet.force_login(world.officer.user)
    assert quiet.post(f"/ground/write/{how}/").status_code == int(how)
    assert saved()


@pytest.mark.parametrize(
    ("how", "status"),
    [
        *((status, int(status)) for status in ("400", "403", "404", "409", "422", "500", "503")),
        ("crash", 500), ("missing", 404), ("denied", 403), ("refused", 403), ("rule", 500), ("stale", 500),
    ],
)  # fmt: skip
def test_failure_saves_nothing(world, quiet, how, status):
    quiet.force_login(world.officer.user)
    assert quiet.post(f"/ground/write/{how}/").status_code == status
    assert not saved()


@pytest.mark.parametrize(
    ("how", "status"), [("201", 201), ("rule", 400), ("stale", 409), ("refused", 403), ("missing", 404), ("422", 422)]
)
def test_api_saves_only_what_succeeds(world, quiet, how, status):
    """REST framework answers errors itself: no exception reaches the middleware, and still nothing stays."""
    quiet.force_login(world.officer.user)
    assert quiet.post(f"/api/v1/ground/{how}/", content_type="application/json").status_code == status
    assert saved() is (status == 201)


@pytest.mark.django_db(transaction=True)
def test_committed_before_the_answer(committed_world, client, owner):
    client.force_login(committed_world.officer.user)
    seen = []

    class Answering(type(client.handler)):
        def get_response(self, request):
            response = super().get_response(request)
            found = owner.execute("SELECT count(*) FROM auth_group WHERE name = 'written by the page'")
            seen.append(found.fetchone()[0])
            return response

    client.handler = Answering(enforce_csrf_checks=False)
    client.post("/ground/write/200/")
    assert seen == [1]


@pytest.mark.django_db(transaction=True)
def test_a_commit_that_fails_is_no_success(committed_world, quiet, monkeypatch):
    """A deferred constraint speaks at the commit: the answer must not have left."""
    quiet.force_login(committed_world.officer.user)

    def insert_orphan(sender, request, **kwargs):
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO accounts_user_groups (user_id, group_id) VALUES (%s, 999999)",
                [committed_world.officer.user_id],
            )

    monkeypatch.setattr("tests.ground.urls.Group.objects.create", lambda **_kwargs: insert_orphan(None, None))
    assert quiet.post("/ground/write/200/").status_code == 500


def test_rendering_is_inside(committed_world, client):
    """A class-based view renders late; under row-level security it would render nothing after the transaction."""
    report = make_report(committed_world.officer)
    client.force_login(committed_world.officer.user)
    assert report.case.reference in client.get("/ground/list/").text


# --- a GET cannot write ---------------------------------------------------------------------------------------
READING = [
    "SELECT 1",
    "  select 1",
    "(SELECT 1) UNION (SELECT 2)",
    "SELECT id FROM cases_case FOR UPDATE",
    'SELECT "t"."id" FROM "t" FOR NO KEY UPDATE OF "t" SKIP LOCKED',
    "WITH a AS (SELECT 1) SELECT * FROM a",
    "SELECT 'DELETE FROM x; INSERT INTO y' AS text",
    'SELECT "update", "delete", "into" FROM "insert"',
    "SELECT 1;",
    "SELECT set_config('app.context', 'grants', true)",
    'SAVEPOINT "s1"',
    'RELEASE SAVEPOINT "s1"',
    'ROLLBACK TO SAVEPOINT "s1"',
    INSERT,
]
WRITING = [
    "UPDATE cases_case SET stage = 'closed'",
    "DELETE FROM cases_case",
    "INSERT INTO auth_group (name) VALUES ('x')",
    "INSERT INTO audit_logentry (id) VALUES (1)",
    INSERT + "; DELETE FROM cases_case",
    INSERT.replace("VALUES", "SELECT * FROM x --"),
    "INSERT INTO audit_auditevent SELECT * FROM audit_auditevent",
    "/* SELECT */ DELETE FROM cases_case",
    "-- SELECT\nDELETE FROM cases_case",
    "(((DELETE FROM cases_case)))",
    "SELECT 1; DELETE FROM cases_case",
    "SELECT 1 /* ' */; DELETE FROM cases_case --'",
    "WITH gone AS (DELETE FROM cases_case RETURNING *) SELECT * FROM gone",
    "with gone as (\nupdate cases_case set stage = 'x' returning *) select 1",
    "WITH new AS (INSERT INTO auth_group (name) VALUES ('x') RETURNING id) SELECT * FROM new",
    "WITH m AS (MERGE INTO a USING b ON true WHEN MATCHED THEN DELETE RETURNING 1) SELECT 1",
    "SELECT * INTO copied FROM cases_case",
    "SELECT nextval('cases_reference_seq')",
    "SELECT setval('cases_reference_seq', 1)",
    "SELECT lo_create(0)",
    "TRUNCATE cases_case",
    "COPY cases_case FROM STDIN",
    "CALL something()",
    "DO $$ BEGIN DELETE FROM cases_case; END $$",
    "EXPLAIN ANALYZE DELETE FROM cases_case",
    "CREATE TEMPORARY TABLE x (y int)",
    "SET SESSION app.context = 'grants'",
    "ROLLBACK",
    "COMMIT",
    "LOCK TABLE cases_case",
    "PREPARE x AS DELETE FROM cases_case",
    "EXECUTE x",
    "REFRESH MATERIALIZED VIEW x",
    "",
]


@pytest.mark.parametrize("sql", READING)
def test_reading_passes(sql):
    assert refuse_writes(lambda *_args: "ran", sql, None, False, {}) == "ran"


@pytest.mark.parametrize("sql", WRITING)
def test_writing_is_refused(sql):
    with pytest.raises(WriteDuringRead):
        refuse_writes(lambda *_args: "ran", sql, None, False, {})


def test_functions_that_write_are_refused(owner):
    """Every volatile function of ours that can be called by name (triggers cannot)."""
    rows = owner.execute(
        "SELECT proname FROM pg_proc p WHERE pronamespace = 'public'::regnamespace AND provolatile = 'v'"
        " AND prorettype <> 'trigger'::regtype"
        " AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')"
    ).fetchall()
    assert {"audit_create_partitions", "cases_repair_sort_keys"} <= {name for (name,) in rows}
    for (name,) in rows:
        with pytest.raises(WriteDuringRead):
            refuse_writes(lambda *_args: "ran", f"SELECT {name}(1)", None, False, {})


@pytest.mark.parametrize("method", ["get", "head", "options"])
def test_a_reading_page_that_writes_fails(world, client, method):
    client.force_login(world.officer.user)
    with pytest.raises(WriteDuringRead):
        getattr(client, method)("/ground/write/200/")
    assert not saved()


def test_a_visitor_cannot_write_by_reading_either(db, client):
    with pytest.raises(WriteDuringRead):
        client.get("/ground/visitor/")


def test_the_guard_ends_with_the_request(world, quiet):
    quiet.force_login(world.officer.user)
    assert quiet.get("/ground/write/200/").status_code == 500
    assert connection.execute_wrappers == []
    Group.objects.create(name="afterwards")


def test_real_queries_of_orm_pass(world):
    """Unions, aggregates, server-side cursors, locks: what the ORM really sends."""
    empty = Group.objects.create(name="empty")
    with transaction.atomic(), connection.execute_wrapper(refuse_writes):
        agencies = User.objects.all()
        list(agencies.filter(is_active=True).union(agencies.filter(is_active=False)))
        list(agencies.iterator())
        list(User.objects.select_for_update().filter(pk=world.officer.user_id))
        User.objects.filter(groups__name__contains="x").exists()
        with transaction.atomic():
            User.objects.count()
        for write in (
            lambda: User.objects.filter(pk=world.officer.user_id).update(language="en"),
            lambda: world.officer.user.save(),
            lambda: Group.objects.filter(pk=empty.pk).delete(),
            lambda: Group.objects.bulk_create([Group(name="bulk")]),
            lambda: world.officer.user.groups.clear(),
        ):
            with pytest.raises(WriteDuringRead), transaction.atomic():
                write()


# --- sessions and logging in are written outside --------------------------------------------------------------
def test_logging_in_and_out(world, client):
    answer = client.post(reverse("account_login"), {"login": world.officer.user.email, "password": PASSWORD})
    assert answer.status_code == 302
    world.officer.user.refresh_from_db()
    assert world.officer.user.last_login is not None
    assert Session.objects.count() == 1
    assert client.get("/ground/settings/").text.startswith(str(world.officer.user_id))
    client.post(reverse("account_logout"))
    assert client.get("/ground/settings/").text == "|||"


def test_a_wrong_password_says_so(world, client):
    answer = client.post(reverse("account_login"), {"login": world.officer.user.email, "password": "no"})
    assert answer.status_code in (200, 422)
    assert "_auth_user_id" not in client.session


def account_addresses() -> list[str]:
    found = []
    for name in get_resolver("move.urls").reverse_dict:
        if isinstance(name, str) and name.startswith("account_"):
            try:
                found.append(reverse(name))
            except NoReverseMatch:
                continue
    return sorted(set(found))


@pytest.mark.parametrize("signed_in", [True, False])
def test_every_account_page_can_be_read(world, client, signed_in):
    """The login library's own pages keep to the rule, or are not served."""
    assert account_addresses()
    for address in account_addresses():
        if signed_in:
            client.force_login(world.officer.user)
        assert client.get(address).status_code < 500, address


def test_password_reset_link_opens(world, client):
    client.post(reverse("account_reset_password"), {"email": world.officer.user.email})
    assert client.get(outbox()[0].context["path"], follow=True).status_code == 200


def test_activity_is_written_once_a_minute(world, client):
    client.force_login(world.officer.user)
    at = now()
    with travel(at):
        client.get("/ground/settings/")

    def writes(seconds: int) -> int:
        with (
            travel(at + timedelta(seconds=seconds)),
            CaptureQueriesContext(
                connection,
            ) as queries,
        ):
            client.get("/ground/settings/")
        return sum(query["sql"].startswith("UPDATE") for query in queries)

    assert [writes(10), writes(59), writes(61), writes(70), writes(130)] == [0, 0, 1, 0, 1]


def signed_in(client) -> bool:
    return client.get("/ground/settings/").text != "|||"


def test_a_session_ends_after_half_an_hour_of_silence(world, client):
    client.force_login(world.officer.user)
    at = now()
    for minutes, expected in [(0, True), (29, True), (58, True), (89, False), (90, False)]:
        with travel(at + timedelta(minutes=minutes)):
            assert signed_in(client) is expected, minutes


def test_a_session_ends_after_ten_hours(world, client):
    client.force_login(world.officer.user)
    at = now()
    for minutes in range(0, 600, 20):
        with travel(at + timedelta(minutes=minutes)):
            assert signed_in(client), minutes
    with travel(at + timedelta(minutes=601)):
        assert not signed_in(client)
    assert not Session.objects.filter(session_key=client.session.session_key).exists()


def test_the_cookie_is_of_the_session_and_closed_to_scripts(world, client):
    client.post(reverse("account_login"), {"login": world.officer.user.email, "password": PASSWORD})
    cookie = client.cookies["sessionid"]
    assert cookie["httponly"] and cookie["samesite"] == "Lax" and cookie["max-age"] == "" and cookie["expires"] == ""


# --- refusals and reads stay on record ------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("how", "status"), [("missing", "404"), ("404", "404"), ("denied", "403"), ("refused", "403"), ("403", "403")]
)
def test_a_refusal_is_recorded_although_all_is_undone(world, quiet, how, status):
    quiet.force_login(world.officer.user)
    quiet.post(f"/ground/write/{how}/")
    assert not saved()
    refusal = AuditEvent.objects.raw("SELECT * FROM audit_auditevent WHERE action = 'refused'")
    with_agency(world.officer)
    (found,) = list(refusal)
    assert (found.reason, found.user_id, found.agency_id) == (
        status, world.officer.user_id, world.officer.agency_id,
    )  # fmt: skip
    assert found.request_id and found.remote_addr == "127.0.0.1"


def with_agency(membership: Membership) -> None:
    """Read the trail as this agency in the test's own transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.agency_id', %s, true)", [str(membership.agency_id)])


@pytest.mark.django_db(transaction=True)
def test_a_stranger_is_refused_and_on_record(committed_world, client, owner):
    report = make_report(committed_world.officer)
    client.force_login(committed_world.stranger.user)
    assert client.get(f"/ground/read/{report.case_id}/").status_code == 404
    ((_action, _kind, object_id, reason, user_id, agency_id, _case),) = events(owner, action="refused")
    assert (object_id, reason) == (report.case_id, "404")
    assert (user_id, agency_id) == (committed_world.stranger.user_id, committed_world.stranger.agency_id)
    assert not events(owner, action="read")


@pytest.mark.django_db(transaction=True)
def test_visitors_leave_no_refusal(committed_world, client, owner):
    assert client.get("/no/such/page/").status_code == 404
    assert not events(owner, action="refused")


@pytest.mark.django_db(transaction=True)
def test_what_was_shown_on_a_wrong_form_stays_on_record(committed_world, client, owner):
    """A form sent back (422) shows the case again: its reading is kept although the request is undone."""
    report = make_report(committed_world.officer)
    client.force_login(committed_world.officer.user)
    assert client.post(f"/ground/read/{report.case_id}/?status=422").status_code == 422
    ((action, kind, *_rest),) = events(owner, object_kind="ground.read")
    assert (action, kind) == ("read", "ground.read")


@pytest.mark.django_db(transaction=True)
def test_a_decision_that_is_undone_was_never_taken(committed_world, client, owner):
    report = make_report(committed_world.officer)
    client.force_login(committed_world.officer.user)
    client.post(f"/ground/decide/{report.case_id}/")
    assert not events(owner, object_kind="ground.decide")


# --- what cannot be audited is not shown ----------------------------------------------------------------------
def refuse_by_privilege(owner) -> None:
    owner.execute('REVOKE INSERT ON audit_auditevent FROM "move_app"')


def refuse_by_trigger(owner) -> None:
    owner.execute(
        "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'disk full'; END $$"
    )
    owner.execute("CREATE TRIGGER broken BEFORE INSERT ON audit_auditevent FOR EACH ROW EXECUTE FUNCTION broken()")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("broken", [refuse_by_privilege, refuse_by_trigger])
def test_nothing_is_shown_that_cannot_be_recorded(committed_world, client, owner, broken, settings):
    report = make_report(committed_world.officer)
    client.force_login(committed_world.officer.user)
    broken(owner)
    for address in (
        f"/ground/read/{report.case_id}/",
        f"/ground/stream/{report.case_id}/",
        reverse("cases:summary", args=[report.case_id]),
    ):
        answer = client.get(address)
        assert answer.status_code == 503, address
        assert report.case.reference not in answer.text
        assert "<h1>" in answer.text and answer["Cache-Control"] == "no-store"
    assert client.post("/ground/write/404/").status_code == 503  # a refusal, too, must be on record
    assert client.get("/health/live").status_code == 200
    visitor = Client()
    answer = visitor.post(reverse("account_login"), {"login": committed_world.eva.user.email, "password": PASSWORD})
    assert answer.status_code == 302


@pytest.mark.django_db(transaction=True)
def test_the_api_says_it_in_json(committed_world, client, owner):
    client.force_login(committed_world.officer.user)
    refuse_by_privilege(owner)
    answer = client.post("/api/v1/ground/missing/")
    assert answer.status_code == 503
    assert answer.json()["detail"]


def test_without_a_database_the_answer_is_clear(world, client, monkeypatch):
    from django.db import OperationalError

    client.force_login(world.officer.user)

    def down(*_args, **_kwargs):
        raise OperationalError("connection refused")

    monkeypatch.setattr("move.middleware.acting.bind", down)
    answer = client.get("/ground/settings/")
    assert answer.status_code == 503 and "<h1>" in answer.text


# --- streaming ------------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_a_streamed_body_sees_what_the_page_saw(committed_world, client, owner):
    report = make_report(committed_world.officer)
    client.force_login(committed_world.officer.user)
    answer = client.get(f"/ground/stream/{report.case_id}/")
    # on record before the first byte
    assert events(owner, object_kind="ground.stream")
    assert report.case.reference in b"".join(answer.streaming_content).decode()
    client.force_login(committed_world.stranger.user)
    answer = client.get(f"/ground/stream/{report.case_id}/")
    assert b"".join(answer.streaming_content) == b"references\n"
    assert not connection.in_atomic_block


@pytest.mark.django_db(transaction=True)
def test_a_streamed_body_cannot_write_either(committed_world, client):
    report = make_report(committed_world.officer)
    client.force_login(committed_world.officer.user)
    answer = client.get(f"/ground/stream/{report.case_id}/?then=write")
    with pytest.raises(WriteDuringRead):
        b"".join(answer.streaming_content)
    assert not connection.in_atomic_block and connection.execute_wrappers == []


@pytest.mark.django_db(transaction=True)
def test_a_stream_left_in_the_middle_leaves_nothing_open(committed_world, client):
    from common import acting

    report = make_report(committed_world.officer)
    client.force_login(committed_world.officer.user)
    answer = client.get(f"/ground/stream/{report.case_id}/")
    next(iter(answer.streaming_content))
    answer.close()
    gc.collect()
    assert not connection.in_atomic_block and acting.current() is None


# --- headers and addresses ------------------------------------------------------------------------------------
def test_pages_are_never_stored(world, client):
    assert "no-store" in client.get(reverse("account_login"))["Cache-Control"]
    assert "no-store" in client.post("/cases/")["Cache-Control"]  # the page that carries an expired form
    client.force_login(world.officer.user)
    for address in ("/ground/settings/", "/no/such/page/", "/ground/list/"):
        assert client.get(address)["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("proxies", "peer", "header", "expected"),
    [
        ([], "203.0.113.9", "198.51.100.7", "203.0.113.9"),
        (["10.0.0.0/8"], "10.0.0.1", "198.51.100.7", "198.51.100.7"),
        (["10.0.0.0/8"], "10.0.0.1", "1.2.3.4, 198.51.100.7", "198.51.100.7"),
        (["10.0.0.0/8"], "203.0.113.9", "198.51.100.7", "203.0.113.9"),
        (["10.0.0.0/8"], "10.0.0.1", "not an address", "10.0.0.1"),
        (["10.0.0.0/8"], "10.0.0.1", ",,,\x00'; DROP TABLE", "10.0.0.1"),
        (["10.0.0.0/8"], "10.0.0.1", "é" * 5000, "10.0.0.1"),
        ([], "", "198.51.100.7", None),
        ([], "unix:", "", None),
    ],
)
def test_the_address_on_record(world, quiet, settings, proxies, peer, header, expected):
    from ipaddress import ip_network

    settings.TRUSTED_PROXIES = [ip_network(proxy) for proxy in proxies]
    quiet.force_login(world.officer.user)
    answer = quiet.post("/ground/write/missing/", REMOTE_ADDR=peer, HTTP_X_FORWARDED_FOR=header)
    assert answer.status_code == 404
    with_agency(world.officer)
    assert AuditEvent.objects.get(action=Action.REFUSED).remote_addr == expected


def test_health_and_static_know_no_session(world, client, django_assert_num_queries):
    client.force_login(world.officer.user)
    with django_assert_num_queries(0):
        assert client.get("/health/live").status_code == 200
    assert client.get("/static/no-such-file.css").status_code == 404


def test_two_hats_are_asked_which(world, client):
    second = make_member(make_agency("cpas"), Role.PRACTITIONER)
    with system_context(SystemContext.REFERENCE):
        add_member(user=second.user, agency=world.shelter.agency, role=Role.PRACTITIONER)
    client.force_login(second.user)
    assert client.get("/ground/list/").url.startswith(reverse("choose_acting"))
    answer = client.post("/api/v1/ground/201/")
    assert answer.status_code == 403 and not saved()
    client.post(reverse("choose_acting"), {"membership": str(world.officer.pk)})  # not one's own
    assert client.get("/ground/list/").status_code == 302
    client.post(reverse("choose_acting"), {"membership": str(second.pk), "next": "https://elsewhere.example"})
    assert client.get("/ground/settings/").text.split("|")[1] == str(second.agency_id)


def test_a_closed_account_is_signed_out(world, client):
    client.force_login(world.officer.user)
    assert signed_in(client)
    with acting_as(world.police_manager):
        world.officer.user.is_active = False
        world.officer.user.save(update_fields=["is_active"])
    assert not signed_in(client)


def test_a_membership_that_ends_closes_at_the_next_request(committed_world, client, owner):
    report = make_report(committed_world.officer)
    client.force_login(committed_world.officer.user)
    assert client.get(f"/ground/read/{report.case_id}/").status_code == 200
    owner.execute("UPDATE agencies_membership SET ends_at = now() WHERE id = %s", [committed_world.officer.pk])
    assert client.get(f"/ground/read/{report.case_id}/").status_code == 404


def test_crashes_do_not_tell(world, quiet):
    quiet.force_login(world.officer.user)
    caught = []
    got_request_exception.connect(lambda **kwargs: caught.append(1), weak=False, dispatch_uid="ground")
    try:
        answer = quiet.post("/ground/write/crash/")
    finally:
        got_request_exception.disconnect(dispatch_uid="ground")
    assert caught and answer.status_code == 500 and "Yvan" not in answer.text
