"""The copied sort keys of case lists: always what each agency may know, kept by triggers, checked and mended."""

import random
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from agencies.acting import acting_as
from agencies.models import Membership
from cases import sortkeys
from cases.access import participation_rows, permission_ids, write_grants
from cases.enums import CONTRIBUTE, VIEW_CASE, Category, EventCode, Level, Side, codename
from cases.models import Case
from cases.services import log_event, set_level
from cases.tasks import check_sort_keys
from common.clock import now, travel
from tests.factories import make_report

pytestmark = pytest.mark.django_db

# Worst first. No level known stands between high and moderate: not assessed is not safe.
SEVERITY_RANK = {Level.CRITICAL: 0, Level.HIGH: 1, "": 2, Level.MODERATE: 3, Level.LOW: 4}
UNKNOWN = SEVERITY_RANK[""]


@pytest.fixture
def case(world) -> Case:
    return make_report(world.officer).case


def keys(member: Membership, case: Case) -> tuple:
    with acting_as(member):
        row = participation_rows(member).get(content_object=case)
        return row.sort_severity, row.sort_at


def conclude(world, case: Case, level: str) -> None:
    with acting_as(world.officer):
        set_level(case=Case.objects.get(pk=case.pk), level=level, provisional=False, at=now(), reassess_by=None)


def happen(world, case: Case, category: str, side: str, *, by: Membership | None = None):
    with acting_as(by or world.officer):
        return log_event(
            by=by or world.officer, case=case, code=EventCode.NOTE_WRITTEN, category=category, side=side
        ).at


def open_to(case: Case, member: Membership, *names: str, **ends) -> None:
    write_grants(
        case=case, agency=member.agency, grants={name: None for name in (VIEW_CASE, *names)} | ends, side="victim"
    )


def test_the_triggers_are_there(owner):
    rows = owner.execute(
        "SELECT tgrelid::regclass::text, tgname, tgenabled FROM pg_trigger WHERE tgname LIKE 'cases_%%'"
        " AND tgname NOT LIKE '%%append_only' AND tgname NOT LIKE '%%no_truncate'"
    ).fetchall()
    assert {(table, name) for table, name, _ in rows} >= {
        ("cases_casegroupobjectpermission", "cases_fill_sort_keys"),
        ("cases_casegroupobjectpermission", "cases_refresh_after_grant"),
        ("cases_case", "cases_refresh_after_level"),
        ("cases_caseevent", "cases_refresh_after_event"),
    }
    assert {enabled for *_names, enabled in rows} == {"O"}


def test_worst_first_and_not_assessed_before_moderate(owner):
    for level, rank in SEVERITY_RANK.items():
        assert owner.execute("SELECT move_severity_rank(%s)", [str(level)]).fetchone() == (rank,)


def test_the_level_counts_only_where_it_is_given(world, case):
    assert keys(world.officer, case)[0] == keys(world.eva, case)[0] == UNKNOWN
    for level in (Level.CRITICAL, Level.LOW, Level.HIGH, Level.MODERATE, ""):
        conclude(world, case, level)
        assert keys(world.officer, case)[0] == SEVERITY_RANK[level]
        assert keys(world.eva, case)[0] == UNKNOWN


def test_giving_and_taking_back_the_level(world, case):
    conclude(world, case, Level.CRITICAL)
    open_to(case, world.shelter, "view_level_case")
    assert keys(world.shelter, case)[0] == 0
    open_to(case, world.shelter)
    assert keys(world.shelter, case)[0] == UNKNOWN
    open_to(case, world.shelter, view_level_case=now() + timedelta(hours=1))
    assert keys(world.shelter, case)[0] == 0
    open_to(case, world.shelter, view_level_case=now() - timedelta(days=1))
    assert keys(world.shelter, case)[0] == UNKNOWN


def test_the_latest_act_one_may_see(world, case):
    open_to(case, world.shelter, "view_contact_victim")
    before = keys(world.shelter, case)[1]
    happen(world, case, Category.FACTS, Side.CASE)
    assert keys(world.shelter, case)[1] == before, "facts are closed to the shelter"
    happen(world, case, Category.CONTACT, Side.PERPETRATOR)
    assert keys(world.shelter, case)[1] == before, "the other side's contact too"
    at = happen(world, case, Category.CONTACT, Side.VICTIM)
    assert keys(world.shelter, case)[1] == at == keys(world.officer, case)[1]
    at = happen(world, case, Category.SUMMARY, Side.CASE)
    assert keys(world.shelter, case)[1] == at, "the summary is everybody's"
    at = happen(world, case, Category.HEALTH, Side.VICTIM, by=world.shelter)
    assert keys(world.shelter, case)[1] == at, "one's own act counts"
    assert keys(world.officer, case)[1] < at


