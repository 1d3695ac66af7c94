"""Accesses to a case for who sees no case: kinds, sides, categories, bases and dates; no name, no word of the case."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.urls import reverse
from django.utils import translation

from accounts.models import User
from agencies.acting import acting_as
from agencies.enums import AgencyKind
from agencies.models import Agency
from audit.models import Action, AuditEvent
from cases.access import get_case
from cases.enums import Category, Side
from cases.models import Case
from cases.words import about
from common.acting import SystemContext, system_context
from common.clock import now
from common.errors import Refused
from sharing.models import Basis, SharingDecision, WayIn
from sharing.services import decide, revoke
from sharing.shape import few, shape_of
from tests.actors import all_of_his_side, as_, just_expired, restricted_case
from tests.cases.helpers import Queries, bring_in, text
from tests.factories import make_agency, make_member, make_report

pytestmark = pytest.mark.django_db
PAGE = "administration:case_access"
MARK = "Xylophane"
KINDS = ("Maison de justice", "Parquet")
"""Agencies of these tests that are called as their kind is."""


@pytest.fixture
def dpo(world):
    return make_member(world.platform_admin.agency, "data_protection_officer")


@pytest.fixture
def case(world) -> Case:
    """A complaint full of marked words; a shelter with her, a justice house with him, one sharing ended by hand."""
    report = make_report(
        world.officer,
        kind="police_complaint",
        victim_given_name=MARK,
        victim_family_name=MARK,
        place=MARK,
        facts_context=MARK,
        facts_words=MARK,
    )
    bring_in(report.case, world.officer, world.shelter, ["identity:victim"], side="victim")
    all_of_his_side(world, report.case)
    with acting_as(world.officer):
        decision = decide(
            by=world.officer, case=report.case, recipient=world.stranger.agency, side="neutral",
            way_in=WayIn.REFERRAL, basis=Basis.SHARED_SECRET, grants=["migration:victim"], necessity=MARK,
            ends_at=now() + timedelta(days=9),
        )  # fmt: skip
        revoke(by=world.officer, decision=decision, reason=MARK)
    return report.case


def ask(member, reference: str):
    return as_(member).post(reverse(PAGE), {"reference": reference})


def main_of(page: str) -> str:
    """What the page says, without its frame, which names the reader and their agency."""
    return page[page.index("<main") : page.index("</main>")]


def test_administrators_read_the_shape_and_no_word_of_the_case(world, dpo, case):
    with system_context(SystemContext.REFERENCE):
        agencies = list(Agency.objects.values_list("name", "short_name"))
        people = list(User.objects.values_list("given_name", "family_name"))
    for member in (world.platform_admin, dpo):
        answer = ask(member, case.reference)
        assert answer.status_code == 200
        page = main_of(text(answer))
        assert (
            MARK not in page
            and "Mandat" not in page
            and "MOVE-20" not in page.replace(case.reference, "").replace("MOVE-2026-000123", "")
        )
        for names in (*agencies, *people):
            told = [name for name in names if len(name) > 4 and name not in KINDS and name in page]
            assert told == []
        assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-", page), "no identifier"
        with translation.override("fr"):
            words = [AgencyKind.SHELTER.label, AgencyKind.POLICE.label, Basis.SHARED_SECRET.label]
            words += [about(Category.IDENTITY, Side.VICTIM), about(Category.MIGRATION, Side.VICTIM)]
        for said in words:
            assert str(said).lower() in unescape(page).lower(), said


def test_the_shape_is_that_of_the_rows(world, dpo, case):
    just_expired(world, case)
    with acting_as(dpo):
        shape = shape_of(dpo, f" {case.reference.lower()} ")
    found = {one.kind: one for one in shape.participations}
    kind = {kind: str(AgencyKind(kind).label) for kind in AgencyKind}
    assert found[kind["shelter"]].sees and not found[kind["cpas"]].sees and not found[kind["victim_support"]].sees
    assert [line.holds for line in found[kind["cpas"]].lines] == [False]
    assert found[kind["cpas"]].lines[0].ends_at < now() + timedelta(days=1), "ended by hand before its end"
    for member in (world.officer, world.eva, world.shelter):
        with acting_as(member):
            _case, access = get_case(case.pk, member)
        one = found[kind[member.agency.kind]]
        assert len(one.holds) == len(access.categories) and one.contributes == access.has("contribute_case")
    assert sum(len(one.lines) for one in shape.participations) == _decisions(case)


def _decisions(case: Case) -> int:
    with system_context(SystemContext.GRANTS):
        return SharingDecision.objects.filter(case=case).count()


def test_few_persons_are_not_told_from_none(world, dpo):
    with acting_as(dpo):
        shape = shape_of(dpo, restricted_case(world).reference)
        other = shape_of(dpo, make_report_reference(world))
    assert shape.restricted and not other.restricted
    assert shape.named == other.named == shape.excluded == few(0) == few(2) and few(3) == "3"


def make_report_reference(world) -> str:
    return make_report(world.officer).case.reference


def test_a_wrong_reference_is_answered_alike(world, dpo, case):
    browser, costs = as_(dpo), []
    for reference in (case.reference, "MOVE-1999-000001", "Dupont", "'; --"):
        browser.get(reverse(PAGE))
        with Queries() as queries:
            answer = browser.post(reverse(PAGE), {"reference": reference})
        assert answer.status_code == 200
        costs.append(queries.count)
    assert len(set(costs)) == 1, costs
    for nothing in ({"reference": ""}, {}):
        assert browser.post(reverse(PAGE), nothing).status_code == 422


def test_who_is_excluded_finds_no_such_case(world, case):
    """An administrator who also works in a service, and is kept out of the case there."""
    from agencies.services import add_member
    from casework.restricting import exclude

    admin = make_member(make_agency(AgencyKind.COORDINATION), "platform_administrator")
    with system_context(SystemContext.REFERENCE):
        hat = add_member(user=admin.user, agency=world.officer.agency, role="practitioner")
    with acting_as(admin):
        assert shape_of(admin, case.reference) is not None
    with acting_as(world.police_manager):
        found, access = get_case(case.pk, world.police_manager)
        exclude(by=world.police_manager, case=found, access=access, user_id=hat.user_id, reason="his brother")
    with acting_as(admin):
        assert shape_of(admin, case.reference) is None


def test_it_is_on_record_without_what_was_typed(world, dpo, case):
    ask(dpo, case.reference)
    ask(dpo, "MOVE-1999-000001")
    with acting_as(dpo):
        events = list(AuditEvent.objects.filter(action=Action.SEARCHED, object_kind="administration.case_access"))
    assert {event.case_id for event in events} <= {case.pk, None} and len(events) == 2
    assert all(event.fields == [] and event.reason == "" for event in events)
    trail = text(as_(world.officer).get(reverse("casework:trail", args=[case.pk])))
    assert "qui détient quoi, sans contenu" in trail, "the services of the case see that it was asked"


def test_nobody_else_reads_it(world, case):
    for member in (world.officer, world.police_manager, world.agency_admin, world.stranger, world.programme):
        assert as_(member).get(reverse(PAGE)).status_code == 403
        assert ask(member, case.reference).status_code == 403
        with acting_as(member), pytest.raises(Refused):
            shape_of(member, case.reference)


def test_it_is_found_where_they_work(world, dpo):
    assert reverse(PAGE) in text(as_(world.platform_admin).get(reverse("administration:home")))
    assert reverse(PAGE) in text(as_(dpo).get("/"))
    assert reverse(PAGE) not in text(as_(world.agency_admin).get("/"))
