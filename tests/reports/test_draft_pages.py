"""A report typed at the counter: kept, recorded once, refused with everything still on the page."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from agencies.acting import acting_as
from cases.models import Case, CaseExclusion, CasePerson
from common.acting import SystemContext, system_context
from common.clock import BRUSSELS, now
from followups.models import FollowUp
from reports.models import Report, ReportDraft
from reports.services import save_draft, start_draft
from tests.factories import make_member, make_report, report_data

pytestmark = pytest.mark.django_db


def as_(membership) -> Client:
    client = Client()
    client.force_login(membership.user)
    return client


@pytest.fixture
def draft(world):
    with acting_as(world.officer):
        return start_draft(by=world.officer, kind="police_dispute_report")


def url(name, draft):
    return reverse(name, args=[draft.pk])


def stored(membership, draft) -> ReportDraft:
    with acting_as(membership):
        return ReportDraft.objects.get(pk=draft.pk)


def reports_of(membership) -> list[Report]:
    with acting_as(membership):
        return list(Report.objects.select_related("case"))


def save(client, draft, **data):
    return client.post(url("reports:save", draft), data, headers={"X-Requested-With": "fetch"})


def record(client, draft, **data):
    return client.post(url("casework:record_report", draft), data)


# --- the way through ------------------------------------------------------------------------------------------
def test_an_officer_chooses_types_and_records(world):
    client = as_(world.officer)
    assert client.get(reverse("reports:new")).status_code == 200
    begun = client.post(reverse("reports:new"), {"kind": "police_complaint"})
    with acting_as(world.officer):
        draft = ReportDraft.objects.get()
    assert begun["Location"] == url("reports:draft", draft)
    page = client.get(begun["Location"]).content.decode()
    local = now().astimezone(BRUSSELS)
    assert f'value="{local:%Y-%m-%dT%H:}' in page, "met now, unless said otherwise"
    for name in ("victim_phone_say", "facts_words", "unknown_sections", "j2_accepted", "children-TOTAL_FORMS"):
        assert f'name="{name}"' in page

    done = record(client, draft, **report_data(), version=0)
    (report,) = reports_of(world.officer)
    assert done["Location"] == reverse("cases:summary", args=[report.case_id])
    page = client.get(done["Location"]).content.decode()
    assert report.case.reference in page
    assert 'value="counter-checklist"' in page and 'value="police-demonstration"' in page, "what to do next"
    assert stored(world.officer, draft).data == {}, "what was typed is in the report, not twice"


def test_autosave_keeps_and_the_page_shows_it_again(world, draft):
    client = as_(world.officer)
    typed = {"facts_words": "« Va-t’en »\r\ndit-il", "unknown_sections": ["risk", "measure"], "victim_may_sms": "on"}
    answer = save(client, draft, **typed, version=0).json()
    assert answer["version"] == 1 and answer["saved_at"].startswith(str(now().year))
    again = save(client, draft, **typed, version=1).json()
    assert again["version"] == 1, "the same text is not a change"
    page = client.get(url("reports:draft", draft)).content.decode()
    assert "« Va-t’en »\ndit-il" in page
    assert page.count("checked") == 3 and 'name="version" value="1"' in page
    assert reports_of(world.officer) == [], "kept is not recorded"


def test_children_are_added_without_a_script_and_renumbered(world, draft):
    client = as_(world.officer)
    typed = {"children-3-given_name": "Noé", "children-5-given_name": "Lina", "children-1-given_name": ""}
    answer = client.post(url("reports:draft", draft), {**typed, "version": 0, "add_child": "1"})
    assert answer.status_code == 302 and "child=1" in answer["Location"]
    page = client.get(answer["Location"]).content.decode()
    assert 'name="children-0-given_name" value="Noé"' in page and 'name="children-1-given_name" value="Lina"' in page
    assert 'name="children-2-given_name"' in page, "one more to fill in"
    assert 'name="children-TOTAL_FORMS" value="3"' in page


def test_a_report_joins_a_case(world):
    case = make_report(world.officer).case
    client = as_(world.officer)
    assert case.reference in client.get(reverse("reports:new"), {"case": case.pk}).content.decode()
    client.post(reverse("reports:new"), {"kind": "police_dispute_report", "case": case.pk})
    with acting_as(world.officer):
        draft = ReportDraft.objects.get(joins_case=case, report=None)
    page = client.get(url("reports:draft", draft)).content.decode()
    assert "victim_family_name" not in page and case.reference in page
    people = {name: "" for name in report_data() if name.startswith(("victim_", "perpetrator_"))}
    record(client, draft, **(report_data() | people), version=0)
    assert {report.case_id for report in reports_of(world.officer)} == {case.pk}
    with acting_as(world.officer):
        assert Case.objects.count() == 1
        assert CasePerson.objects.filter(role="victim").count() == 1


def test_a_draft_is_thrown_away(world, draft):
    client = as_(world.officer)
    save(client, draft, facts_words="à oublier", version=0)
    assert client.post(url("reports:discard", draft)).status_code == 302
    assert client.get(url("reports:draft", draft)).status_code == 404
    assert stored(world.officer, draft).data == {}


# --- sent twice ------------------------------------------------------------------------------------------------
def test_recording_again_and_every_other_way_back_lead_to_the_same_case(world, draft):
    client = as_(world.officer)
    first = record(client, draft, **report_data(), version=0)
    second = record(client, draft, **report_data(facts_words="autre"), version=0)
    assert first["Location"] == second["Location"]
    (report,) = reports_of(world.officer)
    there = reverse("cases:summary", args=[report.case_id])
    assert client.get(url("reports:draft", draft))["Location"] == there
    assert client.get(url("casework:record_report", draft))["Location"] == url("reports:draft", draft)
    late = save(client, draft, facts_words="trop tard", version=0)
    assert late.status_code == 403 and "detail" in late.json()
    assert stored(world.officer, draft).data == {}


@pytest.mark.django_db(transaction=True)
def test_five_at_once_make_one_report_and_one_call(committed_world):
    world = committed_world
    with acting_as(world.officer):
        draft = start_draft(by=world.officer, kind="police_dispute_report")
    data = report_data() | {"version": "0"}

    def send(_):
        try:
            return record(as_(world.officer), draft, **data)["Location"]
        finally:
            connection.close()

    with ThreadPoolExecutor(5) as pool:
        places = set(pool.map(send, range(5)))
    assert len(places) == 1
    assert len(reports_of(world.officer)) == 1
    with acting_as(world.officer):
        assert FollowUp.objects.filter(kind="j2_contact").count() == 1 and Case.objects.count() == 1


# --- refused, and nothing lost -------------------------------------------------------------------------------------
TOMORROW = (now() + timedelta(days=1)).astimezone(BRUSSELS).strftime("%Y-%m-%dT%H:%M")


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("victim_family_name", ""),
        ("perpetrator_family_name", ""),
        ("j2_accepted", ""),
        ("met_at", ""),
        ("met_at", TOMORROW),
        ("met_at", "hier soir"),
        ("occurred_at", TOMORROW),
        ("victim_birth_date", TOMORROW[:10]),
        ("children-0-birth_date", TOMORROW[:10]),
        ("victim_phone", "numéro inconnu"),
        ("victim_phone", "101"),
        ("measure", ""),
        ("measure", "inventée"),
        ("facts_words", "x" * 10_000),
    ],
)
def test_what_is_wrong_is_said_by_the_field_and_on_top(world, draft, field, wrong):
    client = as_(world.officer)
    answer = record(client, draft, **report_data(**{field: wrong}), version=0)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f'href="#id_{field}"' in page and f'id="id_{field}_error"' in page
    assert "Elle déclare" in page or field == "facts_words", "what was typed is still there"
    assert "x" * 10_000 in page or field != "facts_words"
    assert re.search(r'name="victim_given_name"[^>]*value="Fatou"', page)
    assert reports_of(world.officer) == []
    with acting_as(world.officer):
        assert not Case.objects.exists() and not FollowUp.objects.exists()


def test_nobody_is_both_victim_and_perpetrator(world, draft):
    same = report_data(perpetrator_given_name="fatou", perpetrator_family_name="DIALLO-TEST")
    answer = record(as_(world.officer), draft, **same, version=0)
    assert answer.status_code == 422 and 'href="#id_perpetrator_family_name"' in answer.content.decode()


def test_an_empty_form_says_everything_at_once(world, draft):
    page = record(as_(world.officer), draft, version=0).content.decode()
    assert len(re.findall(r'href="#id_\w+"', page)) >= 8


def test_what_is_too_long_to_be_kept_is_refused_by_autosave(world, draft):
    answer = save(as_(world.officer), draft, facts_words="x" * 130_000, version=0)
    assert answer.status_code == 400
    assert stored(world.officer, draft).data == {}


# --- two at once -----------------------------------------------------------------------------------------------------
def test_two_people_editing_see_both_values_and_choose(world, draft):
    mine, theirs = as_(world.officer), as_(world.police_referent)
    save(theirs, draft, **report_data(place="au café", measure="arrest"), version=0)
    stale = save(mine, draft, **report_data(place="dans la rue", measure="arrest"), version=0)
    assert stale.status_code == 409
    (conflict,) = stale.json()["conflicts"]
    assert (conflict["field"], conflict["yours"], conflict["theirs"]) == ("place", "dans la rue", "au café")
    assert conflict["label"] and conflict["label"] != "place" and stale.json()["version"] == 1

    answer = record(mine, draft, **report_data(place="dans la rue", measure="arrest"), version=0)
    page = answer.content.decode()
    assert answer.status_code == 409 and "dans la rue" in page and "au café" in page
    assert 'name="keep:place"' in page and 'name="version" value="1"' in page
    assert reports_of(world.officer) == []

    carried = report_data(place="dans la rue", measure="arrest")
    kept = mine.post(url("reports:draft", draft), {**carried, "version": 1, "keep:place": "theirs"})
    assert kept["Location"] == url("reports:draft", draft)
    after = stored(world.officer, draft)
    assert after.data["place"] == "au café" and after.version in (1, 2)
    mine.post(url("reports:draft", draft), {**carried, "version": after.version, "keep:place": "yours"})
    assert stored(world.officer, draft).data["place"] == "dans la rue"


def test_a_choice_made_on_an_old_page_is_asked_again(world, draft):
    mine, theirs = as_(world.officer), as_(world.police_referent)
    save(theirs, draft, place="au café", version=0)
    save(theirs, draft, place="au parc", version=1)
    answer = mine.post(url("reports:draft", draft), {"place": "ici", "version": 1, "keep:place": "theirs"})
    assert answer.status_code == 409 and "au parc" in answer.content.decode()


# --- who may -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("who", ["stranger", "other_officer", "eva", "prosecutor", "reader", "platform_admin"])
def test_a_draft_is_its_agencys_alone(world, draft, who):
    client = as_(getattr(world, who))
    assert client.get(url("reports:draft", draft)).status_code == 404
    assert record(client, draft, **report_data(), version=0).status_code == 404
    assert save(client, draft, place="x", version=0).status_code == 404
    assert client.post(url("reports:discard", draft)).status_code == 404
    assert client.post(url("reports:draft", draft), {"version": 0}).status_code == 404
    assert stored(world.officer, draft).data == {}


@pytest.mark.parametrize("who", ["eva", "prosecutor", "reader", "shelter"])
def test_only_police_officers_record(world, who):
    client = as_(getattr(world, who))
    assert client.get(reverse("reports:new")).status_code == 403
    assert client.post(reverse("reports:new"), {"kind": "police_complaint"}).status_code == 403


def test_a_case_one_may_not_see_cannot_be_joined(world):
    case = make_report(world.officer).case
    other = as_(world.other_officer)
    for data in ({"case": str(case.pk)}, {"case": "not-a-uuid"}):
        assert other.get(reverse("reports:new"), data).status_code == 404
        assert other.post(reverse("reports:new"), {**data, "kind": "police_complaint"}).status_code == 404


def test_nothing_chosen_is_asked_again(world):
    answer = as_(world.officer).post(reverse("reports:new"), {"kind": "sensitive"})
    assert answer.status_code == 422 and 'value="police_complaint"' in answer.content.decode()


def test_who_is_kept_out_of_a_case_does_not_read_a_colleague_s_draft_that_joins_it(world):
    case = make_report(world.officer).case
    colleague, kept_out = make_member(world.officer.agency), make_member(world.officer.agency)
    with acting_as(world.officer):
        CaseExclusion.objects.create(case=case, user=kept_out.user)
        draft = start_draft(by=world.officer, kind="police_dispute_report", joins_case=case)
    assert save(as_(world.officer), draft, **report_data(), version="0").status_code == 200
    assert as_(colleague).get(url("reports:draft", draft)).status_code == 200
    client = as_(kept_out)
    assert client.get(url("reports:draft", draft)).status_code == 404
    for name in ("reports:draft", "reports:save", "reports:discard", "casework:record_report"):
        assert client.post(url(name, draft), report_data()).status_code == 404, name
    assert stored(world.officer, draft).data["victim_given_name"] == "Fatou"


def test_a_colleague_may_go_on(world, draft):
    colleague = make_member(world.officer.agency)
    assert as_(colleague).get(url("reports:draft", draft)).status_code == 200


def test_the_database_closes_a_draft_to_who_is_kept_out_of_its_case(world):
    report = make_report(world.officer)
    with acting_as(world.officer):
        draft = start_draft(by=world.officer, kind="police_complaint", joins_case=Case.objects.get(pk=report.case_id))
    with system_context(SystemContext.GRANTS):
        CaseExclusion.objects.create(case_id=report.case_id, user=world.police_referent.user)
    with acting_as(world.police_referent):
        assert not ReportDraft.objects.filter(pk=draft.pk).exists()
    with acting_as(world.police_manager):
        assert ReportDraft.objects.filter(pk=draft.pk).exists()


def test_a_draft_left_untouched_is_taken_again(world):
    with acting_as(world.officer):
        first = start_draft(by=world.officer, kind="police_complaint")
        assert start_draft(by=world.officer, kind="police_complaint") == first
        assert start_draft(by=world.officer, kind="police_dispute_report") != first
        save_draft(by=world.officer, draft_id=first.pk, data={"place": "à la maison"}, version=0)
        assert start_draft(by=world.officer, kind="police_complaint") != first
    with acting_as(world.police_referent):
        assert start_draft(by=world.police_referent, kind="police_complaint") != first
