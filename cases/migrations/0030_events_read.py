"""The lines that a side never reads, in the policy of events too; and they do not move a case in the lists of that side.

The same rule as `cases.timeline.kept_from`: a test compares the two. A reader named in a proceeding reads it while it is
one of the services of the case, as `cases.proceedings.readable` says: an emergency access is not enough.
"""

from importlib import import_module

from django.conf import settings
from django.db import migrations

from cases import security
from common.security import instead, policy

first = import_module("cases.migrations.0002_security")
sort_keys = import_module("cases.migrations.0023_sort_keys_of_his_side")
doors = import_module("cases.migrations.0019_every_door_security")
fixed = import_module("cases.migrations.0025_search_path_of_sort_keys")

ROLE = settings.APP_DATABASE_ROLE
EVENT = "cases_caseevent"

KEPT = f"""
CREATE FUNCTION cases_kept_from(the_side text, code text, payload jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT (the_side = 'perpetrator' AND cases_kept_from_his_side(code, payload))
    OR (the_side = 'victim' AND code IN ('programme_begun', 'programme_moved')) $$;
REVOKE EXECUTE ON FUNCTION cases_kept_from(text, text, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION cases_kept_from(text, text, jsonb) TO "{ROLE}";
GRANT EXECUTE ON FUNCTION cases_kept_from_his_side(text, jsonb) TO "{ROLE}";
"""
KEPT_BACK = f"""
REVOKE EXECUTE ON FUNCTION cases_kept_from_his_side(text, jsonb) FROM "{ROLE}";
DROP FUNCTION cases_kept_from(text, text, jsonb);
"""

# which lines are hidden from somebody is asked of the row alone; the side, of the few that are
HIDDEN = " OR ".join(
    f"(cases_kept_from({side}, {EVENT}.code, {EVENT}.payload) AND {security.stands(f'{EVENT}.case_id', side)})"
    for side in ("'perpetrator'", "'victim'")
)
ROW = security.row(EVENT, category=f"{EVENT}.category", side=f"{EVENT}.side")
LOCK, UNLOCK = instead(first.LOCKS[EVENT], policy(EVENT, read=f"{ROW} AND NOT ({HIDDEN})"))

HIS_ALONE = "the_side = 'perpetrator' AND cases_kept_from_his_side(e.code, e.payload)"
HIS_ALONE_NEW = "v.side = 'perpetrator' AND cases_kept_from_his_side(NEW.code, NEW.payload)"
ACTIVITY = sort_keys.ACTIVITY.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
BEFORE = ACTIVITY + sort_keys.after_event(f"\n      AND NOT ({HIS_ALONE_NEW})")
NOW = BEFORE.replace(HIS_ALONE, "cases_kept_from(the_side, e.code, e.payload)").replace(
    HIS_ALONE_NEW, "cases_kept_from(v.side, NEW.code, NEW.payload)"
)
REPAIR = sort_keys.REPAIR.replace("v.side = 'perpetrator'", "v.side IN ('perpetrator', 'victim')")

PROCEEDING = "cases_proceeding"
IN_NETWORK = " OR ".join(
    security.granted(f"{PROCEEDING}.case_id", f"'view_network_{side}'") for side in ("victim", "perpetrator")
)


def proceeding(readers: str) -> tuple[str, str]:
    """Its policy, where `readers` says which readers that were named read it."""
    case = f"{PROCEEDING}.case_id"
    own = f"{PROCEEDING}.agency_id = {doors.AGENCY}"
    read = f"{security.case_visible(case)} AND ({own} OR {readers}) AND {doors.not_on_his_side(case)}"
    return policy(PROCEEDING, read=read, insert=doors.by("opened_by_id"))


PROCEEDINGS = instead(proceeding(doors.READERS), proceeding(f"({doors.READERS} AND ({IN_NETWORK}))"))


class Migration(migrations.Migration):
    dependencies = [("cases", "0030_seen_by_function")]
    operations = [
        migrations.RunSQL(*PROCEEDINGS),
        migrations.RunSQL(KEPT + NOW + fixed.FIXED + REPAIR + LOCK, UNLOCK + BEFORE + fixed.FIXED + KEPT_BACK + REPAIR),
    ]
