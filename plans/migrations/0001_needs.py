import datetime

import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models

import common.clock
import common.fields
import common.ids


class Migration(migrations.Migration):
    initial = True
    dependencies = [
        ("cases", "0027_running_codes"),
        ("agencies", "0010_load_handover_security"),
        ("reports", "0013_tracking_sent"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="NeedsAssessment",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "side",
                    models.CharField(
                        choices=[("victim", "victim"), ("perpetrator", "presumed perpetrator"), ("case", "case")],
                        editable=False,
                        max_length=20,
                    ),
                ),
                ("request_key", models.UUIDField(editable=False, unique=True)),
                ("written_at", models.DateTimeField(default=common.clock.now, editable=False)),
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
                (
                    "supersedes",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="superseded_by",
                        to="plans.needsassessment",
                    ),
                ),
            ],
            options={
                "verbose_name": "assessment of needs",
                "verbose_name_plural": "assessments of needs",
                "ordering": ["-written_at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="NeedLine",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "domain",
                    models.CharField(
                        choices=[
                            ("legal", "rights and procedures"),
                            ("health", "health"),
                            ("psychosocial", "psychological and social support"),
                            ("employment", "work"),
                            ("education", "school and training"),
                            ("housing", "housing"),
                            ("residence", "residence permit"),
                            ("language", "language"),
                            ("income", "income"),
                            ("childcare", "someone to mind the children"),
                        ],
                        max_length=20,
                        verbose_name="domain",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("not_asked", "not asked yet"),
                            ("none", "no need"),
                            ("needed", "help is needed"),
                            ("being_met", "help is under way"),
                            ("met", "met"),
                        ],
                        max_length=20,
                        verbose_name="need",
                    ),
                ),
                ("words", common.fields.EncryptedTextField(blank=True, verbose_name="in words")),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("person", "the person says so"),
                            ("observed", "we have observed it"),
                            ("document", "a document"),
                            ("other", "somebody else says so"),
                        ],
                        max_length=20,
                        verbose_name="where this comes from",
                    ),
                ),
                (
                    "category",
                    models.CharField(
                        choices=[
                            ("summary", "summary"),
                            ("level", "level of risk"),
                            ("network", "services taking part"),
                            ("identity", "identity"),
                            ("contact", "contact"),
                            ("facts", "facts"),
                            ("risk", "answers of risk grids"),
                            ("psychosocial", "psychosocial"),
                            ("health", "health"),
                            ("migration", "residence and migration"),
                            ("children", "children"),
                            ("judicial", "judicial"),
                            ("perpetrator_work", "work with the presumed perpetrator"),
                        ],
                        editable=False,
                        max_length=20,
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
                    "agency",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="agencies.agency",
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cases.case"),
                ),
                (
                    "assessment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="lines", to="plans.needsassessment"
                    ),
                ),
            ],
            options={
                "verbose_name": "need",
                "verbose_name_plural": "needs",
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="NeedsPartner",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "side",
                    models.CharField(
                        choices=[
                            ("victim", "with the victim"),
                            ("perpetrator", "with the presumed perpetrator"),
                            ("neutral", "with both or neither"),
                        ],
                        editable=False,
                        max_length=20,
                    ),
                ),
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
                    "assessment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="partners", to="plans.needsassessment"
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cases.case"),
                ),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="agencies.agency"
                    ),
                ),
            ],
            options={
                "verbose_name": "service that assessed needs as well",
                "verbose_name_plural": "services that assessed needs as well",
            },
        ),
        migrations.CreateModel(
            name="StaffDanger",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "about",
                    models.CharField(
                        choices=[("person", "a person"), ("place", "a place"), ("animal", "an animal")],
                        max_length=20,
                        verbose_name="what is dangerous",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("weapon", "weapon"),
                            ("violence", "violence against professionals"),
                            ("threats", "threats against professionals"),
                            ("substances", "unpredictable under alcohol or drugs"),
                            ("animal", "dangerous animal"),
                            ("premises", "dangerous place"),
                            ("other", "another danger"),
                        ],
                        max_length=20,
                        verbose_name="danger",
                    ),
                ),
                (
                    "said_on_his_side",
                    common.fields.EncryptedTextField(blank=True, verbose_name="what may be read on his side"),
                ),
                ("from_on", models.DateField(verbose_name="from")),
                ("until_on", models.DateField(verbose_name="until")),
                ("request_key", models.UUIDField(editable=False, unique=True)),
                ("written_at", models.DateTimeField(default=common.clock.now, editable=False)),
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
                (
                    "case",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cases.case"),
                ),
                (
                    "case_person",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="cases.caseperson",
                        verbose_name="who",
                    ),
                ),
                (
                    "supersedes",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="superseded_by",
                        to="plans.staffdanger",
                    ),
                ),
            ],
            options={
                "verbose_name": "danger for professionals",
                "verbose_name_plural": "dangers for professionals",
                "ordering": ["-written_at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="StaffDangerEnd",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("gone", "the danger is over"),
                            ("away", "nobody meets it there any more"),
                            ("mistaken", "it was a mistake"),
                        ],
                        max_length=20,
                        verbose_name="why",
                    ),
                ),
                ("ended_at", models.DateTimeField(default=common.clock.now, editable=False)),
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
                    "case",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cases.case"),
                ),
                (
                    "danger",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="end", to="plans.staffdanger"
                    ),
                ),
                (
                    "ended_by",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "end of a danger for professionals",
                "verbose_name_plural": "ends of dangers for professionals",
            },
        ),
        migrations.CreateModel(
            name="StaffDangerWords",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("what", common.fields.EncryptedTextField(verbose_name="what is known")),
                ("precautions", common.fields.EncryptedTextField(verbose_name="what to do")),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("seen", "our service saw or lived it"),
                            ("official", "police or justice"),
                            ("victim", "the victim says so"),
                            ("himself", "he says so himself"),
                            ("other", "somebody else says so"),
                        ],
                        max_length=20,
                        verbose_name="where it is known from",
                    ),
                ),
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
                    "case",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cases.case"),
                ),
                (
                    "danger",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="words", to="plans.staffdanger"
                    ),
                ),
            ],
            options={
                "verbose_name": "what is known of a danger",
                "verbose_name_plural": "what is known of dangers",
            },
        ),
        migrations.CreateModel(
            name="MigrationBackground",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "side",
                    models.CharField(
                        choices=[("victim", "victim"), ("perpetrator", "presumed perpetrator"), ("case", "case")],
                        editable=False,
                        max_length=20,
                    ),
                ),
                ("migrated", models.BooleanField(default=False, verbose_name="came to live in Belgium themselves")),
                (
                    "other_nationality",
                    models.BooleanField(default=False, verbose_name="has or had another nationality"),
                ),
                (
                    "parent_migrated",
                    models.BooleanField(default=False, verbose_name="a parent came to live in Belgium"),
                ),
                ("withdrawn", models.BooleanField(default=False, editable=False)),
                ("why", common.fields.EncryptedTextField(verbose_name="why this is useful to the person")),
                ("request_key", models.UUIDField(editable=False, unique=True)),
                ("written_at", models.DateTimeField(default=common.clock.now, editable=False)),
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
                (
                    "supersedes",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="superseded_by",
                        to="plans.migrationbackground",
                    ),
                ),
            ],
            options={
                "verbose_name": "migration background",
                "verbose_name_plural": "migration backgrounds",
                "ordering": ["-written_at", "-id"],
                "indexes": [models.Index(fields=["case", "-written_at"], name="plans_background_of_case")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("supersedes", None)),
                        fields=("case_person", "agency"),
                        name="plans_first_background_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("migrated", False),
                                ("other_nationality", False),
                                ("parent_migrated", False),
                                ("withdrawn", True),
                            ),
                            models.Q(
                                ("withdrawn", False),
                                models.Q(
                                    ("migrated", True),
                                    ("other_nationality", True),
                                    ("parent_migrated", True),
                                    _connector="OR",
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="plans_background_says_something",
                        violation_error_message="Say which of the three it is.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("side__in", ["victim", "perpetrator"])), name="plans_background_side"
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="needsassessment",
            index=models.Index(fields=["case", "-written_at"], name="plans_needs_of_case"),
        ),
        migrations.AddConstraint(
            model_name="needsassessment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("supersedes", None)),
                fields=("case_person", "agency"),
                name="plans_first_needs_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="needsassessment",
            constraint=models.CheckConstraint(
                condition=models.Q(("side__in", ["victim", "perpetrator"])), name="plans_needs_side"
            ),
        ),
        migrations.AddConstraint(
            model_name="needline",
            constraint=models.UniqueConstraint(fields=("assessment", "domain"), name="plans_need_once"),
        ),
        migrations.AddConstraint(
            model_name="needline",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["none", "needed", "being_met", "met"])), name="plans_need_was_asked"
            ),
        ),
        migrations.AddConstraint(
            model_name="needline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("category", "health"), ("domain", "health")),
                    models.Q(("category", "migration"), ("domain", "residence")),
                    models.Q(("category", "children"), ("domain", "childcare")),
                    models.Q(
                        ("category", "psychosocial"),
                        models.Q(("domain__in", ["health", "residence", "childcare"]), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="plans_need_category",
            ),
        ),
        migrations.AddConstraint(
            model_name="needspartner",
            constraint=models.UniqueConstraint(fields=("assessment", "partner"), name="plans_needs_partner_once"),
        ),
        migrations.AddIndex(
            model_name="staffdanger",
            index=models.Index(fields=["case", "until_on"], name="plans_danger_of_case"),
        ),
        migrations.AddConstraint(
            model_name="staffdanger",
            constraint=models.CheckConstraint(
                condition=models.Q(("until_on__gte", models.F("from_on"))),
                name="plans_danger_in_order",
                violation_error_message="The end comes before the beginning.",
            ),
        ),
        migrations.AddConstraint(
            model_name="staffdanger",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("about", "person"), ("case_person__isnull", False)),
                    models.Q(("about__in", ["place", "animal"]), ("case_person", None)),
                    _connector="OR",
                ),
                name="plans_danger_about",
            ),
        ),
        migrations.AddConstraint(
            model_name="staffdanger",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "until_on__lte",
                        django.db.models.expressions.CombinedExpression(
                            models.F("from_on"), "+", models.Value(datetime.timedelta(days=184))
                        ),
                    )
                ),
                name="plans_danger_six_months",
                violation_error_message="A danger is flagged for six months at most; then it is looked at again.",
            ),
        ),
    ]
