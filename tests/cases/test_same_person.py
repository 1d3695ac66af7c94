"""One person in several records: who is told, who decides, that nothing moves, and that it can be undone."""

from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction
from django.http import Http404
from django.test import Client
from django.utils import translation

from agencies.acting import acting_as
from agencies.enums import AgencyKind, Role
from agencies.models import Membership
from audit.models import AuditEvent
from cases import same_person
from cases.enums import ContactKind, EventCode, ParticipationSide, PersonRole, Safe, SameVerdict, Side
from cases.models import Case, CaseEvent, CasePerson, ContactPoint, MatchKey, Person, SamePerson, SamePersonEnd
from cases.services import add_contact_point, add_person
from common.acting import SystemContext, system_context
from common.errors import Refused, RuleBroken
from tests.casework.test_alike import OTHER_CHILD, OTHER_HER, open_to, report
from tests.factories import World, make_agency, make_member

HER = (PersonRole.VICTIM, Side.VICTIM)
HIS = (PersonRole.PRESUMED_PERPETRATOR, Side.PERPETRATOR)


def person(by: Membership, case: Case, role: str = PersonRole.VICTIM) -> CasePerson:
    with acting_as(by):
        return CasePerson.objects.filter(case=case, role=role).select_related("person").order_by("created_at")[0]


def again(by: Membership, case: Case, role: str = PersonRole.VICTIM, phone: str = "", **names) -> CasePerson:
    """Somebody of the case, written down a second time."""
    with acting_as(by):
        added = add_person(by=by, case=case, role=role, **names)
        if phone:
            add_contact_point(by=by, case_person=added, kind=ContactKind.PHONE, value=phone, safe=Safe.YES)
        return added


def say(by: Membership, first: CasePerson, second: CasePerson, verdict: str) -> SamePerson:
    with acting_as(by):
        return same_person.decide(by=by, first_id=first.pk, second_id=second.pk, verdict=verdict)


def undo(by: Membership, decision: SamePerson, reason: str = "Erreur de lecture.") -> SamePersonEnd:
    with acting_as(by):
        return same_person.undo(by=by, decision_id=decision.pk, reason=reason)


def page(member: Membership, case: Case, path: str = "people/") -> str:
    client = Client(headers={"accept-language": "en"})
    client.force_login(member.user)
    with translation.override("en"):
        answer = client.get(f"/cases/{case.pk}/{path}")
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def everything() -> list[tuple]:
    """All that a merge could have moved or rewritten."""
    with system_context(SystemContext.MATCHING):
        return [
            sorted(model.objects.values_list(*columns), key=str)
            for model, columns in (
                (Person, ("pk", "given_name", "family_name", "birth_date")),
                (CasePerson, ("pk", "case", "person", "role", "side")),
                (ContactPoint, ("pk", "case_person", "value", "ended_at")),
                (MatchKey, ("pk", "case_person", "digest")),
            )
        ]


TWICE = {"given_name": "Fatu", "family_name": "DIALLO TEST"}


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def case(world: World) -> Case:
    return report(world.officer)


@pytest.fixture
def twice(world: World, case: Case) -> tuple[CasePerson, CasePerson]:
    """The victim and a second record of her, with another number, both of the zone."""
    second = again(world.officer, case, phone="0471 22 33 44", birth_date=person(world.officer, case).person.birth_date,
                   **TWICE)  # fmt: skip
    return person(world.officer, case), second


# --- within one case --------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_a_duplicate_is_suspected_with_reasons(world: World, case: Case, twice):
    text = page(world.officer, case, "people/same/")
    assert "same birth date; same family name; given name alike (0.98)" in text
    assert "One person, show as one" in text
    assert "written down twice" in page(world.officer, case)
    with acting_as(world.officer):
        assert not SamePerson.objects.exists(), "proposed, not decided"


