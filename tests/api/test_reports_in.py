"""A report sent by a program: the same rules, the same single report, and a clear answer to whatever is sent."""

import json
import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.urls import reverse
from rest_framework.test import APIClient

from agencies.acting import acting_as
from cases.models import Case, CasePerson
from common import clock
from followups.models import FollowUp
from reports.models import Report, ReportDraft
from reports.payload import TEXTS
from reports.serializers import FLAT, SAME, flatten, nest
from reports.services import save_draft, start_draft
from tests.factories import make_report, report_data


def body(**changes) -> dict:
    met = clock.now() - timedelta(hours=1)
    data = {
        "kind": "police_dispute_report",
        "met_at": met.isoformat(),
        "place": "à son domicile",
        "pv_number": "BR.43.L1.009999/2026",
        "victim": {
            "given_name": "Fatou",
            "family_name": "Diallo-Test",
            "birth_date": "1991-04-12",
            "languages": ["fr", "ff"],
            "contact": {"phone": "0470 12 34 42", "safe": "yes", "may_sms": False, "say": "la bibliothèque"},
        },
        "perpetrator": {"given_name": "Yvan", "family_name": "Morel-Test", "relationship": "compagnon"},
        "children": [{"given_name": "Noé", "birth_date": "2019-09-01"}],
        "facts": {"context": "Appel d'une voisine.", "gestures": "Il l'a saisie à la gorge."},
        "children_present": "yes",
        "risk": {"threats": "Menaces de mort."},
        "measure": "none",
        "unknown_sections": ["orientation"],
        "j2_accepted": True,
    }
    return data | changes


def post(client: APIClient, data, key=None, **headers):
    headers = {"HTTP_IDEMPOTENCY_KEY": str(key or uuid4())} | headers
    if isinstance(data, bytes | str):
        return client.post(reverse("api:reports"), data, content_type="application/json", **headers)
    return client.post(reverse("api:reports"), data, format="json", **headers)


@pytest.fixture
def officer(world, api):
    return api(world.officer)


@pytest.mark.django_db
def test_a_report_opens_the_case_and_the_contact(world, api, officer):
    answer = post(officer, body())
    assert answer.status_code == 201, answer.json()
    made = answer.json()
    with acting_as(world.officer):
        report = Report.objects.get()
        assert (str(report.pk), report.author, report.agency) == (made["id"], world.officer.user, world.officer.agency)
        assert {found.role for found in CasePerson.objects.all()} == {"victim", "presumed_perpetrator", "child"}
        person = CasePerson.objects.get(role="victim").person
        assert person.languages == ["fr", "ff"] and person.birth_date.year == 1991
    with acting_as(world.eva):
        assert FollowUp.objects.get().due_at - report.met_at == timedelta(days=2)
    assert made["facts"]["gestures"] == "Il l'a saisie à la gorge." and made["unknown_sections"] == ["orientation"]


@pytest.mark.django_db
def test_the_same_key_records_once(world, officer):
    key = uuid4()
    first, again = post(officer, body(), key), post(officer, body(place="ailleurs"), key)
    assert (first.status_code, again.status_code) == (201, 200) and first.json() == again.json()
    with acting_as(world.officer):
        assert Report.objects.count() == 1 and Case.objects.count() == 1
    assert post(officer, body(), uuid4()).status_code == 201


@pytest.mark.django_db
def test_a_refused_report_may_be_corrected_under_the_same_key(world, officer):
    key = uuid4()
    assert post(officer, body(measure=""), key).status_code == 400
    with acting_as(world.officer):
        assert not ReportDraft.objects.exists() and not Case.objects.exists()
    assert post(officer, body(), key).status_code == 201


@pytest.mark.django_db
def test_another_agency_s_key_is_its_own(world, api, officer):
    key = uuid4()
    mine, theirs = post(officer, body(), key), post(api(world.other_officer), body(), key)
    assert (mine.status_code, theirs.status_code) == (201, 201) and mine.json()["id"] != theirs.json()["id"]


