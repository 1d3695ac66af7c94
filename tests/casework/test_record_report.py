from datetime import timedelta

import pytest

from agencies.acting import acting_as
from cases.access import for_case
from cases.models import Case, CasePerson, ContactPoint, Person
from followups.models import FollowUp
from reports.models import Report
from tests.factories import make_report

pytestmark = pytest.mark.django_db


def test_recording_opens_a_case_the_officer_and_the_cell_see(world):
    report = make_report(world.officer)
    with acting_as(world.officer):
        case = Case.objects.visible_to(world.officer).get()
        assert case == report.case and case.reference.startswith("MOVE-")
        access = for_case(case, world.officer)
        assert access.contribute and access.can("facts", "case") and access.can("contact", "victim")
    with acting_as(world.eva):
        case = Case.objects.visible_to(world.eva).get()
        access = for_case(case, world.eva)
        assert access.can("identity", "victim") and access.can("contact", "victim")
        assert not access.can("identity", "perpetrator") and not access.can("facts", "case") and not access.level
        assert ContactPoint.objects.get().value == "+32470123442"
        assert not Report.objects.exists(), "the second lock keeps the facts closed"
        follow_up = FollowUp.objects.get()
        assert follow_up.due_at - report.met_at == timedelta(days=2)
        assert follow_up.report_reference == "BR.43.L1.001234/2026"
        assert {cp.role for cp in CasePerson.objects.all()} == {"victim", "child"}


@pytest.mark.parametrize("who", ["stranger", "other_officer", "shelter", "programme", "prosecutor", "platform_admin"])
def test_nobody_else_sees_anything(world, who):
    make_report(world.officer)
    with acting_as(getattr(world, who)):
        assert not Case.objects.visible_to(getattr(world, who)).exists()
        for model in (Case, CasePerson, Person, ContactPoint, Report, FollowUp):
            assert not model.objects.exists()
