"""What a referral must not let out to those who work beside it: by a refused form, a count, what is due."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import translation

from agencies.acting import acting_as
from agencies.enums import AgencyKind, AgencySide
from agencies.unlisted import enter
from cases.access import for_case
from casework.letters import answer_by_page
from casework.referring import accept_referral, decline_referral
from common.clock import now
from common.errors import RuleBroken
from common.ids import uuid7
from referrals import interpreting, letters
from referrals.models import Referral, ServiceGap
from tests.cases.helpers import as_, bring_in, text, url
from tests.factories import make_agency, make_member
from tests.referrals_acts import accept, make_case, person, send

pytestmark = pytest.mark.django_db

HIM = {"role": "presumed_perpetrator", "need": "other"}


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


@pytest.fixture
def case(world):
    return make_case(world.officer)


@pytest.fixture
def drugs(world):
    return make_member(make_agency(AgencyKind.ADDICTION, "Service Ambre"))


def works_with_him(world, case, member=None):
    """His programme, or `member` beside it."""
    bring_in(case, world.officer, member or world.programme, ["identity:perpetrator", "network:perpetrator"],
             side="perpetrator")  # fmt: skip


# --- a refused form -------------------------------------------------------------------------------------------------
def test_asking_the_same_service_does_not_tell_that_somebody_else_has_it_next_in_line(world, case):
    """A hospital sends her where the police would, once another one has said no."""
    hospital = make_member(make_agency(AgencyKind.HOSPITAL, "Hôpital du Parc"))
    hers = [f"{each}:victim" for each in ("identity", "contact", "psychosocial", "health", "children", "migration")]
    bring_in(case, world.officer, hospital, hers, side="neutral")
    other = make_member(make_agency(AgencyKind.SHELTER, "Maison des Saules", side=AgencySide.VICTIM))
    theirs = send(world.officer, case, other, also=(world.shelter.agency_id,), in_order=True)
    ours = send(hospital, case, world.shelter)
    assert ours.state == "sent" and ours.from_agency_id == hospital.agency_id
    with pytest.raises(RuleBroken, match="already been sent"):
        send(hospital, case, world.shelter)
    with acting_as(other):
        decline_referral(by=other, referral_id=theirs.pk, reason="no_place")
    with acting_as(world.shelter):
        waiting = list(Referral.objects.between(world.shelter).filter(state="sent"))
    assert len(waiting) == 2
    for each in waiting:
        accept(world.shelter, each)


def test_a_missing_service_is_counted_without_telling_that_another_service_counted_it(world, case):
    works_with_him(world, case)
    said = []
    for by in (world.officer, world.programme, world.programme):
        with acting_as(by):
            subject = person(case, "presumed_perpetrator").pk
        asked = {"subject": subject, "need": "residence", "postal_code": "1030"}
        page = as_(by).post(url("referrals:next", case), asked, follow=True)
        assert page.status_code == 200
        said.append([str(each) for each in page.context["messages"]])
        with acting_as(world.officer):
            assert ServiceGap.objects.count() == 1
    assert said[0] and said[0] == said[1] == said[2]


# --- what third parties read ----------------------------------------------------------------------------------------
def test_who_knows_that_he_was_sent_reads_neither_why_nor_what_was_answered(world, case, drugs):
    works_with_him(world, case)
    referral = send(world.officer, case, drugs, reason="Motif-Test", postal_code="1030", asked_by="victim", **HIM)
    page = reverse("referrals:detail", args=[referral.pk])
    with acting_as(drugs):
        accept_referral(by=drugs, referral_id=referral.pk, note="Mot-Test")
    seen = text(as_(world.programme).get(page))
    assert "Service Ambre" in seen, "that he was sent there is his services' to know"
    for closed in ("Motif-Test", "1030", "the victim", "Mot-Test"):
        assert closed not in seen, closed
    for member in (world.officer, drugs):
        assert "Motif-Test" in text(as_(member).get(page)) and "Mot-Test" in text(as_(member).get(page))


def test_where_and_when_she_is_met_is_between_the_two_services(world, case):
    """The cell follows her and knows who was asked, why, and what was answered."""
    bring_in(case, world.officer, world.eva, ["identity:victim", "network:victim"], side="victim")
    referral = send(world.officer, case, world.shelter, reason="Motif-Test", postal_code="1030")
    page = reverse("referrals:detail", args=[referral.pk])
    with acting_as(world.shelter):
        accept_referral(
            by=world.shelter, referral_id=referral.pk, note="Mot-Test", first_appointment_at=now() + timedelta(days=2)
        )
    seen = text(as_(world.eva).get(page))
    assert "Motif-Test" in seen and "Tilleul" in seen and "Mot-Test" in seen
    assert "1030" not in seen


def test_a_form_for_an_interpreter_tells_no_appointment_between_two_others(world, case):
    bring_in(case, world.officer, world.eva, ["identity:victim", "network:victim"], side="victim")
    referral = send(world.officer, case, world.shelter, interpreter_language="ar", postal_code="1030")
    at = now() + timedelta(days=2)
    with acting_as(world.shelter):
        accept_referral(by=world.shelter, referral_id=referral.pk, first_appointment_at=at)
    address = url("referrals:interpreter_new", case) + f"?referral={referral.pk}"
    for member, known in ((world.eva, False), (world.shelter, True), (world.officer, True)):
        form = as_(member).get(address).context["form"]
        assert (form["at"].value() is not None) is known, member.agency
        assert bool(form["postal_code"].value()) is known, member.agency


def test_his_side_does_not_read_which_service_of_hers_asked_an_interpreter_for_him(world, case):
    works_with_him(world, case)
    bring_in(case, world.officer, world.shelter, ["identity:victim", "identity:perpetrator"], side="victim")
    words = make_member(make_agency(AgencyKind.INTERPRETER_SERVICE, "Passe-Mots"), "manager")
    with acting_as(world.shelter):
        asked = interpreting.Asked(
            subject_id=person(case, "presumed_perpetrator").pk, to_agency_id=words.agency_id, language="ar",
            channel="phone", at=now() + timedelta(days=1), minutes=60,
        )  # fmt: skip
        interpreting.ask(
            by=world.shelter, case=case, access=for_case(case, world.shelter), asked=asked, request_key=uuid7()
        )
    for name in ("cases:timeline", "cases:summary", "casework:contacts", "sharing:case_access"):
        assert "Tilleul" not in text(as_(world.programme).get(url(name, case))), name


# --- what is due ----------------------------------------------------------------------------------------------------
def test_what_was_due_does_not_tell_his_side_that_she_was_taken_in_by_letter(world, case):
    hospital = make_member(make_agency(AgencyKind.HOSPITAL, "Hôpital du Parc"))
    outside = make_member(
        make_agency(AgencyKind.SHELTER, "Refuge Lointain", side=AgencySide.VICTIM, without_account=True)
    )
    hers = [f"{each}:victim" for each in ("identity", "contact", "psychosocial")]
    bring_in(case, world.officer, hospital, [*hers, "identity:perpetrator"], side="neutral")
    referral = send(hospital, case, outside)
    with acting_as(hospital):
        letter = letters.make_letter(by=hospital, referral_id=referral.pk, key=uuid7())
    bring_in(case, world.officer, hospital, ["identity:perpetrator"], side="perpetrator")
    answer_by_page(link=letter.link, code=letter.code, answer="accept")
    for address in ("/followups/?state=settled", "/followups/", "/"):
        seen = text(as_(hospital).get(address))
        assert str(referral.pk) not in seen and "Lointain" not in seen, address
    seen = as_(hospital).get(reverse("api:followups") + "?state=settled").json()
    assert seen["results"] == []


# --- a service that is in no list -----------------------------------------------------------------------------------
def test_a_service_that_somebody_entered_is_in_nobody_elses_choices(world, case):
    """A lawyer she goes to, named by who refers her: nowhere else until an administrator has confirmed it."""
    bring_in(case, world.officer, world.shelter, ["identity:victim", "contact:victim"], side="victim")
    works_with_him(world, case)
    with acting_as(world.shelter):
        lawyer = enter(
            by=world.shelter,
            values={
                "name": "Maître Aubépine", "kind": "legal_aid", "postal_code": "5600",
                "professional_phone": "082 55 01 23",
            },
        )  # fmt: skip
    names = ["referrals:new", "referrals:next", "sharing:new_decision", "sharing:new_consent", "casework:contacts"]
    for member in (world.programme, world.officer):
        for name in names:
            seen = as_(member).get(url(name, case))
            assert "Aubépine" not in text(seen) and str(lawyer.pk) not in text(seen), name
        asked = {"to_agency": str(lawyer.pk), "need": "health", "postal_code": "1030"}
        seen = text(as_(member).post(url("referrals:new", case), asked))
        assert "Aubépine" not in seen
        typed = {
            "name": "Aubépine",
            "kind": "legal_aid",
            "postal_code": "5600",
            "professional_phone": "082 55 01 23",
        }
        seen = text(as_(member).post(url("referrals:unlisted", case), typed))
        assert "Maître Aubépine" not in seen
    assert "Aubépine" in text(as_(world.shelter).get(url("referrals:new", case)))
