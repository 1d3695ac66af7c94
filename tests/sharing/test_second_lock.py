"""Every table that holds something of a case is closed by the database itself."""

import pytest
from django.db import connection

from agencies.acting import acting_as
from cases.access import for_case
from cases.models import Case, CaseEvent, CasePerson, ContactPoint, Note, Person
from cases.services import write_note
from casework.referring import accept_referral, send_referral
from common.ids import uuid7
from followups.models import FollowUp
from notifications.models import Notice
from referrals.models import Referral
from reports.models import Report
from sharing.models import Consent, ConsentRecipient, SharingDecision
from tests.factories import make_report
from tests.referrals_acts import asked

# table: why it may do without a policy of its own; `app` has no privilege on it at all
EXCEPTIONS: dict[str, str] = {
    "cases_nameword": "the words that a search compares: `cases_search` alone reads them, and answers for who acts",
}

BOUND = """
WITH RECURSIVE links AS (
  SELECT conrelid AS child, confrelid AS parent FROM pg_constraint
  WHERE contype = 'f' AND connamespace = 'public'::regnamespace
), bound(oid) AS (
  SELECT 'cases_case'::regclass::oid
  UNION
  SELECT links.child FROM links JOIN bound ON links.parent = bound.oid
), named AS (
  SELECT a.attrelid AS oid FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
  WHERE a.attname = 'case_id' AND NOT a.attisdropped AND c.relnamespace = 'public'::regnamespace
    AND c.relkind IN ('r', 'p')
)
SELECT c.relname, c.relrowsecurity, c.relispartition,
  ARRAY(SELECT DISTINCT p.polcmd::text FROM pg_policy p WHERE p.polrelid = c.oid),
  has_table_privilege(%(app)s, c.oid, 'SELECT'), has_table_privilege(%(app)s, c.oid, 'INSERT')
    OR has_table_privilege(%(app)s, c.oid, 'UPDATE') OR has_table_privilege(%(app)s, c.oid, 'DELETE')
FROM pg_class c WHERE c.oid IN (SELECT oid FROM bound UNION SELECT oid FROM named) ORDER BY c.relname
"""
# rows of no case, or beside it, that carry something of one all the same
ALSO = ("cases_person", "reports_reportdraft")


def bound_tables() -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(BOUND, {"app": connection.settings_dict["USER"]})
        return cursor.fetchall()


@pytest.mark.django_db
def test_every_table_bound_to_a_case_has_its_policies():
    tables = bound_tables()
    assert len(tables) > 15, "the catalogue was read"
    for name, enabled, partition, commands, readable, writable in tables:
        if partition:
            # reached through its parent, whose policies hold; by its own name it is closed
            assert not readable and not writable, f"{name} can be reached beside the policies of its parent"
        elif name in EXCEPTIONS:
            assert not readable and not writable, f"{name} has no policy and the application reaches it"
        else:
            assert enabled and {"r", "a", "w", "d"} <= set(commands), f"{name} is bound to a case and has no lock"
    names = {row[0] for row in tables}
    assert set(EXCEPTIONS) <= names, "an exception for a table that is gone"


@pytest.mark.django_db
def test_the_application_owns_nothing_and_bypasses_nothing():
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (False, False, False)
        cursor.execute("SELECT count(*) FROM pg_class WHERE relowner = current_user::regrole")
        assert cursor.fetchone() == (0,)


class Story:
    """A case with everything in it: her shelter, his programme, notes of both, a referral under way."""

    def __init__(self, world):
        self.world = world
        self.case = make_report(world.officer).case
        for to, changes in (
            (world.shelter, {}),
            (world.programme, {"role": "presumed_perpetrator", "need": "perpetrator_work"}),
        ):
            with acting_as(world.officer):
                referral = send_referral(
                    by=world.officer, case_id=self.case.pk, asked=asked(self.case, to, **changes), request_key=uuid7()
                )
            with acting_as(to):
                accept_referral(by=to, referral_id=referral.pk)
        self._note(world.shelter, "psychosocial", "victim")
        self._note(world.shelter, "psychosocial", "victim", internal=True)
        self._note(world.programme, "perpetrator_work", "perpetrator")
        with acting_as(world.officer):
            self.sent = send_referral(
                by=world.officer,
                case_id=self.case.pk,
                asked=asked(self.case, world.stranger, need="social"),
                request_key=uuid7(),
            )

    def _note(self, by, category, side, internal=False):
        with acting_as(by):
            access = for_case(self.case, by)
            write_note(
                by=by, case=self.case, access=access, category=category, side=side, facts="…", internal=internal
            )  # fmt: skip


