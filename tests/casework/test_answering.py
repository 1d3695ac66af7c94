"""A service leads a case while it stands on his side: what tells of her goes to another one, and is answered there."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from agencies.acting import acting_as
from agencies.enums import AgencyKind, Role
from cases.access import participants, write_grants
from cases.answering import answers, answers_about
from cases.enums import CONTRIBUTE, COORDINATE, VIEW_CASE, ParticipationSide
from cases.models import Case
from casework import monitoring
from casework.withdrawing import _referent
from common.acting import SystemContext, system_context
from common.clock import now
from followups.models import FollowUp, FollowUpKind
from notifications.models import Notice, NoticeKind
from plans.models import ClosingKind
from plans.release_asks import carrier, last_resort, who_is_asked
from sharing.models import BreakGlass, SafetyIncident
from tests.actors import as_
from tests.casework.custody_acts import HIS
from tests.casework.grid_acts import bring_in
from tests.casework.test_closing import fresh, ready, shut
from tests.factories import make_agency, make_member, make_report
from tests.sharing.test_break_glass import open_
from tests.sharing.test_incidents import report

pytestmark = pytest.mark.django_db


def led_by(member, case: Case, *, side: str = "perpetrator", by) -> Case:
    """The same case, led by the service of `member`, which stands on this side."""
    bring_in(by, case, member, HIS, side=side)
    with system_context(SystemContext.REMINDERS):
        Case.objects.filter(pk=case.pk).update(lead_agency=member.agency)
    return fresh(case)


def owed_by_agency(case: Case, kind: str) -> set:
    with system_context(SystemContext.REMINDERS):
        return set(FollowUp.objects.filter(case=case, kind=kind, settled_at=None).values_list("agency", flat=True))


def leave(case: Case, *members) -> None:
    """These services take no part any more."""
    for member in members:
        with system_context(SystemContext.GRANTS):
            write_grants(case=case, agency=member.agency, grants={}, side="")


def test_the_lead_answers_unless_it_stands_on_his_side(world):
    case = fresh(make_report(world.officer).case)
    assert answers(case) == answers_about(case, "perpetrator") == world.officer.agency
    case = led_by(world.programme, case, by=world.officer)
    assert answers(case) == world.eva.agency, "who calls her first of those who reach her"
    assert answers_about(case, "perpetrator") == world.programme.agency, "what is his stays with it"
    with acting_as(world.officer):
        asked, _person = _referent(world.officer, case, participants([case]))
    assert asked != world.programme.agency
    leave(case, world.eva)
    assert answers(case) == world.officer.agency
    leave(case, world.officer, world.prosecutor)
    assert answers(case) is None, "nobody but his side is left"


def test_close_monitoring_is_owed_and_answered_by_who_reaches_her(world):
    case = led_by(world.programme, make_report(world.officer).case, by=world.officer)
    bring_in(world.officer, case, world.eva, ["contact:victim", "identity:victim", "level:case"])
    with acting_as(world.officer):
        Case.objects.filter(pk=case.pk).update(level="critical", level_at=now())
        monitoring.begin(
            by=world.officer, case_id=case.pk, until=now() + timedelta(days=9), why="Il la suit.", request_key=uuid4()
        )
    assert owed_by_agency(case, FollowUpKind.MONITORING) == {world.eva.agency_id}
    with acting_as(world.eva):
        monitoring.look_again(by=world.eva, case_id=case.pk, changed="no", words="Rien de neuf.", request_key=uuid4())
    assert owed_by_agency(case, FollowUpKind.MONITORING) == {world.eva.agency_id}
    page = reverse("casework:looked_again", args=[case.pk])
    assert as_(world.programme).post(page, {"request_key": uuid4()}).status_code in (403, 404)


def test_supervision_is_owed_by_the_coordination_not_by_the_lead_on_his_side(world):
    case = ready(world)
    agency = make_agency(AgencyKind.COORDINATION, "Coordination Nord")
    coordinator = make_member(agency, Role.COORDINATOR)
    grants = {VIEW_CASE: None, CONTRIBUTE: None, COORDINATE: None, "view_network_victim": None}
    with system_context(SystemContext.GRANTS):
        write_grants(case=case, agency=agency, grants=grants, side=ParticipationSide.NEUTRAL)
    case = led_by(world.programme, case, by=world.officer)
    shut(coordinator, case, ClosingKind.SUPERVISED, set_aside=["parts"], set_aside_words="La zone est d’accord.")
    assert owed_by_agency(case, FollowUpKind.SUPERVISION) == {agency.pk}
    with acting_as(world.programme):
        assert not FollowUp.objects.visible_to(world.programme).filter(kind=FollowUpKind.SUPERVISION).exists()


def test_a_programme_is_not_asked_to_reach_her_wherever_it_stands_unless_it_does_already(world):
    both = make_member(make_agency(AgencyKind.PERPETRATOR_PROGRAMME, "Programme Balise"))
    case = led_by(both, make_report(world.officer).case, side="neutral", by=world.officer)
    assert both.agency not in {agency for agency, _why in who_is_asked(case)}
    leave(case, world.officer, world.eva, world.prosecutor)
    assert who_is_asked(case) == [], "neither as who leads, nor because nobody else is there"
    assert carrier(case) == world.platform_admin.agency
    assert {each.agency_id for each in last_resort(case)} == {world.platform_admin.agency_id}
    bring_in(both, case, world.stranger, ["identity:victim"], side="neutral")
    assert who_is_asked(case) == [(world.stranger.agency, "other")]
    bring_in(world.stranger, case, both, ["contact:victim"], side="neutral")
    assert (both.agency, "lead") in who_is_asked(case), "it reaches her already"


def test_a_lead_on_his_side_is_told_of_no_emergency_and_no_incident(world):
    """The reason of an emergency says where she is; an incident that her number was called."""
    case = make_report(world.officer).case
    manager, nurse = make_member(world.programme.agency, Role.MANAGER), make_member(make_agency(AgencyKind.HOSPITAL))
    officer = make_member(world.platform_admin.agency, Role.DATA_PROTECTION_OFFICER)
    kinds = [NoticeKind.BREAK_GLASS_OPENED, NoticeKind.INCIDENT_REPORTED]

    def known(by) -> list[int]:
        with acting_as(by):
            mine = [BreakGlass.objects.known_to(by), SafetyIncident.objects.known_to(by)]
            rows = [BreakGlass.objects.all(), SafetyIncident.objects.all()]
            assert [each.count() for each in mine] == [each.count() for each in rows], "both locks say the same"
            return [each.count() for each in mine]

    def told(by) -> int:
        with acting_as(by):
            return Notice.objects.filter(recipient=by.user, kind__in=kinds).count()

    case = led_by(world.programme, case, by=world.officer)
    open_(nurse)
    report(world.eva, case)
    assert known(manager) == [0, 0] and told(manager) == 0
    assert told(officer) == 2, "the data-protection officer is told, and reviews"
    with system_context(SystemContext.REMINDERS):
        Case.objects.filter(pk=case.pk).update(lead_agency=world.officer.agency)
    assert known(world.police_manager) == [1, 1]
