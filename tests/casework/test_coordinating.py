"""A request to the coordination: every state and actor, the clock, what opens and when, what his side is told."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.http import Http404
from django.test import Client
from django.urls import reverse

from agencies.acting import acting_as
from agencies.enums import AgencyKind, AgencySide
from agencies.models import PartnershipMember
from cases.access import for_case, get_case
from cases.enums import Category, EventCode, Level, Side
from cases.models import Case, CaseEvent, CasePerson
from cases.services import set_level
from casework import coordinating, coordination_answering
from casework.joining import Names
from common.acting import SystemContext, system_context
from common.clock import local, now, travel
from common.errors import Refused, RuleBroken
from followups.models import FollowUp, FollowUpKind
from notifications.models import Notice, NoticeKind
from plans.models import PlanAgreement
from riskassessment import consulting
from riskassessment.consulting_perms import may_end_monitoring
from riskassessment.models import CoordinationRequest, RequestState
from sharing.models import Basis, SharingDecision, WayIn
from sharing.services import decide, revoke
from tests.actors import as_, restricted_case
from tests.factories import make_agency, make_member, make_report
from tests.plans.actions_acts import plan_one
from tests.referrals_acts import accept, send
from tests.sharing.sums import drift

from .coordination_acts import WHY, ask_from_case, ask_from_consultation, asked, consult, make_scheme, redirect, retain

pytestmark = pytest.mark.django_db


@pytest.fixture
def scheme(world):
    return make_scheme(world, world.eva, world.officer, world.programme, world.shelter)


@pytest.fixture
def case(world):
    """A case of the zone; the cell that calls takes part, and his programme."""
    report = make_report(world.officer)
    accept(
        world.programme, send(world.officer, report.case, world.programme, role="presumed_perpetrator", need="other")
    )
    return report.case


def seen(member, case) -> Case:
    with acting_as(member):
        return get_case(case.pk, member)[0]


def english(member) -> Client:
    client = as_(member)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def access_of(member, case):
    with acting_as(member):
        found = Case.objects.visible_to(member).filter(pk=case.pk).first()
        return for_case(found, member) if found else None


def events(member, case) -> set[str]:
    with acting_as(member):
        access = for_case(Case.objects.get(pk=case.pk), member)
        return set(CaseEvent.objects.filter(case=case).filter(access.readable()).values_list("code", flat=True))


def told(member, kind) -> int:
    with acting_as(member):
        return Notice.objects.filter(recipient=member.user_id, kind=kind).count()


def fresh(request) -> CoordinationRequest:
    with system_context(SystemContext.CONSULTATIONS):
        return CoordinationRequest.objects.get(pk=request.pk)


# --- whom to ask ----------------------------------------------------------------------------------------------
def test_only_a_coordination_of_a_live_scheme_one_takes_part_in(world, scheme, case):
    assert [place.pk for place in coordinating.places(world.eva.agency_id)] == [scheme.place.pk]
    assert coordinating.places(world.stranger.agency_id) == [], "takes no part"
    assert coordinating.places(scheme.coordinator.agency_id) == [], "not itself"
    with acting_as(world.eva), pytest.raises(RuleBroken) as refused:
        coordinating.ask_from_case(by=world.eva, case_id=case.pk, asked=asked(scheme, place_id=uuid4()))
    assert set(refused.value.errors) == {"place"}
    for change in (
        {"kind": "platform"},
        {"ends_at": now() - timedelta(days=1), "starts_at": now() - timedelta(days=9)},
    ):
        with transaction.atomic():
            type(scheme.partnership).objects.filter(pk=scheme.partnership.pk).update(**change)
            assert coordinating.places(world.eva.agency_id) == [], change
            transaction.set_rollback(True)


# --- asking from a case ---------------------------------------------------------------------------------------
def test_asking_without_names_opens_nothing(world, scheme, case):
    request = ask_from_case(world.eva, case, scheme)
    assert request.state == RequestState.SENT and not request.with_identity
    assert access_of(scheme.coordinator, case) is None
    page = as_(scheme.coordinator).get(reverse("casework:coordination_request", args=[request.pk]))
    text = page.content.decode()
    assert page.status_code == 200 and WHY.replace("'", "&#x27;") in text
    assert "Diallo" not in text and case.reference not in text
    assert told(scheme.coordinator, NoticeKind.COORDINATION_REQUESTED) == 1
    assert told(scheme.reader, NoticeKind.COORDINATION_REQUESTED) == 0
    assert EventCode.COORDINATION_ASKED in events(world.officer, case)
    assert EventCode.COORDINATION_ASKED not in events(world.programme, case)
    assert drift() == []


def test_sent_twice_it_is_the_same_request(world, scheme, case):
    first = ask_from_case(world.eva, case, scheme)
    again = ask_from_case(world.eva, case, scheme, why="Autre chose.")
    assert first.pk == again.pk and told(scheme.coordinator, NoticeKind.COORDINATION_REQUESTED) == 1
    with pytest.raises(RuleBroken) as refused:  # another service of the case, which may not know of the first
        ask_from_case(world.programme, case, scheme)
    assert "" in refused.value.errors


def test_what_expired_unswept_holds_no_place(world, scheme, case):
    first = ask_from_case(world.eva, case, scheme)
    past(first)
    second = ask_from_case(world.officer, case, scheme)
    assert second.state == RequestState.SENT and fresh(first).state == RequestState.EXPIRED


def past(*found) -> None:
    with system_context(SystemContext.CONSULTATIONS):
        for each in found:
            type(each).objects.filter(pk=each.pk).update(expires_at=now() - timedelta(days=1))


def test_with_the_names_they_are_read_in_the_case_and_copied_nowhere(world, scheme, case):
    request = ask_from_case(world.officer, case, scheme, with_identity=True)
    access = access_of(scheme.coordinator, case)
    assert access.can(Category.IDENTITY, Side.VICTIM) and access.can(Category.IDENTITY, Side.PERPETRATOR)
    assert {category for category, _side in access.categories} == {Category.IDENTITY}, "who they are, nothing else"
    assert not access.contribute
    with acting_as(scheme.coordinator):
        decision = SharingDecision.objects.get(case=case, recipient=scheme.coordinator.agency)
    assert (decision.basis, decision.way_in, decision.ends_at) == (
        Basis.CONSULTATION, WayIn.COORDINATION, request.expires_at,
    )  # fmt: skip
    text = as_(scheme.coordinator).get(reverse("casework:coordination_request", args=[request.pk])).content.decode()
    assert "Fatou Diallo-Test" in text and "Yvan Morel-Test" in text and case.reference in text
    assert "Diallo" not in str(fresh(request).__dict__)
    assert drift() == []


def test_the_words_name_nobody_of_the_case(world, scheme, case):
    for changes in ({"why": "Diallo-Test le craint."}, {"why": ""}, {"why": "Appelez le 0470 12 34 42."}):
        with pytest.raises(RuleBroken) as refused:
            ask_from_case(world.officer, case, scheme, **changes)
        assert set(refused.value.errors) <= {"why", consulting.CONFIRM}
    with pytest.raises(RuleBroken) as refused:
        ask_from_case(world.officer, case, scheme, feared_events=("boredom",))
    assert set(refused.value.errors) == {"feared_events"}


def test_no_level_of_police_goes_along(world, scheme, case):
    with acting_as(world.officer):
        found = Case.objects.get(pk=case.pk)
        set_level(case=found, level=Level.HIGH, provisional=False, at=now(), reassess_by=None)
        assert coordinating.what_goes_along(found, world.officer) is None
    assert ask_from_case(world.officer, case, scheme).level == ""
    text = english(world.officer).get(reverse("casework:ask_coordination", args=[case.pk])).content.decode()
    assert "prosecutor’s authorisation" in text


def test_who_may_not_add_does_not_ask(world, scheme, case):
    for member, error in ((world.reader, Refused), (world.stranger, Http404), (scheme.coordinator, Http404)):
        with acting_as(member), pytest.raises(error):
            coordinating.ask_from_case(by=member, case_id=case.pk, asked=asked(scheme))


# --- every state and every actor --------------------------------------------------------------------------------
ACTS = {
    "retain": lambda by, pk: coordination_answering.retain(by=by, request_id=pk),
    "redirect": lambda by, pk: coordination_answering.redirect(by=by, request_id=pk, reason="Le refuge."),
    "withdraw": lambda by, pk: coordination_answering.withdraw(by=by, request_id=pk),
    "identify": lambda by, pk: coordination_answering.give_identity(
        by=by, request_id=pk, names=Names(victim_family_name="Test", perpetrator_family_name="Essai")
    ),
}
ALLOWED = {  # (state, actor): acts that pass
    ("sent", "coordinator"): {"retain", "redirect"},
    ("sent", "asker"): {"withdraw"},
    ("retained", "coordinator"): {"retain"},
    ("retained", "asker"): {"identify"},
    ("redirected", "coordinator"): {"redirect"},
    ("redirected", "asker"): set(),
    ("withdrawn", "coordinator"): set(),
    ("withdrawn", "asker"): {"withdraw"},
    ("joined", "coordinator"): {"retain"},
    ("joined", "asker"): {"identify"},
}
"""The same act again changes nothing, so that it passes."""


@pytest.mark.parametrize("reached", ["sent", "retained", "redirected", "withdrawn", "joined"])
def test_each_act_in_each_state_by_each_actor(world, scheme, reached):
    request = ask_from_consultation(world.eva, consult(world.eva), scheme)
    if reached in ("retained", "joined"):
        retain(scheme.coordinator, request)
    if reached == "joined":
        with acting_as(world.eva):
            ACTS["identify"](world.eva, request.pk)
    if reached == "redirected":
        redirect(scheme.coordinator, request)
    if reached == "withdrawn":
        with acting_as(world.eva):
            coordination_answering.withdraw(by=world.eva, request_id=request.pk)
    before = fresh(request).state
    readers = {"reader of the coordination": scheme.reader, "outsider": world.shelter, "platform": world.platform_admin}
    actors = {"coordinator": scheme.coordinator, "asker": world.eva} | readers
    for actor, member in actors.items():
        for act, do in ACTS.items():
            passes = False
            with acting_as(member), transaction.atomic():
                try:
                    do(member, request.pk)
                    passes = True
                except (Refused, RuleBroken, Http404) as error:
                    if actor in ("outsider", "platform"):
                        assert isinstance(error, Http404), (actor, act)
                transaction.set_rollback(True)
            again = {"retain"} if before == "retained" else {"redirect"} if before == "redirected" else set()
            wanted = ALLOWED.get((reached, actor), again if actor.startswith("reader") else set())
            assert passes == (act in wanted), (reached, actor, act)
    assert fresh(request).state == before


def test_what_expired_is_answered_no_more(world, scheme, case):
    request = ask_from_case(world.eva, case, scheme)
    past(request)
    for act in ("retain", "redirect"):
        with acting_as(scheme.coordinator), pytest.raises(RuleBroken):
            ACTS[act](scheme.coordinator, request.pk)
    consulting.erase_expired()
    assert fresh(request).state == RequestState.EXPIRED, "of a case, it stays on record"


# --- redirected -------------------------------------------------------------------------------------------------
def test_redirected_needs_a_reason_which_reaches_who_asked_and_closes_at_once(world, scheme, case):
    request = ask_from_case(world.officer, case, scheme, with_identity=True)
    for reason in (" ", "Le refuge\x00", "x" * 1001):
        with acting_as(scheme.coordinator), pytest.raises(RuleBroken) as refused:
            coordination_answering.redirect(by=scheme.coordinator, request_id=request.pk, reason=reason)
        assert set(refused.value.errors) == {"reason"}
    redirect(scheme.coordinator, request, "Le refuge est mieux placé.")
    assert access_of(scheme.coordinator, case) is None, "not even as its own work"
    assert told(world.officer, NoticeKind.COORDINATION_ANSWERED) == 1
    page = as_(world.officer).get(reverse("casework:coordination_request", args=[request.pk]))
    assert "Le refuge est mieux placé." in page.content.decode()
    assert EventCode.COORDINATION_REDIRECTED in events(world.officer, case)
    assert drift() == []


def test_withdrawn_closes_at_once(world, scheme, case):
    request = ask_from_case(world.officer, case, scheme, with_identity=True)
    with acting_as(world.officer):
        coordination_answering.withdraw(by=world.officer, request_id=request.pk)
    assert access_of(scheme.coordinator, case) is None and drift() == []


def test_the_names_close_with_the_request(world, scheme, case):
    with travel(now() - timedelta(days=9)):
        request = ask_from_case(world.officer, case, scheme, with_identity=True)
    assert request.expires_at < now()
    assert access_of(scheme.coordinator, case) is None


# --- retained from a case ---------------------------------------------------------------------------------------
OPENED = {
    ("identity", "victim"), ("identity", "perpetrator"), ("contact", "victim"), ("children", "victim"),
    ("psychosocial", "victim"), ("network", "victim"), ("network", "perpetrator"),
    ("perpetrator_work", "perpetrator"),
}  # fmt: skip


@pytest.mark.parametrize("with_identity", [True, False])
def test_retained_the_coordination_joins_under_its_act(world, scheme, case, settings, with_identity):
    request = ask_from_case(world.officer, case, scheme, with_identity=with_identity)
    before = now()
    request = retain(scheme.coordinator, request)
    access = access_of(scheme.coordinator, case)
    assert set(access.categories) == OPENED, "nothing of judicial origin"
    assert access.contribute and may_end_monitoring(access)
    monitored = seen(scheme.coordinator, case).monitored_since
    assert monitored == request.answered_at >= before
    assert request.plan_due_at == request.answered_at + timedelta(hours=72)
    with acting_as(scheme.coordinator):
        plan = FollowUp.objects.get(case=case, kind=FollowUpKind.COORDINATED_PLAN)
        live = SharingDecision.objects.filter(case=case, recipient=scheme.coordinator.agency, contributes=True)
        assert live.get().agency_id == scheme.coordinator.agency_id, "a decision of the coordination's own"
    assert (plan.due_at, plan.agency_id) == (request.plan_due_at, scheme.coordinator.agency_id)
    assert EventCode.COORDINATION_RETAINED in events(world.officer, case)
    assert drift() == []
    # the act ends, the access with it: having retained is no work of one's own
    with acting_as(scheme.coordinator):
        revoke(by=scheme.coordinator, decision=live.get(), reason="Fin de la concertation.")
    assert access_of(scheme.coordinator, case) is None and drift() == []


def test_retained_twice_it_joined_once(world, scheme, case):
    request = ask_from_case(world.eva, case, scheme)
    first = retain(scheme.coordinator, request)
    again = retain(scheme.colleague, request)
    assert again.answered_at == first.answered_at
    with acting_as(scheme.coordinator):
        assert FollowUp.objects.filter(case=case, kind=FollowUpKind.COORDINATED_PLAN).count() == 1
        assert SharingDecision.objects.filter(recipient=scheme.coordinator.agency).count() == 1


@pytest.mark.parametrize("who", ["asker", "coordination"])
def test_who_left_the_act_carries_nothing(world, scheme, case, who):
    request = ask_from_case(world.eva, case, scheme)
    agency = world.eva.agency if who == "asker" else scheme.coordinator.agency
    with acting_as(world.platform_admin):
        PartnershipMember.objects.filter(agency=agency).update(
            starts_at=now() - timedelta(days=9), ends_at=now() - timedelta(days=1)
        )
    with acting_as(scheme.coordinator), pytest.raises(RuleBroken):
        coordination_answering.retain(by=scheme.coordinator, request_id=request.pk)
    assert access_of(scheme.coordinator, case) is None


def test_a_restricted_case_is_joined_by_who_retained_it(world, scheme):
    case = restricted_case(world)
    request = ask_from_case(world.police_referent, case, scheme)
    page = reverse("casework:coordination_request", args=[request.pk])
    assert as_(scheme.coordinator).get(page).status_code == 200
    retain(scheme.coordinator, request)
    assert access_of(scheme.coordinator, case), "named, for they took it on"
    assert access_of(scheme.colleague, case) is None
    assert as_(scheme.colleague).get(page).status_code == 404
    assert as_(world.officer).get(page).status_code == 404, "a colleague of the zone who is not named"


# --- without identity -------------------------------------------------------------------------------------------
def test_below_the_level_nobody_is_asked(world, scheme):
    found = consult(world.eva, "low")
    with pytest.raises(Refused):
        ask_from_consultation(world.eva, found, scheme)


def test_without_identity_the_coordination_reads_the_answers_and_no_name(world, scheme):
    found = consult(world.eva)
    request = ask_from_consultation(world.eva, found, scheme)
    assert ask_from_consultation(world.eva, found, scheme).pk == request.pk, "sent twice, it is the same"
    assert request.level == "high" and request.case_id is None
    page = as_(scheme.coordinator).get(reverse("casework:coordination_request", args=[request.pk]))
    assert "il la suit chaque jour" in page.content.decode() and page.context["result"]["drivers"]
    assert page.context["trained"] is False
    assert as_(world.shelter).get(reverse("casework:coordination_request", args=[request.pk])).status_code == 404
    assert as_(world.platform_admin).get(reverse("casework:coordination_request", args=[request.pk])).status_code == 404


def test_the_clock_runs_from_the_retention_and_identity_comes_after(world, scheme, case):
    request = ask_from_consultation(world.eva, consult(world.eva), scheme)
    assert request.plan_due_at is None, "asking starts no clock"
    with acting_as(world.eva), pytest.raises(Refused):
        coordination_answering.give_identity(by=world.eva, request_id=request.pk, reference=case.reference)
    with travel(now() - timedelta(hours=20)):
        retained = retain(scheme.coordinator, request)
    assert retained.joined_at is None and told(world.eva, NoticeKind.COORDINATION_ANSWERED) == 1
    listed = english(scheme.coordinator).get(reverse("casework:coordination_requests"))
    assert [line["awaits_identity"] for line in listed.context["waiting"]] == [True]
    with acting_as(world.eva):
        with pytest.raises(RuleBroken) as refused:
            coordination_answering.give_identity(by=world.eva, request_id=request.pk, reference="MOVE-2020-000000")
        assert set(refused.value.errors) == {"reference"}
        given = coordination_answering.give_identity(
            by=world.eva, request_id=request.pk, reference=case.reference.lower()
        )
        again = coordination_answering.give_identity(by=world.eva, request_id=request.pk, reference=case.reference)
    assert given.case_id == again.case_id == case.pk
    assert access_of(scheme.coordinator, case).contribute
    with acting_as(scheme.coordinator):
        plan = FollowUp.objects.get(case=case, kind=FollowUpKind.COORDINATED_PLAN)
    assert plan.due_at == retained.answered_at + timedelta(hours=72), "the hours ran while the identity was awaited"
    assert seen(scheme.coordinator, case).monitored_since == retained.answered_at
    assert drift() == []


def test_identity_may_open_a_case(world, scheme):
    request = retain(scheme.coordinator, ask_from_consultation(world.shelter, consult(world.shelter), scheme))
    browser, url = as_(world.shelter), reverse("casework:identify", args=[request.pk])
    assert browser.get(url).status_code == 200
    refused = browser.post(url, {"victim_given_name": "Fatou"})
    assert refused.status_code == 422 and "perpetrator_family_name" in refused.context["form"].errors
    sent = {
        "victim_given_name": "Fatou", "victim_family_name": "Diallo-Test", "perpetrator_family_name": "Morel-Test",
        "victim_birth_date": "2999-01-01",
    }  # fmt: skip
    assert "victim_birth_date" in browser.post(url, sent).context["form"].errors
    answer = browser.post(url, sent | {"victim_birth_date": "1991-04-12"})
    assert answer.status_code == 302
    with acting_as(world.shelter):
        case = Case.objects.get()
        assert case.lead_agency_id == world.shelter.agency_id
        assert {person.role for person in CasePerson.objects.filter(case=case)} == {"victim", "presumed_perpetrator"}
    assert answer.url == reverse("cases:summary", args=[case.pk])
    assert access_of(scheme.coordinator, case).can(Category.IDENTITY, Side.VICTIM)
    assert told(scheme.coordinator, NoticeKind.COORDINATION_REQUESTED) == 2
    assert browser.get(url).status_code == 302
    assert drift() == []


def test_retained_without_identity_it_is_erased_when_none_comes(world, scheme):
    found = consult(world.eva)
    request = retain(scheme.coordinator, ask_from_consultation(world.eva, found, scheme))
    past(request, found)
    assert consulting.erase_expired() == (1, 1)


def test_what_has_its_case_stays_when_the_consultation_goes(world, scheme, case):
    found = consult(world.eva)
    request = retain(scheme.coordinator, ask_from_consultation(world.eva, found, scheme))
    with acting_as(world.eva):
        coordination_answering.give_identity(by=world.eva, request_id=request.pk, reference=case.reference)
    past(request, found)
    assert consulting.erase_expired() == (0, 1)
    kept = fresh(request)
    assert kept.consultation_id is None and kept.state == RequestState.RETAINED


# --- his side -----------------------------------------------------------------------------------------------------
def test_his_side_may_ask_and_learns_that_it_was_answered(world, scheme, case):
    request = retain(scheme.coordinator, ask_from_case(world.programme, case, scheme))
    page = english(world.programme).get(reverse("casework:coordination_request", args=[request.pk]))
    of_case = english(world.programme).get(reverse("casework:coordination", args=[case.pk]))
    summary = english(world.programme).get(reverse("cases:summary", args=[case.pk]))
    assert page.context["state"] == "answered" and page.context["plan_due_at"] is None
    assert of_case.context["state"].since is None and of_case.context["state"].plans == []
    for answer in (page, of_case, summary):
        text = answer.content.decode()
        assert "monitoring" not in text.lower() and "retained" not in text.lower() and "72 hours" not in text
    assert [banner["template"] for banner in summary.context["banners"]] == []
    assert EventCode.COORDINATION_RETAINED not in events(world.programme, case)
    with acting_as(world.programme):
        assert not SharingDecision.objects.filter(recipient=scheme.coordinator.agency).exists()
        assert not FollowUp.objects.filter(kind=FollowUpKind.COORDINATED_PLAN).exists()
    assert access_of(scheme.coordinator, case).can(Category.CONTACT, Side.VICTIM)


def test_his_side_brings_in_no_more_than_it_sees(world, scheme, case):
    request = ask_from_case(world.programme, case, scheme, with_identity=True)
    access = access_of(scheme.coordinator, case)
    assert access.categories == (("identity", "perpetrator"),), "it sees him alone, and tells of no service of hers"
    redirect(scheme.coordinator, request)
    assert drift() == []


# --- close monitoring -----------------------------------------------------------------------------------------------
@pytest.fixture
def monitored(world, scheme, case):
    retain(scheme.coordinator, ask_from_case(world.officer, case, scheme))
    return case


def test_monitoring_is_told_to_who_receives_the_level_or_coordinates(world, scheme, monitored):
    for member, knows in (
        (world.officer, True), (scheme.coordinator, True), (world.eva, False), (world.programme, False),
    ):  # fmt: skip
        text = english(member).get(reverse("cases:summary", args=[monitored.pk])).content.decode()
        assert ("close monitoring" in text) == knows, member.agency


def test_his_side_is_never_told_even_with_the_level(world, scheme, monitored):
    house = make_member(make_agency(AgencyKind.JUSTICE_HOUSE, side=AgencySide.PERPETRATOR))
    with acting_as(world.officer):
        decide(
            by=world.officer, case=monitored, recipient=house.agency, side="perpetrator", way_in=WayIn.COMPLAINT,
            basis=Basis.LEGAL_OBLIGATION, grants=["level:case"], legal_text="x", necessity="x",
        )  # fmt: skip
    assert access_of(house, monitored).level
    assert "monitoring" not in english(house).get(reverse("cases:summary", args=[monitored.pk])).content.decode()


def test_the_coordination_agrees_on_the_plan_and_ends_monitoring(world, scheme, monitored):
    browser = as_(scheme.coordinator)
    plan_url, end_url = (reverse(f"casework:{act}", args=[monitored.pk]) for act in ("agree_plan", "end_monitoring"))
    today = local(now()).date()
    typed = {"agreed_on": str(today), "partners": [str(scheme.coordinator.agency_id)], "words": "Appel chaque jour."}
    empty = browser.post(plan_url, typed | {"request_key": str(uuid4())})
    assert empty.status_code == 422, "a plan without actions"
    action = plan_one(scheme.coordinator, monitored, world.officer, about="")
    for day in ("", str(today + timedelta(days=1)), str(today - timedelta(days=9))):
        answer = browser.post(
            plan_url, typed | {"agreed_on": day, "shown": str(action.pk), "request_key": str(uuid4())}
        )
        assert answer.status_code == 422, day
    stale = browser.post(plan_url, typed | {"shown": "", "request_key": str(uuid4())})
    assert stale.status_code == 422 and "Appel chaque jour." in stale.content.decode(), "the plan has changed since"
    sent = typed | {"shown": str(action.pk), "request_key": str(uuid4())}
    assert browser.post(plan_url, sent).status_code == browser.post(plan_url, sent).status_code == 302
    with acting_as(scheme.coordinator):
        plan = FollowUp.objects.get(case=monitored, kind=FollowUpKind.COORDINATED_PLAN)
        assert plan.outcome == "done" and plan.settled_by_id == scheme.coordinator.user_id
        agreement = PlanAgreement.objects.get(case=monitored)
        assert agreement.words == "Appel chaque jour."
        assert [each.action_id for each in agreement.actions.all()] == [action.pk]
        assert [each.partner_id for each in agreement.agencies.all()] == [scheme.coordinator.agency_id]
    with acting_as(world.programme):
        assert not PlanAgreement.objects.exists()
    assert EventCode.PLAN_AGREED in events(world.officer, monitored)
    assert EventCode.PLAN_AGREED not in events(world.programme, monitored)
    assert browser.post(end_url, {"reason": "", "request_key": str(uuid4())}).status_code == 422
    end = {"reason": "Il est parti à l'étranger.", "request_key": str(uuid4())}
    assert browser.post(end_url, end).status_code == browser.post(end_url, end).status_code == 302
    assert seen(scheme.coordinator, monitored).monitored_since is None
    assert EventCode.MONITORING_ENDED in events(world.officer, monitored)
    assert EventCode.MONITORING_ENDED not in events(world.programme, monitored)
    late = browser.post(end_url, {"reason": "Encore.", "request_key": str(uuid4())})
    assert late.status_code == 422 and "Encore." in late.content.decode(), "ended meanwhile, nothing lost"


def test_nobody_else_ends_it(world, scheme, monitored):
    for member, status in (
        (world.officer, 403), (world.police_manager, 403), (scheme.reader, 403), (world.programme, 403),
        (world.stranger, 404),
    ):  # fmt: skip
        for act in ("agree_plan", "end_monitoring"):
            typed = {"reason": "x", "request_key": str(uuid4())}
            answer = as_(member).post(reverse(f"casework:{act}", args=[monitored.pk]), typed)
            assert answer.status_code == status, (member.agency, act)


# --- proposed at a high level -----------------------------------------------------------------------------------------
def test_a_high_level_proposes_it_once(world, scheme, case):
    def proposal(member):
        with acting_as(member):
            found, access = get_case(case.pk, member)
            return coordinating.proposal(found, access)

    assert proposal(world.officer) is None, "not assessed"
    with acting_as(world.officer):
        set_level(case=Case.objects.get(pk=case.pk), level=Level.HIGH, provisional=True, at=now(), reassess_by=None)
    assert proposal(world.officer)["url"] == reverse("casework:ask_coordination", args=[case.pk])
    assert proposal(world.reader) is None and proposal(world.eva) is None, "reads only; knows no level"
    request = ask_from_case(world.officer, case, scheme)
    assert proposal(world.officer) is None, "asked already"
    retain(scheme.coordinator, request)
    assert proposal(world.officer) is None, "monitored"


# --- the second lock ----------------------------------------------------------------------------------------------
def test_a_stranger_reads_and_changes_none_by_raw_sql(world, scheme, case):
    ask_from_case(world.officer, case, scheme)
    ask_from_consultation(world.eva, consult(world.eva), scheme)
    table = "riskassessment_coordinationrequest"

    def counts(member, sql: str) -> int:
        with acting_as(member), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
            found = cursor.fetchone()[0] if sql.startswith("SELECT") else cursor.rowcount
            transaction.set_rollback(True)
            return found

    select = f"SELECT count(*) FROM {table}"  # noqa: S608
    assert counts(world.officer, select) == counts(world.eva, select) == 1
    assert counts(scheme.coordinator, select) == 2
    for member in (world.stranger, world.programme, world.prosecutor, world.platform_admin):
        assert counts(member, select) == 0, member.agency
        assert counts(member, f"UPDATE {table} SET why = 'x'") == counts(member, f"DELETE FROM {table}") == 0  # noqa: S608
    with acting_as(world.stranger), transaction.atomic():
        forged = CoordinationRequest(
            partnership=scheme.partnership, coordination=scheme.coordinator.agency, why="x", agency=world.eva.agency,
            author=world.eva.user, expires_at=now(),
        )  # fmt: skip
        with pytest.raises(Exception, match="row-level security"), transaction.atomic():
            forged.save(force_insert=True)


def test_my_work_shows_what_waits_until_it_is_done(world, scheme, case):
    def situations(member) -> list[str]:
        return [line["action_url"] for line in as_(member).get("/").context["sections"]["situations"]]

    other = make_report(world.officer).case
    asked = ask_from_consultation(world.eva, consult(world.eva), scheme)
    his = ask_from_case(world.programme, case, scheme)
    there, there_his = (reverse("casework:coordination_request", args=[each.pk]) for each in (asked, his))
    assert set(situations(scheme.coordinator)) == {there, there_his} and situations(scheme.reader) == []
    assert situations(world.eva) == situations(world.shelter) == []
    retain(scheme.coordinator, asked)
    retain(scheme.coordinator, his)
    assert situations(scheme.coordinator) == [] and situations(world.eva) == [there]
    assert situations(world.programme) == [], "his side is not told that one was retained"
    with acting_as(world.eva):
        coordination_answering.give_identity(by=world.eva, request_id=asked.pk, reference=other.reference)
    assert situations(world.eva) == []
