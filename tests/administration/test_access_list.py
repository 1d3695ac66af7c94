"""The list kept for the authority says what is so: acts and decisions open what it says, and nothing it denies."""

import re
from datetime import timedelta
from html import unescape

import pypdfium2
import pytest
from django.urls import reverse
from django.utils import translation

from accounts.models import User
from administration import access_list
from administration.access_list import NATURES, PAIRS, Nature
from agencies.acting import acting_as
from agencies.enums import JUDICIAL_KINDS, AgencyKind, AgencySide, Role
from agencies.models import Agency, Membership, Partnership, PartnershipMember
from agencies.perms import may_see_cases, role_fits
from audit.models import Action, AuditEvent
from cases.access import CaseAccess, for_case
from cases.enums import CATEGORY_CODENAMES, CONTRIBUTE, VIEW_CASE, Category, Side, codename
from cases.models import Case, CasePerson
from cases.services import write_note
from common.acting import SystemContext, system_context
from common.clock import local, now
from common.errors import RuleBroken
from common.ids import uuid7
from plans.measure_perms import may_check_on_the_road
from riskassessment.perms import may_start
from riskassessment.versions import definition_of, latest_versions
from sharing import authorisations, bases, consents, deciding, defaults, emergency_search
from sharing.break_glass import open_emergency
from sharing.models import Basis, SharingDefault, WayIn
from sharing.services import decide, default_grants, record_consent
from tests.actors import as_
from tests.cases.helpers import Queries, text
from tests.factories import make_agency, make_member, make_report
from tests.referrals_acts import accept, send
from tests.reports.situations import make_situation
from tests.riskassessment.test_services import signed
from tests.sharing.test_deciding import asked

pytestmark = pytest.mark.django_db
PAGE, PRINTED = "administration:access_list", "administration:access_list_pdf"
SIDES = {AgencyKind.SHELTER: AgencySide.VICTIM, AgencyKind.PERPETRATOR_PROGRAMME: AgencySide.PERPETRATOR}
KINDS = (*SIDES, AgencyKind.CPAS, AgencyKind.HOSPITAL, AgencyKind.JUSTICE_HOUSE, AgencyKind.PROSECUTOR)
"""The kinds whose decisions are really taken: hers, his, neither, within justice and outside."""


@pytest.fixture
def dpo(world):
    return make_member(world.platform_admin.agency, Role.DATA_PROTECTION_OFFICER)


def listed(kind: str, role: str = Role.PRACTITIONER, agency: Agency | None = None) -> dict:
    """The answers of the list to one function, by pair."""
    with system_context(SystemContext.REFERENCE):
        found = access_list.installation()
    (line,) = [
        line for line in access_list.lines(found, kind) if role in [function.role for function in line.functions]
    ]
    return line.ways


def open_pairs(case: Case, member: Membership) -> set:
    with acting_as(member):
        access = for_case(case, member)
    return {pair for pair in PAIRS if access.has(codename(*pair))}


# --- it is whole ----------------------------------------------------------------------------------------------------
def test_every_category_side_kind_and_role_has_its_cell(world):
    with system_context(SystemContext.REFERENCE):
        for kind in AgencyKind:
            make_agency(kind)
        found = access_list.installation()
    assert {codename(*pair) for pair in PAIRS} == {VIEW_CASE, *CATEGORY_CODENAMES} and len(set(PAIRS)) == len(PAIRS)
    assert sorted(each for categories in NATURES.values() for each in categories) == sorted(Category), "one nature each"
    assert set(NATURES) == set(Nature)
    assert access_list.kinds(found) == list(AgencyKind)
    for kind in AgencyKind:
        lines = access_list.lines(found, kind)
        roles = [function.role for line in lines for function in line.functions]
        assert sorted(roles) == sorted(role for role in Role if role_fits(role, Agency(kind=kind))), kind
        for line in lines:
            assert set(line.ways) == set(PAIRS)
            for answer in line.ways.values():
                assert access_list.signs(answer) and access_list.in_words(found, kind, answer)


