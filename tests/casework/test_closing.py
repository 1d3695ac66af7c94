"""A case closed, supervised, opened again: what holds it up, who may, who is told, and two people at once."""

from datetime import timedelta

import pytest
from django.db import connection
from django.http import Http404
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from agencies.acting import acting_as
from agencies.enums import Role
from agencies.models import Membership
from cases.access import for_case, get_case, write_grants
from cases.enums import CONTRIBUTE, COORDINATE, VIEW_CASE, EventCode, ParticipationSide, Stage
from cases.models import Case, CaseEvent
from cases.services import set_level, write_note
from casework import closing, closing_facts
from casework.parting import end_part
from casework.reporting import record_report
from common.acting import SystemContext, system_context
from common.clock import local, now, travel
from common.errors import Refused, RuleBroken
from common.ids import uuid7
from followups.calling import record_attempt
from followups.models import FollowUp, FollowUpKind, Outcome
from followups.reminding import send_due_reminders
from notifications.models import Notice, NoticeKind
from plans import closing as rows
from plans.models import CaseClosing, CaseReopening, ClosingKind, ReopenedFor, ReturnTold
from reports.services import start_draft
from tests.actors import as_
from tests.casework.grid_acts import bring_in
from tests.factories import make_agency, make_member, make_report, report_data

WHY = "Elle dit que c'est calme depuis six mois."


def today():
    return local(now()).date()


def reach(by: Membership, case: Case) -> None:
    with acting_as(by):
        for owed in FollowUp.objects.filter(case=case, kind=FollowUpKind.J2_CONTACT, settled_at=None):
            record_attempt(by=by, follow_up_id=owed.pk, request_key=uuid7(), outcome=Outcome.REACHED)


def told_her(by: Membership, case: Case, **changes) -> ReturnTold:
    given = {"how": "phone", "told_on": today(), "words": "La cellule, à toute heure."} | changes
    with acting_as(by):
        return closing.tell_return(by=by, case_id=case.pk, request_key=uuid7(), **given)


def ready(world) -> Case:
    """A case of zone A whose only missing piece is nothing: reached, told, the cell's part ended."""
    case = make_report(world.officer).case
    reach(world.eva, case)
    told_her(world.eva, case)
    with acting_as(world.eva):
        end_part(by=world.eva, case_id=case.pk, reason="done", request_key=uuid7())
    return fresh(case)


def fresh(case: Case) -> Case:
    with system_context(SystemContext.REMINDERS):
        return Case.objects.select_related("lead_agency").get(pk=case.pk)


def stamp_of(by: Membership, case: Case) -> str:
    with acting_as(by):
        return closing_facts.stamp(case)


def shut(by: Membership, case: Case, kind: str = ClosingKind.FULL, **changes) -> CaseClosing:
    given = {"words": WHY, "until": today() + timedelta(days=180), "request_key": uuid7()} | changes
    given.setdefault("seen", stamp_of(by, case))
    with acting_as(by):
        return closing.close(by=by, case_id=case.pk, kind=kind, **given)


def open_up(by: Membership, case: Case, **changes) -> CaseReopening:
    given = {"words": "Elle a rappelé.", "request_key": uuid7()} | changes
    given.setdefault("seen", stamp_of(by, case))
    with acting_as(by):
        return closing.reopen(by=by, case_id=case.pk, **given)


def report_again(by: Membership, case: Case):
    with acting_as(by):
        draft = start_draft(by=by, kind="police_dispute_report", joins_case=case)
        return record_report(by=by, draft_id=draft.pk, data=report_data(j2_accepted="no"))


def codes(by: Membership, case: Case) -> list[str]:
    with acting_as(by):
        return list(CaseEvent.objects.filter(case=case).order_by("at", "pk").values_list("code", flat=True))


def fall_due(owed: FollowUp) -> None:
    """Let the time of a follow-up have come, by the database's clock."""
    at = now_of_database() - timedelta(minutes=5)
    with system_context(SystemContext.REMINDERS):
        FollowUp.objects.filter(pk=owed.pk).update(due_at=at, remind_at=at)


def now_of_database():
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement_timestamp()")
        return cursor.fetchone()[0]


