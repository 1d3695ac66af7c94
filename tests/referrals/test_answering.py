"""After it is sent: who looks at it, the states to its end, time that runs out, the next in line, feedback."""

from datetime import timedelta

import pytest
from django.http import Http404
from django.urls import reverse
from django.utils import translation

from agencies.acting import acting_as
from agencies.enums import AgencyKind, AgencySide, Role
from cases.access import for_case
from cases.models import Case, CaseEvent, CaseExclusion, CasePerson
from casework.referring import accept_referral, assign_referral, decline_referral, withdraw_referral
from casework.rounds import expire_referrals
from casework.tasks import expire_referrals as expire_task
from common.acting import SystemContext, system_context
from common.clock import now
from common.errors import Refused, RuleBroken
from common.ids import uuid7
from followups.models import FollowUp
from notifications.models import Notice
from referrals import answering, feedback
from referrals.models import Referral, ReferralFeedback
from sharing.models import Consent
from sharing.services import record_consent, withdraw_consent
from tests.factories import make_agency, make_member
from tests.referrals_acts import accept, make_case, person, send

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_english():
    """Refusals are told apart by their words."""
    with translation.override("en"):
        yield


@pytest.fixture
def case(world):
    return make_case(world.officer)


@pytest.fixture
def second(world):
    """Another shelter."""
    return make_member(make_agency(AgencyKind.SHELTER, "Maison des Saules", side=AgencySide.VICTIM))


@pytest.fixture
def third(world):
    return make_member(make_agency(AgencyKind.SHELTER, "Maison du Frêne", side=AgencySide.VICTIM))


def round_of(world, case, *to, in_order: bool) -> list[Referral]:
    first, *also = to
    sent = send(world.officer, case, first, also=tuple(each.agency_id for each in also), in_order=in_order)
    with acting_as(world.officer):
        return list(Referral.objects.filter(round=sent.round).order_by("rank"))


def states(world, case) -> list[str]:
    with acting_as(world.officer):
        return list(Referral.objects.filter(case=case).order_by("rank").values_list("state", flat=True))


def let_time_run_out(*referrals: Referral) -> None:
    with system_context(SystemContext.REMINDERS):
        Referral.objects.filter(pk__in=[each.pk for each in referrals]).update(
            expires_at=now() - timedelta(days=1), answer_due_at=now() - timedelta(days=2)
        )


def kinds_of(member) -> list[str]:
    with acting_as(member):
        return list(Notice.objects.order_by("created_at", "pk").values_list("kind", flat=True))


# --- who looks at it ----------------------------------------------------------------------------------------------
def test_it_is_given_to_somebody_of_the_team_who_is_reminded_first(world, case):
    colleague = make_member(world.shelter.agency)
    referral = send(world.officer, case, world.shelter)
    with acting_as(world.shelter):
        assign_referral(by=world.shelter, referral_id=referral.pk, user_id=colleague.user_id)
        assert Referral.objects.get().assigned_to_id == colleague.user_id
        assert FollowUp.objects.get(kind="referral_answer").assigned_to_id == colleague.user_id
        assign_referral(by=world.shelter, referral_id=referral.pk, user_id=None)
        assert Referral.objects.get().assigned_to_id is None
        assert FollowUp.objects.get(kind="referral_answer").assigned_to_id is None
    assert kinds_of(colleague) == ["referral_received", "referral_changed"]


@pytest.mark.parametrize("who", ["another service", "a reader", "kept out", "nobody"])
def test_it_is_given_to_nobody_else(world, case, who):
    referral = send(world.officer, case, world.shelter)
    if who == "another service":
        user_id = world.stranger.user_id
    elif who == "a reader":
        user_id = make_member(world.shelter.agency, Role.READER).user_id
    elif who == "nobody":
        user_id = uuid7()
    else:
        friend = make_member(world.shelter.agency)
        with system_context(SystemContext.GRANTS):
            CaseExclusion.objects.create(case=case, user=friend.user)
        user_id = friend.user_id
    with acting_as(world.shelter), pytest.raises(RuleBroken) as broken:
        assign_referral(by=world.shelter, referral_id=referral.pk, user_id=user_id)
    assert "assigned_to" in broken.value.errors


