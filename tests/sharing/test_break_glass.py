"""Emergency access: the reason, one strict search, safety categories for some hours, told at once and judged."""

import json
import re
from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from agencies.acting import acting_as
from agencies.enums import AgencyKind
from audit.models import AuditEvent
from cases.access import for_case, write_names
from cases.enums import Category, EventCode, Side
from cases.models import Case, CaseEvent, CaseExclusion, ContactPoint, Note
from cases.services import write_note
from casework.emergency import sheet
from common.acting import SystemContext, system_context
from common.clock import now, travel
from common.errors import Refused, RuleBroken
from common.fields import decrypt, encrypt
from common.ids import uuid7
from notifications.models import Notice, OutgoingMail
from reports.models import Report
from reports.safety import at_the_counter
from riskassessment.models import Assessment
from riskassessment.safety import weapons_and_threats
from sharing import break_glass, emergency_search, oversight
from sharing.emergency_search import Search, TooMany, Wanted, search
from sharing.models import BreakGlass, BreakGlassReview, SharingDecision
from tests import actors
from tests.actors import two_hats
from tests.cases.helpers import Queries, bring_in, text, url
from tests.casework import grid_acts
from tests.factories import make_agency, make_member, make_report, train
from tests.riskassessment.test_services import signed
from tests.sharing.sums import drift

pytestmark = pytest.mark.django_db

REASON = "Elle est aux urgences, il la cherche et il serait armé."
HER = Wanted(family_name="Diallo-Test", given_name="Fatou")
OPENED = {"level:case", "identity:victim", "identity:perpetrator", "contact:victim"}


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


@pytest.fixture
def case(world) -> Case:
    """A complaint with a weapon, assessed, and a counselling note of the cell."""
    report = make_report(
        world.officer, "police_complaint", risk_weapons="Un fusil de chasse dans le garage.", measure="sheltering"
    )
    with acting_as(world.officer):
        signed(world.officer, report, weapon_access="yes", strangulation="yes")
    with acting_as(world.eva):
        access = for_case(report.case, world.eva)
        write_note(
            by=world.eva, case=report.case, access=access, category="psychosocial", side="victim", facts="CONSEIL"
        )
        write_note(by=world.eva, case=report.case, access=access, category="health", side="victim", facts="SANTÉ")
    return report.case


@pytest.fixture
def nurse(world):
    return make_member(make_agency(AgencyKind.HOSPITAL, "Hôpital du Parc"))


@pytest.fixture
def dpo(world):
    return make_member(world.platform_admin.agency, "data_protection_officer")


def as_(membership) -> Client:
    """A browser of this person, in English."""
    client = actors.as_(membership)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def look(by, wanted=HER, reason=REASON) -> Search:
    with acting_as(by):
        return search(by=by, reason=reason, wanted=wanted)


def open_(by, wanted=HER) -> BreakGlass:
    (hit,) = look(by, wanted).hits
    with acting_as(by):
        return break_glass.open_emergency(by=by, token=hit.token)


def access_of(by, case):
    with acting_as(by):
        return for_case(Case(pk=case.pk), by)