def told(kind: str, member: Membership) -> int:
    with acting_as(member):
        return Notice.objects.filter(kind=kind, recipient=member.user).count()


# --- closing --------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_a_case_with_nothing_left_open_closes_and_stays_readable(world):
    case = ready(world)
    closed = shut(world.police_referent, case)
    case = fresh(case)
    assert (case.stage, closed.kind) == (Stage.CLOSED, "full")
    assert case.closed_at is not None
    assert codes(world.police_referent, case)[-1] == EventCode.CASE_CLOSED
    assert told(NoticeKind.CASE_CLOSED, world.eva) == 1
    assert told(NoticeKind.CASE_CLOSED, world.police_referent) == 0
    with acting_as(world.officer):
        _case, access = get_case(case.pk, world.officer)
        assert access.takes_part
        assert not access.contribute
        with pytest.raises(Refused):
            write_note(by=world.officer, case=case, access=access, category="facts", side="case", facts="Encore")


@pytest.mark.django_db
def test_what_is_missing_is_refused_by_name_and_nothing_is_saved(world):
    case = make_report(world.officer).case
    with pytest.raises(RuleBroken) as refused:
        shut(world.police_referent, case)
    assert len(refused.value.errors[""]) == 3  # no contact, not told, the cell goes on
    assert fresh(case).stage == Stage.OPENED
    with acting_as(world.police_referent):
        assert not CaseClosing.objects.exists()


@pytest.mark.django_db
def test_other_services_may_be_set_aside_with_a_reason_alone(world):
    case = make_report(world.officer).case
    reach(world.eva, case)
    told_her(world.eva, case)
    with pytest.raises(RuleBroken) as refused:
        shut(world.police_referent, case, set_aside=["parts"])
    assert list(refused.value.errors) == ["set_aside_words"]
    closed = shut(
        world.police_referent, case, set_aside=["parts", "measures"], set_aside_words="La cellule est d'accord."
    )
    assert closed.overruled == ["parts"]


@pytest.mark.django_db
@pytest.mark.parametrize("level", ["high", "critical"])
def test_a_high_level_holds_both_closings_up(world, level):
    case = ready(world)
    with acting_as(world.officer):
        set_level(case=case, level=level, provisional=False, at=now(), reassess_by=None)
    for kind in (ClosingKind.FULL, ClosingKind.SUPERVISED):
        with pytest.raises(RuleBroken):
            shut(world.police_referent, case, kind)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"words": " "}, "words"),
        ({"words": "a" * 2001}, "words"),
        ({"words": "a\x00b"}, "words"),
        ({"until": None}, "until"),
        ({"until": "past"}, "until"),
        ({"until": "today"}, "until"),
        ({"until": "far"}, "until"),
    ],
)
def test_a_supervised_closing_says_why_and_until_when(world, changes, field):
    days = {"past": -1, "today": 0, "far": 400}
    if changes.get("until") in days:
        changes = {"until": today() + timedelta(days=days[changes["until"]])}
    case = ready(world)
    with pytest.raises(RuleBroken) as refused:
        shut(world.police_referent, case, ClosingKind.SUPERVISED, **changes)
    assert list(refused.value.errors) == [field]
    assert fresh(case).stage == Stage.FOLLOWED


@pytest.mark.django_db
def test_emoji_and_long_words_are_kept_whole(world):
    case = ready(world)
    words = "💜" * 1000 + "é" * 1000
    assert shut(world.police_referent, case, words=words).words == words


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["officer", "eva_referent", "prosecutor"])
def test_only_who_answers_for_the_lead_closes(world, name):
    case = ready(world)
    by = getattr(world, name)
    with pytest.raises((Refused, Http404)):
        shut(by, case)


@pytest.mark.django_db
def test_for_another_service_the_case_does_not_exist(world):
    case = ready(world)
    for act in ("closing", "end_part", "told_return", "lead", "hand_lead"):
        assert as_(world.stranger).get(reverse(f"casework:{act}", args=[case.pk])).status_code == 404
    with pytest.raises(Http404):
        shut(world.stranger, case)


