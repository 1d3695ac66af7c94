"""The words of the names: a table that the application cannot read, one function that answers for who acts.

What the function finds is compared with a slow reference in Python, over a story told at random.
"""

import random
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event

import pytest
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection, transaction

from agencies.acting import acting_as
from agencies.models import Membership
from cases import namewords
from cases.access import for_case, write_exclusion, write_grants, write_names
from cases.enums import VIEW_CASE, VIEW_OWN_WORK, Category, PersonRole, Side, codename
from cases.models import Case, CasePerson, NameWord, Person
from cases.search import find
from cases.services import add_person, correct_person, open_case
from cases.tasks import check_name_words
from common.acting import SystemContext, system_context
from common.clock import now
from common.names import sort_key
from tests.factories import make_report

from .helpers import bring_in_programme

pytestmark = pytest.mark.django_db

HERS, HIS = codename(Category.IDENTITY, Side.VICTIM), codename(Category.IDENTITY, Side.PERPETRATOR)


@pytest.fixture
def case(world) -> Case:
    return make_report(world.officer).case


def answer(words: list[str], most: int = 50) -> list:
    """What the function answers, as the context stands."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT cases_search(%s, %s)", [words, most])
        return [pk for (pk,) in cursor.fetchall()]


def found(member: Membership, *words: str) -> list:
    with acting_as(member):
        return answer(list(words))


def open_to(case: Case, member: Membership, **ends) -> None:
    """Permissions of the agency on the case, exactly; names without an end."""
    write_grants(case=case, agency=member.agency, grants={VIEW_CASE: None} | ends, side="neutral")


def past():
    return now() - timedelta(days=1)


# --- closed ---------------------------------------------------------------------------------------------------------
def test_the_application_has_no_privilege_on_the_table():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p, has_table_privilege(t, p), p IN ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES')"
            " AND has_any_column_privilege(t, p) FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE',"
            " 'REFERENCES', 'TRIGGER', 'MAINTAIN']) p, (VALUES ('cases_nameword'::regclass)) held(t)"
        )
        rows = cursor.fetchall()
    assert len(rows) == 8 and not any(of_table or of_column for _name, of_table, of_column in rows)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT word FROM cases_nameword",
        "SELECT count(*) FROM cases_nameword",
        "DELETE FROM cases_nameword",
        "UPDATE cases_nameword SET word = 'x'",
        "INSERT INTO cases_nameword (word) VALUES ('x')",
        "COPY cases_nameword TO STDOUT",
        "SELECT * FROM cases_name_words()",
        "SELECT cases_repair_words_of(gen_random_uuid())",
    ],
)
def test_raw_sql_is_refused(world, case, sql):
    with acting_as(world.officer), pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(sql)


def test_the_model_reads_nothing_either(world, case):
    with acting_as(world.officer), pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        NameWord.objects.first()


def test_nothing_is_answered_to_nobody(world, case):
    assert found(world.officer, "diallo") and answer(["diallo"]) == []
    for context in SystemContext:
        with system_context(context):
            assert answer(["diallo"]) == [], context
    assert namewords.drifted() == 0


@pytest.mark.parametrize("who", ["stranger", "other_officer", "shelter", "programme", "platform_admin"])
def test_nothing_is_answered_to_another_group(world, case, who):
    member = getattr(world, who)
    for word in ("diallo", "morel", "no", "te"):
        assert found(world.officer, word) and found(member, word) == []


def test_a_temporary_table_does_not_stand_in_for_a_real_one(world, case):
    """The function runs as the owner: what `app` may create must not be read in the place of the permissions."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE cases_casegroupobjectpermission AS SELECT p.id AS permission_id, %s AS group_id,"
            " %s::uuid AS content_object_id, NULL::timestamptz AS expires_at, '' AS side"
            " FROM auth_permission p",
            [world.stranger.agency.group_id, case.pk],
        )
        cursor.execute(
            "CREATE TEMP TABLE cases_nameword AS SELECT cp.id AS case_person_id, %s AS group_id, 'diallo' AS word,"
            " now() AS opened_at FROM public.cases_caseperson cp",
            [world.stranger.agency.group_id],
        )
    assert found(world.stranger, "diallo") == [] and len(found(world.officer, "diallo")) == 1


