"""What the API answers to each: exactly what the pages would, and that it was read."""

import json
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.urls import reverse

from agencies.acting import acting_as
from audit.models import AuditEvent
from cases.access import for_case, grants_of
from casework.assessing import sign_assessment
from casework.referring import accept_referral
from common import clock
from followups.calling import record_attempt
from followups.models import FollowUp
from referrals.answering import complete
from riskassessment.models import Assessment
from riskassessment.services import save_answers, start
from riskassessment.versions import definition_of
from sharing.models import Consent
from sharing.services import withdraw_consent
from tests.factories import make_member, make_report
from tests.referrals_acts import accept, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def report(world):
    return make_report(world.officer)


def url(name: str, *args) -> str:
    return reverse(f"api:{name}", args=args)


def test_the_list_is_the_acting_agency_s(world, api, report):
    answer = api(world.officer).get(url("cases")).json()
    (line,) = answer["results"]
    assert line["id"] == str(report.case_id) and line["reference"].startswith("MOVE-")
    assert line["risk"] == {"level": "", "provisional": False, "assessed_at": None}
    (line,) = api(world.eva).get(url("cases")).json()["results"]
    assert line["risk"] is None, "the level is not given to the cell"
    for other in (world.stranger, world.other_officer, world.shelter, world.programme):
        assert api(other).get(url("cases")).json()["results"] == []


def test_the_list_pages_without_losing_or_repeating_a_case(world, api, monkeypatch):
    monkeypatch.setattr("cases.api.CasePages.page_size", 2)
    made = {str(make_report(world.officer, pv_number=f"PV {number}").case_id) for number in range(5)}
    client, seen, link = api(world.officer), [], url("cases")
    while link:
        answer = client.get(link).json()
        seen += [line["id"] for line in answer["results"]]
        link = answer["next"]
    assert set(seen) == made and len(seen) == 5
    assert client.get(url("cases"), {"cursor": "forged"}).status_code == 400
    assert client.get(url("cases"), {"cursor": "\x00" * 3000}).status_code == 400


def test_a_case_holds_only_what_is_open(world, api, report):
    whole = api(world.officer).get(url("case", report.case_id)).json()
    assert {person["role"] for person in whole["persons"]} == {"victim", "presumed_perpetrator", "child"}
    assert whole["may_add"] and "facts:case" in whole["sees"] and whole["lead_agency"]["name"] == "Zone de police A"
    assert whole["contacts"][0]["masked_value"].endswith("42")
    answer = api(world.eva).get(url("case", report.case_id))
    partial = answer.json()
    assert {person["role"] for person in partial["persons"]} == {"victim", "child"}
    assert "facts:case" not in partial["sees"] and "Morel" not in answer.content.decode()
    assert "470123442" not in answer.content.decode().replace(" ", ""), "the whole number is a step further"


def test_a_reader_reads_and_adds_nothing(world, api, report):
    answer = api(world.reader).get(url("case", report.case_id)).json()
    assert answer["may_add"] is False and answer["persons"]


@pytest.mark.parametrize("who", ["stranger", "other_officer", "shelter", "programme", "prosecutor"])
def test_who_takes_no_part_cannot_tell_that_it_exists(world, api, report, who):
    client = api(getattr(world, who))
    for name in ("case", "case_reports", "case_assessments"):
        assert client.get(url(name, report.case_id)).status_code == 404
    assert client.get(url("case_report", report.case_id, report.pk)).status_code == 404
    with acting_as(world.officer):
        follow_up = FollowUp.objects.get()
    assert client.get(url("followup", follow_up.pk)).status_code == 404


@pytest.mark.parametrize("name", ["cases", "referrals", "followups"])
def test_roles_without_case_content_and_visitors_are_kept_out(world, api, client, name):
    assert api(world.platform_admin).get(url(name)).status_code == 403
    answer = client.get(url(name))
    assert answer.status_code == 401 and answer.json()["detail"]
    outsider = make_member(world.shelter.agency)
    with acting_as(world.platform_admin):
        type(outsider).objects.filter(pk=outsider.pk).update(
            starts_at=clock.now() - timedelta(days=1), ends_at=clock.now() - timedelta(minutes=1)
        )
    assert api(outsider).get(url(name)).status_code == 403


