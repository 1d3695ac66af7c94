"""Each basis asks for its own; who cannot give a consent; what an authorisation and a consultation carry."""

from datetime import timedelta

import pytest
from django.utils import translation

from agencies.acting import acting_as
from agencies.models import Partnership, PartnershipMember
from cases.access import for_case
from cases.models import CasePerson, Person
from common.clock import local, now
from common.errors import RuleBroken
from sharing import bases
from sharing.models import Basis, ProsecutorAuthorisation, SharingDecision
from sharing.services import decide, record_consent
from tests.factories import make_report

pytestmark = pytest.mark.django_db

PRINCIPLES = {
    "necessity": "Préparer l'accueil avec elle.",
    "timeliness": "Elle arrive demain.",
    "security": "Dans cette application seulement.",
    "reach": "external",
}
WHOLE = {
    Basis.SHARED_SECRET: {"mission": "accompagner la même personne", "same_secrecy": True, "informed": True},
    Basis.REPORT_TO_PROSECUTOR: {
        "condition": "imminent",
        "signs": "Il a dit le jour.",
        "alone": "Il sait où elle est.",
    },
    Basis.GRAVE_DANGER: {"danger": "Il a une arme et la cherche.", "help": "La mettre à l'abri."},
    Basis.CONSULTATION: {"occasion": "Concertation du 24."},
}


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def share(world, case, recipient, basis, grants=("identity:victim",), **given):
    return decide(
        by=world.officer, case=case, recipient=recipient.agency, side="victim", way_in="decision", basis=basis,
        grants=list(grants), **({"particulars": WHOLE.get(basis, {})} | PRINCIPLES | given),
    )  # fmt: skip


def scheme(*members) -> Partnership:
    found = Partnership.objects.create(
        name=f"Dispositif {Partnership.objects.count()}", kind="dispositif", act="Loi du 13 juillet 2023",
        purpose="Protéger", who_takes_part="Les services nommés", modalities="Séances fermées",
    )  # fmt: skip
    for member in members:
        PartnershipMember.objects.create(partnership=found, agency=member.agency)
    return found


def authorise(world, case, **given) -> ProsecutorAuthorisation:
    wanted = {"recipient": world.shelter.agency, "categories": ["level", "facts"]} | given
    return ProsecutorAuthorisation.objects.create(
        case=case, prosecutor=world.prosecutor.agency, magistrate="A. Collin", reference="X/1",
        given_on=local(now()).date(), agency=world.officer.agency, recorded_by=world.officer.user, **wanted,
    )  # fmt: skip


@pytest.mark.parametrize("basis", sorted(WHOLE))
def test_each_basis_needs_every_particular(world, basis):
    case = make_report(world.officer).case
    recipient = world.prosecutor if basis == Basis.REPORT_TO_PROSECUTOR else world.shelter
    with acting_as(world.officer):
        both = {"partnership": scheme(world.officer, recipient)} if basis == Basis.CONSULTATION else {}
        for missing in WHOLE[basis]:
            with pytest.raises(RuleBroken) as broken:
                share(world, case, recipient, basis, particulars=WHOLE[basis] | {missing: None}, **both)
            assert set(broken.value.errors) == {missing}
        decision = share(world, case, recipient, basis, **both)
        assert decision.particulars == WHOLE[basis]
        assert len(bases.in_words(basis, decision.particulars)) == len(WHOLE[basis])
    with acting_as(recipient):
        assert for_case(case, recipient).can("identity", "victim")


@pytest.mark.parametrize("principle", sorted(PRINCIPLES))
def test_the_four_principles_are_answered(world, principle):
    case = make_report(world.officer).case
    with acting_as(world.officer), pytest.raises(RuleBroken) as broken:
        share(world, case, world.shelter, Basis.GRAVE_DANGER, **{principle: " "})
    assert set(broken.value.errors) == {principle}
    with acting_as(world.officer):
        assert not SharingDecision.objects.filter(recipient=world.shelter.agency).exists()


def test_a_report_to_the_prosecutor_reaches_the_prosecutor_alone(world):
    case = make_report(world.officer).case
    with acting_as(world.officer), pytest.raises(RuleBroken, match="only the prosecutor"):
        share(world, case, world.shelter, Basis.REPORT_TO_PROSECUTOR)


def test_a_consultation_names_both_or_opens_nothing(world):
    case = make_report(world.officer).case
    with acting_as(world.officer):
        for members, words in (((world.officer,), "This service does not"), ((world.shelter,), "Your agency does not")):
            with pytest.raises(RuleBroken, match=words):
                share(world, case, world.shelter, Basis.CONSULTATION, partnership=scheme(*members))
        with pytest.raises(RuleBroken, match="Choose the consultation"):
            share(world, case, world.shelter, Basis.CONSULTATION)


