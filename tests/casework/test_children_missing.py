"""What is still to be written about children: asked where it can be written, counted over one's own open cases."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from django.urls import reverse

from agencies.acting import acting_as
from agencies.enums import AgencyKind, AgencySide
from cases import children
from cases.access import for_case
from cases.models import CasePerson
from cases.services import write_note
from casework.children_missing import Child, Gap, Source, cases_to_complete, gaps
from common.clock import local, now
from reports.exposures import ExposureInput, record_exposures
from tests.actors import as_
from tests.cases.helpers import Queries, bring_in, text, url
from tests.factories import make_agency, make_member, make_report

PK = UUID(int=1)
ALL_SAID = {"exposed": True, "arranged": True, "school": True}


# --- pure -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (None, []),
        (Source(""), [Gap.PRESENCE]),
        (Source("unknown"), [Gap.PRESENCE]),
        (Source("no"), []),
        (Source("yes"), [Gap.IMPACT]),
        (Source("yes", impact=True), []),
        (Source("", said_since=True), []),
        (Source("yes", said_since=True), []),
    ],
)
def test_what_the_latest_report_leaves_out(source, expected):
    assert [gap for gap, _child in gaps(source, [], completes=True)] == expected


@pytest.mark.parametrize(
    ("child", "expected"),
    [
        (Child(PK, **ALL_SAID), []),
        (Child(PK), [Gap.EXPOSURE, Gap.LIVES]),
        (Child(PK, age=2, exposed=True, arranged=True), []),
        (Child(PK, age=3, exposed=True, arranged=True), [Gap.SCHOOL]),
        (Child(PK, age=17, exposed=True), [Gap.LIVES, Gap.SCHOOL]),
        (Child(PK, age=18, exposed=True, arranged=True), []),
    ],
)
def test_what_is_left_out_of_a_child(child, expected):
    assert [gap for gap, _child in gaps(None, [child], completes=True)] == expected
    without = [gap for gap, _child in gaps(None, [child], completes=False)]
    assert without == [gap for gap in expected if gap != Gap.EXPOSURE], "nobody is asked what they cannot write"


# --- on the case page, and counted ------------------------------------------------------------------------------
def said_nothing(world):
    return make_report(
        world.officer, children_present="", children_impact="", unknown_sections=["children"],
    )  # fmt: skip


@pytest.fixture
def case(world):
    return said_nothing(world).case


def noe(world, case) -> CasePerson:
    with acting_as(world.officer):
        return CasePerson.objects.get(case=case, role="child")


def counted(member) -> list:
    with acting_as(member):
        return [(case.pk, gap) for case, gap in cases_to_complete(member, now())]


@pytest.mark.django_db
def test_the_case_page_asks_and_stops_asking(world, case):
    page = url("cases:summary", case)
    child = noe(world, case)
    seen = text(as_(world.officer).get(page))
    asked = {name: url(name, case, child.pk) for name in ("cases:arrange_child", "cases:new_child_contact")}
    assert "La présence d’enfants n’est pas notée." in seen and all(there in seen for there in asked.values())
    with acting_as(world.officer):
        access = for_case(case, world.officer)
        common = {"by": world.officer, "case": case, "access": access}
        born = date(local(now()).date().year - 7, 1, 1)
        type(child.person).objects.filter(pk=child.person_id).update(birth_date=born)
        write_note(**common, category="children", side="victim", facts="Noé était dans la chambre voisine.")
        record_exposures(
            by=world.officer, case=case, report=case.reports.get(), rows=[ExposureInput(child, "nearby", "Il pleure.")]
        )
        children.arrange(**common, child=child, lives_with="victim", source="fact")
        children.write_contact(**common, child=child, kind="school", name="École du Canal")
    seen = text(as_(world.officer).get(page))
    assert "encore à noter" not in seen.lower() and not any(there in seen for there in asked.values())
    assert counted(world.officer) == []


@pytest.mark.django_db
def test_nobody_is_asked_what_they_may_not_write(world, case):
    bring_in(case, world.officer, world.programme, ["identity:victim", "children:victim"], side="perpetrator")
    school = make_member(make_agency(AgencyKind.SCHOOL, "École du Parc", side=AgencySide.VICTIM))
    bring_in(case, world.officer, school, ["identity:victim", "children:victim"], side="victim")
    for member in (world.programme, world.eva, world.reader):
        assert "encore à noter" not in text(as_(member).get(url("cases:summary", case))).lower(), member.agency
    seen = text(as_(school).get(url("cases:summary", case)))
    child = noe(world, case)
    assert url("cases:arrange_child", case, child.pk) in seen
    assert url("reports:child_exposure", case, child.pk) not in seen and "La présence d’enfants" not in seen


@pytest.mark.django_db
def test_cases_are_counted_in_my_work_and_listed(world, case):
    impact = make_report(
        world.officer, children_impact="", victim_family_name="Ngo-Test", perpetrator_family_name="Peeters-Test",
        **{"children-0-given_name": "", "children-0-birth_date": ""},
    ).case  # fmt: skip
    make_report(world.officer, victim_family_name="Roy-Test", perpetrator_family_name="Blanc-Test")
    assert counted(world.officer) == [(impact.pk, Gap.IMPACT), (case.pk, Gap.PRESENCE)]
    client = as_(world.officer)
    assert "Dans 2 dossiers" in text(client.get(reverse("casework:my_work")))
    listed = text(client.get(reverse("casework:children_missing")))
    assert case.reference in listed and impact.reference in listed
    for member in (world.other_officer, world.eva, world.stranger, world.programme, world.prosecutor):
        assert counted(member) == []
        assert case.reference not in text(as_(member).get(reverse("casework:children_missing")))
    assert as_(world.platform_admin).get(reverse("casework:children_missing")).status_code == 404
    # who reads without writing is not asked
    assert counted(world.reader) == []


@pytest.mark.django_db
def test_a_later_report_that_says_it_counts(world, case):
    from casework.reporting import record_report
    from reports.services import start_draft
    from tests.factories import report_data

    with acting_as(world.officer):
        draft = start_draft(by=world.officer, kind="police_dispute_report", joins_case=case)
        record_report(by=world.officer, draft_id=draft.pk, data=report_data(j2_accepted="no"))
    assert counted(world.officer) == []


@pytest.mark.django_db
def test_counting_costs_the_same_for_many_cases(world, case):
    def cost() -> int:
        with acting_as(world.officer), Queries() as queries:
            cases_to_complete(world.officer, now())
        return queries.count

    few = cost()
    for number in range(3):
        make_report(
            world.officer, children_present="", children_impact="", unknown_sections=["children"],
            victim_family_name=f"Test-{number}", perpetrator_family_name=f"Autre-{number}",
        )  # fmt: skip
    assert len(counted(world.officer)) == 4 and cost() == few
    with acting_as(world.officer):
        assert cases_to_complete(world.officer, now() + timedelta(days=91)) == []
