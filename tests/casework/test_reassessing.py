"""One open reassessment for each grid, owed by one agency, at the date the level asks for; handed over, or fallen to
the agency that leads.
"""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import translation

from agencies.acting import acting_as
from cases.access import for_case, participants
from cases.models import CaseEvent
from casework.assessing import conclude_level
from casework.handing import hand_over
from common import clock
from common.clock import now
from common.errors import Refused, RuleBroken
from followups.models import FollowUp
from followups.reassessments import reassess_sooner
from followups.reminding import send_due_reminders
from notifications.models import Notice
from riskassessment import duties
from riskassessment.models import GridDuty
from sharing.services import revoke
from tests.actors import all_of_his_side, as_
from tests.casework.grid_acts import (
    CRITICALITY,
    PERPETRATOR,
    POLICE,
    WITH_HER,
    bring_in,
    fresh,
    grid,
    owed,
    sign,
)
from tests.factories import make_agency, make_member, make_report, train

pytestmark = pytest.mark.django_db

REASONS = "Elle s’est réfugiée chez sa sœur et il est détenu."


@pytest.fixture
def case(world):
    return make_report(world.officer).case


@pytest.fixture
def shelter(world, case):
    """The shelter takes part on her side and may sign its grid."""
    train(world.shelter, course="criticality")
    bring_in(world.officer, case, world.shelter)
    return world.shelter


def hand(by, case, to, slug=POLICE):
    with acting_as(by):
        return hand_over(by=by, case=case, access=for_case(case, by), grid_id=grid(slug).pk, agency_id=to.agency_id)


# --- one for each grid --------------------------------------------------------------------------------------------
def test_each_grid_is_owed_by_who_signed_it_at_its_own_pace(world, case, shelter):
    police = sign(world.officer, case, POLICE)
    theirs = sign(shelter, case, CRITICALITY, "critical")
    (of_police,), (of_shelter,) = owed(case, POLICE), owed(case, CRITICALITY)
    assert of_police.agency == world.officer.agency and of_shelter.agency == shelter.agency
    assert of_shelter.planned_by_agency == shelter.agency
    stands = fresh(world.officer, case)
    assert stands.level == theirs.indicative_level == "high"
    assert of_shelter.due_at == theirs.signed_at + timedelta(hours=72)
    assert of_police.due_at == police.signed_at + timedelta(days=7), "the case has risen: every grid is due sooner"
    assert stands.reassess_by == of_shelter.due_at
    with acting_as(world.officer):
        before = FollowUp.objects.get(source_id=police.pk)
        assert before.outcome == "replaced"


def test_signing_one_grid_settles_that_one_alone(world, case, shelter):
    sign(world.officer, case, POLICE)
    sign(shelter, case, CRITICALITY, "critical")
    (theirs,) = owed(case, CRITICALITY)
    with clock.travel(now() + timedelta(hours=1)):
        again = sign(world.officer, case, POLICE)
    (mine,) = owed(case, POLICE)
    assert mine.source_id == again.pk and mine.due_at == again.signed_at + timedelta(days=7)
    assert owed(case, CRITICALITY) == [theirs]
    with acting_as(world.officer):
        done = FollowUp.objects.filter(case=case, grid=grid(POLICE), outcome="done")
        assert done.count() == 1 and done.get().settled_by == world.officer.user


def test_a_level_retained_above_the_indicative_one_takes_time_away(world, case):
    assessment = sign(world.officer, case, POLICE, strangulation="yes")
    assert assessment.indicative_level == "high"
    with acting_as(world.officer):
        conclude_level(by=world.officer, assessment_id=assessment.pk, level="critical", justification=REASONS)
    (sooner,) = owed(case)
    assert sooner.due_at == assessment.signed_at + timedelta(hours=72)


def test_a_date_no_level_gives_is_put_off_by_a_signature_alone(world, case):
    """What a turning point asked for stays, whatever level is concluded meanwhile."""
    assessment = sign(world.officer, case, POLICE)
    with acting_as(world.officer):
        due_at = now() + timedelta(hours=72, minutes=7)
        reassess_sooner(by=world.officer, case=case, source_id=case.pk, due_at=due_at, otherwise=None)
        assert fresh(world.officer, case).reassess_by == due_at
        conclude_level(by=world.officer, assessment_id=assessment.pk, level="moderate", justification=REASONS)
    (waiting,) = owed(case)
    assert waiting.due_at == due_at
    sign(world.officer, case, POLICE)
    (after,) = owed(case)
    assert after.due_at > due_at


