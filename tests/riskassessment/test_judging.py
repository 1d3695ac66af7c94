"""The level a person retains: why, what is feared, in force or waiting, and who reads it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection

from agencies.acting import acting_as
from cases.access import for_case
from cases.models import Case
from casework.assessing import conclude_level, sign_assessment
from common.clock import now
from common.errors import Refused, RuleBroken
from followups.models import FollowUp
from notifications.models import Notice
from riskassessment import services
from riskassessment.definition import load, to_raw
from riskassessment.models import Conclusion, FearedEvent, GridVersion
from riskassessment.versions import definition_of
from sharing.services import decide
from tests.factories import make_member, make_report, train

from .test_pages import as_, url
from .test_services import GRID, REASONS, case_of, signed

pytestmark = pytest.mark.django_db


@pytest.fixture
def complaint(world):
    return make_report(world.officer, "police_complaint")


def conclude(by, assessment, level="high", **changes):
    with acting_as(by):
        return conclude_level(
            by=by, assessment_id=assessment.pk, **{"level": level, "justification": REASONS} | changes
        )


# --- what is said ---------------------------------------------------------------------------------------------
def test_what_is_feared_is_kept_in_one_order_and_none_is_an_answer(world, complaint):
    first = signed(world.officer, complaint, strangulation="yes")
    conclusion = conclude(world.officer, first, feared_events=["suicide", "feminicide", "suicide"])
    assert conclusion.feared_events == ["feminicide", "suicide"]
    assert conclude(world.officer, first, feared_events=["feminicide", "suicide"]) == conclusion, "a double click"
    with pytest.raises(RuleBroken):
        conclude(world.officer, first, feared_events=["feminicide"])
    assert conclude(world.officer, signed(world.officer, complaint)).feared_events == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"level": "insufficient"}, "level"),
        ({"level": "judgement"}, "level"),
        ({"justification": "Parce que."}, "justification"),
        ({"justification": " " * 40}, "justification"),
        ({"justification": "x" * 10_001}, "justification"),
        ({"justification": REASONS + "\x00"}, "justification"),
        ({"feared_events": ["feminicide", "divorce"]}, "feared_events"),
    ],
)
@pytest.mark.parametrize("indicated", ["low", "high"])
def test_a_conclusion_that_cannot_be_kept_is_told_at_its_field(world, complaint, changes, field, indicated):
    assessment = signed(world.officer, complaint, **({"strangulation": "yes"} if indicated == "high" else {}))
    with pytest.raises(RuleBroken) as refused:
        conclude(world.officer, assessment, **changes)
    assert set(refused.value.errors) == {field}
    with acting_as(world.officer):
        assert not Conclusion.objects.exists()


def test_raising_is_in_force_at_once_and_lowering_is_not(world, complaint):
    assessment = signed(world.officer, complaint, strangulation="yes")
    assert not conclude(world.officer, assessment, "critical").lowers
    assert (case_of(world.officer, complaint).level, case_of(world.officer, complaint).level_provisional) == (
        "critical",
        False,
    )
    again = signed(world.officer, complaint, strangulation="yes")
    assert conclude(world.officer, again, "low").lowers
    assert case_of(world.officer, complaint).level == "critical", "waits: the level concluded before stands"


def test_a_verification_is_owed_once_by_the_service_that_assessed(world, complaint):
    train(world.police_referent)
    assessment = signed(world.officer, complaint, strangulation="yes")
    for _click in range(2):
        conclude(world.officer, assessment)
    with acting_as(world.officer):
        owed = FollowUp.objects.get(kind="verification")
        assert (owed.agency, owed.source_id) == (world.officer.agency, assessment.pk)
        assert timedelta(days=1) < owed.due_at - now() <= timedelta(days=2, hours=1)
    for member, told in ((world.police_referent, 1), (world.police_manager, 0), (world.officer, 0)):
        with acting_as(member):
            assert Notice.objects.filter(recipient=member.user, kind="verification_waits").count() == told
    page = as_(world.police_referent).get("/followups/").content.decode()
    assert url("riskassessment:detail", assessment) in page


# --- a grid that indicates nothing ----------------------------------------------------------------------------
def judgement_version():
    """A version of the police grid that orders and adds nothing up."""
    version = GridVersion.objects.filter(grid__slug=GRID).latest("number")
    raw = to_raw(definition_of(version)) | {"scoring": {"method": "judgement"}}
    raw.pop("coverage", None)
    return GridVersion.objects.create(
        grid=version.grid, number=version.number + 1, definition=to_raw(load(raw)), content_hash="j" * 64
    )


def test_where_a_person_judges_nothing_is_indicated_and_any_level_holds(world, complaint):
    judgement_version()
    assessment = signed(world.officer, complaint, strangulation="yes")
    assert assessment.indicative_level == "judgement"
    assert case_of(world.officer, complaint).level == ""
    page = as_(world.officer).get(url("riskassessment:detail", assessment)).content.decode()
    assert "level-high" not in page.split("result-levels")[1].split("</section>")[0]
    assert 'name="feared_events"' in page and 'name="justification"' in page
    assert not conclude(world.officer, assessment, "low").lowers
    case = case_of(world.officer, complaint)
    assert (case.level, case.level_provisional) == ("low", False)


# --- who reads it ---------------------------------------------------------------------------------------------
def psychosocial(by, case):
    """A signed criticality grid, as `by`, whose agency may fill it in."""
    train(by, course="criticality")
    with acting_as(by):
        draft = services.start(by=by, case=case, access=for_case(case, by), grid_slug="criticality-demonstration")
        grid = definition_of(draft.grid_version)
        given = {item.id: "yes" for item in grid.questions if item.type == "yes_no"}
        given |= {item.id: "unknown" for item in grid.critical_questions if item.type != "yes_no"}
        return sign_assessment(by=by, assessment_id=draft.pk, answers=given)


def test_the_words_of_a_psychosocial_conclusion_are_closed_to_who_holds_the_level_alone(world, complaint):
    assessment = psychosocial(world.eva, complaint.case)
    assert (assessment.category, assessment.side) == ("psychosocial", "victim")
    secret = "Elle dit qu’elle n’en peut plus et parle de mourir."
    conclusion = conclude(world.eva, assessment, "critical", justification=secret, feared_events=[FearedEvent.SUICIDE])
    assert (conclusion.category, conclusion.side) == ("psychosocial", "victim")
    with acting_as(world.officer):
        access = for_case(complaint.case, world.officer)
        assert access.level and not access.can("psychosocial", "victim")
        assert not Conclusion.objects.exists()
        assert Case.objects.get(pk=complaint.case_id).level == "critical", "its level raises the case all the same"
    client = as_(world.officer)
    assert client.get(url("riskassessment:detail", assessment)).status_code == 404
    assert client.get(url("riskassessment:printed", assessment)).status_code == 404
    listing = client.get(f"/cases/{complaint.case_id}/assessments/").content.decode()
    assert secret not in listing and str(assessment.pk) not in listing
    assert secret in as_(world.eva).get(url("riskassessment:detail", assessment)).content.decode()


def test_who_reads_the_answers_and_not_the_level_reads_no_conclusion(world):
    report = make_report(world.officer)
    assessment = signed(world.officer, report, strangulation="yes")
    conclude(world.officer, assessment, "critical", feared_events=["feminicide"])
    with acting_as(world.officer):
        decide(
            by=world.officer, case=report.case, recipient=world.other_officer.agency, side="neutral",
            way_in="referral", basis="legal_obligation", legal_text="texte", grants=["risk:case"], necessity="essai",
        )  # fmt: skip
    page = as_(world.other_officer).get(url("riskassessment:detail", assessment)).content.decode()
    assert "serré le cou" in page and REASONS not in page and "level-" not in page.split("<main")[1]


def test_only_the_service_that_assessed_concludes(world, complaint):
    assessment = signed(world.officer, complaint, strangulation="yes")
    senior = make_member(world.prosecutor.agency, "referent")
    for who in (world.reader, world.prosecutor, senior):
        with pytest.raises(Refused):
            conclude(who, assessment)


# --- at the same moment ---------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_two_who_conclude_at_once_give_one_conclusion_and_the_other_is_told(committed_world):
    world = committed_world
    assessment = signed(world.officer, make_report(world.officer), strangulation="yes")

    def one(by, level):
        try:
            return conclude(by, assessment, level).level
        except RuleBroken as broken:
            return str(broken)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        said = list(pool.map(one, [world.officer, world.police_manager], ["high", "critical"]))
    assert len({"high", "critical"} & set(said)) == 1, said
    with acting_as(world.officer):
        kept = Conclusion.objects.get()
        assert kept.level in said and FollowUp.objects.filter(kind="verification").count() == 1
