"""The second lock on detentions, releases and on telling her of them.

What is written of him is judicial: read by who reads judicial records of the case, or wrote it; whoever is asked “still
detained?” reads what it is asked of. Who is asked is not for his side. That she is to be told, was told, or wishes it is
never read on his side, by its author neither: that table has no author at all.
"""

from django.conf import settings
from django.db import migrations

from cases import security
from common.security import append_only, policy

AGENCY = "(SELECT move_agency())"
CONTEXTS = ("reminders",)

DETENTION = "plans_detention"
ASK = "plans_detentionask"
ANSWER = "plans_detentionanswer"
RELEASE = "plans_release"
WISH = "plans_releasewish"
ALERT = "plans_releasealert"
RELEASE_ASK = "plans_releaseask"
TELLING = "plans_releasetelling"


def wrote(name: str, table: str, column: str) -> str:
    """A function: whether the acting agency wrote such a row about this one. The policies of the two tables would ask
    each other without end.
    """
    return f"""
CREATE FUNCTION {name}(about uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT EXISTS (SELECT 1 FROM {table} t WHERE t.{column} = about AND t.agency_id = move_agency()) $$;
REVOKE EXECUTE ON FUNCTION {name}(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION {name}(uuid) TO "{settings.APP_DATABASE_ROLE}";
"""


FUNCTIONS = (
    ("plans_told_of_release", TELLING, "alert_id"),
    ("plans_answered_detention", ANSWER, "detention_id"),
)


def by(column: str) -> str:
    return f"agency_id = move_agency() AND {column} = move_user()"


def judicial(table: str) -> str:
    return security.granted(f"{table}.case_id", "'view_judicial_case'")


def reaches_her(table: str) -> str:
    return security.granted(f"{table}.case_id", "'view_contact_victim'")


def written(table: str, *, also: str = "false") -> str:
    own = f"{table}.agency_id = {AGENCY}"
    return f"{security.case_visible(f'{table}.case_id')} AND ({judicial(table)} OR {own} OR {also})"


def in_case(table: str) -> str:
    """A row of one's own, in a case one sees."""
    return f"{by('author_id')} AND {security.case_visible(f'{table}.case_id')}"


def through(table: str, column: str, parent: str) -> str:
    return f"EXISTS (SELECT 1 FROM {parent} x WHERE x.id = {table}.{column})"


def telling(table: str) -> str:
    """Condition: the row is one of those by which she is told."""
    case = f"{table}.case_id"
    leads = security.case_led(case)
    asked = f"EXISTS (SELECT 1 FROM {RELEASE_ASK} a WHERE a.case_id = {case} AND a.agency_id = {AGENCY})"
    if table == RELEASE_ASK:
        asked = f"{RELEASE_ASK}.agency_id = {AGENCY}"
    # who was asked and has left reads its own words alone
    own = {
        ALERT: f"plans_told_of_release({ALERT}.id)",
        TELLING: f"{TELLING}.agency_id = {AGENCY}",
    }.get(table, "false")
    return (
        f"{security.case_visible(case)} AND NOT {security.stands(case)}"
        f" AND ({reaches_her(table)} OR {judicial(table)} OR {leads} OR ({asked} AND {security.takes_part(case)}) OR {own})"
    )


ASKED = f"EXISTS (SELECT 1 FROM {ASK} a WHERE a.detention_id = {{}} AND a.agency_id = {AGENCY})"
OF_DETENTION = f"{ASKED.format(f'{DETENTION}.id')} AND {security.takes_part(f'{DETENTION}.case_id')}"
OF_ANSWER = f"{ASKED.format(f'{ANSWER}.detention_id')} AND {security.takes_part(f'{ANSWER}.case_id')}"
ANSWERED = f"plans_answered_detention({DETENTION}.id)"

LOCKS = [
    policy(
        DETENTION,
        read=written(DETENTION, also=f"({OF_DETENTION}) OR {ANSWERED}"),
        insert=in_case(DETENTION),
        contexts=CONTEXTS,
    ),
    policy(
        ASK,
        read=f"{security.case_visible(f'{ASK}.case_id')} AND ({ASK}.agency_id = {AGENCY}"
        f" OR ({judicial(ASK)} AND NOT {security.stands(f'{ASK}.case_id')}))",
        insert="false",
        contexts=CONTEXTS,
    ),
    policy(
        ANSWER,
        read=written(ANSWER, also=f"({OF_ANSWER})"),
        insert=f"{by('author_id')} AND {through(ANSWER, 'detention_id', DETENTION)}",
        contexts=CONTEXTS,
    ),
    policy(RELEASE, read=written(RELEASE), insert=in_case(RELEASE), contexts=CONTEXTS),
    policy(
        WISH,
        read=f"{security.case_visible(f'{WISH}.case_id')} AND NOT {security.stands(f'{WISH}.case_id')}"
        f" AND ({reaches_her(WISH)} OR {WISH}.agency_id = {AGENCY})",
        insert=f"{by('author_id')} AND {reaches_her(WISH)} AND NOT {security.stands(f'{WISH}.case_id')}",
        contexts=CONTEXTS,
    ),
    policy(ALERT, read=telling(ALERT), insert="false", contexts=CONTEXTS),
    policy(RELEASE_ASK, read=telling(RELEASE_ASK), insert="false", contexts=CONTEXTS),
    policy(
        TELLING,
        read=telling(TELLING),
        insert=f"{by('author_id')} AND {through(TELLING, 'alert_id', ALERT)}",
        contexts=CONTEXTS,
    ),
]
TABLES = (DETENTION, ASK, ANSWER, RELEASE, WISH, ALERT, RELEASE_ASK, TELLING)


class Migration(migrations.Migration):
    dependencies = [("plans", "0007_custody")]
    operations = [
        *(migrations.RunSQL(wrote(*each), f"DROP FUNCTION {each[0]}(uuid)") for each in FUNCTIONS),
        *(migrations.RunSQL(*lock) for lock in LOCKS),
        *(migrations.RunSQL(*append_only(table)) for table in TABLES),
    ]