def test_a_closed_case_owes_nothing_more(world, case):
    sign(world.officer, case, POLICE)
    case.closed_at = now()
    with acting_as(world.officer):
        case.save(update_fields=["closed_at"])
        assert reassess_sooner(by=world.officer, case=case, source_id=case.pk, due_at=now(), otherwise=None) == []


# --- handed over --------------------------------------------------------------------------------------------------
def test_a_grid_handed_over_is_owed_by_the_other_and_followed_by_the_first(world, case):
    sign(world.officer, case, POLICE)
    bring_in(world.officer, case, world.prosecutor, ["level:case", "risk:case", "identity:victim"], side="neutral")
    (before,) = owed(case)
    duty = hand(world.officer, case, world.prosecutor)
    assert hand(world.officer, case, world.prosecutor) == duty
    with acting_as(world.officer):
        assert GridDuty.objects.count() == 1
        assert duties.responsible(case)[grid(POLICE).pk] == world.prosecutor.agency_id
        event = CaseEvent.objects.get(case=case, code="duty_handed_over")
        assert (event.category, event.side, event.next_agency) == ("risk", "case", world.prosecutor.agency)
    (after,) = owed(case)
    assert after.agency == world.prosecutor.agency and after.due_at == before.due_at
    assert after.planned_by_agency == world.officer.agency
    send_due_reminders()
    with acting_as(world.prosecutor):
        assert Notice.objects.filter(recipient=world.prosecutor.user, kind="follow_up_due").count() == 1
    with acting_as(world.officer):
        assert FollowUp.objects.visible_to(world.officer).filter(pk=after.pk).exists()
        with pytest.raises(Refused):
            hand(world.officer, case, world.other_officer)
    sign(world.prosecutor, case, POLICE)
    (again,) = owed(case)
    assert again.agency == world.prosecutor.agency


@pytest.mark.parametrize("who", ["shelter", "stranger", "other_officer"])
def test_not_to_who_may_not_use_it_or_takes_no_part(world, case, shelter, who):
    sign(world.officer, case, POLICE)
    with pytest.raises(RuleBroken) as refused:
        hand(world.officer, case, getattr(world, who))
    assert "agency" in refused.value.errors and owed(case)[0].agency == world.officer.agency


def test_not_to_his_side_for_a_grid_that_is_not_about_him(world, case, shelter):
    """The justice house may use the grid about him, and receives that one alone."""
    his_side = all_of_his_side(world, case)
    bring_in(world.officer, case, world.programme, ["identity:perpetrator"], side="perpetrator")
    sign(world.programme, case, PERPETRATOR)
    sign(world.officer, case, POLICE)
    with acting_as(world.programme):
        access = for_case(case, world.programme)
        version = duties.owed_by(case, access)[grid(PERPETRATOR).pk]
        named = duties.candidates(case, access, version)
        assert named == [his_side.agency]
        assert shelter.agency not in named and world.officer.agency not in named
    police = make_member(make_agency("police", "Zone de police C"))
    bring_in(world.officer, case, police, ["identity:perpetrator"], side="perpetrator")
    with pytest.raises(RuleBroken):
        hand(world.officer, case, police)


def test_only_names_that_may_be_known_are_offered(world, case, shelter):
    """Who works with him is offered services of his side alone, though a service of hers may use the grid as well."""
    hers, his = make_member(make_agency("mental_health")), make_member(make_agency("addiction"))
    bring_in(world.officer, case, hers)
    for member in (world.programme, his):
        bring_in(world.officer, case, member, ["identity:perpetrator"], side="perpetrator")
    sign(world.programme, case, PERPETRATOR)
    sign(shelter, case, CRITICALITY)
    offered = {}
    for member, slug in ((world.programme, PERPETRATOR), (shelter, CRITICALITY)):
        page = as_(member).get(reverse("casework:hand_over", args=[case.pk, grid(slug).pk]))
        assert page.status_code == 200
        offered[slug] = page.context["agencies"]
        assert all(str(agency.pk) in page.content.decode() for agency in offered[slug])
    assert offered[PERPETRATOR] == [his.agency]
    assert hers.agency in offered[CRITICALITY] and his.agency not in offered[CRITICALITY]


