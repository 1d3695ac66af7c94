"""Reports read in a case: their sections to who sees the facts, nothing to the others."""

import pytest
from django.urls import reverse

from agencies.acting import acting_as
from audit.models import AuditEvent
from tests.cases.helpers import Queries, as_, bring_in_programme, text, url
from tests.casework.grid_acts import bring_in
from tests.factories import make_report

pytestmark = pytest.mark.django_db


@pytest.fixture
def report(world):
    return make_report(world.officer, unknown_sections=["orientation"], orientation="")


def detail(report) -> str:
    return reverse("reports:detail", args=[report.case_id, report.pk])


def test_a_report_is_read_by_section(world, report):
    client = as_(world.officer)
    listing = text(client.get(url("reports:case_list", report.case)))
    assert detail(report) in listing and f"{reverse('reports:new')}?case={report.case_id}" in listing
    page = text(client.get(detail(report)))
    for words in (
        "à la gorge",
        "ne sortirais pas vivante",
        "Marc Delvaux",
        "Zone de police A",
        "On ne sait pas",
        "judiciaire",
    ):
        assert words in page, words
    with acting_as(world.officer):
        assert AuditEvent.objects.filter(object_kind="cases.reports", fields=["facts:case"]).count() == 2


@pytest.mark.parametrize("who", ["eva", "programme", "stranger", "other_officer", "shelter", "prosecutor"])
def test_the_facts_stay_closed(world, report, who):
    bring_in_programme(report.case, world.officer, world.programme)
    client = as_(getattr(world, who))
    assert client.get(url("reports:case_list", report.case)).status_code == 404
    assert client.get(detail(report)).status_code == 404


def test_on_his_side_the_pages_name_neither_the_zone_nor_who_wrote_it_as_the_api_does_not(world, report):
    bring_in(world.officer, report.case, world.programme, ["facts:case", "identity:perpetrator"], side="perpetrator")
    client = as_(world.programme)
    for address in (url("reports:case_list", report.case), detail(report)):
        page = text(client.get(address))
        assert "un autre service" in page, address
        assert "Delvaux" not in page and "Zone de police A" not in page, address
    told = client.get(reverse("api:case_report", args=[report.case_id, report.pk]))
    assert told.status_code == 200 and told.json()["agency"] is None


def test_a_report_is_looked_up_through_its_case(world, report):
    other = make_report(world.officer)
    client = as_(world.officer)
    assert client.get(reverse("reports:detail", args=[report.case_id, other.pk])).status_code == 404
    assert client.get(reverse("reports:detail", args=[report.case_id, report.case_id])).status_code == 404


def test_a_reader_is_offered_no_act(world, report):
    page = text(as_(world.reader).get(url("reports:case_list", report.case)))
    assert reverse("reports:new") not in page


def test_the_list_costs_the_same_with_more_reports(world, report):
    from casework.reporting import record_report
    from reports.services import start_draft
    from tests.factories import report_data

    client = as_(world.officer)
    client.get(url("reports:case_list", report.case))
    with Queries() as few:
        client.get(url("reports:case_list", report.case))
    with acting_as(world.officer):
        for _ in range(4):
            draft = start_draft(by=world.officer, kind="police_complaint", joins_case=report.case)
            record_report(by=world.officer, draft_id=draft.pk, data=report_data())
    with Queries() as many:
        page = text(client.get(url("reports:case_list", report.case)))
    assert few.count == many.count and page.count("work") and page.count("/reports/0") >= 5
