"""A family dispute that turns into a complaint carries everything over, once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.urls import reverse

from agencies.acting import acting_as
from cases.models import CaseEvent, CasePerson
from followups.models import FollowUp
from reports.models import ChildExposure, Report, ReportDraft
from riskassessment.models import TurningPoint
from tests.cases.helpers import as_, text
from tests.factories import COMPLAINT, make_report

pytestmark = pytest.mark.django_db


@pytest.fixture
def dispute(world):
    return make_report(
        world.officer,
        means="Les mains.",
        police_code="42L",
        unknown_sections=["orientation"],
        orientation="",
        **{"children-0-exposure": "heard", "children-0-impact": "Il pleure."},
    )


def begin(client, report):
    return client.post(reverse("reports:continue_report", args=[report.case_id, report.pk]))


def drafts(world, report) -> list[ReportDraft]:
    with acting_as(world.officer):
        return list(ReportDraft.objects.filter(continues=report, discarded_at=None))


def record(client, draft, **changes):
    data = draft.data | COMPLAINT | {"version": draft.version} | changes
    return client.post(reverse("casework:record_report", args=[draft.pk]), data)


def detail(report) -> str:
    return reverse("reports:detail", args=[report.case_id, report.pk])


def test_nothing_is_typed_again(world, dispute):
    client = as_(world.officer)
    assert reverse("reports:continue_report", args=[dispute.case_id, dispute.pk]) in text(client.get(detail(dispute)))
    begun, again = begin(client, dispute), begin(as_(world.police_referent), dispute)
    (draft,) = drafts(world, dispute)
    assert begun["Location"] == again["Location"] == reverse("reports:draft", args=[draft.pk]), "two clicks, one draft"

    page = text(client.get(begun["Location"]))
    with acting_as(world.officer):
        child = CasePerson.objects.get(role="child")
    for words in ("Les mains.", "42L", "1210", "Menaces de mort répétées.", "Il pleure.", f"known-{child.pk}-impact"):
        assert words in page, words
    assert 'name="victim_family_name"' not in page and 'name="vif"' in page

    done = record(client, draft)
    assert done.status_code == 302, text(done)
    with acting_as(world.officer):
        complaint = Report.objects.get(kind="police_complaint")
        assert complaint.continues_id == dispute.pk and complaint.case_id == dispute.case_id
        for name in ("facts_words", "means", "place", "postal_code", "police_code", "violence_types", "occurred_at",
                     "risk_threats", "measure", "unknown_sections", "children_present", "pv_number"):  # fmt: skip
            assert getattr(complaint, name) == getattr(dispute, name), name
        assert CasePerson.objects.filter(role="child").count() == 1
        assert ChildExposure.objects.filter(report=complaint, case_person=child, exposure="heard").count() == 1
        event = CaseEvent.objects.get(code="complaint_continues")
        assert event.payload["report"] == str(complaint.pk) and event.payload["continues"] == str(dispute.pk)
        assert FollowUp.objects.filter(kind="j2_contact").count() == 1, "she is called once"
        assert not TurningPoint.objects.exists(), "the same event, not another one"
    assert detail(dispute) in text(client.get(detail(complaint)))
    page = text(client.get(detail(dispute)))
    assert detail(complaint) in page and "/continue/" not in page
    summary = text(client.get(done["Location"]))
    assert 'value="police-demonstration"' in summary, "the full grid of the complaint is owed"


def test_a_second_complaint_is_refused(world, dispute):
    client = as_(world.officer)
    begin(client, dispute)
    (draft,) = drafts(world, dispute)
    record(client, draft)
    assert begin(client, dispute)["Location"] == detail(dispute)
    with acting_as(world.officer):
        assert Report.objects.filter(kind="police_complaint").count() == 1
        assert ReportDraft.objects.filter(continues=dispute).count() == 1


def test_thrown_away_it_begins_again(world, dispute):
    client = as_(world.officer)
    begin(client, dispute)
    (draft,) = drafts(world, dispute)
    client.post(reverse("reports:discard", args=[draft.pk]))
    begin(client, dispute)
    (second,) = drafts(world, dispute)
    assert second.pk != draft.pk and second.data["facts_words"] == dispute.facts_words


def test_she_who_had_declined_the_call_may_accept_it_with_the_complaint(world):
    dispute = make_report(world.officer, j2_accepted="no")
    client = as_(world.officer)
    begin(client, dispute)
    (draft,) = drafts(world, dispute)
    assert draft.data["j2_accepted"] == "no"
    assert record(client, draft, j2_accepted="yes").status_code == 302
    with acting_as(world.officer):
        assert FollowUp.objects.filter(kind="j2_contact").count() == 1


@pytest.mark.parametrize(
    ("who", "status"),
    [("reader", 403), ("other_officer", 404), ("eva", 404), ("stranger", 404), ("shelter", 404), ("prosecutor", 404)],
)
def test_the_zone_that_recorded_it_continues_it(world, dispute, who, status):
    assert begin(as_(getattr(world, who)), dispute).status_code == status
    assert drafts(world, dispute) == []


def test_a_complaint_is_not_continued(world):
    complaint = make_report(world.officer, "police_complaint")
    assert begin(as_(world.officer), complaint).status_code == 403
    assert "/continue/" not in text(as_(world.officer).get(detail(complaint)))


@pytest.mark.django_db(transaction=True)
def test_clicked_five_times_at_once_it_is_one_draft(committed_world):
    world = committed_world
    dispute = make_report(world.officer)

    def click(_):
        try:
            return begin(as_(world.officer), dispute)["Location"]
        finally:
            connection.close()

    with ThreadPoolExecutor(5) as pool:
        assert len(set(pool.map(click, range(5)))) == 1
    assert len(drafts(world, dispute)) == 1
