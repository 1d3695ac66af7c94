"""The second lock on programmes: his service, who holds work with him, and the authority that mandates.

On her side nothing of it is read, whatever was granted. The authority reads its mandates, and attendance and steps of
the days its mandates cover; the therapeutic plan never. An alert is read by its service and by whoever it goes to; the
service does not read to whom that is.
"""

from django.conf import settings
from django.db import migrations

from cases import security
from common.security import append_only, policy

AGENCY = "(SELECT move_agency())"
AUTHOR = "agency_id = move_agency() AND author_id = move_user()"
JUDICIAL = "('police', 'prosecutor', 'court', 'justice_house')"


def not_on_her_side(case: str) -> str:
    return "NOT " + security.stands(case, "'victim'")


def works_with_him(case: str) -> str:
    pair = security.granted(case, "move_codename('perpetrator_work', 'perpetrator')")
    return f"({pair} AND {not_on_her_side(case)})"


def read(table: str, by_right: str) -> str:
    """Its author, who holds work with him, and the authority by right."""
    case = f"{table}.case_id"
    return f"{security.case_visible(case)} AND ({table}.agency_id = {AGENCY} OR {works_with_him(case)} OR {by_right})"


def mandated(programme: str) -> str:
    return f"EXISTS (SELECT 1 FROM plans_mandate m WHERE m.programme_id = {programme} AND m.issuer_id = {AGENCY})"


def covered(table: str) -> str:
    """A mandate of the acting authority covers this day."""
    day = f'{table}."on"'
    return (
        "EXISTS (SELECT 1 FROM plans_mandate m LEFT JOIN plans_mandateend e ON e.mandate_id = m.id"
        f" WHERE m.programme_id = {table}.programme_id AND m.issuer_id = {AGENCY} AND {day} >= m.starts_on"
        f" AND (m.ends_on IS NULL OR {day} <= m.ends_on) AND (e.ended_on IS NULL OR {day} <= e.ended_on))"
    )


def through(table: str, column: str, parent: str) -> str:
    return f"EXISTS (SELECT 1 FROM {parent} x WHERE x.id = {table}.{column})"


def on_own(table: str, column: str, parent: str) -> str:
    """A row of one's own that hangs on another one of one's own."""
    own = f"EXISTS (SELECT 1 FROM {parent} x WHERE x.id = {table}.{column} AND x.agency_id = move_agency())"
    return f"{AUTHOR} AND {own}"


def holds(alert: str) -> str:
    """The alert goes to the acting agency: other ways are not visible to it."""
    return f"EXISTS (SELECT 1 FROM plans_alertroute r WHERE r.alert_id = {alert} AND r.to_agency_id = {AGENCY})"


# the policies of programmes and of their mandates would ask each other without end
FUNCTION = f"""
CREATE FUNCTION plans_wrote_programme(the_programme uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT EXISTS (SELECT 1 FROM plans_programme p WHERE p.id = the_programme AND p.agency_id = move_agency()) $$;
REVOKE EXECUTE ON FUNCTION plans_wrote_programme(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION plans_wrote_programme(uuid) TO "{settings.APP_DATABASE_ROLE}";
"""
PLAN = "plans_therapeuticplan"
ALERT = "plans_programmealert"
ROUTE = "plans_alertroute"
ANSWER = "plans_alertanswer"
TAKEN = "plans_alerttaken"
TOOK = f"EXISTS (SELECT 1 FROM {TAKEN} t WHERE t.alert_id = {ALERT}.id AND t.agency_id = {AGENCY})"
NO_AUTHORITY = f"NOT EXISTS (SELECT 1 FROM agencies_agency a WHERE a.id = {AGENCY} AND a.kind IN {JUDICIAL})"

