"""A service ends its own follow-up: what it owes first, what is handed on; the lead goes to another service."""

import pytest
from django.http import Http404
from django.urls import reverse

from agencies.acting import acting_as
from agencies.enums import Role
from agencies.models import Membership
from cases.access import for_case, get_case
from cases.enums import VIEW_OWN_WORK, EventCode, ParticipationSide
from cases.models import Case, CaseEvent, CasePerson, ContactPoint, Note
from cases.services import change_contact
from casework import leading, parting
from common.acting import SystemContext, system_context
from common.errors import Refused, RuleBroken
from common.ids import uuid7
from followups.models import FollowUp, FollowUpKind
from notifications.models import Notice, NoticeKind
from plans.closing import ended_parts
from plans.models import AgencyFollowUp, ClosingKind, LeadAnswer, LeadOffer, LeadState
from tests.actors import as_
from tests.casework.grid_acts import POLICE, bring_in, sign
from tests.casework.test_closing import fresh, reach, ready, shut
from tests.factories import make_member, make_report

IDENTITY = "Nouvelle adresse : rue du Canari 12, 4000 Liège"


def end(by: Membership, case: Case, **changes) -> AgencyFollowUp:
    given = {"reason": "done", "request_key": uuid7()} | changes
    with acting_as(by):
        return parting.end_part(by=by, case_id=case.pk, **given)


def offer(by: Membership, case: Case, to: Membership, **changes) -> LeadOffer:
    given = {"why": "closer", "words": "Le dossier suit son cours.", "request_key": uuid7()} | changes
    with acting_as(by):
        return leading.offer_lead(by=by, case_id=case.pk, agency_id=to.agency_id, **given)


def accept_offer(by: Membership, made: LeadOffer) -> LeadAnswer:
    with acting_as(by):
        return leading.accept_lead(by=by, case_id=made.case_id, offer_id=made.pk)


def notified(kind: str, member: Membership) -> int:
    with acting_as(member):
        return Notice.objects.filter(kind=kind, recipient=member.user).count()


def access_of(member: Membership, case: Case):
    with acting_as(member):
        return for_case(fresh(case), member)


# --- its own part ------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_a_service_ends_its_part_and_keeps_what_it_sees(world):
    case = make_report(world.officer).case
    reach(world.eva, case)
    before = access_of(world.eva, case).grants
    row = end(world.eva, case, words="À reprendre si elle rappelle.")
    assert row.side == ParticipationSide.VICTIM
    with acting_as(world.eva):
        assert Note.objects.get(pk=row.note_id).internal
    with acting_as(world.officer):
        assert ended_parts(case) == {world.eva.agency_id}
        assert not Note.objects.filter(pk=row.note_id).exists()
    assert access_of(world.eva, case).grants == before
    assert notified(NoticeKind.PART_ENDED, world.police_referent) == 1
    page = as_(world.eva).get(reverse("casework:closing", args=[case.pk])).content.decode()
    assert reverse("casework:resume_part", args=[case.pk]) in page
    with acting_as(world.eva):
        parting.resume_part(by=world.eva, case_id=case.pk, request_key=uuid7())
        assert ended_parts(case) == frozenset()


@pytest.mark.django_db
def test_what_is_owed_is_done_before_the_part_ends(world):
    case = make_report(world.officer).case
    with pytest.raises(RuleBroken):
        end(world.eva, case)
    answer = as_(world.eva).post(
        reverse("casework:end_part", args=[case.pk]),
        {"reason": "done", "words": "Mots à garder", "request_key": str(uuid7())},
    )
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Mots à garder" in page
    with acting_as(world.eva):
        owed = FollowUp.objects.get(case=case, kind=FollowUpKind.J2_CONTACT)
        assert reverse("followups:detail", args=[owed.pk]) in page
        assert not AgencyFollowUp.objects.exists()


@pytest.mark.django_db
def test_the_service_that_leads_hands_over_or_closes(world):
    case = make_report(world.officer).case
    with pytest.raises(RuleBroken):
        end(world.officer, case)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"reason": ""}, "reason"),
        ({"reason": "because"}, "reason"),
        ({"reason": "other"}, "words"),
        ({"words": "a" * 10_000}, "words"),
        ({"words": "\x00"}, "words"),
    ],
)
def test_the_end_of_a_part_says_why(world, changes, field):
    case = make_report(world.officer).case
    reach(world.eva, case)
    with pytest.raises(RuleBroken) as refused:
        end(world.eva, case, **changes)
    assert list(refused.value.errors) == [field]


