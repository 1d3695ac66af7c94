"""A sharing decided by hand: what may be proposed, what the preview says, and that it is what opens."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from agencies.acting import acting_as
from agencies.enums import AgencyKind
from agencies.models import Partnership, PartnershipMember
from cases.access import for_case
from cases.enums import Category, EventCode, Side
from cases.models import CaseEvent, CasePerson, ContactPoint
from cases.services import write_note
from common.clock import local, now
from common.errors import Refused, RuleBroken
from common.ids import uuid7
from notifications.models import Notice
from sharing import deciding, services
from sharing.deciding import Asked, PreviewChanged
from sharing.models import Basis, ProsecutorAuthorisation, SharingDecision
from sharing.services import record_consent
from tests import actors
from tests.actors import as_
from tests.factories import make_agency, make_member, make_report
from tests.referrals_acts import accept, send
from tests.sharing.sums import drift

pytestmark = pytest.mark.django_db

PARTICULARS = {
    Basis.SHARED_SECRET: {"mission": "accompagner la même personne", "same_secrecy": True, "informed": True},
    Basis.REPORT_TO_PROSECUTOR: {
        "condition": "imminent",
        "signs": "Il a dit le jour.",
        "alone": "Il sait où elle est.",
    },
    Basis.GRAVE_DANGER: {"danger": "Il la cherche avec une arme.", "help": "La mettre à l'abri."},
    Basis.CONSULTATION: {"occasion": "Concertation du 24."},
}


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


@pytest.fixture
def case(world):
    return make_report(world.officer).case


def asked(to, basis=Basis.GRAVE_DANGER, grants=("identity:victim",), **changes) -> Asked:
    values = {
        "recipient_id": to.agency_id,
        "basis": basis,
        "side": "victim",
        "grants": tuple(grants),
        "particulars": PARTICULARS.get(basis, {}),
        "necessity": "Préparer l'accueil avec elle.",
        "accurate_on": local(now()).date(),
        "timeliness": "Elle arrive demain.",
        "security": "Dans cette application seulement.",
        "reach": "external",
        "until": now() + timedelta(days=30),
    }
    return Asked(**values | changes)


def look(by, case, wanted):
    with acting_as(by):
        access = for_case(case, by)
        return deciding.look(
            case=case, access=access, proposal=deciding.propose(by=by, case=case, access=access, asked=wanted)
        )


def decide(by, case, wanted, key=None) -> SharingDecision:
    seen = look(by, case, wanted)
    with acting_as(by):
        return deciding.decide_by_hand(
            by=by, case_id=case.pk, asked=wanted, request_key=key or uuid7(), previewed=seen.fingerprint
        )


def texts(preview) -> str:
    return "\n".join(
        " ".join([title, line.title, *(f"{label} {text}" for label, text in line.words)])
        for title, lines in preview.groups
        for line in lines
    )


def refusal(by, case, wanted) -> dict:
    with pytest.raises(RuleBroken) as broken:
        look(by, case, wanted)
    return broken.value.errors


# --- what it says is what it opens --------------------------------------------------------------------------------
def test_what_was_previewed_is_exactly_what_opens(world, case):
    wanted = asked(world.shelter, grants=("identity:victim", "contact:victim"), contributes=True)
    seen = look(world.officer, case, wanted)
    decision = decide(world.officer, case, wanted)
    with acting_as(world.shelter):
        access = for_case(case, world.shelter)
        assert dict(access.grants).keys() == dict(seen.new.grants).keys(), "it held nothing before"
        assert access.side == seen.new.side and access.contribute
        readable = {row.person.given_name for row in CasePerson.objects.filter(case=case).select_related("person")}
        assert readable and all(name in texts(seen) for name in readable)
        assert ContactPoint.objects.filter(case=case).count() == 1
    assert "Yvan" not in texts(seen) and "0470123442" not in texts(seen), "neither him, nor a whole number"
    assert decision.decided_by_id == world.officer.user_id and decision.reach == "external"


def test_lines_of_every_category_are_the_real_ones(world, case):
    with acting_as(world.officer):
        access = for_case(case, world.officer)
        write_note(
            by=world.officer, case=case, access=access, category=Category.FACTS, side=Side.CASE, facts="Marque-facts."
        )
        write_note(
            by=world.officer, case=case, access=access, category=Category.FACTS, side=Side.CASE, facts="Interne.",
            internal=True,
        )  # fmt: skip
    seen = look(
        world.officer, case, asked(world.prosecutor, grants=("facts:case", "risk:case", "level:case"), side="neutral")
    )
    assert "Marque-facts." in texts(seen) and "il a dit que je ne sortirais pas" in texts(seen)
    assert "Interne." not in texts(seen)
    assert [title for title, _lines in seen.groups][:3] == ["summary", "services taking part", "level of risk"]
    assert "Zone de police A" in texts(seen) and "Cellule EVA A" in texts(seen)


def test_what_it_holds_already_is_told_apart(world, case):
    accept(world.shelter, send(world.officer, case, world.shelter))
    seen = look(world.officer, case, asked(world.shelter, grants=("identity:victim", "identity:perpetrator")))
    assert "identity (victim)" in seen.already
    assert [title for title, _lines in seen.groups] == ["identity (presumed perpetrator)"]
    assert "Yvan" in texts(seen) and "Fatou" not in texts(seen)


def test_a_service_of_his_is_not_told_what_hers_holds(world, case):
    accept(world.shelter, send(world.officer, case, world.shelter))
    accept(world.programme, send(world.officer, case, world.programme, role="presumed_perpetrator", need="other"))
    wanted = asked(world.shelter, grants=("identity:perpetrator",), side="victim")
    seen = look(world.programme, case, wanted)
    assert seen.already == [] and "summary" in [title for title, _lines in seen.groups]
    assert "Cellule EVA A" not in texts(seen) and "Maison du Tilleul" not in texts(seen), "nor who follows her"
    with acting_as(world.programme):
        access = for_case(case, world.programme)
        cpas = make_member(make_agency(AgencyKind.CPAS, "CPAS Nord"))
    decide(world.officer, case, asked(cpas, side="victim"))
    with acting_as(world.programme):
        assert deciding.sides_for(case=case, access=access, recipient=cpas.agency)[0] == "neutral"


def test_to_his_side_neither_contact_nor_network_of_hers(world, case):
    wanted = asked(world.programme, grants=("contact:victim", "identity:perpetrator"), side="perpetrator")
    assert "never" in str(refusal(world.officer, case, wanted)["grants"])
    with acting_as(world.officer):
        access = for_case(case, world.officer)
        assert deciding.sides_for(case=case, access=access, recipient=world.programme.agency) == ["perpetrator"]
        offered = deciding.offers(
            access=access, recipient=world.programme.agency, side="perpetrator", basis=Basis.CONSENT
        )
        refused = {offer.pair for offer in offered if "presumed perpetrator" in offer.why_not}
        assert refused == {"contact:victim", "contact:case"} & {offer.pair for offer in offered}
    seen = look(world.officer, case, asked(world.programme, grants=("identity:perpetrator",), side="perpetrator"))
    assert not seen.new.can("network", "victim")
    never = next(closed for closed in seen.closed if "never" in closed.why)
    assert "which services follow the victim" in never.what and "contact (victim)" in never.what
    decide(world.officer, case, asked(world.programme, grants=("identity:perpetrator",), side="perpetrator"))
    # the victim's side is not to be had for whoever works with him
    assert "side" in refusal(world.officer, case, asked(world.programme, grants=("identity:victim",), side="victim"))


def test_who_is_put_on_his_side_loses_her_contact(world, case):
    cpas = make_member(make_agency(AgencyKind.CPAS, "CPAS Nord"))
    decide(world.officer, case, asked(cpas, grants=("identity:victim", "contact:victim")))
    wanted = asked(cpas, grants=("identity:perpetrator",), side="perpetrator")
    never = next(closed for closed in look(world.officer, case, wanted).closed if "never" in closed.why)
    assert "contact (victim)" in never.what
    decide(world.officer, case, wanted)
    with acting_as(cpas):
        assert not for_case(case, cpas).can("contact", "victim")


# --- who, what, until when ----------------------------------------------------------------------------------------
def test_nobody_opens_what_he_does_not_see(world, case):
    for grants in (("facts:case",), ("health:victim",), ("network:victim",), ("summary:case",), ("invented:case",), ()):
        assert set(refusal(world.eva, case, asked(world.shelter, grants=grants))) == {"grants"}, grants
    with acting_as(world.reader), pytest.raises(Refused):
        deciding.propose(by=world.reader, case=case, access=for_case(case, world.reader), asked=asked(world.shelter))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"until": None}, "until"),
        ({"until": timedelta(days=-1)}, "until"),
        ({"until": timedelta(days=400)}, "until"),
        ({"accurate_on": None}, "accurate_on"),
        ({"accurate_on": timedelta(days=2)}, "accurate_on"),
        ({"necessity": " "}, "necessity"),
        ({"necessity": "x" * 501}, "necessity"),
        ({"timeliness": ""}, "timeliness"),
        ({"security": "x" * 301}, "security"),
        ({"reach": "sideways"}, "reach"),
        ({"side": "both"}, "side"),
        ({"particulars": {}}, "danger"),
        ({"basis": "own_record"}, "basis"),
        ({"recipient_id": None}, "recipient"),
        ({"recipient_id": "own"}, "recipient"),
        ({"basis": "report_to_prosecutor"}, "recipient"),
        ({"grants": ("facts:case",)}, "grants"),
    ],
)
def test_what_is_refused_is_said_by_its_field(world, case, changes, field):
    for name, value in changes.items():
        if isinstance(value, timedelta):
            moment = now() + value
            changes = changes | {name: local(moment).date() if name == "accurate_on" else moment}
        elif value == "own":
            changes = changes | {name: world.officer.agency_id}
    assert field in refusal(world.officer, case, asked(world.shelter, **changes))
    with acting_as(world.officer):
        assert not SharingDecision.objects.filter(recipient=world.shelter.agency).exists()


def test_a_basis_with_an_end_of_its_own_may_last_longer(world, case):
    with acting_as(world.officer):
        victim = CasePerson.objects.get(case=case, role="victim")
        consent = record_consent(
            by=world.officer, subject=victim, recipients=[world.shelter.agency], categories=["identity"],
            purpose="x", given_how="oral", explained="x", valid_until=now() + timedelta(days=500),
        )  # fmt: skip
    wanted = asked(world.shelter, Basis.CONSENT, consent_id=consent.pk, until=None)
    assert look(world.officer, case, wanted).until == consent.valid_until
    assert decide(world.officer, case, wanted).end == consent.valid_until
    other = asked(world.stranger, Basis.CONSENT, consent_id=consent.pk)
    assert "does not name" in str(refusal(world.officer, case, other)["consent"])


def test_a_consultation_ends_with_its_act_at_the_latest(world, case):
    with acting_as(world.platform_admin):
        scheme = Partnership.objects.create(
            name="Dispositif", kind="dispositif", act="Loi", purpose="x", who_takes_part="x", modalities="x",
            ends_at=now() + timedelta(days=10),
        )  # fmt: skip
        for member in (world.officer, world.shelter):
            PartnershipMember.objects.create(partnership=scheme, agency=member.agency)
    decision = decide(world.officer, case, asked(world.shelter, Basis.CONSULTATION, partnership_id=scheme.pk))
    assert decision.partnership_id == scheme.pk and decision.ends_at == scheme.ends_at


# --- once, and only what was seen -----------------------------------------------------------------------------------
def test_sent_twice_there_is_one_decision(world, case):
    wanted, key = asked(world.shelter), uuid7()
    seen = look(world.officer, case, wanted)
    with acting_as(world.officer):
        again = {"by": world.officer, "case_id": case.pk, "asked": wanted, "request_key": key}
        first, second = (deciding.decide_by_hand(**again, previewed=seen.fingerprint) for _ in range(2))
        assert first == second
        assert SharingDecision.objects.filter(recipient=world.shelter.agency).count() == 1
        event = CaseEvent.objects.get(case=case, code=EventCode.SHARED)
        assert (event.category, event.side) == ("network", "victim")
        assert set(event.payload) == {"decision", "to"}
    with acting_as(world.shelter):
        notice = Notice.objects.get(recipient=world.shelter.user)
        assert notice.kind == "sharing_opened" and notice.path == reverse("sharing:case_access", args=[case.pk])


def test_what_changed_since_the_preview_saves_nothing(world, case):
    wanted = asked(world.prosecutor, grants=("facts:case",), side="neutral")
    seen = look(world.officer, case, wanted)
    with acting_as(world.officer):
        access = for_case(case, world.officer)
        write_note(
            by=world.officer, case=case, access=access, category=Category.FACTS, side=Side.CASE, facts="Ajouté depuis."
        )
        with pytest.raises(PreviewChanged):
            deciding.decide_by_hand(
                by=world.officer, case_id=case.pk, asked=wanted, request_key=uuid7(), previewed=seen.fingerprint
            )
        assert not SharingDecision.objects.filter(recipient=world.prosecutor.agency).exists()


# --- the pages -----------------------------------------------------------------------------------------------------
def typed(to, basis=Basis.GRAVE_DANGER, **changes) -> dict:
    day = local(now()).date()
    data = {
        "recipient": str(to.agency_id),
        "basis": basis,
        "side": "victim",
        "grants": ["identity:victim"],
        "necessity": "Préparer l'accueil.",
        "accurate_on": day.isoformat(),
        "timeliness": "Demain.",
        "security": "Ici seulement.",
        "reach": "external",
        "until": (day + timedelta(days=30)).isoformat(),
    }
    particulars = {key: "on" if value is True else value for key, value in PARTICULARS.get(basis, {}).items()}
    return data | particulars | changes


def test_step_by_step_without_a_script(world, case):
    browser = as_(world.officer)
    url = reverse("sharing:new_decision", args=[case.pk])
    first = browser.get(url).content.decode()
    assert "458ter" in first and "353 §2" in first and "Maison du Tilleul" in first
    assert browser.get(url, {"go": "1"}).status_code == 422
    wrong = browser.get(url, {"recipient": world.shelter.agency_id, "basis": "report_to_prosecutor"})
    assert wrong.status_code == 422
    second = browser.get(url, {"recipient": world.shelter.agency_id, "basis": "grave_danger"}).content.decode()
    assert 'name="danger"' in second and 'name="mission"' not in second
    assert 'value="facts:case"' not in second, "closed without an authorisation"
    refused = browser.post(url, typed(world.shelter, necessity=""))
    assert refused.status_code == 422 and "La mettre à l" in refused.content.decode(), "what was typed is kept"
    shown = browser.post(url, typed(world.shelter))
    assert shown.status_code == 200 and "Fatou" in shown.content.decode()
    token = shown.context["token"]
    back = browser.post(url, {"token": token}).content.decode()
    assert "La mettre à l" in back and "Préparer l" in back
    for _twice in range(2):
        assert browser.post(url, {"token": token, "decide": "1"}).status_code == 302
    with acting_as(world.officer):
        decision = SharingDecision.objects.get(recipient=world.shelter.agency)
        assert decision.particulars == PARTICULARS[Basis.GRAVE_DANGER] and decision.basis == "grave_danger"
    for who, reads in ((world.officer, True), (world.shelter, True), (world.eva, False)):
        text = as_(who).get(reverse("sharing:case_access", args=[case.pk])).content.decode()
        assert ("Il la cherche avec une arme" in text) is reads, who.agency.name
        assert ("422bis" in text) is True


def test_the_page_says_that_it_changed_and_saves_nothing(world, case):
    browser = as_(world.officer)
    url = reverse("sharing:new_decision", args=[case.pk])
    token = browser.post(url, typed(world.shelter)).context["token"]
    accept(world.shelter, send(world.officer, case, world.shelter))
    again = browser.post(url, {"token": token, "decide": "1"})
    assert again.status_code == 422 and again.context["changed"]
    with acting_as(world.officer):
        assert not SharingDecision.objects.filter(recipient=world.shelter.agency, way_in="decision").exists()
    assert browser.post(url, {"token": again.context["token"], "decide": "1"}).status_code == 302


@pytest.mark.parametrize("token", ["", "x", "a:b:c"])
def test_a_token_that_is_not_ours(world, case, token):
    url = reverse("sharing:new_decision", args=[case.pk])
    assert as_(world.officer).post(url, {"token": token, "decide": "1"}).status_code == 422


def test_a_token_of_another_case_or_agency_decides_nothing(world, case):
    other = make_report(world.officer).case
    token = (
        as_(world.officer).post(reverse("sharing:new_decision", args=[case.pk]), typed(world.shelter)).context["token"]
    )
    for who, where in ((world.officer, other), (world.eva, case)):
        response = as_(who).post(reverse("sharing:new_decision", args=[where.pk]), {"token": token, "decide": "1"})
        assert response.status_code == 422
    with acting_as(world.officer):
        assert not SharingDecision.objects.filter(recipient=world.shelter.agency).exists()


def test_the_form_says_which_authorisation_covers_it(world, case):
    browser = as_(world.officer)
    url = reverse("sharing:new_decision", args=[case.pk])
    to = {"recipient": world.shelter.agency_id, "basis": "shared_secret"}
    missing = browser.get(url, to).context
    assert missing["judicial"] and missing["authorisations"] == []
    with acting_as(world.prosecutor):
        ProsecutorAuthorisation.objects.create(
            case=None, prosecutor=world.prosecutor.agency, magistrate="A. Collin", reference="SA-12",
            given_on=local(now()).date(), recipient_kinds=["shelter"], categories=["facts", "level"],
            agency=world.prosecutor.agency, recorded_by=world.prosecutor.user,
        )  # fmt: skip
    found = browser.get(url, to)
    assert len(found.context["authorisations"]) == 1 and "SA-12" in found.content.decode()
    assert "basis=prosecutor_authorisation" in found.content.decode(), "and leads there"


def test_a_basis_that_nothing_carries_is_said_before_anything_is_asked(world, case):
    url = reverse("sharing:new_decision", args=[case.pk])
    page = as_(world.officer).get(url, {"recipient": world.shelter.agency_id, "basis": "prosecutor_authorisation"})
    shown = page.content.decode()
    assert page.status_code == 200 and 'name="necessity"' not in shown
    assert reverse("sharing:case_authorisation_new", args=[case.pk]) in shown, "and leads there"
    assert f"?recipient={world.shelter.agency_id}" in shown, "and back to the other bases"


def test_only_what_the_consent_opens_is_ticked(world, case):
    with acting_as(world.officer):
        victim = CasePerson.objects.get(case=case, role="victim")
        record_consent(
            by=world.officer, subject=victim, recipients=[world.shelter.agency], categories=["contact"],
            purpose="x", given_how="oral", explained="x", valid_until=now() + timedelta(days=50),
        )  # fmt: skip
    url = reverse("sharing:new_decision", args=[case.pk])
    to = {"recipient": world.shelter.agency_id}
    ticked = as_(world.officer).get(url, to | {"basis": "consent"}).context["form"].initial["grants"]
    usual = as_(world.officer).get(url, to | {"basis": "grave_danger"}).context["form"].initial["grants"]
    assert "identity:victim" in usual and ticked == ["contact:victim"]


def test_a_page_costs_the_same_whatever_the_case_holds(world, case):
    browser = as_(world.officer)
    url = reverse("sharing:new_decision", args=[case.pk])
    data = typed(world.prosecutor, side="neutral", grants=["facts:case", "identity:victim", "contact:victim"])

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert browser.post(url, data).status_code == 200
        return len(queries)

    count()
    before = count()
    with acting_as(world.officer):
        access = for_case(case, world.officer)
        for index in range(4):
            write_note(
                by=world.officer, case=case, access=access, category=Category.FACTS, side=Side.CASE,
                facts=f"Note {index}.",
            )  # fmt: skip
    assert count() == before


# --- his side decides, or receives ----------------------------------------------------------------------------------
def test_what_his_side_opens_never_tells_which_services_follow_her(world, case):
    """A service it brings in would learn more than it knows itself, and one person may wear both hats."""
    his = actors.all_of_his_side(world, case)
    friend = make_member(make_agency(AgencyKind.CPAS, "CPAS Nord"))
    for side in ("neutral", "victim"):
        wanted = asked(friend, grants=("identity:perpetrator",), side=side)
        assert not look(his, case, wanted).new.can("network", "victim")
        decide(his, case, wanted)
        with acting_as(friend):
            access = for_case(case, friend)
            assert access.can("identity", "perpetrator") and access.can("network", "perpetrator")
            assert not access.can("network", "victim")
    assert drift() == []
    decide(world.officer, case, asked(friend, grants=("identity:victim",), side="victim"))
    with acting_as(friend):
        assert for_case(case, friend).can("network", "victim"), "the police know the services, and say so"


@pytest.mark.parametrize("by", ["his", "officer"])
def test_nobody_puts_a_service_of_hers_on_his_side(world, case, by):
    accept(world.shelter, send(world.officer, case, world.shelter))
    his = actors.all_of_his_side(world, case)
    member = his if by == "his" else world.officer
    assert "side" in refusal(member, case, asked(world.shelter, grants=("identity:perpetrator",), side="perpetrator"))
    with acting_as(world.shelter):
        assert for_case(case, world.shelter).can("contact", "victim")


def test_his_side_does_not_read_which_service_of_hers_shared_with_it(world, case):
    accept(world.shelter, send(world.officer, case, world.shelter))
    wanted = asked(world.programme, grants=("identity:victim",), side="perpetrator", necessity="Mot-nécessité.")
    decide(world.shelter, case, wanted)
    page = as_(world.programme).get(reverse("sharing:case_access", args=[case.pk])).content.decode()
    assert "Mot-nécessité." in page and world.shelter.agency.name not in page
    decide(world.officer, case, asked(world.programme, grants=("identity:perpetrator",), side="perpetrator"))
    page = as_(world.programme).get(reverse("sharing:case_access", args=[case.pk])).content.decode()
    assert world.officer.agency.name in page, "the police work with both"


def test_his_side_takes_nobody_from_hers_by_a_decision_of_its_own(world, case):
    """Else one word of his programme would close her number to a service that follows her."""
    cpas, programme = world.stranger, world.programme
    accept(cpas, send(world.officer, case, cpas, need="social"))
    accept(programme, send(world.officer, case, programme, role="presumed_perpetrator", need="other"))

    def share_as_his(by):
        with acting_as(by):
            services.decide(
                by=by, case=case, recipient=cpas.agency, side="perpetrator", way_in="decision", basis="grave_danger",
                grants=["identity:perpetrator"], necessity="x", timeliness="x", security="x", reach="external",
                particulars={"danger": "x", "help": "x"},
            )  # fmt: skip
        with acting_as(cpas):
            return for_case(case, cpas)

    held = share_as_his(programme)
    assert held.side == "victim" and held.can("contact", "victim") and held.can("identity", "perpetrator")
    assert drift() == []
    held = share_as_his(world.officer)
    assert held.side == "perpetrator" and not held.can("contact", "victim"), "police who say so decide it"
