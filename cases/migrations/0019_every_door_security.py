"""The second lock on appointments, on what is known of children, on proceedings, and on who is one person.

Where a child is, who fetches it and where it is heard is never read on his side, whatever was granted. A proceeding is
read by who wrote it and by its own readers. That a suspect is known in two cases is for police and prosecutors.
"""

from django.db import migrations

from cases import security
from common.security import append_only, policy

AGENCY = "(SELECT move_agency())"


def by(column: str) -> str:
    return f"agency_id = move_agency() AND {column} = move_user()"


def not_on_his_side(case: str) -> str:
    return f"NOT {security.stands(case)}"


def through(table: str, column: str, parent: str) -> str:
    return f"EXISTS (SELECT 1 FROM {parent} x WHERE x.id = {table}.{column})"


def of_children(table: str) -> str:
    pair = security.row(table, category="'children'", side="'victim'")
    return f"{pair} AND {not_on_his_side(f'{table}.case_id')}"


READERS = (
    "EXISTS (SELECT 1 FROM cases_proceedingreader r WHERE r.proceeding_id = cases_proceeding.id"
    f" AND r.reader_id = {AGENCY} AND r.ended_at IS NULL)"
)
SAME = "cases_sameperson"
INVESTIGATES = f"EXISTS (SELECT 1 FROM agencies_agency a WHERE a.id = {AGENCY} AND a.kind IN ('police', 'prosecutor'))"


def names(case: str) -> str:
    return security.granted(f"{SAME}.{case}", f"move_codename('identity', {SAME}.side)")


LOCKS = [
    policy(
        "cases_appointment",
        read=security.row("cases_appointment", category="'contact'", side="cases_appointment.side"),
        insert=by("made_by_id"),
    ),
    policy(
        "cases_appointmentend",
        read=through("cases_appointmentend", "appointment_id", "cases_appointment"),
        insert=by("ended_by_id"),
    ),
    policy("cases_childcontact", read=of_children("cases_childcontact"), insert=by("recorded_by_id")),
    policy("cases_childarrangement", read=of_children("cases_childarrangement"), insert=by("recorded_by_id")),
    policy(
        "cases_proceeding",
        read=f"{security.case_visible('cases_proceeding.case_id')}"
        f" AND (cases_proceeding.agency_id = {AGENCY} OR {READERS}) AND {not_on_his_side('cases_proceeding.case_id')}",
        insert=by("opened_by_id"),
    ),
    policy(
        "cases_proceedingreader",
        read=f"{security.case_visible('cases_proceedingreader.case_id')}"
        f" AND (cases_proceedingreader.agency_id = {AGENCY} OR cases_proceedingreader.reader_id = {AGENCY})",
        write=f"cases_proceedingreader.agency_id = {AGENCY}",
        insert=by("added_by_id"),
    ),
    policy(
        "cases_proceedingstep",
        read=through("cases_proceedingstep", "proceeding_id", "cases_proceeding"),
        insert=by("author_id"),
    ),
    policy(
        SAME,
        read=f"{security.case_visible(f'{SAME}.first_case_id')} AND {security.case_visible(f'{SAME}.second_case_id')}"
        f" AND ({SAME}.agency_id = {AGENCY} OR ({names('first_case_id')} AND {names('second_case_id')}))"
        f" AND ({SAME}.side <> 'perpetrator' OR {SAME}.first_case_id = {SAME}.second_case_id OR {INVESTIGATES})",
        insert=by("decided_by_id"),
    ),
    policy(
        "cases_samepersonend",
        read=through("cases_samepersonend", "decision_id", SAME),
        insert=by("ended_by_id"),
    ),
]

INSERT_ONLY = (
    "cases_appointment",
    "cases_appointmentend",
    "cases_childarrangement",
    "cases_proceeding",
    "cases_proceedingstep",
    SAME,
    "cases_samepersonend",
    "cases_guide",
)


class Migration(migrations.Migration):
    dependencies = [("cases", "0018_every_door"), ("agencies", "0005_every_door")]
    operations = [
        *(migrations.RunSQL(*lock) for lock in LOCKS),
        *(migrations.RunSQL(*append_only(table)) for table in INSERT_ONLY),
    ]
