"""Named persons only, and nobody with a conflict of interest: for them the case does not exist, not even as a gap."""

from datetime import timedelta

import pytest
from django.core import mail
from django.db import DatabaseError, transaction
from django.http import Http404
from django.urls import reverse

from agencies.acting import acting_as
from agencies.enums import Role
from audit.models import AuditEvent, LogEntry
from cases import restriction
from cases.access import for_case, get_case, named_in, permission_ids
from cases.enums import COORDINATE, RestrictionCode
from cases.models import (
    Case,
    CaseEvent,
    CaseExclusion,
    CasePerson,
    CaseUserObjectPermission,
    ContactPoint,
    Note,
    Person,
    RestrictionAct,
)
from casework import restricting
from casework.referring import accept_referral, decline_referral
from common.acting import SystemContext, system_context
from common.clock import now
from common.errors import Refused, RuleBroken
from followups.calling import claim
from followups.models import FollowUp
from followups.reminding import send_due_reminders
from notifications.models import MailState, Notice, NoticeKind, OutgoingMail
from notifications.services import notices_of, notify, unread_count
from notifications.tasks import send_waiting_mail
from referrals.models import Referral
from reports.models import Report, ReportDraft
from reports.services import start_draft
from riskassessment.models import Assessment
from sharing.models import Consent, SharingDecision
from tests.actors import as_
from tests.factories import make_member, make_report
from tests.referrals_acts import accept, send

pytestmark = pytest.mark.django_db

WHY = "sa cousine travaille avec lui"


@pytest.fixture
def report(world) -> Report:
    return make_report(world.officer, kind="police_complaint")


@pytest.fixture
def case(report) -> Case:
    return report.case


def exclude(by, case, member, *, reason=WHY, sure=True) -> None:
    with acting_as(by):
        fresh, access = get_case(case.pk, by)
        restricting.exclude(by=by, case=fresh, access=access, user_id=member.user_id, reason=reason, sure=sure)


def restrict(by, case, *named, reason="fonctionnaire connu de tous") -> None:
    with acting_as(by):
        fresh, access = get_case(case.pk, by)
        restricting.restrict(
            by=by, case=fresh, access=access, named={member.user_id for member in named}, reason=reason
        )


def sees(member, case) -> bool:
    with acting_as(member):
        return Case.objects.visible_to(member).filter(pk=case.pk).exists()


def follow_up_of(world, case) -> FollowUp:
    with acting_as(world.eva):
        return FollowUp.objects.get(case=case, kind="j2_contact")


def codes(by, case) -> list[str]:
    with acting_as(by):
        return list(RestrictionAct.objects.filter(case=case).order_by("at", "pk").values_list("code", flat=True))


# --- excluding --------------------------------------------------------------------------------------------------
def test_a_manager_excludes_somebody_of_the_service(world, case):
    exclude(world.police_manager, case, world.officer)
    assert not sees(world.officer, case) and sees(world.police_referent, case)
    with acting_as(world.police_manager):
        act = RestrictionAct.objects.get(case=case)
        assert (act.code, act.user_id, act.reason) == (RestrictionCode.EXCLUDED, world.officer.user_id, WHY)
        decided = AuditEvent.objects.get(case_id=case.pk, object_kind="cases.RestrictionAct")
        assert decided.action == "decided" and decided.object_id == act.pk and decided.fields == ["excluded"]


def test_the_reason_is_in_no_trail_and_not_readable_in_the_table(world, case, owner):
    exclude(world.police_manager, case, world.officer)
    with acting_as(world.police_manager):
        trail = str(list(AuditEvent.objects.values())) + str(list(LogEntry.objects.values("changes", "object_repr")))
        stored = RestrictionAct.objects.get(case=case)
    assert WHY not in trail and "cousine" not in trail
    assert stored.reason == WHY and WHY not in str(stored)
    with acting_as(world.officer):
        assert not RestrictionAct.objects.exists()


