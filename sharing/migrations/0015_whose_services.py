"""What names a service that follows her is closed to his side, whatever else it reads.

An authorisation names the service it is for: who reads judicial content reads those of others only where it may know
the services of the victim. The steps of a safety incident say what was done for her and by whom: of a case, they are
read by who wrote them and by who may know these services. And what one asked of another service is closed to who is
kept out of the case, not named in a restricted one too.
"""

from django.db import migrations

from cases import security
from common.security import instead, policy

OWN = "(SELECT move_agency())"
AUTHORISATION, STEP = "sharing_prosecutorauthorisation", "sharing_incidentstep"
REQUEST = "sharing_informationrequest"


def granted(table: str, codename: str) -> str:
    return security.granted(f"{table}.case_id", f"'{codename}'")


def authorisation(judicial: str) -> tuple[str, str]:
    own = " OR ".join(f"{AUTHORISATION}.{column} = {OWN}" for column in ("agency_id", "recipient_id", "prosecutor_id"))
    visible = security.case_visible(f"{AUTHORISATION}.case_id")
    read = f"{AUTHORISATION}.case_id IS NULL OR ({visible} AND ({own} OR {judicial}))"
    return policy(AUTHORISATION, read=read, contexts=("grants", "reminders"))


def step(read: str) -> tuple[str, str]:
    return policy(STEP, read=read, contexts=("oversight",))


JUDICIAL = granted(AUTHORISATION, "view_judicial_case")
INCIDENT = f"sharing_reads_incident({STEP}.incident_id)"
KNOWN = f"{STEP}.case_id IS NULL OR {STEP}.agency_id = {OWN} OR {granted(STEP, 'view_network_victim')}"


def request(kept_out: str) -> tuple[str, str]:
    received = f"{REQUEST}.to_agency_id = {OWN} AND {security.case_visible(f'{REQUEST}.case_id')}"
    read = f"({REQUEST}.from_agency_id = {OWN} OR ({received})) AND {kept_out}"
    return policy(REQUEST, read=read, contexts=("reminders",))


NOT_KEPT_OUT = f"NOT cases_kept_out({REQUEST}.case_id, (SELECT move_user()), false)"


class Migration(migrations.Migration):
    dependencies = [("sharing", "0014_case_shape")]
    operations = [
        migrations.RunSQL(
            *instead(
                authorisation(JUDICIAL),
                authorisation(f"({JUDICIAL} AND {granted(AUTHORISATION, 'view_network_victim')})"),
            )
        ),
        migrations.RunSQL(*instead(step(INCIDENT), step(f"{INCIDENT} AND ({KNOWN})"))),
        migrations.RunSQL(*instead(request(security.not_excluded(f"{REQUEST}.case_id")), request(NOT_KEPT_OUT))),
    ]