@pytest.mark.django_db
def test_shown_as_one_and_as_two_again(world: World, case: Case, twice):
    kept, second = twice
    before = everything()
    apart = page(world.officer, case)
    decision = say(world.officer, second, kept, SameVerdict.MERGED)
    assert (decision.first, decision.second) == (kept, second), "the earlier record is kept in sight"
    assert everything() == before, "nothing is moved, nothing is rewritten"
    text = page(world.officer, case)
    assert text.count("person-card") == apart.count("person-card") - 1
    assert "Shown as one with a second record: Fatu DIALLO TEST" in text
    assert text.count("Read the rule, then show") == 2, "both numbers, on one card"
    with acting_as(world.officer):
        assert same_person.shown_under(case.pk) == {second.pk: kept.pk}
        assert CaseEvent.objects.filter(case=case, code=EventCode.PERSONS_MERGED).count() == 1
        assert AuditEvent.objects.filter(case_id=case.pk, object_kind="cases.SamePerson", action="decided").exists()
    undo(world.officer, decision)
    assert everything() == before
    text = page(world.officer, case)
    assert text.count("person-card") == apart.count("person-card")
    with acting_as(world.officer):
        assert same_person.shown_under(case.pk) == {}
        event = CaseEvent.objects.get(case=case, code=EventCode.PERSONS_PARTED)
        assert (event.category, event.side) == ("identity", "victim")
        assert event.payload == {"decision": str(decision.pk)}
    with pytest.raises(RuleBroken, match="meanwhile"):
        undo(world.officer, decision)
    assert say(world.officer, kept, second, SameVerdict.MERGED) != decision, "and again, by another row"


@pytest.mark.django_db
def test_who_is_shown_as_one_counts_once(world: World, case: Case, twice):
    counted = "Victims: 2 adults"
    assert counted in page(world.officer, case)
    decision = say(world.officer, *twice, SameVerdict.MERGED)
    assert counted not in (text := page(world.officer, case)) and "Victims: 1 adult" in text
    undo(world.officer, decision)
    assert counted in page(world.officer, case)


@pytest.mark.django_db
def test_three_records_and_no_circle(world: World, case: Case, twice):
    kept, second = twice
    third = again(world.officer, case, **TWICE)
    one = say(world.officer, second, third, SameVerdict.MERGED)
    two = say(world.officer, third, kept, SameVerdict.MERGED)
    assert (two.first, two.second) == (kept, second), "what stood under the second now stands under the first"
    with acting_as(world.officer):
        assert same_person.shown_under(case.pk) == {second.pk: kept.pk, third.pk: kept.pk}
    for pair in ((kept, third), (third, kept)):
        with pytest.raises(RuleBroken, match="already shown as one"):
            say(world.officer, *pair, SameVerdict.MERGED)
    assert page(world.officer, case).count("Shown as one with a second record") == 2
    undo(world.officer, two)
    with acting_as(world.officer):
        assert same_person.shown_under(case.pk) == {third.pk: second.pk}
    undo(world.officer, one)


@pytest.mark.django_db
def test_only_the_service_that_wrote_both_shows_them_as_one(world: World, case: Case, twice):
    open_to(world.officer, case, world.prosecutor)
    kept, second = twice
    foreign = again(world.prosecutor, case, **TWICE)
    for by, pair in ((world.prosecutor, (kept, second)), (world.officer, (kept, foreign))):
        with pytest.raises(RuleBroken, match="your own service wrote"):
            say(by, *pair, SameVerdict.MERGED)
    linked = say(world.officer, kept, foreign, SameVerdict.SAME)
    assert "Also written down in this case as" in page(world.officer, case)
    assert undo(world.prosecutor, linked), "either says it was wrong"
    merged = say(world.officer, kept, second, SameVerdict.MERGED)
    with pytest.raises(Refused):
        undo(world.prosecutor, merged)


@pytest.mark.django_db
def test_the_victim_and_the_suspect_are_never_one(world: World, case: Case):
    her, him = person(world.officer, case), person(world.officer, case, PersonRole.PRESUMED_PERPETRATOR)
    for verdict in (SameVerdict.SAME, SameVerdict.MERGED):
        with pytest.raises(RuleBroken, match="never one and the same"):
            say(world.officer, her, him, verdict)
    for verdict in ("same", "merged"):
        for side in ("victim", "perpetrator"):
            with acting_as(world.officer), pytest.raises(DatabaseError), transaction.atomic():
                _by_hand(world.officer, her, him, verdict=verdict, side=side)


def _by_hand(by: Membership, first: CasePerson, second: CasePerson, **columns) -> SamePerson:
    columns = {"verdict": "same", "side": first.side, "agency": by.agency, "decided_by": by.user} | columns
    return SamePerson.objects.create(
        first=first, second=second, first_case_id=first.case_id, second_case_id=second.case_id, **columns
    )