def test_opening_and_closing_a_category(world, case):
    open_to(case, world.shelter)
    opened = keys(world.shelter, case)[1]
    at = happen(world, case, Category.FACTS, Side.CASE)
    assert keys(world.shelter, case)[1] == opened
    open_to(case, world.shelter, "view_facts_case")
    assert keys(world.shelter, case)[1] == at
    open_to(case, world.shelter)
    assert keys(world.shelter, case)[1] == opened


def test_an_act_written_late_does_not_turn_the_clock_back(world, case):
    latest = keys(world.officer, case)[1]
    with travel(now() - timedelta(days=30)):
        happen(world, case, Category.FACTS, Side.CASE)
    assert keys(world.officer, case)[1] == latest
    assert sortkeys.drifted() == 0


def test_any_sequence_of_acts_leaves_no_drift(world):
    """Levels, events, grants and their ends, in any order, for several agencies and cases."""
    dice = random.Random(20261121)
    cases = [make_report(world.officer).case for _ in range(3)]
    guests = [world.shelter, world.prosecutor, world.stranger, world.other_officer]
    names = [codename(category, side) for category in Category for side in Side if category != Category.SUMMARY]
    for _ in range(120):
        case, guest = dice.choice(cases), dice.choice(guests)
        act = dice.randrange(4)
        if act == 0:
            conclude(world, case, dice.choice(["", *Level.values]))
        elif act == 1:
            happen(world, case, dice.choice(Category.values), dice.choice(Side.values))
        elif act == 2:
            some = dice.sample(names, dice.randrange(6)) + dice.sample([CONTRIBUTE, "view_level_case"], 1)
            ends = {name: dice.choice([None, now() + timedelta(days=1), now() - timedelta(days=1)]) for name in some}
            open_to(case, guest, **ends)
        else:
            write_grants(case=case, agency=guest.agency, grants={}, side="")
        assert sortkeys.drifted() == 0


@pytest.mark.django_db(transaction=True)
def test_a_tampered_row_is_found_and_mended(committed_world, owner):
    world = committed_world
    case = make_report(world.officer).case
    conclude(world, case, Level.HIGH)
    right = keys(world.officer, case)
    assert sortkeys.drifted() == 0
    owner.execute(
        "UPDATE cases_casegroupobjectpermission SET sort_severity = 4 WHERE group_id = %s AND sort_severity = 1",
        [world.officer.agency.group_id],
    )
    owner.execute(
        "UPDATE cases_casegroupobjectpermission SET sort_at = now() WHERE group_id = %s AND sort_at IS NOT NULL",
        [world.eva.agency.group_id],
    )
    assert sortkeys.drifted() == 2
    with pytest.raises(CommandError, match="2 drifted"):
        call_command("check_copies")
    assert sortkeys.repair() == 2
    assert sortkeys.drifted() == 0 == sortkeys.repair()
    assert keys(world.officer, case) == right
    call_command("check_copies")


@pytest.mark.django_db(transaction=True)
def test_the_nightly_task_mends_what_ended(committed_world, owner):
    """A level given until yesterday no longer ranks the case: nobody had to act for it."""
    world = committed_world
    case = make_report(world.officer).case
    conclude(world, case, Level.CRITICAL)
    open_to(case, world.shelter, view_level_case=now() + timedelta(days=1))
    owner.execute("ALTER TABLE cases_casegroupobjectpermission DISABLE TRIGGER USER")  # time passes without an act
    owner.execute(
        "UPDATE cases_casegroupobjectpermission SET expires_at = now() WHERE group_id = %s AND permission_id = %s",
        [world.shelter.agency.group_id, permission_ids()["view_level_case"]],
    )
    owner.execute("ALTER TABLE cases_casegroupobjectpermission ENABLE TRIGGER USER")
    assert keys(world.shelter, case)[0] == 0
    check_sort_keys()
    assert keys(world.shelter, case)[0] == UNKNOWN
    assert sortkeys.drifted() == 0


def test_only_participation_rows_carry_keys(world, case, owner):
    with acting_as(world.officer):
        rows = participation_rows(world.officer).model.objects.filter(content_object=case)
        for row in rows:
            filled = row.sort_severity is not None and row.sort_at is not None
            assert filled is (row.permission_id == permission_ids()[VIEW_CASE])
