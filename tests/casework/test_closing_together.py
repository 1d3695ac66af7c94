"""Closing and opening at the same moment: one of them wins, the other is told who was first, nothing is lost."""

import pytest

from agencies.acting import acting_as
from agencies.enums import Role
from cases.enums import Stage
from casework import closing, leading
from common.errors import RuleBroken
from common.ids import uuid7
from plans.models import CaseClosing, CaseReopening, ClosingKind, LeadAnswer, LeadOffer
from reports.models import Report
from tests.casework.test_closing import WHY, fresh, ready, report_again, shut, stamp_of
from tests.factories import make_member, make_report
from tests.sharing.test_together import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def doing(by, act, **given):
    """The act as this member, in a connection of its own."""

    def run():
        with acting_as(by):
            return act(by=by, request_key=uuid7(), **given).pk

    return run


def refused(results) -> list[RuleBroken]:
    assert all(isinstance(each, RuleBroken) for each in results if isinstance(each, Exception)), results
    return [each for each in results if isinstance(each, RuleBroken)]


def rows_of(world, model) -> int:
    with acting_as(world.police_referent):
        return model.objects.count()


def test_closing_and_opening_at_the_same_moment(committed_world):
    world = committed_world
    case = ready(world)
    given = {"case_id": case.pk, "kind": ClosingKind.FULL, "words": WHY}
    seen = stamp_of(world.police_referent, case)

    # two who close: the second one is told who was first
    results = at_once(
        doing(world.police_referent, closing.close, seen=seen, **given),
        doing(world.police_manager, closing.close, seen=seen, **given),
    )
    (second,) = refused(results)
    assert rows_of(world, CaseClosing) == 1
    assert fresh(case).stage == Stage.CLOSED
    names = (world.police_referent.user.full_name, world.police_manager.user.full_name)
    assert any(name in str(second) for name in names)

    # two who open it again
    seen = stamp_of(world.police_referent, case)
    results = at_once(
        doing(world.police_referent, closing.reopen, seen=seen, case_id=case.pk, words="Elle a rappelé."),
        doing(world.eva, closing.reopen, seen=seen, case_id=case.pk, words="Elle est revenue."),
    )
    assert len(refused(results)) == 1
    assert rows_of(world, CaseReopening) == 1
    assert fresh(case).stage == Stage.FOLLOWED


def test_a_report_at_the_moment_of_the_closing_is_never_in_a_closed_case(committed_world):
    world = committed_world
    case = ready(world)
    shut(world.police_referent, case, ClosingKind.SUPERVISED)
    seen = stamp_of(world.police_referent, case)

    def reports():
        return report_again(world.officer, case).pk

    results = at_once(
        doing(world.police_referent, closing.close, seen=seen, case_id=case.pk, kind=ClosingKind.FULL, words=WHY),
        reports,
    )
    # whoever was first: the report is there, the case is open
    assert fresh(case).stage == Stage.FOLLOWED
    assert fresh(case).closed_at is None
    assert rows_of(world, Report) == 2
    assert rows_of(world, CaseReopening) == 1
    assert len(refused(results)) == (rows_of(world, CaseClosing) == 1)


def test_one_answer_to_an_offer_of_the_lead(committed_world):
    world = committed_world
    case = make_report(world.officer).case
    colleague = make_member(world.eva.agency, Role.REFERENT)
    with acting_as(world.police_referent):
        offer = leading.offer_lead(
            by=world.police_referent,
            case_id=case.pk,
            agency_id=world.eva.agency_id,
            why="closer",
            words="À suivre.",
            request_key=uuid7(),
        )

    def answering(by, act, **given):
        def run():
            with acting_as(by):
                return act(by=by, case_id=case.pk, offer_id=offer.pk, **given).state

        return run

    results = at_once(
        answering(world.eva_referent, leading.accept_lead),
        answering(colleague, leading.decline_lead, words="Plus de place."),
        answering(world.police_referent, leading.withdraw_lead),
    )
    assert len(refused(results)) == 2
    with acting_as(world.eva_referent):
        assert LeadAnswer.objects.count() == LeadOffer.objects.count() == 1
        accepted = LeadAnswer.objects.get().state == "accepted"
    assert (fresh(case).lead_agency_id == world.eva.agency_id) is accepted