# --- for whom -------------------------------------------------------------------------------------------------------
def test_an_ended_permission_finds_nothing(world, case):
    open_to(case, world.shelter, **{HERS: None})
    assert len(found(world.shelter, "diallo")) == 1
    open_to(case, world.shelter, **{HERS: past()})
    assert found(world.shelter, "diallo") == [], "the identity has ended"
    open_to(case, world.shelter, **{VIEW_CASE: past(), HERS: None})
    assert found(world.shelter, "diallo") == [], "the case has ended"
    open_to(case, world.shelter, **{VIEW_CASE: now() + timedelta(hours=1), HERS: now() + timedelta(hours=1)})
    assert len(found(world.shelter, "diallo")) == 1
    write_grants(case=case, agency=world.shelter.agency, grants={}, side="")
    assert found(world.shelter, "diallo") == []


def test_each_side_has_its_own_identity(world, case):
    bring_in_programme(case, world.officer, world.programme)
    assert found(world.programme, "diallo") == found(world.programme, "noe") == []
    assert len(found(world.programme, "morel")) == 1
    open_to(case, world.shelter, **{HERS: None})
    assert found(world.shelter, "morel") == [] and len(found(world.shelter, "noe")) == 1


def test_ones_own_work_is_found_and_the_rest_no_longer(world, case):
    open_to(case, world.shelter, **{HERS: None, HIS: None})
    with acting_as(world.shelter):
        mine = add_person(
            by=world.shelter, case=case, role=PersonRole.VICTIM, given_name="Nour", family_name="Diallo-Test"
        )
    assert len(found(world.shelter, "diallo")) == 2
    open_to(case, world.shelter, **{VIEW_OWN_WORK: None})
    assert found(world.shelter, "diallo") == [mine.pk] and found(world.shelter, "morel") == []
    with acting_as(world.shelter):
        (one,), more = find(world.shelter, "nour diallo")
        assert one.persons == [mine] and not more
    open_to(case, world.shelter, **{VIEW_CASE: past(), VIEW_OWN_WORK: None})
    assert found(world.shelter, "nour") == []


def test_an_excluded_person_finds_nothing(world, case):
    write_exclusion(case_id=case.pk, user_id=world.reader.user_id, holds=True)
    assert found(world.reader, "diallo") == [] and len(found(world.officer, "diallo")) == 1
    write_exclusion(case_id=case.pk, user_id=world.reader.user_id, holds=False)
    assert len(found(world.reader, "diallo")) == 1


def test_a_restricted_case_is_found_by_those_named(world, case):
    write_names(case_id=case.pk, named=[world.officer.user_id])
    with acting_as(world.officer):
        Case.objects.filter(pk=case.pk).update(restricted=True)
    assert len(found(world.officer, "diallo")) == 1
    assert found(world.reader, "diallo") == found(world.eva, "diallo") == []
    write_names(case_id=case.pk, named=[world.eva.user_id])
    assert found(world.officer, "diallo") == [] and len(found(world.eva, "diallo")) == 1


# --- what -----------------------------------------------------------------------------------------------------------
def test_a_corrected_name_is_found_and_the_wrong_one_no_longer(world, case):
    with acting_as(world.officer):
        her = CasePerson.objects.get(role=PersonRole.VICTIM)
        correct_person(
            access=for_case(case, world.officer), case_person=her,
            given_name="Fatoumata", family_name="D'Hoest-Barry", birth_date=None,
        )  # fmt: skip
    for who in (world.officer, world.eva):
        for word in ("fatoumata", "d'h", "hoest", "barry", "hoest-b", "d'hoest-barry"):
            assert found(who, word) == [her.pk], word
        assert found(who, "diallo") == found(who, "test", "fatou") == []