def test_the_agency_that_leads_excludes_in_other_services_too_but_nobody_else_does(world, case):
    exclude(world.police_referent, case, world.eva)
    assert not sees(world.eva, case) and sees(world.eva_referent, case)
    for by, whom in (
        (world.eva_manager, world.officer),  # does not lead
        (world.police_manager, world.stranger),  # takes no part
        (world.police_manager, world.eva),  # is excluded already
        (world.officer, world.reader),  # no senior
    ):
        with pytest.raises(RuleBroken) as broken:
            exclude(by, case, whom)
        assert set(broken.value.errors) == {"user"}, (by.role, whom.agency.name)
        assert sees(world.reader, case)


def test_a_service_excludes_its_own(world, case):
    exclude(world.eva_manager, case, world.eva)
    assert not sees(world.eva, case)
    with acting_as(world.eva_manager):
        assert [each.who for each in _exclusions(world.eva_manager, case)] == [world.eva.user.full_name]
    with acting_as(world.eva_referent):
        assert _exclusions(world.eva_referent, case)[0].reason == WHY
    with acting_as(world.reader):
        assert _exclusions(world.reader, case) == []


def _exclusions(by, case):
    fresh, access = get_case(case.pk, by)
    return restriction.exclusions(by=by, case=fresh, access=access)


@pytest.mark.parametrize("who", ["officer", "reader", "eva"])
def test_anybody_excludes_oneself(world, case, who):
    member = getattr(world, who)
    client = as_(member)
    answer = client.post(
        reverse("casework:exclude", args=[case.pk]), {"user": str(member.user_id), "reason": "je le connais"}
    )
    assert answer.status_code == 302 and answer.url == reverse("cases:list")
    assert client.get(reverse("cases:summary", args=[case.pk])).status_code == 404
    assert case.reference not in client.get(answer.url).text


def test_without_a_reason_nothing_is_saved(world, case):
    for reason in ("", "   ", "x" * 201):
        with pytest.raises(RuleBroken) as broken:
            exclude(world.police_manager, case, world.officer, reason=reason)
        assert set(broken.value.errors) == {"reason"}
    assert sees(world.officer, case) and codes(world.police_manager, case) == []


def test_excluding_the_only_reference_person_asks_once_more(world, case):
    client = as_(world.police_manager)
    url = reverse("casework:exclude", args=[case.pk])
    typed = {"user": str(world.police_referent.user_id), "reason": WHY}
    answer = client.post(url, typed)
    assert answer.status_code == 422 and WHY in answer.text and 'name="sure"' in answer.text
    assert sees(world.police_referent, case)
    assert client.post(url, {**typed, "sure": "on"}).status_code == 302
    assert not sees(world.police_referent, case)


def test_the_last_who_answers_for_a_service_and_the_reference_person_of_the_case_ask_once_more(world, case):
    exclude(world.eva_manager, case, world.eva_referent)
    with pytest.raises(RuleBroken) as broken:
        exclude(world.eva_manager, case, world.eva_manager, sure=False)
    assert "sure" in broken.value.errors
    with acting_as(world.officer):
        Case.objects.filter(pk=case.pk).update(reference_person=world.officer.user)
    with pytest.raises(RuleBroken):
        exclude(world.police_manager, case, world.officer, sure=False)
    exclude(world.police_manager, case, world.officer)
    with acting_as(world.police_manager):
        assert Case.objects.get(pk=case.pk).reference_person_id is None