@pytest.mark.django_db
def test_a_draft_begun_on_the_page_is_recorded_once_and_never_over_a_colleague(world, officer):
    with acting_as(world.officer):
        draft = start_draft(by=world.officer, kind="police_dispute_report")
        save_draft(by=world.police_referent, draft_id=draft.pk, data=report_data(), version=0)
    stale = post(officer, body(version=0), draft.pk)
    assert stale.status_code == 409 and stale.json()["version"] == 1 and stale.json()["conflicts"]
    assert post(officer, body(version=1), draft.pk).status_code == 201
    assert post(officer, body(version=1), draft.pk).status_code == 200
    with acting_as(world.officer):
        assert ReportDraft.objects.count() == 1 and Report.objects.get().draft_id == draft.pk


@pytest.mark.django_db
def test_a_report_joins_a_case_one_may_add_to(world, api, officer):
    case = make_report(world.officer).case
    joined = post(officer, body(case=str(case.pk), victim=None, perpetrator=None, children=[]))
    assert joined.status_code == 201 and joined.json()["case"] == str(case.pk)
    assert post(api(world.other_officer), body(case=str(case.pk))).status_code == 404
    assert post(officer, body(case=str(uuid4()))).status_code == 404
    assert post(api(world.reader), body(case=str(case.pk))).status_code == 403


@pytest.mark.django_db
@pytest.mark.parametrize(
    "who", ["eva", "shelter", "prosecutor", "reader", "platform_admin", "agency_admin", "programme"]
)
def test_who_does_not_record_police_reports_is_refused(world, api, who):
    assert post(api(getattr(world, who)), body()).status_code == 403


@pytest.mark.django_db
def test_a_visitor_is_asked_to_log_in_and_a_session_for_its_token(world, client):
    assert post(APIClient(), body()).status_code == 401
    strict = APIClient(enforce_csrf_checks=True)
    strict.force_login(world.officer.user)
    assert post(strict, body()).status_code == 403
    with acting_as(world.officer):
        assert not Report.objects.exists()


@pytest.mark.django_db
def test_what_nobody_may_choose_is_ignored(world, officer):
    foreign = {
        "agency": str(world.shelter.agency_id),
        "author": str(world.eva.user_id),
        "id": str(uuid4()),
        "level": "critical",
        "category": "summary",
        "origin": "person",
        "recorded_at": "2001-01-01T00:00:00Z",
        "lead_agency": str(world.shelter.agency_id),
        "restricted": True,
    }
    answer = post(officer, body(**foreign) | {"victim": body()["victim"] | {"side": "case", "role": "witness"}})
    assert answer.status_code == 201 and answer.json()["id"] != foreign["id"]
    with acting_as(world.officer):
        report = Report.objects.select_related("case").get()
        assert (report.agency_id, report.author_id) == (world.officer.agency_id, world.officer.user_id)
        assert (report.category, report.origin, report.recorded_at.year) == ("facts", "judicial", clock.now().year)
        assert (report.case.level, report.case.lead_agency_id) == ("", world.officer.agency_id)
        assert not report.case.restricted
        assert CasePerson.objects.filter(role="victim", side="victim").count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    "changes, place",
    [
        ({"met_at": None}, ["met_at"]),
        ({"met_at": "2999-01-01T00:00:00Z"}, ["met_at"]),
        ({"met_at": "yesterday"}, ["met_at"]),
        ({"occurred_at": "2999-01-01"}, ["occurred_at"]),
        ({"measure": ""}, ["measure"]),
        ({"facts": None}, ["facts", "context"]),
        ({"risk": {}}, ["risk", "weapons"]),
        ({"j2_accepted": None}, ["j2_accepted"]),
        ({"victim": None}, ["victim", "family_name"]),
        ({"victim": {"family_name": "D", "birth_date": "2999-01-01"}}, ["victim", "birth_date"]),
        ({"victim": {"family_name": "D", "contact": {"phone": "not a phone"}}}, ["victim", "contact", "phone"]),
        ({"victim": {"family_name": "D"}}, ["victim", "contact", "phone"]),
        ({"victim": {"family_name": "D", "languages": ["klingon"]}}, ["victim", "languages"]),
        ({"perpetrator": {"given_name": "Fatou", "family_name": "Diallo-Test"}}, ["perpetrator", "family_name"]),
        ({"children": [{"birth_date": "2999-01-01"}]}, ["children", "0", "birth_date"]),
        ({"children": [{"given_name": "N"}] * 16}, ["children"]),
    ],
)
def test_errors_stand_where_the_value_stood(world, officer, changes, place):
    answer = post(officer, body(**changes))
    assert answer.status_code == 400
    found = answer.json()
    for step in place:
        found = found[step]
    assert found
    with acting_as(world.officer):
        assert not Case.objects.exists() and not ReportDraft.objects.exists()


