import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import common.clock
import common.fields
import common.ids


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "__first__"),
        ("agencies", "0010_load_handover_security"),
        ("cases", "0027_running_codes"),
        ("plans", "0002_needs_security"),
    ]

    operations = [
        migrations.CreateModel(
            name="Action",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="actions", to="cases.case"
                    ),
                ),
                (
                    "case_person",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cases.caseperson"
                    ),
                ),
                (
                    "side",
                    models.CharField(
                        choices=[("victim", "victim"), ("perpetrator", "presumed perpetrator"), ("case", "case")],
                        editable=False,
                        max_length=20,
                    ),
                ),
                (
                    "strand",
                    models.CharField(
                        choices=[
                            ("monitoring", "monitoring"),
                            ("support", "support services"),
                            ("supervision", "supervision"),
                            ("safety", "safety planning"),
                        ],
                        max_length=20,
                        verbose_name="strand",
                    ),
                ),
                ("words", common.fields.EncryptedTextField(verbose_name="what is to be done")),
                ("due_at", models.DateTimeField(verbose_name="by when")),
                (
                    "replaces",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="replaced_by",
                        to="plans.action",
                    ),
                ),
                ("request_key", models.UUIDField(editable=False, unique=True)),
                (
                    "agency",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="agencies.agency",
                    ),
                ),
                (
                    "author",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("at", models.DateTimeField(default=common.clock.now, editable=False)),
            ],
            options={
                "verbose_name": "action",
                "verbose_name_plural": "actions",
                "ordering": ["due_at", "id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("side__in", ["victim", "perpetrator"])), name="plans_action_two_sides"
                    )
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="ActionOwner",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "case",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cases.case"),
                ),
                (
                    "action",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="owners", to="plans.action"
                    ),
                ),
                (
                    "side",
                    models.CharField(
                        choices=[("victim", "victim"), ("perpetrator", "presumed perpetrator"), ("case", "case")],
                        editable=False,
                        max_length=20,
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="agencies.agency"
                    ),
                ),
                (
                    "way",
                    models.CharField(
                        choices=[
                            ("given", "given by who planned it"),
                            ("referral", "took it over with a referral"),
                            ("letter", "said yes to a letter, without an account"),
                        ],
                        default="given",
                        max_length=20,
                    ),
                ),
                (
                    "agency",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="agencies.agency"
                    ),
                ),
                (
                    "author",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("at", models.DateTimeField(default=common.clock.now)),
            ],
            options={
                "verbose_name": "owner of an action",
                "verbose_name_plural": "owners of actions",
                "ordering": ["at", "id"],
                "constraints": [models.UniqueConstraint(fields=("action", "owner"), name="plans_owner_once")],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="ActionStep",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "case",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cases.case"),
                ),
                (
                    "action",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="steps", to="plans.action"
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="steps", to="plans.actionowner"
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        choices=[("done", "done"), ("not_done", "not done"), ("impossible", "no longer possible")],
                        max_length=20,
                        verbose_name="what became of it",
                    ),
                ),
                ("why", common.fields.EncryptedTextField(blank=True, verbose_name="why")),
                ("evidence", common.fields.EncryptedTextField(blank=True, verbose_name="what shows it")),
                ("request_key", models.UUIDField(editable=False, unique=True)),
                (
                    "agency",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="agencies.agency",
                    ),
                ),
                (
                    "author",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("at", models.DateTimeField(default=common.clock.now, editable=False)),
            ],
            options={
                "verbose_name": "answer on an action",
                "verbose_name_plural": "answers on actions",
                "ordering": ["at", "id"],
                "indexes": [],
                "constraints": [],
            },
        ),
        migrations.CreateModel(
            name="ActionReferral",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "case",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cases.case"),
                ),
                (
                    "action",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="referrals", to="plans.action"
                    ),
                ),
                ("draft_id", models.UUIDField()),
                ("referral_id", models.UUIDField(null=True, unique=True)),
                (
                    "agency",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="agencies.agency",
                    ),
                ),
                (
                    "author",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("at", models.DateTimeField(default=common.clock.now, editable=False)),
            ],
            options={
                "verbose_name": "referral of an action",
                "verbose_name_plural": "referrals of actions",
                "ordering": ["at", "id"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("referral_id", None)),
                        fields=("draft_id",),
                        name="plans_one_action_of_a_draft",
                    )
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="PlanAgreement",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "case",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cases.case"),
                ),
                ("agreed_on", models.DateField(verbose_name="agreed on")),
                ("words", common.fields.EncryptedTextField(blank=True, verbose_name="to be remembered")),
                ("request_key", models.UUIDField(editable=False, unique=True)),
                (
                    "agency",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="agencies.agency",
                    ),
                ),
                (
                    "author",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("at", models.DateTimeField(default=common.clock.now, editable=False)),
            ],
            options={
                "verbose_name": "plan agreed on",
                "verbose_name_plural": "plans agreed on",
                "ordering": ["-at", "-id"],
                "indexes": [],
                "constraints": [],
            },
        ),
        migrations.CreateModel(
            name="AgreedAction",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "case",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cases.case"),
                ),
                (
                    "agreement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="actions", to="plans.planagreement"
                    ),
                ),
                (
                    "action",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="plans.action"),
                ),
            ],
            options={
                "verbose_name": "action of an agreed plan",
                "verbose_name_plural": "actions of agreed plans",
                "constraints": [models.UniqueConstraint(fields=("agreement", "action"), name="plans_agreed_once")],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="AgreedAgency",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "case",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cases.case"),
                ),
                (
                    "agreement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="agencies", to="plans.planagreement"
                    ),
                ),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="agencies.agency"
                    ),
                ),
            ],
            options={
                "verbose_name": "service that agreed on a plan",
                "verbose_name_plural": "services that agreed on a plan",
                "constraints": [models.UniqueConstraint(fields=("agreement", "partner"), name="plans_agreeing_once")],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="SafetyPlan",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "case",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cases.case"),
                ),
                (
                    "case_person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cases.caseperson"
                    ),
                ),
                ("sections", common.fields.EncryptedJSONField(verbose_name="sections")),
                ("content_version", models.PositiveSmallIntegerField(editable=False)),
                ("written_on", models.DateField(verbose_name="written with her on")),
                ("read_back", models.BooleanField(default=False, verbose_name="read back to her")),
                (
                    "replaces",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="replaced_by",
                        to="plans.safetyplan",
                    ),
                ),
                ("request_key", models.UUIDField(editable=False, unique=True)),
                (
                    "agency",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="agencies.agency",
                    ),
                ),
                (
                    "author",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("at", models.DateTimeField(default=common.clock.now, editable=False)),
            ],
            options={
                "verbose_name": "safety plan",
                "verbose_name_plural": "safety plans",
                "ordering": ["-at", "-id"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("replaces", None)),
                        fields=("case_person",),
                        name="plans_one_first_safety_plan",
                    )
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="SafetyPaper",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "case",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cases.case"),
                ),
                (
                    "plan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="papers", to="plans.safetyplan"
                    ),
                ),
                (
                    "carry",
                    models.CharField(
                        choices=[("yes", "yes, she has a place for it"), ("no", "no: nothing is printed")],
                        max_length=10,
                        verbose_name="Is it safe that she has it with her?",
                    ),
                ),
                ("request_key", models.UUIDField(editable=False, unique=True)),
                (
                    "agency",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="agencies.agency",
                    ),
                ),
                (
                    "author",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("at", models.DateTimeField(default=common.clock.now, editable=False)),
            ],
            options={
                "verbose_name": "paper of a safety plan",
                "verbose_name_plural": "papers of safety plans",
                "ordering": ["-at", "-id"],
                "indexes": [],
                "constraints": [],
            },
        ),
        migrations.CreateModel(
            name="MonitoringPeriod",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "case",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cases.case"),
                ),
                ("starts_at", models.DateTimeField(verbose_name="begins")),
                ("planned_until", models.DateTimeField(verbose_name="planned until")),
                ("why", common.fields.EncryptedTextField(verbose_name="why")),
                ("source_id", models.UUIDField(editable=False, null=True)),
                ("request_key", models.UUIDField(editable=False, unique=True)),
                (
                    "agency",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="agencies.agency",
                    ),
                ),
                (
                    "author",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("at", models.DateTimeField(default=common.clock.now, editable=False)),
            ],
            options={
                "verbose_name": "time of close monitoring",
                "verbose_name_plural": "times of close monitoring",
                "ordering": ["-starts_at", "-id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("planned_until__gt", models.F("starts_at"))),
                        name="plans_monitoring_ends_after",
                        violation_error_message="It ends before it begins.",
                    )
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="MonitoringAct",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "case",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cases.case"),
                ),
                (
                    "period",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="acts", to="plans.monitoringperiod"
                    ),
                ),
                (
                    "code",
                    models.CharField(
                        choices=[("looked", "looked again"), ("extended", "extended"), ("ended", "ended")],
                        max_length=20,
                    ),
                ),
                ("words", common.fields.EncryptedTextField(blank=True, verbose_name="in words")),
                ("changed", models.BooleanField(default=False, verbose_name="something has changed")),
                ("until", models.DateTimeField(null=True, verbose_name="planned until")),
                ("request_key", models.UUIDField(editable=False, unique=True)),
                (
                    "agency",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="agencies.agency",
                    ),
                ),
                (
                    "author",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("at", models.DateTimeField(default=common.clock.now, editable=False)),
            ],
            options={
                "verbose_name": "act of close monitoring",
                "verbose_name_plural": "acts of close monitoring",
                "ordering": ["at", "id"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("code", "ended")), fields=("period",), name="plans_monitoring_ended_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("code", "extended"), ("until__isnull", False)),
                            models.Q(models.Q(("code", "extended"), _negated=True), ("until", None)),
                            _connector="OR",
                        ),
                        name="plans_extended_until",
                    ),
                ],
                "indexes": [],
            },
        ),
    ]
