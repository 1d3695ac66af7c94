"""The second lock on protection measures.

Judicial, of the case. On his side what she holds is never read, and the rest only once he was notified: not that it was
asked for, not who else was told, not what others say he did. The end that is reached is written by nobody, in the context
`reminders`, and so is what turns then. `measures_check` answers police and prosecutors about one person, in every case.
"""

from importlib import import_module

from django.conf import settings
from django.db import migrations

from cases import security
from common.security import append_only, policy

not_on_his_side = import_module("cases.migrations.0019_every_door_security").not_on_his_side

AGENCY = "(SELECT move_agency())"
MEASURE, STEP = "plans_protectionmeasure", "plans_measurestep"
TOLD, BREACH, ADDRESS = "plans_measuretold", "plans_measurebreach", "plans_declaredaddress"
AUTHOR = "agency_id = move_agency() AND author_id = move_user()"
ROLE = settings.APP_DATABASE_ROLE
CONTEXTS = ("reminders", "measures_check")

FUNCTIONS = f"""
CREATE FUNCTION plans_measure_notified(the_measure uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT EXISTS (SELECT 1 FROM plans_measurestep s WHERE s.measure_id = the_measure AND s.act = 'notify') $$;
REVOKE EXECUTE ON FUNCTION plans_measure_notified(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION plans_measure_notified(uuid) TO "{ROLE}";

CREATE FUNCTION plans_measure_checks() RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT count(*) FROM audit_auditevent e
  WHERE e.user_id = move_user() AND e.action = 'searched' AND e.object_kind = 'plans.road_check'
    AND e.at > clock_timestamp() - interval '1 hour' $$;
REVOKE EXECUTE ON FUNCTION plans_measure_checks() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION plans_measure_checks() TO "{ROLE}";
"""
FORGET = "DROP FUNCTION plans_measure_checks(); DROP FUNCTION plans_measure_notified(uuid);"


def seen(table: str) -> str:
    return f"EXISTS (SELECT 1 FROM {MEASURE} m WHERE m.id = {table}.measure_id)"


def of_measure(table: str, on_his_side: str) -> str:
    """What hangs on a measure that is read: judicial, or one's own; on his side, what this condition leaves."""
    pair = security.row(table, category="'judicial'", side="'case'")
    return f"{seen(table)} AND {pair} AND ({on_his_side} OR {not_on_his_side(f'{table}.case_id')})"


def written(table: str) -> str:
    """A row of one's own, on a measure one reads."""
    return f"{AUTHOR} AND {seen(table)}"


PAIR = security.row(MEASURE, category="'judicial'", side="'case'")
HIS = f"(NOT {MEASURE}.hers AND plans_measure_notified({MEASURE}.id))"
TIME = "((SELECT move_context()) = 'reminders' AND author_id IS NULL AND act = 'run_out')"
LOCKS = [
    policy(
        MEASURE,
        read=f"{PAIR} AND ({not_on_his_side(f'{MEASURE}.case_id')} OR {HIS})",
        insert=f"{AUTHOR} AND {security.case_visible(f'{MEASURE}.case_id')}",
        contexts=CONTEXTS,
    ),
    policy(
        STEP,
        read=of_measure(STEP, f"{STEP}.act IN ('notify', 'hearing', 'extend', 'run_out', 'lift', 'end')"),
        insert=f"({written(STEP)}) OR {TIME}",
        contexts=CONTEXTS,
    ),
    policy(TOLD, read=of_measure(TOLD, f"{TOLD}.whom = 'perpetrator'"), insert=written(TOLD)),
    policy(BREACH, read=of_measure(BREACH, f"{BREACH}.agency_id = {AGENCY}"), insert=written(BREACH)),
    policy(ADDRESS, read=of_measure(ADDRESS, "true"), insert=written(ADDRESS)),
]

READ_TOO = ("cases_case", "cases_caseperson", "cases_person")


def opened(table: str) -> tuple[str, str]:
    """SQL (forwards, backwards) that lets the `measures_check` context read `table`."""
    name = f"{table}_measures_check"
    return (
        f"CREATE POLICY {name} ON {table} FOR SELECT USING ((SELECT move_context()) = 'measures_check')",
        f"DROP POLICY {name} ON {table}",
    )


TURN = "riskassessment_turningpoint"


def turning(insert: str, read: str) -> str:
    return f"""
DROP POLICY {TURN}_insert ON {TURN}; DROP POLICY {TURN}_read ON {TURN};
CREATE POLICY {TURN}_insert ON {TURN} FOR INSERT WITH CHECK ({insert});
CREATE POLICY {TURN}_read ON {TURN} FOR SELECT USING ({read});
"""


TURNS = security.row(TURN, category=f"{TURN}.category", side=f"{TURN}.side")
# of what stands on her side, his reads what it wrote itself, whatever was granted
HERS_TO_HIM = f"({TURN}.side <> 'victim' OR {TURN}.agency_id = {AGENCY} OR {not_on_his_side(f'{TURN}.case_id')})"
ENDED = f"((SELECT move_context()) = 'reminders' AND kind = 'measure_ended') OR ({AUTHOR})"


class Migration(migrations.Migration):
    dependencies = [
        ("plans", "0005_measures"),
        ("cases", "0019_every_door_security"),
        ("riskassessment", "0006_whole_room_security"),
        ("audit", "0001_initial"),
    ]
    operations = [
        migrations.RunSQL(FUNCTIONS, FORGET),
        *(migrations.RunSQL(*lock) for lock in LOCKS),
        *(migrations.RunSQL(*append_only(table)) for table in (MEASURE, STEP, TOLD, BREACH, ADDRESS)),
        *(migrations.RunSQL(*opened(table)) for table in READ_TOO),
        migrations.RunSQL(turning(ENDED, f"{TURNS} AND {HERS_TO_HIM}"), turning(AUTHOR, TURNS)),
    ]