@pytest.mark.django_db
def test_sent_twice_it_is_closed_once(world):
    case = ready(world)
    seen, key = stamp_of(world.police_referent, case), uuid7()
    first = shut(world.police_referent, case, seen=seen, request_key=key)
    assert shut(world.police_referent, case, seen=seen, request_key=key).pk == first.pk
    assert codes(world.police_referent, case).count(EventCode.CASE_CLOSED) == 1
    assert told(NoticeKind.CASE_CLOSED, world.eva) == 1


@pytest.mark.django_db
def test_who_coordinates_closes_and_who_merely_belongs_to_the_coordination_does_not(world):
    case = ready(world)
    agency = make_agency("coordination", "Coordination Nord")
    coordinator, colleague = make_member(agency, Role.COORDINATOR), make_member(agency)
    grants = {VIEW_CASE: None, CONTRIBUTE: None, COORDINATE: None, "view_network_victim": None}
    with system_context(SystemContext.GRANTS):
        write_grants(case=case, agency=agency, grants=grants, side=ParticipationSide.NEUTRAL)
    with pytest.raises(Refused):
        shut(colleague, case)
    assert shut(coordinator, case).agency_id == agency.pk
    with acting_as(coordinator):
        assert CaseClosing.objects.count() == 1


@pytest.mark.django_db
def test_the_page_asks_as_much_whatever_was_written(world, django_assert_max_num_queries):
    case = ready(world)
    client, address = as_(world.police_referent), reverse("casework:closing", args=[case.pk])
    client.get(address)
    with CaptureQueriesContext(connection) as before:
        assert client.get(address).status_code == 200
    for _number in range(3):
        told_her(world.eva, case)
        bring_in(world.officer, case, make_member(make_agency("shelter")))
        shut(world.police_referent, fresh(case), ClosingKind.SUPERVISED)
        open_up(world.police_referent, case)
    with django_assert_max_num_queries(len(before) + 2):
        assert client.get(address).status_code == 200


# --- light ------------------------------------------------------------------------------------------------------
def low_dispute(world) -> Case:
    case = make_report(
        world.officer,
        **{"children_present": "no", "children_impact": "", "children-0-given_name": "", "children-0-birth_date": ""},
    ).case
    reach(world.eva, case)
    with acting_as(world.officer):
        set_level(case=case, level="low", provisional=True, at=now(), reassess_by=None)
    return fresh(case)


@pytest.mark.django_db
def test_a_single_low_dispute_closes_in_one_click(world):
    case = low_dispute(world)
    client = as_(world.police_referent)
    page = client.get(reverse("cases:summary", args=[case.pk]))
    assert reverse("casework:close_light", args=[case.pk]) in page.content.decode()
    light = page.context["panels_aside"]
    found = next(each["panel"]["light"] for each in light if each["template"] == "casework/_closing_link.html")
    answer = client.post(
        reverse("casework:close_light", args=[case.pk]), {"seen": found["seen"], "request_key": str(found["key"])}
    )
    assert answer.status_code == 302
    assert fresh(case).stage == Stage.CLOSED


@pytest.mark.django_db
def test_a_second_report_is_no_light_closing_any_more(world):
    case = low_dispute(world)
    seen = stamp_of(world.police_referent, case)
    report_again(world.officer, case)
    with acting_as(world.police_referent), pytest.raises(RuleBroken):
        closing.close_light(by=world.police_referent, case_id=case.pk, seen=seen, request_key=uuid7())
    with acting_as(world.police_referent), pytest.raises(RuleBroken):
        closing.close_light(
            by=world.police_referent, case_id=case.pk, seen=closing_facts.stamp(case), request_key=uuid7()
        )
    assert fresh(case).stage == Stage.FOLLOWED


