from datetime import timedelta

import pytest
from django.http import Http404
from django.utils import translation

from agencies.acting import acting_as
from agencies.enums import AgencyKind, AgencySide, Role
from cases.access import for_case
from cases.models import Case, CaseEvent, CaseExclusion, CasePerson, ContactPoint, Person
from casework.referring import accept_referral, decline_referral, send_referral, withdraw_referral
from common.acting import SystemContext, system_context
from common.clock import now
from common.errors import Refused, RuleBroken
from common.ids import uuid7
from followups.models import FollowUp
from notifications.models import Notice
from referrals.answering import receive
from referrals.models import Referral
from referrals.perms import changes_side
from referrals.preview import preview
from referrals.sending import propose, subjects_of
from reports.models import Report
from sharing.models import Consent, SharingDecision
from tests.actors import all_of_his_side
from tests.factories import make_agency, make_member
from tests.referrals_acts import accept, asked, make_case, person, send

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_english():
    """Refusals are told apart by their words."""
    with translation.override("en"):
        yield


def notices_of(member) -> list[str]:
    with acting_as(member):
        return list(Notice.objects.order_by("created_at").values_list("kind", flat=True))


def test_from_the_police_to_a_shelter_and_back(world):
    case = make_case(world.officer)
    referral = send(world.officer, case, world.shelter)
    with acting_as(world.shelter):
        assert Referral.objects.between(world.shelter).get() == referral
        assert referral.subject_role == "victim"
        for model in (Case, CasePerson, Person, ContactPoint, CaseEvent, Consent, SharingDecision, Report):
            assert not model.objects.exists(), f"{model} before acceptance"
        owed = FollowUp.objects.get()
        assert owed.kind == "referral_answer" and owed.agency == world.shelter.agency and owed.about_id is None
        assert not list(FollowUp.objects.select_related("case")), "nothing of the case comes with it"
    assert notices_of(world.shelter) == ["referral_received"]

    accept(world.shelter, referral)
    with acting_as(world.shelter):
        access = for_case(case, world.shelter)
        assert access.side == "victim" and access.contribute
        assert set(access.categories) == {
            ("network", "victim"), ("network", "perpetrator"), ("identity", "victim"), ("contact", "victim"),
        }  # fmt: skip
        assert not access.level and not Report.objects.exists(), "judicial records stay closed"
        decision = SharingDecision.objects.get(recipient=world.shelter.agency)
        assert decision.agency == world.officer.agency and decision.source_id == referral.pk
        assert FollowUp.objects.get(kind="referral_answer").outcome == "accepted"
    with acting_as(world.officer):
        assert Referral.objects.get().state == "accepted"
        codes = list(CaseEvent.objects.filter(category="network").order_by("at").values_list("code", flat=True))
        assert codes == ["referral_sent", "referral_accepted"]
    assert notices_of(world.officer) == ["referral_answered"]


def test_the_preview_is_what_the_receiver_gets(world):
    case = make_case(world.officer)
    with acting_as(world.officer):
        shown = preview(
            case=case,
            proposal=propose(
                by=world.officer, case=case, access=for_case(case, world.officer), asked=asked(case, world.shelter)
            ),
        )
        persons = {(p.pk, p.person.given_name, p.person.family_name) for p in shown.persons}
        contacts = {contact["point"].pk for contact in shown.contacts}
    accept(world.shelter, send(world.officer, case, world.shelter))
    with acting_as(world.shelter):
        access = for_case(case, world.shelter)
        assert set(access.grants) == set(shown.access.grants) and access.side == shown.access.side
        seen = CasePerson.objects.select_related("person")
        assert {(p.pk, p.person.given_name, p.person.family_name) for p in seen} == persons
        assert {point.pk for point in ContactPoint.objects.all()} == contacts


