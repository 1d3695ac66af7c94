"""Who measures: one member of a big, a median, a tiny and a closed agency, and the floor beside them."""

import os
from collections.abc import Mapping
from typing import Any

import psycopg

from agencies.models import Membership
from move.demo.volume import BIG, CLOSED, MEDIAN, TINY

SHAPES = {name.removeprefix("volume "): name for name in (BIG, MEDIAN, TINY, CLOSED)}
# what `common.acting` says at the beginning and at the end of its transaction
SETTINGS = (
    "SELECT set_config('app.user_id', %(user)s, true), set_config('app.agency_id', %(agency)s, true),"
    " set_config('app.group_id', %(group)s, true), set_config('app.context', '', true)"
)
NOBODY = {"user": "", "agency": "", "group": ""}


def member(shape: str) -> Membership:
    """The first user of the agency: the one with exclusions and restricted cases."""
    user = {"role": "practitioner", "user__email__endswith": "-1@example.org"}
    return Membership.objects.select_related("agency", "user").get(agency__short_name=SHAPES[shape], **user)


class Floor:
    """The owner, whom no policy stops, with psycopg alone: BEGIN, set_config, rows, set_config, COMMIT."""

    def __init__(self, membership: Membership) -> None:
        self.connection = psycopg.connect(os.environ["DATABASE_OWNER_URL"])
        self.settings = {
            "user": str(membership.user_id),
            "agency": str(membership.agency_id),
            "group": str(membership.agency.group_id),
        }

    def rows(self, sql: str, values: Mapping[str, Any]) -> list[tuple]:
        with self.connection.cursor() as cursor:
            cursor.execute(SETTINGS, self.settings)
            found = cursor.execute(sql, values).fetchall()
            cursor.execute(SETTINGS, NOBODY)
        self.connection.commit()
        return found
