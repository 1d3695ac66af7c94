"""What the doors to the prosecutor, to children and to notes must not let out: lines that tell, earlier words, lists
that move.
"""

from datetime import datetime

import pytest
from django.db import connection
from django.utils import translation
from psycopg.types.json import Jsonb

from agencies.acting import acting_as
from agencies.enums import AgencyKind, AgencySide
from agencies.models import Membership
from cases import children, timeline
from cases.access import for_case, participation_rows, write_grants
from cases.enums import ArrangementSource, EventCode, LivesWith, ParticipationSide, PersonRole, codename
from cases.models import Case, CaseEvent, CasePerson
from cases.timeline_page import _events
from common.clock import now
from referrals.preview import preview as referral_preview
from referrals.sending import Proposal
from sharing.grants import Opening
from sharing.preview import preview
from tests.cases.helpers import as_, bring_in, text, url
from tests.cases.test_note_correction import NEW, OLD, corrected, written
from tests.casework.test_tracking import alert, decide, order, sent
from tests.factories import World, make_agency, make_member, make_report
from tests.referrals_acts import asked
from tests.sharing.test_counter_complaints import Opposed

pytestmark = pytest.mark.django_db

JUDICIAL = ["judicial:case", "identity:perpetrator"]


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


@pytest.fixture
def house(world) -> Membership:
    """Of a justice house, which works with him."""
    return make_member(make_agency(AgencyKind.JUSTICE_HOUSE, "Maison de justice", side=AgencySide.PERPETRATOR))


def known_at(member: Membership, case: Case) -> datetime:
    """When something last happened in the case, as this member's list is sorted."""
    with acting_as(member):
        return participation_rows(member).get(content_object=case).sort_at


def told(member: Membership, case: Case, *codes: str) -> list[str]:
    """Which of these lines the timeline of this member holds."""
    with acting_as(member):
        found = _events(case, for_case(case, member)).filter(code__in=codes)
        return sorted(found.values_list("code", flat=True))


def arrange(world: World, case: Case) -> None:
    with acting_as(world.officer):
        child = CasePerson.objects.select_related("person").get(case=case, role=PersonRole.CHILD)
        children.arrange(
            by=world.officer, case=case, access=for_case(case, world.officer), child=child,
            lives_with=LivesWith.values[0], source=ArrangementSource.values[0],
        )  # fmt: skip


# --- the line to the prosecutor ---------------------------------------------------------------------------------
def test_a_professionals_report_leaves_no_line_that_the_police_read(world):
    _tracking, doctor, case = alert(world)
    with acting_as(world.officer):
        assert not CaseEvent.objects.filter(agency=doctor.agency).exclude(code=EventCode.SHARED).exists()
    assert told(doctor, case, EventCode.SHARED) == ["shared"], "the doctor's own timeline says that it was shared"


@pytest.mark.parametrize(
    ("outcome", "seen"), [("hearing", False), ("inquiry", False), ("closed", True), ("follow_up", True)]
)
def test_his_side_is_not_told_that_he_is_to_be_heard_or_looked_into(world, house, outcome, seen):
    tracking = sent(world)
    bring_in(tracking.case, world.officer, house, JUDICIAL, side="perpetrator")
    before = known_at(house, tracking.case)
    decide(world.prosecutor, tracking, outcome)
    assert (told(house, tracking.case, "prosecutor_decided") == ["prosecutor_decided"]) is seen
    assert (known_at(house, tracking.case) > before) is seen, "nor does the case move in the list"
    assert told(world.officer, tracking.case, "prosecutor_decided") == ["prosecutor_decided"]


@pytest.mark.parametrize(("step", "seen"), [("seizure", False), ("no_contact", True)])
def test_his_side_is_not_told_that_things_are_seized(world, house, step, seen):
    tracking = sent(world)
    bring_in(tracking.case, world.officer, house, JUDICIAL, side="perpetrator")
    before = known_at(house, tracking.case)
    order(world.prosecutor, tracking, step)
    assert (told(house, tracking.case, "prosecutor_measure") == ["prosecutor_measure"]) is seen
    assert (known_at(house, tracking.case) > before) is seen
    assert told(world.officer, tracking.case, "prosecutor_measure") == ["prosecutor_measure"]