@pytest.fixture
def story(committed_world):
    return Story(committed_world)


MODELS = (
    Case, Person, CasePerson, ContactPoint, Note, CaseEvent, Report, Consent, ConsentRecipient, SharingDecision,
    Referral, FollowUp,
)  # fmt: skip


def seen_by(member) -> dict:
    """Everything this person gets from queries without any filter."""
    with acting_as(member):
        return {model: list(model.objects.all()) for model in MODELS}


@pytest.mark.django_db(transaction=True)
def test_queries_without_any_filter_return_what_each_may_see(story):
    world = story.world
    police, cell, shelter, programme = (
        seen_by(member) for member in (world.officer, world.eva, world.shelter, world.programme)
    )

    assert {cp.role for cp in police[CasePerson]} == {"victim", "presumed_perpetrator", "child"}
    assert len(police[Referral]) == 3 and len(police[Report]) == 1 and not police[Note]

    for hers in (cell, shelter):
        assert {cp.role for cp in hers[CasePerson]} == {"victim", "child"} and len(hers[Person]) == 2
        assert {point.side for point in hers[ContactPoint]} == {"victim"} and not hers[Report]
        assert all(event.category in ("contact", "network") or event.agency_id for event in hers[CaseEvent])
    assert {event.category for event in cell[CaseEvent]} == {"contact", "network"}
    assert len(shelter[Note]) == 2 and not cell[Note], "internal or not opened stays with its author"

    assert {cp.role for cp in programme[CasePerson]} == {"presumed_perpetrator"} and len(programme[Person]) == 1
    assert not programme[ContactPoint] and not programme[Report] and not programme[FollowUp][1:]
    assert [note.category for note in programme[Note]] == ["perpetrator_work"]
    assert {event.side for event in programme[CaseEvent]} == {"perpetrator"}
    assert {consent.side for consent in programme[Consent]} == {"perpetrator"}
    of_hers = {world.eva.agency_id, world.shelter.agency_id, world.stranger.agency_id}
    for row in programme[Referral] + programme[SharingDecision]:
        known = {getattr(row, name, None) for name in ("to_agency_id", "from_agency_id", "recipient_id", "agency_id")}
        assert not known & of_hers, f"{row} names a service of hers"
    assert not {row.agency_id for row in programme[ConsentRecipient]} & of_hers


@pytest.mark.django_db(transaction=True)
def test_who_was_only_asked_sees_the_question_and_what_it_owes(story):
    asked_only = seen_by(story.world.stranger)
    assert asked_only.pop(Referral) == [story.sent]
    (owed,) = asked_only.pop(FollowUp)
    assert (owed.kind, owed.about_id, owed.report_reference) == ("referral_answer", None, "")
    assert not any(asked_only.values())


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("who", ["other_officer", "prosecutor", "platform_admin"])
def test_who_takes_no_part_gets_nothing(story, who):
    assert not any(seen_by(getattr(story.world, who)).values())


@pytest.mark.django_db(transaction=True)
def test_without_a_context_every_table_is_empty(story):
    assert Notice.objects.count() == 0
    with connection.cursor() as cursor:
        for name, _enabled, partition, *_rest in bound_tables():
            if not partition and name not in EXCEPTIONS:
                cursor.execute(f'SELECT count(*) FROM "{name}"')
                assert cursor.fetchone() == (0,), name
        for name in ALSO:
            cursor.execute(f'SELECT count(*) FROM "{name}"')
            assert cursor.fetchone() == (0,), name


@pytest.mark.django_db(transaction=True)
def test_the_context_ends_with_its_block(story):
    with acting_as(story.world.officer):
        assert Case.objects.count() == 1
    assert Case.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_nobody_changes_or_removes_through_the_second_lock(story):
    """An update or a delete without a filter reaches only one's own; decided rows change for nobody."""
    with acting_as(story.world.programme):
        assert Referral.objects.filter(to_agency=story.world.shelter.agency).update(reason="x") == 0
        assert ContactPoint.objects.all().update(hours="x") == 0
        assert CasePerson.objects.filter(role="victim").update(relationship="x") == 0
    from django.db import DatabaseError, transaction

    for model in (SharingDecision, Consent, ConsentRecipient, CaseEvent, Note):
        with acting_as(story.world.officer), pytest.raises(DatabaseError), transaction.atomic():
            model.objects.all()._raw_delete(using="default")