def test_only_the_service_that_received_it_hands_it_out(world, case):
    referral = send(world.officer, case, world.shelter)
    with acting_as(world.officer), pytest.raises(Refused):
        assign_referral(by=world.officer, referral_id=referral.pk, user_id=world.officer.user_id)
    with acting_as(world.stranger), pytest.raises(Http404):
        assign_referral(by=world.stranger, referral_id=referral.pk, user_id=world.stranger.user_id)
    with acting_as(world.shelter):
        decline_referral(by=world.shelter, referral_id=referral.pk, reason="no_place")
        with pytest.raises(RuleBroken, match="over"):
            assign_referral(by=world.shelter, referral_id=referral.pk, user_id=world.shelter.user_id)


# --- accepted, begun, completed -----------------------------------------------------------------------------------
def test_accepted_with_who_takes_it_and_when_then_begun_then_completed(world, case):
    referral = send(world.officer, case, world.shelter)
    colleague = make_member(world.shelter.agency)
    at = now() + timedelta(days=3)
    with acting_as(world.shelter):
        accept_referral(
            by=world.shelter, referral_id=referral.pk, taken_by=colleague.user_id, first_appointment_at=at
        )  # fmt: skip
    with acting_as(world.officer):
        seen = Referral.objects.get()
        assert seen.taken_by_id == colleague.user_id and seen.first_appointment_at == at
    with acting_as(colleague):
        answering.begin(by=colleague, referral_id=referral.pk)
        assert answering.begin(by=colleague, referral_id=referral.pk).state == "in_progress", "saying so twice"
        with pytest.raises(RuleBroken, match="what became"):
            answering.complete(by=colleague, referral_id=referral.pk, result="")
        answering.complete(by=colleague, referral_id=referral.pk, result="partly")
        with pytest.raises(RuleBroken, match="already"):
            answering.complete(by=colleague, referral_id=referral.pk, result="helped")
        assert for_case(case, colleague), "what is open stays open until its own end"
    with acting_as(world.officer):
        seen = Referral.objects.get()
        assert (seen.state, seen.result) == ("completed", "partly") and seen.began_at and seen.ended_at
        codes = (
            CaseEvent.objects.filter(code__startswith="referral_").order_by("at", "pk").values_list("code", flat=True)
        )
        assert list(codes) == ["referral_sent", "referral_accepted", "referral_begun", "referral_completed"]
        with pytest.raises(Refused):
            answering.begin(by=world.officer, referral_id=referral.pk)
    assert kinds_of(world.officer) == ["referral_answered", "referral_changed", "referral_told"]
    assert kinds_of(colleague)[-1] == "referral_changed", "told that it was given to them"


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("first_appointment_at", {"first_appointment_at": now() - timedelta(days=1)}),
        ("first_appointment_at", {"first_appointment_at": now() + timedelta(days=800)}),
        ("taken_by", {"taken_by": uuid7()}),
        ("note", {"note": "x" * 1001}),
        ("note", {"note": "a\x00b"}),
    ],
)
def test_an_acceptance_that_does_not_hold_opens_nothing(world, case, field, given):
    referral = send(world.officer, case, world.shelter)
    with acting_as(world.shelter):
        with pytest.raises(RuleBroken) as broken:
            accept_referral(by=world.shelter, referral_id=referral.pk, **given)
        assert field in broken.value.errors and not Case.objects.exists()


def test_another_reason_says_which(world, case):
    referral = send(world.officer, case, world.shelter)
    with acting_as(world.shelter):
        with pytest.raises(RuleBroken) as broken:
            decline_referral(by=world.shelter, referral_id=referral.pk, reason="other")
        assert "note" in broken.value.errors
        decline_referral(by=world.shelter, referral_id=referral.pk, reason="other", note="Travaux jusqu’en mars.")