def test_every_way_in_and_every_basis_has_its_place():
    by_hand = {WayIn.DECISION, WayIn.REQUEST}
    assert {*access_list.STANDING, *by_hand, WayIn.BREAK_GLASS} == set(WayIn)
    assert {*bases.DECIDABLE, Basis.OWN_RECORD} == set(Basis)
    keys = set(access_list.legend())
    assert keys >= {
        key for answer in (access_list.NEVER, access_list.Ways(own=True)) for key in access_list.signs(answer)
    }
    assert len({sign.letter for sign in access_list.legend().values()}) == len(keys)
    with translation.override("fr"):
        assert len({sign.letter for sign in access_list.legend().values()}) == len(keys)


def test_the_default_that_serves_is_the_one_that_is_applied(world):
    with system_context(SystemContext.REFERENCE):
        found = access_list.installation()
        for way_in in (*access_list.STANDING, WayIn.DECISION):
            for kind in AgencyKind:
                served = found.served(way_in, kind)
                if served is None:
                    with pytest.raises(LookupError):
                        default_grants(way_in=way_in, agency=Agency(kind=kind))
                else:
                    assert served.default == default_grants(way_in=way_in, agency=Agency(kind=kind))


# --- it is true: decisions --------------------------------------------------------------------------------------------
def of_all(world) -> tuple[Case, dict]:
    """A case whose officer sees everything, and what each basis may rest on for any recipient."""
    case = make_report(world.officer).case
    officer = world.officer
    with acting_as(officer):
        decide(
            by=officer, case=case, recipient=officer.agency, side="neutral", way_in=WayIn.REFERRAL,
            basis=Basis.SHARED_SECRET, grants=[f"{category}:{side}" for category, side in PAIRS],
            contributes=True, necessity="x",
        )  # fmt: skip
        persons = {row.role: row for row in CasePerson.objects.filter(case=case).select_related("person")}
        given = {
            role: record_consent(
                by=officer, subject=persons[role], recipient_kinds=list(AgencyKind.values),
                categories=consents.OWN[role], purpose="x", given_how="oral", explained="x",
                valid_until=now() + timedelta(days=90),
            )
            for role in ("victim", "presumed_perpetrator")
        }  # fmt: skip
        authorisation = authorisations.authorise(
            by=officer, case=case, access=for_case(case, officer), prosecutor_id=authorisations.prosecutors()[0].pk,
            magistrate="A. Collin", reference="A/1", recipient_id=None, recipient_kinds=list(authorisations.KINDS),
            categories=list(authorisations.CATEGORIES), given_on=local(now()).date(), valid_until=None,
        )  # fmt: skip
    with system_context(SystemContext.REFERENCE):
        partnership = Partnership.objects.create(
            name="Plateforme", kind="platform", act="Protocole", purpose="x", who_takes_part="x", modalities="x"
        )
    return case, {"consents": given, "authorisation": authorisation, "partnership": partnership}


