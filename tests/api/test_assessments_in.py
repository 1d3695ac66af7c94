"""Assessments sent by a program: the grids it may fill in, the same rules as the pages, one row for one key."""

import json
import threading
from uuid import uuid4

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import translation
from rest_framework.test import APIClient

from agencies.acting import acting_as
from audit.models import AuditEvent
from cases.models import CaseEvent, CaseExclusion
from casework.assessing import review_assessment
from common import clock
from common.acting import SystemContext, system_context
from riskassessment.models import Assessment, Grid, GridVersion
from riskassessment.signing import intact
from riskassessment.versions import definition_of, latest_versions
from tests.factories import make_report, train

GRID = "police-demonstration"
CHECKLIST = "counter-checklist"
CRITICALITY = "criticality-demonstration"
REASONS = "Il est en détention pour un mois, et elle est à l'abri chez sa sœur."


@pytest.fixture
def report(world):
    return make_report(world.officer)


@pytest.fixture
def officer(world, api):
    return api(world.officer)


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


def url(name: str, *args) -> str:
    return reverse(f"api:{name}", args=args)


def definition(slug: str = GRID):
    (version,) = [each for each in latest_versions() if each.grid.slug == slug]
    return definition_of(version)


def body(slug: str = GRID, value="no", **changes) -> dict:
    answers = {item.id: value for item in definition(slug).questions}
    return {"grid": slug, "presence": "alone", "answers": answers} | changes


def post(client, case_id, data, key=None):
    raw = data if isinstance(data, bytes | str) else json.dumps(data)
    headers = {"HTTP_IDEMPOTENCY_KEY": str(key or uuid4()), "HTTP_ACCEPT_LANGUAGE": "en"}
    return client.post(url("case_assessments", case_id), raw, content_type="application/json", **headers)


def act(client, name, made, data, method="post"):
    where = url(f"case_assessment_{name}", made["case"], made["id"])
    return getattr(client, method)(where, data, format="json", HTTP_ACCEPT_LANGUAGE="en")


def put(client, made, data):
    return act(client, "answers", made, data, "put")


def one(client, made):
    return client.get(url("case_assessment", made["case"], made["id"]))


def rows(member) -> list[Assessment]:
    with acting_as(member):
        return list(Assessment.objects.select_related("grid_version"))


# --- grids --------------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_the_grids_are_those_the_agency_may_fill_in(world, api):
    found = {grid["slug"]: grid for grid in api(world.officer).get(url("grids")).json()["results"]}
    assert set(found) == {GRID, CHECKLIST}
    police = found[GRID]
    assert set(police["title"]) == {"fr", "nl", "en"} and police["demonstration"] is True and police["kind"] == "scored"
    assert (police["category"], police["side"], police["asked_of"]) == ("risk", "case", "victim")
    version = GridVersion.objects.filter(grid__slug=GRID).order_by("-number").first()
    assert (police["number"], police["content_hash"]) == (version.number, version.content_hash)
    hers = {grid["slug"]: grid for grid in api(world.eva).get(url("grids")).json()["results"]}
    assert GRID not in hers and hers[CRITICALITY]["training"] == "criticality"
    assert (hers[CRITICALITY]["category"], hers[CRITICALITY]["side"]) == ("psychosocial", "victim")


@pytest.mark.django_db
def test_a_grid_has_its_definition_and_each_version_stays_readable(world, officer):
    found = officer.get(url("grid", GRID)).json()
    assert {item["id"] for item in found["definition"]["items"]} >= {"escalation"} and found["retired"] is False
    assert officer.get(url("grid", GRID), {"number": found["number"]}).json() == found
    assert officer.get(url("grid", GRID), {"number": 99}).status_code == 404
    for wrong in ("x", "-1", "0x1", "٣", "9" * 40):
        answer = officer.get(url("grid", GRID), {"number": wrong})
        assert answer.status_code == 400 and "number" in answer.json(), wrong


@pytest.mark.django_db
def test_a_grid_of_others_does_not_exist(world, api, officer, owner):
    assert officer.get(url("grid", CRITICALITY)).status_code == 404
    assert officer.get(url("grid", "no-such-grid")).status_code == 404
    Grid.objects.filter(slug=GRID).update(agency=world.other_officer.agency)
    assert GRID not in {grid["slug"] for grid in officer.get(url("grids")).json()["results"]}
    assert officer.get(url("grid", GRID)).status_code == 404
    assert api(world.other_officer).get(url("grid", GRID)).status_code == 200


