"""Turnover: everything somebody has in hand goes to a successor, once, and nobody learns of a case by it."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse
from django.utils import translation

from agencies import reference_persons, units
from agencies.acting import acting_as
from agencies.enums import Role
from agencies.models import LoadHandover, Membership, ReferencePerson
from agencies.services import add_member
from cases.access import get_case, named_in, write_names
from cases.models import Case
from casework.handing_load import hand_over, leaving_member, load_of
from casework.referring import accept_referral
from casework.restricting import exclude, restrict
from common.acting import SystemContext, system_context
from common.clock import now
from common.errors import Refused, RuleBroken
from common.ids import uuid7
from followups.calling import claim
from followups.models import FollowUp
from notifications.models import Notice, NoticeKind
from referrals.models import Referral
from reports.models import ReportDraft
from reports.services import start_draft
from tests.actors import as_
from tests.cases.helpers import Queries
from tests.factories import make_agency, make_member, make_report
from tests.referrals_acts import send

pytestmark = pytest.mark.django_db

EN = {"accept-language": "en"}
NOTE = "Les appels se font avant 11 h."


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


@pytest.fixture
def leaving(world):
    return make_member(world.eva.agency, given_name="Nora", family_name="Part-Test")


@pytest.fixture
def successor(world):
    return make_member(world.eva.agency, given_name="Sam", family_name="Reste-Test")


@pytest.fixture
def due(world, leaving):
    """A call that Nora has taken on."""
    case = make_report(world.officer).case
    return taken(leaving, case)


def taken(by: Membership, case: Case) -> FollowUp:
    with acting_as(by):
        found = FollowUp.objects.get(case=case, kind="j2_contact")
        return claim(by=by, follow_up_id=found.pk, held_by=None)


def holder(follow_up: FollowUp):
    with system_context(SystemContext.REMINDERS):
        return FollowUp.objects.get(pk=follow_up.pk).assigned_to_id


def hand(by: Membership, leaving: Membership, successor: Membership, *, key=None, note=NOTE) -> LoadHandover:
    with acting_as(by):
        return hand_over(
            by=by, member_id=leaving.pk, successor_id=successor.user_id, note=note, handover_id=key or uuid7()
        )


def handed_by(by: Membership) -> list[LoadHandover]:
    """Every row this person reaches, with no filter at all."""
    with acting_as(by):
        return list(LoadHandover.objects.all())


def shut_out(world, case: Case, member: Membership) -> None:
    manager = world.eva_manager
    with acting_as(manager):
        found, access = get_case(case.pk, manager)
        exclude(by=manager, case=found, access=access, user_id=member.user_id, reason="his sister")


# --- what goes over -------------------------------------------------------------------------------------------
def test_all_of_it_is_previewed_then_goes_over_once_and_the_successor_is_told(world, leaving, successor, due):
    manager = world.eva_manager
    with acting_as(manager):
        unit = units.create(
            by=manager,
            agency_id=manager.agency_id,
            values={"name": "Quartier Nord", "reference_person": leaving.user_id},
        )
        values = {"theme": "children", "user": leaving.user_id, "phone": "02 555 10 10"}
        theme = reference_persons.name_person(by=manager, agency_id=manager.agency_id, values=values)
    browser, there = as_(manager), reverse("casework:hand_load", args=[leaving.pk])
    assert there in browser.get(reverse("administration:member", args=[leaving.pk])).content.decode()
    with acting_as(manager):
        reference = Case.objects.get(pk=due.case_id).reference
    first = browser.get(there, headers=EN).content.decode()
    assert reference in first and "Quartier Nord" in first and "Children" in first
    typed = {"key": str(uuid7()), "successor": str(successor.user_id), "note": NOTE}
    preview = browser.post(there, typed, headers=EN)
    assert preview.status_code == 200 and "This goes to Sam Reste-Test" in preview.content.decode()
    assert holder(due) == leaving.user_id and not handed_by(manager)
    answers = [browser.post(there, typed | {"confirm": "yes"}) for _twice in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    (handover,) = handed_by(manager)
    assert handover.moved == {"follow_ups": 1, "units": 1, "themes": 1}
    assert holder(due) == successor.user_id
    unit.refresh_from_db(), theme.refresh_from_db()
    assert unit.reference_person_id == successor.user_id and theme.ended_at is not None
    named = ReferencePerson.objects.get(agency=manager.agency_id, ended_at=None)
    assert (named.user_id, named.theme, named.phone) == (successor.user_id, "children", "")
    page = reverse("casework:handed_load", args=[handover.pk])
    with acting_as(successor):
        notice = Notice.objects.get(recipient=successor.user, kind=NoticeKind.LOAD_HANDED_OVER)
    assert notice.path == page and notice.case_id is None
    read = as_(successor).get(page, headers=EN).content.decode()
    assert NOTE in read and "1 follow-up" in read and reference not in read
    assert as_(leaving).get(page).status_code == 404
    again = browser.get(there, headers=EN).content.decode()
    assert reference not in again and "Nothing in hand" in again


def test_referrals_go_with_who_looked_at_them_and_who_took_them(world):
    manager = make_member(world.shelter.agency, Role.MANAGER)
    nora, sam = (make_member(world.shelter.agency) for _two in range(2))
    waits = send(world.officer, make_report(world.officer).case, world.shelter)
    taken_on = send(world.officer, make_report(world.officer, victim_family_name="Autre-Test").case, world.shelter)
    with acting_as(nora):
        accept_referral(by=nora, referral_id=taken_on.pk)
    with system_context(SystemContext.REMINDERS):
        Referral.objects.filter(pk=waits.pk).update(assigned_to=nora.user)
        Referral.objects.filter(pk=taken_on.pk).update(taken_by=nora.user)
    assert hand(manager, nora, sam).moved["referrals"] == 2
    with system_context(SystemContext.REMINDERS):
        rows = Referral.objects.in_bulk([waits.pk, taken_on.pk])
    assert rows[waits.pk].assigned_to_id == rows[taken_on.pk].taken_by_id == sam.user_id
    assert rows[waits.pk].state in ("sent", "received") and rows[taken_on.pk].state == "accepted"


def test_lines_are_told_apart_by_their_case_and_their_kind_and_no_case_is_told_before_it_is_accepted(world):
    manager, nora = make_member(world.shelter.agency, Role.MANAGER), make_member(world.shelter.agency)
    cases = [make_report(world.officer, victim_family_name=f"Cas{number}-Test").case for number in range(3)]
    needs = ("psychosocial", "legal", "shelter")
    sent = [send(world.officer, case, world.shelter, need=need) for case, need in zip(cases, needs, strict=True)]
    with acting_as(nora):
        for referral in sent[:2]:
            accept_referral(by=nora, referral_id=referral.pk)
    with system_context(SystemContext.REMINDERS):
        Referral.objects.filter(pk=sent[2].pk).update(assigned_to=nora.user)
        Referral.objects.filter(pk__in=[each.pk for each in sent[:2]]).update(taken_by=nora.user)
        references = [Case.objects.get(pk=case.pk).reference for case in cases]
    page = as_(manager).get(reverse("casework:hand_load", args=[nora.pk]), headers=EN)
    (group,) = [each for each in page.context["groups"] if each["title"] == "Referrals in hand"]
    assert {block["reference"] for block in group["blocks"]} == {*references[:2], ""}
    lines = [line for block in group["blocks"] for line in block["lines"]]
    assert len({tuple(line["more"]) for line in lines}) == 3
    text = page.content.decode()
    assert references[0] in text and references[1] in text and references[2] not in text


def test_drafts_are_listed_and_stay(world):
    manager, nora = world.police_manager, make_member(world.officer.agency)
    sam = make_member(world.officer.agency)
    with acting_as(nora):
        draft = start_draft(by=nora, kind="police_complaint")
    page = as_(manager).get(reverse("casework:hand_load", args=[nora.pk]), headers=EN).content.decode()
    assert "Drafts: they stay" in page
    hand(manager, nora, sam)
    with acting_as(nora):
        assert ReportDraft.objects.get(pk=draft.pk).author_id == nora.user_id


# --- who may ---------------------------------------------------------------------------------------------------
def test_only_who_administers_the_service_and_never_for_another_one(world, leaving, successor, due):
    for member in (world.eva, world.eva_referent, successor, world.platform_admin):
        with acting_as(member), pytest.raises(Refused):
            leaving_member(member, leaving.pk)
        assert as_(member).get(reverse("casework:hand_load", args=[leaving.pk])).status_code == 403
    for member in (world.police_manager, world.agency_admin):
        assert as_(member).get(reverse("casework:hand_load", args=[leaving.pk])).status_code == 404
    done = hand(world.eva_manager, leaving, successor)
    page = reverse("casework:handed_load", args=[done.pk])
    read = as_(world.eva_manager).get(page)
    assert reverse("administration:member", args=[leaving.pk]) in read.content.decode(), "where the role is ended"
    for member in (world.eva, world.police_manager, world.platform_admin, leaving):
        assert as_(member).get(page).status_code == 404


@pytest.mark.parametrize("role", [Role.READER, Role.AGENCY_ADMINISTRATOR])
def test_only_who_writes_here_takes_over(world, leaving, due, role):
    for wrong in (make_member(world.eva.agency, role), world.officer, leaving):
        with pytest.raises(RuleBroken) as broken:
            hand(world.eva_manager, leaving, wrong)
        assert set(broken.value.errors) == {"successor"}
    assert holder(due) == leaving.user_id


@pytest.mark.parametrize("note", ["", "   ", "x" * 10_000, "a\x00b"])
def test_a_note_is_needed_and_what_was_typed_is_kept(world, leaving, successor, due, note):
    sent = {"key": str(uuid7()), "successor": str(successor.user_id), "note": note, "confirm": "yes"}
    response = as_(world.eva_manager).post(reverse("casework:hand_load", args=[leaving.pk]), sent)
    assert response.status_code == 422 and set(response.context["form"].errors) == {"note"}
    assert response.context["form"]["successor"].value() == str(successor.user_id)
    with pytest.raises(RuleBroken) as broken:
        hand(world.eva_manager, leaving, successor, note=note)
    assert set(broken.value.errors) == {"note"} and holder(due) == leaving.user_id


def test_an_agency_administrator_hands_over_without_writing_in_any_case(world, leaving, successor, due):
    admin = make_member(world.eva.agency, Role.AGENCY_ADMINISTRATOR)
    assert hand(admin, leaving, successor).moved == {"follow_ups": 1}
    assert holder(due) == successor.user_id


def test_somebody_gone_already_still_leaves_work_to_hand_over(world, leaving, successor, due):
    Membership.objects.filter(pk=leaving.pk).update(
        starts_at=now() - timedelta(days=9), ends_at=now() - timedelta(days=1)
    )
    hand(world.eva_manager, leaving, successor)
    assert holder(due) == successor.user_id


# --- the second lock --------------------------------------------------------------------------------------------
def test_the_database_itself_shows_it_to_who_administers_and_to_who_is_concerned(world, leaving, successor):
    done = hand(world.eva_manager, leaving, successor)
    admin = make_member(world.eva.agency, Role.AGENCY_ADMINISTRATOR)
    for member in (world.eva_manager, admin, leaving, successor):
        assert handed_by(member) == [done]
    former = make_member(world.eva.agency, Role.MANAGER)
    Membership.objects.filter(pk=former.pk).update(
        starts_at=now() - timedelta(days=9), ends_at=now() - timedelta(days=1)
    )
    with system_context(SystemContext.REFERENCE):
        elsewhere = add_member(user=successor.user, agency=make_agency("cpas"), role=Role.MANAGER)
    for member in (world.eva, former, elsewhere, world.police_manager, world.agency_admin, world.platform_admin):
        assert handed_by(member) == [], member.role
    assert not LoadHandover.objects.exists(), "nobody acts"


def test_the_database_itself_lets_only_who_administers_write_one(world, leaving, successor):
    row = {"leaving": leaving.user, "successor": successor.user, "note": "x"}
    cell, writer, manager = world.eva.agency, world.eva, world.eva_manager
    for by, agency, said in ((writer, cell, writer), (manager, cell, writer), (manager, world.shelter.agency, manager)):
        with acting_as(by), pytest.raises(DatabaseError), transaction.atomic():
            LoadHandover.objects.create(agency=agency, handed_by=said.user, **row)
    assert handed_by(manager) == []


# --- conflicts of interest and restricted cases -----------------------------------------------------------------
def test_what_the_successor_may_not_know_goes_back_to_the_service_and_they_do_not_learn_of_it(
    world, leaving, successor, due
):
    shut_out(world, due.case, successor)
    browser, there = as_(world.eva_manager), reverse("casework:hand_load", args=[leaving.pk])
    typed = {"key": str(uuid7()), "successor": str(successor.user_id), "note": NOTE}
    assert "goes back to the service" in browser.post(there, typed, headers=EN).content.decode()
    done = hand(world.eva_manager, leaving, successor)
    assert holder(due) is None and done.moved == {"staying": 1}
    read = as_(successor).get(reverse("casework:handed_load", args=[done.pk]), headers=EN).content.decode()
    assert "back to the service" not in read and "Nothing was in hand" in read


def test_who_hands_over_learns_of_no_case_they_are_kept_out_of(world, leaving, successor, due):
    admin = make_member(world.eva.agency, Role.AGENCY_ADMINISTRATOR)
    shut_out(world, due.case, admin)
    with acting_as(admin):
        load = load_of(by=admin, member=leaving_member(admin, leaving.pk))
    assert load.counts() == {} and load.follow_ups == []
    page = as_(admin).get(reverse("casework:hand_load", args=[leaving.pk]), headers=EN).content.decode()
    assert "Nothing in hand that you may know of" in page and due.case.reference not in page
    done = hand(admin, leaving, successor)
    assert done.moved == {} and holder(due) == successor.user_id, "unseen, and not lost"


def restricted(world, leaving: Membership, due: FollowUp) -> None:
    """Nora alone of her cell is named; so is its manager, where `inside`."""
    referent = world.police_referent
    with acting_as(referent):
        found, access = get_case(due.case_id, referent)
        restrict(by=referent, case=found, access=access, named=(), reason="a colleague")
    own = {world.eva.user_id, world.eva_referent.user_id, world.eva_manager.user_id}
    with acting_as(referent):
        write_names(case_id=due.case_id, named=(named_in(due.case_id) - own) | {leaving.user_id})


def test_a_manager_who_reads_nothing_of_a_restricted_case_names_the_successor_in_it(world, leaving, successor, due):
    restricted(world, leaving, due)
    manager = world.eva_manager
    page = as_(manager).get(reverse("casework:hand_load", args=[leaving.pk]), headers=EN).content.decode()
    assert "Named in 1 restricted case" in page and due.case.reference not in page
    done = hand(manager, leaving, successor)
    assert done.moved == {"places": 1} and holder(due) == successor.user_id
    named = named_in(due.case_id)
    assert successor.user_id in named and manager.user_id not in named
    assert leaving.user_id in named, "who is not named brings in and takes nobody off"


def test_a_manager_who_is_named_gives_the_place_itself(world, leaving, successor, due):
    restricted(world, leaving, due)
    manager = world.eva_manager
    with acting_as(world.police_referent):
        write_names(case_id=due.case_id, named=named_in(due.case_id) | {manager.user_id})
    hand(manager, leaving, successor)
    assert holder(due) == successor.user_id
    named = named_in(due.case_id)
    assert {successor.user_id, manager.user_id} <= named and leaving.user_id not in named


def test_nobody_brings_themselves_into_a_restricted_case_by_taking_over(world, leaving, due):
    restricted(world, leaving, due)
    manager = world.eva_manager
    assert hand(manager, leaving, manager).moved == {}
    assert manager.user_id not in named_in(due.case_id) and holder(due) is None


def test_an_agency_administrator_names_nobody_and_one_excluded_hears_of_no_place(world, leaving, successor, due):
    shut_out(world, due.case, successor)
    restricted(world, leaving, due)
    admin = make_member(world.eva.agency, Role.AGENCY_ADMINISTRATOR)
    assert hand(admin, leaving, successor).moved == {}
    assert successor.user_id not in named_in(due.case_id) and holder(due) is None
    taken_again = make_member(world.eva.agency)
    with acting_as(world.eva_manager):
        load = load_of(by=world.eva_manager, member=leaving, successor=successor)
        assert load.places == frozenset()
        assert load_of(by=world.eva_manager, member=leaving, successor=taken_again).places == {due.case_id}


def test_two_hats_are_two_loads(world, leaving, successor, due):
    """What Nora has in hand for another service stays with her there."""
    case = make_report(world.officer, victim_family_name="Autre-Test").case
    other = taken(world.eva, case)
    with system_context(SystemContext.REMINDERS):
        FollowUp.objects.filter(pk=other.pk).update(agency=world.officer.agency, assigned_to=leaving.user)
    hand(world.eva_manager, leaving, successor)
    assert holder(due) == successor.user_id and holder(other) == leaving.user_id


def test_more_work_costs_no_more_queries(world, leaving, successor, due):
    there = reverse("casework:hand_load", args=[leaving.pk])
    browser = as_(world.eva_manager)
    browser.get(there)
    with Queries() as few:
        browser.get(there)
    for number in range(4):
        taken(leaving, make_report(world.officer, victim_family_name=f"Autre{number}-Test").case)
    with Queries() as many:
        page = browser.get(there).content.decode()
    assert page.count("MOVE-") >= 5 and many.count <= few.count