def test_a_person_taken_out_of_the_case_is_not_found(world, case):
    with acting_as(world.officer):
        him = Person.objects.create(
            given_name="Ugo", family_name="Zarqu", sort_name="zarqu ugo", agency=case.lead_agency
        )
        place = CasePerson.objects.create(
            case=case, person=him, role=PersonRole.WITNESS, side=Side.CASE, agency=case.lead_agency
        )
        assert answer(["zarqu"]) == [place.pk]
        other = make_report(world.officer).case
        CasePerson.objects.filter(pk=place.pk).update(case=other)
        assert answer(["zarqu"]) == [place.pk]
        write_grants(case=other, agency=case.lead_agency, grants={}, side="")
        assert answer(["zarqu"]) == [] and namewords.drifted() == 0
        write_grants(case=other, agency=case.lead_agency, grants={VIEW_CASE: None}, side="neutral")
        CasePerson.objects.filter(pk=place.pk).delete()
        him.delete()
        assert answer(["zarqu"]) == [] and namewords.drifted() == 0


@pytest.mark.parametrize(
    "word", ["%", "_", "%%", "d_allo", "d%", "\\", "'", "' OR true --", "*", ".", "dia(llo", "x" * 10_000]
)
def test_signs_of_patterns_are_signs(world, case, word):
    assert found(world.officer, word) == []
    with acting_as(world.officer):
        assert find(world.officer, word * 3) == ([], False)


def test_few_words_and_none_are_asked_for(world, case):
    with acting_as(world.officer):
        assert answer([]) == [] and answer(["te"] * 6) == []
        assert len(answer(["te"] * 5)) == 2 == len(answer(["test"]))
        assert answer([None]) == answer(["diallo", None]) == []
        assert len(answer(["te"], most=0)) == 1 and len(answer(["te"], most=10**9)) == 2
        (one,), _more = find(world.officer, "diallo test fatou diallo-test fa dia nobody")
        assert [row.person.given_name for row in one.persons] == ["Fatou"], "five words are looked for"


def test_the_newest_case_comes_first_and_one_more_says_that_there_are_more(world, monkeypatch):
    cases = [make_report(world.officer).case for _ in range(3)]
    with acting_as(world.officer):
        Case.objects.filter(pk=cases[2].pk).update(opened_at=now() - timedelta(days=9))
        cases = [cases[1], cases[0], cases[2]]
        places = dict(CasePerson.objects.filter(role=PersonRole.VICTIM).values_list("case_id", "pk"))
        assert answer(["diallo"]) == [places[case.pk] for case in cases]
        assert answer(["diallo"], most=1) == [places[case.pk] for case in cases[:2]]
        monkeypatch.setattr("cases.search.MOST", 2)
        items, more = find(world.officer, "Diallo")
        assert [item.case.pk for item in items] == [case.pk for case in cases[:2]] and more
    assert namewords.drifted() == 0


# --- against the reference ------------------------------------------------------------------------------------------
GIVEN = ("Elsa", "Jean-Marc", "Élise", "Anne-Lise", "Jean", "D'Arcy", "", "Marc-", "'Ali", "Li--An", "Œdipe")
FAMILY = ("D'Hœst", "de la Tour", "O'Neil-Marc", "Elsagård", "Tour", "Jean-Jean", "d'-Az", "", "Lise", "Ann  Marc")
ASKED = (
    "elsa", "els", "jean", "jean-m", "marc", "an", "-an", "--an", "d'h", "hoest", "'h", "la", "la tour", "de tour",
    "tour", "marc-", "'ali", "ali", "oe", "lise anne", "jean jean", "neil-marc o'", "d'", "-az", "az", "ann-",
    "elsagard e",
)  # fmt: skip


