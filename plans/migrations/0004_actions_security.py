"""The second lock on actions, the plan agreed on, her safety plan and close monitoring.

An action tells which service does what: it is read like the services that take part (`network` of its side), by its
owners, and never on his side unless it is about him. Her safety plan is read like a way to reach her. Of close monitoring
is told who receives the level or coordinates. Whatever was granted, his side reads nothing of the last two.
"""

from importlib import import_module

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
MONITORED = (
    f"{security.case_visible(f'{PERIOD}.case_id')} AND ({LEVEL} OR {COORDINATES} OR {PERIOD}.agency_id = {AGENCY})"
    f" AND {not_on_his_side(f'{PERIOD}.case_id')}"
)

LOCKS = [
    policy(
        ACTION,
        read=f"{security.case_visible(f'{ACTION}.case_id')} AND ({known(ACTION)} OR {OWNED}) AND {hers_is_hers(ACTION)}",
        insert=WRITTEN,
        contexts=("reminders",),
    ),
    policy(
        OWNER,
        read=f"{security.case_visible(f'{OWNER}.case_id')} AND ({known(OWNER)} OR {OWNER}.owner_id = {AGENCY}) AND {hers_is_hers(OWNER)}",
        insert=WRITTEN,
        contexts=("reminders",),
    ),
    policy(
        "plans_actionstep",
        read=through("plans_actionstep", "action_id", ACTION),
        insert=WRITTEN,
        contexts=("reminders",),
    ),
    policy(
        "plans_actionreferral",
        read=through("plans_actionreferral", "action_id", ACTION),
        insert=WRITTEN,
        contexts=("reminders",),
    ),
    policy("plans_planagreement", read=of_the_plan("plans_planagreement"), insert=WRITTEN),
    policy(
        "plans_agreedaction",
        read=through("plans_agreedaction", "agreement_id", "plans_planagreement"),
        insert=through("plans_agreedaction", "agreement_id", "plans_planagreement"),
    ),
    policy(
        "plans_agreedagency",
        read=through("plans_agreedagency", "agreement_id", "plans_planagreement"),
        insert=through("plans_agreedagency", "agreement_id", "plans_planagreement"),
    ),
    policy("plans_safetyplan", read=of_her("plans_safetyplan"), insert=WRITTEN),
    policy("plans_safetypaper", read=through("plans_safetypaper", "plan_id", "plans_safetyplan"), insert=WRITTEN),
    policy(PERIOD, read=MONITORED, insert=WRITTEN, contexts=("reminders",)),
    policy(
        "plans_monitoringact",
        read=through("plans_monitoringact", "period_id", PERIOD),
        insert=WRITTEN,
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
        *(migrations.RunSQL(*lock) for lock in LOCKS),
        *(migrations.RunSQL(*append_only(table)) for table in INSERT_ONLY),
    ]
