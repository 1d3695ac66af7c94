"""Who may work on a case: the decisions and their reasons have a table that the excluded person can read in no way.

`cases_kept_out` tells, whoever asks, whether a person is excluded from a case, or not named in a restricted one: rows
that are seen before or beside their case (notices, referrals, drafts, both trails) are closed by it.
"""

from importlib import import_module

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import common.clock
import common.fields
import common.ids
from cases import security
from common.security import append_only, instead, policy

list_plan = import_module("cases.migrations.0003_list_plan")
deep_pages = import_module("cases.migrations.0007_deep_pages")
first = import_module("cases.migrations.0002_security")

ROLE = settings.APP_DATABASE_ROLE

KEPT_OUT = f"""
CREATE FUNCTION cases_kept_out(the_case uuid, the_user uuid, outside boolean) RETURNS boolean LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT EXISTS (SELECT 1 FROM cases_caseexclusion x WHERE x.case_id = the_case AND x.user_id = the_user)
    OR NOT outside AND EXISTS (SELECT 1 FROM cases_case c WHERE c.id = the_case AND c.restricted)
      AND NOT EXISTS (SELECT 1 FROM cases_caseuserobjectpermission u
        WHERE u.content_object_id = the_case AND u.user_id = the_user
          AND u.permission_id = move_permission('view_case') AND (u.expires_at IS NULL OR u.expires_at > now())) $$;
REVOKE EXECUTE ON FUNCTION cases_kept_out(uuid, uuid, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION cases_kept_out(uuid, uuid, boolean) TO "{ROLE}";
"""
DROP_KEPT_OUT = "DROP FUNCTION cases_kept_out(uuid, uuid, boolean);"

# The case list's policy of 0007, with one context more.
CONTEXTS, READ = list_plan.READS["cases_case"]
PASSES = ", ".join(f"'{context}'" for context in (*CONTEXTS, "restriction"))
CASE = (
    "ALTER POLICY cases_case_read ON cases_case USING"
    f" (CASE WHEN (SELECT move_context()) IN ({PASSES}) THEN true WHEN {READ} THEN true END IS NOT NULL)"
)

OWN = "(SELECT move_agency())"
ACT = policy(
    "cases_restrictionact",
    read=f"{security.case_visible('cases_restrictionact.case_id')} AND (agency_id = {OWN} OR user_agency_id = {OWN}"
    f" OR {security.case_led('cases_restrictionact.case_id')})",
)


def trail(table: str) -> tuple[str, str]:
    """One's own agency's rows, except those of a case one is excluded from; the rest as before."""
    case = f"{table}.case_id"
    others = (
        f"{case} IS NOT NULL AND {security.case_visible(case)} AND"
        f" {security.granted(case, chr(39) + 'view_network_victim' + chr(39))}"
    )
    own = f"agency_id = {OWN} AND ({case} IS NULL OR {security.not_excluded(case)})"
    return instead(first.LOCKS[table], policy(table, read=f"({own}) OR ({others})"))


# A notice goes with its case. Whoever is asked to name, or to answer a referral, is told while still outside.
NOTICE = policy(
    "notifications_notice",
    read="recipient_id = (SELECT move_user()) AND (case_id IS NULL OR NOT cases_kept_out(case_id,"
    " (SELECT move_user()), kind IN ('case_restricted', 'referral_received')))",
    contexts=("reminders", "notices"),
)
NOTICE_BEFORE = import_module("notifications.migrations.0002_security").NOTICE


class Migration(migrations.Migration):
    dependencies = [
        ("agencies", "0001_initial"),
        ("cases", "0009_file_events"),
        ("notifications", "0005_case_restricted"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="caseexclusion",
            name="reason",
            field=models.CharField(max_length=200, default=""),
        ),
        migrations.RemoveField(model_name="caseexclusion", name="reason"),
        migrations.CreateModel(
            name="RestrictionAct",
            fields=[
                (
                    "id",
                    models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                (
                    "code",
                    models.CharField(
                        choices=[
                            ("restricted", "restricted to named persons"),
                            ("lifted", "restriction lifted"),
                            ("named", "person named"),
                            ("taken_off", "person taken off"),
                            ("excluded", "person excluded"),
                            ("let_in", "exclusion lifted"),
                        ],
                        max_length=20,
                    ),
                ),
                ("reason", common.fields.EncryptedTextField(blank=True, verbose_name="reason")),
                ("at", models.DateTimeField(default=common.clock.now)),
                (
                    "agency",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="agencies.agency"
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="restriction_acts",
                        to="cases.case",
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "user_agency",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="agencies.agency",
                    ),
                ),
            ],
            options={
                "verbose_name": "decision on who may work on the case",
                "verbose_name_plural": "decisions on who may work on the case",
                "ordering": ["-at", "-id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("code__in", ["restricted", "lifted"]), ("user", None), ("user_agency", None)),
                            models.Q(
                                ("code__in", ["named", "taken_off", "excluded", "let_in"]),
                                ("user__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="cases_restriction_act_whom",
                    )
                ],
            },
        ),
        migrations.RunSQL(KEPT_OUT, DROP_KEPT_OUT),
        migrations.RunSQL(CASE, deep_pages.forwards("cases_case")),
        migrations.RunSQL(*ACT),
        migrations.RunSQL(*append_only("cases_restrictionact")),
        migrations.RunSQL(*instead(NOTICE_BEFORE, NOTICE)),
        *(migrations.RunSQL(*trail(table)) for table in ("audit_auditevent", "audit_logentry")),
    ]
