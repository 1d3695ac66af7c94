from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction
from django.http import Http404

from agencies.acting import acting_as
from agencies.models import Agency
from cases.access import for_case
from cases.models import Case, CaseEvent, CaseExclusion
from casework.assessing import conclude_level, sign_assessment
from common import clock
from common.acting import SystemContext, system_context
from common.errors import Refused, RuleBroken, StaleVersion
from followups.models import FollowUp
from notifications.models import Notice
from riskassessment import services
from riskassessment.models import Assessment
from riskassessment.standing import restate
from riskassessment.versions import definition_of
from sharing.models import SharingDecision
from tests.factories import make_agency, make_member, make_report

pytestmark = pytest.mark.django_db

GRID = "police-demonstration"
CHECKLIST = "counter-checklist"
REASONS = "Elle s’est réfugiée chez sa sœur et il est détenu."


def start(by, report, slug=GRID):
    """A draft of the grid for the report, as `by`."""
    with acting_as(by):
        access = for_case(report.case, by)
        return services.start(by=by, case=report.case, access=access, grid_slug=slug, report=report, presence="alone")


def answers(grid, value="no", **changes):
    """Every question answered `value`, but for `changes`."""
    return {item.id: value for item in grid.questions} | changes


def signed(by, report, slug=GRID, value="no", **changes):
    """A signed grid, as `by`."""
    draft = start(by, report, slug)
    with acting_as(by):
        grid = definition_of(draft.grid_version)
        return sign_assessment(by=by, assessment_id=draft.pk, answers=answers(grid, value, **changes))


def case_of(by, report):
    with acting_as(by):
        return Case.objects.get(pk=report.case_id)


@pytest.fixture
def complaint(world):
    return make_report(world.officer, "police_complaint")


# --- drafts ---------------------------------------------------------------------------------------------------
def test_one_open_draft_per_agency_event_and_version_is_reused(world, complaint):
    first = start(world.officer, complaint)
    assert start(world.police_referent, complaint) == first
    assert start(world.officer, complaint, CHECKLIST) != first
    with acting_as(world.officer):
        access = for_case(complaint.case, world.officer)
        without = services.start(by=world.officer, case=complaint.case, access=access, grid_slug=GRID, presence="alone")
        assert without != first
        assert (
            services.start(by=world.officer, case=complaint.case, access=access, grid_slug=GRID, presence="alone")
            == without
        )


def test_a_grid_is_open_to_its_kinds_of_agency_and_to_who_takes_part(world, complaint):
    with acting_as(world.eva):
        access = for_case(complaint.case, world.eva)
        with pytest.raises(Refused):
            services.start(by=world.eva, case=complaint.case, access=access, grid_slug=GRID, presence="alone")
        assert services.start(by=world.eva, case=complaint.case, access=access, grid_slug=CHECKLIST, presence="alone")
    for who in (world.reader, world.stranger):
        with acting_as(who), pytest.raises(Refused):
            services.start(by=who, case=complaint.case, access=for_case(complaint.case, who), grid_slug=CHECKLIST)
    with acting_as(world.officer):
        access = for_case(complaint.case, world.officer)
        with pytest.raises(RuleBroken, match="listed|liste"):
            services.start(by=world.officer, case=complaint.case, access=access, grid_slug="no-such-grid")
        other = make_report(world.officer)
        with pytest.raises(RuleBroken):
            services.start(by=world.officer, case=complaint.case, access=access, grid_slug=GRID, report=other)


def test_saving_keeps_answers_and_refuses_what_is_no_answer(world, complaint):
    draft = start(world.officer, complaint)
    with acting_as(world.officer):
        saved = services.save_answers(
            by=world.officer,
            assessment_id=draft.pk,
            answers={"escalation": {"value": "yes", "comment": " chaque semaine "}, "stalking": ""},
            version=0,
        )
        assert saved.version == 1
        assert Assessment.objects.get(pk=draft.pk).answers == {
            "escalation": {"value": "yes", "comment": "chaque semaine"}
        }
        for wrong in (
            {"escalation": "maybe"},
            {"not_a_question": "yes"},
            {"escalation": {"value": "no", "comment": 3}},
        ):
            with pytest.raises(RuleBroken) as refused:
                services.save_answers(by=world.officer, assessment_id=draft.pk, answers=wrong, version=1)
            assert set(refused.value.errors) == set(wrong)
        with pytest.raises(RuleBroken):
            services.save_answers(
                by=world.officer, assessment_id=draft.pk, answers={"escalation": {"comment": "x" * 2001}}, version=1
            )
        assert Assessment.objects.get(pk=draft.pk).version == 1