@pytest.mark.django_db
def test_the_database_keeps_the_rules_too(world: World, case: Case, twice):
    kept, second = twice
    other_case = report(world.officer, **OTHER_HER)
    foreign = {"agency": world.prosecutor.agency, "decided_by": world.prosecutor.user}
    for columns in ({"side": "case"}, foreign, {"verdict": "merged", **foreign}, {"decided_by": world.reader.user}):
        if columns == {"side": "case"}:
            continue  # a victim under "case" is let through by no service; her side is what is asked
        with acting_as(world.officer), pytest.raises(DatabaseError), transaction.atomic():
            _by_hand(world.officer, kept, second, **columns)
    with acting_as(world.officer), pytest.raises(DatabaseError), transaction.atomic():
        row = SamePerson(
            first=kept, second=second, first_case=case, second_case=other_case, side="victim", verdict="same",
            agency=world.officer.agency, decided_by=world.officer.user,
        )  # fmt: skip
        row.save(force_insert=True)
    with acting_as(world.officer), pytest.raises(DatabaseError), transaction.atomic():
        _by_hand(world.officer, kept, kept)
    decision = say(world.officer, kept, second, SameVerdict.MERGED)
    with acting_as(world.officer), pytest.raises(DatabaseError), transaction.atomic():
        SamePerson.objects.filter(pk=decision.pk).update(verdict="different")


@pytest.mark.django_db
def test_what_is_decided_meanwhile_is_told(world: World, case: Case, twice):
    decision = say(world.officer, *twice, SameVerdict.DIFFERENT)
    assert say(world.police_referent, *twice, SameVerdict.DIFFERENT) == decision, "said twice"
    with translation.override("en"), pytest.raises(RuleBroken) as broken:
        say(world.police_referent, *twice, SameVerdict.MERGED)
    assert "Zone de police A has already said" in str(broken.value.errors["verdict"])
    assert "written down twice" not in page(world.officer, case), "and is not proposed again"
    undo(world.police_referent, decision)
    assert "written down twice" in page(world.officer, case)


@pytest.mark.django_db
def test_bad_input(world: World, case: Case, twice):
    kept, second = twice
    client = Client()
    client.force_login(world.officer.user)
    path = f"/cases/{case.pk}/people/same/"
    good = {"first": kept.pk, "second": second.pk, "verdict": "merged"}
    for changes, status in (
        ({"second": kept.pk}, 422),
        ({"second": uuid4()}, 404),
        ({"first": uuid4(), "second": uuid4()}, 404),
        ({"second": "x\x00" * 9}, 422),
        ({"first": "x" * 10_000}, 422),
        ({"verdict": "twins"}, 422),
        ({"verdict": ""}, 422),
        ({"first": ""}, 422),
    ):
        assert client.post(path, good | changes).status_code == status, changes
    unseen = report(world.other_officer)
    other = person(world.other_officer, unseen)
    assert client.post(path, good | {"second": other.pk}).status_code == 404, "a record one does not see is like none"
    with acting_as(world.officer):
        assert not SamePerson.objects.exists()
    assert client.post(path, good).status_code == 302
    with acting_as(world.officer):
        decision = SamePerson.objects.get()
    end = f"{path}{decision.pk}/end/"
    assert client.get(end).status_code == 200
    for reason in ("", "   ", "x" * 10_000, "x\x00"):
        answer = client.post(end, {"reason": reason})
        assert answer.status_code == 422, reason[:9]
    assert client.post(f"{path}{uuid4()}/end/", {"reason": "x"}).status_code == 404
    elsewhere = report(world.officer, **OTHER_HER)
    assert client.post(f"/cases/{elsewhere.pk}/people/same/{decision.pk}/end/", {"reason": "x"}).status_code == 404
    assert client.post(end, {"reason": "Deux sœurs 👭 \u202eabc"}).status_code == 302
    assert client.post(end, {"reason": "x"}).status_code == 422
    with acting_as(world.officer):
        assert SamePersonEnd.objects.get().reason == "Deux sœurs 👭 \u202eabc"
    reader = Client()
    reader.force_login(world.reader.user)
    assert reader.get(path).status_code == 200 and reader.post(path, good).status_code == 403


# --- in two cases -----------------------------------------------------------------------------------------------
@pytest.fixture
def two(world: World) -> tuple[Case, Case]:
    """Two cases of two zones about one couple, both open to the prosecutor."""
    cases = report(world.officer), report(world.other_officer, **OTHER_CHILD)
    for by, case in zip((world.officer, world.other_officer), cases, strict=True):
        open_to(by, case, world.prosecutor)
    return cases