# --- time runs out ------------------------------------------------------------------------------------------------
def test_a_referral_nobody_answers_expires_and_both_are_told(world, case):
    referral = send(world.officer, case, world.shelter)
    assert expire_referrals() == 0, "not before its time"
    let_time_run_out(referral)
    expire_task()
    assert expire_referrals() == 0, "once"
    with acting_as(world.officer):
        seen = Referral.objects.get()
        assert seen.state == "expired" and seen.ended_at and seen.answered_by_id is None
        event = CaseEvent.objects.get(code="referral_expired")
        assert event.next_agency == world.officer.agency and event.next_act == "refer_elsewhere"
    with acting_as(world.shelter):
        assert not FollowUp.objects.filter(settled_at=None).exists()
        with pytest.raises(RuleBroken, match="expired"):
            accept_referral(by=world.shelter, referral_id=referral.pk)
    assert kinds_of(world.officer) == ["referral_changed"]
    assert kinds_of(world.shelter) == ["referral_received", "referral_changed"]


def test_out_of_time_is_refused_even_before_it_is_written_down(world, case):
    referral = send(world.officer, case, world.shelter)
    let_time_run_out(referral)
    with acting_as(world.shelter):
        for act in (
            lambda: accept_referral(by=world.shelter, referral_id=referral.pk),
            lambda: decline_referral(by=world.shelter, referral_id=referral.pk, reason="no_place"),
            lambda: answering.receive(by=world.shelter, referral_id=referral.pk),
        ):
            with pytest.raises(RuleBroken, match="run out"):
                act()
        assert not Case.objects.exists()
    with acting_as(world.officer):
        withdraw_referral(by=world.officer, referral_id=referral.pk)


def test_an_accepted_one_never_expires(world, case):
    referral = accept(world.shelter, send(world.officer, case, world.shelter))
    let_time_run_out(referral)
    assert expire_referrals() == 0
    assert states(world, case) == ["accepted"]


# --- several asked together ---------------------------------------------------------------------------------------
def test_asked_at_once_the_first_yes_takes_the_others_back(world, case, second):
    one, two = round_of(world, case, world.shelter, second, in_order=False)
    assert states(world, case) == ["sent", "sent"]
    with acting_as(second):
        assert Referral.objects.get() == two, "who else is asked is the sender's to know"
    accept(second, two)
    assert states(world, case) == ["withdrawn", "accepted"]
    assert kinds_of(world.shelter) == ["referral_received", "referral_changed"]
    with acting_as(world.shelter):
        assert not FollowUp.objects.filter(settled_at=None).exists()
        with pytest.raises(RuleBroken, match="withdrawn"):
            accept_referral(by=world.shelter, referral_id=one.pk)
        assert not Referral.objects.filter(pk=two.pk).exists(), "nor who took it"


def test_in_order_the_next_one_is_asked_when_the_one_before_says_no(world, case, second, third):
    one, two, three = round_of(world, case, world.shelter, second, third, in_order=True)
    assert states(world, case) == ["sent", "queued", "queued"]
    for waiting in (second, third):
        assert kinds_of(waiting) == []
        with acting_as(waiting):
            assert not Referral.objects.exists() and not FollowUp.objects.exists(), "next in line knows nothing"
            with pytest.raises(Http404):
                accept_referral(by=waiting, referral_id=two.pk)
    with acting_as(world.shelter):
        decline_referral(by=world.shelter, referral_id=one.pk, reason="no_place")
    assert states(world, case) == ["declined", "sent", "queued"]
    assert kinds_of(second) == ["referral_received"]
    with acting_as(second):
        found = Referral.objects.get()
        assert abs(found.answer_due_at - found.sent_at - timedelta(hours=48)) < timedelta(seconds=5), "its own time"
        assert found.expires_at > found.answer_due_at
        assert FollowUp.objects.get().due_at == found.answer_due_at
    let_time_run_out(two)
    assert expire_referrals() == 1
    assert states(world, case) == ["declined", "expired", "sent"]
    accept(third, three)
    assert states(world, case) == ["declined", "expired", "accepted"]


