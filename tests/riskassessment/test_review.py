"""The verification: by somebody else, trained, of the service or of the coordination; and what it sets off."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction
from django.http import Http404
from django.urls import reverse

from agencies.acting import acting_as
from agencies.models import TrainingRecord
from agencies.training import withdraw_training
from cases.access import for_case, write_grants
from cases.enums import CONTRIBUTE, VIEW_CASE
from cases.models import CaseEvent, CaseExclusion
from casework.assessing import conclude_level, review_assessment, sign_assessment
from common.errors import Refused, RuleBroken
from followups.models import FollowUp
from followups.perms import recipients_of
from notifications.models import Notice
from riskassessment.levels import of
from riskassessment.models import Assessment, AssessmentReview, Countersignature
from riskassessment.services import save_answers
from riskassessment.versions import definition_of
from tests.cases.helpers import bring_in
from tests.casework.test_over_time import HIS, assess
from tests.factories import make_member, make_report, train

from .test_pages import as_, url
from .test_services import GRID, REASONS, answers, case_of, signed, start

pytestmark = pytest.mark.django_db

REMARKS = "La question sur les armes est à reposer."


@pytest.fixture
def complaint(world):
    return make_report(world.officer, "police_complaint")


def concluded(world, complaint, level="high", by=None):
    """A signed grid that indicates “high”, with this level retained."""
    by = by or world.officer
    assessment = signed(by, complaint, strangulation="yes")
    with acting_as(by):
        conclude_level(by=by, assessment_id=assessment.pk, level=level, justification=REASONS)
    return assessment


def review(by, assessment, verdict="validated", remarks=""):
    with acting_as(by):
        return review_assessment(by=by, assessment_id=assessment.pk, verdict=verdict, remarks=remarks)


def coordinate(world, case, *, categories=("risk", "level"), contributes=True, role="coordinator"):
    """A member of the coordination, which takes part in the case and reads these categories of it."""
    member = make_member(world.platform_admin.agency, role)
    held = {VIEW_CASE, *(f"view_{category}_case" for category in categories), *([CONTRIBUTE] if contributes else [])}
    write_grants(case=case, agency=member.agency, grants=dict.fromkeys(held), side="neutral")
    return member


def notices(member, kind):
    with acting_as(member):
        return Notice.objects.filter(recipient=member.user, agency=member.agency, kind=kind).count()


# --- a lower level --------------------------------------------------------------------------------------------
def test_a_lower_level_waits_for_somebody_elses_signature(world, complaint):
    train(world.officer, world.police_referent, world.police_manager, world.prosecutor, world.reader)
    assessment = concluded(world, complaint, "moderate", by=world.police_referent)
    case = case_of(world.officer, complaint)
    assert (case.level, case.level_provisional) == ("high", True), "the indicative level stands"
    for who in (world.police_referent, world.officer, world.reader, world.prosecutor):
        with pytest.raises(Refused):
            review(who, assessment)
    for who in (world.stranger, world.eva_manager):
        with pytest.raises(Http404):
            review(who, assessment)
    first = review(world.police_manager, assessment)
    assert review(world.police_manager, assessment) == first, "a double click"
    with acting_as(world.police_manager):
        assert Countersignature.objects.get().author == world.police_manager.user
        waiting = FollowUp.objects.get(kind="reassessment", settled_at=None)
        assert waiting.due_at == assessment.signed_at + timedelta(days=30), "the date follows the level in force"
        assert FollowUp.objects.get(kind="verification").outcome == "validated"
        codes = CaseEvent.objects.filter(code__in=("assessment_validated", "level_countersigned"))
        assert sorted(codes.values_list("code", "category")) == [
            ("assessment_validated", "risk"),
            ("level_countersigned", "level"),
        ]
    case = case_of(world.officer, complaint)
    assert (case.level, case.level_provisional) == ("moderate", False)


def test_a_lower_level_that_came_back_never_comes_into_force(world, complaint):
    train(world.police_referent, world.police_manager)
    assessment = concluded(world, complaint, "low")
    review(world.police_referent, assessment, "returned", REMARKS)
    with pytest.raises(RuleBroken):
        review(world.police_manager, assessment)
    with acting_as(world.officer):
        assert not Countersignature.objects.exists()
    case = case_of(world.officer, complaint)
    assert (case.level, case.level_provisional) == ("high", True)
    page = as_(world.officer).get(url("riskassessment:detail", assessment)).content.decode()
    assert REMARKS in page and "jamais en vigueur" in page


# --- who verifies ---------------------------------------------------------------------------------------------
def test_the_signer_and_who_concluded_are_both_kept_from_verifying(world, complaint):
    train(world.police_referent, world.police_manager)
    assessment = signed(world.police_referent, complaint, strangulation="yes")
    with acting_as(world.police_manager):
        conclude_level(by=world.police_manager, assessment_id=assessment.pk, level="high", justification=REASONS)
    for who in (world.police_referent, world.police_manager):
        with pytest.raises(Refused):
            review(who, assessment)


def test_who_verifies_is_trained_that_day(world, complaint):
    assessment = concluded(world, complaint)
    with pytest.raises(Refused, match="Formation aux violences entre partenaires"):
        review(world.police_manager, assessment)
    train(world.police_manager)
    with acting_as(world.platform_admin):
        record = TrainingRecord.objects.get(user=world.police_manager.user)
        withdraw_training(by=world.platform_admin, record_id=record.pk, reason="Un autre Dupont.")
    with pytest.raises(Refused):
        review(world.police_manager, assessment)
    train(world.police_referent)
    assert review(world.police_referent, assessment).verdict == "validated"


def test_nothing_is_verified_before_a_level_is_concluded(world, complaint):
    train(world.police_manager)
    assessment = signed(world.officer, complaint, strangulation="yes")
    checklist = signed(world.officer, complaint, "counter-checklist", "yes")
    for each in (assessment, checklist):
        with pytest.raises(RuleBroken):
            review(world.police_manager, each)
    assert "pas encore vérifiée" in as_(world.officer).get(url("riskassessment:detail", assessment)).content.decode()
    assert "pas encore vérifiée" not in as_(world.officer).get(url("riskassessment:detail", checklist)).content.decode()


@pytest.mark.parametrize("role", ["coordinator", "referent", "manager"])
def test_the_coordination_verifies_where_the_service_has_one_trained_person(world, complaint, role):
    coordinator = coordinate(world, complaint.case, role=role)
    train(coordinator, world.officer)
    assessment = concluded(world, complaint, "low")
    assert notices(coordinator, "verification_waits") == 1
    page = as_(world.officer).get(url("riskassessment:detail", assessment)).content.decode()
    assert "Personne d’autre dans votre service" in page and "en a été avertie" in page
    shown = as_(coordinator).get(url("riskassessment:detail", assessment)).content.decode()
    assert url("casework:review_assessment", assessment) in shown
    sent = as_(coordinator).post(url("casework:review_assessment", assessment), {"verdict": "validated"})
    assert sent.status_code == 302
    case = case_of(world.officer, complaint)
    assert (case.level, case.level_provisional) == ("low", False)
    with acting_as(world.officer):
        waiting = FollowUp.objects.get(kind="reassessment", settled_at=None)
        assert waiting.agency == world.officer.agency, "who assessed still owes the next one"
        assert waiting.due_at == assessment.signed_at + timedelta(days=60)
        assert FollowUp.objects.get(kind="verification").settled_by == coordinator.user


def test_the_coordination_is_told_only_where_the_service_has_nobody(world, complaint):
    coordinator = coordinate(world, complaint.case)
    train(coordinator, world.police_referent)
    concluded(world, complaint)
    assert notices(coordinator, "verification_waits") == 0
    assert notices(world.police_referent, "verification_waits") == 1


@pytest.mark.parametrize(
    ("categories", "contributes", "role", "answer"),
    [
        (["level"], True, "coordinator", Http404),
        (["risk"], True, "coordinator", RuleBroken),  # the conclusion is not open to it: nothing to verify
        (["risk", "level"], False, "coordinator", Refused),
        (["risk", "level"], True, "reader", Refused),
        (["risk", "level"], True, "practitioner", Refused),
    ],
)
def test_a_coordination_verifies_only_what_it_reads_and_takes_part_in(
    world, complaint, categories, contributes, role, answer
):
    member = coordinate(world, complaint.case, categories=categories, contributes=contributes, role=role)
    train(member)
    assessment = concluded(world, complaint)
    with pytest.raises(answer):
        review(member, assessment)
    assert notices(member, "verification_waits") == 0


def test_who_is_kept_out_of_the_case_neither_verifies_nor_is_told(world, complaint):
    train(world.police_referent, world.police_manager)
    with acting_as(world.officer):
        CaseExclusion.objects.create(case=complaint.case, user=world.police_referent.user)
    assessment = concluded(world, complaint)
    assert notices(world.police_referent, "verification_waits") == 0
    assert notices(world.police_manager, "verification_waits") == 1
    with pytest.raises(Http404):
        review(world.police_referent, assessment)


# --- the verdict ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("verdict", "remarks", "field"),
    [
        ("", "", "verdict"),
        ("approved", "", "verdict"),
        ("returned", "  ", "remarks"),
        ("returned", "x" * 10_001, "remarks"),
        ("validated", "a\x00b", "remarks"),
    ],
)
def test_a_verdict_that_cannot_be_kept_is_told_at_its_field(world, complaint, verdict, remarks, field):
    train(world.police_manager)
    assessment = concluded(world, complaint)
    sent = as_(world.police_manager).post(
        url("casework:review_assessment", assessment), {"verdict": verdict, "remarks": remarks}
    )
    page = sent.content.decode()
    assert sent.status_code == 422 and f'href="#id_{field}"' in page
    assert remarks.strip()[:20].replace("\x00", "") in page or "\x00" in remarks
    with acting_as(world.officer):
        assert not AssessmentReview.objects.exists()


def test_coming_back_tells_the_author_and_their_colleagues_and_offers_to_assess_again(world, complaint):
    train(world.police_manager)
    assessment = concluded(world, complaint)
    review(world.police_manager, assessment, "returned", REMARKS)
    told = [world.officer, world.police_referent]
    assert [notices(member, "assessment_returned") for member in told] == [1, 1]
    assert notices(world.prosecutor, "assessment_returned") == 0
    with acting_as(world.officer):
        event = CaseEvent.objects.get(code="assessment_returned")
        assert (event.category, event.side, event.next_act) == ("risk", "case", "correct_assessment")
        assert event.next_agency == world.officer.agency and REMARKS not in str(event.payload)
    page = as_(world.officer).get(url("riskassessment:detail", assessment)).content.decode()
    assert reverse("riskassessment:start", args=[complaint.case_id]) in page and REMARKS in page
    again = {"grid": GRID, "again": GRID, "presence": "alone", "report": complaint.pk}
    begun = as_(world.officer).post(reverse("riskassessment:start", args=[complaint.case_id]), again)
    assert begun.status_code == 302
    with acting_as(world.officer):
        assert Assessment.objects.get(signed_at=None).based_on == assessment
    assert REMARKS in as_(world.officer).get(begun["Location"]).content.decode(), "seen while it is filled in"
    assert case_of(world.officer, complaint).level == "high", "what is not lowered stays in force meanwhile"


def test_a_verification_is_never_changed(world, complaint):
    train(world.police_manager)
    found = review(world.police_manager, concluded(world, complaint), "validated", "Relu avec elle.")
    with acting_as(world.police_manager):
        for change in (
            lambda: AssessmentReview.objects.filter(pk=found.pk).update(remarks=""),
            lambda: AssessmentReview.objects.filter(pk=found.pk).delete(),
        ):
            with pytest.raises(DatabaseError), transaction.atomic():
                change()
        with pytest.raises(DatabaseError), transaction.atomic():
            row = {"assessment_id": uuid4(), "case_id": complaint.case_id, "verdict": "validated"}
            AssessmentReview.objects.create(
                **row, category="risk", side="case", agency=world.officer.agency, author=world.officer.user
            )


def test_remarks_are_read_where_the_answers_are(world, complaint):
    train(world.police_manager)
    review(world.police_manager, concluded(world, complaint), "returned", REMARKS)
    for member, readable in (
        (world.officer, True),
        (world.reader, True),
        (world.prosecutor, True),
        (world.eva, False),
        (world.stranger, False),
        (world.platform_admin, False),
    ):
        with acting_as(member):
            assert AssessmentReview.objects.exists() is readable


def test_reminders_of_a_verification_go_to_reference_persons_then_managers_not_to_the_team(world, complaint):
    concluded(world, complaint)
    with acting_as(world.officer):
        owed = FollowUp.objects.select_related("case").get(kind="verification")
    team = [world.officer, world.police_referent, world.police_manager]
    told = []
    for owed.step in range(3):
        told.append(recipients_of(owed, team))
    assert told == [[world.police_referent], [world.police_manager], [world.police_manager]]


# --- at the same moment ---------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_two_reviewers_at_once_give_one_verdict_and_the_other_is_told(committed_world):
    world = committed_world
    train(world.police_referent, world.police_manager)
    assessment = concluded(world, make_report(world.officer), "low")

    def one(by, verdict):
        try:
            return review(by, assessment, verdict, REMARKS).verdict
        except RuleBroken as broken:
            return str(broken)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        said = list(pool.map(one, [world.police_referent, world.police_manager], ["returned", "validated"]))
    kept = {"returned", "validated"} & set(said)
    assert len(kept) == 1, said
    told = next(words for words in said if words not in kept)
    names = (world.police_referent.user.full_name, world.police_manager.user.full_name)
    assert any(name in told for name in names)
    with acting_as(world.officer):
        assert AssessmentReview.objects.get().verdict in kept
        assert Countersignature.objects.exists() is (kept == {"validated"})


@pytest.mark.django_db(transaction=True)
def test_a_service_without_the_level_reads_who_signed_under_its_own_conclusion(committed_world):
    world = committed_world
    complaint = make_report(world.officer, "police_complaint")
    case = complaint.case
    bring_in(case, world.officer, world.programme, ["identity:perpetrator"], side="perpetrator")
    his = assess(world.programme, case, HIS, threats="yes")
    with acting_as(world.programme):
        assert his.indicative_level == "high" and not for_case(case, world.programme).level
        conclude_level(by=world.programme, assessment_id=his.pk, level="low", justification=REASONS)
    coordinator = make_member(world.platform_admin.agency, "coordinator")
    train(coordinator)
    held = (VIEW_CASE, CONTRIBUTE, "view_perpetrator_work_perpetrator", "view_level_case")
    write_grants(case=case, agency=coordinator.agency, grants=dict.fromkeys(held), side="neutral")
    review(coordinator, his)
    with acting_as(world.programme):
        assert of(Assessment.objects.get(pk=his.pk)).level == "low"
    with acting_as(world.eva):
        assert not Countersignature.objects.exists()


def test_who_filled_in_what_a_colleague_signed_does_not_verify_it(world, complaint):
    train(world.police_referent)
    draft = start(world.police_referent, complaint)
    with acting_as(world.police_referent):
        given = answers(definition_of(draft.grid_version), "no", strangulation="yes")
        save_answers(by=world.police_referent, assessment_id=draft.pk, answers=given, version=0)
    with acting_as(world.officer):
        sign_assessment(by=world.officer, assessment_id=draft.pk)
        conclude_level(by=world.officer, assessment_id=draft.pk, level="moderate", justification=REASONS)
    with pytest.raises(Refused):
        review(world.police_referent, draft)
