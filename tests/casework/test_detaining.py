"""He is detained: one service is asked until it is over, what nobody knows is said, and his release is written once."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.http import Http404
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from agencies.acting import acting_as
from agencies.enums import AgencyKind
from cases.access import get_case
from cases.models import CaseEvent
from common.clock import local, now, travel
from common.errors import Refused, RuleBroken
from followups import planning, wording
from followups.models import FollowUpKind
from plans import custody
from plans.custody_perms import ENTERS
from plans.models import Detention, DetentionAnswer, StillDetained
from tests.actors import all_of_his_side, as_, excluded_colleague
from tests.casework.custody_acts import HIS, her_of, let_out, lock_up, owed_of, say
from tests.casework.grid_acts import bring_in
from tests.factories import make_agency, make_member, make_report

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(world):
    return make_report(world.officer).case


def standing(by, case, detention):
    with acting_as(by):
        found, access = get_case(case.pk, by)
        return custody.standings(found, access, [custody.get_detention(found, access, detention.pk)])[0]


def in_days(days):
    return local(now()).date() + timedelta(days=days)


# --- who ------------------------------------------------------------------------------------------------------
def test_police_justice_and_programmes_write_it_and_nobody_else(world, case):
    assert ENTERS == {"police", "prosecutor", "court", "justice_house", "prison_aid", "perpetrator_programme"}
    bring_in(world.officer, case, world.shelter, ["identity:perpetrator", "judicial:case"])
    for by in (world.shelter, world.eva):
        with pytest.raises(Refused):
            lock_up(by, case, case_person_id=uuid4())
    bring_in(world.officer, case, world.programme, HIS, side="perpetrator")
    assert lock_up(world.programme, case).agency_id == world.programme.agency_id


def test_a_service_outside_the_case_and_somebody_excluded_find_nothing(world, case):
    detention = lock_up(world.officer, case)
    outsiders = [world.stranger, world.other_officer, excluded_colleague(world, case)]
    for by in outsiders:
        with pytest.raises(Http404):
            lock_up(by, case, case_person_id=uuid4())
        for name, args in (
            ("custody", [case.pk]), ("detain", [case.pk]), ("enter_release", [case.pk]), ("release_wish", [case.pk]),
            ("detention", [case.pk, detention.pk]),
        ):  # fmt: skip
            assert as_(by).get(reverse(f"casework:{name}", args=args)).status_code == 404
        with acting_as(by):
            assert not Detention.objects.exists()


def test_a_detention_of_another_case_is_not_found_through_this_one(world, case):
    other = make_report(world.officer, victim_given_name="Ana", pv_number="BR.43.L1.009999/2026").case
    detention = lock_up(world.officer, other)
    page = reverse("casework:detention", args=[case.pk, detention.pk])
    assert as_(world.officer).get(page).status_code == 404


def test_her_side_without_judicial_records_reads_no_detention(world, case):
    lock_up(world.officer, case)
    with acting_as(world.eva):
        assert not Detention.objects.exists()
    answer = as_(world.eva).get(reverse("casework:custody", args=[case.pk]))
    assert answer.status_code == 200 and "Saint-Gilles" not in answer.content.decode()


def test_his_side_reads_it_but_not_who_is_asked(world, case):
    detention = lock_up(world.officer, case)
    his = all_of_his_side(world, case)
    with acting_as(his):
        found, access = get_case(case.pk, his)
        row = custody.standings(found, access, [custody.get_detention(found, access, detention.pk)])[0]
    assert row.owner is None and row.due_at is None
    page = as_(his).get(reverse("casework:detention", args=[case.pk, detention.pk])).content.decode()
    assert "Saint-Gilles" in page and world.officer.agency.short_name not in page


# --- what is refused ------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"case_person_id": None}, "case_person"),
        ({"kind": "dungeon"}, "kind"),
        ({"since": None}, "since"),
        ({"owner_id": None}, "owner"),
        ({"place": "é" * 10_000}, "place"),
        ({"place": "\x00"}, "place"),
    ],
)
def test_bad_input_is_refused_by_field(world, case, changes, field):
    with pytest.raises(RuleBroken) as broken:
        lock_up(world.officer, case, **changes)
    assert field in broken.value.errors
    with acting_as(world.officer):
        assert not Detention.objects.exists()


def test_moments_that_cannot_be_are_refused(world, case):
    for changes, field in (
        ({"since": now() + timedelta(hours=1)}, "since"),
        ({"next_judicial_on": in_days(-1)}, "next_judicial_on"),
        ({"next_judicial_on": in_days(60 * 366)}, "next_judicial_on"),
    ):
        with pytest.raises(RuleBroken) as broken:
            lock_up(world.officer, case, **changes)
        assert field in broken.value.errors


def test_she_is_never_written_as_detained(world, case):
    with pytest.raises(RuleBroken) as broken:
        lock_up(world.officer, case, case_person_id=her_of(world.officer, case).pk)
    assert "case_person" in broken.value.errors


def test_a_service_that_may_not_be_known_is_not_asked(world, case):
    bring_in(world.officer, case, world.programme, HIS, side="perpetrator")
    with pytest.raises(RuleBroken) as broken:
        lock_up(world.programme, case, owner_id=world.officer.agency_id)
    assert "owner" in broken.value.errors


def test_two_open_detentions_of_one_person_are_refused(world, case):
    lock_up(world.officer, case)
    with pytest.raises(RuleBroken) as broken:
        lock_up(world.officer, case)
    assert "case_person" in broken.value.errors
    let_out(world.officer, case)
    assert lock_up(world.officer, case, since=now())


def test_sent_twice_it_is_written_once(world, case):
    key = uuid4()
    assert lock_up(world.officer, case, request_key=key) == lock_up(world.officer, case, request_key=key)
    with acting_as(world.officer):
        assert Detention.objects.count() == 1
    assert len(owed_of(case, FollowUpKind.DETENTION)) == 1


def test_words_are_kept_as_they_are(world, case):
    assert lock_up(world.officer, case, place=" Aile B 🔒 « étage 2 » ").place == "Aile B 🔒 « étage 2 »"


def test_nothing_of_it_changes_afterwards(world, case, owner):
    detention = lock_up(world.officer, case)
    with acting_as(world.officer), pytest.raises(Exception, match="denied|append"):
        Detention.objects.filter(pk=detention.pk).update(kind="sentence")


# --- still detained? ------------------------------------------------------------------------------------------
def test_asked_by_the_judicial_date_and_at_the_latest_by_the_policy(world, case):
    policy = planning.policy_for(FollowUpKind.DETENTION)
    lock_up(world.officer, case, next_judicial_on=in_days(5))
    (owed,) = owed_of(case, FollowUpKind.DETENTION)
    assert local(owed.due_at).date() == in_days(5) and owed.agency_id == world.officer.agency_id
    let_out(world.officer, case)
    lock_up(world.officer, case, since=now(), next_judicial_on=in_days(300))
    (owed,) = owed_of(case, FollowUpKind.DETENTION)
    assert timedelta(0) <= now() + timedelta(days=policy.days) - owed.due_at < timedelta(minutes=5)


def test_each_answer_settles_the_question_and_asks_again(world, case):
    detention = lock_up(world.officer, case)
    first = say(world.officer, case, detention, "still", next_judicial_on=in_days(3))
    (owed,) = owed_of(case, FollowUpKind.DETENTION)
    assert local(owed.due_at).date() == in_days(3)
    say(world.officer, case, detention, "unknown", seen=first.pk)
    (owed,) = owed_of(case, FollowUpKind.DETENTION)
    assert owed.due_at <= now() + timedelta(days=1), "nobody knows: asked again the next day"
    assert [each.outcome for each in owed_of(case, FollowUpKind.DETENTION, settled=True)] == ["still", "unknown"]
    with acting_as(world.officer):
        assert CaseEvent.objects.filter(case=case, code="detention_confirmed").count() == 2


def test_what_nobody_knows_is_shown_as_unknown(world, case):
    detention = lock_up(world.officer, case)
    assert standing(world.officer, case, detention).state == "detained"
    say(world.officer, case, detention, "unknown")
    assert standing(world.officer, case, detention).state == "unknown"
    for name, args in (("custody", [case.pk]), ("detention", [case.pk, detention.pk])):
        page = as_(world.officer).get(reverse(f"casework:{name}", args=args)).content.decode()
        assert "on ne sait pas" in page or "not known whether" in page


def test_silence_past_the_date_is_not_told_as_certainty(world, case):
    detention = lock_up(world.officer, case, next_judicial_on=in_days(2))
    with travel(now() + timedelta(days=4)):
        assert standing(world.officer, case, detention).state == "unknown"


def test_a_planned_release_that_passed_in_silence_is_unknown_too(world, case):
    detention = lock_up(world.officer, case, next_judicial_on=in_days(12))
    let_out(world.officer, case, kind="planned", at=now() + timedelta(days=1))
    assert standing(world.officer, case, detention).state == "detained"
    with travel(now() + timedelta(days=1, minutes=1)):
        assert standing(world.officer, case, detention).state == "unknown"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"answer": "perhaps"}, "answer"),
        ({"answer": "transferred"}, "place"),
        ({"answer": "transferred", "place": "x" * 10_000}, "place"),
        ({"answer": "still", "next_judicial_on": "past"}, "next_judicial_on"),
    ],
)
def test_an_answer_that_says_too_little_is_refused(world, case, changes, field):
    detention = lock_up(world.officer, case)
    changes = {name: in_days(-1) if value == "past" else value for name, value in changes.items()}
    with pytest.raises(RuleBroken) as broken:
        say(world.officer, case, detention, **changes)
    assert field in broken.value.errors


def test_two_who_answer_at_once_the_second_is_told_who_was_first(world, case):
    detention = lock_up(world.officer, case)
    say(world.officer, case, detention, "still")
    with pytest.raises(RuleBroken, match=world.officer.user.full_name):
        say(world.police_manager, case, detention, "unknown")
    page = as_(world.police_manager).post(
        reverse("casework:detention", args=[case.pk, detention.pk]),
        {"answer": "transferred", "place": "Prison d'Ittre", "request_key": str(uuid4()), "seen": ""},
    )
    assert page.status_code == 422 and "Ittre" in page.content.decode(), "what was typed is kept"
    with acting_as(world.officer):
        assert DetentionAnswer.objects.count() == 1


def test_the_question_leads_to_its_page_and_is_answered_there(world, case):
    lock_up(world.officer, case)
    (owed,) = owed_of(case, FollowUpKind.DETENTION)
    page = wording.path_of(owed)
    assert as_(world.officer).get(page).status_code == 200
    answer = as_(world.officer).post(page, {"answer": "still", "request_key": str(uuid4()), "seen": ""})
    assert answer.status_code == 302
    with acting_as(world.officer):
        assert DetentionAnswer.objects.get().answer == StillDetained.STILL


def test_who_reads_only_does_not_answer(world, case):
    detention = lock_up(world.officer, case)
    with pytest.raises(Refused):
        say(world.reader, case, detention, "still")
    page = reverse("casework:detention", args=[case.pk, detention.pk])
    assert as_(world.reader).get(page).status_code == 200
    assert as_(world.reader).post(page, {"answer": "still", "request_key": str(uuid4())}).status_code == 403


# --- its release ----------------------------------------------------------------------------------------------
def test_a_release_before_the_detention_is_refused_with_the_reason(world, case):
    lock_up(world.officer, case, since=now() - timedelta(hours=2))
    with pytest.raises(RuleBroken) as broken:
        let_out(world.officer, case, at=now() - timedelta(hours=3))
    assert "released_at" in broken.value.errors and owed_of(case) == []


def test_an_open_detention_is_told_whoever_asks_and_is_over_with_the_release(world, case):
    detention = lock_up(world.officer, case)
    with acting_as(world.eva):
        assert custody.open_detentions(case) == [detention]
    let_out(world.officer, case, kind="planned", at=now() + timedelta(days=9))
    with acting_as(world.eva):
        assert custody.open_detentions(case) == [detention], "planned is not out"
    let_out(world.officer, case)
    with acting_as(world.eva):
        assert custody.open_detentions(case) == []
    assert owed_of(case, FollowUpKind.DETENTION) == []
    assert standing(world.officer, case, detention).state == "released"


def test_a_detention_begun_before_a_release_already_written_is_refused(world, case):
    let_out(world.officer, case)
    with pytest.raises(RuleBroken) as broken:
        lock_up(world.officer, case)
    assert "since" in broken.value.errors


def test_the_page_costs_the_same_for_one_detention_and_for_several(world, case):
    client = as_(world.officer)
    page = reverse("casework:custody", args=[case.pk])
    lock_up(world.officer, case, since=now() - timedelta(days=9))
    client.get(page)
    with CaptureQueriesContext(connection) as one:
        client.get(page)
    for _number in range(4):
        let_out(world.officer, case, at=now())
        lock_up(world.officer, case, since=now())
    with CaptureQueriesContext(connection) as several:
        client.get(page)
    assert len(several) <= len(one) + 3, "alerts are read in the same queries whatever their number"


def test_owners_are_services_of_justice_police_and_programmes(world, case):
    court = make_member(make_agency(AgencyKind.COURT, "Tribunal fictif"))
    bring_in(world.officer, case, court, ["judicial:case", "identity:perpetrator"], side="neutral")
    with acting_as(world.officer):
        found, access = get_case(case.pk, world.officer)
        names = {each.pk for each in custody.owners_for(world.officer, found, access)}
    assert names == {world.officer.agency_id, court.agency_id}