# --- begun and signed ---------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_a_draft_is_begun_read_answered_and_signed(world, api, officer, report):
    given = body(answers={"escalation": {"value": "yes", "comment": "chaque semaine", "source": "victim"}})
    answer = post(officer, report.case_id, given | {"report": str(report.pk)})
    assert answer.status_code == 201, answer.json()
    made = answer.json()
    assert made["signed_at"] is None and made["levels"] is None and made["content_hash"] == ""
    assert (made["version"], made["presence"], made["report"]) == (1, "alone", str(report.pk))
    assert made["answers"] == {
        "escalation": {"value": "yes", "comment": "chaque semaine", "source": "victim", "on": None}
    }
    assert one(officer, made).json() == made
    assert officer.get(url("case_assessments", report.case_id)).json()["results"] == [], "a draft is not listed"
    assert one(api(world.other_officer), made).status_code == 404

    kept = put(officer, made, {"answers": body()["answers"], "version": 1})
    assert kept.status_code == 200 and kept.json()["version"] == 2
    signed = act(officer, "sign", made, {})
    assert signed.status_code == 200, signed.json()
    found = signed.json()
    assert found["signed_at"] and found["levels"]["indicative"] == "low" and found["levels"]["conclusion"] is None
    assert (found["category"], found["side"], found["review"]) == ("risk", "case", None)
    assert officer.get(url("case_assessments", report.case_id)).json()["results"] == [found]
    (row,) = rows(world.officer)
    assert (row.signed_by_id, row.agency_id) == (world.officer.user_id, world.officer.agency_id)
    assert row.content_hash == found["content_hash"] and intact(row)
    assert act(officer, "sign", made, {}).json() == found, "signed again, nothing changes"
    refused = put(officer, made, {"answers": {}, "version": 2})
    assert refused.status_code == 403 and refused.json()["detail"]


@pytest.mark.django_db
def test_one_request_begins_and_signs_with_all_that_follows(world, officer, report):
    answer = post(officer, report.case_id, body(value="yes", sign=True, report=str(report.pk)))
    assert answer.status_code == 201, answer.json()
    assert answer.json()["levels"]["indicative"] == "critical"
    assert officer.get(url("case", report.case_id)).json()["risk"]["level"] == "critical"
    with acting_as(world.officer):
        assert CaseEvent.objects.filter(case=report.case_id, code="assessment_signed").count() == 1


@pytest.mark.django_db
def test_the_same_key_gives_the_same_assessment(world, api, officer, report):
    key = uuid4()
    first = post(officer, report.case_id, body(), key)
    again = post(officer, report.case_id, body(value="yes", sign=True), key)
    assert (first.status_code, again.status_code) == (201, 200) and first.json() == again.json()
    assert len(rows(world.officer)) == 1
    elsewhere = make_report(world.officer, pv_number="PV 2")
    used = post(officer, elsewhere.case_id, body(), key)
    assert used.status_code == 400 and list(used.json()) == ["Idempotency-Key"]
    other = api(world.other_officer)
    theirs = make_report(world.other_officer)
    assert post(other, theirs.case_id, body(), key).status_code == 201, "another agency's key is its own"


@pytest.mark.django_db
def test_a_key_of_a_case_out_of_sight_tells_nothing(world, officer, report):
    key = uuid4()
    assert post(officer, report.case_id, body(), key).status_code == 201
    elsewhere = make_report(world.officer, pv_number="PV 2")
    with system_context(SystemContext.GRANTS):
        CaseExclusion.objects.create(case=report.case, user=world.officer.user)
    used = post(officer, elsewhere.case_id, body(), key)
    assert used.status_code == 400 and list(used.json()) == ["Idempotency-Key"]
    assert str(report.case_id) not in used.content.decode()


@pytest.mark.django_db
def test_what_was_refused_is_not_kept_and_may_be_corrected_under_the_same_key(world, officer, report):
    key = uuid4()
    critical = definition().critical_questions[0].id
    data = body(sign=True)
    del data["answers"][critical]
    refused = post(officer, report.case_id, data, key)
    assert refused.status_code == 400 and list(refused.json()["answers"]) == [critical]
    assert rows(world.officer) == []
    data["answers"][critical] = "unknown"
    assert post(officer, report.case_id, data, key).status_code == 201


