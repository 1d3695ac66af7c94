"""What may be sent to whom, to how many services, and what goes along."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from django.http import Http404
from django.utils import translation

from agencies.acting import acting_as
from agencies.enums import AgencyKind, AgencySide
from agencies.models import Agency, Protocol, ProtocolParty
from cases.access import for_case
from cases.models import CaseEvent
from casework.referring import send_referrals
from common.acting import SystemContext, system_context
from common.clock import local, now
from common.errors import Refused, RuleBroken, StaleVersion
from common.ids import uuid7
from followups.models import FollowUp
from notifications.models import Notice
from referrals import drafts
from referrals.carried import carried_words
from referrals.models import Referral, ReferralDraft
from referrals.preview import before_sending
from referrals.sending import answer_due_at, expires_at, propose, propose_all
from sharing.models import Consent
from tests.factories import make_agency, make_member
from tests.referrals_acts import asked, make_case, person, send

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
def others(world):
    """Two more services that could help her."""
    return [
        make_member(make_agency(AgencyKind.VICTIM_SUPPORT, name, side=AgencySide.VICTIM))
        for name in ("Aide Saule", "Aide Bouleau")
    ]


def wanted(by, case, to, *further, **changes):
    with acting_as(by):
        return replace(asked(case, to, **changes), also=tuple(member.agency_id for member in further))


def problems(by, case, what) -> dict:
    with acting_as(by), pytest.raises(RuleBroken) as broken:
        propose_all(by=by, case=case, access=for_case(case, by), asked=what)
    with acting_as(by):
        assert not Referral.objects.exists(), "nothing is stored by looking"
    return broken.value.errors


def send_all(by, case, what, *, key=None, **more) -> list[Referral]:
    with acting_as(by):
        return send_referrals(by=by, case_id=case.pk, asked=what, request_key=key or uuid7(), **more)


# --- to whom ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("about_it", "postal_code", "words"),
    [
        ({"free_places": 0}, "1210", "full"),
        ({"accepts_referrals": False}, "1210", "takes no referrals"),
        ({"territory": ["4000", "4020"]}, "1210", "does not work in 1210"),
    ],
)
def test_a_service_that_cannot_take_anybody_is_not_asked(world, case, about_it, postal_code, words):
    to = make_member(make_agency(AgencyKind.SHELTER, "Refuge Orme", side=AgencySide.VICTIM, **about_it))
    errors = problems(world.officer, case, wanted(world.officer, case, to, postal_code=postal_code))
    assert list(errors) == ["to_agency"] and words in errors["to_agency"][0]


@pytest.mark.parametrize("postal_code", ["", "4000", " 4000 "])
def test_in_its_area_or_where_none_is_said_it_is(world, case, postal_code):
    to = make_member(make_agency(AgencyKind.SHELTER, "Refuge Orme", side=AgencySide.VICTIM, territory=["4000"]))
    with acting_as(world.officer):
        found = propose(
            by=world.officer,
            case=case,
            access=for_case(case, world.officer),
            asked=asked(case, to, postal_code=postal_code),
        )
        said = before_sending(by=world.officer, proposal=found).warnings
    assert any("areas" in each for each in said) is (postal_code == "")
    assert found.asked.postal_code == postal_code.strip()


def test_one_place_left_is_a_place(world, case):
    to = make_member(make_agency(AgencyKind.SHELTER, "Refuge Orme", side=AgencySide.VICTIM, free_places=1))
    assert send(world.officer, case, to).state == "sent"


def test_the_same_open_need_is_said_before_the_preview(world, case):
    send(world.officer, case, world.shelter)
    with acting_as(world.officer), pytest.raises(RuleBroken) as broken:
        propose(
            by=world.officer,
            case=case,
            access=for_case(case, world.officer),
            asked=asked(case, world.shelter),
        )
    assert "is not over (sent)" in broken.value.errors["to_agency"][0]
    with acting_as(world.officer):
        other_need = asked(case, world.shelter, need="legal")
        assert propose(by=world.officer, case=case, access=for_case(case, world.officer), asked=other_need)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"postal_code": "12; DROP"}, "postal_code"),
        ({"postal_code": "1\x0010"}, "postal_code"),
        ({"asked_by": "neighbour"}, "asked_by"),
        ({"interpreter_language": "klingon"}, "interpreter_language"),
        ({"mandated": True}, "mandated"),
        ({"rule": "x" * 61}, "rule"),
        ({"missing_kind": "palace"}, "missing_kind"),
        ({"reason": "a" * 10_000}, "reason"),
        ({"reason": "Elle\x00attend."}, "reason"),
        ({"explained": "a" * 10_000}, "explained"),
        ({"explained": "dit\x00"}, "explained"),
        ({"purpose": "x\x00"}, "purpose"),
    ],
)
def test_what_goes_along_is_checked_by_its_field(world, case, changes, field):
    assert list(problems(world.officer, case, wanted(world.officer, case, world.shelter, **changes))) == [field]


def test_emoji_and_right_to_left_go_through(world, case):
    referral = send(world.officer, case, world.shelter, reason="مكان للنوم 🛏️", purpose="للحماية")
    assert referral.reason == "مكان للنوم 🛏️"


# --- what goes along --------------------------------------------------------------------------------------------
def test_what_is_needed_to_come_goes_along(world, case):
    referral = send(
        world.officer, case, world.shelter,
        postal_code="1210", asked_by="person", interpreter_language="ar", childcare=True, accompaniment=True,
        transport=True, rule="victim-shelter", missing_kind="cpvs",
    )  # fmt: skip
    with acting_as(world.shelter):
        row = Referral.objects.get(pk=referral.pk)
        words = dict(carried_words(row))
    assert (row.postal_code, row.asked_by, row.rule, row.missing_kind) == ("1210", "person", "victim-shelter", "cpvs")
    assert row.childcare and row.accompaniment and row.transport and row.interpreter_language == "ar"
    assert words["Where"] == "1210" and words["Asked by"] == "the person himself or herself"
    for said in ("interpreter", "minds the children", "specialised person", "transport"):
        assert said in words["Needed besides"]


def test_only_what_was_asked_is_said():
    words = dict(carried_words(Referral(asked_by="service")))
    assert list(words) == ["Asked by"]


def test_a_mandate_is_an_authority_s_and_about_him_alone(world, case):
    from tests.referrals_acts import accept

    law = {"basis": "legal_obligation", "legal_text": "Code d'instruction criminelle, art. 216ter"}
    his = {"role": "presumed_perpetrator", "need": "perpetrator_work"}
    accept(world.prosecutor, send(world.officer, case, world.prosecutor, **his | law))
    with acting_as(world.prosecutor):
        access = for_case(case, world.prosecutor)
        assert access.contribute
        mandate = asked(case, world.programme, **his, **law, mandated=True, asked_by="authority")
        found = propose(by=world.prosecutor, case=case, access=access, asked=mandate)
        assert found.asked.mandated and found.valid_days
        with pytest.raises(RuleBroken) as broken:
            propose(
                by=world.prosecutor, case=case, access=access, asked=replace(mandate, mandated=False)
            )  # fmt: skip
        assert "agreement only" in broken.value.errors["basis"][0], "without a mandate he goes because he agreed"
    with acting_as(world.officer), pytest.raises(RuleBroken) as broken:
        propose(by=world.officer, case=case, access=for_case(case, world.officer), asked=mandate)
    assert "mandated" in broken.value.errors, "the police do not mandate"


def test_nobody_mandates_her(world, case):
    court = make_member(make_agency(AgencyKind.COURT, "Tribunal"))
    from referrals.asking import carried_problems

    with acting_as(world.officer):
        her, him = person(case), person(case, "presumed_perpetrator")
        what = asked(case, world.shelter, mandated=True)
    assert list(carried_problems(court, what, her)) == ["mandated"]
    assert carried_problems(court, what, him) == {}


# --- several services -------------------------------------------------------------------------------------------
def test_several_at_once_each_with_its_own_agreement(world, case, others):
    found = send_all(world.officer, case, wanted(world.officer, case, world.shelter, *others))
    assert [row.state for row in found] == ["sent"] * 3 and [row.rank for row in found] == [1, 2, 3]
    assert len({row.round for row in found}) == 1 and found[0].round and not any(row.in_order for row in found)
    with acting_as(world.officer):
        consents = [Consent.objects.get(pk=row.consent_id) for row in found]
        assert len({consent.pk for consent in consents}) == 3
        for row, consent in zip(found, consents, strict=True):
            assert [agency.pk for agency in consent.recipients.all()] == [row.to_agency_id]
        assert FollowUp.objects.filter(kind="referral_answer").count() == 3
        assert CaseEvent.objects.filter(code="referral_sent").count() == 3
    for member, row in zip((world.shelter, *others), found, strict=True):
        with acting_as(member):
            assert [one.pk for one in Referral.objects.all()] == [row.pk], "each reads its own row alone"


def test_in_order_only_the_first_is_asked(world, case, others):
    what = replace(wanted(world.officer, case, world.shelter, *others), in_order=True)
    found = send_all(world.officer, case, what)
    assert [row.state for row in found] == ["sent", "queued", "queued"] and all(row.in_order for row in found)
    assert found[0].expires_at and not found[1].expires_at
    with acting_as(world.officer):
        assert FollowUp.objects.filter(kind="referral_answer").count() == 1
        assert CaseEvent.objects.filter(code="referral_sent").count() == 1
    with acting_as(others[0]):
        assert not Referral.objects.exists() and not Notice.objects.exists(), "it is not told yet"


def test_several_sent_twice_are_sent_once(world, case, others):
    what, key = wanted(world.officer, case, world.shelter, *others), uuid7()
    first = send_all(world.officer, case, what, key=key)
    assert [row.pk for row in send_all(world.officer, case, what, key=key)] == [row.pk for row in first]
    with acting_as(world.officer):
        assert Referral.objects.count() == 3


def test_one_that_cannot_be_asked_stops_them_all(world, case, others):
    full = make_member(make_agency(AgencyKind.SHELTER, "Refuge Orme", side=AgencySide.VICTIM, free_places=0))
    errors = problems(world.officer, case, wanted(world.officer, case, world.shelter, full, others[0]))
    assert list(errors) == ["to_agency_2"]
    errors = problems(world.officer, case, wanted(world.officer, case, world.shelter, world.shelter))
    assert "already named" in errors["to_agency_2"][0]
    errors = problems(world.officer, case, wanted(world.officer, case, world.shelter, world.programme))
    assert "never opened to it" in errors["to_agency_2"][0]


def test_what_was_not_shown_is_not_sent(world, case, others):
    what = wanted(world.officer, case, world.shelter, others[0])
    with acting_as(world.officer):
        access = for_case(case, world.officer)
        shown = [one.shown() for one in propose_all(by=world.officer, case=case, access=access, asked=what)]
    for wrong in (shown[:1], shown[::-1], [shown[0], [*shown[1], "facts:case"]]):
        with pytest.raises(RuleBroken, match="has changed"):
            send_all(world.officer, case, what, previewed=wrong)
    assert len(send_all(world.officer, case, what, previewed=shown)) == 2


# --- without an account -----------------------------------------------------------------------------------------
def test_a_service_without_an_account_gets_nothing_of_the_case(world, case):
    to = make_member(make_agency(AgencyKind.LEGAL_AID, "Permanence Aulne", without_account=True))
    found = send_all(world.officer, case, wanted(world.officer, case, to, need="legal"))[0]
    assert found.grants == [] and not found.contributes and found.state == "sent"
    with acting_as(world.officer):
        assert Consent.objects.get(pk=found.consent_id).categories == ["network"]
        owed = FollowUp.objects.get(kind="referral_answer")
        assert owed.agency_id == world.officer.agency_id, "nobody is reminded at a service without an account"


# --- when -------------------------------------------------------------------------------------------------------
def test_the_answer_has_an_end_after_it_was_due():
    agency, at = Agency(answer_hours=2), now()
    assert answer_due_at("today", agency, at=at) == at + timedelta(hours=2)
    assert expires_at("today", due_at=at) == at + timedelta(hours=20)
    assert expires_at("within_48_hours", due_at=at) == at + timedelta(days=5)
    assert expires_at("within_a_week", due_at=at) == at + timedelta(days=14)


# --- before sending ---------------------------------------------------------------------------------------------
def test_room_waiting_and_the_protocol_are_shown_before_sending(world, case):
    with system_context(SystemContext.REFERENCE):
        Agency.objects.filter(pk=world.shelter.agency_id).update(free_places=2, waiting_days=10)
        protocol = Protocol.objects.create(
            title="Accord hébergement", purpose="Accueil", legal_basis="—", channel="MOVE, puis téléphone de garde",
            starts_on=local(now()).date() - timedelta(days=1), recorded_by=world.platform_admin.user,
        )  # fmt: skip
        for member in (world.officer, world.shelter):
            ProtocolParty.objects.create(protocol=protocol, agency=member.agency)
    with acting_as(world.officer):
        access = for_case(case, world.officer)
        to_shelter = propose(by=world.officer, case=case, access=access, asked=asked(case, world.shelter))
        said = before_sending(by=world.officer, proposal=to_shelter)
        assert (said.room, said.waiting) == ("2 free places", "10 days")
        assert [one.channel for one in said.protocols] == ["MOVE, puis téléphone de garde"]
        elsewhere = propose(by=world.officer, case=case, access=access, asked=asked(case, world.stranger))
        said = before_sending(by=world.officer, proposal=elsewhere)
        assert said.protocols == [] and said.room == said.waiting == "the service has not said"


def test_an_interpreter_that_nobody_asked_for_is_thought_of(world):
    case = make_case(world.officer, victim_interpreter="on")
    with acting_as(world.officer):
        her = person(case).person
        her.interpreter_needed = True
        her.save(update_fields=["interpreter_needed"])
        access = for_case(case, world.officer)
        for language, thought_of in (("", True), ("ar", False)):
            what = asked(case, world.shelter, interpreter_language=language)
            said = before_sending(
                by=world.officer, proposal=propose(by=world.officer, case=case, access=access, asked=what)
            ).warnings
            assert any("interpreter" in each for each in said) is thought_of


# --- drafts -----------------------------------------------------------------------------------------------------
def keep(by, case, draft_id, data, version=0):
    with acting_as(by):
        return drafts.save(by=by, case_id=case.pk, draft_id=draft_id, data=data, version=version)


def test_a_draft_is_made_by_its_first_save_and_found_by_the_next(world, case):
    key = uuid7()
    first = keep(world.officer, case, key, {"reason": "Elle"})
    assert first.pk == key and first.version == 1
    second = keep(world.officer, case, key, {"reason": "Elle cherche"}, version=1)
    assert second.version == 2
    assert keep(world.officer, case, key, {"reason": "Elle cherche"}, version=0).version == 2, "the same again is kept"
    with pytest.raises(StaleVersion) as stale:
        keep(world.officer, case, key, {"reason": "Autre"}, version=1)
    assert stale.value.conflicts == [{"field": "reason", "theirs": "Elle cherche", "yours": "Autre"}]
    with acting_as(world.officer):
        assert [draft.pk for draft in drafts.open_ones(by=world.officer, case=case)] == [key]


@pytest.mark.parametrize("who", ["police_referent", "eva", "shelter", "stranger"])
def test_a_draft_is_its_author_s_alone(world, case, who):
    key = keep(world.officer, case, uuid7(), {"reason": "Elle"}).pk
    member = getattr(world, who)
    with acting_as(member):
        assert not ReferralDraft.objects.exists()
        with pytest.raises(Http404):
            drafts.find(by=member, case=case, draft_id=key)
    with acting_as(member), pytest.raises((Http404, RuleBroken)):
        drafts.save(by=member, case_id=case.pk, draft_id=key, data={"reason": "x"}, version=1)
    with acting_as(world.officer):
        assert ReferralDraft.objects.get(pk=key).data == {"reason": "Elle"}


def test_sending_or_throwing_away_empties_the_draft(world, case):
    sent, thrown = (keep(world.officer, case, uuid7(), {"reason": "Elle"}).pk for _ in range(2))
    send_all(world.officer, case, wanted(world.officer, case, world.shelter), draft_id=sent)
    with acting_as(world.officer):
        drafts.discard(by=world.officer, case_id=case.pk, draft_id=thrown)
        for key in (sent, thrown):
            found = ReferralDraft.objects.get(pk=key)
            assert found.data == {} and found.ended_at
            with pytest.raises(Http404):
                drafts.discard(by=world.officer, case_id=case.pk, draft_id=key)
        with pytest.raises(Refused):
            drafts.save(by=world.officer, case_id=case.pk, draft_id=sent, data={"reason": "x"}, version=1)


def test_a_draft_has_a_size_and_they_have_a_number(world, case):
    with pytest.raises(RuleBroken, match="too long"):
        keep(world.officer, case, uuid7(), {"reason": "a" * 20_001})
    for _ in range(drafts.MOST):
        keep(world.officer, case, uuid7(), {"reason": "x"})
    with pytest.raises(RuleBroken, match="many drafts"):
        keep(world.officer, case, uuid7(), {"reason": "x"})


def test_a_reader_keeps_no_draft(world, case):
    with pytest.raises(Refused):
        keep(world.reader, case, uuid4(), {"reason": "x"})