def test_an_authorisation_opens_what_it_names_while_it_holds(world):
    case, other = make_report(world.officer).case, make_report(world.officer).case
    authorised = Basis.PROSECUTOR_AUTHORISATION
    with acting_as(world.officer):
        found = authorise(world, case)
        for grants, words in ((["judicial:case"], "does not open"), (["facts:case", "risk:case"], "does not open")):
            with pytest.raises(RuleBroken, match=words):
                share(world, case, world.shelter, authorised, grants, authorisation=found)
        with pytest.raises(RuleBroken, match="does not name"):
            share(world, other, world.shelter, authorised, ["facts:case"], authorisation=found)
        with pytest.raises(RuleBroken, match="does not name"):
            share(world, case, world.stranger, authorised, ["facts:case"], authorisation=found)
        ended = authorise(world, case, valid_until=now() - timedelta(days=1))
        with pytest.raises(RuleBroken, match="has ended"):
            share(world, case, world.shelter, authorised, ["facts:case"], authorisation=ended)
        with pytest.raises(RuleBroken, match="stay closed"):
            share(world, case, world.shelter, Basis.GRAVE_DANGER, ["facts:case"])
        standing = authorise(world, None, recipient=None, recipient_kinds=["shelter"])
        share(world, other, world.shelter, authorised, ["facts:case", "level:case"], authorisation=standing)
    with acting_as(world.shelter):
        assert for_case(other, world.shelter).can("facts", "case") and for_case(other, world.shelter).level


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"given_by": "representative"}, "Name the legal representative"),
        ({"given_by": "representative", "representative": "presumed_perpetrator"}, "consents for nobody but himself"),
        ({"given_by": "representative", "representative_name": "Morel-Test Yvan"}, "consents for nobody but himself"),
        ({"given_by": "representative", "representative": "child"}, "represents nobody"),
        ({"given_by": ""}, "silence is not one"),
        ({"given_by": "subject", "representative_name": "Me Aerts"}, "Say whether"),
        ({"recipients": []}, "Say with whom"),
        ({"categories": []}, "Say what may be shared"),
        ({"categories": ["facts"]}, "stay closed"),
        ({"subject": "child"}, "does not consent alone"),
        (
            {"subject": "child", "given_by": "representative", "representative": "victim"},
            "only what is about the child",
        ),
    ],
)
def test_who_cannot_consent(world, changes, words):
    case = make_report(world.officer).case
    with acting_as(world.officer):
        persons = {row.role: row for row in CasePerson.objects.filter(case=case).select_related("person")}
        given = {"subject": "victim", "recipients": [world.shelter.agency], "categories": ["contact"]} | changes
        for key in ("subject", "representative"):
            if key in given:
                given[key] = persons[given[key]]
        with pytest.raises(RuleBroken, match=words):
            record_consent(by=world.officer, purpose="x", given_how="oral", explained="x", **given)


def test_a_child_old_enough_where_the_district_says_so(world, settings):
    settings.CHILD_CONSENT_AGE = 16
    case = make_report(world.officer).case
    with acting_as(world.officer):
        child = CasePerson.objects.select_related("person").get(case=case, role="child")
        given = {
            "by": world.officer, "subject": child, "recipients": [world.shelter.agency], "categories": ["children"],
            "purpose": "x", "given_how": "oral", "explained": "x",
        }  # fmt: skip
        for years, allowed in ((15, False), (17, True)):
            Person.objects.get(pk=child.person_id)
            child.person.birth_date = local(now()).date() - timedelta(days=years * 366)
            if allowed:
                assert record_consent(**given).side == "victim"
            else:
                with pytest.raises(RuleBroken, match="under 16"):
                    record_consent(**given)


def test_a_consent_may_name_a_kind_or_a_partnership(world):
    case = make_report(world.officer).case
    with acting_as(world.officer):
        victim = CasePerson.objects.select_related("person").get(case=case, role="victim")
        given = {
            "by": world.officer, "subject": victim, "categories": ["identity"], "purpose": "x", "given_how": "oral",
            "explained": "x",
        }  # fmt: skip
        by_kind = record_consent(recipient_kinds=["shelter"], **given)
        share(world, case, world.shelter, Basis.CONSENT, consent=by_kind)
        with pytest.raises(RuleBroken, match="does not name the recipient"):
            share(world, case, world.stranger, Basis.CONSENT, consent=by_kind)
        by_partnership = record_consent(partnership=scheme(world.stranger), **given)
        share(world, case, world.stranger, Basis.CONSENT, consent=by_partnership)
    for member in (world.shelter, world.stranger):
        with acting_as(member):
            assert for_case(case, member).can("identity", "victim")