def test_two_people_on_one_draft_see_both_values_under_the_question(world, complaint):
    draft = start(world.officer, complaint)
    save = {"assessment_id": draft.pk, "version": 0}
    with acting_as(world.officer):
        services.save_answers(by=world.officer, answers={"escalation": "yes"}, **save)
    with acting_as(world.police_referent):
        with pytest.raises(StaleVersion) as stale:
            services.save_answers(
                by=world.police_referent, answers={"escalation": {"value": "no", "comment": "dit-elle"}}, **save
            )
        assert stale.value.version == 1
        value, comment = stale.value.conflicts
        assert (value["field"], value["theirs"], value["yours"]) == ("a-escalation", "yes", "no")
        assert (
            "violences" in value["label"] and comment["field"] == "c-escalation" and value["label"] in comment["label"]
        )
        # the same content is no conflict
        assert services.save_answers(by=world.police_referent, answers={"escalation": "yes"}, **save).version == 1


def test_a_draft_is_its_agencys_alone(world, complaint):
    signed(world.officer, complaint)  # so that the prosecutor takes part
    draft = start(world.officer, complaint)
    for who in (world.prosecutor, world.stranger, world.other_officer):
        with acting_as(who):
            assert not Assessment.objects.filter(pk=draft.pk).exists()
            with pytest.raises(Http404):
                services.save_answers(by=who, assessment_id=draft.pk, answers={}, version=0)
            with pytest.raises(Http404):
                sign_assessment(by=who, assessment_id=draft.pk)
    with acting_as(world.reader), pytest.raises(Refused):
        services.save_answers(by=world.reader, assessment_id=draft.pk, answers={}, version=0)


# --- signature ------------------------------------------------------------------------------------------------
def test_critical_questions_are_asked_before_signing(world, complaint):
    draft = start(world.officer, complaint)
    with acting_as(world.officer):
        grid = definition_of(draft.grid_version)
        given = answers(grid, strangulation="not_asked", death_threats="", fear_killed="unknown")
        with pytest.raises(RuleBroken) as refused:
            sign_assessment(by=world.officer, assessment_id=draft.pk, answers=given, version=0)
        assert set(refused.value.errors) == {"strangulation", "death_threats"}
        assert Assessment.objects.get(pk=draft.pk).signed_at is None


def test_nothing_asked_is_not_signed(world, complaint):
    """The checklist has no critical question: one tap on an empty page must not freeze it for good."""
    draft = start(world.officer, complaint, CHECKLIST)
    with acting_as(world.officer):
        grid = definition_of(draft.grid_version)
        for given in ({}, answers(grid, "not_asked")):
            with pytest.raises(RuleBroken):
                services.sign(by=world.officer, assessment_id=draft.pk, answers=given, version=0)
        asked = {grid.questions[0].id: "unknown"}
        assert services.sign(by=world.officer, assessment_id=draft.pk, answers=asked, version=0).signed_at


def test_signing_freezes_answers_reveals_the_level_and_plans_the_next(world, complaint):
    assessment = signed(world.officer, complaint, strangulation="yes", fear_killed="unknown", network="yes")
    assert assessment.indicative_level == "high" and assessment.signed_by == world.officer.user
    assert [driver["item_id"] for driver in assessment.outcome["drivers"]] == ["strangulation"]
    assert list(assessment.outcome["unanswered_critical"]) == ["fear_killed"]
    assert list(assessment.outcome["protective"]) == ["network"]
    case = case_of(world.officer, complaint)
    assert (case.level, case.level_provisional, case.level_at) == ("high", True, assessment.signed_at)
    with acting_as(world.officer):
        follow_up = FollowUp.objects.get(kind="reassessment")
        assert follow_up.due_at == assessment.signed_at + timedelta(hours=168) == case.reassess_by
        assert follow_up.agency == world.officer.agency
        assert CaseEvent.objects.filter(code="assessment_signed", category="risk", side="case").count() == 1
        with pytest.raises(Refused):
            services.save_answers(by=world.officer, assessment_id=assessment.pk, answers={}, version=1)


def test_the_database_refuses_to_change_what_is_signed(world, complaint):
    assessment = signed(world.officer, complaint)
    with acting_as(world.officer):
        for change in (
            lambda: Assessment.objects.filter(pk=assessment.pk).update(answers={}),
            lambda: Assessment.objects.filter(pk=assessment.pk).delete(),
            lambda: assessment.save(),
        ):
            with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
                change()
        assert Assessment.objects.get(pk=assessment.pk).answers


def test_signing_twice_gives_the_same(world, complaint):
    assessment = signed(world.officer, complaint)
    with acting_as(world.police_referent):
        again = sign_assessment(by=world.police_referent, assessment_id=assessment.pk, answers={}, version=0)
        assert (again.pk, again.signed_at, again.answers) == (assessment.pk, assessment.signed_at, assessment.answers)
        assert CaseEvent.objects.filter(code="assessment_signed").count() == 1
        assert FollowUp.objects.filter(kind="reassessment").count() == 1