# --- the reason and the search --------------------------------------------------------------------------------
@pytest.mark.parametrize("reason", ["", " " * 40, "urgent", "a" * 40, "x x x x x x x x x x x x x x x", "!?" * 20])
def test_without_a_reason_nothing_is_looked_for(world, case, nurse, reason):
    with pytest.raises(RuleBroken) as broken:
        look(nurse, reason=reason)
    assert set(broken.value.errors) == {"reason"}
    with acting_as(nurse):
        assert not AuditEvent.objects.filter(action="searched").exists()


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        (Wanted(), "family_name"),
        (Wanted(given_name="Fatou"), "family_name"),
        (Wanted(family_name="Diallo-Test"), "given_name"),
        (Wanted(family_name="Diallo-Test", birth_date=date(2990, 1, 1)), "birth_date"),
        (Wanted(reference="131"), "reference"),
        (Wanted(reference="MOVE-2026-%"), "reference"),
    ],
)
def test_a_search_names_one_person_or_one_case(world, case, nurse, wanted, field):
    with pytest.raises(RuleBroken) as broken:
        look(nurse, wanted)
    assert set(broken.value.errors) == {field}


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (HER, 1),
        (Wanted(family_name="diallo-TEST", given_name="FATOU"), 1),
        (Wanted(family_name="Diallo-Test", birth_date=date(1991, 4, 12)), 1),
        (Wanted(family_name="Diallo-Test", given_name="Fatou", birth_date=date(1991, 4, 12)), 1),
        (Wanted(family_name="Morel-Test", given_name="Yvan"), 1),
        (Wanted(family_name="Diallo-Test", given_name="Fatou", birth_date=date(1991, 4, 13)), 0),
        (Wanted(family_name="Diallo-Test", given_name="Fatoumata"), 0),
        (Wanted(family_name="Diallo", given_name="Fatou"), 0),
        (Wanted(family_name="Diallo-Tes", birth_date=date(1991, 4, 12)), 0),
        (Wanted(family_name="%", given_name="%"), 0),
    ],
)
def test_the_search_is_strict(world, case, nurse, wanted, found):
    assert len(look(nurse, wanted).hits) == found


def test_a_hit_says_that_a_case_exists_and_nothing_of_it(world, case, nurse):
    client = as_(nurse)
    typed = {"reason": REASON, "family_name": "Diallo-Test", "given_name": "Fatou", "birth_date": "1991-04-12"}
    seen = text(client.post(reverse("sharing:emergency"), typed))
    results = seen[seen.index("found-title") : seen.index("</section>", seen.index("found-title"))]
    assert "F. D. · 1991" in results
    for word in (case.reference, str(case.pk), "Fatou", "Zone de police", "Morel", "0470", "bibliothèque"):
        assert word not in results
    with acting_as(nurse):
        assert not Case.objects.filter(pk=case.pk).exists()


def test_by_reference_and_already_visible(world, case, nurse):
    with acting_as(world.officer):
        reference = Case.objects.get(pk=case.pk).reference
    (hit,) = look(nurse, Wanted(reference=reference)).hits
    assert hit.words == reference and hit.token and hit.case is None
    (mine,) = look(world.officer, Wanted(reference=reference)).hits
    assert mine.case == case and not mine.token, "who sees it all goes there by the usual way"


def test_a_service_that_sees_too_little_may_open_the_rest_and_then_loses_just_that(world, case):
    bring_in(case, world.officer, world.shelter, ["identity:victim"], side="victim")
    (hit,) = look(world.shelter).hits
    assert hit.case == case and hit.token
    with acting_as(world.shelter):
        emergency = break_glass.open_emergency(by=world.shelter, token=hit.token)
    assert access_of(world.shelter, case).level
    with acting_as(world.shelter):
        break_glass.end_emergency(by=world.shelter, emergency_id=emergency.pk)
    after = access_of(world.shelter, case)
    assert after.can("identity", "victim") and not after.level and not after.can("contact", "victim")
    assert drift() == []


def test_closed_excluded_and_restricted_cases_are_not_found(world, case, nurse):
    assert look(nurse).hits
    excluded, colleague = make_member(nurse.agency), make_member(nurse.agency)
    with system_context(SystemContext.GRANTS):
        CaseExclusion.objects.create(case=case, user=excluded.user)
    assert not look(excluded).hits and look(colleague).hits
    with acting_as(world.officer):
        write_names(case_id=case.pk, named=[world.officer.user_id])
        Case.objects.filter(pk=case.pk).update(restricted=True)
    assert not look(colleague).hits
    with acting_as(world.officer):
        write_names(case_id=case.pk, named=[world.officer.user_id, colleague.user_id])
    assert look(colleague).hits and not look(nurse).hits
    with acting_as(world.officer):
        Case.objects.filter(pk=case.pk).update(stage="closed")
    assert not look(colleague).hits