def by_hand(world, rests, to: Membership, basis: str, pairs, *, side: str) -> deciding.Asked:
    """The decision that opens these pairs on this basis; what it rests on is there."""
    about_him = any(whose == Side.PERPETRATOR for _category, whose in pairs)
    consent = rests["consents"]["presumed_perpetrator" if about_him else "victim"]
    return asked(
        to, basis, [f"{category}:{whose}" for category, whose in pairs], side=side,
        consent_id=consent.pk if basis == Basis.CONSENT else None,
        partnership_id=rests["partnership"].pk if basis == Basis.CONSULTATION else None,
        authorisation_id=rests["authorisation"].pk if basis == Basis.PROSECUTOR_AUTHORISATION else None,
        legal_text="Loi fictive, art. 1" if basis == Basis.LEGAL_OBLIGATION else "",
    )  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_a_decision_opens_what_the_list_says_and_no_other_does(world, kind):
    case, rests = of_all(world)
    side = SIDES.get(kind, AgencySide.NEUTRAL)
    to = make_member(make_agency(kind, side=side))
    with system_context(SystemContext.REFERENCE):
        for member in (world.officer, to):
            PartnershipMember.objects.create(partnership=rests["partnership"], agency=member.agency)
    answers, opened = listed(kind), set()
    for basis in bases.DECIDABLE:
        said = [pair for pair in PAIRS if basis in answers[pair].bases]
        for whose in (Side.VICTIM, Side.PERPETRATOR, Side.CASE):
            together = [pair for pair in said if pair[1] == whose]
            if together:
                wanted = by_hand(world, rests, to, basis, together, side=side)
                with acting_as(world.officer):
                    access = for_case(case, world.officer)
                    proposal = deciding.propose(by=world.officer, case=case, access=access, asked=wanted)
                    seen = deciding.look(case=case, access=access, proposal=proposal)
                    deciding.decide_by_hand(
                        by=world.officer, case_id=case.pk, asked=wanted, request_key=uuid7(), previewed=seen.fingerprint
                    )
                opened |= set(together)
                assert opened <= open_pairs(case, to), (basis, whose)
        with acting_as(world.officer):
            access = for_case(case, world.officer)
            for pair in set(PAIRS) - set(said):
                with pytest.raises(RuleBroken):
                    wanted = by_hand(world, rests, to, basis, [pair], side=side)
                    deciding.propose(by=world.officer, case=case, access=access, asked=wanted)
    assert open_pairs(case, to) - opened == {pair for pair in PAIRS if answers[pair].taking_part}
    for pair in PAIRS:
        assert bool(answers[pair]) or pair not in open_pairs(case, to), pair
    for role in (Role.READER, Role.AGENCY_ADMINISTRATOR):
        assert open_pairs(case, make_member(to.agency, role)) == open_pairs(case, to) and listed(kind, role) == answers


def test_judicial_records_leave_justice_on_an_authorisation_alone(world):
    for kind in (AgencyKind.SHELTER, AgencyKind.CPAS, AgencyKind.EVA_CELL):
        for pair, answer in listed(kind).items():
            if pair[0] in (Category.FACTS, Category.JUDICIAL):
                assert access_list.signs(answer) == ["authorised"] and kind not in JUDICIAL_KINDS, pair


def test_who_works_with_him_is_refused_whatever_is_decided(world):
    """A service of neither side: its cell warns, and in a case where it works with him the refusal holds."""
    case, rests = of_all(world)
    answers = listed(AgencyKind.CPAS)
    closed = [pair for pair in PAIRS if answers[pair].not_on_his_side]
    assert (Category.CONTACT, Side.VICTIM) in closed and (Category.NETWORK, Side.VICTIM) in closed
    with acting_as(world.officer):
        access = for_case(case, world.officer)
        for pair in closed:
            with pytest.raises(RuleBroken):
                wanted = by_hand(world, rests, world.stranger, Basis.GRAVE_DANGER, [pair], side="perpetrator")
                deciding.propose(by=world.officer, case=case, access=access, asked=wanted)
    his = listed(AgencyKind.PERPETRATOR_PROGRAMME)
    assert {pair for pair in PAIRS if not his[pair]} >= {
        (Category.CONTACT, Side.VICTIM),
        (Category.NETWORK, Side.VICTIM),
    }


# --- it is true: acts -------------------------------------------------------------------------------------------------
def right(kind: str, way_in: WayIn) -> set:
    """What the list says this act opens to a kind of agency, with what taking part shows."""
    return {pair for pair, answer in listed(kind).items() if way_in in answer.ways_in or answer.taking_part}


def test_recording_the_j2_contact_and_the_complaint_open_what_the_list_says(world):
    report = make_report(world.officer, "police_complaint")
    with acting_as(world.officer):
        signed(world.officer, report)
    assert open_pairs(report.case, world.officer) == right(AgencyKind.POLICE, WayIn.RECORDING)
    assert open_pairs(report.case, world.eva) == right(AgencyKind.EVA_CELL, WayIn.J2_CONTACT)
    assert open_pairs(report.case, world.prosecutor) == right(AgencyKind.PROSECUTOR, WayIn.COMPLAINT)
    for kind in (AgencyKind.SHELTER, AgencyKind.CPAS, AgencyKind.COORDINATION):
        found = {way_in for answer in listed(kind).values() for way_in in answer.ways_in}
        by_kind = {WayIn.COORDINATION} if kind == AgencyKind.COORDINATION else set()
        assert found == {WayIn.REFERRAL, WayIn.SITUATION} | by_kind, kind


