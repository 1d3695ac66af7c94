"""The `oversight` context reads what the shape of a case is made of: its permission rows, decisions and their ends.

`sharing.shape` takes codes and dates of them, no text. Two policies are worded for the plan of the case list
(cases 0003, 0007): they get one context more; the others one more permissive policy, which leaves their plans as they
are.
"""

from importlib import import_module

from django.db import migrations

list_plan = import_module("cases.migrations.0003_list_plan")
deep_pages = import_module("cases.migrations.0007_deep_pages")
restriction = import_module("cases.migrations.0010_restriction")

PERMISSION = "cases_casegroupobjectpermission"
TABLES = (
    "cases_caseuserobjectpermission",
    "cases_caseexclusion",
    "sharing_sharingdecision",
    "sharing_sharingrevocation",
    "sharing_consent",
    "sharing_consentwithdrawal",
    "sharing_prosecutorauthorisation",
    "sharing_authorisationend",
)


def passing(table: str, *more: str) -> str:
    """The read policy of the case list's table, for `more` contexts too."""
    contexts, read = list_plan.READS[table]
    passes = ", ".join(f"'{context}'" for context in (*contexts, *more))
    return (
        f"ALTER POLICY {table}_read ON {table} USING"
        f" (CASE WHEN (SELECT move_context()) IN ({passes}) THEN true WHEN {read} THEN true END IS NOT NULL)"
    )


def opened(table: str) -> tuple[str, str]:
    name = f"{table}_oversight"
    return (
        f"CREATE POLICY {name} ON {table} FOR SELECT USING ((SELECT move_context()) = 'oversight')",
        f"DROP POLICY {name} ON {table}",
    )


class Migration(migrations.Migration):
    dependencies = [("sharing", "0013_rectifying"), ("cases", "0010_restriction")]
    operations = [
        migrations.RunSQL(passing("cases_case", "restriction", "oversight"), restriction.CASE),
        migrations.RunSQL(passing(PERMISSION, "oversight"), deep_pages.forwards(PERMISSION)),
        *(migrations.RunSQL(*opened(table)) for table in TABLES),
    ]
