"""The second lock on needs, on migration backgrounds and on what endangers professionals.

What somebody needs is read by who sees that category of that side, and never across: his side reads nothing of hers,
hers nothing of his, whatever was granted. That there is a danger is read by whoever takes part; in whose words, not on
his side. `measures_check` is the check of a person by police and prosecutors on the road.
"""

from django.db import migrations

from cases import security
from common.security import append_only, policy

AGENCY = "(SELECT move_agency())"
ROAD = ("measures_check",)


def by(column: str) -> str:
    return f"agency_id = move_agency() AND {column} = move_user()"


def takes_part(case: str, condition: str) -> str:
    return (
        "EXISTS (SELECT 1 FROM cases_casegroupobjectpermission p WHERE p.group_id = (SELECT move_group())"
        f" AND p.content_object_id = {case} AND {security.LIVE} AND {condition})"
    )


def across(table: str) -> str:
    """Condition: the acting agency stands on the other side in this case."""
    sides = (
        f"(p.side = 'perpetrator' AND {table}.side = 'victim') OR (p.side = 'victim' AND {table}.side = 'perpetrator')"
    )
    return takes_part(f"{table}.case_id", f"p.permission_id = move_permission('view_case') AND ({sides})")


def needs(table: str, *, category: str) -> str:
    return f"{security.row(table, category=category, side=f'{table}.side')} AND NOT {across(table)}"


HEAD = "plans_needsassessment"
LINE = "plans_needline"
PARTNER = "plans_needspartner"
BACKGROUND = "plans_migrationbackground"
DANGER = "plans_staffdanger"
WORDS = "plans_staffdangerwords"
END = "plans_staffdangerend"

SOME_LINE = f"EXISTS (SELECT 1 FROM {LINE} l WHERE l.assessment_id = {HEAD}.id)"
NETWORK = security.granted(
    f"{PARTNER}.case_id",
    f"CASE WHEN {PARTNER}.side = 'perpetrator' THEN 'view_network_perpetrator' ELSE 'view_network_victim' END",
)
# own past work alone is no meeting with him any more
PRESENT = "p.permission_id NOT IN (move_permission('view_case'), move_permission('view_own_work'))"
HIS_SIDE = "p.permission_id = move_permission('view_case') AND p.side = 'perpetrator'"


def danger(table: str) -> str:
    case = f"{table}.case_id"
    return f"{security.case_visible(case)} AND ({table}.agency_id = {AGENCY} OR {takes_part(case, PRESENT)})"


LOCKS = [
    policy(LINE, read=needs(LINE, category=f"{LINE}.category"), insert="agency_id = move_agency()"),
    policy(
        HEAD,
        read=f"{security.case_visible(f'{HEAD}.case_id')} AND ({HEAD}.agency_id = {AGENCY} OR {SOME_LINE})"
        f" AND NOT {across(HEAD)}",
        insert=by("author_id"),
    ),
    policy(
        PARTNER,
        read=f"EXISTS (SELECT 1 FROM {HEAD} a WHERE a.id = {PARTNER}.assessment_id)"
        f" AND ({PARTNER}.agency_id = {AGENCY} OR {PARTNER}.partner_id = {AGENCY} OR {NETWORK})",
        insert="agency_id = move_agency()",
    ),
    policy(BACKGROUND, read=needs(BACKGROUND, category="'migration'"), insert=by("author_id")),
    policy(DANGER, read=danger(DANGER), insert=by("author_id"), contexts=ROAD),
    policy(
        WORDS,
        read=f"{danger(WORDS)} AND ({WORDS}.agency_id = {AGENCY} OR NOT {takes_part(f'{WORDS}.case_id', HIS_SIDE)})",
        insert="agency_id = move_agency()",
    ),
    policy(
        END,
        read=f"EXISTS (SELECT 1 FROM {DANGER} d WHERE d.id = {END}.danger_id)",
        insert=by("ended_by_id"),
        contexts=ROAD,
    ),
]


class Migration(migrations.Migration):
    dependencies = [("plans", "0001_needs")]
    operations = [
        *(migrations.RunSQL(*lock) for lock in LOCKS),
        *(migrations.RunSQL(*append_only(table)) for table in (HEAD, LINE, PARTNER, BACKGROUND, DANGER, WORDS, END)),
    ]