@pytest.mark.parametrize("who", ["shelter", "programme", "eva"])
def test_a_situation_opens_what_the_list_says(world, who):
    member = getattr(world, who)
    nothing = {name: None for name in ("victim_phone", "victim_phone_safe", "victim_phone_say", "may_contact", "alone")}
    told = {"source": "he_told", "signs": [], "perpetrator_family_name": "D"} | nothing if who == "programme" else {}
    case = make_situation(member, **told).case
    assert open_pairs(case, member) == right(member.agency.kind, WayIn.SITUATION)


def test_a_dispute_opens_what_the_list_says_where_policy_sends_it(world, settings):
    assert not any(WayIn.DISPUTE in answer.ways_in for answer in listed(AgencyKind.PROSECUTOR).values())
    settings.DISPUTES_GO_TO_PROSECUTOR = True
    case = make_report(world.officer, "police_dispute_report").case
    assert open_pairs(case, world.prosecutor) == right(AgencyKind.PROSECUTOR, WayIn.DISPUTE)


def test_a_referral_opens_what_the_list_says(world):
    case = make_report(world.officer).case
    accept(world.shelter, send(world.officer, case, world.shelter))
    hers = {pair for pair in right(AgencyKind.SHELTER, WayIn.REFERRAL) if pair[1] != Side.PERPETRATOR}
    assert open_pairs(case, world.shelter) - {(Category.NETWORK, Side.PERPETRATOR)} == hers
    accept(world.programme, send(world.officer, case, world.programme, role="presumed_perpetrator"))
    assert open_pairs(case, world.programme) == right(AgencyKind.PERPETRATOR_PROGRAMME, WayIn.REFERRAL)
    with acting_as(world.officer), pytest.raises(RuleBroken):
        send(world.officer, case, world.programme)
    with system_context(SystemContext.REFERENCE):
        Agency.objects.filter(kind=AgencyKind.SHELTER).update(accepts_referrals=False)
    assert not any(WayIn.REFERRAL in answer.ways_in for answer in listed(AgencyKind.SHELTER).values())


def test_an_emergency_opens_what_the_list_says_for_some_hours(world):
    make_report(world.officer)
    for kind in (AgencyKind.HOSPITAL, AgencyKind.PERPETRATOR_PROGRAMME):
        nurse = make_member(make_agency(kind, side=SIDES.get(kind, AgencySide.NEUTRAL)))
        with acting_as(nurse):
            (hit,) = emergency_search.search(
                by=nurse,
                reason="Elle est aux urgences et il la cherche dans les couloirs.",
                wanted=emergency_search.Wanted(family_name="Diallo-Test", given_name="Fatou"),
            ).hits
            emergency = open_emergency(by=nurse, token=hit.token)
        assert open_pairs(emergency.case, nurse) == {pair for pair, answer in listed(kind).items() if answer.emergency}


def test_own_work_is_written_and_read_as_the_list_says(world):
    case = make_report(world.officer).case
    accept(world.shelter, send(world.officer, case, world.shelter))
    answers = listed(AgencyKind.SHELTER)
    with acting_as(world.shelter):
        access = for_case(case, world.shelter)
        for category, side in PAIRS:
            given = {"by": world.shelter, "case": case, "access": access, "facts": "Elle dort mieux."}
            hers = side != Side.PERPETRATOR  # this shelter works with her
            if answers[category, side].own and hers and category != Category.LEVEL:  # concluded with a grid, not noted
                assert access.shows(write_note(category=category, side=side, **given)), (category, side)
            elif not access.can(category, side):
                with pytest.raises(RuleBroken):
                    write_note(category=category, side=side, **given)
    contributing = CaseAccess(case.pk, None, {VIEW_CASE: None, CONTRIBUTE: None}, may_write=True)
    with system_context(SystemContext.REFERENCE):
        versions = latest_versions()
    for kind in (AgencyKind.POLICE, AgencyKind.EVA_CELL, AgencyKind.SHELTER, AgencyKind.PROSECUTOR):
        begun = [definition_of(version) for version in versions if may_start(contributing, Agency(kind=kind), version)]
        own = {(grid.category, grid.side) for grid in begun}
        assert listed(kind)[Category.RISK, Side.CASE].own == (("risk", "case") in own) == (kind != AgencyKind.SHELTER)
        assert listed(kind)[Category.LEVEL, Side.CASE].own, f"{kind} concludes a level with a grid of its own"
        assert all(listed(kind)[Category(category), Side(side)].own for category, side in own), kind