@pytest.mark.parametrize("who", ["reader", "platform_admin", "agency_admin"])
def test_who_does_not_write_opens_nothing(world, case, who):
    member = getattr(world, who)
    with pytest.raises(Refused):
        look(member)
    with acting_as(member), pytest.raises(Refused):
        break_glass.open_emergency(by=member, token="")
    assert as_(member).get(reverse("sharing:emergency")).status_code == 404


def test_a_few_searches_an_hour_whatever_the_hat(world, case, nurse, settings):
    settings.BREAK_GLASS_SEARCHES = 3
    one, other = two_hats(world, nurse, world.stranger)
    look(one), look(other), look(one)
    for hat in (one, other):
        with pytest.raises(TooMany):
            look(hat)
    assert look(nurse).hits, "a colleague still may"
    answer = as_(one).post(reverse("sharing:emergency"), {"reason": REASON, "family_name": "Y", "given_name": "Zoé"})
    assert answer.status_code == 429 and REASON in text(answer), "what was typed is kept"
    with acting_as(one):
        assert AuditEvent.objects.filter(action="refused", object_kind="sharing.emergency").exists()


def test_the_trail_has_the_search_and_no_name(world, case, nurse):
    typed = {"reason": REASON, "family_name": "Diallo-Test", "given_name": "Fatou"}
    assert as_(nurse).post(reverse("sharing:emergency"), typed).status_code == 200
    with acting_as(nurse):
        event = AuditEvent.objects.get(action="searched", object_kind="sharing.emergency")
    assert event.fields == [str(case.pk)] and event.case_id is None
    said = json.dumps(event.fields) + event.reason + event.object_kind
    assert "iallo" not in said and "urgences" not in said


# --- opening --------------------------------------------------------------------------------------------------
def test_it_opens_exactly_the_safety_categories_and_nothing_stays(world, case, nurse):
    emergency = open_(nurse)
    access = access_of(nurse, case)
    assert {f"{category}:{side}" for category, side in access.categories} == OPENED
    assert not access.contribute and set(access.grants) == {"view_case"} | {
        f"view_{item.replace(':', '_')}" for item in OPENED
    }
    assert set(access.grants.values()) == {emergency.ends_at}
    assert emergency.ends_at - emergency.opened_at == timedelta(hours=4)
    with acting_as(nurse):
        assert not Note.objects.exists() and not Report.objects.exists() and not Assessment.objects.exists()
        assert ContactPoint.objects.filter(side="victim").exists()
        assert not SharingDecision.objects.exclude(pk=emergency.decision_id).exists()
    for name in ("cases:summary", "cases:people", "riskassessment:case_list", "casework:trail", "sharing:case_access"):
        seen = text(as_(nurse).get(url(name, case)))
        for closed in ("CONSEIL", "SANTÉ", "gorge", "Cellule EVA", "EVA A", "Leïla", "fusil"):
            assert closed not in seen, f"{closed} on {name}"
        assert "emergency" in seen and "Opened in an emergency" in seen, name
    assert as_(nurse).get(url("reports:case_list", case)).status_code == 404
    assert as_(nurse).get(url("cases:write_note", case)).status_code == 403
    assert drift() == []
    with acting_as(nurse):
        break_glass.end_emergency(by=nurse, emergency_id=emergency.pk)
    assert not access_of(nurse, case), "opening is no work of one's own that would stay readable"
    for name in ("cases:summary", "casework:emergency"):
        assert as_(nurse).get(url(name, case)).status_code == 404
    assert drift() == []


