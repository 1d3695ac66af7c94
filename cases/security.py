"""The second lock's conditions, for the migrations of every room that holds case-bound rows.

A row of a case is readable when the case is visible to the acting agency and either its category × side is granted,
or the acting agency wrote it. A filter forgotten in Python then gives an empty page.
"""

LIVE = "(p.expires_at IS NULL OR p.expires_at > now())"


def granted(case: str, codename_sql: str) -> str:
    """Condition: the acting group holds the permission named by the SQL expression, alive, on the case `case`."""
    return (
        "EXISTS (SELECT 1 FROM cases_casegroupobjectpermission p WHERE p.group_id = (SELECT move_group())"
        f" AND p.permission_id = move_permission({codename_sql}) AND p.content_object_id = {case} AND {LIVE})"
    )


def case_visible(case: str) -> str:
    """Condition: the acting person sees the case (its own policy decides)."""
    return f"EXISTS (SELECT 1 FROM cases_case c WHERE c.id = {case})"


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