class Reference:
    """The same story kept in Python, and the slow answer."""

    def __init__(self) -> None:
        self.opened: dict = {}
        self.persons: dict = {}
        self.grants: dict = {}
        self.restricted: set = set()
        self.named: set = set()
        self.excluded: set = set()

    def answer(self, member: Membership, words: list[str]) -> list:
        moment, group = now(), member.agency.group_id
        answer = []
        for pk, (case, side, author, name) in self.persons.items():
            held = self.grants.get((case, group), {})
            live = {name for name, end in held.items() if end is None or end > moment}
            opened = codename(Category.IDENTITY, side) in live or author == member.agency_id
            closed = case in self.restricted and (case, member.user_id) not in self.named
            closed = closed or (case, member.user_id) in self.excluded
            matches = all(re.search(rf"(^|[ '-]){re.escape(word)}", name) for word in words)
            if VIEW_CASE in live and opened and matches and not closed:
                answer.append((case, pk))
        return [pk for case, pk in sorted(sorted(answer, key=lambda row: row[1]), key=self._newest)]

    def _newest(self, row: tuple):
        return -self.opened[row[0]].timestamp()


def test_the_words_of_a_story_at_random(world):
    dice, said = random.Random(20261122), Reference()
    keeper = world.police_referent
    guests = [world.shelter, world.programme, world.stranger, world.other_officer]
    people = [world.officer, world.reader, *guests]
    cases = []
    for _ in range(5):
        with acting_as(keeper):
            case = open_case(by=keeper)
            grants = {VIEW_CASE: None, **{codename(Category.IDENTITY, side): None for side in Side}}
            write_grants(case=case, agency=keeper.agency, grants=grants, side="neutral")
        cases.append(case)
        said.opened[case.pk], said.grants[case.pk, keeper.agency.group_id] = case.opened_at, grants

    def name() -> dict[str, str]:
        given, family = dice.choice(GIVEN), dice.choice(FAMILY)
        return {"given_name": given, "family_name": family, "sort_name": sort_key(f"{family} {given}")}

    def enters(case: Case) -> None:
        by, role = dice.choice([keeper, world.shelter]), dice.choice(["victim", "presumed_perpetrator", "witness"])
        side = {"victim": Side.VICTIM, "presumed_perpetrator": Side.PERPETRATOR, "witness": Side.CASE}[role]
        with acting_as(by):
            person = Person.objects.create(agency=by.agency, **name())
            place = CasePerson.objects.create(case=case, person=person, role=role, side=side, agency=by.agency)
        said.persons[place.pk] = (case.pk, side, by.agency_id, person.sort_name)

    def renamed(case: Case) -> None:
        pk = dice.choice(list(said.persons))
        new = name()
        with acting_as(keeper):
            Person.objects.filter(case_persons=pk).update(**new)
            said.persons[pk] = (*said.persons[pk][:3], Person.objects.get(case_persons=pk).sort_name)

    def leaves(case: Case) -> None:
        pk = dice.choice(list(said.persons))
        with acting_as(keeper):
            if CasePerson.objects.filter(pk=pk).delete()[0]:
                del said.persons[pk]

    def granted(case: Case) -> None:
        guest = dice.choice(guests)
        names = [VIEW_CASE, *dice.sample([codename(Category.IDENTITY, side) for side in Side], dice.randrange(4))]
        ends = {each: dice.choice([None, None, now() + timedelta(days=1), past()]) for each in names}
        ends = ends if dice.random() < 0.8 else {}
        write_grants(case=case, agency=guest.agency, grants=ends, side="victim")
        said.grants[case.pk, guest.agency.group_id] = ends

    def excluded(case: Case) -> None:
        user = dice.choice(people[1:]).user_id
        write_exclusion(case_id=case.pk, user_id=user, holds=(holds := (case.pk, user) not in said.excluded))
        (said.excluded.add if holds else said.excluded.discard)((case.pk, user))

    def restricted(case: Case) -> None:
        named = {member.user_id for member in dice.sample(people, 3)} | {keeper.user_id}
        write_names(case_id=case.pk, named=named)
        said.named = {pair for pair in said.named if pair[0] != case.pk} | {(case.pk, user) for user in named}
        with acting_as(keeper):
            Case.objects.filter(pk=case.pk).update(restricted=case.pk not in said.restricted)
        said.restricted ^= {case.pk}

    for case in cases:
        enters(case)
    acts = [enters] * 5 + [granted] * 5 + [renamed] * 2 + [leaves, excluded, restricted]
    answers = 0
    for number in range(90):
        dice.choice(acts)(dice.choice(cases))
        assert namewords.drifted() == 0
        for _ in range(4 if number < 80 else 20):
            member, words = dice.choice(people), sort_key(dice.choice(ASKED)).split(" ")
            expected = said.answer(member, words)
            with acting_as(member):
                assert answer(words, 100) == expected, (number, member, words)
                if number % 9 == 0 and all(len(word) > 1 for word in words):
                    items, _more = find(member, " ".join(words))
                    assert {row.pk for item in items for row in item.persons} == set(expected)
            answers += bool(expected)
    assert answers > 100, "most questions have an answer"