def test_who_works_without_content_reaches_nothing(world, dpo):
    case, _rests = of_all(world)
    coordinator = make_member(world.platform_admin.agency, Role.COORDINATOR)
    with acting_as(world.officer):
        decide(
            by=world.officer, case=case, recipient=coordinator.agency, side="neutral", way_in=WayIn.REFERRAL,
            basis=Basis.SHARED_SECRET, grants=["identity:victim", "health:victim"], necessity="x",
        )  # fmt: skip
    assert (Category.HEALTH, Side.VICTIM) in open_pairs(case, coordinator)
    for member in (dpo, world.platform_admin):
        assert open_pairs(case, member) == set() and not may_see_cases(member)
        assert not any(listed(AgencyKind.COORDINATION, member.role).values())
    assert any(listed(AgencyKind.COORDINATION, Role.COORDINATOR).values())


# --- versions ---------------------------------------------------------------------------------------------------------
def test_a_new_version_says_what_it_changed(world, dpo):
    admin = world.platform_admin
    assert WayIn.REFERRAL not in listed(AgencyKind.SHELTER)[Category.CHILDREN, Side.VICTIM].ways_in
    for grants in (["identity:subject"], ["identity:subject", "children:subject"]):
        with acting_as(admin):
            draft = defaults.save_draft(
                by=admin, way_in=WayIn.REFERRAL, kind="shelter", grants=grants, contributes=True, valid_days=30,
                reason="Décision du comité",
            )  # fmt: skip
            published = defaults.publish(by=admin, draft=draft)
    with system_context(SystemContext.REFERENCE):
        served = access_list.installation().served(WayIn.REFERRAL, AgencyKind.SHELTER)
    assert served.default == published and served.opened == ["children:subject"] and served.closed == []
    assert abs(served.published_at - now()) < timedelta(minutes=1)
    assert WayIn.REFERRAL in listed(AgencyKind.SHELTER)[Category.CHILDREN, Side.VICTIM].ways_in
    with translation.override("en"):
        page = unescape(text(as_(dpo).get(reverse(PAGE), {"kind": "shelter"}, headers={"accept-language": "en"})))
    assert "opened: children" in page and "accepted referral (default, version 2)" in page.lower()


# --- page and paper ---------------------------------------------------------------------------------------------------
def everybody() -> list[str]:
    with system_context(SystemContext.REFERENCE):
        names = [*Agency.objects.values_list("name", flat=True), *User.objects.values_list("family_name", flat=True)]
    return [name for name in names if name not in ("Parquet", "Coordination")]


def main_of(page: str) -> str:
    return unescape(page[page.index("<main") : page.index("</main>")])


def test_the_page_names_nobody_and_tells_few_from_none_by_nothing(world, dpo):
    for _number in range(3):
        make_member(world.shelter.agency, Role.REFERENT)
    browser = as_(dpo)
    for query in ({}, {"kind": "police"}, {"kind": "shelter"}, {"kind": "coordination"}):
        page = main_of(text(browser.get(reverse(PAGE), query)))
        assert [name for name in everybody() if name in page] == []
        assert "Diallo" not in page and not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-", page)
    page = main_of(text(browser.get(reverse(PAGE), {"kind": "shelter"})))
    assert (
        "Personne de référence (3)" in page
        and "Intervenant (moins de 3)" in page
        and "Lecture seule (moins de 3)" in page
    )
    assert "jamais, quoi qu’il soit décidé" in page.lower()


