"""The shift sheet: of a police zone alone, of its own cases, without an address, for some hours."""

from datetime import timedelta

import pypdfium2
import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from agencies.acting import acting_as
from agencies.enums import Role
from audit.models import Action, AuditEvent
from cases.models import Case
from casework import briefing
from common.clock import now, travel
from tests.actors import as_, excluded_colleague, restricted_case
from tests.factories import World, make_member, make_report
from tests.plans.measure_acts import CONDITIONS, KEPT, PLACES, notified_ban
from tests.plans.needs_acts import flag, person_in

pytestmark = pytest.mark.django_db

PAGE, PDF = "casework:briefing", "casework:briefing_pdf"


@pytest.fixture
def case(world: World) -> Case:
    return make_report(world.officer).case


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def text(by) -> str:
    answer = as_(by).get(reverse(PAGE), headers={"accept-language": "en"})
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def paper(by) -> str:
    answer = as_(by).get(reverse(PDF), headers={"accept-language": "en"})
    assert answer.status_code == 200 and answer["Content-Type"] == "application/pdf"
    document = pypdfium2.PdfDocument(answer.content)
    assert document.is_tagged()
    return " ".join(" ".join(each.get_textpage().get_text_range().split()) for each in document)


def on_it(by) -> list[str]:
    """References of the cases on the sheet of this member."""
    with acting_as(by):
        found = briefing.sheet(by, "fr")
        return [Case.objects.get(pk=pk).reference for pk in found.cases]


def test_it_says_what_holds_in_the_cases_of_the_zone(world, case):
    with acting_as(world.officer):
        him = person_in(case, "presumed_perpetrator")
    flag(world.officer, case, about="person", case_person_id=him.pk)
    notified_ban(world.officer, case)
    shown = text(world.reader)  # whoever reads in the zone
    for expected in (
        "Yvan Morel-Test", "Y aller à deux.", "Temporary residence ban", case.reference, "protects F. D.",
        "Five questions at the counter",
    ):  # fmt: skip
        assert expected in shown, expected


def test_no_address_no_number_and_no_name_of_hers_stands_on_it(world, case):
    flag(world.officer, case)
    notified_ban(world.officer, case)
    for said in (text(world.officer), paper(world.officer)):
        for never in (PLACES, KEPT, CONDITIONS, "0470", "Diallo-Test", "Fatou", "bibliothèque", "1210"):
            assert never not in said, never


def test_the_paper_says_until_when_it_may_be_used(world, case):
    flag(world.officer, case)
    said = paper(world.officer)
    assert settings.BRIEFING_HOURS == 12
    assert "May be used until" in said and "Then destroy it." in said
    assert "Y aller à deux." in said and "Marc Delvaux" in said
    with acting_as(world.officer):
        found = briefing.sheet(world.officer, "fr")
        assert found.until - found.made_at == timedelta(hours=12)


def test_each_reading_and_each_print_is_on_record(world, case):
    flag(world.officer, case)
    with acting_as(world.officer):
        before = AuditEvent.objects.filter(object_kind=briefing.KIND).count()
    text(world.officer)
    paper(world.officer)
    with acting_as(world.officer):
        events = list(AuditEvent.objects.filter(object_kind=briefing.KIND).order_by("at"))
    assert before == 0
    assert [event.action for event in events] == [Action.LISTED, Action.LISTED, Action.EXPORTED]
    assert events[-1].case_id == case.pk
    assert str(case.pk) in str(events[0].fields)


def test_it_exists_for_police_zones_alone(world, case):
    flag(world.officer, case)
    for member in (world.eva, world.prosecutor, world.shelter, world.programme, world.stranger, world.platform_admin):
        assert as_(member).get(reverse(PAGE)).status_code == 404
        assert as_(member).get(reverse(PDF)).status_code == 404
    admin = make_member(world.officer.agency, Role.AGENCY_ADMINISTRATOR)
    assert as_(admin).get(reverse(PAGE)).status_code == 200


def test_another_zone_reads_nothing_of_it(world, case):
    flag(world.officer, case)
    notified_ban(world.officer, case)
    assert on_it(world.officer) == [case.reference]
    assert on_it(world.other_officer) == []
    assert "Yvan" not in text(world.other_officer)


def test_what_not_every_colleague_may_read_is_left_out_and_counted(world, case):
    hidden, kept = restricted_case(world), make_report(world.officer).case
    colleague = excluded_colleague(world, case)
    for each, by in ((hidden, world.police_referent), (case, world.officer), (kept, world.officer)):
        flag(by, each)
    assert on_it(world.police_referent) == [kept.reference]
    assert "2 cases do not stand here" in text(world.police_referent)
    assert on_it(colleague) == [kept.reference]


def test_what_is_over_leaves_the_sheet(world, case):
    flag(world.officer, case)
    with travel(now() + timedelta(days=40)):
        assert on_it(world.officer) == []


def test_as_many_queries_whatever_holds(world, case):
    flag(world.officer, case)
    notified_ban(world.officer, case)
    client = as_(world.officer)
    client.get(reverse(PAGE))

    def count() -> int:
        with CaptureQueriesContext(connection) as found:
            assert client.get(reverse(PAGE)).status_code == 200
        return len(found)

    few = count()
    for _each in range(2):
        other = make_report(world.officer).case
        flag(world.officer, other)
        flag(world.officer, other, about="place")
        notified_ban(world.officer, other)
    assert count() == few