def test_declined_with_a_reason(world):
    case = make_case(world.officer)
    referral = send(world.officer, case, world.shelter)
    with acting_as(world.shelter):
        with pytest.raises(RuleBroken, match="Say why"):
            decline_referral(by=world.shelter, referral_id=referral.pk, reason="")
        decline_referral(by=world.shelter, referral_id=referral.pk, reason="no_place", note="Place dès lundi.")
        assert not Case.objects.exists()
        assert not FollowUp.objects.filter(settled_at=None).exists()
    with acting_as(world.officer):
        found = Referral.objects.get()
        assert (found.state, found.decline_reason, found.answer_note) == ("declined", "no_place", "Place dès lundi.")
        event = CaseEvent.objects.get(code="referral_declined")
        assert event.next_agency == world.officer.agency
    assert notices_of(world.officer) == ["referral_answered"]


def test_received_then_withdrawn(world):
    case = make_case(world.officer)
    referral = send(world.officer, case, world.shelter)
    with acting_as(world.shelter):
        assert receive(by=world.shelter, referral_id=referral.pk).state == "received"
        assert receive(by=world.shelter, referral_id=referral.pk).state == "received"
        with pytest.raises(Refused):
            withdraw_referral(by=world.shelter, referral_id=referral.pk)
    with acting_as(world.officer):
        with pytest.raises(Refused):
            accept_referral(by=world.officer, referral_id=referral.pk)
        withdraw_referral(by=world.officer, referral_id=referral.pk)
    with acting_as(world.shelter), pytest.raises(RuleBroken, match="withdrawn"):
        accept_referral(by=world.shelter, referral_id=referral.pk)
    assert notices_of(world.officer) == ["referral_changed"]
    assert notices_of(world.shelter) == ["referral_received", "referral_changed"]


def test_a_reader_neither_sends_nor_answers(world):
    case = make_case(world.officer)
    reader = make_member(world.shelter.agency, Role.READER)
    with acting_as(world.reader), pytest.raises(Refused):
        send_referral(
            by=world.reader, case_id=case.pk, asked=asked(case, world.shelter), request_key=uuid7()
        )  # fmt: skip
    referral = send(world.officer, case, world.shelter)
    with acting_as(reader), pytest.raises(Refused):
        accept_referral(by=reader, referral_id=referral.pk)


@pytest.mark.parametrize("who", ["stranger", "programme", "eva", "other_officer", "platform_admin"])
def test_nobody_else_answers_it(world, who):
    referral = send(world.officer, make_case(world.officer), world.shelter)
    member = getattr(world, who)
    with acting_as(member), pytest.raises(Http404):
        accept_referral(by=member, referral_id=referral.pk)


def test_sent_twice_is_sent_once(world):
    case = make_case(world.officer)
    key = uuid7()
    first = send(world.officer, case, world.shelter, key=key)
    assert send(world.officer, case, world.shelter, key=key) == first
    with acting_as(world.officer):
        assert Referral.objects.count() == 1 and Consent.objects.filter(purpose="Trouver une place").count() == 1
        with pytest.raises(RuleBroken, match="already been sent"):
            send_referral(
                by=world.officer, case_id=case.pk, asked=asked(case, world.shelter), request_key=uuid7()
            )  # fmt: skip
        assert Consent.objects.filter(purpose="Trouver une place").count() == 1, "nothing of the second is stored"


BAD = {
    "no basis": ({"basis": ""}, "basis"),
    "an invented basis": ({"basis": "grave_danger"}, "basis"),
    "the law, to a service it does not bind": ({"basis": "legal_obligation", "legal_text": "art. 1"}, "basis"),
    "a child's consent": ({"role": "child"}, "basis"),
    "a consent that has ended": ({"valid_until": now() - timedelta(minutes=1)}, "valid_until"),
    "a consent without end": ({"valid_until": None}, "valid_until"),
    "a consent for ever": ({"valid_until": now() + timedelta(days=4000)}, "valid_until"),
    "how it was given": ({"given_how": ""}, "given_how"),
    "what was explained": ({"explained": "  "}, "explained"),
    "no need": ({"need": "money"}, "need"),
    "no urgency": ({"urgency": ""}, "urgency"),
    "her name in the reason": ({"reason": "Fatou ne peut pas rentrer."}, "reason"),
    "a name written otherwise": ({"reason": "Mme DIALLO TEST attend."}, "reason"),
    "no person": ({"subject_id": None}, "subject"),
    "no service": ({"to_agency_id": None}, "to_agency"),
}


