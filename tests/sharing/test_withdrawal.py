"""A consent withdrawn or past its end: closed in the same second, told without content, and she is asked safely why."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import translation

from agencies.acting import acting_as
from cases.access import for_case, write_grants
from cases.enums import Level, ParticipationSide
from cases.models import Case, CaseEvent, Note
from casework.withdrawing import withdraw_consent
from common.acting import SystemContext, system_context
from common.clock import local, now
from common.errors import Refused, RuleBroken
from followups.calling import answer_withdrawal_check
from followups.models import FollowUp, FollowUpKind
from followups.planning import plan
from followups.reminding import send_due_reminders
from notifications.models import Notice, OutgoingMail
from notifications.services import notices_of
from sharing.ending import already_seen, endings
from sharing.grants import total
from sharing.models import Consent, ConsentWithdrawal, SharingDecision
from sharing.services import decide
from tests.actors import as_, database_now
from tests.factories import make_member
from tests.referrals_acts import accept, make_case, person, send
from tests.sharing.consent_acts import PRINCIPLES, open_on, write
from tests.sharing.sums import drift

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(world):
    return make_case(world.officer)


def withdraw(by, case, consent) -> ConsentWithdrawal:
    with acting_as(by):
        return withdraw_consent(
            by=by, case=Case.objects.get(pk=case.pk), access=for_case(case, by), consent=consent
        )  # fmt: skip


def level(case, value) -> None:
    with system_context(SystemContext.REMINDERS):
        Case.objects.filter(pk=case.pk).update(level=value)


def told(kind: str) -> list[Notice]:
    with system_context(SystemContext.NOTICES):
        return list(Notice.objects.filter(kind=kind))


def planned(kind: FollowUpKind) -> list[FollowUp]:
    with system_context(SystemContext.REMINDERS):
        return list(FollowUp.objects.filter(kind=kind, settled_at=None).select_related("agency", "assigned_to"))


# --- the same second -------------------------------------------------------------------------------------------
def test_closed_in_the_very_next_question(world, case):
    consent = write(world.officer, case, world.shelter)
    open_on(world.officer, consent, world.shelter)
    with acting_as(world.shelter):
        assert for_case(case, world.shelter)
    withdraw(world.officer, case, consent)
    with acting_as(world.shelter):
        assert not for_case(case, world.shelter) and not Case.objects.visible_to(world.shelter).exists()
        assert not SharingDecision.objects.filter(recipient=world.shelter.agency).exists()
    assert drift() == []


def test_other_bases_hold(world, case):
    first, second = (write(world.officer, case, world.shelter) for _each in range(2))
    open_on(world.officer, first, world.shelter)
    open_on(world.officer, second, world.shelter, "identity:victim")
    with acting_as(world.officer):
        found = endings(case, first)
        assert [one.agency.pk for one in found] == [world.shelter.agency_id]
        assert found[0].loses == {"view_contact_victim"} and not found[0].loses_case
    withdraw(world.officer, case, first)
    with acting_as(world.shelter):
        access = for_case(case, world.shelter)
        assert access.can("identity", "victim") and not access.can("contact", "victim")
    assert drift() == []
    withdraw(world.officer, case, second)
    with acting_as(world.shelter):
        assert not for_case(case, world.shelter)


def test_the_end_of_a_consent_needs_no_job(world, case):
    """Past its end by the database's clock: rows still there, and nothing opens."""
    end = database_now() - timedelta(seconds=1)
    with acting_as(world.officer):
        consent = Consent.objects.create(
            case=case, subject=person(case), side="victim", given_how="oral", explained="x", purpose="x",
            categories=["identity"], valid_until=end, agency=world.officer.agency, recorded_by=world.officer.user,
        )  # fmt: skip
        decision = SharingDecision.objects.create(
            case=case, recipient=world.shelter.agency, side=ParticipationSide.VICTIM, way_in="decision",
            basis="consent", consent=consent, grants=["identity:victim"], necessity="x", accurate_on=end.date(),
            decided_by=world.officer.user, agency=world.officer.agency, starts_at=end - timedelta(days=30),
        )  # fmt: skip
        held = total([decision.opening()], side=ParticipationSide.VICTIM)
        assert set(held.values()) == {end}
        write_grants(case=case, agency=world.shelter.agency, grants=held, side=ParticipationSide.VICTIM)
    with acting_as(world.shelter):
        assert not for_case(case, world.shelter) and not Case.objects.visible_to(world.shelter).exists()
    with acting_as(world.officer):
        assert not Consent.objects.live().filter(pk=consent.pk).exists()
        with pytest.raises(RuleBroken, match="."):
            decide(by=world.officer, case=case, recipient=world.shelter.agency, side="victim", way_in="decision",
                   basis="consent", consent=consent, grants=["identity:victim"], **PRINCIPLES)  # fmt: skip