def test_the_page_says_what_the_law_asks_and_how_sure_it_is(world, dpo):
    page = main_of(text(as_(dpo).get(reverse(PAGE))))
    for said in ("rt. 9 de la loi du 30 juillet 2018", "rt. 10 de la loi du 30 juillet 2018", "art. 352 du Code pénal"):
        assert said in page, said
    assert "à confirmer par un juriste" in page and "texte lu en novembre 2026" in page
    with acting_as(dpo):
        versions = SharingDefault.objects.filter(verified_on=None).count()
    assert versions and "publiée le" in page


def test_it_says_who_asks_on_the_road_and_nobody_else_may(world, dpo):
    asking = access_list.asking_on_the_road()
    assert set(asking) == {AgencyKind.POLICE, AgencyKind.PROSECUTOR}
    for kind in AgencyKind:
        for member in access_list.functions(kind):
            assert may_check_on_the_road(member) == (member.role in asking.get(kind, ())), (kind, member.role)
    page = main_of(text(as_(dpo).get(reverse(PAGE))))
    assert "Demandé sur la route" in page and "Police (" in page and "Parquet (" in page
    assert "Dit de droit" in page and "30 questions par heure" in page


def test_a_kind_nobody_is_of_shows_them_all(world, dpo):
    browser = as_(dpo)
    whole = main_of(text(browser.get(reverse(PAGE))))
    for kind in ("pharmacy", "invented", "shelter'--", "\x00"):
        answer = browser.get(reverse(PAGE), {"kind": kind})
        assert answer.status_code == 200 and main_of(text(answer)) == whole


def test_a_page_costs_the_same_whatever_there_is(world, dpo):
    browser, costs = as_(dpo), []
    for more in (0, 1):
        for kind in list(AgencyKind) * more:
            make_member(make_agency(kind))
        for query in ({}, {"kind": "police"}):
            browser.get(reverse(PAGE), query)
            with Queries() as queries:
                browser.get(reverse(PAGE), query)
            costs.append(queries.count)
    assert len(set(costs)) == 1, costs


def test_the_paper_says_the_same_and_is_on_record(world, dpo):
    browser = as_(dpo)
    with translation.override("fr"):
        answer = browser.get(reverse(PRINTED))
    assert answer["Content-Type"] == "application/pdf" and "access-list.pdf" in answer["Content-Disposition"]
    with pypdfium2.PdfDocument(answer.content) as paper:
        first = paper[0]
        assert first.get_width() > first.get_height(), "wide tables lie down"
        words = " ".join(" ".join(page.get_textpage().get_text_range().split()) for page in paper)
    for said in (
        "Liste des accès aux données",
        "30 juillet 2018",
        "Hébergement",
        "Données pénales",
        "première version",
    ):
        assert said in words, said
    assert [name for name in everybody() if name in words] == []
    one = browser.get(reverse(PRINTED), {"kind": "police"})
    with pypdfium2.PdfDocument(one.content) as paper:
        words = " ".join(page.get_textpage().get_text_range() for page in paper)
    assert "Police" in words and "Hébergement" not in words
    with acting_as(dpo):
        events = AuditEvent.objects.filter(action=Action.EXPORTED, object_kind="administration.access_list")
        assert sorted(events.values_list("reason", flat=True)) == ["", "police"]


def test_who_else_asks_is_refused(world):
    for member in (world.officer, world.police_manager, world.agency_admin, world.stranger, world.programme):
        for name in (PAGE, PRINTED):
            assert as_(member).get(reverse(name)).status_code == 403


def test_it_is_found_where_they_work(world, dpo):
    assert reverse(PAGE) in text(as_(world.platform_admin).get(reverse("administration:home")))
    assert reverse(PAGE) in text(as_(dpo).get("/"))
    assert reverse(PAGE) not in text(as_(world.agency_admin).get("/"))
