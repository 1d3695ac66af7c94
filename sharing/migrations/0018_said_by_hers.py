"""What a service of hers said aloud names that service: who may not know her services reads such a row nowhere.

The page tells his side what it heard without who spoke (`sharing/oral.py`).
"""

from django.conf import settings
from django.db import migrations

from cases import security
from common.security import instead, policy

OWN = "(SELECT move_agency())"
ORAL = "sharing_oraldisclosure"
# her services by their decisions here or by their usual side, as overview.py counts them; about rows told to us alone
ASK = f"""
CREATE FUNCTION sharing_heard_from_hers(wanted uuid) RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public AS $$ BEGIN
  RETURN EXISTS (
    SELECT 1 FROM sharing_oraldisclosure o JOIN agencies_agency a ON a.id = o.agency_id
    WHERE o.id = wanted AND o.to_agency_id = move_agency() AND (
      a.side = 'victim' OR EXISTS (
        SELECT 1 FROM sharing_sharingdecision d
        WHERE d.case_id = o.case_id AND d.recipient_id = o.agency_id AND d.side = 'victim'
      )
    )
  );
END $$;
REVOKE EXECUTE ON FUNCTION sharing_heard_from_hers(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sharing_heard_from_hers(uuid) TO "{settings.APP_DATABASE_ROLE}";
"""
FORGET = "DROP FUNCTION sharing_heard_from_hers(uuid);"


def oral(heard: str) -> tuple[str, str]:
    visible = security.case_visible(f"{ORAL}.case_id")
    return policy(ORAL, read=f"{visible} AND ({ORAL}.agency_id = {OWN} OR {heard})", contexts=("grants",))


TOLD = f"{ORAL}.to_agency_id = {OWN}"
KNOWS_HERS = security.granted(f"{ORAL}.case_id", "'view_network_victim'")


class Migration(migrations.Migration):
    dependencies = [("sharing", "0017_subject_access")]
    operations = [
        migrations.RunSQL(ASK, FORGET),
        migrations.RunSQL(
            *instead(oral(TOLD), oral(f"({TOLD} AND ({KNOWS_HERS} OR NOT sharing_heard_from_hers({ORAL}.id)))"))
        ),
    ]
