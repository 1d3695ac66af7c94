"""The second lock of rectifications, once more.

What corrects an internal note stays with the agency that wrote it. Rectifications and who was told of them are read
beside their case: who is excluded from it, or not named where it is restricted, reads neither, in any agency. The two
policies ask about each other, so the questions are asked past them, by functions that answer for the acting agency
alone. What was said aloud is read by the sum of who received a fact, whoever said it.
"""

from importlib import import_module

from django.conf import settings
from django.db import migrations, models

from cases import security
from common.security import instead, policy

before = import_module("sharing.migrations.0007_whole_room_security")

ROLE = settings.APP_DATABASE_ROLE
OWN = "(SELECT move_agency())"
rectified, told, oral = before.rectified, before.told, before.oral


def answers(name: str, question: str) -> tuple[str, str]:
    """A question about `wanted`, answered past the policies."""
    forwards = (
        f"CREATE FUNCTION {name}(wanted uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER"
        f" SET search_path = pg_catalog, public AS $$ SELECT EXISTS ({question}) $$;"
        f' REVOKE EXECUTE ON FUNCTION {name}(uuid) FROM PUBLIC; GRANT EXECUTE ON FUNCTION {name}(uuid) TO "{ROLE}";'
    )
    return forwards, f"DROP FUNCTION {name}(uuid);"


def beside(table: str) -> str:
    """The acting person works with cases and is not kept out of this one."""
    return f"(SELECT move_group()) IS NOT NULL AND NOT cases_kept_out({table}.case_id, (SELECT move_user()), false)"


QUESTIONS = [
    answers(
        "sharing_told_us",
        "SELECT 1 FROM sharing_rectificationrecipient r WHERE r.rectification_id = wanted"
        " AND r.agency_id = move_agency()",
    ),
    answers(
        "sharing_rectified_by_us",
        "SELECT 1 FROM sharing_rectification r WHERE r.id = wanted AND r.agency_id = move_agency()",
    ),
]
READ = security.row(rectified, category=f"{rectified}.category", side=f"{rectified}.side")
LOCKS = {
    rectified: policy(
        rectified,
        read=f"((NOT {rectified}.internal OR {rectified}.agency_id = {OWN}) AND {READ})"
        f" OR ({beside(rectified)} AND sharing_told_us({rectified}.id))",
    ),
    told: policy(
        told,
        read=f"{beside(told)} AND ({told}.agency_id = {OWN} OR sharing_rectified_by_us({told}.rectification_id))",
    ),
    oral: policy(
        oral,
        read=f"{before.visible(oral)} AND ({oral}.agency_id = {OWN} OR {oral}.to_agency_id = {OWN})",
        contexts=("grants",),
    ),
}
EARLIER = {
    rectified: policy(
        rectified,
        read=f"({READ}) OR (sharing_told_of({rectified}.id) AND {security.not_excluded(rectified + '.case_id')})",
    ),
    told: policy(
        told,
        read=f"{told}.agency_id = {OWN} OR EXISTS"
        f" (SELECT 1 FROM sharing_rectification r WHERE r.id = {told}.rectification_id AND r.agency_id = {OWN})",
    ),
    oral: policy(oral, read=f"{before.visible(oral)} AND ({oral}.agency_id = {OWN} OR {oral}.to_agency_id = {OWN})"),
}
TOLD_OF = next(question for question in before.QUESTIONS if "sharing_told_of" in question[0])


class Migration(migrations.Migration):
    dependencies = [("sharing", "0012_emergency"), ("cases", "0010_restriction")]
    operations = [
        migrations.AddField("rectification", "internal", models.BooleanField(default=False)),
        migrations.AddField("rectificationrecipient", "reached", models.BooleanField(default=True)),
        *(migrations.RunSQL(*question) for question in QUESTIONS),
        *(migrations.RunSQL(*instead(EARLIER[table], LOCKS[table])) for table in LOCKS),
        migrations.RunSQL(*reversed(TOLD_OF)),
    ]