@pytest.mark.django_db
def test_ended_twice_is_one_row(world):
    case = make_report(world.officer).case
    reach(world.eva, case)
    key = uuid7()
    assert end(world.eva, case, request_key=key).pk == end(world.eva, case, request_key=key).pk
    with pytest.raises(RuleBroken):
        end(world.eva, case)
    assert notified(NoticeKind.PART_ENDED, world.police_referent) == 1


@pytest.mark.django_db
def test_who_gives_its_access_up_keeps_its_own_work_alone(world):
    case = make_report(world.officer).case
    reach(world.eva, case)
    end(world.eva, case, give_up=True)
    access = access_of(world.eva, case)
    assert access.own_work_only
    assert access.has(VIEW_OWN_WORK)
    assert not access.takes_part


@pytest.mark.django_db
def test_the_end_of_his_service_is_told_to_who_may_know_it(world):
    case = make_report(world.officer).case
    bring_in(world.officer, case, world.programme, ("identity:perpetrator", "network:perpetrator"), side="perpetrator")
    bring_in(world.officer, case, world.shelter)
    row = end(world.programme, case, reason="no_contact")
    assert row.side == ParticipationSide.PERPETRATOR
    assert notified(NoticeKind.PART_ENDED, world.police_referent) == 1
    # her side may know that his service ended, and not why
    page = as_(world.shelter).get(reverse("casework:closing", args=[case.pk])).content.decode()
    assert str(row.get_reason_display()) not in page
    # his side learns nothing of the end of hers
    reach(world.eva, case)
    end(world.eva, case)
    with acting_as(world.programme):
        assert list(AgencyFollowUp.objects.values_list("agency", flat=True)) == [world.programme.agency_id]
        assert (
            not CaseEvent.objects.filter(code=EventCode.PART_ENDED).exclude(agency=world.programme.agency_id).exists()
        )


@pytest.mark.django_db
def test_the_assessment_a_service_owes_goes_to_the_lead(world):
    case = make_report(world.officer).case
    bring_in(
        world.officer,
        case,
        world.other_officer,
        ("level:case", "identity:victim", "risk:case", "facts:case"),
        side="neutral",
    )
    sign(world.other_officer, case, POLICE, "critical")
    assert owes_assessment(case) == world.other_officer.agency_id
    end(world.other_officer, case)
    assert owes_assessment(case) == world.officer.agency_id


def owes_assessment(case: Case):
    with system_context(SystemContext.REMINDERS):
        return FollowUp.objects.get(case=case, kind=FollowUpKind.REASSESSMENT, settled_at=None).agency_id


# --- the lead -----------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_the_lead_goes_to_who_takes_it_over(world):
    case = make_report(world.officer).case
    made = offer(world.police_referent, case, world.eva)
    assert notified(NoticeKind.LEAD_OFFERED, world.eva_referent) == 1
    assert fresh(case).lead_agency_id == world.officer.agency_id
    with acting_as(world.eva_referent):
        assert FollowUp.objects.filter(kind=FollowUpKind.LEAD_HANDOVER, settled_at=None).count() == 1
    assert accept_offer(world.eva_referent, made).state == LeadState.ACCEPTED
    case = fresh(case)
    assert (case.lead_agency_id, case.reference_person_id) == (world.eva.agency_id, world.eva_referent.user_id)
    assert notified(NoticeKind.LEAD_ANSWERED, world.police_referent) == 1
    assert access_of(world.officer, case).contribute
    with acting_as(world.eva_referent):
        assert not FollowUp.objects.filter(kind=FollowUpKind.LEAD_HANDOVER, settled_at=None).exists()
    # taken over twice is taken over once
    accept_offer(world.eva_referent, made)
    assert notified(NoticeKind.LEAD_ANSWERED, world.police_referent) == 1


@pytest.mark.django_db
def test_a_declined_offer_says_why_and_the_lead_stays(world):
    case = make_report(world.officer).case
    made = offer(world.police_referent, case, world.eva)
    with acting_as(world.eva_referent):
        with pytest.raises(RuleBroken):
            leading.decline_lead(by=world.eva_referent, case_id=case.pk, offer_id=made.pk, words=" ")
        leading.decline_lead(by=world.eva_referent, case_id=case.pk, offer_id=made.pk, words="Pas de place.")
    assert fresh(case).lead_agency_id == world.officer.agency_id
    page = as_(world.police_referent).get(reverse("casework:lead", args=[case.pk])).content.decode()
    assert "Pas de place." in page
    # answered: it can no longer be taken back, and whoever tries is told who was first
    with acting_as(world.police_referent), pytest.raises(RuleBroken) as refused:
        leading.withdraw_lead(by=world.police_referent, case_id=case.pk, offer_id=made.pk)
    assert world.eva_referent.user.full_name in str(refused.value)