def test_twice_is_once(world, case):
    consent = write(world.officer, case, world.shelter)
    open_on(world.officer, consent, world.shelter)
    assert withdraw(world.officer, case, consent) == withdraw(world.officer, case, consent)
    with acting_as(world.officer):
        assert CaseEvent.objects.filter(code="consent_withdrawn").count() == 1
    assert len(told("sharing_ended")) == len({notice.recipient_id for notice in told("sharing_ended")})


def test_who_may_not(world, case):
    consent = write(world.officer, case, world.shelter)
    with pytest.raises(Refused):
        withdraw(world.reader, case, consent)
    url = reverse("casework:withdraw_consent", args=[case.pk, consent.pk])
    assert as_(world.reader).get(url).status_code == as_(world.reader).post(url).status_code == 403
    assert as_(world.stranger).get(url).status_code == as_(world.stranger).post(url).status_code == 404


def test_to_have_said_so_keeps_no_door_open(world, case):
    """The service that writes down the withdrawal of its only basis keeps nothing by having written it."""
    consent = write(world.officer, case, world.shelter)
    open_on(world.officer, consent, world.shelter)
    level(case, Level.CRITICAL)
    url = reverse("casework:withdraw_consent", args=[case.pk, consent.pk])
    response = as_(world.shelter).post(url)
    assert response.status_code == 302 and response.url == reverse("cases:list")
    assert {each.agency_id for each in planned(FollowUpKind.WITHDRAWAL_CHECK)} == {world.eva.agency_id}
    with acting_as(world.shelter):
        assert not for_case(case, world.shelter)
        assert not FollowUp.objects.visible_to(world.shelter).exists()
    with acting_as(world.officer):
        event = CaseEvent.objects.get(code="consent_withdrawn")
        assert (event.category, event.side, event.agency_id) == ("network", "victim", world.shelter.agency_id)


# --- told without content -----------------------------------------------------------------------------------------
def test_who_lost_something_is_told_and_nothing_more(world, case):
    consent = write(world.officer, case, world.shelter, world.stranger)
    open_on(world.officer, consent, world.shelter)
    with acting_as(world.officer):
        decide(by=world.officer, case=case, recipient=world.stranger.agency, side="victim", way_in="decision",
               basis="grave_danger", grants=["identity:victim"], **PRINCIPLES,
               particulars={"danger": "Il la cherche.", "help": "La loger."})  # fmt: skip
    open_on(world.officer, consent, world.stranger, "identity:victim", contributes=False)
    withdraw(world.officer, case, consent)
    notices = told("sharing_ended")
    assert {notice.recipient_id for notice in notices} == {world.shelter.user_id}, "the other one lost nothing"
    (notice,) = notices
    assert notice.path == reverse("cases:list"), "the case is no longer theirs to open"
    with system_context(SystemContext.NOTICES):
        assert OutgoingMail.objects.get(notice=notice).context == {}
    with acting_as(world.shelter):
        assert notices_of(world.shelter).filter(pk=notice.pk).exists()


def test_who_keeps_the_case_is_led_to_it(world, case):
    consent, other = (write(world.officer, case, world.shelter) for _each in range(2))
    open_on(world.officer, consent, world.shelter)
    open_on(world.officer, other, world.shelter, "identity:victim")
    withdraw(world.officer, case, consent)
    assert {notice.path for notice in told("sharing_ended")} == {reverse("sharing:case_access", args=[case.pk])}


