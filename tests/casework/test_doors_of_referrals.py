"""What the doors of referrals must not let out: the line, the letter, his side, the refuge."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from agencies.acting import acting_as
from agencies.enums import AgencyKind, AgencySide, Need
from agencies.handouts import paper
from agencies.models import Place, ServiceOffer
from agencies.places import load_places
from cases.access import for_case
from casework.letters import Taken, answer_by_page, answer_by_phone
from casework.referring import accept_referral, decline_referral, withdraw_referral
from common.acting import SystemContext, system_context
from common.clock import now
from common.errors import RuleBroken
from notifications.models import Notice
from referrals import letters
from referrals.models import Referral
from referrals.proposals import facts_for, outlook
from sharing.models import Consent
from sharing.services import withdraw_consent
from tests.cases.helpers import as_, bring_in, text, url
from tests.casework.test_doors_shut import known_at, told
from tests.factories import make_agency, make_member
from tests.referrals_acts import accept, make_case, send

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


@pytest.fixture
def case(world):
    return make_case(world.officer)


# --- the line -----------------------------------------------------------------------------------------------------
def in_line(world, case, *to) -> list[Referral]:
    first, *also = to
    sent = send(world.officer, case, first, also=tuple(each.agency_id for each in also), in_order=True)
    with acting_as(world.officer):
        return list(Referral.objects.filter(round=sent.round).order_by("rank"))


@pytest.mark.parametrize(("how", "lines"), [("accepted", 1), ("withdrawn", 1), ("taken off", 0)])
def test_what_was_never_sent_leaves_no_line_and_moves_no_list(world, case, how, lines):
    """Its receiver may take part in the case already, and read which services do."""
    second = make_member(make_agency(AgencyKind.SHELTER, "Maison des Saules", side=AgencySide.VICTIM))
    bring_in(case, world.officer, second, ["identity:victim"], side="victim")
    first, queued = in_line(world, case, world.shelter, second)
    before = known_at(second, case)
    if how == "accepted":
        accept(world.shelter, first)
    else:
        with acting_as(world.officer):
            withdraw_referral(by=world.officer, referral_id=(queued if how == "taken off" else first).pk)
    ends = ("referral_withdrawn", "referral_accepted", "referral_expired")
    assert len(told(second, case, *ends)) == len(told(world.officer, case, *ends)) == lines
    assert (known_at(second, case) > before) is bool(lines)
    with acting_as(world.officer):
        assert Referral.objects.get(pk=queued.pk).state == "withdrawn"
    assert as_(second).get(reverse("referrals:detail", args=[queued.pk])).status_code == 404


# --- whoever has come to stand on his side --------------------------------------------------------------------------
def test_who_stands_on_his_side_by_now_does_not_learn_that_she_was_taken_in(world, case):
    """A hospital referred her, then took him on: who says yes, when she comes and what is written back are not its."""
    hospital = make_member(make_agency(AgencyKind.HOSPITAL, "Hôpital du Parc"))
    hers = [f"{each}:victim" for each in ("identity", "contact", "psychosocial", "health", "children", "migration")]
    bring_in(case, world.officer, hospital, [*hers, "identity:perpetrator"], side="neutral")
    referral, other = send(hospital, case, world.shelter), send(hospital, case, world.eva, need="legal")
    bring_in(case, world.officer, hospital, ["identity:perpetrator"], side="perpetrator")
    address = reverse("referrals:detail", args=[referral.pk])
    assert as_(hospital).get(address).status_code == 200, "it still takes back what waits"
    with acting_as(world.shelter):
        accept_referral(
            by=world.shelter, referral_id=referral.pk, note="Mot-Test", first_appointment_at=now() + timedelta(days=2)
        )
    pages = [address, url("referrals:case_list", case), reverse("referrals:list") + "?box=sent&show=all"]
    pages += [url("cases:timeline", case), reverse("api:referrals"), reverse("api:referral", args=[referral.pk])]
    for page in pages:
        seen = text(as_(hospital).get(page))
        assert "Tilleul" not in seen and "Mot-Test" not in seen and str(referral.pk) not in seen, page
    assert as_(hospital).get(address).status_code == 404
    with acting_as(hospital):
        assert not Notice.objects.filter(path=address).exists()
        withdraw_referral(by=hospital, referral_id=other.pk)
    assert "Mot-Test" in text(as_(world.officer).get(address)), "those who work with her read it"


def test_who_stands_on_his_side_by_now_sends_her_to_nobody_next_in_line(world, case):
    hospital = make_member(make_agency(AgencyKind.HOSPITAL, "Hôpital du Parc"))
    second = make_member(make_agency(AgencyKind.SHELTER, "Maison des Saules", side=AgencySide.VICTIM))
    hers = ["identity:victim", "contact:victim", "identity:perpetrator"]
    bring_in(case, world.officer, hospital, hers, side="neutral")
    first = send(hospital, case, world.shelter, also=(second.agency_id,), in_order=True)
    bring_in(case, world.officer, hospital, ["identity:perpetrator"], side="perpetrator")
    with acting_as(world.shelter):
        decline_referral(by=world.shelter, referral_id=first.pk, reason="no_place")
    with acting_as(hospital):
        assert Referral.objects.get(to_agency=second.agency).state == "expired"
    with acting_as(second):
        assert not Referral.objects.exists() and not Notice.objects.exists()


def test_who_stands_on_his_side_by_now_is_not_next_in_line_for_her(world, case):
    """A hospital that was next in line took him on meanwhile: it is not told that she is sent, nor by whom."""
    hospital = make_member(make_agency(AgencyKind.HOSPITAL, "Hôpital du Parc"))
    first, queued = in_line(world, case, world.shelter, hospital)
    bring_in(case, world.officer, hospital, ["identity:perpetrator"], side="perpetrator")
    with acting_as(world.shelter):
        decline_referral(by=world.shelter, referral_id=first.pk, reason="no_place")
    with acting_as(world.officer):
        assert Referral.objects.get(pk=queued.pk).state == "expired"
    with acting_as(hospital):
        assert not Referral.objects.exists()
        assert not Notice.objects.filter(path=reverse("referrals:detail", args=[queued.pk])).exists()
    assert as_(hospital).get(reverse("referrals:detail", args=[queued.pk])).status_code == 404


# --- without an account ---------------------------------------------------------------------------------------------
def test_she_is_sent_by_no_letter_to_who_works_with_him(world, case):
    outside = make_member(
        make_agency(AgencyKind.PERPETRATOR_PROGRAMME, "Ailleurs", side=AgencySide.PERPETRATOR, without_account=True)
    )
    with pytest.raises(RuleBroken) as broken:
        send(world.officer, case, outside, need="psychosocial")
    assert "works with the presumed perpetrator" in str(broken.value.errors["to_agency"])
    assert send(world.officer, case, outside, role="presumed_perpetrator", need="perpetrator_work").grants == []


def test_nobody_says_yes_for_a_person_who_took_her_consent_back(world, case):
    outside = make_member(make_agency(AgencyKind.MENTAL_HEALTH, "Cabinet du Parc", without_account=True))
    referral = send(world.officer, case, outside, need="psychosocial")
    with acting_as(world.officer):
        letter = letters.make_letter(by=world.officer, referral_id=referral.pk, key=referral.pk)
        address = reverse("casework:answer_letter", args=[letter.link])
        assert Client().get(address).status_code == 200
        consent = Consent.objects.get(pk=referral.consent_id)
        withdraw_consent(by=world.officer, access=for_case(case, world.officer), consent=consent)
    assert Client().get(address).status_code == 404
    assert answer_by_page(link=letter.link, code=letter.code, answer="accept") == Taken.CLOSED
    with acting_as(world.officer):
        with pytest.raises(RuleBroken, match="consent"):
            answer_by_phone(by=world.officer, referral_id=referral.pk, answer="accept")
        assert Referral.objects.get(pk=referral.pk).state == "sent"
        answer_by_phone(by=world.officer, referral_id=referral.pk, answer="decline", decline_reason="no_place")


# --- where somebody hides ---------------------------------------------------------------------------------------------
def test_how_far_a_refuge_lies_is_told_to_nobody_whatever_its_service_is_called(world, client):
    """A house of a welfare centre hides people as a shelter does: its address was written before it did."""
    load_places()
    assert Place.objects.filter(postal_code="1030").exists()
    house, office = (make_agency(AgencyKind.CPAS, name) for name in ("CPAS Glycines", "CPAS Bureau"))
    shared = {"audiences": ["victim"], "is_public": True}
    with system_context(SystemContext.REFERENCE):
        for agency, needs in ((house, [Need.SHELTER, Need.SOCIAL]), (office, [Need.SOCIAL])):
            ServiceOffer.objects.create(
                agency=agency, name=agency.name, needs=needs, address="Rue Cachée 12", postal_code="1030", **shared
            )
    with acting_as(world.officer):
        found = outlook(by=world.officer, facts=facts_for(world.officer, need="social", postal_code="1030"))
        km = {each.agency.name: each.distance_km for each in found.suggestions}
        assert km["CPAS Glycines"] is None and km["CPAS Bureau"] is not None
    asked = client.get(reverse("agencies:directory"), {"p": "1030", "n": "8"})
    names = [line["name"] for line in asked.context["lines"]]
    assert names == ["CPAS Bureau", "CPAS Glycines"], "nor does its place in the list say it"
    with acting_as(world.officer):
        said = {each.name: each.where for each in paper("violence", language="fr", postal_code="1030").services}
    assert "Cachée" not in said["CPAS Glycines"] and "1030" not in said["CPAS Glycines"]