@pytest.mark.django_db
def test_an_offer_taken_back_can_no_longer_be_accepted(world):
    case = make_report(world.officer).case
    made = offer(world.police_referent, case, world.eva)
    with acting_as(world.police_referent):
        leading.withdraw_lead(by=world.police_referent, case_id=case.pk, offer_id=made.pk)
    with pytest.raises(RuleBroken) as refused:
        accept_offer(world.eva_referent, made)
    assert world.police_referent.user.full_name in str(refused.value)
    assert fresh(case).lead_agency_id == world.officer.agency_id


@pytest.mark.django_db
def test_only_seniors_of_the_two_services_hand_over_and_answer(world):
    case = make_report(world.officer).case
    for by in (world.officer, world.eva_referent):
        with pytest.raises(Refused):
            offer(by, case, world.eva)
    made = offer(world.police_referent, case, world.eva)
    for by in (world.eva, world.police_referent):
        with pytest.raises(Refused):
            accept_offer(by, made)
    with pytest.raises(Http404):
        accept_offer(world.stranger, made)


@pytest.mark.django_db
def test_nobody_is_offered_the_lead_who_does_not_take_part_or_works_with_him(world):
    case = make_report(world.officer).case
    bring_in(world.officer, case, world.programme, ("identity:perpetrator",), side="perpetrator")
    for to in (world.stranger, world.programme, world.officer):
        with pytest.raises(RuleBroken) as refused:
            offer(world.police_referent, case, to)
        assert list(refused.value.errors) == ["agency"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "field"), [({"words": ""}, "words"), ({"why": "x"}, "why"), ({"words": "a" * 2001}, "words")]
)
def test_an_offer_says_why_and_what_to_know(world, changes, field):
    case = make_report(world.officer).case
    with pytest.raises(RuleBroken) as refused:
        offer(world.police_referent, case, world.eva, **changes)
    assert list(refused.value.errors) == [field]


@pytest.mark.django_db
def test_when_she_moves_the_former_zone_keeps_its_own_work_and_never_reads_where_she_is(world):
    case = make_report(world.officer).case
    new_zone = make_member(world.other_officer.agency, Role.REFERENT)
    grants = ("identity:victim", "contact:victim", "facts:case", "level:case", "identity:perpetrator")
    bring_in(world.officer, case, new_zone, grants, side="neutral")
    sign(world.officer, case, POLICE, "critical")
    made = offer(world.police_referent, case, new_zone, why="moves")
    assert made.leaves
    accept_offer(new_zone, made)
    access = access_of(world.officer, case)
    assert access.own_work_only
    with acting_as(new_zone):
        _case, new_access = get_case(case.pk, new_zone)
        her = CasePerson.objects.get(case=case, role="victim")
        change_contact(
            by=new_zone, access=new_access, case_person=her, kind="address", value=IDENTITY, safe="yes",
        )  # fmt: skip
    for member in (world.officer, world.police_referent, world.programme):
        with acting_as(member):
            assert IDENTITY not in [point.value for point in ContactPoint.objects.filter(case=case)]
    for name in ("cases:summary", "cases:people", "casework:closing", "casework:lead", "cases:timeline"):
        page = as_(world.police_referent).get(reverse(name, args=[case.pk]))
        for hidden in ("Canari", "4000", "Liège"):
            assert hidden not in page.content.decode(), (name, hidden)
    # the assessment the former zone owed goes with the lead
    assert owes_assessment(case) == new_zone.agency_id
    assert fresh(case).lead_agency_id == new_zone.agency_id


@pytest.mark.django_db
def test_the_end_of_a_supervision_is_asked_of_the_new_lead(world):
    case = ready(world)
    with acting_as(world.eva):
        parting.resume_part(by=world.eva, case_id=case.pk, request_key=uuid7())
    shut(world.police_referent, case, ClosingKind.SUPERVISED)
    made = offer(world.police_referent, case, world.eva)
    accept_offer(world.eva_referent, made)
    with acting_as(world.eva_referent):
        assert FollowUp.objects.get(kind=FollowUpKind.SUPERVISION, settled_at=None).agency_id == world.eva.agency_id


@pytest.mark.django_db
def test_the_reference_person_is_of_the_service_that_leads(world):
    case = make_report(world.officer).case
    with acting_as(world.police_referent):
        with pytest.raises(RuleBroken):
            leading.name_reference(by=world.police_referent, case_id=case.pk, user_id=world.eva.user_id)
        leading.name_reference(by=world.police_referent, case_id=case.pk, user_id=world.officer.user_id)
    assert fresh(case).reference_person_id == world.officer.user_id
    with acting_as(world.eva_referent), pytest.raises(Refused):
        leading.name_reference(by=world.eva_referent, case_id=case.pk, user_id=world.eva.user_id)
