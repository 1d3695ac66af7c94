"""What rests on a consent or a decision asks for it through a function, so that reading decisions is planned once.

A policy that names a table is planned with that table's own policies, theirs, and so on: a question about decisions
held 1,800 sub-plans and took 25 ms to plan for less than one to run. A PL/pgSQL function is planned when it is first
called, apart and once per connection. It runs with the rights of who asks: what passes is unchanged.
"""

from importlib import import_module

from django.db import migrations

from cases import security
from common.security import instead, policy

first = import_module("sharing.migrations.0002_security")
before = import_module("sharing.migrations.0003_withdrawal")
OWN = before.OWN

QUESTIONS = {
    "sharing_reads_decision": "SELECT 1 FROM sharing_sharingdecision d WHERE d.id = wanted",
    "sharing_reads_consent": "SELECT 1 FROM sharing_consent s WHERE s.id = wanted",
    "sharing_rests_on_consent": "SELECT 1 FROM sharing_sharingdecision d"
    " WHERE d.consent_id = wanted AND d.recipient_id = move_agency()",
}
ASK = "\n".join(
    f"CREATE FUNCTION {name}(wanted uuid) RETURNS boolean LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public"
    f" AS $$ BEGIN RETURN EXISTS ({question}); END $$;"
    for name, question in QUESTIONS.items()
)
FORGET = "\n".join(f"DROP FUNCTION {name}(uuid);" for name in reversed(QUESTIONS))

identity = security.granted("sharing_consent.case_id", "move_codename('identity', sharing_consent.side)")
CONSENT = policy(
    "sharing_consent",
    read=f"{security.case_visible('sharing_consent.case_id')} AND (sharing_consent.agency_id = {OWN}"
    f" OR ({before.network('sharing_consent')} AND {identity})"
    " OR sharing_rests_on_consent(sharing_consent.id))",
    contexts=("grants", "reminders"),
)
WITHDRAWAL = policy(
    "sharing_consentwithdrawal",
    read="sharing_reads_consent(sharing_consentwithdrawal.consent_id)",
    contexts=("grants", "reminders"),
)
REVOCATION = policy(
    "sharing_sharingrevocation",
    read="sharing_reads_decision(sharing_sharingrevocation.decision_id)",
    contexts=("grants", "reminders"),
)
REVOCATION_BEFORE = first.LOCKS[-1]


class Migration(migrations.Migration):
    dependencies = [("sharing", "0003_withdrawal")]
    operations = [
        migrations.RunSQL(ASK, FORGET),
        migrations.RunSQL(*instead(before.CONSENT, CONSENT)),
        migrations.RunSQL(*instead(before.WITHDRAWAL, WITHDRAWAL)),
        migrations.RunSQL(*instead(REVOCATION_BEFORE, REVOCATION)),
    ]