@pytest.mark.django_db
def test_a_draft_begun_on_the_page_is_not_written_over(world, officer, report):
    first = post(officer, report.case_id, body(report=str(report.pk))).json()
    refused = post(officer, report.case_id, body(value="yes", report=str(report.pk)))
    assert refused.status_code == 409
    assert refused.json()["assessment"] == first["id"] and refused.json()["version"] == first["version"]
    assert one(officer, first).json() == first
    assert post(officer, report.case_id, body()).status_code == 201, "without an event it is another draft"


@pytest.mark.django_db
def test_answers_to_another_version_are_refused(world, officer, report):
    number = officer.get(url("grid", GRID)).json()["number"]
    stale = post(officer, report.case_id, body(number=number + 1))
    assert stale.status_code == 409 and stale.json()["version"] == number and str(number) in stale.json()["detail"]
    assert rows(world.officer) == []
    assert post(officer, report.case_id, body(number=number)).status_code == 201


@pytest.mark.django_db
def test_answers_never_go_over_a_colleague_s(world, api, officer, report):
    made = post(officer, report.case_id, body(answers={"escalation": "no"})).json()
    colleague = api(world.police_referent)
    changed = put(colleague, made, {"answers": {"escalation": {"value": "yes", "comment": "revu"}}, "version": 1})
    assert changed.status_code == 200 and changed.json()["version"] == 2
    stale = put(officer, made, {"answers": {"escalation": "no"}, "version": 1})
    assert stale.status_code == 409 and stale.json()["version"] == 2
    fields = {conflict["field"]: conflict["theirs"] for conflict in stale.json()["conflicts"]}
    assert fields == {"answers.escalation.value": "yes", "answers.escalation.comment": "revu"}
    signing = act(officer, "sign", made, {"answers": body()["answers"], "version": 1})
    assert signing.status_code == 409 and one(officer, made).json()["signed_at"] is None
    assert act(officer, "sign", made, {"answers": body()["answers"]}).json() == {
        "version": ["Send the version these answers were read in."]
    }
    assert act(officer, "sign", made, {"answers": body()["answers"], "version": 2}).status_code == 200
    late = act(colleague, "sign", made, {"answers": body(value="yes")["answers"], "version": 2})
    assert late.status_code == 409, "who comes second is told that their answers were not kept"
    assert act(colleague, "sign", made, {"answers": body()["answers"], "version": 2}).status_code == 200


@pytest.mark.django_db
def test_a_grid_that_asks_for_a_training_is_signed_by_who_has_followed_it(world, api, report):
    cell = api(world.eva)
    data = body(CRITICALITY, value=None, sign=True)
    data["answers"] = {
        item.id: "unknown" for item in definition(CRITICALITY).critical_questions
    } | {definition(CRITICALITY).scored_questions[0].id: "unknown"}  # fmt: skip
    refused = post(cell, report.case_id, data)
    assert refused.status_code == 400 and "trained" in refused.json()["non_field_errors"][0]
    train(world.eva, course="criticality")
    answer = post(cell, report.case_id, data)
    assert answer.status_code == 201, answer.json()
    assert (answer.json()["category"], answer.json()["side"]) == ("psychosocial", "victim")
    assert one(api(world.officer), answer.json()).status_code == 404, "what she told the cell is not read by police"


@pytest.mark.django_db
def test_a_level_is_concluded_with_what_is_feared_and_verified(world, api, officer, report):
    made = post(officer, report.case_id, body(value="yes", sign=True)).json()
    refused = act(officer, "conclude", made, {"level": "", "justification": "court"})
    assert refused.status_code == 400 and set(refused.json()) == {"level", "justification"}
    given = {"level": "high", "justification": REASONS, "feared_events": ["suicide", "feminicide"]}
    concluded = act(officer, "conclude", made, given)
    assert concluded.status_code == 200, concluded.json()
    conclusion = concluded.json()["levels"]["conclusion"]
    assert conclusion["feared_events"] == ["feminicide", "suicide"] and conclusion["lowers"] is True
    assert conclusion["countersigned_at"] is None and concluded.json()["levels"]["in_force"] == "critical"
    assert act(officer, "conclude", made, given).json() == concluded.json(), "sent again, nothing changes"
    assert act(officer, "conclude", made, given | {"level": "critical"}).status_code == 400
    train(world.police_manager)
    with acting_as(world.police_manager):
        review_assessment(by=world.police_manager, assessment_id=made["id"], verdict="validated")
    found = one(officer, made).json()
    assert found["review"]["verdict"] == "validated" and found["review"]["agency"]["name"] == "Zone de police A"
    assert found["levels"]["in_force"] == "high" and found["levels"]["conclusion"]["countersigned_at"]
    assert one(api(world.eva), made).status_code == 404