def test_lifting_an_exclusion(world, case):
    exclude(world.police_manager, case, world.eva)
    for by in (world.eva_manager, world.eva):  # the one that led decided; the excluded may not know
        with pytest.raises((Refused, Http404)):
            let_in(by, case, world.eva)
    with pytest.raises(RuleBroken):
        let_in(world.police_manager, case, world.eva, reason="")
    assert not sees(world.eva, case)
    let_in(world.police_referent, case, world.eva)
    assert sees(world.eva, case)
    assert codes(world.police_manager, case) == ["excluded", "let_in"]
    exclude(world.eva_manager, case, world.eva)
    assert not sees(world.eva, case)
    with acting_as(world.eva_manager):
        assert len(_exclusions(world.eva_manager, case)) == 1
    let_in(world.eva_manager, case, world.eva)
    assert sees(world.eva, case)
    with pytest.raises(Http404):
        let_in(world.eva_manager, case, world.eva)


def let_in(by, case, member, reason="erreur sur la personne") -> None:
    with acting_as(by):
        fresh, access = get_case(case.pk, by)
        restriction.let_in(by=by, case=fresh, access=access, user_id=member.user_id, reason=reason)


def test_decisions_never_change(world, case):
    exclude(world.police_manager, case, world.officer)
    with acting_as(world.police_manager):
        for change in (
            lambda: RestrictionAct.objects.update(code="let_in"),
            lambda: RestrictionAct.objects.all().delete(),
        ):
            with pytest.raises(DatabaseError), transaction.atomic():
                change()


# --- not even as a gap ------------------------------------------------------------------------------------------
MODELS = (
    Case, CasePerson, Person, ContactPoint, Note, CaseEvent, Report, Consent, SharingDecision, Referral, FollowUp,
    Assessment, RestrictionAct, ReportDraft,
)  # fmt: skip


@pytest.fixture
def full(world, case, report):
    """A case with something of everything, most of it by the officer or addressed to them."""
    referral = send(world.officer, case, world.shelter)
    accept(world.shelter, referral)
    send(world.officer, case, world.stranger, need="social")
    with acting_as(world.officer):
        start_draft(by=world.officer, kind="police_complaint", joins_case=case)
        notify(
            recipients=[world.officer],
            kind=NoticeKind.FOLLOW_UP_DUE,
            path=reverse("cases:summary", args=[case.pk]),
            dedupe_key="trial",
            case_id=case.pk,
        )
    return case


ADDRESSES = (
    "casework:my_work", "cases:list", "followups:list", "referrals:list", "notifications:list", "reports:new",
    "api:cases", "api:followups", "api:referrals",
)  # fmt: skip
OF_CASE = (
    "cases:summary", "cases:people", "cases:write_note", "reports:case_list", "riskassessment:case_list",
    "referrals:case_list", "referrals:new", "sharing:case_access", "casework:trail", "casework:restriction",
    "casework:naming", "api:case", "api:case_reports", "api:case_assessments",
)  # fmt: skip


def test_the_excluded_find_no_trace_on_any_page(world, full, report):
    officer = world.officer
    with acting_as(officer):
        referrals = list(Referral.objects.all())
        drafts = list(ReportDraft.objects.all())
        assert len(drafts) == 2  # the one that was recorded too
        notice = Notice.objects.get(recipient=officer.user, dedupe_key="trial")
        assert unread_count(officer) >= 1
    before = as_(officer)
    assert full.reference in before.get(reverse("cases:list")).text
    exclude(world.police_manager, full, officer)
    client = as_(officer)
    traces = [full.reference, str(full.pk), *(str(each.pk) for each in [*referrals, *drafts, notice])]
    for name in ADDRESSES:
        answer = client.get(reverse(name))
        assert answer.status_code == 200, name
        for trace in traces:
            assert trace not in answer.text, (name, trace)
    for query in (full.reference, full.reference[-3:], "Diallo", "Morel"):
        answer = client.post(reverse("cases:search"), {"q": query})
        assert answer.status_code == 200 and str(full.pk) not in answer.text, query
    # 404, whatever is asked of it: never a refusal that says it exists
    for name in OF_CASE:
        for method in ("get", "post"):
            assert getattr(client, method)(reverse(name, args=[full.pk])).status_code in (404, 405), (name, method)
        assert client.get(reverse(name, args=[full.pk])).status_code == 404, name
    for referral in referrals:
        assert client.get(reverse("referrals:detail", args=[referral.pk])).status_code == 404
        assert client.post(reverse("casework:withdraw_referral", args=[referral.pk])).status_code == 404
        assert client.get(reverse("api:referral", args=[referral.pk])).status_code == 404
    for draft in drafts:
        assert client.get(reverse("reports:draft", args=[draft.pk])).status_code == 404
        assert client.post(reverse("casework:record_report", args=[draft.pk])).status_code == 404
    assert client.get(reverse("reports:new"), {"case": str(full.pk)}).status_code == 404
    assert client.get(reverse("reports:detail", args=[full.pk, report.pk])).status_code == 404
    for name in ("notifications:open", "notifications:read"):
        assert client.post(reverse(name, args=[notice.pk])).status_code == 404
    with acting_as(officer):
        assert unread_count(officer) == 0 and not notices_of(officer).exists()