def test_too_little_known_gives_no_level_and_is_assessed_again_as_high(world, complaint):
    assessment = signed(world.officer, complaint, value="unknown")
    assert assessment.indicative_level == "insufficient"
    case = case_of(world.officer, complaint)
    assert (case.level, case.level_at) == ("", None)
    assert case.reassess_by == assessment.signed_at + timedelta(hours=168)


def test_a_checklist_gives_no_level_and_sends_nothing(world, complaint):
    assessment = signed(world.officer, complaint, CHECKLIST, "yes")
    assert assessment.indicative_level == "" and assessment.outcome["level"] is None
    assert case_of(world.officer, complaint).level == ""
    with acting_as(world.officer):
        assert not FollowUp.objects.filter(kind="reassessment").exists()
        assert not CaseEvent.objects.filter(code="sent_to_prosecutor").exists()
        with pytest.raises(RuleBroken):
            conclude_level(by=world.officer, assessment_id=assessment.pk, level="low", justification=REASONS)


def test_the_next_assessment_settles_the_one_that_was_due(world, complaint):
    first = signed(world.officer, complaint, strangulation="yes")
    with clock.travel(clock.now() + timedelta(days=7)):
        second = signed(world.officer, complaint, strangulation="yes", death_threats="yes")
    with acting_as(world.officer):
        done = FollowUp.objects.get(source_id=first.pk)
        assert done.settled_at == second.signed_at and done.outcome == "done" and done.remind_at is None
        waiting = FollowUp.objects.get(kind="reassessment", settled_at=None)
        assert waiting.due_at == second.signed_at + timedelta(hours=72)


# --- the prosecutor -------------------------------------------------------------------------------------------
def test_a_signed_complaint_opens_to_the_prosecutor_and_not_before(world, complaint):
    with acting_as(world.prosecutor):
        assert not Case.objects.visible_to(world.prosecutor).exists()
    assessment = signed(world.officer, complaint, strangulation="yes")
    with acting_as(world.officer):
        decision = SharingDecision.objects.get(way_in="complaint")
        assert decision.basis == "legal_obligation" and decision.legal_text and decision.source_id == complaint.pk
    with acting_as(world.prosecutor):
        case = Case.objects.visible_to(world.prosecutor).get()
        access = for_case(case, world.prosecutor)
        assert access.level and access.can("risk", "case") and access.can("facts", "case") and access.contribute
        assert Assessment.objects.get() == assessment
        notice = Notice.objects.get(recipient=world.prosecutor.user)
        assert notice.kind == "complaint_received" and notice.case_id == case.pk
        event = CaseEvent.objects.get(code="sent_to_prosecutor")
        assert event.next_agency == world.prosecutor.agency and (event.category, event.side) == ("judicial", "case")


def test_a_complaint_is_sent_once_whatever_is_signed_next(world, complaint):
    signed(world.officer, complaint)
    signed(world.officer, complaint)
    with acting_as(world.officer):
        assert SharingDecision.objects.filter(way_in="complaint").count() == 1
        assert CaseEvent.objects.filter(code="sent_to_prosecutor").count() == 1
    with acting_as(world.prosecutor):
        assert Notice.objects.filter(recipient=world.prosecutor.user).count() == 1


def test_who_is_kept_out_of_the_case_is_not_told_of_the_complaint(world, complaint):
    colleague = make_member(world.prosecutor.agency)
    with acting_as(world.officer):
        CaseExclusion.objects.create(case=complaint.case, user=colleague.user)
    signed(world.officer, complaint)
    for member, told in ((colleague, False), (world.prosecutor, True)):
        with acting_as(member):
            assert Notice.objects.filter(recipient=member.user).exists() == told


def test_a_dispute_report_opens_nothing_to_the_prosecutor(world):
    signed(world.officer, make_report(world.officer), strangulation="yes")
    with acting_as(world.prosecutor):
        assert not Case.objects.exists() and not Assessment.objects.exists()
        assert not Notice.objects.exists()


def test_the_prosecutor_is_the_territorys_else_one_without_territory(world):
    from casework.tracking import prosecutor_of

    make_agency("prosecutor", "Auditorat (autre ressort)", territory=["7000"])
    assert prosecutor_of(world.officer.agency) == world.prosecutor.agency
    world.officer.agency.territory = ["9999"]
    assert prosecutor_of(world.officer.agency) is None, "another territory's office does not receive the complaint"
    federal = make_agency("prosecutor", "Parquet sans ressort", territory=[])
    assert prosecutor_of(world.officer.agency) == federal


