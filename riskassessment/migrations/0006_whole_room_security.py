"""The second lock of the whole room.

A conclusion is read like its grid (its own category and side). Reviews, duties and turning points have their own pair,
and are written in nobody's name but one's own. What was asked of the coordination is read by who asked and by who is
asked. Two contexts read across agencies: `levels` (to sum what a case stands at) and `repeats` (to count events).
"""

from django.db import migrations

from cases import security
from common.security import append_only, instead, policy

AUTHOR = "agency_id = move_agency() AND author_id = move_user()"


def by_pair(table: str) -> str:
    return security.row(table, category=f"{table}.category", side=f"{table}.side")


CONCLUSION = instead(
    policy(
        "riskassessment_conclusion", read=security.row("riskassessment_conclusion", category="'level'", side="'case'")
    ),
    policy("riskassessment_conclusion", read=by_pair("riskassessment_conclusion"), insert=AUTHOR),
)

DUTY = by_pair("riskassessment_gridduty").replace(
    "riskassessment_gridduty.agency_id = (SELECT move_agency())",
    "riskassessment_gridduty.agency_id = (SELECT move_agency())"
    " OR riskassessment_gridduty.responsible_id = (SELECT move_agency())",
)

REQUEST = (
    "(riskassessment_coordinationrequest.agency_id = (SELECT move_agency())"
    " OR riskassessment_coordinationrequest.coordination_id = (SELECT move_agency()))"
    " AND (riskassessment_coordinationrequest.case_id IS NULL OR "
    + security.not_excluded("riskassessment_coordinationrequest.case_id")
    + ")"
)
ASKED = (
    "EXISTS (SELECT 1 FROM riskassessment_coordinationrequest r"
    " WHERE r.consultation_id = riskassessment_consultation.id AND r.coordination_id = (SELECT move_agency()))"
)
OWN = "riskassessment_consultation.agency_id = (SELECT move_agency())"

LOCKS = [
    CONCLUSION,
    policy("riskassessment_assessmentreview", read=by_pair("riskassessment_assessmentreview"), insert=AUTHOR),
    policy("riskassessment_gridduty", read=DUTY, insert=AUTHOR, contexts=("levels",)),
    policy("riskassessment_turningpoint", read=by_pair("riskassessment_turningpoint"), insert=AUTHOR),
    policy(
        "riskassessment_coordinationrequest",
        read=REQUEST,
        insert=AUTHOR,
        contexts=("consultations",),
    ),
    policy(
        "riskassessment_consultation",
        read=f"{OWN} OR {ASKED}",
        write=OWN,
        insert=AUTHOR,
        contexts=("consultations",),
    ),
]

INSERT_ONLY = (
    "riskassessment_gridretirement",
    "riskassessment_assessmentreview",
    "riskassessment_gridduty",
    "riskassessment_turningpoint",
    "riskassessment_repeatrule",
)


def also(table: str, name: str, condition: str) -> tuple[str, str]:
    """One more permissive policy for reading: the plans of the others stay as they are."""
    return (
        f"CREATE POLICY {table}_{name} ON {table} FOR SELECT USING ({condition})",
        f"DROP POLICY {table}_{name} ON {table}",
    )


LEVELS = [
    also("riskassessment_assessment", "levels", "(SELECT move_context()) = 'levels' AND signed_at IS NOT NULL"),
    also("riskassessment_conclusion", "levels", "(SELECT move_context()) = 'levels'"),
    also("riskassessment_countersignature", "levels", "(SELECT move_context()) = 'levels'"),
]
REPEATS = [
    also(table, "repeats", "(SELECT move_context()) = 'repeats'")
    for table in (
        "reports_report",
        "riskassessment_turningpoint",
        "riskassessment_coordinationrequest",
    )
]


class Migration(migrations.Migration):
    dependencies = [
        ("riskassessment", "0005_whole_room"),
        ("cases", "0017_assessing_whole"),
        ("reports", "0008_safety"),
    ]
    operations = [
        *(migrations.RunSQL(*lock) for lock in LOCKS),
        *(migrations.RunSQL(*append_only(table)) for table in INSERT_ONLY),
        *(migrations.RunSQL(*more) for more in (*LEVELS, *REPEATS)),
    ]