def test_the_database_gives_the_excluded_nothing(world, full):
    exclude(world.police_manager, full, world.officer)
    with acting_as(world.officer):
        for model in MODELS:
            assert not model.objects.exists(), model
        assert not Notice.objects.filter(case_id=full.pk).exists()
        assert not AuditEvent.objects.filter(case_id=full.pk).exists()
        assert not LogEntry.objects.filter(case_id=full.pk).exists()
        assert Notice.objects.filter(case_id=full.pk).update(read_at=now()) == 0
    with acting_as(world.police_manager):
        assert AuditEvent.objects.filter(case_id=full.pk).exists() and LogEntry.objects.filter(case_id=full.pk).exists()


def test_lists_count_the_same_as_where_the_case_never_was(world):
    """The pager, the counts and what is due: as for a colleague's case that was never shared."""
    make_report(world.officer)
    hidden = make_report(world.officer).case
    exclude(world.police_manager, hidden, world.eva)
    with acting_as(world.eva):
        assert FollowUp.objects.owed_by(world.eva).count() == 1
    answer = as_(world.eva).get(reverse("api:cases"))
    assert len(answer.json()["results"]) == 1
    answer = as_(world.eva).get(reverse("followups:list"))
    assert answer.text.count("MOVE-") == as_(world.eva_referent).get(reverse("followups:list")).text.count("MOVE-") / 2


def test_what_the_excluded_had_in_hand_goes_back_to_their_agency(world, case):
    follow_up = follow_up_of(world, case)
    with acting_as(world.eva):
        claim(by=world.eva, follow_up_id=follow_up.pk, held_by=None)
    with system_context(SystemContext.REMINDERS):
        FollowUp.objects.filter(pk=follow_up.pk).update(
            step=1, due_at=now() - timedelta(hours=2), remind_at=now() + timedelta(days=9)
        )
    exclude(world.eva_manager, case, world.eva)
    with acting_as(world.eva_referent):
        left = FollowUp.objects.get(pk=follow_up.pk)
        assert left.assigned_to is None and left.step == 0 and left.remind_at <= now()
    with acting_as(world.eva):
        assert not FollowUp.objects.exists()
    send_due_reminders()
    with system_context(SystemContext.NOTICES):
        told = set(Notice.objects.filter(kind=NoticeKind.FOLLOW_UP_DUE).values_list("recipient", flat=True))
    assert told and world.eva.user_id not in told


def test_a_mail_that_waits_does_not_leave(world, case):
    with acting_as(world.police_manager):
        for member in (world.officer, world.police_referent):
            notify(
                recipients=[member],
                kind=NoticeKind.FOLLOW_UP_DUE,
                path="/",
                dedupe_key="x",
                case_id=case.pk,
            )
    exclude(world.police_manager, case, world.officer)
    mail.outbox = []
    send_waiting_mail()
    assert [world.officer.user.email] not in [message.to for message in mail.outbox]
    assert [world.police_referent.user.email] in [message.to for message in mail.outbox]
    with system_context(SystemContext.NOTICES):
        states = dict(OutgoingMail.objects.values_list("to", "state"))
    assert states[world.officer.user.email] == MailState.WITHHELD
    assert states[world.police_referent.user.email] == MailState.SENT


