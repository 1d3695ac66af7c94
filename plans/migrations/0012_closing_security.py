"""The second lock on what ends in a case: a service's part, the case itself, who leads it.

That a service works with her is known as its part is; how she may come back is read like how to reach her. Why a case
is closed or opened again is never read on his side, unless his own service wrote it. An offer of the lead stays between
the two services.
"""

from django.db import migrations

from cases import security
from common.security import append_only, policy

AGENCY = "(SELECT move_agency())"
PART, TOLD, CLOSING = "plans_agencyfollowup", "plans_returntold", "plans_caseclosing"
REOPENING, OFFER, ANSWER = "plans_casereopening", "plans_leadoffer", "plans_leadanswer"


def by(column: str) -> str:
    return f"agency_id = move_agency() AND {column} = move_user()"


def in_case(table: str, column: str) -> str:
    """A row of one's own, in a case one sees."""
    return f"{by(column)} AND {security.case_visible(f'{table}.case_id')}"


def network(table: str) -> str:
    """Who may know that a service on this side takes part."""
    side = f"CASE WHEN {table}.side = 'perpetrator' THEN 'perpetrator' ELSE 'victim' END"
    return security.row(table, category="'network'", side=side)


def not_on_his_side(case: str) -> str:
    return f"NOT {security.stands(case)}"


HERS = security.row(TOLD, category="'contact'", side="'victim'")
LOCKS = [
    policy(PART, read=network(PART), insert=in_case(PART, "author_id"), contexts=("reminders",)),
    policy(
        TOLD,
        read=f"{HERS} AND {not_on_his_side(f'{TOLD}.case_id')}",
        insert=f"{in_case(TOLD, 'author_id')} AND {not_on_his_side(f'{TOLD}.case_id')}",
        contexts=("reminders",),
    ),
    policy(
        CLOSING,
        read=security.row(CLOSING, category="'network'", side="'victim'"),
        insert=in_case(CLOSING, "closed_by_id"),
        contexts=("reminders",),
    ),
    policy(
        REOPENING,
        read=security.row(REOPENING, category="'network'", side="'victim'"),
        insert=in_case(REOPENING, "author_id"),
        contexts=("reminders",),
    ),
    policy(
        OFFER,
        read=f"{security.case_visible(f'{OFFER}.case_id')}"
        f" AND ({OFFER}.agency_id = {AGENCY} OR {OFFER}.to_agency_id = {AGENCY})",
        insert=in_case(OFFER, "author_id"),
        contexts=("reminders",),
    ),
    policy(
        ANSWER,
        read=f"EXISTS (SELECT 1 FROM {OFFER} x WHERE x.id = {ANSWER}.offer_id)",
        insert=f"{by('author_id')} AND EXISTS (SELECT 1 FROM {OFFER} x WHERE x.id = {ANSWER}.offer_id)",
        contexts=("reminders",),
    ),
]


def counted(table: str) -> tuple[str, str]:
    """Rows counted before a case closes, whoever may read them: one more policy for reading."""
    return (
        f"CREATE POLICY {table}_repeats ON {table} FOR SELECT USING ((SELECT move_context()) = 'repeats')",
        f"DROP POLICY {table}_repeats ON {table}",
    )


COUNTED = ("reports_situation", "reports_childexposure")
TABLES = (PART, TOLD, CLOSING, REOPENING, OFFER, ANSWER)


class Migration(migrations.Migration):
    dependencies = [("plans", "0011_closing"), ("cases", "0028_closing"), ("reports", "0013_tracking_sent")]
    operations = [
        *(migrations.RunSQL(*lock) for lock in LOCKS),
        *(migrations.RunSQL(*append_only(table)) for table in TABLES),
        *(migrations.RunSQL(*counted(table)) for table in COUNTED),
    ]
