"""Requests about one's data, their checks and answers are written by who acts; nobody checks what they wrote down.

The services say so first: these are the same rules, where the rows are taken in.
"""

from django.db import migrations

AGENCY = "agency_id = move_agency()"
SECOND_PERSON = (
    "EXISTS (SELECT 1 FROM sharing_subjectrequest r WHERE r.id = sharing_subjectcheck.request_id"
    " AND r.case_id = sharing_subjectcheck.case_id AND r.recorded_by_id <> move_user())"
)
AUTHORS = {
    "sharing_subjectrequest": f"{AGENCY} AND recorded_by_id = move_user()",
    "sharing_subjectcheck": f"{AGENCY} AND checked_by_id = move_user() AND {SECOND_PERSON}",
    "sharing_subjectcheckwords": AGENCY,
    "sharing_subjectanswer": f"{AGENCY} AND answered_by_id = move_user()",
}


def only(table: str, condition: str) -> migrations.RunSQL:
    policy = f"ALTER POLICY {table}_insert ON {table} WITH CHECK"
    return migrations.RunSQL(f"{policy} ({condition})", f"{policy} (true)")


class Migration(migrations.Migration):
    dependencies = [("sharing", "0019_hers_not_to_his")]
    operations = [only(*each) for each in AUTHORS.items()]
