"""The second lock of this room. Consents, decisions and revocations are insert-only.

A decision is seen by the agency it names, by the one that took it, and, within a visible case, by who may know which
services take part on that side. Recomputing another agency's sum happens in the `grants` context.
"""

from django.db import migrations

from cases import security
from common.security import append_only, policy

NETWORK = "CASE WHEN sharing_sharingdecision.side = 'perpetrator' THEN 'view_network_perpetrator' ELSE 'view_network_victim' END"
OWN = "(SELECT move_agency())"

LOCKS = [
    policy(
        "sharing_consent",
        read=security.row("sharing_consent", category="'identity'", side="sharing_consent.side"),
        contexts=("grants", "reminders"),
    ),
    policy(
        "sharing_consentrecipient",
        read=f"sharing_consentrecipient.agency_id = {OWN} OR EXISTS"
        " (SELECT 1 FROM sharing_consent s WHERE s.id = sharing_consentrecipient.consent_id)",
        contexts=("grants",),
    ),
    policy(
        "sharing_sharingdecision",
        read=f"{security.case_visible('sharing_sharingdecision.case_id')} AND"
        f" (sharing_sharingdecision.recipient_id = {OWN} OR sharing_sharingdecision.agency_id = {OWN}"
        f" OR {security.granted('sharing_sharingdecision.case_id', NETWORK)})",
        contexts=("grants", "reminders"),
    ),
    policy(
        "sharing_sharingrevocation",
        read="EXISTS (SELECT 1 FROM sharing_sharingdecision d WHERE d.id = sharing_sharingrevocation.decision_id)",
        contexts=("grants", "reminders"),
    ),
]


class Migration(migrations.Migration):
    dependencies = [("sharing", "0001_initial"), ("cases", "0002_security")]
    operations = [
        *(migrations.RunSQL(*lock) for lock in LOCKS),
        *(
            migrations.RunSQL(*append_only(table))
            for table in (
                "sharing_consent",
                "sharing_consentrecipient",
                "sharing_sharingdecision",
                "sharing_sharingrevocation",
                "sharing_sharingdefault",
            )
        ),
    ]
