"""A decision by hand is taken once: the same form, sent twice, is one decision. The labels of the bases lose their
articles, which `sharing.law` gives in both numberings. And the prosecutor who gave an authorisation reads it wherever
it sees the case, whoever wrote it down.
"""

from django.db import migrations, models

from cases import security
from common.security import instead, policy

TABLE = "sharing_prosecutorauthorisation"
OWN = "(SELECT move_agency())"
CONTEXTS = ("grants", "reminders")
JUDICIAL = security.granted(f"{TABLE}.case_id", "'view_judicial_case'")


def read(*agencies: str) -> str:
    own = " OR ".join(f"{TABLE}.{column} = {OWN}" for column in agencies)
    return f"{TABLE}.case_id IS NULL OR ({security.case_visible(f'{TABLE}.case_id')} AND ({own} OR {JUDICIAL}))"


BEFORE = policy(TABLE, read=read("agency_id", "recipient_id"), contexts=CONTEXTS)
AFTER = policy(TABLE, read=read("agency_id", "recipient_id", "prosecutor_id"), contexts=CONTEXTS)


class Migration(migrations.Migration):
    dependencies = [
        ("sharing", "0010_consent_evidence"),
    ]

    operations = [
        migrations.AddField(
            model_name="sharingdecision",
            name="request_key",
            field=models.UUIDField(editable=False, null=True, unique=True),
        ),
        migrations.AlterField(
            model_name="oraldisclosure",
            name="basis",
            field=models.CharField(
                choices=[
                    ("own_record", "recorded by the agency itself"),
                    ("consent", "consent"),
                    ("shared_secret", "shared professional secret"),
                    ("consultation", "consultation"),
                    ("report_to_prosecutor", "report to the prosecutor"),
                    ("grave_danger", "grave danger"),
                    ("legal_obligation", "legal obligation"),
                    ("prosecutor_authorisation", "authorisation of the prosecutor"),
                ],
                max_length=30,
                verbose_name="basis",
            ),
        ),
        migrations.AlterField(
            model_name="sharingdecision",
            name="basis",
            field=models.CharField(
                choices=[
                    ("own_record", "recorded by the agency itself"),
                    ("consent", "consent"),
                    ("shared_secret", "shared professional secret"),
                    ("consultation", "consultation"),
                    ("report_to_prosecutor", "report to the prosecutor"),
                    ("grave_danger", "grave danger"),
                    ("legal_obligation", "legal obligation"),
                    ("prosecutor_authorisation", "authorisation of the prosecutor"),
                ],
                max_length=30,
                verbose_name="basis",
            ),
        ),
        migrations.RunSQL(*instead(BEFORE, AFTER)),
    ]