def test_the_sheet_tells_level_measures_weapons_and_not_a_word_more(world, case, nurse):
    open_(nurse)
    seen = text(as_(nurse).get(url("casework:emergency", case)))
    for told in (
        "Un fusil de chasse dans le garage.",
        "She was sheltered elsewhere",
        "own a weapon",
        "level-",
        "bibliothèque",
    ):
        assert told in seen, told
    for closed in ("gorge", "vivante", "L&#x27;aîné", "CONSEIL", "SANTÉ", "gripped", "stopped her", "BR.43"):
        assert closed not in seen, closed
    with acting_as(nurse):
        (line,) = at_the_counter(case)
        assert vars(line).keys() == {"met_at", "measure", "weapons"}
        assert {answer.topic for answer in weapons_and_threats(case)} <= {"weapons", "threats"}


def test_the_safety_context_opens_nothing_without_the_level(world, case):
    bring_in(case, world.officer, world.shelter, ["identity:victim"], side="victim")
    for member in (world.shelter, world.stranger):
        with acting_as(member):
            assert at_the_counter(case) == [] and weapons_and_threats(case) == []
            assert sheet(case, for_case(case, member)) is None
    assert as_(world.officer).get(url("casework:emergency", case)).status_code == 404, "no emergency is open"


def test_his_side_never_reaches_her(world, case):
    emergency = open_(world.programme)
    with acting_as(world.programme):
        decision = SharingDecision.objects.get(pk=emergency.decision_id)
        assert decision.side == "perpetrator" and set(decision.grants) == OPENED - {"contact:victim"}
        assert not ContactPoint.objects.exists()
        shown = sheet(case, for_case(case, world.programme))
    assert shown.measures == [] and shown.weapons and all(not line.detail for line in shown.weapons)
    for name in ("cases:summary", "cases:people", "casework:emergency", "sharing:case_access"):
        seen = text(as_(world.programme).get(url(name, case)))
        for hers in ("0470", "bibliothèque", "sheltered", "EVA", "fusil", "Leïla"):
            assert hers not in seen, f"{hers} on {name}"


def test_what_she_told_who_helps_her_is_not_told_to_his_side(world, case, nurse):
    train(world.eva, course="criticality")
    hers = grid_acts.sign(world.eva, case, grid_acts.CRITICALITY, "critical")
    assert (hers.category, hers.side) == ("psychosocial", "victim")
    shown = {}
    for by in (world.programme, nurse):
        open_(by)
        with acting_as(by):
            shown[by] = [line for line in sheet(case, for_case(case, by)).weapons if line.at == hers.signed_at]
    assert shown[nurse] and not shown[world.programme]


def test_a_service_that_works_with_him_here_is_on_his_side(world, case, nurse):
    bring_in(case, world.officer, nurse, ["identity:perpetrator"], side="perpetrator")
    open_(nurse)
    assert not access_of(nurse, case).can("contact", "victim")


def test_a_service_that_works_with_him_in_another_case_is_not_told_how_to_reach_her(world, case, nurse):
    """He is the same man: what stays closed to his side in one case does not open by an emergency in another."""
    his = make_report(world.officer, victim_given_name="Autre", victim_family_name="Personne").case
    bring_in(his, world.officer, nurse, ["identity:perpetrator"], side="perpetrator")
    open_(nurse)
    access = access_of(nurse, case)
    assert access.level and access.can("identity", "victim") and not access.can("contact", "victim")
    assert access.side == "neutral", "its side in this case is not touched"
    somebody_else = make_report(
        world.officer, perpetrator_given_name="Paul", perpetrator_family_name="Autre-Test", victim_given_name="Zoé"
    ).case
    other = make_member(make_agency(AgencyKind.HOSPITAL, "Hôpital du Nord"))
    bring_in(somebody_else, world.officer, other, ["identity:perpetrator"], side="perpetrator")
    open_(other)
    assert access_of(other, case).can("contact", "victim")


