"""Unusual readings: what is noted at each limit, who reads it, and that nothing of a case is in it."""

import threading
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest
from django.db import DatabaseError, connection, connections, transaction
from django.test import Client
from django.urls import reverse
from django.utils import translation

from administration import unusual_readings, unusual_rules, unusual_sweep
from administration.models import Rule, UnusualReading, UnusualReview, UnusualSweep
from administration.tasks import look_for_unusual
from administration.unusual_rules import limits, not_told_yet, opens_many, usual_day
from agencies.acting import acting_as
from agencies.enums import AgencyKind, Role
from agencies.models import Membership
from audit.models import Action, AuditEvent
from audit.services import record
from common.acting import SystemContext, system_context
from common.clock import BRUSSELS, local, now
from common.errors import Refused, RuleBroken
from notifications.models import Notice, OutgoingMail
from tests import actors
from tests.cases.helpers import Queries, text
from tests.factories import make_agency, make_member, make_report

DAY = date(2026, 11, 12)
LIST = "administration:unusual"


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def at(hour: int, minute: int = 0, *, day: date = DAY, fold: int = 0) -> datetime:
    """A moment of a Belgian day."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=BRUSSELS, fold=fold)


def read(
    owner: psycopg.Connection, by: Membership, when: datetime | Iterable[datetime], cases: Iterable[UUID], *,
    action: str = "read", kind: str = "cases.summary", fields: str = '["identity:victim", "facts:case"]',
) -> None:  # fmt: skip
    """Readings in the trail at moments of the past, which only the owner can write."""
    column = "object_id" if action == "refused" else "case_id"
    times = [when] * 10_000 if isinstance(when, datetime) else list(when)
    with owner.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO audit_auditevent (id, at, action, user_id, agency_id, {column}, object_kind, fields)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
            [
                (uuid4(), moment, action, by.user_id, by.agency_id, case, kind, fields)
                for moment, case in zip(times, cases, strict=False)
            ],
        )


def some(count: int) -> list[UUID]:
    return [uuid4() for _ in range(count)]


def swept(until: datetime | None = None, *, back: timedelta = timedelta(days=2)) -> list[UnusualReading]:
    """What is noted, after a search that begins two days before `until`."""
    until = until or at(23, 59)
    with system_context(SystemContext.UNUSUAL):
        mark = UnusualSweep.objects.first() or UnusualSweep(until=until - back)
        mark.until = until - back
        mark.save()
    unusual_sweep.sweep(until=until)
    return noted()


def noted(rule: str = "") -> list[UnusualReading]:
    with system_context(SystemContext.UNUSUAL):
        rows = UnusualReading.objects.filter(rule=rule) if rule else UnusualReading.objects.all()
        return list(rows.order_by("found_at", "pk"))


@pytest.fixture
def dpo(request):
    name = "committed_world" if "committed_world" in request.fixturenames else "world"
    world = request.getfixturevalue(name)
    return make_member(world.platform_admin.agency, Role.DATA_PROTECTION_OFFICER, given_name="Ada", family_name="Vos")


def as_(membership: Membership) -> Client:
    client = actors.as_(membership)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


# --- the rules, pure ------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("day", "hour", "usual", "is_many"),
    [
        (30, 30, None, False),
        (31, 30, None, False),
        (31, 31, None, True),
        (60, 5, None, False),
        (61, 5, None, True),
        (61, 5, 20.0, True),
        (60, 31, 20.0, False),
        (61, 31, 20.5, False),
        (1, 31, None, True),
    ],
)
def test_many_is_more_than_the_limits_and_than_the_usual(day, hour, usual, is_many):
    assert opens_many(in_a_day=day, in_an_hour=hour, usual=usual, limit=limits()) is is_many


def test_few_days_say_nothing_of_what_is_usual():
    assert usual_day(7.0, unusual_rules.FEWEST_DAYS) == 7.0
    assert usual_day(7.0, unusual_rules.FEWEST_DAYS - 1) is None
    assert usual_day(None, 0) is None


def test_a_case_told_is_not_told_again_before_its_days():
    one, other = some(2)
    told = [(DAY - timedelta(days=30), [one])]
    assert not_told_yet([one, other], day=DAY, told=told, limit=limits()) == [other]
    assert set(not_told_yet([one, other], day=DAY + timedelta(days=1), told=told, limit=limits())) == {one, other}
    same_day = [(DAY, [one])]
    assert not_told_yet([one], day=DAY, told=same_day, limit=limits()) == [one], "a row of the day is superseded"


@pytest.mark.parametrize(
    ("family", "given", "key"),
    [("D’Hœst", "Élise", "d'hoest elise"), (" DE  Smet ", "Ann", "de smet ann"), ("Vos", "", ""), ("", "Ann", "")],
)
def test_names_are_folded_as_those_of_persons(family, given, key):
    assert unusual_rules.full_key(family, given) == key


# --- many -----------------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("cases", "minutes", "count"), [(30, 1, 0), (31, 1, 31), (31, 2, 0), (60, 4, 0), (61, 4, 61)])
def test_just_under_and_just_over(committed_world, owner, cases, minutes, count):
    """A case each so many minutes: thirty-one within an hour, or sixty-one in the day."""
    begin = at(8)
    read(owner, committed_world.officer, (begin + timedelta(minutes=minutes * i) for i in range(cases)), some(cases))
    found = swept()
    assert [row.count for row in found] == ([count] if count else [])
    if found:
        (row,) = found
        assert (row.rule, row.day, row.user_id) == ("many", DAY, committed_world.officer.user_id)
        assert row.first_at == begin and row.case_ids == []
        assert row.pages == {"cases.summary": cases} and row.categories == ["facts:case", "identity:victim"]
        assert row.figures["in_an_hour"] == (31 if minutes == 1 else 15) and row.figures["usual"] is None


@pytest.mark.django_db(transaction=True)
def test_the_same_case_counts_once_and_an_hour_slides(committed_world, owner):
    """Fifteen cases read again and again, then fifteen others: thirty in every hour that one looks at."""
    first, second = some(15), some(15)
    for minute in range(0, 60, 4):
        read(owner, committed_world.officer, at(9, minute), first)
    read(owner, committed_world.officer, at(9, 58), second)
    assert swept() == []
    read(owner, committed_world.officer, at(9, 59), some(1))
    (row,) = swept()
    assert (row.count, row.figures["in_an_hour"]) == (31, 31)


@pytest.mark.django_db(transaction=True)
def test_an_hour_to_the_minute(committed_world, owner):
    """What was opened a whole hour ago is no longer within the hour."""
    read(owner, committed_world.officer, at(9), some(16))
    read(owner, committed_world.officer, at(10), some(15))
    assert swept() == []
    read(owner, committed_world.officer, at(9) + timedelta(microseconds=1), some(16))
    (row,) = swept()
    assert row.figures["in_an_hour"] == 32


@pytest.mark.django_db(transaction=True)
def test_around_midnight(committed_world, owner):
    """Sixteen before and fifteen after are an hour of the second day; a day itself ends at midnight in Brussels."""
    read(owner, committed_world.officer, at(23, 50), some(16))
    read(owner, committed_world.officer, at(0, 20, day=DAY + timedelta(days=1)), some(15))
    (row,) = swept(at(1, day=DAY + timedelta(days=1)))
    assert (row.day, row.count, row.figures["in_an_hour"]) == (DAY + timedelta(days=1), 31, 31)


@pytest.mark.django_db(transaction=True)
def test_an_hour_of_yesterday_is_not_of_today(committed_world, owner):
    """Thirty-one before midnight are noted once, whatever is read the next afternoon."""
    read(owner, committed_world.officer, at(23, 50), some(31))
    read(owner, committed_world.officer, at(15, day=DAY + timedelta(days=1)), some(2))
    (row,) = swept(at(16, day=DAY + timedelta(days=1)))
    assert (row.day, row.count) == (DAY, 31)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("usual", "is_noted"), [(10, True), (11, False)])
def test_beside_the_persons_own_days(committed_world, owner, usual, is_noted):
    """Thirty-two cases in an hour are more than three times ten, and less than three times eleven."""
    for days in range(1, 7):
        read(owner, committed_world.officer, at(10, day=DAY - timedelta(days=days)), some(usual))
    read(owner, committed_world.officer, at(11), some(32))
    found = swept(back=timedelta(hours=14))
    assert bool(found) is is_noted
    if found:
        assert (found[0].figures["usual"], found[0].figures["usual_days"]) == (10.0, 6)


@pytest.mark.django_db(transaction=True)
def test_each_hat_is_counted_for_itself(committed_world, owner):
    one, other = actors.two_hats(committed_world, committed_world.officer, committed_world.stranger)
    read(owner, one, at(9), some(20))
    read(owner, other, at(9), some(20))
    assert swept() == []


# --- nights ---------------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("moment", "night"),
    [
        (at(21, 59), None),
        (at(22), DAY),
        (at(0, 30), DAY - timedelta(days=1)),
        (at(5, 59), DAY - timedelta(days=1)),
        (at(6), None),
    ],
)
def test_a_night_is_of_the_day_on_which_it_begins(committed_world, owner, moment, night):
    read(owner, committed_world.stranger, moment, some(1))
    assert [(row.rule, row.day, row.count) for row in swept()] == ([("night", night, 1)] if night else [])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("day", "moments"),
    [
        # the hour from two to three comes twice in October, and not at all in March
        (date(2026, 10, 24), [(2, 30, 0), (2, 30, 1), (5, 59, 0)]),
        (date(2027, 3, 27), [(1, 59, 0), (3, 0, 0), (5, 59, 0)]),
    ],
)
def test_the_nights_on_which_the_clock_changes(committed_world, owner, day, moments):
    morning = day + timedelta(days=1)
    cases = some(len(moments) + 1)
    read(owner, committed_world.stranger, at(22, 0, day=day), cases[:1])
    for (hour, minute, fold), case in zip(moments, cases[1:], strict=True):
        read(owner, committed_world.stranger, at(hour, minute, day=morning, fold=fold), [case])
    read(owner, committed_world.stranger, at(6, day=morning), some(5))
    (row,) = swept(at(12, day=morning))
    assert (row.rule, row.day, row.count) == ("night", day, len(cases))
    assert row.last_at == at(5, 59, day=morning)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("kind", "is_noted"), [(AgencyKind.HOSPITAL, False), (AgencyKind.SHELTER, False), (AgencyKind.SCHOOL, True)]
)
def test_kinds_that_work_at_night(committed_world, owner, kind, is_noted):
    read(owner, make_member(make_agency(kind)), at(23), some(3))
    assert [row.count for row in swept()] == ([3] if is_noted else [])


@pytest.mark.django_db(transaction=True)
def test_a_night_whose_hours_are_set_otherwise(committed_world, owner, settings):
    settings.UNUSUAL_NIGHT_FROM, settings.UNUSUAL_NIGHT_UNTIL, settings.UNUSUAL_NIGHT_CASES = 1, 5, 1
    read(owner, committed_world.stranger, at(23), some(3))
    read(owner, committed_world.stranger, at(4, 59), some(1))
    assert swept() == []
    read(owner, committed_world.stranger, at(1), some(1))
    (row,) = swept()
    assert (row.count, row.day) == (2, DAY - timedelta(days=1))


# --- names ----------------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("family", "is_noted"),
    [
        ("Diallo-Test", True),
        ("DIÀLLO-TÉST", True),
        ("Diallo", False),
        ("Diallo-Test Fatou", False),
        ("Morel-Test", True),
        ("", False),
    ],
)
def test_the_readers_own_family_name(committed_world, owner, family, is_noted):
    case = make_report(committed_world.officer).case
    reader = make_member(committed_world.officer.agency, given_name="Zoé", family_name=family)
    read(owner, reader, at(10), [case.pk])
    found = [row for row in swept() if row.rule == Rule.OWN_NAME]
    assert [(row.count, row.case_ids) for row in found] == ([(1, [case.pk])] if is_noted else [])


@pytest.mark.django_db(transaction=True)
def test_one_word_of_a_family_name_of_two_is_another_name(committed_world, owner):
    case = make_report(committed_world.officer, victim_family_name="Ben Ali").case
    for family, is_noted in (("Ben", False), ("BEN  ALÍ", True)):
        reader = make_member(committed_world.officer.agency, family_name=family)
        read(owner, reader, at(10), [case.pk])
        assert any(row.user_id == reader.user_id for row in swept()) is is_noted, family


@pytest.mark.django_db(transaction=True)
def test_a_colleague_and_not_who_bears_the_same_name_elsewhere(committed_world, owner):
    case = make_report(committed_world.officer).case
    world = committed_world
    homonym = make_member(world.other_officer.agency, given_name="Fatou", family_name="Diallo-Test")
    read(owner, world.officer, at(10), [case.pk])
    assert swept() == [], "she who bears the name works elsewhere"
    read(owner, world.other_officer, at(11), [case.pk])
    (row,) = swept()
    assert (row.rule, row.user_id, row.agency_id) == ("colleague", world.other_officer.user_id, homonym.agency_id)
    read(owner, homonym, at(12), [case.pk])
    assert {(row.rule, row.user_id) for row in swept()} == {
        ("colleague", world.other_officer.user_id),
        ("own_name", homonym.user_id),
    }, "she herself is no colleague of hers"


@pytest.mark.django_db(transaction=True)
def test_who_has_left_is_no_colleague(committed_world, owner):
    case = make_report(committed_world.officer).case
    gone = make_member(committed_world.officer.agency, given_name="Fatou", family_name="Diallo-Test")
    gone.starts_at, gone.ends_at = now() - timedelta(days=9), now() - timedelta(days=1)
    with system_context(SystemContext.REFERENCE):
        gone.save()
    read(owner, committed_world.officer, at(10), [case.pk])
    assert swept() == []


@pytest.mark.django_db(transaction=True)
def test_a_case_of_ones_name_is_told_once_and_a_second_one_is_told(committed_world, owner):
    cases = [make_report(committed_world.officer).case.pk for _ in range(2)]
    reader = make_member(committed_world.officer.agency, family_name="Diallo-Test")
    read(owner, reader, at(10), cases[:1])
    swept(at(12))
    read(owner, reader, at(10, day=DAY + timedelta(days=1)), cases[:1])
    assert len(swept(at(12, day=DAY + timedelta(days=1)))) == 1
    read(owner, reader, at(14, day=DAY + timedelta(days=1)), cases)
    rows = swept(at(15, day=DAY + timedelta(days=1)))
    assert [(row.day, row.case_ids) for row in rows] == [
        (DAY, cases[:1]),
        (DAY + timedelta(days=1), cases[1:]),
    ]


# --- refusals -------------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_many_addresses_refused_within_minutes(committed_world, owner):
    who = committed_world.stranger
    read(owner, who, (at(9) + timedelta(seconds=29 * i) for i in range(20)), some(20), action="refused")
    same = some(1)
    for second in range(40):
        read(owner, who, at(15) + timedelta(seconds=second), same, action="refused")
    assert swept() == []
    read(owner, who, at(9, 9), some(1), action="refused", kind="cases:summary")
    (row,) = swept()
    assert (row.rule, row.count, row.day) == ("refused", 21, DAY)
    assert row.pages == {"cases.summary": 60, "cases:summary": 1} and row.categories == []


@pytest.mark.django_db
def test_a_real_refusal_is_one_of_them(world, settings):
    settings.UNUSUAL_REFUSALS = 2
    client = as_(world.stranger)
    for case in some(3):
        assert client.get(reverse("cases:summary", args=[case])).status_code == 404
    unusual_sweep.sweep()
    (row,) = noted()
    assert (row.rule, row.count, row.pages) == ("refused", 3, {"cases:summary": 3})


# --- once, and never less -------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_twice_is_once_and_more_is_a_further_row(committed_world, owner, dpo):
    read(owner, committed_world.stranger, at(23), some(2))
    first = swept(at(23, 30))
    assert [row.pk for row in swept(at(23, 30))] == [row.pk for row in first]
    read(owner, committed_world.stranger, at(23, 40), some(1))
    rows = swept(at(23, 50))
    assert [row.count for row in rows] == [2, 3]
    with acting_as(dpo):
        listed = unusual_readings.readings(dpo, None)
        assert [row.count for row in listed.waiting] == [3], "the larger figure stands for the day"
        assert unusual_readings.reading(dpo, rows[0].pk).larger == rows[1]
    assert owner.execute("SELECT count(*) FROM notifications_notice WHERE kind = 'unusual_reading'").fetchone() == (1,)


@pytest.mark.django_db(transaction=True)
def test_what_is_committed_late_is_not_missed(committed_world, owner):
    """A reading whose transaction ends after the run that would have seen it."""
    swept(at(23))
    read(owner, committed_world.stranger, at(22, 55), some(1))
    unusual_sweep.sweep(until=at(23, 10))
    assert len(noted()) == 1


@pytest.mark.django_db(transaction=True)
def test_a_long_silence_is_made_up_for(committed_world, owner):
    days = [DAY - timedelta(days=ago) for ago in (9, 5, 1)]
    for day in days:
        read(owner, committed_world.stranger, at(23, day=day), some(1))
    assert [row.day for row in swept(back=timedelta(days=12))] == days


@pytest.mark.django_db(transaction=True)
def test_two_workers_write_once(committed_world, owner, dpo):
    read(owner, committed_world.stranger, at(23), some(2))
    read(owner, committed_world.officer, at(10), some(40))
    start, failed = threading.Barrier(2), []

    def run() -> None:
        try:
            start.wait()
            unusual_sweep.sweep(until=at(23, 59))
        except Exception as error:  # noqa: BLE001 - told below
            failed.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == [] and sorted(row.rule for row in noted()) == ["many", "night"]
    assert owner.execute("SELECT count(*) FROM administration_unusualsweep").fetchone() == (1,)
    assert owner.execute("SELECT count(*) FROM notifications_notice WHERE kind = 'unusual_reading'").fetchone() == (1,)


@pytest.mark.django_db(transaction=True)
def test_the_task_reads_the_trail_of_now(committed_world, settings):
    settings.UNUSUAL_CASES_IN_AN_HOUR = 2
    with acting_as(committed_world.officer):
        for case in some(3):
            record(action=Action.READ, case_id=case, object_kind="cases.summary")
    look_for_unusual()
    look_for_unusual()
    (row,) = noted(Rule.MANY)
    assert (row.count, row.day) == (3, local(now()).date())


@pytest.mark.django_db(transaction=True)
def test_nothing_of_it_is_changed_or_removed(committed_world, owner, dpo):
    read(owner, committed_world.stranger, at(23), some(1))
    (row,) = swept()
    with acting_as(dpo):
        unusual_readings.conclude(by=dpo, reading_id=row.pk, conclusion="explained", words="Garde.", after=0)
    for table in ("administration_unusualreading", "administration_unusualreview"):
        assert owner.execute(f"SELECT count(*) FROM {table}").fetchone() == (1,)
        for act in (f"UPDATE {table} SET id = id", f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
            with pytest.raises(psycopg.errors.RestrictViolation):
                owner.execute(act)
            with system_context(SystemContext.UNUSUAL), connection.cursor() as cursor:
                cursor.execute(
                    "SELECT has_table_privilege(%s, 'UPDATE'), has_table_privilege(%s, 'DELETE')", [table, table]
                )
                assert cursor.fetchone() == (False, False)


# --- closed doors ---------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_the_functions_answer_in_their_context_alone(committed_world, owner, dpo):
    world = committed_world
    case = make_report(world.officer).case
    reader = make_member(world.stranger.agency, family_name="Diallo-Test")
    read(owner, reader, at(23), [case.pk, *some(40)])
    read(owner, reader, at(9), some(40), action="refused")
    window = (at(0), at(23, 59), limits())
    with system_context(SystemContext.UNUSUAL):
        assert {found.rule for found in unusual_sweep.look(*window)} == {"many", "night", "own_name", "refused"}
    for context in set(SystemContext) - {SystemContext.UNUSUAL}:
        with system_context(context):
            assert unusual_sweep.look(*window) == [], context
    for member in (world.officer, reader, dpo, world.platform_admin):
        with acting_as(member):
            assert unusual_sweep.look(*window) == []
            assert not UnusualReading.objects.exists() and not UnusualReview.objects.exists()
    assert unusual_sweep.look(*window) == []
    swept()
    with connection.cursor() as cursor:
        for table in ("unusualreading", "unusualreview", "unusualsweep"):
            cursor.execute(f"SELECT count(*) FROM administration_{table}")
            assert cursor.fetchone() == (0,)
    with acting_as(dpo), pytest.raises(Exception, match="row-level security"):
        UnusualReading.objects.create(
            user=reader.user, agency=reader.agency, rule="night", day=DAY, count=9, first_at=at(1), last_at=at(2)
        )


@pytest.mark.django_db(transaction=True)
def test_the_functions_give_back_no_name(committed_world, owner):
    case = make_report(committed_world.officer).case
    reader = make_member(committed_world.officer.agency, given_name="Yvan", family_name="Diallo-Test")
    make_member(committed_world.officer.agency, given_name="Yvan", family_name="Morel-Test")
    read(owner, reader, at(10), [case.pk])
    with system_context(SystemContext.UNUSUAL):
        rows = unusual_sweep._ask("administration_named_openings", at(0), at(23), *unusual_sweep._names(at(0), at(23)))
    assert {row["own"] for row in rows} == {True, False}
    for word in ("iallo", "Fatou", "fatou", "orel", "van", case.reference):
        assert word not in str(rows), word


# --- the pages ------------------------------------------------------------------------------------------------
@pytest.fixture
def found(world):
    """One night of a service without night work, one reader of their own name: as the search writes them."""
    case = make_report(world.officer).case
    shared = {"agency_id": world.stranger.agency_id, "first_at": at(23), "last_at": at(23, 30)}
    limit = {"limits": limits().as_figures()}
    with system_context(SystemContext.UNUSUAL):
        rows = unusual_sweep.keep(
            [
                unusual_sweep.Found(
                    Rule.NIGHT, world.stranger.user_id, day=DAY, count=4, pages={"cases.summary": 4, "cases.people": 2},
                    categories=["identity:victim"], figures=limit, **shared,
                ),
                unusual_sweep.Found(
                    Rule.OWN_NAME, world.stranger.user_id, day=DAY, count=1, pages={"cases.contact": 1},
                    figures=limit, case_ids=[case.pk], **shared,
                ),
            ]
        )  # fmt: skip
    return case, rows


CANARIES = ("Fatou", "Diallo", "Yvan", "Morel", "MOVE-2026", "0470", "gorge", "bibliothèque")


@pytest.mark.django_db
def test_who_reads_them(world, dpo, found):
    _case, rows = found
    pages = [reverse(LIST), reverse("administration:emergency_searches")]
    pages += [reverse("administration:unusual_reading", args=[row.pk]) for row in rows]
    for member in (world.officer, world.police_manager, world.stranger, world.platform_admin, world.agency_admin):
        for page in pages:
            assert as_(member).get(page).status_code == 403, page
        with acting_as(member):
            for ask in (
                lambda by: unusual_readings.readings(by, None),
                unusual_readings.waiting,
                lambda by: unusual_readings.reading(by, rows[0].pk),
            ):
                with pytest.raises(Refused):
                    ask(member)
    for page in pages:
        assert as_(dpo).get(page).status_code == 200
    assert as_(dpo).get(reverse("administration:unusual_reading", args=[uuid4()])).status_code == 404


@pytest.mark.django_db
def test_the_pages_say_who_and_how_much_and_nothing_of_a_case(world, dpo, found):
    case, rows = found
    client = as_(dpo)
    seen = [text(client.get(reverse(LIST)))]
    seen += [text(client.get(reverse("administration:unusual_reading", args=[row.pk]))) for row in rows]
    assert "Camille Renard, CPAS Est" in seen[0] and "4 cases opened at night" in seen[0]
    assert "Night of 12 November 2026 to 13 November 2026" in seen[1]
    assert "The summary" in seen[1] and "×4" in seen[1] and "identity (victim)" in seen[1]
    assert "between 22:00 and 6:00" in seen[1] and "A sign, not a proof" in seen[1] and "practitioner" in seen[1]
    assert "own family name" in seen[2]
    for page in seen:
        for word in (*CANARIES, str(case.pk), case.reference):
            assert word not in page, word
    mine = text(client.get("/"))
    assert "2 readings are unusual" in mine and reverse(LIST) in mine
    with acting_as(dpo):
        events = AuditEvent.objects.filter(object_kind="administration.UnusualReading")
        assert {event.action for event in events} == {"listed", "read"}
        assert {event.object_id for event in events if event.action == "read"} == {row.pk for row in rows}
        assert all(event.case_id is None for event in events)


@pytest.mark.django_db
def test_a_notice_once_a_day_without_a_word_of_it(world, dpo, owner, found):
    other = make_member(dpo.agency, Role.DATA_PROTECTION_OFFICER)
    with system_context(SystemContext.UNUSUAL):
        unusual_sweep.keep(
            [
                unusual_sweep.Found(
                    Rule.NIGHT, world.eva.user_id, world.eva.agency_id, DAY, 2, at(23), at(23), {"cases.summary": 2}
                )
            ]
        )
    with acting_as(dpo):
        (notice,) = Notice.objects.filter(kind="unusual_reading")
    assert (notice.path, notice.case_id) == (reverse(LIST), None)
    with system_context(SystemContext.NOTICES):
        assert {each.recipient_id for each in Notice.objects.filter(kind="unusual_reading")} == {
            dpo.user_id, other.user_id,
        }  # fmt: skip
        for mail in OutgoingMail.objects.filter(notice__kind="unusual_reading"):
            assert mail.context == {} and mail.template == "task_waiting"
    with acting_as(world.platform_admin):
        assert not Notice.objects.filter(kind="unusual_reading").exists()


@pytest.mark.django_db
def test_concluding(world, dpo, found):
    _case, (night, name) = found
    client, page = as_(dpo), reverse("administration:unusual_reading", args=[night.pk])
    refused = client.post(page, {"after": 0, "words": "  "})
    assert refused.status_code == 422 and "Say what you found." in text(refused)
    assert "Choose one of them." in text(refused)
    kept = client.post(page, {"after": 0, "conclusion": "invented", "words": "Elle était de garde."})
    assert kept.status_code == 422 and "Elle était de garde." in text(kept)
    assert client.post(page, {"after": 0, "conclusion": "asked", "words": "Écrit à la direction."}).status_code == 302
    late = client.post(page, {"after": 0, "conclusion": "explained", "words": "De garde."})
    assert late.status_code == 422 and "in the meantime" in text(late)
    assert "The agency was asked" in text(client.get(reverse(LIST)))
    assert client.post(page, {"after": 1, "conclusion": "explained", "words": "De garde."}).status_code == 302
    shown = text(client.get(page))
    assert "Écrit à la direction." in shown and "De garde." in shown and "Keep this conclusion" not in shown
    listed = text(client.get(reverse(LIST)))
    assert listed.index("Concluded") < listed.index(str(night.pk)) and listed.index(str(name.pk)) < listed.index(
        "Concluded"
    )
    assert "1 reading is unusual" in text(client.get("/"))
    with acting_as(dpo):
        decided = AuditEvent.objects.filter(action="decided", object_kind="administration.UnusualReview")
        assert {event.reason for event in decided} == {"asked", "explained"}
    with system_context(SystemContext.OVERSIGHT):
        assert [review.reviewer_id for review in UnusualReview.objects.all()] == [dpo.user_id] * 2


@pytest.mark.django_db
def test_nobody_concludes_on_their_own_reading(world, dpo):
    """Who follows data protection is counted like anybody, and judged by somebody else."""
    with acting_as(dpo):
        for case in some(31):
            record(action=Action.READ, case_id=case, object_kind="sharing.BreakGlass")
    unusual_sweep.sweep()
    row = noted(Rule.MANY)[0]
    assert row.user_id == dpo.user_id
    page = reverse("administration:unusual_reading", args=[row.pk])
    shown = text(as_(dpo).get(page))
    assert "your own reading" in shown and "Keep this conclusion" not in shown
    answer = as_(dpo).post(page, {"after": 0, "conclusion": "explained", "words": "C’était moi."})
    assert answer.status_code == 403
    with acting_as(dpo):
        assert not Notice.objects.filter(kind="unusual_reading").exists(), "nothing of somebody else's waits"
    other = make_member(dpo.agency, Role.DATA_PROTECTION_OFFICER)
    for by, reviewer in ((dpo, dpo), (dpo, other)):  # the second lock: nor without the service, nor in another's name
        with acting_as(by), system_context(SystemContext.OVERSIGHT):
            with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
                UnusualReview.objects.create(
                    reading=row, conclusion="explained", words="x", agency=dpo.agency, reviewer=reviewer.user
                )
    assert as_(other).post(page, {"after": 0, "conclusion": "explained", "words": "Revues du mois."}).status_code == 302


@pytest.mark.django_db
def test_a_smaller_figure_is_no_longer_concluded_on(world, dpo, found):
    _case, (night, _name) = found
    with system_context(SystemContext.UNUSUAL):
        (larger,) = unusual_sweep.keep(
            [
                unusual_sweep.Found(
                    Rule.NIGHT, night.user_id, night.agency_id, DAY, 9, at(22), at(23), {"cases.summary": 9}
                )
            ]
        )
    page = reverse("administration:unusual_reading", args=[night.pk])
    shown = text(as_(dpo).get(page))
    assert str(larger.pk) in shown and "Keep this conclusion" not in shown
    assert as_(dpo).post(page, {"after": 0, "conclusion": "asked", "words": "x"}).status_code == 422
    with acting_as(dpo), pytest.raises(RuleBroken):
        unusual_readings.conclude(by=dpo, reading_id=night.pk, conclusion="asked", words="x", after=0)


@pytest.mark.django_db
def test_the_pages_cost_the_same_whatever_their_number(world, dpo, found):
    client = as_(dpo)

    def cost() -> list[int]:
        counts = []
        for page in ("/", reverse(LIST), reverse("administration:unusual_reading", args=[found[1][0].pk])):
            with Queries() as queries:
                assert client.get(page).status_code == 200
            counts.append(queries.count)
        return counts

    client.get("/")
    before = cost()
    with system_context(SystemContext.UNUSUAL):
        rows = unusual_sweep.keep(
            unusual_sweep.Found(
                Rule.NIGHT, member.user_id, member.agency_id, DAY - timedelta(days=ago), 2, at(23), at(23),
                {"cases.summary": 2},
            )
            for member in (world.eva, world.programme, world.stranger, world.agency_admin)
            for ago in range(1, 11)
        )  # fmt: skip
    with acting_as(dpo):
        for row in rows[:30]:
            unusual_readings.conclude(by=dpo, reading_id=row.pk, conclusion="explained", words="Garde.", after=0)
    assert cost() == before
    first = client.get(reverse(LIST))
    more = client.get(reverse(LIST), {"cursor": first.context["page"].next_cursor})
    shown = [line["reading"].pk for page in (first, more) for line in page.context["concluded"]]
    assert len(shown) == len(set(shown)) == 30 and "To look at" not in text(more)