def test_the_answer_to_a_referral_reaches_a_colleague_of_the_excluded_sender(world, case):
    referral = send(world.officer, case, world.shelter)
    exclude(world.police_manager, case, world.officer)
    with acting_as(world.shelter):
        decline_referral(by=world.shelter, referral_id=referral.pk, reason="no_place")
    with system_context(SystemContext.NOTICES):
        told = set(Notice.objects.filter(kind=NoticeKind.REFERRAL_ANSWERED).values_list("recipient", flat=True))
    assert told == {world.police_referent.user_id, world.police_manager.user_id}


# --- restricting ------------------------------------------------------------------------------------------------
def test_restricting_names_who_decides_who_is_chosen_and_who_has_it_in_hand(world, case):
    follow_up = follow_up_of(world, case)
    with acting_as(world.eva):
        claim(by=world.eva, follow_up_id=follow_up.pk, held_by=None)
    other = make_member(world.eva.agency)
    restrict(world.police_referent, case, world.officer)
    seeing = {
        name: sees(getattr(world, name), case)
        for name in ("officer", "police_referent", "police_manager", "reader", "eva", "eva_referent", "eva_manager")
    }
    assert seeing == {
        "officer": True, "police_referent": True, "police_manager": False, "reader": False,
        "eva": True, "eva_referent": True, "eva_manager": False,
    }  # fmt: skip
    assert not sees(other, case)
    assert codes(world.police_referent, case).count("named") == 4
    with acting_as(world.eva):
        assert FollowUp.objects.get(pk=follow_up.pk).assigned_to_id == world.eva.user_id


def test_the_managers_of_every_service_are_asked_without_content(world, case):
    restrict(world.police_referent, case, world.officer)
    with system_context(SystemContext.NOTICES):
        notices = list(Notice.objects.filter(kind=NoticeKind.CASE_RESTRICTED))
    assert {notice.recipient_id for notice in notices} == {world.police_manager.user_id, world.eva_manager.user_id}
    with acting_as(world.eva_manager):
        assert notices_of(world.eva_manager).filter(kind=NoticeKind.CASE_RESTRICTED).count() == 1
    assert case.reference not in as_(world.eva_manager).get(reverse("notifications:list")).text


def test_a_service_without_anybody_who_could_name_keeps_those_who_write(world, case):
    accept(world.shelter, send(world.officer, case, world.shelter))
    restrict(world.police_referent, case)
    assert sees(world.shelter, case) and not sees(world.agency_admin, case)


def test_own_people_who_are_not_chosen_leave_what_they_had(world, case):
    with acting_as(world.officer):
        Case.objects.filter(pk=case.pk).update(reference_person=None)
    follow_up = follow_up_of(world, case)
    with system_context(SystemContext.REMINDERS):
        FollowUp.objects.filter(pk=follow_up.pk).update(assigned_to=world.officer.user, agency=world.officer.agency)
    restrict(world.police_referent, case)
    assert not sees(world.officer, case)
    with acting_as(world.police_referent):
        assert FollowUp.objects.get(pk=follow_up.pk).assigned_to is None


@pytest.mark.parametrize("who", ["officer", "reader", "eva_manager", "eva_referent"])
def test_only_who_leads_or_coordinates_restricts(world, case, who):
    with pytest.raises(Refused):
        restrict(getattr(world, who), case)
    assert sees(world.reader, case)