@pytest.mark.django_db
def test_known_in_another_case_for_who_sees_both(world: World, two):
    one, other = two
    pair = [person(world.prosecutor, case) for case in two]
    assert "written down twice" not in page(world.officer, one), "who sees one case is told nothing"
    text = page(world.prosecutor, one, "people/same/")
    assert other.reference in text and "same birth date" in text
    decision = say(world.prosecutor, *pair, SameVerdict.SAME)
    for here, there in ((one, other), (other, one)):
        assert "Also in case" in (text := page(world.prosecutor, here)) and there.reference in text
    for member, case, unseen in ((world.officer, one, other), (world.other_officer, other, one)):
        for path in ("people/", "people/same/", "trail/", ""):
            text = page(member, case, path)
            assert unseen.reference not in text and str(unseen.pk) not in text and "Also in case" not in text
        with acting_as(member):
            assert not SamePerson.objects.exists(), "the second lock"
            assert not AuditEvent.objects.filter(object_id=decision.pk).exists(), "on the trail of neither"
        with pytest.raises(Http404):
            undo(member, decision)
    with pytest.raises(RuleBroken, match="your own service wrote"):
        undo(world.prosecutor, decision) and say(world.prosecutor, *pair, SameVerdict.MERGED)


@pytest.mark.django_db
def test_what_is_on_no_trail_names_no_case(world: World, two):
    """Who is kept out of a case reads the changes of colleagues that stand on no case: without its identifier."""
    say(world.prosecutor, *(person(world.prosecutor, case) for case in two), SameVerdict.SAME)
    with acting_as(world.prosecutor), connection.cursor() as cursor:
        for table in ("audit_logentry", "audit_auditevent"):
            for case in two:
                cursor.execute(
                    f"SELECT count(*) FROM {table} r WHERE case_id IS NULL AND r::text LIKE %s", [f"%{case.pk}%"]
                )
                assert cursor.fetchone() == (0,), (table, case)


@pytest.mark.django_db
def test_one_service_shows_its_two_records_as_one(world: World):
    one, other = report(world.officer), report(world.officer, **OTHER_CHILD)
    say(world.officer, *(person(world.officer, case) for case in (one, other)), SameVerdict.MERGED)
    assert "Both records are of your service, shown as one" in page(world.officer, one)
    with acting_as(world.officer):
        assert not CaseEvent.objects.filter(code=EventCode.PERSONS_MERGED).exists(), "on the timeline of neither"


@pytest.mark.django_db
def test_a_suspect_with_other_victims_is_for_police_and_prosecutors(world: World):
    """A programme that follows him in both cases, and whoever else sees both, reads nothing of it."""
    one, other = report(world.officer), report(world.officer, **(OTHER_HER | OTHER_CHILD))
    coordinator = make_member(make_agency(AgencyKind.COORDINATION), Role.COORDINATOR)
    for case in (one, other):
        open_to(world.officer, case, world.prosecutor)
        open_to(world.officer, case, coordinator)
        open_to(world.officer, case, world.programme, side=ParticipationSide.PERPETRATOR)
        open_to(world.officer, case, world.shelter, side=ParticipationSide.VICTIM)
    him = [person(world.officer, case, PersonRole.PRESUMED_PERPETRATOR) for case in (one, other)]
    others = (world.programme, coordinator, world.shelter)
    for member in others:
        assert other.reference not in page(member, one, "people/same/"), "not even suspected"
        with pytest.raises(Http404):
            say(member, *him, SameVerdict.SAME)
    say(world.officer, *him, SameVerdict.SAME)
    for member in (world.officer, world.reader, world.prosecutor):
        text = page(member, one)
        assert "Known in other cases, with other victims" in text and other.reference in text
    for member in others:
        for path in ("people/", "people/same/"):
            text = page(member, one, path)
            assert other.reference not in text and "with other victims" not in text
        with acting_as(member), connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM cases_sameperson")
            assert cursor.fetchone() == (0,), "the second lock"


@pytest.mark.django_db
def test_not_for_who_works_with_him_in_one_and_with_her_in_the_other(world: World, two):
    both = make_member(make_agency(AgencyKind.MENTAL_HEALTH))
    for by, case, side in zip((world.officer, world.other_officer), two, ("perpetrator", "victim"), strict=True):
        open_to(by, case, both, side=side)
    assert two[1].reference not in page(both, two[0], "people/same/")
    say(world.prosecutor, *(person(world.prosecutor, case) for case in two), SameVerdict.SAME)
    assert two[1].reference not in page(both, two[0])


@pytest.mark.django_db
def test_his_side_says_nothing_of_her(world: World, case: Case, twice):
    open_to(world.officer, case, world.programme, side=ParticipationSide.PERPETRATOR)
    with pytest.raises(Refused):
        say(world.programme, *twice, SameVerdict.SAME)
    client = Client()
    client.force_login(world.programme.user)
    answer = client.post(
        f"/cases/{case.pk}/people/same/", {"first": twice[0].pk, "second": twice[1].pk, "verdict": "same"}
    )
    assert answer.status_code == 403