def test_who_is_next_when_the_consent_has_ended_is_not_asked(world, case, second, third):
    one, two, _three = round_of(world, case, world.shelter, second, third, in_order=True)
    with acting_as(world.officer):
        consent = Consent.objects.get(pk=two.consent_id)
        withdraw_consent(by=world.officer, access=for_case(case, world.officer), consent=consent)
    with acting_as(world.shelter):
        decline_referral(by=world.shelter, referral_id=one.pk, reason="no_place")
    assert states(world, case) == ["declined", "expired", "sent"], "passed over, the next one is asked"
    assert kinds_of(second) == []
    with acting_as(second):
        assert not FollowUp.objects.exists() and not Referral.objects.exists()


def test_who_is_next_and_full_meanwhile_is_not_asked(world, case, second):
    one, _two = round_of(world, case, world.shelter, second, in_order=True)
    with system_context(SystemContext.REFERENCE):
        type(second.agency).objects.filter(pk=second.agency_id).update(accepts_referrals=False)
    with acting_as(world.shelter):
        decline_referral(by=world.shelter, referral_id=one.pk, reason="no_place")
    assert states(world, case) == ["declined", "expired"]
    assert kinds_of(second) == []


def test_in_order_a_yes_ends_the_line_and_so_does_taking_it_back(world, case, second):
    one, _two = round_of(world, case, world.shelter, second, in_order=True)
    accept(world.shelter, one)
    assert states(world, case) == ["accepted", "withdrawn"]
    other = make_case(world.officer)
    one, _two = round_of(world, other, world.shelter, second, in_order=True)
    with acting_as(world.officer):
        withdraw_referral(by=world.officer, referral_id=one.pk)
    assert states(world, other) == ["withdrawn", "withdrawn"]
    assert kinds_of(second) == []
    with acting_as(second):
        assert not Referral.objects.exists(), "what was never sent stays unknown, by the second lock too"
        assert not Referral.objects.between(second).exists()


def test_the_sender_takes_one_off_the_line_in_silence(world, case, second, third):
    one, two, _three = round_of(world, case, world.shelter, second, third, in_order=True)
    with acting_as(world.officer):
        withdraw_referral(by=world.officer, referral_id=two.pk)
    assert states(world, case) == ["sent", "withdrawn", "queued"]
    with acting_as(world.shelter):
        decline_referral(by=world.shelter, referral_id=one.pk, reason="no_place")
    assert states(world, case) == ["declined", "withdrawn", "sent"]
    assert kinds_of(second) == [] and kinds_of(third) == ["referral_received"]


# --- feedback -----------------------------------------------------------------------------------------------------
def tell(by, referral, **given) -> ReferralFeedback:
    with acting_as(by):
        return feedback.give(
            by=by,
            referral_id=referral.pk,
            **({"text": "Elle vient.", "basis": "consent", "request_key": uuid7()} | given),
        )


def her_consent(world, case, *, to, categories=("psychosocial",)) -> Consent:
    with acting_as(world.shelter):
        return record_consent(
            by=world.shelter,
            subject=CasePerson.objects.get(pk=person(case).pk),
            recipients=[to.agency],
            categories=list(categories),
            purpose="Donner des nouvelles",
            given_how="oral",
            explained="Qui lira quoi.",
            valid_until=now() + timedelta(days=60),
        )