@pytest.mark.django_db
def test_a_draft_and_a_checklist_have_no_level_to_conclude(world, officer, report):
    draft = post(officer, report.case_id, body()).json()
    checklist = post(officer, report.case_id, body(CHECKLIST, value="yes", sign=True)).json()
    for made in (draft, checklist):
        answer = act(officer, "conclude", made, {"level": "high", "justification": REASONS})
        assert answer.status_code == 400 and "non_field_errors" in answer.json()


# --- who may ------------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_who_takes_no_part_finds_nothing_and_who_reads_adds_nothing(world, api, officer, report):
    made = post(officer, report.case_id, body()).json()
    for who in ("stranger", "other_officer", "shelter", "programme", "prosecutor"):
        client = api(getattr(world, who))
        assert post(client, report.case_id, body()).status_code == 404, who
        for name in ("sign", "conclude"):
            assert act(client, name, made, {}).status_code == 404, who
        assert put(client, made, {"answers": {}, "version": 1}).status_code == 404
    reader = api(world.reader)
    assert post(reader, report.case_id, body()).status_code == 403
    assert put(reader, made, {"answers": {}, "version": 1}).status_code == 403
    assert act(reader, "sign", made, {}).status_code == 403
    cell = api(world.eva)
    assert one(cell, made).status_code == 404, "a draft is its agency's alone"
    assert post(cell, report.case_id, body()).status_code == 403, "this grid is not for cells"
    assert post(APIClient(), report.case_id, body()).status_code == 401
    assert post(api(world.platform_admin), report.case_id, body()).status_code == 403


@pytest.mark.django_db
def test_an_assessment_is_not_reached_through_another_case(world, officer, report):
    made = post(officer, report.case_id, body()).json()
    other = make_report(world.officer, pv_number="PV 2")
    wrong = made | {"case": str(other.case_id)}
    assert one(officer, wrong).status_code == 404
    assert put(officer, wrong, {"answers": {}, "version": 1}).status_code == 404
    assert act(officer, "sign", wrong, {}).status_code == act(officer, "conclude", wrong, {}).status_code == 404
    beside = post(officer, report.case_id, body(report=str(other.pk)))
    assert beside.status_code == 400 and list(beside.json()) == ["report"]


@pytest.mark.django_db
def test_what_nobody_may_choose_is_ignored(world, officer, report):
    foreign = {
        "agency": str(world.shelter.agency_id),
        "author": str(world.eva.user_id),
        "signed_by": str(world.eva.user_id),
        "id": str(uuid4()),
        "indicative_level": "low",
        "category": "summary",
        "content_hash": "0" * 64,
        "signed_at": "2001-01-01T00:00:00Z",
    }
    answer = post(officer, report.case_id, body(value="yes", sign=True) | foreign)
    assert answer.status_code == 201 and answer.json()["id"] != foreign["id"]
    (row,) = rows(world.officer)
    assert (row.agency_id, row.author_id, row.category) == (world.officer.agency_id, world.officer.user_id, "risk")
    assert row.indicative_level == "critical" and row.signed_at.year == clock.now().year and intact(row)


@pytest.mark.django_db
def test_each_reading_and_writing_is_on_record(world, officer, report):
    made = post(officer, report.case_id, body()).json()
    with acting_as(world.officer):
        event = AuditEvent.objects.filter(object_kind="api.assessment").order_by("-at").first()
    assert (str(event.object_id), event.case_id, event.action) == (made["id"], report.case_id, "read")
    assert "risk:case" in event.fields and event.user_id == world.officer.user_id