def test_without_a_prosecutor_the_grid_is_signed_and_sent_when_there_is_one(world, complaint):
    with system_context(SystemContext.REFERENCE):
        Agency.objects.filter(kind="prosecutor").update(is_active=False)
    assessment = signed(world.officer, complaint)
    with acting_as(world.officer):
        sign_assessment(by=world.officer, assessment_id=assessment.pk)
        assert CaseEvent.objects.filter(code="prosecutor_missing").count() == 1, "said, and said once"
        assert not SharingDecision.objects.filter(way_in="complaint").exists()
    with system_context(SystemContext.REFERENCE):
        Agency.objects.filter(kind="prosecutor").update(is_active=True)
    with acting_as(world.officer):
        sign_assessment(by=world.officer, assessment_id=assessment.pk)
        assert SharingDecision.objects.get(way_in="complaint").recipient == world.prosecutor.agency


# --- conclusion -----------------------------------------------------------------------------------------------
def test_the_same_or_a_higher_level_holds_at_once(world, complaint):
    assessment = signed(world.officer, complaint, strangulation="yes")
    with acting_as(world.officer):
        conclusion = conclude_level(
            by=world.officer, assessment_id=assessment.pk, level="critical", justification=REASONS
        )
        assert not conclusion.lowers
        waiting = FollowUp.objects.get(kind="reassessment", settled_at=None)
        assert waiting.due_at == assessment.signed_at + timedelta(hours=72), "the cadence follows the level"
        assert FollowUp.objects.get(kind="reassessment", source_id=assessment.pk).outcome == "replaced"
        event = CaseEvent.objects.get(code="level_concluded")
        assert (event.category, event.next_act, event.next_due_at) == ("level", "reassessment", waiting.due_at)
    case = case_of(world.officer, complaint)
    assert (case.level, case.level_provisional) == ("critical", False)


def test_a_conclusion_is_justified_given_once_and_by_the_agency_that_assessed(world, complaint):
    assessment = signed(world.officer, complaint, strangulation="yes")
    conclude = {"assessment_id": assessment.pk, "level": "high", "justification": REASONS}
    with acting_as(world.prosecutor), pytest.raises(Refused):
        conclude_level(by=world.prosecutor, **conclude)
    with acting_as(world.reader), pytest.raises(Refused):
        conclude_level(by=world.reader, **conclude)
    with acting_as(world.stranger), pytest.raises(Http404):
        conclude_level(by=world.stranger, **conclude)
    with acting_as(world.officer):
        with pytest.raises(RuleBroken) as refused:
            conclude_level(by=world.officer, assessment_id=assessment.pk, level="", justification=" trop court ")
        assert set(refused.value.errors) == {"level", "justification"}
        with pytest.raises(Http404):
            conclude_level(by=world.officer, **conclude | {"assessment_id": uuid4()})
        first = conclude_level(by=world.officer, **conclude)
        assert conclude_level(by=world.officer, **conclude) == first, "a double click"
        with pytest.raises(RuleBroken):
            conclude_level(by=world.officer, **conclude | {"level": "critical"})
        with pytest.raises(DatabaseError), transaction.atomic():
            first.justification = "Autre chose, après coup."
            first.save()


def test_any_level_may_be_retained_when_too_little_is_known(world, complaint):
    assessment = signed(world.officer, complaint, value="unknown")
    with acting_as(world.officer):
        conclusion = conclude_level(by=world.officer, assessment_id=assessment.pk, level="low", justification=REASONS)
    assert not conclusion.lowers
    case = case_of(world.officer, complaint)
    assert (case.level, case.level_provisional) == ("low", False)


def test_a_provisional_level_never_lowers_a_concluded_one(world, complaint):
    first = signed(world.officer, complaint, strangulation="yes")
    with acting_as(world.officer):
        conclude_level(by=world.officer, assessment_id=first.pk, level="critical", justification=REASONS)
    second = signed(world.officer, complaint)
    assert second.indicative_level == "low"
    assert case_of(world.officer, complaint).level == "critical"
    with acting_as(world.officer):
        waiting = FollowUp.objects.get(kind="reassessment", settled_at=None)
        assert waiting.due_at == second.signed_at + timedelta(hours=72), "assessed again as what the case stands at"
        conclude_level(by=world.officer, assessment_id=second.pk, level="low", justification=REASONS)
    case = case_of(world.officer, complaint)
    assert (case.level, case.level_at) == ("low", second.signed_at)


def test_a_case_stands_at_what_all_its_grids_say_whoever_restates_it(world, complaint):
    signed(world.officer, complaint, strangulation="yes", death_threats="yes")
    assert case_of(world.officer, complaint).level == "critical"
    with acting_as(world.eva):  # sees none of them: the second lock
        case = Case.objects.get(pk=complaint.case_id)
        assert not Assessment.objects.exists()
        restated = restate(case=case)
        assert (restated.level, restated.level_provisional) == ("critical", True) and restated.reassess_by
        assert not Assessment.objects.exists(), "the levels were read, nothing else was opened"
