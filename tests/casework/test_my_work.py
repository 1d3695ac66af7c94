"""My work: each agency finds what it owes, with the names and levels it may read, in a bounded number of queries."""

from datetime import timedelta

import pytest
from django.urls import reverse

from agencies.acting import acting_as
from cases.models import Case
from cases.services import log_event, set_level
from casework import work
from casework.referring import accept_referral, decline_referral, send_referral
from common.clock import now
from common.ids import uuid7
from followups.models import FollowUp
from reports.services import save_draft, start_draft
from tests.cases.helpers import Queries, as_, bring_in_programme, text, url
from tests.factories import make_member, make_report
from tests.referrals_acts import asked
from tests.riskassessment.test_services import signed

pytestmark = pytest.mark.django_db
HOME = reverse("casework:my_work")


def home(membership) -> str:
    answer = as_(membership).get(HOME)
    assert answer.status_code == 200
    return text(answer)


def sections(membership):
    return as_(membership).get(HOME).context["sections"]


def met(hours: float) -> str:
    return (now() - timedelta(hours=hours)).isoformat()


def refer(by, case, to, **changes):
    with acting_as(by):
        return send_referral(by=by, case_id=case.pk, asked=asked(case, to, **changes), request_key=uuid7())


def test_the_cell_finds_its_calls_the_late_ones_first(world):
    late = make_report(world.officer, met_at=met(60), occurred_at="").case
    later = make_report(world.officer).case
    found = sections(world.eva)
    assert [line["reference"] for line in found["urgent"]] == [late.reference] and found["urgent"][0]["primary"]
    assert [line["reference"] for line in found["coming"]] == [later.reference]
    page = home(world.eva)
    assert "F. D." in page and "Leïla" in page and "Préparer l’appel" in page
    with acting_as(world.eva):
        follow_up = FollowUp.objects.get(case=late)
    assert reverse("followups:detail", args=[follow_up.pk]) in page


def test_the_prosecutor_is_told_of_a_complaint_until_somebody_opens_it(world):
    report = make_report(world.officer, "police_complaint")
    assert not sections(world.prosecutor)["complaints"]
    signed(world.officer, report, death_threats="yes")
    (line,) = sections(world.prosecutor)["complaints"]
    assert line["reference"] == report.case.reference and line["level"] == "high"
    assert "Lire la plainte transmise par Zone de police A" in home(world.prosecutor)
    assert not sections(world.officer)["complaints"] and not sections(world.eva)["complaints"]
    assert as_(world.prosecutor).get(reverse("cases:summary", args=[report.case_id])).status_code == 200
    assert not sections(world.prosecutor)["complaints"]


def test_what_is_due_before_midnight_is_for_today(world):
    at = now()
    assert at < work.end_of_day(at) <= at + timedelta(hours=25)
    report = make_report(world.officer)
    with acting_as(world.eva):
        follow_up = FollowUp.objects.get(case=report.case)
    inside = work.end_of_day(follow_up.due_at) - timedelta(minutes=1) > follow_up.due_at
    if inside:
        from common.clock import travel

        with travel(follow_up.due_at - timedelta(seconds=1)):
            found = work_as(world.eva)
        assert [line["reference"] for line in found["today"]] == [report.case.reference]


def work_as(membership):
    with acting_as(membership):
        return work.sections(membership)


def test_police_wait_for_the_call_and_have_their_buttons(world):
    case = make_report(world.officer).case
    page = home(world.officer)
    assert page.count(reverse("reports:new")) == 2 and reverse("cases:search") in page
    assert [line["reference"] for line in sections(world.officer)["waiting"]] == [case.reference]
    assert "Cellule EVA A" in page
    assert reverse("reports:new") not in home(world.eva) and reverse("reports:new") not in home(world.reader)


def test_a_draft_is_listed_for_its_author_until_it_is_recorded(world):
    with acting_as(world.officer):
        draft = start_draft(by=world.officer, kind="police_complaint")
        save_draft(by=world.officer, draft_id=draft.pk, data={"victim_family_name": "Secret"}, version=0)
    address = reverse("reports:draft", args=[draft.pk])
    assert address in home(world.officer) and "Secret" not in home(world.officer)
    assert address not in home(make_member(world.officer.agency))
    as_(world.officer).post(reverse("reports:discard", args=[draft.pk]))
    assert address not in home(world.officer)