# --- what they had seen --------------------------------------------------------------------------------------------
def test_what_they_had_already_seen(world, case):
    consent = write(world.officer, case, world.shelter)
    open_on(world.officer, consent, world.shelter)
    with acting_as(world.officer):
        access = for_case(case, world.officer)
        assert [found for _agency, found in already_seen(case, consent, access).values()] == [[]]
    assert as_(world.shelter).get(reverse("cases:summary", args=[case.pk])).status_code == 200
    url = reverse("casework:withdraw_consent", args=[case.pk, consent.pk])
    with acting_as(world.officer), translation.override("en"):
        ((agency, seen),) = already_seen(case, consent, access).values()
        assert agency == world.shelter.agency
        assert {each.what for each in seen} == {"identity (victim)", "contact (victim)"}
        assert all(now() - each.last < timedelta(minutes=5) for each in seen)
    text = as_(world.officer).get(url).content.decode()
    assert "Maison du Tilleul" in text
    withdraw(world.officer, case, consent)
    after = as_(world.officer).get(url)
    assert after.status_code == 200 and "Maison du Tilleul" in after.content.decode()
    assert b"btn-danger" not in after.content, "no button for what has ended"


def test_his_side_is_shown_none_of_it(world, case):
    """His programme withdraws a consent of his: it reads of no service that works with her."""
    open_on(world.officer, write(world.officer, case, world.shelter), world.shelter)
    accept(world.programme, send(world.officer, case, world.programme, role="presumed_perpetrator", need="other"))
    consent = write(world.programme, case, world.stranger, role="presumed_perpetrator", categories=("identity",))
    open_on(world.programme, consent, world.stranger, "identity:perpetrator", side="neutral")
    url = reverse("casework:withdraw_consent", args=[case.pk, consent.pk])
    browser = as_(world.programme)
    text = browser.get(url).content.decode()
    assert "Tilleul" not in text and "EVA" not in text
    level(case, Level.CRITICAL)
    assert browser.post(url).status_code == 302
    assert not planned(FollowUpKind.WITHDRAWAL_CHECK), "nobody asks her about a consent of his"
    with acting_as(world.stranger):
        assert not for_case(case, world.stranger)


# --- asking her ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("value", "asked"), [("", 0), ("low", 0), ("moderate", 0), ("high", 1), ("critical", 1)])
def test_at_high_or_critical_she_is_asked(world, case, value, asked):
    consent = write(world.officer, case, world.shelter)
    open_on(world.officer, consent, world.shelter)
    level(case, value)
    withdraw(world.officer, case, consent)
    assert len(planned(FollowUpKind.WITHDRAWAL_CHECK)) == asked
    assert len(planned(FollowUpKind.REASSESSMENT)) == asked


def test_the_service_that_reaches_her_is_told_at_once(world, case):
    """The cell of the J+2 contact, on her side, before the police; the shelter has just lost her."""
    consent = write(world.officer, case, world.shelter)
    open_on(world.officer, consent, world.shelter)
    level(case, Level.CRITICAL)
    withdraw(world.officer, case, consent)
    (asked,) = planned(FollowUpKind.WITHDRAWAL_CHECK)
    (again,) = planned(FollowUpKind.REASSESSMENT)
    assert asked.agency_id == again.agency_id == world.eva.agency_id
    assert asked.planned_by_agency_id == world.eva.agency_id, "who withdraws does not learn who asks her"
    assert asked.remind_at <= now() and timedelta(0) < asked.due_at - now() <= timedelta(hours=25)
    send_due_reminders()
    people = {notice.recipient_id for notice in told("follow_up_due")}
    assert {world.eva.user_id, world.eva_referent.user_id} <= people
    with acting_as(world.officer):
        assert not FollowUp.objects.owed_by(world.officer).filter(kind=FollowUpKind.WITHDRAWAL_CHECK).exists()


def test_the_reference_person_asks_where_there_is_one(world, case):
    colleague = make_member(world.officer.agency, "referent")
    consent = write(world.officer, case, world.shelter)
    open_on(world.officer, consent, world.shelter)
    level(case, Level.HIGH)
    with system_context(SystemContext.REMINDERS):
        Case.objects.filter(pk=case.pk).update(reference_person=colleague.user)
    withdraw(world.officer, case, consent)
    (asked,) = planned(FollowUpKind.WITHDRAWAL_CHECK)
    assert asked.agency_id == colleague.agency_id and asked.assigned_to == colleague.user
    send_due_reminders()
    path = reverse("followups:detail", args=[asked.pk])
    assert [n.recipient_id for n in told("follow_up_due") if n.path == path] == [colleague.user_id]