@pytest.mark.parametrize("case_name", BAD)
def test_what_may_not_be_sent(world, case_name):
    case = make_case(world.officer)
    changes, field = BAD[case_name]
    with acting_as(world.officer):
        before = Consent.objects.count()
        with pytest.raises(RuleBroken) as broken:
            send_referral(
                by=world.officer,
                case_id=case.pk,
                asked=asked(case, world.shelter, **changes),
                request_key=uuid7(),
            )
        assert field in broken.value.errors
        assert not Referral.objects.exists() and Consent.objects.count() == before


def test_to_whom_it_may_not_go(world):
    case = make_case(world.officer)
    full = make_member(make_agency(AgencyKind.SHELTER, "Refuge complet", accepts_referrals=False))
    gone = make_member(make_agency(AgencyKind.SHELTER, "Refuge fermé", is_active=False))
    with acting_as(world.officer):
        for to, words in ((full, "takes no referrals"), (world.officer, "itself"), (gone, "Choose a service")):
            with pytest.raises(RuleBroken, match=words):
                send_referral(by=world.officer, case_id=case.pk, asked=asked(case, to), request_key=uuid7())
        with pytest.raises(RuleBroken, match="never opened to it"):
            send_referral(
                by=world.officer, case_id=case.pk, asked=asked(case, world.programme), request_key=uuid7()
            )  # fmt: skip


def test_what_the_sender_does_not_see_it_does_not_open(world):
    case = make_case(world.officer)
    with acting_as(world.officer):
        him = asked(case, world.programme, role="presumed_perpetrator")
    with acting_as(world.eva), pytest.raises(RuleBroken, match="Choose whom"):
        send_referral(by=world.eva, case_id=case.pk, asked=him, request_key=uuid7())


def test_about_him_on_his_own_consent(world):
    case = make_case(world.officer)
    referral = send(world.officer, case, world.programme, role="presumed_perpetrator", need="perpetrator_work")
    accept(world.programme, referral)
    with acting_as(world.programme):
        access = for_case(case, world.programme)
        assert access.side == "perpetrator" and access.can("identity", "perpetrator")
        assert not access.can("network", "victim") and not access.can("contact", "victim")
        assert {cp.role for cp in CasePerson.objects.all()} == {"presumed_perpetrator"}
        assert not CaseEvent.objects.filter(side="victim").exclude(agency=world.programme.agency).exists()
    send(world.officer, case, world.shelter)
    with acting_as(world.programme):
        assert [row.to_agency for row in Referral.objects.all()] == [world.programme.agency]
        assert not Consent.objects.filter(side="victim").exists()


def test_working_with_him_puts_a_service_of_hers_on_his_side(world):
    case = make_case(world.officer)
    accept(world.shelter, send(world.officer, case, world.shelter))
    his = send(world.officer, case, world.shelter, role="presumed_perpetrator", need="other")
    accept(world.shelter, his)
    with acting_as(world.shelter):
        access = for_case(case, world.shelter)
        assert access.side == "perpetrator"
        assert not access.can("contact", "victim") and not access.can("network", "victim")
        assert not ContactPoint.objects.filter(side="victim").exists()
    with acting_as(world.officer), pytest.raises(RuleBroken, match="never opened to it"):
        send_referral(
            by=world.officer, case_id=case.pk, asked=asked(case, world.shelter, need="legal"), request_key=uuid7()
        )


