""" "Who sees this?": on every record the services that really read it, as far as the reader's own may know them."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.urls import reverse

from agencies.acting import acting_as
from cases.access import for_case, get_case
from cases.enums import Category, Side
from cases.models import Case, CasePerson, ContactPoint, Note
from cases.perms import shows_contact, shows_person
from cases.services import add_contact_point, write_note
from cases.who_sees import Shown, WhoSees, by_pair, network, who_sees
from casework.referring import send_referral
from common.clock import now
from common.ids import uuid7
from referrals.models import Referral
from sharing.models import Basis, SharingDecision, WayIn
from sharing.services import decide, revoke
from tests.actors import all_of_his_side, as_, just_expired, restricted_case
from tests.cases.helpers import Queries, bring_in, text, url
from tests.factories import make_report
from tests.referrals_acts import asked
from tests.riskassessment.test_services import signed

pytestmark = pytest.mark.django_db
HERS = ("EVA", "Parquet", "Zone de police", "Aide aux victimes", "Tilleul")


def note(by, case, category, side, **extra) -> Note:
    with acting_as(by):
        access = for_case(Case.objects.get(pk=case.pk), by)
        return write_note(by=by, case=case, access=access, category=category, side=side, facts="Vu.", **extra)


@pytest.fixture
def story(world):
    """A complaint; a cell and a prosecutor with her, two services with him, one whose sharing ended, one that keeps
    its own work. {name: Membership}, the case under "case".
    """
    report = make_report(world.officer, kind="police_complaint")
    case = report.case
    signed(world.officer, report, strangulation="yes")
    bring_in(case, world.officer, world.programme, ["identity:perpetrator"], side="perpetrator")
    bring_in(case, world.officer, world.shelter, ["psychosocial:victim", "identity:victim"], side="victim")
    note(world.shelter, case, "psychosocial", "victim")
    with acting_as(world.officer):
        given = SharingDecision.objects.get(case=case, recipient=world.shelter.agency)
        revoke(by=world.officer, decision=given, reason="Elle est partie.")
    note(world.eva, case, "psychosocial", "victim")
    note(world.programme, case, "perpetrator_work", "perpetrator")
    note(world.officer, case, "facts", "case", internal=True)
    with acting_as(world.officer):
        his = CasePerson.objects.get(case=case, side="perpetrator")
        add_contact_point(by=world.officer, case_person=his, kind="other", value="chez sa mère", safe="unknown")
    members = {name: getattr(world, name) for name in ("officer", "eva", "prosecutor", "shelter", "programme")}
    return members | {
        "expired": just_expired(world, case),
        "his_side": all_of_his_side(world, case),
        "case": case,
        "report": report,
    }


def told(by, case, record, **extra) -> set[str]:
    with acting_as(by):
        return {line["name"] for line in WhoSees(*get_case(case.pk, by)).of(record, **extra)["lines"]}


def members_of(story) -> list:
    return [member for name, member in story.items() if name not in ("case", "report")]


def test_what_is_shown_is_what_each_agency_reads(story):
    """For every category of every side, and every author: the officer is told of exactly those whose own access says
    so, own past work and ended sharing included.
    """
    case, members = story["case"], members_of(story)
    accesses = {}
    for member in members:
        with acting_as(member):
            accesses[member] = for_case(Case.objects.filter(pk=case.pk).first() or case, member)
    assert not accesses[story["expired"]] and accesses[story["shelter"]].own_work_only
    with acting_as(story["officer"]):
        asked_for = WhoSees(*get_case(case.pk, story["officer"]))
        for category in Category:
            for side in Side:
                for author in (None, *(member.agency_id for member in members)):
                    record = Shown(category, side, author)
                    really = {m.agency.short_name for m, access in accesses.items() if access.shows(record)}
                    shown = {line["name"] for line in asked_for.of(record)["lines"]}
                    assert shown == really | {"Zone de police A"}, record


def test_people_and_ways_to_reach_them_are_asked_as_their_pages_ask(story):
    case, members = story["case"], members_of(story)
    with acting_as(story["officer"]):
        people, points = list(CasePerson.objects.filter(case=case)), list(ContactPoint.objects.filter(case=case))
    assert {point.side for point in points} == {"victim", "perpetrator"}
    for member in members:
        with acting_as(member):
            access = for_case(case, member)
        name = member.agency.short_name
        if name != "Zone de police A":
            for person in people:
                seen = bool(access) and shows_person(access, person)
                assert (name in told(story["officer"], case, person)) == seen
            for point in points:
                seen = bool(access) and shows_contact(access, point)
                assert (name in told(story["officer"], case, point)) == seen


def test_it_ends_with_its_reason(world, story):
    case = story["case"]
    hers = Shown(Category.MIGRATION, Side.VICTIM)
    with acting_as(world.officer):
        decision = decide(
            by=world.officer, case=case, recipient=world.stranger.agency, side="neutral", way_in=WayIn.REFERRAL,
            basis=Basis.SHARED_SECRET, grants=["migration:victim"], necessity="Un mois.",
            ends_at=now() + timedelta(days=30),
        )  # fmt: skip
        lines = WhoSees(*get_case(case.pk, world.officer)).of(hers)["lines"]
    (line,) = [one for one in lines if one["name"] == "CPAS Est"]
    assert line["why"] == [(Basis.SHARED_SECRET.label, decision.ends_at)]
    with acting_as(world.officer):
        revoke(by=world.officer, decision=decision, reason="Fini.")
    assert "CPAS Est" not in told(world.officer, case, hers)


def test_his_side_is_told_of_his_services_alone(story):
    """Whoever reads it besides, and whatever his side holds: the names are those of his own services."""
    case = story["case"]
    for member in (story["programme"], story["his_side"]):
        for category in Category:
            for side in Side:
                for author in (None, story["eva"].agency_id, story["officer"].agency_id):
                    names = told(member, case, Shown(category, side, author))
                    assert names <= {"Programme Passerelle", "Maison de justice"}, (category, side)
        with acting_as(member):
            assert by_pair(*get_case(case.pk, member)) == {}
    assert told(story["programme"], case, Shown(Category.PERPETRATOR_WORK, Side.PERPETRATOR)) == {
        "Programme Passerelle",
        "Maison de justice",
    }


def parts(page: str) -> list[str]:
    """The words of each "who sees this?" of a page."""
    found = re.findall(r'<details class="who-sees">(.*?)</details>', page, re.S)
    return [" ".join(unescape(re.sub(r"<[^>]+>", " ", one)).split()) for one in found]


def test_every_record_says_who_sees_it(story):
    case = story["case"]
    browser = as_(story["officer"])
    summary = parts(text(browser.get(url("cases:summary", case))))
    assert case.reference in summary[0] and "Cellule EVA A" in summary[0] and "Programme Passerelle" in summary[0]
    assert any("Interne : seul votre service le lit." in one and "EVA" not in one for one in summary[1:])
    people = parts(text(browser.get(url("cases:people", case))))
    with acting_as(story["officer"]):
        count = CasePerson.objects.filter(case=case).count() + ContactPoint.objects.filter(case=case).count()
    assert len(people) == count
    assert [one for one in people if "Zone de police A votre service" not in one] == []
    (of_report,) = parts(text(browser.get(url("reports:detail", case, story["report"].pk))))
    assert "Parquet" in of_report and "Obligation légale" in of_report and "EVA" not in of_report
    assert url("sharing:case_access", case) in text(browser.get(url("reports:detail", case, story["report"].pk)))


def test_a_page_of_the_programme_names_none_of_hers_and_says_no_more_than_others(story):
    closing = set()
    for name in ("cases:summary", "cases:people", "reports:files"):
        page = text(as_(story["programme"]).get(url(name, story["case"])))
        for part in parts(page):
            assert "Programme Passerelle" in part and not any(hers in part for hers in HERS), part
            closing.add(part.partition("Chaque service connaît")[2])
    for part in parts(text(as_(story["officer"]).get(url("cases:summary", story["case"])))):
        closing.add(part.partition("Chaque service connaît")[2])
    assert len(closing) == 1 and closing != {""}, "the same sentence for everybody, whatever is kept from them"


def test_a_restricted_case_says_that_only_named_persons_read_it(world):
    case = restricted_case(world)
    seen = text(as_(world.police_referent).get(url("cases:summary", case)))
    assert all("les personnes désignées" in part for part in parts(seen)) and parts(seen)


def test_a_draft_of_a_grid_is_internal_and_a_signed_one_is_not(world, story):
    from riskassessment import services as assessments

    case = story["case"]
    with acting_as(world.officer):
        access = for_case(case, world.officer)
        draft = assessments.start(
            by=world.officer, case=case, access=access, grid_slug="counter-checklist", presence="alone"
        )
        done = assessments.assessments_of(case, access).exclude(signed_at=None).first()
    browser = as_(world.officer)
    (part,) = parts(text(browser.get(url("riskassessment:detail", case, draft.pk))))
    assert "Interne" in part and "Parquet" not in part
    part = parts(text(browser.get(url("riskassessment:detail", case, done.pk))))[0]
    assert "Parquet" in part and "EVA" not in part and "Interne" not in part


def test_a_referral_is_read_by_its_two_services_and_by_who_knows_the_network(world, story):
    case = story["case"]
    with acting_as(world.officer):
        referral = send_referral(
            by=world.officer, case_id=case.pk, asked=asked(case, world.stranger), request_key=uuid7()
        )
    page = text(as_(world.officer).get(reverse("referrals:detail", args=[referral.pk])))
    (part,) = parts(page)
    assert "CPAS Est" in part and "EVA" in part and "Passerelle" not in part
    page = text(as_(world.stranger).get(reverse("referrals:detail", args=[referral.pk])))
    assert parts(page) == [], "who does not see the case yet is told of nobody in it"
    with acting_as(world.officer):
        referral = Referral.objects.get(pk=referral.pk)
        readers = who_sees(*get_case(case.pk, world.officer)).readers
        knows = {each.agency.short_name for each in readers if each.access.shows(network(referral.side))}
    assert knows == {"Zone de police A", "Cellule EVA A", "Parquet"}


def test_forms_name_the_same_readers(story):
    with acting_as(story["officer"]):
        found = by_pair(*get_case(story["case"].pk, story["officer"]))
    assert found[""] == ["Zone de police A"]
    assert found["facts:case"] == ["Zone de police A", "Maison de justice", "Parquet"]


def test_it_costs_one_query_however_many_records(world, story):
    case = story["case"]
    with acting_as(world.officer):
        found, access = get_case(case.pk, world.officer)
        with Queries() as queries:
            for side in Side:
                assert who_sees(found, access).of(Shown(Category.IDENTITY, side))["lines"]
        assert queries.count == 1
