"""The second lock on needs, on migration backgrounds and on what endangers professionals.

What somebody needs is read by who sees that category of that side, and never across: his side reads nothing of hers,
hers nothing of his, whatever was granted. That there is a danger is read by whoever takes part; in whose words, not on
his side. `measures_check` is the check of a person by police and prosecutors on the road.
"""

from django.conf import settings
from django.db import migrations

from cases import security
from common.security import append_only, policy

AGENCY = "(SELECT move_agency())"
ROAD = ("measures_check",)


def by(column: str) -> str:
    return f"agency_id = move_agency() AND {column} = move_user()"


def in_case(table: str, column: str) -> str:
    """A row of one's own, in a case one sees."""
    return f"{by(column)} AND {security.case_visible(f'{table}.case_id')}"


def on_own(table: str, column: str, parent: str) -> str:
    """What hangs on a row that the acting agency wrote itself."""
    own = f"EXISTS (SELECT 1 FROM {parent} x WHERE x.id = {table}.{column} AND x.agency_id = move_agency())"
    return f"agency_id = move_agency() AND {own}"


def across(table: str) -> str:
    """Condition: the acting agency stands on the other side in this case."""
    other = f"CASE {table}.side WHEN 'victim' THEN 'perpetrator' WHEN 'perpetrator' THEN 'victim' END"
    return security.stands(f"{table}.case_id", other)


def needs(table: str, *, category: str) -> str:
    return f"{security.row(table, category=category, side=f'{table}.side')} AND NOT {across(table)}"


HEAD = "plans_needsassessment"
LINE = "plans_needline"
PARTNER = "plans_needspartner"
BACKGROUND = "plans_migrationbackground"
DANGER = "plans_staffdanger"
WORDS = "plans_staffdangerwords"
END = "plans_staffdangerend"

# the policies of an assessment and of its lines would ask each other without end
FUNCTION = f"""
CREATE FUNCTION plans_wrote_needs(the_assessment uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT EXISTS (SELECT 1 FROM {HEAD} a WHERE a.id = the_assessment AND a.agency_id = move_agency()) $$;
REVOKE EXECUTE ON FUNCTION plans_wrote_needs(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION plans_wrote_needs(uuid) TO "{settings.APP_DATABASE_ROLE}";
"""
SOME_LINE = f"EXISTS (SELECT 1 FROM {LINE} l WHERE l.assessment_id = {HEAD}.id)"
NETWORK = security.granted(
    f"{PARTNER}.case_id",
    f"CASE WHEN {PARTNER}.side = 'perpetrator' THEN 'view_network_perpetrator' ELSE 'view_network_victim' END",
)


def danger(table: str) -> str:
    case = f"{table}.case_id"
    return f"{security.case_visible(case)} AND ({table}.agency_id = {AGENCY} OR {security.takes_part(case)})"


LOCKS = [
    policy(
        LINE,
        read=needs(LINE, category=f"{LINE}.category"),
        insert=f"agency_id = move_agency() AND plans_wrote_needs({LINE}.assessment_id)",
    ),
    policy(
        HEAD,
        read=f"{security.case_visible(f'{HEAD}.case_id')} AND ({HEAD}.agency_id = {AGENCY} OR {SOME_LINE})"
        f" AND NOT {across(HEAD)}",
        insert=f"{in_case(HEAD, 'author_id')} AND NOT {across(HEAD)}",
    ),
    policy(
        PARTNER,
        read=f"EXISTS (SELECT 1 FROM {HEAD} a WHERE a.id = {PARTNER}.assessment_id)"
        f" AND ({PARTNER}.agency_id = {AGENCY} OR {PARTNER}.partner_id = {AGENCY} OR {NETWORK})",
        insert=on_own(PARTNER, "assessment_id", HEAD),
    ),
    policy(BACKGROUND, read=needs(BACKGROUND, category="'migration'"), insert=in_case(BACKGROUND, "author_id")),
    policy(DANGER, read=danger(DANGER), insert=in_case(DANGER, "author_id"), contexts=ROAD),
    policy(
        WORDS,
        read=f"{danger(WORDS)} AND ({WORDS}.agency_id = {AGENCY} OR NOT {security.stands(f'{WORDS}.case_id')})",
        insert=on_own(WORDS, "danger_id", DANGER),
    ),
    policy(
        END,
        read=f"EXISTS (SELECT 1 FROM {DANGER} d WHERE d.id = {END}.danger_id)",
        insert=f"{by('ended_by_id')} AND EXISTS (SELECT 1 FROM {DANGER} d WHERE d.id = {END}.danger_id)",
        contexts=ROAD,
    ),
]


class Migration(migrations.Migration):
    dependencies = [("cases", "0030_seen_by_function"), ("plans", "0001_needs")]
    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION plans_wrote_needs(uuid)"),
        *(migrations.RunSQL(*lock) for lock in LOCKS),
        *(migrations.RunSQL(*append_only(table)) for table in (HEAD, LINE, PARTNER, BACKGROUND, DANGER, WORDS, END)),
    ]
