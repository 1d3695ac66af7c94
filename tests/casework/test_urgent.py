"""High or critical: told at once to who acts on it, once for each rise, without content, and first in “my work”."""

import pytest
from django.urls import reverse

from agencies.acting import acting_as
from agencies.enums import NOT_TOLD_URGENT
from casework import work
from casework.assessing import conclude_level
from casework.urgent import urgent_cases
from common.acting import SystemContext, system_context
from notifications.models import Notice
from tests.actors import as_
from tests.casework.coordination_acts import make_scheme
from tests.casework.grid_acts import CHECKLIST, POLICE, bring_in, sign
from tests.factories import make_agency, make_member, make_report

pytestmark = pytest.mark.django_db

REASONS = "Elle s’est réfugiée chez sa sœur et il est détenu."


@pytest.fixture
def report(world):
    return make_report(world.officer, "police_complaint")


def told() -> list[Notice]:
    with system_context(SystemContext.NOTICES):
        return list(Notice.objects.filter(kind="level_urgent").order_by("created_at"))


def people() -> list:
    return [notice.recipient_id for notice in told()]


def test_those_who_act_on_it_are_told_and_nobody_else(world, report):
    case = report.case
    school = make_member(make_agency("school"))
    club = make_member(make_agency("leisure"))
    hospital = make_member(make_agency("hospital"))
    for member in (school, club):
        bring_in(world.officer, case, member, ["level:case", "identity:victim"])
    bring_in(world.officer, case, world.shelter, ["level:case", "identity:victim"])
    bring_in(world.officer, case, world.stranger, ["identity:victim"], side="neutral")
    bring_in(world.officer, case, world.programme, ["level:case", "identity:perpetrator"], side="perpetrator")
    bring_in(world.officer, case, hospital, ["level:case"])
    sign(world.officer, case, POLICE, "critical")
    found = set(people())
    assert {world.shelter.user_id, world.police_referent.user_id, hospital.user_id} <= found
    for member in (world.officer, world.reader, school, club, world.stranger, world.programme, world.eva):
        assert member.user_id not in found
    notice = told()[0]
    assert notice.path == reverse("cases:summary", args=[case.pk]) and case.reference not in notice.get_kind_display()


def test_once_for_each_rise(world, report):
    """Low tells nobody, high tells, high again does not, critical does."""
    case = report.case
    sign(world.officer, case, POLICE)
    assert people() == []
    sign(world.officer, case, POLICE, strangulation="yes")
    first = len(people())
    assert first and world.police_referent.user_id in people()
    again = sign(world.officer, case, POLICE, strangulation="yes")
    assert len(people()) == first
    with acting_as(world.officer):
        conclude_level(by=world.officer, assessment_id=again.pk, level="critical", justification=REASONS)
        conclude_level(by=world.officer, assessment_id=again.pk, level="critical", justification=REASONS)
    assert people().count(world.police_referent.user_id) == 2


def test_my_work_shows_the_worst_first_to_who_acts(world, report):
    critical = report.case
    other = make_report(world.officer, victim_family_name="Autre").case
    make_report(world.officer, victim_family_name="Tierce")
    sign(world.officer, other, POLICE, strangulation="yes")
    sign(world.officer, critical, POLICE, "critical")
    bring_in(world.officer, critical, world.programme, ["level:case", "identity:perpetrator"], side="perpetrator")
    school = make_member(make_agency("school"))
    bring_in(world.officer, critical, school, ["level:case", "identity:victim"])
    with acting_as(world.officer):
        assert [case.pk for case in urgent_cases(world.officer)] == [critical.pk, other.pk]
        assert [line["reference"] for line in work.sections(world.officer)["alarming"]] == [
            critical.reference,
            other.reference,
        ]
    for member in (world.programme, school, world.eva):
        with acting_as(member):
            assert urgent_cases(member) == []
    assert "alarming-title" in as_(world.officer).get("/").content.decode()
    assert "school" in NOT_TOLD_URGENT and "police" not in NOT_TOLD_URGENT


def test_a_high_level_proposes_to_ask_the_coordination(world, report):
    listing = reverse("riskassessment:case_list", args=[report.case_id])
    sign(world.officer, report.case, POLICE)
    assert "casework/_proposal.html" not in templates(as_(world.officer).get(listing))
    ask = reverse("casework:ask_coordination", args=[report.case_id])
    sign(world.officer, report.case, POLICE, "critical")
    assert "casework/_proposal.html" not in templates(as_(world.officer).get(listing)), "no partnership to ask in"
    make_scheme(world, world.officer)
    page = as_(world.officer).get(listing)
    assert "casework/_proposal.html" in templates(page) and ask in page.content.decode()


def templates(response) -> list[str]:
    return [shown["template"] for shown in response.context["panels"]]


# --- the full grid ------------------------------------------------------------------------------------------------
def next_steps(member, case) -> list[str]:
    panels = as_(member).get(reverse("cases:summary", args=[case.pk])).context["panels_top"]
    return [
        step["grid"]
        for shown in panels
        if shown["template"] == "casework/_next_step.html"
        for step in shown["panel"]["steps"]
    ]


def leads(member, assessment) -> dict | None:
    return (
        as_(member).get(reverse("riskassessment:detail", args=[assessment.case_id, assessment.pk])).context["leads_to"]
    )


def test_a_yes_on_the_checklist_of_a_dispute_proposes_the_full_grid(world):
    report = make_report(world.officer)
    assert next_steps(world.officer, report.case) == [CHECKLIST]
    signed = sign(world.officer, report.case, CHECKLIST, "critical", report=report)
    assert next_steps(world.officer, report.case) == [POLICE]
    proposed = leads(world.officer, signed)
    assert proposed["slug"] == POLICE and not proposed["mandatory"]
    url = reverse("riskassessment:start", args=[report.case_id])
    begun = as_(world.officer).post(url, {"grid": POLICE, "report": str(report.pk), "presence": "alone"})
    assert begun.status_code == 302 and "assessments" in begun["Location"]
    sign(world.officer, report.case, POLICE, report=report)
    assert next_steps(world.officer, report.case) == [] and leads(world.officer, signed) is None


def test_no_yes_proposes_nothing(world):
    report = make_report(world.officer)
    signed = sign(world.officer, report.case, CHECKLIST, "low", report=report)
    assert next_steps(world.officer, report.case) == [] and leads(world.officer, signed) is None


def test_a_complaint_waits_for_its_grid_whatever_the_checklist_says(world, report):
    signed = sign(world.officer, report.case, CHECKLIST, "low", report=report)
    assert leads(world.officer, signed) is None and next_steps(world.officer, report.case) == [POLICE]
    later = make_report(world.officer, victim_family_name="Autre")
    with acting_as(world.officer):
        lines = work.sections(world.officer)["complaints"]
    assert [line["reference"] for line in lines] == [report.case.reference]
    with acting_as(world.prosecutor):
        assert work.sections(world.prosecutor)["complaints"] == []
    sign(world.officer, report.case, POLICE, report=report)
    with acting_as(world.officer):
        assert work.sections(world.officer)["complaints"] == []
    assert next_steps(world.officer, report.case) == [] and next_steps(world.officer, later.case) == [CHECKLIST]