# --- supervised ------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_a_supervised_case_is_asked_about_at_its_end_and_extended(world):
    case = ready(world)
    made = shut(world.police_referent, case, ClosingKind.SUPERVISED)
    case = fresh(case)
    assert case.stage == Stage.SUPERVISED
    assert case.closed_at is None
    assert case.supervised_until == made.until
    with acting_as(world.police_referent):
        owed = FollowUp.objects.get(case=case, kind=FollowUpKind.SUPERVISION)
        assert owed.due_at == made.until
    with travel(made.until + timedelta(minutes=1)):
        fall_due(owed)
        assert send_due_reminders() == 1
        assert told(NoticeKind.FOLLOW_UP_DUE, world.officer) == 1
        further = today() + timedelta(days=90)
        with acting_as(world.police_referent):
            closing.extend(
                by=world.police_referent,
                case_id=case.pk,
                seen=closing_facts.stamp(case),
                until=further,
                words="Encore un trimestre.",
                request_key=uuid7(),
            )
    with acting_as(world.police_referent):
        states = FollowUp.objects.filter(case=case, kind=FollowUpKind.SUPERVISION).order_by("created_at")
        assert [each.outcome for each in states] == ["extended", ""]
    assert fresh(case).supervised_until > made.until


@pytest.mark.django_db
def test_services_are_told_when_supervision_begins_and_his_side_is_not(world):
    case = ready(world)
    bring_in(world.officer, case, world.programme, ["summary:case"], side=ParticipationSide.PERPETRATOR)
    aside = {"set_aside": ["parts"], "set_aside_words": "La cellule est d'accord."}
    made = shut(world.police_referent, case, ClosingKind.SUPERVISED, **aside)
    assert shut(world.police_referent, case, ClosingKind.SUPERVISED, request_key=made.request_key).pk == made.pk
    assert told(NoticeKind.CASE_SUPERVISED, world.eva) == 1
    assert told(NoticeKind.CASE_SUPERVISED, world.officer) == 1
    assert told(NoticeKind.CASE_SUPERVISED, world.programme) == 0


@pytest.mark.django_db
def test_an_extension_goes_further_than_the_present_end(world):
    case = ready(world)
    shut(world.police_referent, case, ClosingKind.SUPERVISED)
    with acting_as(world.police_referent), pytest.raises(RuleBroken) as refused:
        closing.extend(
            by=world.police_referent,
            case_id=case.pk,
            seen=closing_facts.stamp(case),
            until=today() + timedelta(days=30),
            words="Encore.",
            request_key=uuid7(),
        )
    assert list(refused.value.errors) == ["until"]


# --- opened again ------------------------------------------------------------------------------------------------
@pytest.mark.django_db
@pytest.mark.parametrize("kind", [ClosingKind.FULL, ClosingKind.SUPERVISED])
def test_a_new_report_opens_it_again_and_keeps_the_history(world, kind):
    case = ready(world)
    shut(world.police_referent, case, kind)
    report_again(world.officer, case)
    case = fresh(case)
    assert (case.stage, case.closed_at, case.supervised_until) == (Stage.FOLLOWED, None, None)
    with acting_as(world.police_referent):
        access = for_case(case, world.police_referent)
        assert [type(act).__name__ for act in rows.history(case, access)] == ["CaseReopening", "CaseClosing"]
        assert CaseReopening.objects.get(case=case).code == ReopenedFor.REPORT
        assert not FollowUp.objects.filter(kind=FollowUpKind.SUPERVISION, settled_at=None).exists()
    assert told(NoticeKind.CASE_REOPENED, world.eva) == 1
    assert codes(world.police_referent, case).index(EventCode.CASE_REOPENED) > codes(world.police_referent, case).index(
        EventCode.CASE_CLOSED if kind == ClosingKind.FULL else EventCode.CASE_SUPERVISED
    )


@pytest.mark.django_db
def test_a_report_in_an_open_case_opens_nothing(world):
    case = make_report(world.officer).case
    report_again(world.officer, case)
    with acting_as(world.officer):
        assert not CaseReopening.objects.exists()


@pytest.mark.django_db
def test_she_must_be_told_anew_once_it_was_opened_again(world):
    case = ready(world)
    shut(world.police_referent, case)
    open_up(world.police_referent, case)
    with pytest.raises(RuleBroken) as refused:
        shut(world.police_referent, fresh(case))
    assert len(refused.value.errors[""]) == 1
    told_her(world.eva, case)
    assert shut(world.police_referent, fresh(case)).kind == "full"


