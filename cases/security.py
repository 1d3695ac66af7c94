"""The second lock's conditions, for the migrations of every room that holds case-bound rows.

A row of a case is readable when the case is visible to the acting agency and either its category × side is granted,
or the acting agency wrote it. A filter forgotten in Python then gives an empty page.
"""

LIVE = "(p.expires_at IS NULL OR p.expires_at > now())"
HELD = (
    "SELECT 1 FROM cases_casegroupobjectpermission p WHERE p.group_id = move_group() AND p.content_object_id = wanted"
)

QUESTIONS = {
    "cases_sees(wanted uuid)": "SELECT 1 FROM cases_case c WHERE c.id = wanted",
    "cases_leads(wanted uuid)": "SELECT 1 FROM cases_case c WHERE c.id = wanted AND c.lead_agency_id = move_agency()",
    "cases_granted(wanted uuid, codename text)": f"{HELD} AND p.permission_id = move_permission(codename) AND {LIVE}",
    "cases_takes_part(wanted uuid)": f"{HELD} AND {LIVE}"
    " AND p.permission_id NOT IN (move_permission('view_case'), move_permission('view_own_work'))",
    "cases_stands(wanted uuid, on_side text)": f"{HELD} AND {LIVE}"
    " AND p.permission_id = move_permission('view_case') AND p.side = on_side",
}
"""What policies ask about a case, with the rights of who asks: the policies of the case and of what is held decide.

Functions, because a policy that names a table is planned with that table's own policies, theirs, and so on: opening a
case held 3,000 sub-plans. A PL/pgSQL function is planned once per connection.
"""
SEES = "\n".join(
    f"CREATE OR REPLACE FUNCTION {name} RETURNS boolean LANGUAGE plpgsql STABLE PARALLEL SAFE"
    f" SET search_path = pg_catalog, public AS $$ BEGIN RETURN EXISTS ({question}); END $$;"
    for name, question in QUESTIONS.items()
)
UNSEE = "\n".join(f"DROP FUNCTION {name};" for name in reversed(QUESTIONS))


def granted(case: str, codename_sql: str) -> str:
    """Condition: the acting group holds the permission named by the SQL expression, alive, on the case `case`."""
    return f"cases_granted({case}, {codename_sql})"


def case_visible(case: str) -> str:
    """Condition: the acting person sees the case (its own policy decides)."""
    return f"cases_sees({case})"


def case_led(case: str) -> str:
    """Condition: the acting agency leads the case, which it sees."""
    return f"cases_leads({case})"


def takes_part(case: str) -> str:
    """Condition: the acting agency takes part in the case now; its own past work alone is no part any more."""
    return f"cases_takes_part({case})"


def stands(case: str, side: str = "'perpetrator'") -> str:
    """Condition: the acting agency stands on this side of the case; `side` is SQL."""
    return f"cases_stands({case}, {side})"


def not_excluded(case: str) -> str:
    """Condition: the acting person is not excluded from the case. For rows seen before their case is."""
    return (
        f"NOT EXISTS (SELECT 1 FROM cases_caseexclusion x WHERE x.case_id = {case}"
        " AND x.user_id = (SELECT move_user()))"
    )


def row(table: str, *, category: str, side: str, case: str | None = None, author: str | None = "agency_id") -> str:
    """Condition for a row of `table`. `category` and `side` are SQL: a quoted constant or a column.

    `author` is the column of the authoring agency, whose own work stays readable; None where nobody owns the row.
    """
    case = case or f"{table}.case_id"
    allowed = granted(case, f"move_codename({category}, {side})")
    if author:
        allowed = f"({allowed} OR {table}.{author} = (SELECT move_agency()))"
    return f"{case_visible(case)} AND {allowed}"
