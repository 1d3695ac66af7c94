"""The second lock on detentions, releases and on telling her of them.

What is written of him is judicial: read by who reads judicial records of the case, or wrote it; whoever is asked “still
detained?” reads what it is asked of. Who is asked is not for his side. That she is to be told, was told, or wishes it is
never read on his side, by its author neither: that table has no author at all.
"""

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


def by(column: str) -> str:
    return f"agency_id = move_agency() AND {column} = move_user()"


def his_side(case: str) -> str:
    """Condition: the acting agency works with him in this case."""
    return (
        "EXISTS (SELECT 1 FROM cases_casegroupobjectpermission v WHERE v.group_id = (SELECT move_group())"
        f" AND v.content_object_id = {case} AND v.permission_id = move_permission('view_case')"
        " AND v.side = 'perpetrator')"
    )


def judicial(table: str) -> str:
    return security.granted(f"{table}.case_id", "'view_judicial_case'")


def reaches_her(table: str) -> str:
    return security.granted(f"{table}.case_id", "'view_contact_victim'")


def written(table: str, *, also: str = "false") -> str:
    own = f"{table}.agency_id = {AGENCY}"
    return f"{security.case_visible(f'{table}.case_id')} AND ({judicial(table)} OR {own} OR {also})"


def telling(table: str) -> str:
    """Condition: the row is one of those by which she is told."""
    case = f"{table}.case_id"
    leads = f"EXISTS (SELECT 1 FROM cases_case l WHERE l.id = {case} AND l.lead_agency_id = {AGENCY})"
    asked = f"EXISTS (SELECT 1 FROM {RELEASE_ASK} a WHERE a.case_id = {case} AND a.agency_id = {AGENCY})"
    if table == RELEASE_ASK:
        asked = f"{RELEASE_ASK}.agency_id = {AGENCY}"
    return (
        f"{security.case_visible(case)} AND NOT {his_side(case)}"
        f" AND ({reaches_her(table)} OR {judicial(table)} OR {leads} OR {asked})"
    )


ASKED = f"EXISTS (SELECT 1 FROM {ASK} a WHERE a.detention_id = {{}} AND a.agency_id = {AGENCY})"

LOCKS = [
    policy(DETENTION, read=written(DETENTION, also=ASKED.format(f"{DETENTION}.id")), insert=by("author_id"),
           contexts=CONTEXTS),
    policy(
        ASK,
        read=f"{security.case_visible(f'{ASK}.case_id')} AND ({ASK}.agency_id = {AGENCY}"
        f" OR ({judicial(ASK)} AND NOT {his_side(f'{ASK}.case_id')}))",
        contexts=CONTEXTS,
    ),
    policy(ANSWER, read=written(ANSWER, also=ASKED.format(f"{ANSWER}.detention_id")), insert=by("author_id"),
           contexts=CONTEXTS),
    policy(RELEASE, read=written(RELEASE), insert=by("author_id"), contexts=CONTEXTS),
    policy(
        WISH,
        read=f"{security.case_visible(f'{WISH}.case_id')} AND NOT {his_side(f'{WISH}.case_id')}"
        f" AND ({reaches_her(WISH)} OR {WISH}.agency_id = {AGENCY})",
        insert=by("author_id"),
        contexts=CONTEXTS,
    ),
    policy(ALERT, read=telling(ALERT), contexts=CONTEXTS),
    policy(RELEASE_ASK, read=telling(RELEASE_ASK), contexts=CONTEXTS),
    policy(
        TELLING,
        read=telling(TELLING),
        insert="agency_id IS NULL OR (agency_id = move_agency() AND author_id = move_user())",
        contexts=CONTEXTS,
    ),
]  # fmt: skip
TABLES = (DETENTION, ASK, ANSWER, RELEASE, WISH, ALERT, RELEASE_ASK, TELLING)


class Migration(migrations.Migration):
    dependencies = [("plans", "0007_custody")]
    operations = [
        *(migrations.RunSQL(*lock) for lock in LOCKS),
        *(migrations.RunSQL(*append_only(table)) for table in TABLES),
    ]