def test_the_lead_agency_when_nobody_else_reaches_her(world, case):
    """She withdraws everything: the cell and the shelter lose her, the zone that leads asks."""
    level(case, Level.CRITICAL)
    with acting_as(world.officer):
        j2 = Consent.objects.get(case=case)
    withdraw(world.officer, case, j2)
    (asked,) = planned(FollowUpKind.WITHDRAWAL_CHECK)
    assert asked.agency_id == world.officer.agency_id


def test_a_reassessment_owed_later_is_brought_forward(world, case):
    with acting_as(world.officer):
        late = plan(by=world.officer, case=case, kind=FollowUpKind.REASSESSMENT, agency=world.officer.agency,
                    source_id=case.pk, due_at=now() + timedelta(days=30))  # fmt: skip
    consent = write(world.officer, case, world.shelter)
    level(case, Level.HIGH)
    withdraw(world.officer, case, consent)
    (sooner,) = planned(FollowUpKind.REASSESSMENT)
    assert sooner.agency_id == late.agency_id and sooner.due_at < late.due_at
    with acting_as(world.officer):
        late.refresh_from_db()
    assert late.outcome == "replaced"


# --- her answer ----------------------------------------------------------------------------------------------------
@pytest.fixture
def asked(world, case):
    consent = write(world.officer, case, world.shelter)
    level(case, Level.CRITICAL)
    withdraw(world.officer, case, consent)
    (found,) = planned(FollowUpKind.WITHDRAWAL_CHECK)
    return found


def test_the_page_begins_with_the_rule(world, case, asked):
    response = as_(world.eva).get(reverse("followups:detail", args=[asked.pk]))
    text = response.content.decode()
    assert response.status_code == 200 and "<ol>" in text
    assert text.index("safe-title") < text.index("script-title"), "how to reach her comes before the questions"
    assert "la bibliothèque" in text and "0470" not in text and "123442" not in text
    shown = as_(world.eva).post(reverse("followups:number", args=[asked.pk]))
    assert shown.status_code == 200 and "0470" in shown.content.decode()


def test_her_answer_is_kept_and_ends_it(world, case, asked):
    url = reverse("followups:answer", args=[asked.pk])
    browser = as_(world.eva)
    incomplete = [
        ({}, "answer"),
        ({"answer": "not_reached"}, "next_at"),
        ({"answer": "pressed", "next_at": "x"}, "next_at"),
    ]
    for data, field in incomplete:
        refused = browser.post(url, data | {"note": "Elle hésite."})
        assert refused.status_code == 422 and field in refused.context["form"].errors
        assert "Elle hésite." in refused.content.decode()
    later = local(now() + timedelta(hours=5)).strftime("%Y-%m-%dT%H:%M")
    assert browser.post(url, {"answer": "not_reached", "next_at": later}).status_code == 302
    answer = {"answer": "pressed", "note": "Il a lu son téléphone."}
    assert browser.post(url, answer).status_code == browser.post(url, answer).status_code == 302
    with acting_as(world.eva):
        asked.refresh_from_db()
        assert asked.outcome == "pressed" and asked.settled_at
        assert Note.objects.filter(case=case, category="psychosocial").count() == 1
        codes = CaseEvent.objects.filter(case=case, code="withdrawal_checked")
        assert {event.payload["answer"] for event in codes} == {"not_reached", "pressed"}
    page = browser.get(reverse("followups:detail", args=[asked.pk])).content.decode()
    assert reverse("riskassessment:case_list", args=[case.pk]) in page


def test_who_does_not_answer_for_her(world, case, asked):
    url = reverse("followups:answer", args=[asked.pk])
    for member in (world.officer, world.shelter, world.stranger):
        assert as_(member).post(url, {"answer": "own_wish"}).status_code == 404, "who owes it is nobody else's to know"
    with acting_as(world.eva):
        j2 = FollowUp.objects.get(case=case, kind=FollowUpKind.J2_CONTACT)
        with pytest.raises(RuleBroken):
            answer_withdrawal_check(by=world.eva, follow_up_id=j2.pk, answer="own_wish")
    assert as_(world.eva).post(reverse("followups:answer", args=[j2.pk]), {}).status_code == 404
    attempt = as_(world.eva).post(reverse("followups:attempt", args=[asked.pk]), {"outcome": "reached"})
    assert attempt.status_code == 302 and not asked.attempts.exists()