def test_two_hats_choose_first(world, api):
    from agencies.services import add_member

    with acting_as(world.platform_admin):
        add_member(user=world.officer.user, agency=world.shelter.agency, role="reader")
    answer = api(world.officer).get(url("cases"))
    assert answer.status_code == 403 and answer.json()["detail"]


def test_reports_are_read_where_facts_are_open(world, api, report):
    answer = api(world.officer).get(url("case_reports", report.case_id)).json()
    (found,) = answer["results"]
    assert found["id"] == str(report.pk) and found["facts"]["gestures"].startswith("Il l'a saisie")
    one = api(world.reader).get(url("case_report", report.case_id, report.pk)).json()
    assert one == found
    assert api(world.eva).get(url("case_reports", report.case_id)).status_code == 404
    assert api(world.eva).get(url("case_report", report.case_id, report.pk)).status_code == 404


def test_a_report_is_not_reached_through_another_case(world, api, report):
    other = make_report(world.officer, pv_number="PV 2")
    assert api(world.officer).get(url("case_report", other.case_id, report.pk)).status_code == 404


def test_signed_assessments_with_levels_for_who_receives_them(world, api, report):
    with acting_as(world.officer):
        access = grants_of([report.case_id], world.officer)[report.case_id]
        draft = start(
            by=world.officer,
            case=report.case,
            access=access,
            grid_slug="police-demonstration",
            report=report,
            presence="alone",
        )
        items = [item.id for item in definition_of(draft.grid_version).questions]
        save_answers(
            by=world.officer,
            assessment_id=draft.pk,
            answers={item: {"value": "yes", "comment": ""} for item in items},
            version=draft.version,
        )
    listing = url("case_assessments", report.case_id)
    assert api(world.officer).get(listing).json()["results"] == [], "a draft is nobody's business yet"
    assert api(world.eva).get(url("case_assessment", report.case_id, draft.pk)).status_code == 404
    assert api(world.officer).get(url("case_assessment", report.case_id, draft.pk)).json()["signed_at"] is None
    with acting_as(world.officer):
        sign_assessment(by=world.officer, assessment_id=draft.pk)
        assert Assessment.objects.get().signed_at
    (found,) = api(world.officer).get(listing).json()["results"]
    assert found["grid"]["slug"] == "police-demonstration" and found["grid"]["demonstration"] is True
    assert found["levels"]["indicative"] == "critical" and set(found["answers"]) == set(items)
    assert api(world.officer).get(url("case_assessment", report.case_id, draft.pk)).json() == found
    assert api(world.eva).get(listing).json()["results"] == [], "what the police wrote is not open to the cell"
    assert api(world.eva).get(url("case_assessment", report.case_id, draft.pk)).status_code == 404
    assert api(world.officer).get(url("case", report.case_id)).json()["risk"]["level"] == "critical"
    assert api(world.eva).get(url("case", report.case_id)).json()["risk"] is None


def test_follow_ups_of_who_owes_and_who_planned_them(world, api, report):
    (found,) = api(world.eva).get(url("followups")).json()["results"]
    assert found["kind"] == "j2_contact" and found["mine"] and found["report_reference"] == report.pv_number
    assert api(world.eva).get(url("followups"), {"state": "settled"}).json()["results"] == []
    assert api(world.officer).get(url("followups")).json()["results"] == []
    planned = api(world.officer).get(url("followup", found["id"])).json()
    assert planned["mine"] is False and planned["agency"]["name"] == "Cellule EVA A"


def test_the_reference_of_the_report_closes_with_the_consent_it_travelled_with(world, api, client, report):
    (found,) = api(world.eva).get(url("followups")).json()["results"]
    with acting_as(world.eva):
        # work of its own keeps the case readable to the cell
        record_attempt(by=world.eva, follow_up_id=found["id"], request_key=uuid4(), outcome="reached")
        consent = Consent.objects.get()
        withdraw_consent(by=world.eva, access=for_case(report.case, world.eva), consent=consent)
    (listed,) = api(world.eva).get(url("followups"), {"state": "settled"}).json()["results"]
    assert listed["outcome"] == "reached" and listed["report_reference"] == ""
    assert api(world.eva).get(url("followup", found["id"])).json()["report_reference"] == ""
    client.force_login(world.eva.user)
    page = client.get(reverse("followups:detail", args=[found["id"]]))
    assert page.status_code == 200 and report.pv_number not in page.content.decode()