def test_content_goes_back_with_her_consent_and_is_read_while_it_holds(world, case):
    referral = accept(world.shelter, send(world.officer, case, world.shelter))
    with pytest.raises(RuleBroken) as broken:
        tell(world.shelter, referral)
    assert "consent" in broken.value.errors, "no consent, no content"
    elsewhere = her_consent(world, case, to=world.eva)
    with pytest.raises(RuleBroken):
        tell(world.shelter, referral, consent_id=elsewhere.pk)
    consent = her_consent(world, case, to=world.officer)
    key = uuid7()
    first = tell(world.shelter, referral, consent_id=consent.pk, request_key=key)
    assert tell(world.shelter, referral, consent_id=consent.pk, request_key=key) == first, "once"
    with acting_as(world.officer):
        (seen,) = feedback.told(by=world.officer, referral=referral)
        assert seen.text == "Elle vient." and not seen.ended
        assert "Elle" not in str(CaseEvent.objects.get(code="referral_feedback").payload)
    assert kinds_of(world.officer) == ["referral_answered", "referral_told"]
    for other in (world.eva, world.stranger):
        with acting_as(other):
            assert not ReferralFeedback.objects.exists() and feedback.told(by=other, referral=referral) == []
    with acting_as(world.shelter):
        withdraw_consent(by=world.shelter, access=for_case(case, world.shelter), consent=consent)
    with acting_as(world.officer):
        (seen,) = feedback.told(by=world.officer, referral=referral)
        assert seen.text == "" and seen.ended
        assert not ReferralFeedback.objects.exists(), "the second lock closes it too"
    with acting_as(world.shelter):
        assert ReferralFeedback.objects.get().text == "Elle vient."
        (own,) = feedback.told(by=world.shelter, referral=referral)
        assert own.text == "Elle vient.", "its own words stay its own"


def test_a_mandating_authority_is_told_by_right_and_nobody_else(world, case):
    send_him = {"role": "presumed_perpetrator", "need": "perpetrator_work"}
    plain = accept(world.programme, send(world.officer, case, world.programme, **send_him))
    with pytest.raises(RuleBroken) as broken:
        tell(world.programme, plain, basis="mandate")
    assert "basis" in broken.value.errors
    with system_context(SystemContext.REMINDERS):
        Referral.objects.filter(pk=plain.pk).update(mandated=True)
    with pytest.raises(RuleBroken):
        tell(world.programme, plain, basis="mandate")  # the police are no mandating authority
    with system_context(SystemContext.REMINDERS):
        Referral.objects.filter(pk=plain.pk).update(from_agency=world.prosecutor.agency)
    assert tell(world.programme, plain, basis="mandate", text="Présent aux deux séances.").consent_id is None


@pytest.mark.parametrize("text", ["", "   ", "x" * 2001, "a\x00b"])
def test_words_that_cannot_be_kept(world, case, text):
    referral = accept(world.shelter, send(world.officer, case, world.shelter))
    with pytest.raises(RuleBroken) as broken:
        tell(world.shelter, referral, text=text)
    assert "text" in broken.value.errors


def test_no_content_before_a_yes_nor_by_the_sender(world, case):
    referral = send(world.officer, case, world.shelter)
    with pytest.raises(RuleBroken, match="Accept"):
        tell(world.shelter, referral)
    with pytest.raises(Refused):
        tell(world.officer, referral)
    with pytest.raises(Http404):
        tell(world.stranger, referral)


# --- pages --------------------------------------------------------------------------------------------------------
def page(client, member, referral) -> str:
    client.force_login(member.user)
    return client.get(reverse("referrals:detail", args=[referral.pk])).content.decode()