# --- children -------------------------------------------------------------------------------------------------
def test_where_children_are_moves_no_list_and_stands_in_no_preview_of_his_side(world, house):
    case = make_report(world.officer).case
    bring_in(case, world.officer, house, ["children:victim", "identity:perpetrator"], side="perpetrator")
    before, of_the_police = known_at(house, case), known_at(world.officer, case)
    arrange(world, case)
    assert known_at(house, case) == before and known_at(world.officer, case) > of_the_police
    other = make_agency(AgencyKind.ADDICTION, side=AgencySide.PERPETRATOR)
    court = make_agency(AgencyKind.COURT)
    for by, recipient, side in (
        (house, other, "perpetrator"),
        (house, court, "neutral"),
        (world.officer, other, "perpetrator"),
    ):
        with acting_as(by):
            opening = Opening(("children:victim",))
            shown = preview(case=case, access=for_case(case, by), recipient=recipient, side=side, opening=opening)
            assert "With whom a child is" not in str(shown.groups), (by.agency, side)
    with acting_as(world.officer):
        access = for_case(case, world.officer)
        shown = preview(case=case, access=access, recipient=court, side="neutral", opening=opening)
        assert "With whom a child is" in str(shown.groups)


def test_who_goes_to_his_side_is_sorted_as_his_side_knows(world):
    case = make_report(world.officer).case
    member = make_member(make_agency(AgencyKind.MENTAL_HEALTH))
    bring_in(case, world.officer, member, ["children:victim"], side="neutral")
    before = known_at(member, case)
    arrange(world, case)
    after = known_at(member, case)
    assert after > before
    grants = {name: None for name in ("view_case", codename("children", "victim"))}
    for side, expected in (("perpetrator", before), ("neutral", after)):
        with acting_as(world.officer):
            write_grants(case=case, agency=member.agency, grants=grants, side=side)
        assert known_at(member, case) == expected, side


@pytest.mark.parametrize("code", EventCode.values)
def test_the_database_and_the_timeline_keep_the_same_lines_from_his_side(owner, code):
    values = (
        "hearing",
        "inquiry",
        "closed",
        "follow_up",
        "seizure",
        "no_contact",
        "no",
        "yes",
        "victim",
        "perpetrator",
    )
    said = {name for name, _values in timeline.TELLS_HIM.values()}
    assert set().union(*(kept for _name, kept in timeline.TELLS_HIM.values())) <= set(values)
    for payload in ({}, *(dict.fromkeys(said, value) for value in values)):
        (kept,) = owner.execute("SELECT cases_kept_from_his_side(%s, %s)", [code, Jsonb(payload)]).fetchone()
        assert kept is timeline.is_kept_from_his_side(code, payload), payload
        for side in ("", *ParticipationSide.values):
            (kept,) = owner.execute("SELECT cases_kept_from(%s, %s, %s)", [side, code, Jsonb(payload)]).fetchone()
            assert kept is timeline.is_kept_from(side, code, payload), (side, payload)


def test_the_application_may_not_ask_when_something_happened_in_a_case_it_does_not_see(world):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT has_function_privilege('cases_known_activity(uuid, integer, text)', 'execute'),"
            " has_function_privilege('cases_known_activity(uuid, integer)', 'execute')"
        )
        assert cursor.fetchone() == (False, False)


# --- notes ----------------------------------------------------------------------------------------------------
def test_who_read_the_case_and_not_the_note_does_not_read_what_it_said_before(world):
    case = make_report(world.officer).case
    author = make_member(make_agency(AgencyKind.VICTIM_SUPPORT, side=AgencySide.VICTIM))
    shelter = make_member(make_agency(AgencyKind.SHELTER, side=AgencySide.VICTIM))
    reader = make_member(make_agency(AgencyKind.MENTAL_HEALTH, side=AgencySide.VICTIM))
    for member in (author, shelter, reader):
        bring_in(case, world.officer, member, ["identity:victim"], side="victim")
    note = written(author, case, category="psychosocial", side="victim")
    bring_in(case, author, reader, ["psychosocial:victim"], side="victim")
    for member in (shelter, reader):
        as_(member).get(url("cases:timeline", case))
    corrected(author, case, note)
    bring_in(case, author, shelter, ["psychosocial:victim"], side="victim")
    pages = {member: text(as_(member).get(url("cases:timeline", case))) for member in (shelter, reader)}
    assert NEW in pages[shelter] and OLD not in pages[shelter]
    assert NEW in pages[reader] and OLD in pages[reader], "who read it then reads it still"


# --- opposing reports -------------------------------------------------------------------------------------------
def test_a_referral_previews_no_address_that_opposing_reports_close(world):
    opposed = Opposed(world)
    opposed.link()
    court = make_member(make_agency(AgencyKind.COURT))
    with acting_as(world.officer):
        case = Case.objects.get(pk=opposed.one.pk)
        proposal = Proposal(
            asked=asked(case, court), subject=CasePerson.objects.get(case=case, role=PersonRole.VICTIM),
            to_agency=court.agency, side="neutral", grants=("identity:perpetrator", "contact:perpetrator"),
            contributes=True, valid_days=30, answer_due_at=now(),
        )  # fmt: skip
        shown = referral_preview(case=case, proposal=proposal)
        assert not shown.access.can("contact", "perpetrator") and shown.contacts == []
        assert shown.access.can("identity", "perpetrator")