def test_the_end_is_the_databases(world, case, nurse):
    """Opened a day ago by every clock of the application; only the database knows better."""
    with travel(now() - timedelta(days=1)):
        emergency = open_(nurse)
        assert emergency.ends_at > now()
        assert not access_of(nurse, case)
    assert not access_of(nurse, case)
    with acting_as(nurse):
        assert not Case.objects.filter(pk=case.pk).exists() and not ContactPoint.objects.exists()
    assert as_(nurse).get(url("casework:emergency", case)).status_code == 404


def test_opened_twice_is_opened_once(world, case, nurse):
    colleague = make_member(nurse.agency)
    first, second = look(nurse).hits[0], look(colleague).hits[0]
    with acting_as(nurse):
        opened = break_glass.open_emergency(by=nurse, token=first.token)
        assert break_glass.open_emergency(by=nurse, token=first.token) == opened
    with acting_as(colleague):
        assert break_glass.open_emergency(by=colleague, token=second.token) == opened
        assert BreakGlass.objects.count() == 1
        break_glass.end_emergency(by=colleague, emergency_id=opened.pk)
    with acting_as(nurse), pytest.raises(RuleBroken, match="has ended"):
        break_glass.open_emergency(by=nurse, token=first.token)
    assert open_(nurse) != opened, "searched again, with a reason"


# --- the token ------------------------------------------------------------------------------------------------
def test_a_token_is_whose_it_is(world, case, nurse):
    (hit,) = look(nurse).hits
    colleague = make_member(nurse.agency)
    for other in (colleague, world.stranger):
        with acting_as(other), pytest.raises(Refused):
            break_glass.open_emergency(by=other, token=hit.token)
    assert as_(colleague).post(reverse("sharing:emergency_open"), {"token": hit.token}).status_code == 403
    assert not access_of(nurse, case)


@pytest.mark.parametrize(
    "change",
    [
        {"search": str(uuid7())},
        {"case": str(uuid7())},
        {"user": str(uuid7())},
        {"case": "x"},
        {"reason": None, "search": 3},
    ],
)
def test_a_forged_token_opens_nothing(world, case, nurse, change):
    """Even by who holds the key: the search in the trail must have found that very case."""
    (hit,) = look(nurse).hits
    forged = encrypt(json.dumps(json.loads(decrypt(hit.token)) | change))
    with acting_as(nurse):
        for token in (forged, hit.token[:-4] + "AAAA", "x", str(case.pk)):
            with pytest.raises(Refused):
                break_glass.open_emergency(by=nurse, token=token)
    answer = as_(nurse).post(reverse("sharing:emergency_open"), {"case_id": str(case.pk)})
    assert answer.status_code == 422 and not access_of(nurse, case)


def test_a_token_serves_a_quarter_of_an_hour(world, case, nurse, monkeypatch):
    """The time of the search is the database's, and nobody's to write: the quarter of an hour is what is moved."""
    assert emergency_search.MINUTES == 15
    (hit,) = look(nurse).hits
    with acting_as(nurse):
        # Now() is the moment this test's transaction began, before the search
        monkeypatch.setattr(emergency_search, "MINUTES", -1)
        with pytest.raises(RuleBroken, match="Search again"):
            break_glass.open_emergency(by=nurse, token=hit.token)
        monkeypatch.undo()
        break_glass.open_emergency(by=nurse, token=hit.token)


def test_excluded_between_the_search_and_the_opening(world, case, nurse):
    (hit,) = look(nurse).hits
    with system_context(SystemContext.GRANTS):
        CaseExclusion.objects.create(case=case, user=nurse.user)
    with acting_as(nurse), pytest.raises(RuleBroken, match="no longer"):
        break_glass.open_emergency(by=nurse, token=hit.token)


# --- who is told ----------------------------------------------------------------------------------------------
def notices(member, kind):
    with acting_as(member):
        return list(Notice.objects.filter(recipient=member.user, kind=kind))