# --- bad input ----------------------------------------------------------------------------------------------------
@pytest.mark.django_db
@pytest.mark.parametrize(
    "changes, place",
    [
        ({"grid": None}, ["grid"]),
        ({"grid": "no-such-grid"}, ["grid"]),
        ({"grid": "x" * 999}, ["grid"]),
        ({"presence": ""}, ["presence"]),
        ({"presence": "with_him"}, ["presence"]),
        ({"report": "x"}, ["report"]),
        ({"report": str(uuid4())}, ["report"]),
        ({"number": 0}, ["number"]),
        ({"sign": "perhaps"}, ["sign"]),
        ({"answers": []}, ["answers"]),
        ({"answers": {"escalation": "perhaps"}}, ["answers", "escalation"]),
        ({"answers": {"no_such_question": "yes"}}, ["answers", "no_such_question"]),
        ({"answers": {"escalation": {"value": "yes", "on": "2999-01-01"}}}, ["answers", "escalation"]),
        ({"answers": {"escalation": {"value": "yes", "source": "neighbour"}}}, ["answers", "escalation"]),
        ({"answers": {}, "sign": True}, ["answers", "strangulation"]),
    ],
)
def test_errors_stand_where_the_value_stood(world, officer, report, changes, place):
    answer = post(officer, report.case_id, body() | changes)
    assert answer.status_code == 400, answer.json()
    found = answer.json()
    if place == ["answers"] and "answers" not in found:
        found = {"answers": found.get("non_field_errors")}
    for step in place:
        found = found[step] if step in found else found[next(iter(found))]
    assert found and rows(world.officer) == []


WRONG = [None, True, -1, 10**400, 1.5, "", "x", "\x00", "\ud800", "’" * 9000, [], [[None]], {}, {"a": []}]


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["grid", "number", "report", "presence", "answers", "sign", "unknown"])
def test_no_value_anywhere_is_an_accident(world, officer, report, name):
    for value in WRONG:
        answer = post(officer, report.case_id, json.dumps(body() | {name: value}))
        assert answer.status_code in (201, 400, 409), (name, value, answer.status_code)
        assert isinstance(answer.json(), dict)


@pytest.mark.django_db
def test_nor_any_answer(world, officer, report):
    made = post(officer, report.case_id, body(answers={})).json()
    version = made["version"]
    for value in [*WRONG, {"value": "yes", "comment": 3}, {"value": {"value": "yes"}}, {"value": "yes", "on": []}]:
        for data in ({"escalation": value}, {"\ud800": value}, value):
            raw = json.dumps({"answers": data, "version": version})
            where = url("case_assessment_answers", made["case"], made["id"])
            answer = officer.put(where, raw, content_type="application/json")
            assert answer.status_code in (200, 400), (data, answer.status_code)
            version = answer.json()["version"] if answer.status_code == 200 else version


@pytest.mark.django_db
@pytest.mark.parametrize(
    "raw, status", [(b"", 400), (b"{", 400), (b"null", 400), (b"[]", 400), (b"[" * 100_000, 400), (b" " * 600_000, 413)]
)
def test_malformed_bodies(world, officer, report, raw, status):
    assert post(officer, report.case_id, raw).status_code == status


@pytest.mark.django_db
def test_a_key_is_needed(world, officer, report):
    for wrong in ("", "x", "0" * 5000, "{}"):
        answer = officer.post(
            url("case_assessments", report.case_id), body(), format="json", HTTP_IDEMPOTENCY_KEY=wrong
        )
        assert answer.status_code == 400 and list(answer.json()) == ["Idempotency-Key"], wrong


# --- at the same time ---------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_five_at_once_make_one(committed_world):
    world = committed_world
    report = make_report(world.officer)
    key, data, statuses, start = uuid4(), body(value="yes", sign=True), [], threading.Barrier(5)

    def send() -> None:
        client = APIClient()
        client.force_login(world.officer.user)
        start.wait()
        try:
            statuses.append(post(client, report.case_id, data, key).status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200, 200, 200, 200, 201]
    (row,) = rows(world.officer)
    assert row.signed_at and str(row.key) == str(key)
    with acting_as(world.officer):
        assert CaseEvent.objects.filter(code="assessment_signed").count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_key_sent_to_two_cases_at_once_is_used_once(committed_world):
    world = committed_world
    cases = [make_report(world.officer, pv_number=f"PV {number}").case_id for number in range(2)]
    key, data, answers, start = uuid4(), body(), [], threading.Barrier(2)

    def send(case_id) -> None:
        client = APIClient()
        client.force_login(world.officer.user)
        start.wait()
        try:
            answers.append(post(client, case_id, data, key).status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=send, args=[case_id]) for case_id in cases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [201, 400] and len(rows(world.officer)) == 1
