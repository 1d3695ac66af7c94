"""Who is asked to answer a referral sees that it owes an answer before it sees the case.

The row says no more than that an answer is due, and when: the case and the person stay closed behind their identifiers.
"""

from importlib import import_module

from django.db import migrations

from cases import security
from common.security import instead, policy

before = import_module("followups.migrations.0002_security")

CASE, OWN = "followups_followup.case_id", "(SELECT move_agency())"
READ = (
    f"(followups_followup.agency_id = {OWN} OR followups_followup.planned_by_agency_id = {OWN})"
    f" AND ({security.case_visible(CASE)}"
    f" OR (followups_followup.kind = 'referral_answer' AND followups_followup.agency_id = {OWN}"
    f" AND {security.not_excluded(CASE)}))"
)
LOCK = policy("followups_followup", read=READ, contexts=("reminders",))


class Migration(migrations.Migration):
    dependencies = [("followups", "0002_security"), ("cases", "0005_hard_refusals")]
    operations = [migrations.RunSQL(*instead(before.FOLLOW_UP, LOCK))]
