"""The action plan: who plans, who owns, who reads, who answers; what is owed; a service outside the case."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.http import Http404
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from agencies.acting import acting_as
from agencies.enums import AgencyKind, AgencySide
from cases.access import get_case
from cases.enums import EventCode
from cases.models import CaseEvent
from casework import actions as services
from casework.letters import answer_by_phone
from common.acting import SystemContext, system_context
from common.clock import now, travel
from common.errors import Refused, RuleBroken
from followups.models import FollowUp, FollowUpKind
from followups.reminding import send_due_reminders
from notifications.models import Notice, NoticeKind
from plans import actions
from plans.models import Action, ActionOwner, ActionStep
from referrals.models import ReferralDraft
from sharing.models import SharingDecision
from sharing.services import revoke
from tests.actors import as_
from tests.factories import make_agency, make_member, make_report
from tests.plans.actions_acts import WORDS, owner_of, plan_one, say, wanted
from tests.referrals_acts import accept, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan_case(world):
    """A case of the zone: its cell calls, the shelter follows her, his programme takes part."""
    case = make_report(world.officer, kind="police_complaint").case
    accept(world.shelter, send(world.eva, case, world.shelter))
    accept(world.programme, send(world.officer, case, world.programme, role="presumed_perpetrator", need="other"))
    return case


def read_by(member, case) -> set:
    with acting_as(member):
        found, access = get_case(case.pk, member)
        return set(actions.actions_of(found, access).values_list("pk", flat=True))


def rows_of(member) -> set:
    """What the database itself lets this member read."""
    with acting_as(member):
        return set(Action.objects.values_list("pk", flat=True))


def owed_by(member, action) -> list[FollowUp]:
    with acting_as(member):
        mine = ActionOwner.objects.filter(action=action).values("pk")
        return list(FollowUp.objects.filter(kind=FollowUpKind.ACTION, agency=member.agency_id, source_id__in=mine))


def told_of(member, kind) -> int:
    with acting_as(member):
        return Notice.objects.filter(recipient=member.user_id, kind=kind).count()


def refused_by(member, case, **changes) -> dict:
    with acting_as(member), pytest.raises(RuleBroken) as refused:
        services.plan_action(by=member, case_id=case.pk, wanted=wanted(case, member, **changes), request_key=uuid4())
    return refused.value.errors


# --- who reads --------------------------------------------------------------------------------------------------
def test_an_action_about_her_is_read_by_the_services_and_never_on_his_side(world, plan_case):
    action = plan_one(world.eva, plan_case, world.officer, world.shelter)
    for member in (world.officer, world.police_referent, world.eva, world.shelter):
        assert action.pk in read_by(member, plan_case) and action.pk in rows_of(member), member.agency
    for member in (world.programme, world.stranger, world.other_officer):
        assert action.pk not in rows_of(member), member.agency
    assert read_by(world.programme, plan_case) == set()
    page = as_(world.programme).get(reverse("casework:action", args=[plan_case.pk, action.pk]))
    assert page.status_code == 404
    page = as_(world.programme).get(reverse("casework:action_plan", args=[plan_case.pk]))
    assert page.status_code == 200 and WORDS not in page.content.decode() and "Tilleul" not in page.content.decode()
    with acting_as(world.programme):
        assert not CaseEvent.objects.filter(case=plan_case, code=EventCode.ACTION_PLANNED).exists()


def test_an_action_about_him_is_read_on_his_side_without_the_services_of_hers(world, plan_case):
    action = plan_one(
        world.officer,
        plan_case,
        world.programme,
        world.officer,
        about="presumed_perpetrator",
        words="Trois entretiens.",
    )
    page = as_(world.programme).get(reverse("casework:action", args=[plan_case.pk, action.pk]))
    text = page.content.decode()
    assert page.status_code == 200 and "Trois entretiens." in text
    assert "Cellule EVA" not in text and "Tilleul" not in text and "Diallo" not in text
    assert text.count("Un autre service") + text.count("un autre service") >= 2, "who planned it, and does it too"


def test_the_case_as_a_whole_is_hers(world, plan_case):
    action = plan_one(world.officer, plan_case, about="")
    assert action.side == "victim" and action.case_person_id is None
    assert action.pk not in rows_of(world.programme)


def test_what_is_of_her_stays_closed_to_a_service_that_came_to_his_side_even_its_own(world, plan_case):
    house = make_member(make_agency(AgencyKind.CPAS, "CPAS Ouest"))
    accept(house, send(world.officer, plan_case, house, need="social"))
    action = plan_one(house, plan_case)
    assert action.pk in rows_of(house)
    accept(house, send(world.officer, plan_case, house, role="presumed_perpetrator", need="other"))
    assert read_by(house, plan_case) == set() and action.pk not in rows_of(house)


# --- planning ---------------------------------------------------------------------------------------------------
def test_a_mixed_team_owes_each_its_answer_and_is_told(world, plan_case):
    action = plan_one(world.eva, plan_case, world.officer, world.shelter)
    for member in (world.officer, world.shelter):
        (owed,) = owed_by(member, action)
        assert owed.due_at == action.due_at and owed.remind_at < owed.due_at
        assert told_of(member, NoticeKind.ACTION_GIVEN) == 1
        with acting_as(member):
            notice = Notice.objects.get(recipient=member.user_id, kind=NoticeKind.ACTION_GIVEN)
            assert WORDS not in str(vars(notice))
    assert owed_by(world.eva, action) == [] and told_of(world.eva, NoticeKind.ACTION_GIVEN) == 0
    with acting_as(world.eva):
        assert not FollowUp.objects.visible_to(world.eva).filter(kind=FollowUpKind.ACTION).exists(), "theirs alone"
        event = CaseEvent.objects.get(case=plan_case, code=EventCode.ACTION_PLANNED)
    assert event.payload == {"action": str(action.pk), "strand": "monitoring"}


def test_what_is_wrong_is_said_by_field(world, plan_case):
    assert set(refused_by(world.officer, plan_case, words="  ", strand="?", due_at=None)) == {
        "words", "strand", "due_at",
    }  # fmt: skip
    assert set(refused_by(world.officer, plan_case, due_at=now() - timedelta(minutes=1))) == {"due_at"}
    assert set(refused_by(world.officer, plan_case, due_at=now() + timedelta(days=800))) == {"due_at"}
    assert set(refused_by(world.officer, plan_case, words="x" * 2001)) == {"words"}
    assert set(refused_by(world.officer, plan_case, words="a\x00b")) == {"words"}
    assert set(refused_by(world.officer, plan_case, owner_ids=())) == {"owners"}
    assert set(refused_by(world.officer, plan_case, owner_ids=(world.stranger.agency_id,))) == {"owners"}
    assert set(refused_by(world.officer, plan_case, person_id=uuid4())) == {"person"}
    with acting_as(world.officer):
        assert not Action.objects.exists()
    assert plan_one(world.officer, plan_case, words="💬" * 2000).words == "💬" * 2000


def test_the_other_side_is_never_given_an_action(world, plan_case):
    for about, owner in (("victim", world.programme), ("presumed_perpetrator", world.shelter)):
        with acting_as(world.officer), pytest.raises(RuleBroken) as refused:
            services.plan_action(
                by=world.officer,
                case_id=plan_case.pk,
                wanted=wanted(plan_case, owner, about=about),
                request_key=uuid4(),
            )
        assert set(refused.value.errors) == {"owners"}, about


def test_his_side_plans_about_him_alone_and_offers_only_services_it_knows(world, plan_case):
    with acting_as(world.programme):
        case, access = get_case(plan_case.pk, world.programme)
        assert [each.agency.pk for each in actions.candidates(case, access)] == [world.programme.agency_id]
    page = as_(world.programme).get(reverse("casework:new_action", args=[plan_case.pk])).content.decode()
    assert "Tilleul" not in page.split("ask_agency")[0] and "Diallo" not in page
    action = plan_one(world.programme, plan_case, about="presumed_perpetrator")
    assert action.side == "perpetrator" and action.pk in rows_of(world.officer)
    with acting_as(world.officer):
        hers = wanted(plan_case, world.programme, about="victim").person_id
    with acting_as(world.programme):
        for person in (None, hers):
            with pytest.raises(RuleBroken) as refused:
                services.plan_action(
                    by=world.programme,
                    case_id=plan_case.pk,
                    wanted=wanted(plan_case, world.programme, about="presumed_perpetrator", person_id=person),
                    request_key=uuid4(),
                )
            assert "person" in refused.value.errors


def test_sent_twice_is_one_action(world, plan_case):
    key = uuid4()
    first = plan_one(world.officer, plan_case, world.shelter, key=key)
    assert plan_one(world.officer, plan_case, world.shelter, key=key).pk == first.pk
    with acting_as(world.officer):
        assert Action.objects.count() == 1
    assert told_of(world.shelter, NoticeKind.ACTION_GIVEN) == 1


def test_a_reader_plans_nothing_and_a_stranger_knows_nothing(world, plan_case):
    with acting_as(world.reader), pytest.raises(Refused):
        services.plan_action(
            by=world.reader, case_id=plan_case.pk, wanted=wanted(plan_case, world.reader), request_key=uuid4()
        )
    for name in ("action_plan", "new_action", "agree_plan"):
        assert as_(world.stranger).get(reverse(f"casework:{name}", args=[plan_case.pk])).status_code == 404


def test_nobody_edits_an_action(world, plan_case):
    action = plan_one(world.officer, plan_case)
    from django.db import DatabaseError, transaction

    for table in ("plans_action", "plans_actionowner"):
        with acting_as(world.officer), pytest.raises(DatabaseError), transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(f"UPDATE {table} SET at = now() WHERE case_id = %s", [action.case_id])


# --- answering --------------------------------------------------------------------------------------------------
def test_each_owner_answers_its_part_and_who_planned_it_is_told(world, plan_case):
    action = plan_one(world.eva, plan_case, world.officer, world.shelter)
    say(world.officer, action, evidence="PV 131")
    (settled,) = owed_by(world.officer, action)
    assert settled.settled_at and settled.outcome == "done"
    (open_still,) = owed_by(world.shelter, action)
    assert open_still.settled_at is None
    assert told_of(world.eva, NoticeKind.ACTION_ANSWERED) == 1
    page = as_(world.shelter).get(reverse("casework:action", args=[plan_case.pk, action.pk])).content.decode()
    assert "PV 131" in page and "Delvaux" in page
    say(world.shelter, action, "impossible")
    with acting_as(world.eva):
        case, access = get_case(plan_case.pk, world.eva)
        (line,) = services.lines(case, access, [action])
    assert line.state == "mixed"


def test_not_done_and_no_longer_possible_say_why(world, plan_case):
    action = plan_one(world.officer, plan_case)
    for outcome in ("not_done", "impossible"):
        with pytest.raises(RuleBroken) as refused:
            say(world.officer, action, outcome, why=" ")
        assert set(refused.value.errors) == {"why"}
    with pytest.raises(RuleBroken) as refused:
        say(world.officer, action, "perhaps", evidence="x" * 2001)
    assert set(refused.value.errors) == {"outcome", "evidence"}
    with acting_as(world.officer):
        assert not ActionStep.objects.exists()


def test_a_late_answer_is_told_who_said_what_and_keeps_its_text(world, plan_case):
    action = plan_one(world.eva, plan_case, world.officer, world.shelter)
    say(world.officer, action)
    owner = owner_of(action, world.shelter)
    with pytest.raises(RuleBroken) as refused:
        say(world.shelter, action, "impossible", shown=None)
    assert "Delvaux" in str(refused.value) and world.officer.agency.short_name in str(refused.value)
    browser, url = as_(world.shelter), reverse("casework:say_of_action", args=[plan_case.pk, action.pk])
    typed = {"owner": str(owner.pk), "outcome": "impossible", "why": "Elle est partie.", "request_key": str(uuid4())}
    page = browser.post(url, typed | {"shown": ""})
    assert page.status_code == 422 and "Elle est partie." in page.content.decode()
    assert browser.post(url, typed | {"shown": page.context["form"].data["shown"]}).status_code == 302


def test_a_second_click_is_one_answer_and_only_owners_answer(world, plan_case):
    action = plan_one(world.eva, plan_case, world.officer)
    key = uuid4()
    assert say(world.officer, action, key=key).pk == say(world.officer, action, key=key).pk
    owner = owner_of(action, world.officer)
    for member in (world.shelter, world.eva, world.reader):
        with pytest.raises(Refused):
            say(member, action, owner=owner)
    with pytest.raises(Http404):
        say(world.programme, action, owner=owner)
    with pytest.raises(Http404):
        say(world.stranger, action, owner=owner)


def test_a_changed_action_takes_the_place_of_the_former_and_of_what_was_owed(world, plan_case):
    former = plan_one(world.eva, plan_case, world.officer)
    newer = plan_one(world.eva, plan_case, world.shelter, instead=former)
    assert read_by(world.officer, plan_case) == {newer.pk}
    (owed,) = owed_by(world.officer, former)
    assert owed.settled_at and owed.outcome == "replaced"
    with pytest.raises(RuleBroken):
        say(world.officer, former)
    with pytest.raises(RuleBroken):
        plan_one(world.eva, plan_case, instead=former)
    with pytest.raises(Refused):
        plan_one(world.shelter, plan_case, instead=newer)


# --- reminders --------------------------------------------------------------------------------------------------
def test_it_is_told_before_its_day_on_it_and_then_escalated(world, plan_case):
    action = plan_one(world.eva, plan_case, world.officer)
    (owed,) = owed_by(world.officer, action)
    assert owed.due_at - owed.remind_at == timedelta(hours=24)
    with system_context(SystemContext.REMINDERS):
        FollowUp.objects.filter(pk=owed.pk).update(remind_at=now() - timedelta(minutes=1))
    send_due_reminders()
    assert told_of(world.officer, NoticeKind.FOLLOW_UP_SOON) == 1
    with system_context(SystemContext.REMINDERS):
        past = now() - timedelta(days=2)
        FollowUp.objects.filter(pk=owed.pk).update(due_at=past, remind_at=past)
    send_due_reminders()
    assert told_of(world.officer, NoticeKind.FOLLOW_UP_DUE) == 1
    with system_context(SystemContext.REMINDERS):
        FollowUp.objects.filter(pk=owed.pk).update(remind_at=now() - timedelta(minutes=1))
    send_due_reminders()
    assert told_of(world.police_referent, NoticeKind.FOLLOW_UP_UNANSWERED) == 1


def test_what_a_service_that_left_still_owed_falls_to_the_lead(world, plan_case):
    action = plan_one(world.eva, plan_case, world.shelter)
    (owed,) = owed_by(world.shelter, action)
    assert owed.remind_at > now() + timedelta(hours=1), "its own day is far"
    with acting_as(world.eva):
        decisions = SharingDecision.objects.filter(case=plan_case, recipient=world.shelter.agency)
        for decision in decisions:
            revoke(by=world.eva, decision=decision, reason="Terminé.")
    send_due_reminders()
    (owed,) = owed_by(world.officer, action)
    assert owed.settled_at is None
    send_due_reminders()
    assert told_of(world.officer, NoticeKind.FOLLOW_UP_SOON) + told_of(world.officer, NoticeKind.FOLLOW_UP_DUE) == 1
    with acting_as(world.officer):
        owner = ActionOwner.objects.get(action=action)
    say(world.officer, action, "impossible", owner=owner)


# --- a service outside the case -----------------------------------------------------------------------------------
def test_a_service_outside_becomes_a_referral_draft_and_then_the_owner(world, plan_case):
    action = plan_one(world.eva, plan_case, ask=world.stranger, words="Une aide financière d'urgence.")
    assert action.pk not in rows_of(world.stranger)
    with acting_as(world.eva):
        draft = ReferralDraft.objects.get(case=plan_case)
        assert draft.data["to_agency"] == str(world.stranger.agency_id)
        assert draft.data["reason"] == "Une aide financière d'urgence."
        assert not ActionOwner.objects.filter(action=action).exists()
    page = as_(world.eva).get(reverse("casework:action", args=[plan_case.pk, action.pk])).content.decode()
    assert f"?draft={draft.pk}" in page
    referral = sent_from(world.eva, plan_case, world.stranger, draft)
    accept(world.stranger, referral)
    (owed,) = owed_by(world.stranger, action)
    assert owed.due_at == action.due_at
    assert told_of(world.eva, NoticeKind.ACTION_ANSWERED) == 1
    say(world.stranger, action)


def sent_from(by, case, to, draft, **changes):
    from casework.referring import send_referrals
    from tests.referrals_acts import asked

    with acting_as(by):
        return send_referrals(
            by=by, case_id=case.pk, asked=asked(case, to, need="social", **changes), request_key=uuid4(),
            draft_id=draft.pk,
        )[0]  # fmt: skip


def test_a_service_without_an_account_owns_it_and_who_planned_it_answers(world, plan_case):
    outside = make_member(
        make_agency(AgencyKind.CPAS, "CPAS du Bois", without_account=True, side=AgencySide.BOTH)
        if hasattr(AgencySide, "BOTH")
        else make_agency(AgencyKind.CPAS, "CPAS du Bois", without_account=True)
    )
    action = plan_one(world.eva, plan_case, ask=outside)
    with acting_as(world.eva):
        draft = ReferralDraft.objects.get(case=plan_case)
    referral = sent_from(world.eva, plan_case, outside, draft)
    with acting_as(world.eva):
        answer_by_phone(by=world.eva, referral_id=referral.pk, answer="accept")
        owner = ActionOwner.objects.get(action=action)
    assert owner.way == "letter"
    (owed,) = owed_by(world.eva, action)
    assert owed.source_id == owner.pk
    say(world.eva, action, owner=owner)
    assert owed_by(world.eva, action)[0].settled_at


def test_a_service_that_works_with_him_never_owns_what_is_hers(world, plan_case):
    other = make_member(make_agency(AgencyKind.PERPETRATOR_PROGRAMME, "Programme Nord", side=AgencySide.PERPETRATOR))
    action = plan_one(world.officer, plan_case, ask=other)
    with acting_as(world.officer):
        draft = ReferralDraft.objects.get(case=plan_case)
    referral = sent_from(world.officer, plan_case, other, draft, role="presumed_perpetrator")
    accept(other, referral)
    assert action.pk not in rows_of(other)
    with acting_as(world.officer):
        assert not ActionOwner.objects.filter(action=action).exists()


# --- pages ------------------------------------------------------------------------------------------------------
def test_the_pages_plan_and_answer(world, plan_case):
    browser = as_(world.officer)
    url = reverse("casework:new_action", args=[plan_case.pk])
    page = browser.get(url)
    assert page.status_code == 200
    with acting_as(world.officer):
        person = wanted(plan_case, world.officer).person_id
    typed = {
        "strand": "safety", "person": str(person), "words": WORDS, "due_at": str((now() + timedelta(days=4)).date()),
        "owners": [str(world.officer.agency_id)], "request_key": str(uuid4()),
    }  # fmt: skip
    refused = browser.post(url, typed | {"words": "", "owners": [], "person": ""})
    assert refused.status_code == 422
    done = browser.post(url, typed)
    assert done.status_code == 302, done.context and done.context["form"].errors
    assert browser.get(done.url).status_code == 200
    assert WORDS in browser.get(reverse("casework:action_plan", args=[plan_case.pk])).content.decode()
    forged = browser.post(url, typed | {"owners": [str(world.stranger.agency_id)], "request_key": str(uuid4())})
    assert forged.status_code == 422


def test_another_case_s_action_is_unknown_here(world, plan_case):
    action = plan_one(world.officer, plan_case)
    other = make_report(world.officer).case
    assert as_(world.officer).get(reverse("casework:action", args=[other.pk, action.pk])).status_code == 404


def test_reading_the_plan_costs_the_same_for_one_or_ten(world, plan_case):
    browser, url = as_(world.officer), reverse("casework:action_plan", args=[plan_case.pk])
    plan_one(world.officer, plan_case, world.shelter)
    browser.get(url)
    with CaptureQueriesContext(
        connection,
    ) as few:
        browser.get(url)
    for _ in range(9):
        plan_one(world.officer, plan_case, world.shelter, world.eva)
    with CaptureQueriesContext(connection) as many:
        browser.get(url)
    assert len(many) == len(few)


def test_an_answer_after_its_day_is_late_until_it_comes(world, plan_case):
    action = plan_one(world.officer, plan_case, due_at=now() + timedelta(hours=1))
    with travel(now() + timedelta(days=2)), acting_as(world.officer):
        case, access = get_case(plan_case.pk, world.officer)
        (line,) = services.lines(case, access, [action])
    assert line.late and line.mine
