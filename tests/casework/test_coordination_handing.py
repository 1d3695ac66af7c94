"""The coordination of a case goes to another coordination: what goes along, what stays, his side."""

from uuid import uuid4

import pytest
from django.http import Http404
from django.urls import reverse

from agencies.acting import acting_as
from agencies.enums import AgencyKind, Role
from agencies.models import Membership, Partnership, PartnershipMember
from cases.access import get_case
from cases.enums import CONTRIBUTE, COORDINATE, Category, EventCode, Side
from cases.models import Case, CaseEvent
from cases.services import write_note
from casework import coordinating, coordination_answering, monitoring
from casework.coordinating import Asked
from casework.parting import end_access
from common.acting import SystemContext, system_context
from common.errors import Refused, RuleBroken
from followups.models import FollowUp, FollowUpKind
from notifications.models import Notice, NoticeKind
from plans.models import AlertRoute, Rung
from riskassessment.models import CoordinationRequest, RequestState
from tests.actors import as_
from tests.factories import make_agency, make_member
from tests.plans.programme_acts import alerted, begun_by, case_with_programme
from tests.sharing.sums import drift

from .coordination_acts import WHY, ask_from_case, make_scheme, redirect, retain

pytestmark = pytest.mark.django_db


class Two:
    """A case coordinated in the east, and the coordination of the west, with which the east works under an act."""

    def __init__(self, world):
        self.world = world
        self.case = case_with_programme(world)
        self.east = make_scheme(world, world.officer, world.eva, world.programme)
        self.request = retain(self.east.coordinator, ask_from_case(world.officer, self.case, self.east))
        agency = make_agency(AgencyKind.COORDINATION, "Coordination Ouest")
        with acting_as(world.platform_admin):
            act = Partnership.objects.create(
                name="Entre coordinations", kind="dispositif", act="art. 458ter", purpose="x", who_takes_part="x",
                modalities="x",
            )  # fmt: skip
            self.place = PartnershipMember.objects.create(partnership=act, agency=agency, coordinates=True)
            PartnershipMember.objects.create(partnership=act, agency=self.east.coordinator.agency)
        self.west = make_member(agency, Role.COORDINATOR, given_name="Inès", family_name="Poncin")

    def offer(self, by: Membership | None = None, **changes) -> CoordinationRequest:
        by = by or self.east.coordinator
        with acting_as(by):
            asked = Asked(**{"place_id": self.place.pk, "why": WHY} | changes)
            return coordinating.ask_from_case(by=by, case_id=self.case.pk, asked=asked)


@pytest.fixture
def two(world):
    return Two(world)


def permissions(member: Membership, case: Case) -> set[str]:
    with acting_as(member):
        return set(get_case(case.pk, member)[1].permissions)


def owed_by(member: Membership, case: Case) -> dict[str, list]:
    with system_context(SystemContext.REMINDERS):
        rows = FollowUp.objects.filter(case=case, agency=member.agency, settled_at=None)
        found: dict[str, list] = {}
        for each in rows:
            found.setdefault(each.kind, []).append(each.due_at)
        return {kind: sorted(days) for kind, days in found.items()}


def test_until_it_is_taken_over_nothing_changes(two):
    request = two.offer()
    assert request.state == RequestState.SENT
    with acting_as(two.east.coordinator):
        assert get_case(two.case.pk, two.east.coordinator)[1].has(COORDINATE)
    with acting_as(two.west), pytest.raises(Http404):
        get_case(two.case.pk, two.west)
    assert as_(two.west).get(reverse("casework:coordination_request", args=[request.pk])).status_code == 200


