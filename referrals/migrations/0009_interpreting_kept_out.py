"""Whoever is kept out of a case reads no request for an interpreter in it, in the service that is asked either."""

from importlib import import_module

from django.db import migrations

from cases import security
from common.security import instead, policy

room = import_module("referrals.migrations.0008_whole_room_security")

INSERT = f"from_agency_id = move_agency() AND {room.by('asked_by_id')}"
KEPT_OUT = f"cases_kept_out({room.REQUEST}.case_id, (SELECT move_user()), true)"
ASKED = (
    f"({room.REQUEST}.to_agency_id = {room.AGENCY} AND NOT {KEPT_OUT})"
    f" OR ({room.REQUEST}.from_agency_id = {room.AGENCY} AND {security.case_visible(f'{room.REQUEST}.case_id')})"
)


class Migration(migrations.Migration):
    dependencies = [("referrals", "0008_whole_room_security")]
    operations = [
        migrations.RunSQL(
            *instead(
                policy(room.REQUEST, read=room.ASKED, insert=INSERT), policy(room.REQUEST, read=ASKED, insert=INSERT)
            )
        )
    ]
