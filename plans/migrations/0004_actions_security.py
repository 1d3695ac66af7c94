"""The second lock on actions, the plan agreed on, her safety plan and close monitoring.

An action tells which service does what: it is read like the services that take part (`network` of its side), by its
owners, and never on his side unless it is about him. Her safety plan is read like a way to reach her. Of close monitoring
is told who receives the level or coordinates. Whatever was granted, his side reads nothing of the last two.
"""

from importlib import import_module

from django.conf import settings
from django.db import migrations

from cases import security
from common.security import append_only, policy

not_on_his_side = import_module("cases.migrations.0019_every_door_security").not_on_his_side

AGENCY = "(SELECT move_agency())"
ACTION, OWNER = "plans_action", "plans_actionowner"
PERIOD = "plans_monitoringperiod"
WRITTEN = "agency_id = move_agency() AND author_id = move_user()"


def hers_is_hers(table: str) -> str:
    return f"({table}.side = 'perpetrator' OR {not_on_his_side(f'{table}.case_id')})"


def through(table: str, column: str, parent: str) -> str:
    return f"EXISTS (SELECT 1 FROM {parent} x WHERE x.id = {table}.{column})"


def said(table: str, condition: str) -> str:
    """What others say is read by this condition; what the agency itself wrote, always."""
    return f"({table}.agency_id = {AGENCY} OR {condition})"


def in_case(table: str) -> str:
    """A row of one's own, in a case one sees."""
    return f"{WRITTEN} AND {security.case_visible(f'{table}.case_id')}"


def on_own(table: str, column: str, parent: str) -> str:
    """What hangs on a row that the acting agency wrote itself."""
    return f"EXISTS (SELECT 1 FROM {parent} x WHERE x.id = {table}.{column} AND x.agency_id = move_agency())"


# the policies of actions and of their owners would ask each other without end
FUNCTION = f"""
CREATE FUNCTION plans_wrote_action(the_action uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT EXISTS (SELECT 1 FROM plans_action a WHERE a.id = the_action AND a.agency_id = move_agency()) $$;
REVOKE EXECUTE ON FUNCTION plans_wrote_action(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION plans_wrote_action(uuid) TO "{settings.APP_DATABASE_ROLE}";
"""
STEP, PARENT = "plans_actionstep", through("plans_actionstep", "action_id", ACTION)
REFERRED, ACT = "plans_actionreferral", "plans_monitoringact"
OWNED = f"EXISTS (SELECT 1 FROM {OWNER} o WHERE o.action_id = {ACTION}.id AND o.owner_id = {AGENCY})"


def known(table: str) -> str:
    network = security.granted(f"{table}.case_id", f"move_codename('network', {table}.side)")
    return f"{network} OR {table}.agency_id = {AGENCY}"


def of_the_plan(table: str) -> str:
    pair = security.row(table, category="'network'", side="'victim'")
    return f"{pair} AND {not_on_his_side(f'{table}.case_id')}"


def of_her(table: str) -> str:
    pair = security.row(table, category="'contact'", side="'victim'")
    return f"{pair} AND {not_on_his_side(f'{table}.case_id')}"


LEVEL = security.granted(f"{PERIOD}.case_id", "'view_level_case'")
COORDINATES = security.granted(f"{PERIOD}.case_id", "'coordinate_case'")
LOOKS = " OR ".join(security.granted(f"{ACT}.case_id", name) for name in ("'view_level_case'", "'coordinate_case'"))
MONITORED = (
    f"{security.case_visible(f'{PERIOD}.case_id')} AND ({LEVEL} OR {COORDINATES} OR {PERIOD}.agency_id = {AGENCY})"
    f" AND {not_on_his_side(f'{PERIOD}.case_id')}"
)

LOCKS = [
    policy(
        ACTION,
        read=f"{security.case_visible(f'{ACTION}.case_id')} AND ({known(ACTION)} OR {OWNED}) AND {hers_is_hers(ACTION)}",
        insert=in_case(ACTION),
        contexts=("reminders",),
    ),
    policy(
        OWNER,
        read=f"{security.case_visible(f'{OWNER}.case_id')} AND ({known(OWNER)} OR {OWNER}.owner_id = {AGENCY}) AND {hers_is_hers(OWNER)}",
        insert=f"{WRITTEN} AND plans_wrote_action({OWNER}.action_id)",
        contexts=("reminders",),
    ),
    policy(
        STEP,
        read=f"{PARENT} AND {said(STEP, security.takes_part(f'{STEP}.case_id'))}",
        insert=f"{WRITTEN} AND {PARENT}",
        contexts=("reminders",),
    ),
    policy(
        REFERRED,
        read=through(REFERRED, "action_id", ACTION),
        insert=f"{WRITTEN} AND {on_own(REFERRED, 'action_id', ACTION)}",
        contexts=("reminders",),
    ),
    policy("plans_planagreement", read=of_the_plan("plans_planagreement"), insert=in_case("plans_planagreement")),
    policy(
        "plans_agreedaction",
        read=through("plans_agreedaction", "agreement_id", "plans_planagreement"),
        insert=on_own("plans_agreedaction", "agreement_id", "plans_planagreement"),
    ),
    policy(
        "plans_agreedagency",
        read=through("plans_agreedagency", "agreement_id", "plans_planagreement"),
        insert=on_own("plans_agreedagency", "agreement_id", "plans_planagreement"),
    ),
    policy("plans_safetyplan", read=of_her("plans_safetyplan"), insert=f"{WRITTEN} AND {of_her('plans_safetyplan')}"),
    policy(
        "plans_safetypaper",
        read=through("plans_safetypaper", "plan_id", "plans_safetyplan"),
        insert=f"{WRITTEN} AND {through('plans_safetypaper', 'plan_id', 'plans_safetyplan')}",
    ),
    policy(PERIOD, read=MONITORED, insert=in_case(PERIOD), contexts=("reminders",)),
    policy(
        ACT,
        read=f"{through(ACT, 'period_id', PERIOD)} AND {said(ACT, LOOKS)}",
        insert=f"{WRITTEN} AND {through(ACT, 'period_id', PERIOD)}",
        contexts=("reminders",),
    ),
]
INSERT_ONLY = (
    ACTION,
    OWNER,
    "plans_actionstep",
    "plans_actionreferral",
    "plans_planagreement",
    "plans_agreedaction",
    "plans_agreedagency",
    "plans_safetyplan",
    "plans_safetypaper",
    PERIOD,
    "plans_monitoringact",
)


class Migration(migrations.Migration):
    dependencies = [("plans", "0003_actions"), ("cases", "0019_every_door_security")]
    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION plans_wrote_action(uuid)"),
        *(migrations.RunSQL(*lock) for lock in LOCKS),
        *(migrations.RunSQL(*append_only(table)) for table in INSERT_ONLY),
    ]