def test_taken_over_what_was_owed_goes_along_with_its_hours(two):
    before = owed_by(two.east.coordinator, two.case)
    assert set(before) >= {FollowUpKind.COORDINATED_PLAN, FollowUpKind.MONITORING}
    request = retain(two.west, two.offer())
    after = owed_by(two.west, two.case)
    for kind in (FollowUpKind.COORDINATED_PLAN, FollowUpKind.MONITORING):
        assert after[kind] == before[kind], "the one clock runs on"
    assert owed_by(two.east.coordinator, two.case) == {}
    with acting_as(two.east.coordinator):
        looks = FollowUp.objects.visible_to(two.east.coordinator).filter(case=two.case, settled_at=None)
        assert not looks.filter(kind=FollowUpKind.MONITORING).exists(), "nor does it read what became of them"
    assert request.plan_due_at == two.request.plan_due_at
    assert retain(two.west, request).joined_at == request.joined_at, "sent twice, taken over once"
    with acting_as(two.west):
        access = get_case(two.case.pk, two.west)[1]
        assert access.has(COORDINATE) and access.contribute
        monitoring.look_again(by=two.west, case_id=two.case.pk, changed="no", words="", request_key=uuid4())
    assert drift() == []


def test_the_former_coordination_keeps_its_own_work_and_reads_nothing_written_since(two):
    east = two.east.coordinator
    written = {"category": Category.PSYCHOSOCIAL, "side": Side.VICTIM}
    with acting_as(east):
        case, access = get_case(two.case.pk, east)
        own = write_note(by=east, case=case, access=access, appreciation="Elle part bientôt.", **written)
    retain(two.west, two.offer())
    with acting_as(two.west):
        case, access = get_case(two.case.pk, two.west)
        since = write_note(by=two.west, case=case, access=access, appreciation="Elle vit rue des Lilas.", **written)
    with acting_as(east):
        _case, access = get_case(two.case.pk, east)
        assert not access.has(COORDINATE) and not access.has(CONTRIBUTE)
        assert access.shows(own) and not access.shows(since)
        with pytest.raises(Refused):
            monitoring.look_again(by=east, case_id=two.case.pk, changed="no", words="", request_key=uuid4())
    page = as_(east).get(reverse("cases:summary", args=[two.case.pk]))
    assert page.status_code == 200 and "Lilas" not in page.content.decode()
    with acting_as(east):
        assert Notice.objects.filter(kind=NoticeKind.COORDINATION_ANSWERED, recipient=east.user).count() == 1
    assert as_(east).get(reverse("casework:coordination_request", args=[two.request.pk])).status_code in (200, 404)


def test_an_alert_of_his_programme_goes_along(two, world):
    alert = alerted(world.programme, begun_by(world.programme, two.case))
    with system_context(SystemContext.REMINDERS):
        assert AlertRoute.objects.get(alert=alert).to_agency_id == two.east.coordinator.agency_id
    retain(two.west, two.offer())
    with system_context(SystemContext.REMINDERS):
        latest = AlertRoute.objects.filter(alert=alert).order_by("-pk").first()
    assert (latest.to_agency_id, latest.rung) == (two.west.agency_id, Rung.COORDINATION)
    assert FollowUpKind.PROGRAMME_ALERT in owed_by(two.west, two.case)
    url = reverse("casework:alert", args=[two.case.pk, alert.pk])
    assert as_(two.west).get(url).status_code == 200
    assert as_(two.east.coordinator).get(url).status_code == 404


def test_a_plan_already_agreed_on_is_owed_no_second_time(two):
    with system_context(SystemContext.REMINDERS):
        FollowUp.objects.filter(case=two.case, kind=FollowUpKind.COORDINATED_PLAN).update(
            settled_at="2026-01-01T10:00Z"
        )
    request = retain(two.west, two.offer())
    assert request.plan_due_at is None
    assert FollowUpKind.COORDINATED_PLAN not in owed_by(two.west, two.case)


def test_his_side_learns_nothing(two, world):
    def told() -> tuple:
        with acting_as(world.programme):
            case, access = get_case(two.case.pk, world.programme)
            lines = CaseEvent.objects.filter(case=case).filter(access.readable()).values_list("code", flat=True)
            return sorted(lines), Notice.objects.filter(recipient=world.programme.user).count()

    before = told()
    request = retain(two.west, two.offer())
    assert told() == before
    for name in ("cases:summary", "cases:timeline"):
        page = as_(world.programme).get(reverse(name, args=[two.case.pk])).content.decode()
        assert "Ouest" not in page
    assert as_(world.programme).get(reverse("casework:coordination_request", args=[request.pk])).status_code == 404
    assert EventCode.COORDINATION_RETAINED in events_of(world.officer, two.case)


