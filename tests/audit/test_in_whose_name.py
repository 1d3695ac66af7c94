"""A row of a trail is written in the name of whoever acts; the database takes no other."""

from dataclasses import replace

import pytest
from django.db import DatabaseError, connection, transaction

from agencies.acting import acting_as
from audit.models import Action, AuditEvent, LogEntry
from audit.services import keeping, record, write_again
from audit.trouble import AuditUnavailable
from common import acting
from common.acting import SystemContext, system_context
from common.ids import uuid7

pytestmark = pytest.mark.django_db

EVENT = {"id": uuid7, "action": "read", "user_id": None, "agency_id": None, "system": ""}
ENTRY = {
    "id": uuid7, "content_type_id": 1, "object_pk": "x", "object_repr": "x", "action": 1, "actor_id": None,
    "agency_id": None, "system": "",
}  # fmt: skip


def insert(table: str, row: dict) -> None:
    values = [value() if callable(value) else value for value in row.values()]
    sql = f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join(['%s'] * len(row))})"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)


@pytest.mark.parametrize(
    ("table", "row", "person"),
    [("audit_auditevent", EVENT, "user_id"), ("audit_logentry", ENTRY, "actor_id")],
    ids=["event", "entry"],
)
def test_nobody_writes_in_anothers_name(world, table, row, person):
    me, other = world.officer, world.eva
    own = row | {person: me.user_id, "agency_id": me.agency_id}
    with acting_as(me):
        insert(table, own)
        for false in (
            {person: other.user_id},
            {person: None},
            {"agency_id": other.agency_id},
            {"agency_id": None},
            {"system": "reminders"},
            {person: None, "agency_id": None, "system": "reminders"},
        ):
            with pytest.raises(DatabaseError, match="row-level security"):
                insert(table, own | false)


def test_the_one_way_to_write_is_held_to_it_too(world, monkeypatch):
    with acting_as(world.officer) as who:
        monkeypatch.setattr(acting, "current", lambda: replace(who, user_id=world.eva.user_id))
        with pytest.raises(AuditUnavailable), transaction.atomic():
            record(action=Action.READ, object_kind="cases.summary")


def test_what_is_written_again_keeps_its_names(world):
    """An event of a system context and one of a person, after their transaction was taken back."""
    with keeping() as kept:
        with pytest.raises(RuntimeError), acting_as(world.officer):
            record(action=Action.READ, object_kind="one")
            with system_context(SystemContext.OVERSIGHT):
                record(action=Action.READ, object_kind="two")
            raise RuntimeError
    with acting_as(world.officer):
        assert not AuditEvent.objects.filter(object_kind__in=["one", "two"]).exists()
        write_again(kept)
        assert acting.current().user_id == world.officer.user_id
        rows = AuditEvent.objects.filter(object_kind__in=["one", "two"]).order_by("object_kind")
        assert [(row.user_id, row.agency_id, row.system) for row in rows] == [
            (world.officer.user_id, world.officer.agency_id, ""),
            (world.officer.user_id, world.officer.agency_id, "oversight"),
        ]


def test_a_system_context_signs_alone(world):
    with system_context(SystemContext.GRANTS):
        insert("audit_logentry", ENTRY | {"system": "grants"})
        with pytest.raises(DatabaseError, match="row-level security"):
            insert("audit_logentry", ENTRY | {"system": "checks"})
        with pytest.raises(DatabaseError, match="row-level security"):
            insert("audit_logentry", ENTRY | {"actor_id": world.officer.user_id})
    assert not LogEntry.objects.exists(), "without a context nothing is read"