@pytest.mark.django_db
def test_reminders_stop_when_it_closes_and_go_on_when_it_opens(world):
    case = make_report(world.officer).case
    told_her(world.eva, case)
    with system_context(SystemContext.REMINDERS):
        owed = FollowUp.objects.get(case=case, kind=FollowUpKind.J2_CONTACT)
    shut(
        world.police_referent,
        case,
        set_aside=["contact", "parts"],
        set_aside_words="Elle refuse le contact, écrit au PV.",
    )
    fall_due(owed)
    assert send_due_reminders() == 0
    open_up(world.eva, case)
    assert send_due_reminders() == 1
    assert told(NoticeKind.FOLLOW_UP_DUE, world.eva) == 1


@pytest.mark.django_db
def test_his_side_learns_that_it_is_closed_and_not_why_it_is_open_again(world):
    case = ready(world)
    with system_context(SystemContext.GRANTS):
        write_grants(
            case=case,
            agency=world.programme.agency,
            grants={
                VIEW_CASE: None,
                CONTRIBUTE: None,
                "view_network_perpetrator": None,
                "view_identity_perpetrator": None,
            },
            side=ParticipationSide.PERPETRATOR,
        )
    shut(world.police_referent, case, set_aside=["parts"], set_aside_words="Le programme va à son terme.")
    assert told(NoticeKind.CASE_CLOSED, world.programme) == 1
    page = as_(world.programme).get(reverse("casework:closing", args=[case.pk])).content.decode()
    for hidden in (WHY, "Le programme va à son terme", "La cellule, à toute heure", "Cellule EVA", "guards-title"):
        assert hidden not in page
    report_again(world.officer, case)
    assert told(NoticeKind.CASE_REOPENED, world.programme) == 0
    timeline = as_(world.programme).get(reverse("cases:timeline", args=[case.pk])).content.decode()
    assert str(EventCode.CASE_REOPENED.label) not in timeline
    with acting_as(world.programme):
        assert not CaseClosing.objects.exists()
        assert not CaseReopening.objects.exists()
        assert not ReturnTold.objects.exists()
        with pytest.raises(Refused):
            closing.tell_return(
                by=world.programme, case_id=case.pk, how="phone", told_on=today(), words="x", request_key=uuid7()
            )
        with pytest.raises(Refused):
            closing.reopen(by=world.programme, case_id=case.pk, seen="", words="x", request_key=uuid7())


# --- told how to come back ---------------------------------------------------------------------------------------
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"how": ""}, "how"),
        ({"told_on": None}, "told_on"),
        ({"told_on": "tomorrow"}, "told_on"),
        ({"words": ""}, "words"),
        ({"how": "not_safely", "words": ""}, "words"),
        ({"words": "\x00"}, "words"),
        ({"words": "a" * 10_000}, "words"),
    ],
)
def test_how_she_was_told_is_whole(world, changes, field):
    case = make_report(world.officer).case
    if changes.get("told_on") == "tomorrow":
        changes = {"told_on": today() + timedelta(days=1)}
    with pytest.raises(RuleBroken) as refused:
        told_her(world.eva, case, **changes)
    assert list(refused.value.errors) == [field]


# --- two at once ---------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_who_comes_second_is_told_who_was_first_and_keeps_their_words(world):
    case = ready(world)
    seen = stamp_of(world.police_referent, case)
    shut(world.police_referent, case, seen=seen)
    client = as_(world.police_manager)
    answer = client.post(
        reverse("casework:close", args=[case.pk]),
        {"seen": seen, "kind": "full", "words": "Mes mots à moi", "request_key": str(uuid7())},
    )
    assert answer.status_code == 422
    page = answer.content.decode()
    assert world.police_referent.user.full_name in page
    with acting_as(world.police_manager):
        assert CaseClosing.objects.count() == 1


@pytest.mark.django_db
def test_a_report_that_came_in_meanwhile_is_read_first(world):
    case = ready(world)
    seen = stamp_of(world.police_referent, case)
    report_again(world.officer, case)
    with pytest.raises(RuleBroken):
        shut(world.police_referent, fresh(case), seen=seen)
    answer = as_(world.police_referent).post(
        reverse("casework:close", args=[case.pk]),
        {"seen": seen, "kind": "supervised", "words": "Mes mots à moi", "request_key": str(uuid7())},
    )
    assert answer.status_code == 422
    assert "Mes mots à moi" in answer.content.decode()
    assert fresh(case).stage == Stage.FOLLOWED