def test_each_reading_is_on_record(world, api, report):
    client = api(world.officer)
    client.get(url("cases"))
    client.get(url("case", report.case_id))
    client.get(url("case_reports", report.case_id))
    with acting_as(world.officer):
        events = {event.object_kind: event for event in AuditEvent.objects.filter(object_kind__startswith="api.")}
    assert events["api.cases"].fields == [str(report.case_id)]
    assert "identity:victim" in events["api.case"].fields and events["api.case"].case_id == report.case_id
    assert events["api.reports"].fields == ["facts:case"]
    assert {event.user_id for event in events.values()} == {world.officer.user_id}


def test_nothing_is_written_by_wrong_methods(world, api, report):
    client = api(world.officer)
    for name, args in (("cases", []), ("case", [report.case_id]), ("case_reports", [report.case_id])):
        for method in ("post", "put", "patch", "delete"):
            assert getattr(client, method)(url(name, *args), {}, format="json").status_code == 405


def test_the_schema_asks_for_a_login_and_is_the_published_one(world, api, client, tmp_path, settings):
    assert client.get(url("schema")).status_code == 401
    assert api(world.officer).get(url("schema")).status_code == 200
    fresh = tmp_path / "openapi.yaml"
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(fresh))
    assert fresh.read_text() == (settings.BASE_DIR / "docs" / "openapi.yaml").read_text()


def test_referrals_of_both_services_before_and_after_acceptance(world, api, report):
    referral = send(world.officer, report.case, world.shelter)
    (sent,) = api(world.officer).get(url("referrals"), {"box": "sent"}).json()["results"]
    assert sent["case"] == str(report.case_id) and sent["to_agency"]["name"] == "Maison du Tilleul"
    (received,) = api(world.shelter).get(url("referrals"), {"box": "received"}).json()["results"]
    assert received["case"] is None and received["state"] == "sent" and received["grants"]
    assert api(world.shelter).get(url("case", report.case_id)).status_code == 404
    for nobody in (world.stranger, world.programme, world.eva):
        assert api(nobody).get(url("referrals")).json()["results"] == []
        assert api(nobody).get(url("referral", referral.pk)).status_code == 404
    accept(world.shelter, referral)
    found = api(world.shelter).get(url("referral", referral.pk)).json()
    assert found["case"] == str(report.case_id) and found["state"] == "accepted"
    case = api(world.shelter).get(url("case", report.case_id)).json()
    assert {person["role"] for person in case["persons"]} == {"victim", "child"} and case["risk"] is None
    assert "facts:case" not in case["sees"]


def test_what_goes_along_with_a_referral_and_what_became_of_it(world, api, report):
    besides = {"interpreter_language": "ar", "childcare": True, "postal_code": "1030"}
    referral = send(world.officer, report.case, world.shelter, **besides)
    (found,) = api(world.shelter).get(url("referrals"), {"box": "received"}).json()["results"]
    assert (found["interpreter_language"], found["childcare"]) == ("ar", True)
    assert (found["accompaniment"], found["transport"]) == (False, False)
    assert (found["first_appointment_at"], found["result"]) == (None, "") and "postal_code" not in found
    on = clock.now() + timedelta(days=3)
    with acting_as(world.shelter):
        accept_referral(by=world.shelter, referral_id=referral.pk, first_appointment_at=on)
        complete(by=world.shelter, referral_id=referral.pk, result="helped")
    told = api(world.officer).get(url("referral", referral.pk)).json()
    assert datetime.fromisoformat(told["first_appointment_at"]) == on
    assert (told["state"], told["result"]) == ("completed", "helped")


def test_the_perpetrator_s_side_reads_nothing_of_hers(world, api, report):
    about_him = {"role": "presumed_perpetrator", "need": "perpetrator_work"}
    accept(world.programme, send(world.officer, report.case, world.programme, **about_him))
    answer = api(world.programme).get(url("case", report.case_id))
    case = answer.json()
    assert {person["side"] for person in case["persons"]} == {"perpetrator"}
    assert not any(entry.endswith(":victim") for entry in case["sees"]) and case["contacts"] == []
    hers = ("Diallo", "Fatou", "Noé", "EVA", "bibliothèque", "Zone de police")
    assert not any(word in json.dumps(case, ensure_ascii=False) for word in hers)
    assert api(world.programme).get(url("case_reports", report.case_id)).status_code == 404
    assert api(world.programme).get(url("followups")).json()["results"] == []