def test_the_page_hands_over_and_says_what_is_wrong(world, case):
    sign(world.officer, case, POLICE)
    bring_in(world.officer, case, world.prosecutor, ["level:case", "risk:case"], side="neutral")
    browser, url = as_(world.officer), reverse("casework:hand_over", args=[case.pk, grid(POLICE).pk])
    listing = reverse("riskassessment:case_list", args=[case.pk])
    assert url in browser.get(listing).content.decode()
    for typed in ({}, {"agency": "x"}, {"agency": str(world.shelter.agency_id)}):
        refused = browser.post(url, typed)
        assert refused.status_code == 422 and "agency" in refused.context["form"].errors
    assert browser.post(url, {"agency": str(world.prosecutor.agency_id)}).status_code == 302
    assert url not in browser.get(listing).content.decode()
    assert browser.get(url).status_code == 404
    theirs = as_(world.prosecutor).get(listing).content.decode()
    assert reverse("casework:hand_over", args=[case.pk, grid(POLICE).pk]) in theirs


# --- left ---------------------------------------------------------------------------------------------------------
def test_the_duty_of_an_agency_that_left_falls_to_the_lead_when_it_is_due(world, case):
    """The prosecutor leaves; the zone that leads may use the grid: it owes it, by its name."""
    sign(world.officer, case, POLICE)
    decision = bring_in(world.officer, case, world.prosecutor, ["level:case", "risk:case"], side="neutral")
    hand(world.officer, case, world.prosecutor)
    with acting_as(world.officer):
        revoke(by=world.officer, decision=decision, reason="Le dossier est classé.")
        assert not participants([case]).takes_part(case, world.prosecutor.agency)
    send_due_reminders()
    (fallen,) = owed(case)
    assert fallen.agency == world.officer.agency and fallen.grid == grid(POLICE)
    send_due_reminders()
    with acting_as(world.officer):
        assert Notice.objects.filter(recipient=world.officer.user, kind="follow_up_due").exists()
    assert owed(case) == [fallen]


def test_what_the_lead_may_not_know_of_falls_to_it_without_a_name(world, case):
    """Police neither use the grid of criticality nor read where it stands: they owe an assessment, of no grid."""
    train(world.shelter, course="criticality")
    decision = bring_in(world.officer, case, world.shelter, WITH_HER)
    sign(world.shelter, case, CRITICALITY, "critical")
    with acting_as(world.officer):
        revoke(by=world.officer, decision=decision, reason="Elle a quitté la maison.")
    (open_one,) = owed(case)
    with clock.travel(open_one.due_at + timedelta(minutes=1)):
        with acting_as(world.officer):
            reassess_sooner(by=world.officer, case=case, source_id=case.pk, due_at=now(), otherwise=None)
        (unnamed,) = owed(case, None)
        assert unnamed.agency == world.officer.agency
        sign(world.officer, case, POLICE)
    assert owed(case, None) == []
    assert [each.grid for each in owed(case) if each.agency == world.officer.agency] == [grid(POLICE)]


# --- the page -----------------------------------------------------------------------------------------------------
def test_the_list_tells_grid_by_grid_what_this_agency_may_know(world, case, shelter):
    sign(world.officer, case, POLICE)
    sign(shelter, case, CRITICALITY, "critical")
    listing = reverse("riskassessment:case_list", args=[case.pk])
    with translation.override("en"):
        of_police = as_(world.officer).get(listing).context["panels"]
        of_shelter = as_(shelter).get(listing).context["panels"]
    (police,) = [each["panel"]["rows"] for each in of_police if each["template"] == "casework/_grids.html"]
    (theirs,) = [each["panel"]["rows"] for each in of_shelter if each["template"] == "casework/_grids.html"]
    assert [row["grid_id"] for row in police] == [grid(POLICE).pk], "police do not learn that criticality was assessed"
    assert [row["grid_id"] for row in theirs] == [grid(CRITICALITY).pk]
    assert police[0]["mine"] and police[0]["stands"].level == "low" and police[0]["due"] == owed(case, POLICE)[0].due_at
    eva = as_(world.eva).get(listing)
    assert eva.status_code == 200 and not any(
        each["template"] == "casework/_grids.html" for each in eva.context["panels"]
    )