LOCKS = [
    policy(
        "plans_programme",
        read=read("plans_programme", mandated("plans_programme.id")),
        insert=f"{AUTHOR} AND {security.case_visible('plans_programme.case_id')}",
        contexts=("reminders",),
    ),
    policy(
        "plans_mandate",
        read=read("plans_mandate", f"plans_mandate.issuer_id = {AGENCY}"),
        insert=f"{AUTHOR} AND plans_wrote_programme(plans_mandate.programme_id)",
        contexts=("reminders",),
    ),
    policy(
        "plans_mandateend",
        read=through("plans_mandateend", "mandate_id", "plans_mandate"),
        insert=on_own("plans_mandateend", "mandate_id", "plans_mandate"),
        contexts=("reminders",),
    ),
    policy(
        "plans_mandatereport",
        read=through("plans_mandatereport", "mandate_id", "plans_mandate"),
        insert=on_own("plans_mandatereport", "mandate_id", "plans_mandate"),
    ),
    policy(
        "plans_programmesession",
        read=read("plans_programmesession", covered("plans_programmesession")),
        insert=on_own("plans_programmesession", "programme_id", "plans_programme"),
    ),
    policy(
        "plans_sessionmark",
        read=through("plans_sessionmark", "session_id", "plans_programmesession"),
        insert=on_own("plans_sessionmark", "session_id", "plans_programmesession"),
    ),
    policy(
        "plans_programmestep",
        read=read("plans_programmestep", covered("plans_programmestep")),
        insert=on_own("plans_programmestep", "programme_id", "plans_programme"),
        contexts=("reminders",),
    ),
    policy(
        PLAN,
        read=f"{security.case_visible(f'{PLAN}.case_id')} AND ({PLAN}.agency_id = {AGENCY}"
        f" OR (NOT {PLAN}.internal AND {works_with_him(f'{PLAN}.case_id')} AND {NO_AUTHORITY}"
        f" AND NOT {mandated(f'{PLAN}.programme_id')}))",
        insert=on_own(PLAN, "programme_id", "plans_programme"),
    ),
    policy(
        ROUTE,
        read=f"{ROUTE}.to_agency_id = {AGENCY} AND {security.case_visible(f'{ROUTE}.case_id')}"
        f" AND {security.takes_part(f'{ROUTE}.case_id')}",
        insert="false",
        contexts=("reminders",),
    ),
    policy(
        ALERT,
        read=f"{security.case_visible(f'{ALERT}.case_id')}"
        f" AND ({ALERT}.agency_id = {AGENCY} OR {holds(f'{ALERT}.id')} OR {TOOK})",
        insert=on_own(ALERT, "programme_id", "plans_programme"),
        contexts=("reminders",),
    ),
    policy(
        "plans_alertreceipt",
        read=through("plans_alertreceipt", "alert_id", ALERT),
        insert=holds("plans_alertreceipt.alert_id"),
    ),
    policy(
        TAKEN,
        read=f"{security.case_visible(f'{TAKEN}.case_id')}"
        f" AND ({TAKEN}.agency_id = {AGENCY} OR {holds(f'{TAKEN}.alert_id')})",
        insert=f"{AUTHOR} AND {holds(f'{TAKEN}.alert_id')}",
    ),
    policy(
        ANSWER,
        read=f"{security.case_visible(f'{ANSWER}.case_id')}"
        f" AND ({ANSWER}.agency_id = {AGENCY} OR {holds(f'{ANSWER}.alert_id')}"
        f" OR ({ANSWER}.to_agency_id = {AGENCY} AND {security.takes_part(f'{ANSWER}.case_id')}))",
        insert=f"{AUTHOR} AND {holds(f'{ANSWER}.alert_id')}",
    ),
]
INSERT_ONLY = (
    "plans_programme",
    "plans_mandate",
    "plans_mandateend",
    "plans_mandatereport",
    "plans_programmesession",
    "plans_sessionmark",
    "plans_programmestep",
    PLAN,
    ALERT,
    ROUTE,
    "plans_alertreceipt",
    "plans_alerttaken",
    ANSWER,
)


class Migration(migrations.Migration):
    dependencies = [
        ("plans", "0009_programme"),
        ("cases", "0027_running_codes"),
        ("agencies", "0010_load_handover_security"),
    ]
    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION plans_wrote_programme(uuid)"),
        *(migrations.RunSQL(*lock) for lock in LOCKS),
        *(migrations.RunSQL(*append_only(table)) for table in INSERT_ONLY),
    ]
