"""How a complaint is classified is verified by somebody trained, who did not record it."""

import pytest
from django.urls import reverse

from agencies.acting import acting_as
from cases.models import Case, CaseEvent
from followups.models import FollowUp
from followups.wording import outcome_text, path_of
from notifications.models import Notice
from reports.models import ReportVerification
from tests.cases.helpers import as_, text
from tests.factories import make_report, train

pytestmark = pytest.mark.django_db


@pytest.fixture
def complaint(world):
    train(world.police_referent)
    return make_report(world.officer, "police_complaint")


def url(report) -> str:
    return reverse("casework:verify_classification", args=[report.case_id, report.pk])


def detail(report) -> str:
    return reverse("reports:detail", args=[report.case_id, report.pk])


def verify(membership, report, **said):
    return as_(membership).post(url(report), {"vif": "yes", "vc": "yes", "remarks": ""} | said)


def follow_up(world) -> FollowUp:
    with acting_as(world.officer):
        return FollowUp.objects.get(kind="classification")


def notices(membership, kind) -> int:
    with acting_as(membership):
        return Notice.objects.filter(recipient=membership.user, kind=kind).count()


def classified(world, report) -> str:
    with acting_as(world.officer):
        return Case.objects.get(pk=report.case_id).classification


def test_a_complaint_waits_to_be_verified_and_who_may_is_told(world, complaint):
    owed = follow_up(world)
    assert owed.agency == world.officer.agency and path_of(owed) == url(complaint) and not outcome_text(owed)
    assert notices(world.police_referent, "classification_waits") == 1
    assert notices(world.officer, "classification_waits") == notices(world.police_manager, "classification_waits") == 0
    assert "pas encore vérifiée" in text(as_(world.officer).get(detail(complaint)))
    assert classified(world, complaint) == "", "what nobody has verified does not hold for the case"


def test_a_dispute_has_nothing_to_verify(world):
    dispute = make_report(world.officer)
    with acting_as(world.officer):
        assert not FollowUp.objects.filter(kind="classification").exists()
    assert as_(world.officer).get(url(dispute)).status_code == 404


def test_confirmed_it_holds_and_who_recorded_it_is_told(world, complaint):
    page = text(as_(world.police_referent).get(url(complaint)))
    assert "Menaces de mort répétées." in page and 'name="vif"' in page
    assert verify(world.police_referent, complaint)["Location"] == detail(complaint)
    verify(world.police_referent, complaint)
    with acting_as(world.officer):
        found = ReportVerification.objects.get()
        assert (found.vif, found.vc, found.verified_by) == (True, True, world.police_referent.user)
        assert CaseEvent.objects.get(code="classification_verified").payload["corrected"] is False
    owed = follow_up(world)
    assert owed.settled_at and outcome_text(owed)
    assert classified(world, complaint) == "vc"
    assert notices(world.officer, "classification_verified") == 1
    assert world.police_referent.user.full_name in text(as_(world.officer).get(detail(complaint)))


def test_corrected_then_corrected_again_the_last_holds_and_the_first_stays(world, complaint):
    train(world.police_manager)
    verify(world.police_referent, complaint, vc="no", remarks="Frère et sœur.")
    assert classified(world, complaint) == "vif"
    verify(world.police_manager, complaint, vif="no", vc="")
    assert classified(world, complaint) == ""
    with acting_as(world.officer):
        assert ReportVerification.objects.count() == 2
        assert follow_up(world).outcome == "corrected"
    page = text(as_(world.officer).get(detail(complaint)))
    assert world.police_referent.user.full_name in page and world.police_manager.user.full_name in page


def test_remarks_are_for_the_service_that_recorded_it(world, complaint):
    from casework.assessing import send_complaint

    verify(world.police_referent, complaint, remarks="Revoir la circulaire.")
    with acting_as(world.officer):
        send_complaint(by=world.officer, report=complaint)
    assert "Revoir la circulaire." in text(as_(world.officer).get(detail(complaint)))
    page = as_(world.prosecutor).get(detail(complaint))
    assert page.status_code == 200 and "Revoir la circulaire." not in text(page)


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("vif", {"vif": ""}),
        ("vc", {"vc": ""}),
        ("vc", {"vif": "no", "vc": "yes"}),
        ("remarks", {"remarks": "x" * 10_000}),
        ("remarks", {"remarks": "a\x00b"}),
    ],
)
def test_what_is_wrong_is_said_by_its_field(world, complaint, field, said):
    answer = verify(world.police_referent, complaint, **said)
    assert answer.status_code == 422 and f'href="#id_{field}' in text(answer)
    with acting_as(world.officer):
        assert not ReportVerification.objects.exists()
    assert follow_up(world).settled_at is None


@pytest.mark.parametrize(("who", "get"), [("officer", 200), ("police_manager", 200), ("reader", 200)])
def test_who_recorded_it_or_is_not_trained_is_told_why(world, complaint, who, get):
    train(world.officer)
    page = as_(getattr(world, who)).get(url(complaint))
    assert page.status_code == get and 'name="vif"' not in text(page)
    assert f"Qui peut la vérifier : {world.police_referent.user.full_name}." in text(page)
    assert verify(getattr(world, who), complaint).status_code == 403
    with acting_as(world.officer):
        assert not ReportVerification.objects.exists()


def test_where_nobody_is_trained_that_is_said(world):
    report = make_report(world.officer, "police_complaint")
    assert "inscrit comme formé" in text(as_(world.police_manager).get(url(report)))


@pytest.mark.parametrize("who", ["eva", "other_officer", "stranger", "prosecutor", "shelter"])
def test_elsewhere_there_is_no_such_page(world, complaint, who):
    train(getattr(world, who))
    assert as_(getattr(world, who)).get(url(complaint)).status_code == 404
    assert verify(getattr(world, who), complaint).status_code == 404


def test_my_work_lists_it_for_who_may_and_for_nobody_else(world, complaint):
    home = reverse("casework:my_work")
    assert url(complaint) in text(as_(world.police_referent).get(home))
    assert url(complaint) not in text(as_(world.officer).get(home))
    assert url(complaint) not in text(as_(world.police_manager).get(home))