def test_who_answers_for_it_is_told_at_once_without_content(world, case, nurse, dpo):
    emergency = open_(nurse)
    path = reverse("casework:emergency_review", args=[emergency.pk])
    for member in (world.police_referent, world.police_manager, dpo):
        (notice,) = notices(member, "break_glass_opened")
        assert notice.path == path
        with system_context(SystemContext.NOTICES):
            mail = OutgoingMail.objects.get(notice=notice)
        assert mail.to == member.user.email and mail.context == {}
    for member in (world.officer, world.eva_referent, nurse, world.platform_admin):
        assert notices(member, "break_glass_opened") == []
    with acting_as(nurse):
        event = AuditEvent.objects.get(action="decided", object_kind="sharing.BreakGlass")
    assert event.case_id == case.pk and event.reason == "grave_danger" and set(event.fields) == OPENED


def test_where_nobody_answers_for_the_agency_its_team_is_told(world, nurse):
    make_report(world.other_officer)
    emergency = open_(nurse)
    (notice,) = notices(world.other_officer, "break_glass_opened")
    assert notice.dedupe_key == f"break-glass:{emergency.pk}"


def test_an_excluded_referent_is_told_nothing(world, case, nurse):
    with system_context(SystemContext.GRANTS):
        CaseExclusion.objects.create(case=case, user=world.police_referent.user)
    emergency = open_(nurse)
    assert notices(world.police_referent, "break_glass_opened") == []
    page = reverse("casework:emergency_review", args=[emergency.pk])
    assert as_(world.police_referent).get(page).status_code == 404


def test_the_timeline_says_it_to_who_may_know_the_services(world, case, nurse):
    bring_in(case, world.officer, world.programme, ["identity:perpetrator"], side="perpetrator")
    open_(nurse)
    with acting_as(world.officer):
        event = CaseEvent.objects.get(code=EventCode.BREAK_GLASS_OPENED)
    assert (event.category, event.side) == (Category.NETWORK, Side.VICTIM)
    assert REASON not in json.dumps(event.payload)
    assert "Hôpital du Parc" in text(as_(world.officer).get(url("cases:summary", case)))
    assert "Hôpital" not in text(as_(world.programme).get(url("cases:summary", case)))


# --- the banner -----------------------------------------------------------------------------------------------
def test_the_banner_costs_one_query_where_it_shows_and_none_elsewhere(world, case, nurse):
    def cost(member) -> int:
        client = as_(member)
        client.get(url("cases:people", case))
        with Queries() as queries:
            answer = client.get(url("cases:people", case))
        assert answer.status_code == 200
        return sum("sharing_breakglass" in sql for sql in queries.statements)

    assert cost(world.officer) == 0
    open_(nurse)
    assert cost(nurse) == 1 and cost(world.officer) == 0


def test_end_now_from_the_banner(world, case, nurse):
    emergency = open_(nurse)
    client, colleague = as_(nurse), make_member(nurse.agency, "reader")
    end = reverse("sharing:emergency_end", args=[emergency.pk])
    assert end in text(client.get(url("cases:summary", case)))
    assert end not in text(as_(colleague).get(url("cases:summary", case)))
    assert as_(world.stranger).post(end).status_code == 404
    assert as_(world.officer).post(end).status_code == 404
    answer = client.post(end, {"from": "case"})
    assert answer.status_code == 302 and answer["Location"] == "/"
    assert client.get(url("cases:summary", case)).status_code == 404
    assert client.post(end, {"from": "case"}).status_code == 302, "ending it again changes nothing"


def test_the_agency_that_leads_ends_it(world, case, nurse):
    emergency = open_(nurse)
    page = reverse("casework:emergency_review", args=[emergency.pk])
    client = as_(world.police_manager)
    assert "End this access" in text(client.get(page))
    assert client.post(reverse("sharing:emergency_end", args=[emergency.pk])).status_code == 302
    assert not access_of(nurse, case)
    assert "End this access" not in text(client.get(page))
    with acting_as(world.police_manager):
        assert CaseEvent.objects.filter(code=EventCode.BREAK_GLASS_ENDED).exists()