WRONG_TYPES = [None, True, -1, 10**400, 1.5, "", "x", "\x00", "\ud800", "’" * 9000, [], [[None]], {}, {"a": []}]
FEWER = [None, True, 10**400, "\x00", "\ud800", [], {}]


@pytest.mark.django_db
@pytest.mark.parametrize("name", [*sorted(body()), "case", "version", "occurred_at", "orientation", "unknown"])
def test_no_value_anywhere_is_an_accident(world, officer, name):
    for value in WRONG_TYPES:
        answer = post(officer, json.dumps(body() | {name: value}), uuid4())
        assert answer.status_code in (201, 400, 404), (name, value, answer.status_code)
        assert answer.status_code != 400 or isinstance(answer.json(), dict)


@pytest.mark.django_db
def test_nor_any_value_deeper_down(world, officer):
    for path in [*FLAT, ("children", "given_name"), ("children", "birth_date")]:
        for value in FEWER:
            data = body()
            place = data
            for step in path[:-1]:
                place = place.setdefault(step, {})
            (place[0] if isinstance(place, list) else place)[path[-1]] = value
            answer = post(officer, json.dumps(data), uuid4())
            assert answer.status_code in (201, 400), (path, value)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "raw, status",
    [
        (b"", 400),
        (b"{", 400),
        (b"null", 400),
        (b"[]", 400),
        (b'"text"', 400),
        (b"12", 400),
        (b"NaN", 400),
        (b'{"kind": NaN}', 400),
        (b"\xff\xfe{}", 400),
        (b"[" * 100_000, 400),
        (b'{"a":' * 50_000, 400),
        (b'{"kind": ' + b"9" * 5000 + b"}", 400),
        (b'{"kind": "police_dispute_report", "kind": []}', 400),
        (b" " * 600_000, 413),
        (b'{"place": "\\u0000"}', 400),
    ],
)
def test_malformed_bodies(officer, raw, status):
    assert post(officer, raw).status_code == status


@pytest.mark.django_db
def test_other_content_types_and_keys(officer):
    url = reverse("api:reports")
    assert officer.post(url, "kind=x", content_type="application/x-www-form-urlencoded").status_code in (400, 415)
    key = {"HTTP_IDEMPOTENCY_KEY": str(uuid4())}
    assert officer.post(url, "<a/>", content_type="text/xml", **key).status_code == 415
    for charset in ("x", "utf-16", "base64", "'"):
        answer = officer.generic("POST", url, b"{}", content_type=f"application/json; charset={charset}", **key)
        assert answer.status_code == 400, charset
    for wrong in ("", "x", "0" * 5000, "\x00", "{}"):
        answer = officer.post(url, body(), format="json", HTTP_IDEMPOTENCY_KEY=wrong)
        assert answer.status_code == 400 and "Idempotency-Key" in answer.json()
    assert officer.post(url, body(), format="json").status_code == 400


