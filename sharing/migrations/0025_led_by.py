"""A service that leads a case while it stands on his side is told neither of emergency accesses nor of incidents.

The same rule as `CaseQuerySet.led_by`.
"""

from importlib import import_module

from django.db import migrations

from cases import security
from common.security import instead, policy

room = import_module("sharing.migrations.0007_whole_room_security")
doors = import_module("cases.migrations.0019_every_door_security")


def led(where: str) -> list[tuple[str, str]]:
    """The policies of emergency accesses and incidents, where `where` says of which led cases they are told besides."""
    glass, incident, own = room.glass, room.incident, room.OWN
    of_glass = f"({glass}.agency_id = {own} AND {security.not_excluded(glass + '.case_id')})"
    here = f"({incident}.case_id IS NULL OR {room.visible(incident)})"
    of_incident = f"({incident}.agency_id = {own} AND {here})"
    return [
        policy(
            table,
            read=f"{mine} OR ({room.led(table)}{where.format(case=doors.not_on_his_side(f'{table}.case_id'))})",
            contexts=contexts,
        )
        for table, mine, contexts in (
            (glass, of_glass, ("oversight", "grants")),
            (incident, of_incident, ("oversight",)),
        )
    ]


LED = [instead(*each) for each in zip(led(""), led(" AND {case}"), strict=True)]


class Migration(migrations.Migration):
    dependencies = [("sharing", "0024_every_door_security"), ("cases", "0030_events_read")]
    operations = [migrations.RunSQL(*each) for each in LED]
