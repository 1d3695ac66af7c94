"""What each child lived through: written with its report or situation, read with it, never on his side."""

import pytest

from agencies.acting import acting_as
from agencies.enums import AgencyKind, AgencySide
from cases.access import for_case
from cases.models import CasePerson, Person
from cases.services import add_person, correct_person
from common.clock import now
from common.errors import RuleBroken
from reports.exposures import ExposureInput, readable, record_exposures
from reports.models import ChildExposure, Situation
from tests.factories import make_agency, make_member, make_report

from .helpers import as_, bring_in, text, url

pytestmark = pytest.mark.django_db
EVERYTHING = "Il s'est caché sous la table 🧸 \u202eעברית\u202c"


@pytest.fixture
def report(world):
    return make_report(world.officer)


@pytest.fixture
def noe(world, report):
    with acting_as(world.officer):
        return CasePerson.objects.get(case=report.case, role="child")


@pytest.fixture
def school(world):
    return make_member(make_agency(AgencyKind.SCHOOL, "École du Parc", side=AgencySide.VICTIM))


def record(world, report, *rows):
    with acting_as(world.officer):
        return record_exposures(by=world.officer, case=report.case, report=report, rows=rows)


def seen_by(member, case) -> list[ChildExposure]:
    """Through the queryset; the database alone gives no more."""
    with acting_as(member):
        rows = list(readable(for_case(case, member)))
        assert set(rows) >= set(ChildExposure.objects.filter(case=case))
        return rows


def test_what_a_child_lived_through_is_kept_to_the_letter(world, report, noe):
    (row,) = record(world, report, ExposureInput(noe, "heard", f"  {EVERYTHING} "), ExposureInput(noe, "", " "))
    (kept,) = seen_by(world.officer, report.case)
    assert kept == row
    assert (kept.exposure, kept.impact, kept.report_id, kept.agency_id) == (
        "heard",
        EVERYTHING,
        report.pk,
        world.officer.agency_id,
    )


@pytest.mark.parametrize(
    ("exposure", "impact", "field"),
    [
        ("", "il pleure", "children-0-exposure"),
        ("dreamt", "", "children-0-exposure"),
        ("saw", "x" * 8001, "children-0-impact"),
        ("saw", "x\x00y", "children-0-impact"),
    ],
)
def test_an_answer_that_is_none_is_refused_by_field(world, report, noe, exposure, impact, field):
    with pytest.raises(RuleBroken) as refused:
        record(world, report, ExposureInput(noe, exposure, impact, "children-0-"))
    assert set(refused.value.errors) == {field}
    assert seen_by(world.officer, report.case) == []


def test_a_child_of_another_case_an_adult_or_one_written_twice(world, report, noe):
    other = make_report(world.officer, victim_family_name="Ngo-Test", perpetrator_family_name="Peeters-Test")
    with acting_as(world.officer):
        elsewhere = CasePerson.objects.get(case=other.case, role="child")
        victim = CasePerson.objects.get(case=report.case, role="victim")
    for rows in ([elsewhere], [victim], [noe, noe]):
        with pytest.raises(RuleBroken):
            record(world, report, *(ExposureInput(each, "saw") for each in rows))
    for source in (None, other):
        with acting_as(world.officer), pytest.raises(ValueError, match="of this case"):
            record_exposures(by=world.officer, case=report.case, report=source, rows=[ExposureInput(noe, "saw")])
    assert seen_by(world.officer, report.case) == []


def test_what_police_wrote_of_a_child_is_read_with_the_report_alone(world, report, noe, school):
    (of_police,) = record(world, report, ExposureInput(noe, "saw"))
    bring_in(report.case, world.officer, school, ["identity:victim", "children:victim"], side="victim")
    assert seen_by(world.officer, report.case) == [of_police] and seen_by(school, report.case) == []
    with acting_as(school):
        situation = Situation.objects.create(
            case=report.case, source="noticed", met_at=now(), words_heard="…", alone="yes", may_contact="no",
            agency=school.agency, author=school.user, recorded_at=now(),
        )  # fmt: skip
        child = CasePerson.objects.get(pk=noe.pk)
        (of_school,) = record_exposures(
            by=school, case=report.case, situation=situation, rows=[ExposureInput(child, "afterwards")]
        )
    assert seen_by(school, report.case) == [of_school]
    assert set(seen_by(world.officer, report.case)) == {of_police, of_school}
    assert seen_by(world.stranger, report.case) == []


def test_on_his_side_nobody_reads_it_whatever_was_granted(world, report, noe):
    record(world, report, ExposureInput(noe, "saw"))
    justice = make_member(make_agency(AgencyKind.JUSTICE_HOUSE, "Maison de justice", side=AgencySide.PERPETRATOR))
    bring_in(
        report.case, world.officer, justice, ["identity:victim", "children:victim", "facts:case"], side="perpetrator"
    )  # fmt: skip
    assert seen_by(justice, report.case) == []


def test_a_gender_is_kept_when_a_name_is_corrected_and_shown(world, report):
    with acting_as(world.officer):
        child = add_person(by=world.officer, case=report.case, role="child", given_name="Lila", gender="female")
        correct_person(
            access=for_case(report.case, world.officer), case_person=child, given_name="Leïla",
            family_name="Diallo-Test", birth_date=None,
        )  # fmt: skip
        assert Person.objects.get(pk=child.person_id).gender == "female"
        with pytest.raises(RuleBroken):
            add_person(by=world.officer, case=report.case, role="child", given_name="Max", gender="m")
    assert "fille ou femme" in text(as_(world.officer).get(url("cases:people", report.case)))