def test_a_coordinator_who_coordinates_restricts(world, case):
    from cases.access import write_grants

    coordinator = make_member(world.platform_admin.agency, Role.COORDINATOR)
    grants = {"view_case": None, "contribute_case": None}
    write_grants(case=case, agency=coordinator.agency, grants=grants, side="neutral")
    with pytest.raises(Refused):
        restrict(coordinator, case)
    write_grants(case=case, agency=coordinator.agency, grants={**grants, COORDINATE: None}, side="neutral")
    restrict(coordinator, case)
    assert sees(coordinator, case) and sees(world.police_referent, case) and not sees(world.officer, case)


def test_bad_choices_save_nothing(world, case):
    with pytest.raises(RuleBroken) as broken:
        restrict(world.police_referent, case, world.eva)  # of another service
    assert set(broken.value.errors) == {"named"}
    with pytest.raises(RuleBroken) as broken:
        restrict(world.police_referent, case, reason=" ")
    assert set(broken.value.errors) == {"reason"}
    assert sees(world.reader, case)
    restrict(world.police_referent, case)
    with pytest.raises(RuleBroken):
        restrict(world.police_referent, case)


def test_lifting_the_restriction(world, case):
    restrict(world.police_referent, case)
    exclude(world.police_referent, case, world.reader)
    with acting_as(world.eva_referent), pytest.raises(Refused):
        fresh, access = get_case(case.pk, world.eva_referent)
        restriction.lift(by=world.eva_referent, case=fresh, access=access, reason="x")
    with acting_as(world.police_referent):
        fresh, access = get_case(case.pk, world.police_referent)
        restriction.lift(by=world.police_referent, case=fresh, access=access, reason="plus nécessaire")
    assert sees(world.officer, case) and sees(world.eva, case) and not sees(world.reader, case)
    assert named_in(case.pk) == frozenset()


def test_excluding_somebody_named_takes_the_name_away(world, case):
    restrict(world.police_referent, case, world.officer)
    with pytest.raises(RuleBroken) as broken:
        exclude(world.police_referent, case, world.eva_referent, sure=False)
    assert len(broken.value.errors["sure"]) == 2  # last named, and only reference person
    exclude(world.police_referent, case, world.eva_referent)
    assert world.eva_referent.user_id not in named_in(case.pk)
    with system_context(SystemContext.NOTICES):
        asked = Notice.objects.filter(kind=NoticeKind.CASE_RESTRICTED, recipient=world.eva_manager.user)
        assert asked.count() == 2  # at the restriction, and now that nobody is left
    let_in(world.police_referent, case, world.eva_referent)
    assert not sees(world.eva_referent, case)


# --- naming -----------------------------------------------------------------------------------------------------
def name(by, case, *members) -> None:
    with acting_as(by):
        restricting.name(by=by, case_id=case.pk, named={member.user_id for member in members})


def test_a_manager_who_is_not_named_names_others_without_reading(world, case):
    restrict(world.police_referent, case)
    client = as_(world.eva_manager)
    url = reverse("casework:naming", args=[case.pk])
    page = client.get(url)
    assert page.status_code == 200 and case.reference in page.text and world.eva.user.full_name in page.text
    for secret in ("Diallo", "Morel", "critical", world.officer.user.full_name, world.officer.agency.name):
        assert secret not in page.text
    assert client.get(reverse("cases:summary", args=[case.pk])).status_code == 404
    answer = client.post(url, {"named": [str(world.eva.user_id)]})
    assert answer.status_code == 302 and answer.url == reverse("casework:my_work")
    assert sees(world.eva, case) and sees(world.eva_referent, case)  # who was named stays
    assert client.get(reverse("cases:summary", args=[case.pk])).status_code == 404


def test_from_outside_one_never_names_oneself_while_somebody_is_in(world, case):
    restrict(world.police_referent, case)
    with pytest.raises(RuleBroken):
        name(world.eva_manager, case, world.eva_manager)
    assert not sees(world.eva_manager, case)
    exclude(world.police_referent, case, world.eva_referent)
    name(world.eva_manager, case, world.eva_manager)  # nobody was left: the work is not lost
    assert sees(world.eva_manager, case)