# --- the review -----------------------------------------------------------------------------------------------
def judge(by, emergency, verdict="justified", comment="Le danger était là."):
    with acting_as(by):
        return break_glass.review(by=by, emergency_id=emergency.pk, verdict=verdict, comment=comment)


def test_somebody_else_of_another_agency_judges(world, case, nurse, dpo):
    manager = make_member(nurse.agency, "manager")
    emergency = open_(nurse)
    for member in (nurse, manager):
        with pytest.raises(Refused):
            judge(member, emergency)
    from django.http import Http404

    for member in (world.officer, world.eva_manager, world.stranger, world.platform_admin, world.reader):
        with pytest.raises(Http404):
            judge(member, emergency)
    judge(world.police_referent, emergency)
    for member in (world.police_manager, dpo):
        with pytest.raises(RuleBroken, match="in the meantime"):
            judge(member, emergency)
    assert BreakGlassReview.objects.count() == 0, "nobody acts"
    for member in (nurse, manager):
        (notice,) = notices(member, "break_glass_reviewed")
        assert "Le danger était là." in text(as_(member).get(notice.path))


def test_the_opener_who_is_also_data_protection_officer_judges_nothing(world, case, nurse, dpo):
    emergency = open_(nurse)
    from agencies.services import add_member

    with acting_as(world.platform_admin):
        hat = add_member(user=nurse.user, agency=dpo.agency, role="data_protection_officer")
    with pytest.raises(Refused):
        judge(hat, emergency)


def test_where_the_agency_that_leads_opened_it_the_officer_judges(world, case, dpo):
    with system_context(SystemContext.GRANTS):
        from cases.models import CaseGroupObjectPermission

        CaseGroupObjectPermission.objects.filter(group=world.officer.agency.group_id).delete()
    emergency = open_(world.officer)
    with pytest.raises(Refused):
        judge(world.police_manager, emergency)
    assert judge(dpo, emergency).verdict == "justified"


def test_a_judgement_says_which_and_why(world, case, nurse):
    emergency = open_(nurse)
    for given, field in (
        ({"verdict": "maybe"}, "verdict"),
        ({"comment": "  "}, "comment"),
        ({"comment": "x" * 1001}, "comment"),
    ):
        with pytest.raises(RuleBroken) as broken:
            judge(world.police_manager, emergency, **given)
        assert set(broken.value.errors) == {field}
    page = reverse("casework:emergency_review", args=[emergency.pk])
    answer = as_(world.police_manager).post(page, {"verdict": "", "comment": "Une raison tapée."})
    assert answer.status_code == 422 and "Une raison tapée." in text(answer)


def test_not_justified_ends_it_at_once(world, case, nurse, dpo):
    emergency = open_(nurse)
    judge(dpo, emergency, "not_justified", "Le service de garde répondait.")
    assert not access_of(nurse, case)
    with acting_as(dpo):
        told = break_glass.get(by=dpo, emergency_id=emergency.pk)
    assert not told.live and told.review.verdict == "not_justified"
    assert drift() == []


def test_what_was_read_is_told_by_page_and_category(world, case, nurse, dpo):
    emergency = open_(nurse)
    client = as_(nurse)
    client.get(url("casework:emergency", case)), client.get(url("cases:people", case))
    as_(world.officer).get(url("cases:people", case))
    page = reverse("casework:emergency_review", args=[emergency.pk])
    for reviewer in (world.police_manager, dpo):
        seen = text(as_(reviewer).get(page))
        assert "The safety sheet of an emergency" in seen and "The people" in seen
        assert REASON.partition(",")[0] in seen
        assert nurse.user.full_name in seen and "Marc Delvaux" not in seen, "the others' readings are not its own"
    with acting_as(world.officer):
        reference = Case.objects.get(pk=case.pk).reference
    seen = text(as_(dpo).get(page))
    assert reference not in seen and "Fatou" not in seen and "may name people" in seen
    assert reference in text(as_(world.police_manager).get(page))