def test_a_service_that_went_to_his_side_meanwhile_cannot_accept_hers(world):
    case = make_case(world.officer)
    hers = send(world.officer, case, world.shelter)
    accept(world.shelter, send(world.officer, case, world.shelter, role="presumed_perpetrator", need="other"))
    with acting_as(world.shelter):
        with pytest.raises(RuleBroken, match="never opened"):
            accept_referral(by=world.shelter, referral_id=hers.pk)
        assert Referral.objects.get(pk=hers.pk).state == "sent", "the refused act leaves nothing behind"


def test_police_and_prosecutor_keep_both_sides(world):
    case = make_case(world.officer)
    accept(
        world.prosecutor,
        send(
            world.officer, case, world.prosecutor, role="presumed_perpetrator", need="other",
            basis="legal_obligation", legal_text="Code d'instruction criminelle, art. 29",
        ),
    )  # fmt: skip
    with acting_as(world.prosecutor):
        assert for_case(case, world.prosecutor).side == "neutral"


def test_a_consent_that_ends_before_the_answer_opens_nothing(world, owner):
    case = make_case(world.officer)
    referral = send(world.officer, case, world.shelter, valid_until=now() + timedelta(seconds=1))
    import time

    time.sleep(1.1)
    with acting_as(world.shelter):
        with pytest.raises(RuleBroken, match="ended"):
            accept_referral(by=world.shelter, referral_id=referral.pk)
        assert not Case.objects.exists()


def test_the_answer_is_due_by_the_urgency_or_the_usual_time(world):
    case = make_case(world.officer)
    slow = make_member(make_agency(AgencyKind.CPAS, "CPAS lent", answer_hours=96, side=AgencySide.NEUTRAL))
    for to, urgency, hours in (
        (world.shelter, "today", 4),
        (slow, "within_a_week", 96),
        (world.prosecutor, "within_a_week", 48),
    ):
        referral = send(world.officer, case, to, urgency=urgency)
        assert abs(referral.answer_due_at - referral.sent_at - timedelta(hours=hours)) < timedelta(seconds=5)


def test_an_excluded_member_of_the_receiver_learns_nothing(world):
    case = make_case(world.officer)
    friend = make_member(world.shelter.agency)
    with system_context(SystemContext.GRANTS):
        CaseExclusion.objects.create(case=case, user=friend.user)
    send(world.officer, case, world.shelter)
    assert notices_of(friend) == [] and notices_of(world.shelter) == ["referral_received"]
    with acting_as(friend):
        assert not Referral.objects.exists() and not FollowUp.objects.exists()
        assert not Referral.objects.between(friend).exists()


def test_accepting_is_not_yet_own_work(world):
    """Her withdrawal one minute after acceptance leaves the shelter nothing."""
    from sharing.services import withdraw_consent

    case = make_case(world.officer)
    referral = accept(world.shelter, send(world.officer, case, world.shelter))
    with acting_as(world.officer):
        withdraw_consent(
            by=world.officer, access=for_case(case, world.officer), consent=Consent.objects.get(pk=referral.consent_id)
        )
    with acting_as(world.shelter):
        assert not Case.objects.exists() and not for_case(case, world.shelter)
        assert Referral.objects.get().state == "accepted", "its own referral stays on record"
    assert person


@pytest.mark.parametrize(
    ("who", "side", "warned"),
    [
        ("shelter", "perpetrator", True),
        ("stranger", "perpetrator", True),
        ("programme", "perpetrator", False),
        ("shelter", "victim", False),
    ],
)
def test_both_are_warned_when_a_service_would_go_to_his_side(world, who, side, warned):
    assert changes_side(getattr(world, who).agency, side) is warned


def test_his_side_sends_nobody_of_hers_anywhere(world):
    """Whoever received her would be told which services follow her, and he exercises no right for her."""
    case = make_case(world.officer)
    his = all_of_his_side(world, case)
    with acting_as(his):
        assert for_case(case, his).can("identity", "victim")
        assert {person.side for person in subjects_of(for_case(case, his))} == {"perpetrator"}
    with pytest.raises(RuleBroken) as broken:
        send(his, case, world.shelter)
    assert "subject" in broken.value.errors
