"""The second lock on situations, verifications, what children lived through, and the line to the prosecutor.

What a prosecutor's office received and does with it is read by that office and by the police that sent it, nobody else.
"""

from django.db import migrations

from cases import security
from common.security import append_only, policy

AGENCY = "(SELECT move_agency())"
TRACKING = "reports_tracking"


def by(column: str) -> str:
    return f"agency_id = move_agency() AND {column} = move_user()"


def by_pair(table: str) -> str:
    return security.row(table, category=f"{table}.category", side=f"{table}.side")


def tracked(table: str) -> str:
    return f"EXISTS (SELECT 1 FROM {TRACKING} t WHERE t.id = {table}.tracking_id)"


LOCKS = [
    policy("reports_situation", read=by_pair("reports_situation"), insert=by("author_id")),
    policy("reports_childexposure", read=by_pair("reports_childexposure"), insert=by("author_id")),
    policy("reports_reportverification", read=by_pair("reports_reportverification"), insert=by("verified_by_id")),
    policy(
        TRACKING,
        read=f"{security.case_visible(f'{TRACKING}.case_id')}"
        f" AND ({TRACKING}.prosecutor_id = {AGENCY} OR {TRACKING}.police_id = {AGENCY})",
        insert="sender_id = move_agency()",
    ),
    policy("reports_trackingact", read=tracked("reports_trackingact"), insert=by("done_by_id")),
    policy("reports_prosecutordecision", read=tracked("reports_prosecutordecision"), insert=by("decided_by_id")),
]

INSERT_ONLY = (
    "reports_situation",
    "reports_childexposure",
    "reports_reportverification",
    TRACKING,
    "reports_trackingact",
    "reports_prosecutordecision",
    "reports_hintlist",
)


class Migration(migrations.Migration):
    dependencies = [("reports", "0009_every_door"), ("cases", "0019_every_door_security")]
    operations = [
        *(migrations.RunSQL(*lock) for lock in LOCKS),
        *(migrations.RunSQL(*append_only(table)) for table in INSERT_ONLY),
    ]