def test_who_is_in_names_and_takes_off(world, case):
    restrict(world.police_referent, case, world.officer)
    name(world.police_referent, case, world.police_referent, world.police_manager)
    assert sees(world.police_manager, case) and not sees(world.officer, case)
    assert sees(world.eva_referent, case), "the other services' names are theirs"
    with pytest.raises(RuleBroken):
        name(world.police_referent, case)
    with pytest.raises(RuleBroken):
        name(world.police_referent, case, world.police_referent, world.eva)
    assert codes(world.police_referent, case)[-2:].count("taken_off") == 1


@pytest.mark.parametrize("who", ["officer", "reader", "eva", "stranger", "prosecutor", "platform_admin"])
def test_the_page_to_name_does_not_exist_for_others(world, who):
    case = make_report(world.officer).case
    restrict(world.police_referent, case)
    client = as_(getattr(world, who))
    for method in ("get", "post"):
        assert getattr(client, method)(reverse("casework:naming", args=[case.pk])).status_code == 404


def test_it_does_not_exist_either_for_an_excluded_manager_nor_where_nothing_is_restricted(world, case):
    url = reverse("casework:naming", args=[case.pk])
    assert as_(world.eva_manager).get(url).status_code == 404
    exclude(world.eva_manager, case, world.eva_manager)
    restrict(world.police_referent, case)
    assert as_(world.eva_manager).get(url).status_code == 404
    with system_context(SystemContext.NOTICES):
        assert not Notice.objects.filter(recipient=world.eva_manager.user, kind=NoticeKind.CASE_RESTRICTED).exists()


def test_who_accepts_a_referral_of_a_restricted_case_is_named(world, case):
    colleague = make_member(world.shelter.agency)
    restrict(world.police_referent, case, world.officer)
    referral = send(world.officer, case, world.shelter)
    with system_context(SystemContext.NOTICES):
        told = set(Notice.objects.filter(kind=NoticeKind.REFERRAL_RECEIVED).values_list("recipient", flat=True))
    assert told == {world.shelter.user_id, colleague.user_id}
    assert as_(colleague).get(reverse("referrals:detail", args=[referral.pk])).status_code == 200
    with acting_as(world.shelter):
        accept_referral(by=world.shelter, referral_id=referral.pk)
    assert sees(world.shelter, case) and not sees(colleague, case)
    client = as_(colleague)
    assert client.get(reverse("referrals:detail", args=[referral.pk])).status_code == 404
    assert str(referral.pk) not in client.get(reverse("referrals:list")).text
    with acting_as(colleague):
        assert not Referral.objects.exists()
    with system_context(SystemContext.NOTICES):
        answered = set(Notice.objects.filter(kind=NoticeKind.REFERRAL_ANSWERED).values_list("recipient", flat=True))
    assert answered == {world.officer.user_id}


def test_who_declines_one_needs_no_name(world, case):
    restrict(world.police_referent, case, world.officer)
    referral = send(world.officer, case, world.shelter)
    with acting_as(world.shelter):
        decline_referral(by=world.shelter, referral_id=referral.pk, reason="no_place")
        assert Referral.objects.get(pk=referral.pk).state == "declined"


def test_who_is_not_named_gets_no_old_notice_of_it(world, case):
    with acting_as(world.police_referent):
        notify(
            recipients=[world.officer, world.police_referent],
            kind=NoticeKind.FOLLOW_UP_DUE,
            path="/",
            dedupe_key="y",
            case_id=case.pk,
        )
    restrict(world.police_referent, case)
    for member, count in ((world.officer, 0), (world.police_referent, 1)):
        with acting_as(member):
            assert notices_of(member).count() == count == unread_count(member)
            assert Notice.objects.filter(dedupe_key="y").count() == count


