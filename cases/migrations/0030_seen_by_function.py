"""Policies ask whether a case is seen, or led, through a function (`cases.security.SEES`): they are planned apart.

A database made from nothing has them so already. One that was there before gets the functions, and its policies are
written again with them; the condition is the same, so nothing is undone on the way back.
"""

import re

from django.db import migrations

from cases import security

SEEN = re.compile(r"\(EXISTS \( SELECT 1\s+FROM cases_case c\s+WHERE \(c\.id = ([a-z_.]+)\)\)\)")
LED = re.compile(
    r"\(EXISTS \( SELECT 1\s+FROM cases_case c\s+WHERE \(\(c\.id = ([a-z_.]+)\)"
    r" AND \(c\.lead_agency_id = \( SELECT move_agency\(\) AS move_agency\)\)\)\)\)"
)


def _through_function(condition: str) -> str:
    return LED.sub(r"cases_leads(\1)", SEEN.sub(r"cases_sees(\1)", condition))


def write_again(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT tablename, policyname, qual, with_check FROM pg_policies WHERE schemaname = 'public'")
        for table, name, qual, with_check in cursor.fetchall():
            clauses = {"USING": qual, "WITH CHECK": with_check}
            changed = {word: _through_function(given) for word, given in clauses.items() if given}
            if any(changed[word] != clauses[word] for word in changed):
                said = " ".join(f"{word} ({condition})" for word, condition in changed.items())
                cursor.execute(f'ALTER POLICY "{name}" ON "{table}" {said}')


class Migration(migrations.Migration):
    dependencies = [("cases", "0029_one_hat")]
    operations = [
        migrations.RunSQL(security.SEES, migrations.RunSQL.noop),
        migrations.RunPython(write_again, migrations.RunPython.noop),
    ]
