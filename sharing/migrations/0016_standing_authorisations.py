"""A standing authorisation is of no case, but not of everybody: without an acting agency that sees cases, no row."""

from django.db import migrations

from cases import security
from common.security import instead, policy

OWN = "(SELECT move_agency())"
TABLE = "sharing_prosecutorauthorisation"


def granted(codename: str) -> str:
    return security.granted(f"{TABLE}.case_id", f"'{codename}'")


def authorisation(standing: str) -> tuple[str, str]:
    own = " OR ".join(f"{TABLE}.{column} = {OWN}" for column in ("agency_id", "recipient_id", "prosecutor_id"))
    judicial = f"({granted('view_judicial_case')} AND {granted('view_network_victim')})"
    visible = security.case_visible(f"{TABLE}.case_id")
    read = f"{standing} OR ({visible} AND ({own} OR {judicial}))"
    return policy(TABLE, read=read, contexts=("grants", "reminders"))


ANYBODY = f"{TABLE}.case_id IS NULL"
SEES_CASES = f"({ANYBODY} AND (SELECT move_group()) IS NOT NULL)"


class Migration(migrations.Migration):
    dependencies = [("sharing", "0015_whose_services")]
    operations = [migrations.RunSQL(*instead(authorisation(ANYBODY), authorisation(SEES_CASES)))]