# --- the page ---------------------------------------------------------------------------------------------------
def test_the_page_says_who_may_work(world, case):
    client = as_(world.police_referent)
    url = reverse("casework:restriction", args=[case.pk])
    page = client.get(url)
    assert page.status_code == 200 and reverse("casework:restrict", args=[case.pk]) in page.text
    assert url in client.get(reverse("sharing:case_access", args=[case.pk])).text
    answer = client.post(
        reverse("casework:restrict", args=[case.pk]), {"named": [str(world.officer.user_id)], "reason": ""}
    )
    assert answer.status_code == 422 and f'value="{world.officer.user_id}"' in answer.text and "checked" in answer.text
    answer = client.post(
        reverse("casework:restrict", args=[case.pk]), {"named": [str(world.officer.user_id)], "reason": WHY}
    )
    assert answer.status_code == 302
    page = client.get(url).text
    assert world.officer.user.full_name in page and WHY not in page
    assert reverse("casework:lift_restriction", args=[case.pk]) in page
    assert "icons.svg#lock" in client.get(reverse("cases:summary", args=[case.pk])).text
    answer = client.post(reverse("casework:lift_restriction", args=[case.pk]), {"reason": ""})
    assert answer.status_code == 422
    assert client.post(reverse("casework:lift_restriction", args=[case.pk]), {"reason": "ok"}).status_code == 302


def test_the_page_of_who_only_reads(world, case):
    page = as_(world.reader).get(reverse("casework:restriction", args=[case.pk])).text
    assert reverse("casework:restrict", args=[case.pk]) not in page
    assert reverse("casework:exclude", args=[case.pk]) in page and str(world.reader.user_id) in page
    assert world.officer.user.full_name not in page and str(world.officer.user_id) not in page


def test_exclusions_are_shown_to_who_answers_for_them(world, case):
    exclude(world.police_manager, case, world.officer)
    url = reverse("casework:restriction", args=[case.pk])
    assert WHY in as_(world.police_referent).get(url).text
    for member in (world.reader, world.eva_manager):
        text = as_(member).get(url).text
        assert WHY not in text and str(world.officer.user_id) not in text
    answer = as_(world.police_referent).post(
        reverse("casework:let_in", args=[case.pk, world.officer.user_id]), {"reason": ""}
    )
    assert answer.status_code == 422
    answer = as_(world.police_referent).post(
        reverse("casework:let_in", args=[case.pk, world.officer.user_id]), {"reason": "erreur"}
    )
    assert answer.status_code == 302 and sees(world.officer, case)


def test_garbage_is_answered_with_an_error(world, case):
    client = as_(world.police_manager)
    for user in ("", "not-a-uuid", str(case.pk)):
        answer = client.post(reverse("casework:exclude", args=[case.pk]), {"user": user, "reason": WHY})
        assert answer.status_code == 422
    answer = client.post(reverse("casework:restrict", args=[case.pk]), {"named": ["x", "y"], "reason": WHY})
    assert answer.status_code == 422 and sees(world.reader, case)


def test_names_are_written_for_the_whole_case_at_once(world, case):
    """A name that had ended is alive again, and no other row is left."""
    restrict(world.police_referent, case, world.officer)
    with system_context(SystemContext.GRANTS):
        CaseUserObjectPermission.objects.filter(user=world.officer.user).update(expires_at=now() - timedelta(days=1))
    assert not sees(world.officer, case)
    name(world.police_referent, case, world.police_referent, world.officer)
    assert sees(world.officer, case)
    with system_context(SystemContext.GRANTS):
        rows = CaseUserObjectPermission.objects.filter(content_object=case)
        assert set(rows.values_list("permission_id", flat=True)) == {permission_ids()["view_case"]}
        assert not CaseExclusion.objects.exists()
    with acting_as(world.officer):
        assert for_case(Case.objects.get(pk=case.pk), world.officer)