def test_a_referral_waits_for_the_receiver_who_learns_nothing_more(world):
    case = make_report(world.officer).case
    referral = refer(world.officer, case, world.shelter)
    page = home(world.shelter)
    assert reverse("referrals:detail", args=[referral.pk]) in page and "Zone de police A" in page
    assert case.reference not in page and "F. D." not in page
    assert "Maison du Tilleul" in home(world.officer)
    for who in ("stranger", "programme", "other_officer"):
        assert "Tilleul" not in home(getattr(world, who)).replace("Maison du Tilleul</strong>", "")


def test_answers_come_back_to_the_sender(world):
    first, second = make_report(world.officer).case, make_report(world.officer).case
    accepted, declined = refer(world.officer, first, world.shelter), refer(world.officer, second, world.shelter)
    with acting_as(world.shelter):
        accept_referral(by=world.shelter, referral_id=accepted.pk)
        decline_referral(by=world.shelter, referral_id=declined.pk, reason="no_place")
    found = {line["reference"]: line["what"] for line in sections(world.officer)["answered"]}
    assert "accept" in found[first.reference] and "refus" in found[second.reference]
    assert sections(world.shelter)["answers_owed"] == []


def test_news_are_what_others_did_since_my_last_visit_and_i_may_read(world):
    case = make_report(world.officer).case
    assert sections(world.officer)["news"] == []
    as_(world.officer).get(url("cases:summary", case))
    with acting_as(world.eva):
        log_event(by=world.eva, case=case, code="note_written", category="psychosocial", side="victim")
    assert sections(world.officer)["news"] == [], "closed to police"
    with acting_as(world.eva):
        log_event(by=world.eva, case=case, code="contact_changed", category="contact", side="victim")
    (line,) = sections(world.officer)["news"]
    assert line["reference"] == case.reference and "since=" in line["action_url"]
    page = text(as_(world.officer).get(line["action_url"]))
    assert "Consignes de contact sûr changées" in page and "PV de différend familial enregistré" not in page
    assert sections(world.police_referent)["news"] == [], "never opened it"


def test_the_level_is_told_to_who_receives_it(world):
    report = make_report(world.officer, met_at=met(60), occurred_at="")
    with acting_as(world.officer):
        set_level(case=Case.objects.get(), level="critical", provisional=False, at=now(), reassess_by=None)
    assert "level-critical" not in home(world.eva)
    assert "level-critical" in home(world.officer)
    assert report.case.reference in home(world.eva)


def test_his_side_reads_nothing_of_hers(world):
    case = make_report(world.officer).case
    bring_in_programme(case, world.officer, world.programme)
    as_(world.programme).get(url("cases:summary", case))
    with acting_as(world.eva):
        log_event(by=world.eva, case=case, code="contact_changed", category="contact", side="victim")
    page = home(world.programme)
    assert "EVA" not in page and "F. D." not in page and "J+2" not in page


@pytest.mark.parametrize("who", ["stranger", "other_officer", "shelter", "programme", "prosecutor"])
def test_others_find_nothing(world, who):
    case = make_report(world.officer).case
    assert case.reference not in home(getattr(world, who))


def test_who_works_without_cases_has_a_home_too(world):
    assert "sans le contenu" in home(world.platform_admin)


def test_it_costs_the_same_with_more_to_do(world):
    def cost():
        client = as_(world.officer)
        client.get(HOME)
        with Queries() as queries:
            client.get(HOME)
        return queries

    def more():
        case = make_report(world.officer, met_at=met(60), occurred_at="").case
        as_(world.officer).get(url("cases:summary", case))
        with acting_as(world.eva):
            log_event(by=world.eva, case=case, code="contact_changed", category="contact", side="victim")
        referral = refer(world.officer, case, world.shelter)
        with acting_as(world.shelter):
            accept_referral(by=world.shelter, referral_id=referral.pk)
        with acting_as(world.officer):
            start_draft(by=world.officer, kind="police_complaint")

    more()
    few = cost()
    for _ in range(3):
        more()
    many = cost()
    # releases are asked apart: whatever else is late, none of them is cut off
    assert few.count == many.count <= 27, "\n\n".join(many.statements)
