"""The blind index of persons. Anybody who acts may write a digest; only the `matching` context reads and removes them.

In that context the person behind a digest found twice is read too, whoever acts: who is told what of it is decided by
`sharing.matching`. One more permissive policy on each table leaves the plans of the others as they are.
"""

import django.db.models.deletion
from django.db import migrations, models

import common.ids
from common.security import policy

LOCK = policy("cases_matchkey", read="false", contexts=("matching",))
READ_TOO = ("cases_case", "cases_caseperson", "cases_person", "cases_contactpoint")


def opened(table: str) -> tuple[str, str]:
    """SQL (forwards, backwards) that lets the `matching` context read `table`."""
    name = f"{table}_matching"
    return (
        f"CREATE POLICY {name} ON {table} FOR SELECT USING ((SELECT move_context()) = 'matching')",
        f"DROP POLICY {name} ON {table}",
    )


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0010_restriction"),
    ]

    operations = [
        migrations.CreateModel(
            name="MatchKey",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "side",
                    models.CharField(
                        choices=[("victim", "victim"), ("perpetrator", "presumed perpetrator"), ("case", "case")],
                        max_length=20,
                    ),
                ),
                ("kind", models.CharField(max_length=10)),
                ("digest", models.CharField(max_length=32)),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="match_keys", to="cases.case"
                    ),
                ),
                (
                    "case_person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="match_keys", to="cases.caseperson"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["digest"], name="cases_match_digest")],
            },
        ),
        migrations.RunSQL(*LOCK),
        *(migrations.RunSQL(*opened(table)) for table in READ_TOO),
    ]