@pytest.mark.django_db(transaction=True)
def test_five_at_once_record_one(committed_world):
    key, data, statuses, start = uuid4(), body(), [], threading.Barrier(5)

    def send() -> None:
        client = APIClient()
        client.force_login(committed_world.officer.user)
        start.wait()
        try:
            statuses.append(post(client, data, key).status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200, 200, 200, 200, 201]
    with acting_as(committed_world.officer):
        assert Report.objects.count() == 1 and Case.objects.count() == 1
    with acting_as(committed_world.eva):
        assert FollowUp.objects.count() == 1


def test_every_flat_name_of_the_payload_has_a_place():
    flat = set(FLAT.values()) | set(SAME)
    assert set(TEXTS) <= flat and {"met_at", "victim_family_name", "victim_phone"} <= flat
    assert flatten({"j2_accepted": False, "victim": None, "children": [{"given_name": "N"}]}) == {
        "j2_accepted": "no",
        "children-0-given_name": "N",
    }
    assert nest({"victim_phone": ["a"], "": ["b"], "children-1-birth_date": ["c"]}) == {
        "victim": {"contact": {"phone": ["a"]}},
        "non_field_errors": ["b"],
        "children": {"1": {"birth_date": ["c"]}},
    }


# --- a complaint --------------------------------------------------------------------------------------------------
COMPLAINT = {
    "vif": True,
    "vc": True,
    "declaration": "refused",
    "declaration_words": "Pas maintenant.",
    "rights_explained": ["copy", "room"],
    "rights_language": "ary",
    "accompaniment": "arranged",
    "accompanied_by": "Assistance aux victimes",
}


@pytest.mark.django_db
def test_a_complaint_is_taken_in_whole_and_answered_whole(world, officer):
    child = {"given_name": "Noé", "gender": "male", "exposure": "heard", "impact": "Il pleure."}
    whole = body(
        kind="police_complaint", postal_code="1210", violence_types=["sexual", "physical"], children=[child],
        complaint=COMPLAINT,
    )  # fmt: skip
    answer = post(officer, whole)
    assert answer.status_code == 201, answer.json()
    made = answer.json()
    assert made["postal_code"] == "1210" and made["violence_types"] == ["physical", "sexual"]
    assert made["complaint"] == COMPLAINT | {
        "rights_explained": ["room", "copy"], "rights_later": "", "childcare": "", "verified": None,
    }  # fmt: skip
    assert [(row["exposure"], row["impact"]) for row in made["children"]] == [("heard", "Il pleure.")]


@pytest.mark.django_db
def test_what_a_complaint_lacks_is_said_where_it_stands(officer):
    wrong = {"vif": False, "vc": True, "declaration": "refused"}
    answer = post(officer, body(kind="police_complaint", complaint=wrong, children=[{"impact": "Il pleure."}]))
    assert answer.status_code == 400
    said = answer.json()
    assert {"vc", "declaration_words", "rights_explained"} <= set(said["complaint"])
    assert "exposure" in said["children"]["0"]


@pytest.mark.django_db
def test_a_dispute_becomes_a_complaint_once(world, api, officer):
    dispute = make_report(world.officer)
    with acting_as(world.officer):
        child = CasePerson.objects.get(role="child")
    follows = body(
        kind="police_complaint", continues=str(dispute.pk), violence_types=["physical"], complaint=COMPLAINT,
        known_children=[{"person": str(child.pk), "exposure": "saw"}], children=[],
    )  # fmt: skip
    assert post(api(world.other_officer), follows).status_code == 404
    assert post(officer, follows | {"kind": "sensitive_note"}).status_code == 400
    answer = post(officer, follows)
    assert answer.status_code == 201, answer.json()
    assert answer.json()["continues"] == str(dispute.pk) and answer.json()["case"] == str(dispute.case_id)
    assert [row["person"] for row in answer.json()["children"]] == [str(child.pk)]
    assert post(officer, follows).status_code == 400, "a complaint follows it already"
    with acting_as(world.officer):
        assert Report.objects.filter(kind="police_complaint").count() == 1