def test_the_pages_lead_from_the_inbox_to_the_result(world, client, case):
    referral = send(world.officer, case, world.shelter, urgency="today", childcare=True)
    client.force_login(world.shelter.user)
    inbox = reverse("referrals:list")
    for shown in ("waiting", "unassigned", "urgent", "all"):
        assert str(referral.pk) in client.get(inbox, {"show": shown}).content.decode(), shown
    for shown in ("mine", "late", "taken"):
        assert str(referral.pk) not in client.get(inbox, {"show": shown}).content.decode(), shown
    assert client.get(inbox, {"show": "invented"}).status_code == 200
    assert client.post(reverse("casework:assign_referral", args=[referral.pk]), {"mine": "1"}).status_code == 302
    assert str(referral.pk) in client.get(inbox, {"show": "mine"}).content.decode()
    assert str(referral.pk) not in client.get(inbox, {"show": "unassigned"}).content.decode()
    assert case.reference not in page(client, world.shelter, referral)
    late = {"first_appointment_at": "2001-01-01T10:00", "note": "à ce soir"}
    refused = client.post(reverse("casework:accept_referral", args=[referral.pk]), late)
    assert refused.status_code == 422 and "à ce soir" in refused.content.decode()
    assert "data-error-summary" in refused.content.decode()
    assert client.post(reverse("casework:accept_referral", args=[referral.pk])).status_code == 302
    assert str(referral.pk) in client.get(inbox, {"show": "taken"}).content.decode()
    assert client.post(reverse("referrals:begin", args=[referral.pk])).status_code == 302
    assert client.post(reverse("referrals:complete", args=[referral.pk])).status_code == 422
    words = {"text": "Elle vient chaque semaine.", "basis": "consent", "key": str(uuid7())}
    refused = client.post(reverse("referrals:feedback", args=[referral.pk]), words)
    assert refused.status_code == 422 and words["text"] in refused.content.decode()
    consent = her_consent(world, case, to=world.officer)
    words["consent"] = str(consent.pk)
    for _again in range(2):
        assert client.post(reverse("referrals:feedback", args=[referral.pk]), words).status_code == 302
    done = client.post(reverse("referrals:complete", args=[referral.pk]), {"result": "helped"})
    assert done.status_code == 302
    told = page(client, world.officer, referral)
    assert words["text"] in told and told.count(words["text"]) == 1
    assert words["text"] not in page(client, world.eva, referral), "she follows her, and is not one of the two services"


def test_whoever_said_no_is_followed_by_who_else_can_be_asked_in_one_click(world, client, case, second):
    referral = send(world.officer, case, world.shelter)
    with acting_as(world.shelter):
        decline_referral(by=world.shelter, referral_id=referral.pk, reason="no_place")
    text = page(client, world.officer, referral)
    link = f"{reverse('referrals:new', args=[case.pk])}?after={referral.pk}&amp;to_agency={second.agency_id}"
    assert link in text and f"to_agency={world.shelter.agency_id}" not in text
    form = client.get(link.replace("&amp;", "&"))
    assert form.status_code == 200 and referral.reason in form.content.decode()
    assert "after=" not in page(client, world.shelter, referral)


def test_the_line_is_the_senders_to_see(world, client, case, second):
    one, two = round_of(world, case, world.shelter, second, in_order=True)
    assert str(two.pk) in page(client, world.officer, one) and "Maison des Saules" in page(client, world.officer, one)
    assert page(client, world.officer, two)
    assert "Saules" not in page(client, world.shelter, one)
    client.force_login(world.eva.user)
    assert client.get(reverse("referrals:detail", args=[two.pk])).status_code == 404, "not yet asked, not yet known"
    client.force_login(world.officer.user)
    queued = client.get(reverse("referrals:list"), {"box": "sent", "show": "queued"}).content.decode()
    assert str(two.pk) in queued


def test_what_must_be_answered_stands_among_what_is_due_before_the_case_is_open(world, client, case):
    referral = send(world.officer, case, world.shelter)
    friend = make_member(world.shelter.agency)
    with system_context(SystemContext.GRANTS):
        CaseExclusion.objects.create(case=case, user=friend.user)
    client.force_login(world.shelter.user)
    text = client.get(reverse("followups:list")).content.decode()
    assert reverse("referrals:detail", args=[referral.pk]) in text
    for closed in (case.reference, str(case.pk), "Fatou"):
        assert closed not in text
    client.force_login(friend.user)
    assert reverse("referrals:detail", args=[referral.pk]) not in client.get(reverse("followups:list")).content.decode()
    client.force_login(world.stranger.user)
    assert str(referral.pk) not in client.get(reverse("followups:list")).content.decode()