def test_the_officer_reads_of_the_trail_what_falls_within_an_emergency_alone(world, case, nurse, dpo):
    as_(world.officer).get(url("cases:people", case))
    with acting_as(dpo):
        with system_context(SystemContext.OVERSIGHT):
            assert not AuditEvent.objects.filter(case_id=case.pk).exists()
    open_(nurse)
    as_(nurse).get(url("cases:people", case))
    with acting_as(dpo):
        with system_context(SystemContext.OVERSIGHT):
            rows = AuditEvent.objects.filter(case_id=case.pk)
            assert {row.agency_id for row in rows} == {nurse.agency_id} and {row.action for row in rows} == {"read"}
    with acting_as(nurse), pytest.raises(Refused):
        oversight.emergencies(nurse)


def test_lists_of_who_opens_and_who_judges(world, case, nurse, dpo):
    emergency = open_(nurse)
    link = reverse("casework:emergency_review", args=[emergency.pk])
    path = reverse("casework:emergencies")
    colleague, manager = make_member(nurse.agency), make_member(nurse.agency, "manager")
    for member, shown in (
        (nurse, True), (manager, True), (world.police_referent, True), (dpo, True),
        (colleague, True), (world.officer, False), (world.eva_manager, False), (world.stranger, False),
    ):  # fmt: skip
        answer = as_(member).get(path)
        assert answer.status_code == 200 and (link in text(answer)) == shown, member.role
        assert as_(member).get(link).status_code == (200 if shown else 404)
    for member in (world.reader, world.platform_admin, world.agency_admin):
        assert as_(member).get(path).status_code == 404


def test_once_it_has_ended_a_colleague_knows_of_it_no_more(world, case, nurse):
    with travel(now() - timedelta(days=1)):
        emergency = open_(nurse)
    link = reverse("casework:emergency_review", args=[emergency.pk])
    assert as_(make_member(nurse.agency)).get(link).status_code == 404
    assert as_(nurse).get(link).status_code == 200


def test_unjudged_for_three_days_stands_in_my_work_and_on_the_officers_page(world, case, nurse, dpo):
    with travel(now() - timedelta(days=4)):
        old = open_(nurse)
    link = reverse("casework:emergency_review", args=[old.pk])
    assert link in text(as_(world.police_referent).get("/"))
    assert link not in text(as_(world.officer).get("/")) and link not in text(as_(world.eva_referent).get("/"))
    home = text(as_(dpo).get("/"))
    assert reverse("casework:emergencies") in home and re.search(r"1 emergency access\b.*3 days", home, re.DOTALL)
    judge(world.police_referent, old)
    assert link not in text(as_(world.police_referent).get("/"))
    assert "3 days" not in text(as_(dpo).get("/"))


def test_reviews_and_emergencies_are_never_changed(world, case, nurse, dpo):
    from django.db import DatabaseError, transaction

    emergency = open_(nurse)
    judged = judge(dpo, emergency)
    with acting_as(dpo), system_context(SystemContext.OVERSIGHT):
        for row, change in ((emergency, {"reason": "x"}), (judged, {"comment": "x"})):
            with pytest.raises(DatabaseError), transaction.atomic():
                type(row).objects.filter(pk=row.pk).update(**change)


def test_the_whole_way_by_pages(world, case, nurse):
    client = as_(nurse)
    typed = {"reason": REASON, "family_name": "Diallo-Test", "given_name": "Fatou"}
    assert client.get(reverse("sharing:emergency"), typed).status_code == 200
    seen = text(client.post(reverse("sharing:emergency"), typed))
    token = re.search(r'name="token" value="([^"]+)"', seen)[1]
    answer = client.post(reverse("sharing:emergency_open"), {"token": token})
    assert answer.status_code == 302 and answer["Location"] == url("casework:emergency", case)
    assert client.get(answer["Location"]).status_code == 200
