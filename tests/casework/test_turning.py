"""Something turns: noted once, read where it belongs, never on his side where it is hers; the case is owed again."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import translation

from agencies.acting import acting_as
from cases.access import for_case
from cases.models import CaseEvent
from casework.reporting import record_report
from casework.turning import note_turning_point, turned
from common.clock import local, now
from common.errors import Refused, RuleBroken
from reports.models import ReportDraft
from reports.services import start_draft
from riskassessment.models import TurningKind, TurningPoint
from riskassessment.turning import HERS, NOTED_ON_HIS_SIDE, PLACE, kinds_for, turning_points_of
from tests.actors import all_of_his_side, as_
from tests.casework.grid_acts import CRITICALITY, POLICE, bring_in, fresh, owed, sign
from tests.factories import make_report, report_data, train

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(world):
    return make_report(world.officer).case


def today():
    return local(now()).date()


def note(by, case, kind, **changes):
    given = {"happened_on": today(), "words": "", "key": uuid4()} | changes
    with acting_as(by):
        return note_turning_point(by=by, case=case, access=for_case(case, by), kind=kind, **given)


def points(case):
    """All of them, whoever may read them."""
    return list(TurningPoint.objects.filter(case=case))


def test_every_kind_has_its_place_and_the_hers_are_not_noted_on_his_side():
    assert set(PLACE) == set(TurningKind) and not HERS & NOTED_ON_HIS_SIDE


def test_each_responsible_agency_owes_its_grid_soon_and_learns_no_more(world, case):
    train(world.shelter, course="criticality")
    bring_in(world.officer, case, world.shelter, ["level:case", "psychosocial:victim"])
    sign(world.officer, case, POLICE)
    sign(world.shelter, case, CRITICALITY)
    at = now()
    point = note(world.officer, case, "release", words="Il sort vendredi.")
    assert (point.category, point.side) == ("judicial", "perpetrator")
    soon = at + timedelta(hours=settings.TURNING_POINT_HOURS)
    (of_police,), (of_shelter,) = owed(case, POLICE), owed(case, CRITICALITY)
    for follow_up in (of_police, of_shelter):
        assert abs(follow_up.due_at - soon) < timedelta(minutes=1) and follow_up.remind_at <= now()
        assert follow_up.planned_by_agency == follow_up.agency
    assert fresh(world.officer, case).reassess_by == min(of_police.due_at, of_shelter.due_at)
    with acting_as(world.shelter):
        access = for_case(case, world.shelter)
        assert not turning_points_of(case, access).exists() and not TurningPoint.objects.exists()
        assert not CaseEvent.objects.filter(code="turning_point").exists()
    page = as_(world.shelter).get(reverse("riskassessment:case_list", args=[case.pk])).content.decode()
    assert "Il sort vendredi" not in page


def test_one_that_is_due_before_stays(world, case):
    sign(world.officer, case, POLICE, "critical")
    (before,) = owed(case)
    note(world.officer, case, "family_court")
    assert owed(case) == [before]


def test_without_any_grid_it_is_owed_by_who_noted_it_where_it_may_use_one(world, case):
    note(world.officer, case, "measure_requested")
    (unnamed,) = owed(case)
    assert unnamed.agency == world.officer.agency and unnamed.grid is None
    sign(world.officer, case, POLICE)
    assert owed(case, None) == [] and len(owed(case, POLICE)) == 1


@pytest.mark.parametrize("again", ["key", "day"])
def test_the_same_turning_point_twice_is_one(world, case, again):
    key = uuid4()
    first = note(world.officer, case, "pregnancy", key=key, words="Elle l’a dit.")
    second = note(
        world.police_referent if again == "day" else world.officer, case, "pregnancy",
        key=key if again == "key" else uuid4(), words="Elle l’a dit." if again == "key" else "",
    )  # fmt: skip
    assert second == first
    with acting_as(world.officer):
        assert len(points(case)) == 1 and len(owed(case)) == 1


def test_another_one_of_the_same_day_in_other_words_is_another(world, case):
    first = note(world.officer, case, "measure_breached", words="Devant l’école.")
    assert note(world.officer, case, "measure_breached", words="Par téléphone, le soir.") != first


def test_what_is_hers_is_never_read_on_his_side(world, case):
    """A justice house on his side holds the facts and the health of her side: it reads neither the row nor the line."""
    his_side = all_of_his_side(world, case)
    for kind in sorted(HERS):
        note(world.officer, case, kind, words=f"mot {kind}")
    note(world.officer, case, "release")
    with acting_as(his_side):
        access = for_case(case, his_side)
        assert access.can("facts", "victim") and access.can("health", "victim")
        assert {point.kind for point in turning_points_of(case, access)} == {"release"}
        assert {event.payload["kind"] for event in CaseEvent.objects.filter(code="turning_point")} == {"release"}
    browser = as_(his_side)
    for address in (
        reverse("riskassessment:case_list", args=[case.pk]),
        reverse("casework:over_time", args=[case.pk]),
        reverse("cases:summary", args=[case.pk]),
    ):
        page = browser.get(address).content.decode()
        assert not any(f"mot {kind}" in page for kind in HERS)
    with acting_as(world.officer):
        assert turning_points_of(case, for_case(case, world.officer)).count() == 4


def test_his_side_notes_what_concerns_him_and_a_reader_nothing(world, case):
    bring_in(world.officer, case, world.programme, ["identity:perpetrator"], side="perpetrator")
    with acting_as(world.programme):
        assert set(kinds_for(for_case(case, world.programme))) == NOTED_ON_HIS_SIDE
    for kind in ("move", "separation", "pregnancy", "family_court", "report", "invented"):
        with pytest.raises(RuleBroken) as refused:
            note(world.programme, case, kind)
        assert set(refused.value.errors) == {"kind"}
    assert note(world.programme, case, "programme_dropout").side == "perpetrator"
    with pytest.raises(Refused):
        note(world.reader, case, "release")


def test_the_day_is_neither_missing_nor_to_come(world, case):
    for day in (None, today() + timedelta(days=1)):
        with pytest.raises(RuleBroken) as refused:
            note(world.officer, case, "release", happened_on=day)
        assert set(refused.value.errors) == {"happened_on"}
    assert note(world.officer, case, "release", happened_on=today() - timedelta(days=400)).pk


def test_a_report_in_a_case_already_there_is_one_and_the_first_is_not(world, case):
    sign(world.officer, case, POLICE)
    with acting_as(world.officer):
        assert points(case) == []
        draft = start_draft(by=world.officer, kind="police_complaint", joins_case=case)
        report = record_report(by=world.officer, draft_id=draft.pk, data=report_data(j2_accepted="no"))
        assert record_report(by=world.officer, draft_id=draft.pk, data={}) == report
        (point,) = points(case)
        assert (point.kind, point.source_id) == ("report", report.pk) and ReportDraft.objects.exists()
        assert not CaseEvent.objects.filter(code="turning_point").exists(), "the report has its own line"
        again = turned(by=world.officer, case=case, kind="report", source_id=report.pk, happened_on=today())
        assert again == point
    (follow_up,) = owed(case)
    assert follow_up.due_at <= now() + timedelta(hours=settings.TURNING_POINT_HOURS)


def test_the_page_keeps_what_was_typed_and_leads_back(world, case):
    browser, url = as_(world.officer), reverse("casework:turning_point", args=[case.pk])
    listing = reverse("riskassessment:case_list", args=[case.pk])
    assert url in browser.get(listing).content.decode()
    key = str(uuid4())
    refused = browser.post(url, {"key": key, "kind": "move", "words": "Chez une amie."})
    assert refused.status_code == 422 and "happened_on" in refused.context["form"].errors
    assert "Chez une amie." in refused.content.decode()
    typed = {"key": key, "kind": "move", "words": "Chez une amie.", "happened_on": today().isoformat()}
    for _twice in range(2):
        assert browser.post(url, typed).status_code == 302
    with translation.override("en"):
        page = browser.get(listing).content.decode()
    assert page.count("Chez une amie.") == 1


def test_a_service_that_cannot_reach_her_notes_a_move_and_reads_its_own(world, case):
    bring_in(world.officer, case, world.stranger, ["level:case"], side="neutral")
    note(world.stranger, case, "move", words="Elle a rendu les clefs.")
    with acting_as(world.stranger):
        assert turning_points_of(case, for_case(case, world.stranger)).count() == 1