# --- kept -----------------------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_a_drifted_table_is_found_and_mended(committed_world, owner):
    world = committed_world
    case = make_report(world.officer).case
    words = "SELECT case_person_id, group_id, word, opened_at FROM cases_nameword ORDER BY 1, 2, 3"
    right = owner.execute(words).fetchall()
    assert {word for _place, _group, word, _at in right} == {
        "diallo-test", "test", "fatou", "morel-test", "yvan", "noe",
    }  # fmt: skip
    groups = {group for _place, group, _word, _at in right}
    assert groups == {world.officer.agency.group_id, world.eva.agency.group_id}, "a row for each agency that takes part"

    owner.execute("DELETE FROM cases_nameword WHERE word = 'yvan'")
    owner.execute("UPDATE cases_nameword SET opened_at = now() WHERE word = 'noe'")
    owner.execute(
        "INSERT INTO cases_nameword (case_person_id, group_id, word, opened_at)"
        " SELECT case_person_id, %s, word, opened_at FROM cases_nameword WHERE word = 'fatou' LIMIT 1",
        [world.stranger.agency.group_id],
    )
    assert namewords.drifted() == 5 and found(world.officer, "yvan") == []
    assert found(world.stranger, "fatou") == [], "a row too many opens nothing"
    with pytest.raises(CommandError, match="Words of names: 5 drifted"):
        call_command("check_copies")
    check_name_words()
    assert owner.execute(words).fetchall() == right and namewords.repair() == 0
    call_command("check_copies")

    owner.execute("TRUNCATE cases_nameword")
    assert namewords.repair() == len(right) and owner.execute(words).fetchall() == right
    with acting_as(world.officer):
        (one,), _more = find(world.officer, "yvan morel")
        assert one.case == case


@pytest.mark.django_db(transaction=True)
def test_who_is_written_down_while_an_agency_comes_in_is_found_by_it(committed_world):
    """Neither transaction sees what the other has not committed yet; the second waits for the first."""
    world = committed_world
    case = make_report(world.officer).case
    written, may_end = Event(), Event()

    def write_down() -> None:
        try:
            with acting_as(world.officer):
                add_person(by=world.officer, case=case, role=PersonRole.VICTIM, given_name="Nour", family_name="Zarqu")
                written.set()
                assert may_end.wait(10)
        finally:
            connection.close()

    def come_in() -> None:
        try:
            write_grants(case=case, agency=world.shelter.agency, grants={VIEW_CASE: None, HERS: None}, side="victim")
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(write_down)
        assert written.wait(10)
        second = pool.submit(come_in)
        with pytest.raises(TimeoutError):
            second.result(timeout=0.5)
        may_end.set()
        first.result(timeout=10)
        second.result(timeout=10)
    assert len(found(world.shelter, "zarqu")) == 1 and namewords.drifted() == 0