def events_of(member: Membership, case: Case) -> set[str]:
    with acting_as(member):
        access = get_case(case.pk, member)[1]
        return set(CaseEvent.objects.filter(case=case).filter(access.readable()).values_list("code", flat=True))


def test_declined_or_withdrawn_the_former_one_goes_on(two):
    request = redirect(two.west, two.offer())
    assert request.state == RequestState.REDIRECTED
    again = two.offer()
    assert again.pk != request.pk
    with acting_as(two.east.coordinator):
        coordination_answering.withdraw(by=two.east.coordinator, request_id=again.pk)
    with acting_as(two.west), pytest.raises((RuleBroken, Http404)):
        coordination_answering.retain(by=two.west, request_id=again.pk)
    with acting_as(two.east.coordinator):
        assert get_case(two.case.pk, two.east.coordinator)[1].has(COORDINATE)


def test_only_who_answers_for_a_coordination_offers_and_takes_over(two):
    with pytest.raises(Refused):
        two.offer(two.east.colleague)
    url = reverse("casework:ask_coordination", args=[two.case.pk])
    assert as_(two.east.colleague).get(url).status_code == 403
    assert as_(two.east.coordinator).get(url).status_code == 200
    request = two.offer()
    practitioner = make_member(two.west.agency)
    with pytest.raises(Refused):
        retain(practitioner, request)
    with pytest.raises(Refused):
        redirect(practitioner, request)
    with pytest.raises(Http404):
        retain(two.world.officer, request)
    assert as_(practitioner).get(reverse("casework:coordination_request", args=[request.pk])).status_code == 200


def test_one_offer_at_a_time_and_the_first_answer_stands(two):
    first = two.offer()
    assert two.offer().pk == first.pk, "sent twice, it is one"
    other = make_agency(AgencyKind.COORDINATION, "Coordination Nord")
    with acting_as(two.world.platform_admin):
        place = PartnershipMember.objects.create(partnership=two.place.partnership, agency=other, coordinates=True)
    with pytest.raises(RuleBroken, match="déjà|already"):
        two.offer(place_id=place.pk)
    retain(two.west, first)
    with pytest.raises((Refused, RuleBroken)):
        two.offer(place_id=place.pk)


def test_who_lost_the_coordination_meanwhile_gives_nothing(two):
    request = two.offer()
    with acting_as(two.east.coordinator):
        end_access(by=two.east.coordinator, case=two.case, agency=two.east.coordinator.agency, reason="x")
    with pytest.raises(RuleBroken):
        retain(two.west, request)
    with acting_as(two.west), pytest.raises(Http404):
        get_case(two.case.pk, two.west)


def test_a_coordination_that_leads_hands_the_lead_over_first(two):
    with system_context(SystemContext.REMINDERS):
        Case.objects.filter(pk=two.case.pk).update(lead_agency=two.east.coordinator.agency)
    with pytest.raises(RuleBroken):
        two.offer()


@pytest.mark.parametrize("why", ["", "x" * 10_000, "\x00", "   "])
def test_why_is_asked_for(two, why):
    with pytest.raises(RuleBroken) as broken:
        two.offer(why=why)
    assert "why" in broken.value.errors


def test_the_pages_say_what_ends(two):
    browser = as_(two.east.coordinator)
    browser.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    page = browser.get(reverse("casework:coordination", args=[two.case.pk])).content.decode()
    assert "Hand the coordination over" in page
    url = reverse("casework:ask_coordination", args=[two.case.pk])
    assert "your own past work only" in browser.get(url).content.decode()
    sent = browser.post(url, {"place": two.place.pk, "why": WHY})
    assert sent.status_code == 302
    other = as_(two.west)
    other.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    assert "Take over the coordination" in other.get(sent.url).content.decode()
    with acting_as(two.west):
        request = CoordinationRequest.objects.get(coordination=two.west.agency)
    done = other.post(reverse("casework:retain_request", args=[request.pk]), follow=True)
    assert "Taken over: your service coordinates this case from now on." in done.content.decode()
