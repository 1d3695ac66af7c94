import datetime

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models

import common.clock
import common.fields
import common.ids


class Migration(migrations.Migration):
    dependencies = [
        ("agencies", "0010_load_handover_security"),
        ("cases", "0027_running_codes"),
        ("plans", "0004_actions_security"),
        ("reports", "0013_tracking_sent"),
    ]

    operations = [
        migrations.CreateModel(
            name="ProtectionMeasure",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
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
                        default="judicial",
                        editable=False,
                        max_length=20,
                    ),
                ),
                (
                    "side",
                    models.CharField(
                        choices=[("victim", "victim"), ("perpetrator", "presumed perpetrator"), ("case", "case")],
                        default="case",
                        editable=False,
                        max_length=20,
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="measures", to="cases.case"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("residence_ban", "temporary residence ban"),
                            ("no_contact", "ban on contact"),
                            ("no_approach", "ban on coming near a place or a person"),
                            ("arrest_warrant", "arrest warrant"),
                            ("conditions", "release under conditions"),
                            ("anti_approach", "alarm when he comes near"),
                            ("mobile_alarm", "mobile alarm"),
                            ("secret_address", "address that may not be communicated"),
                            ("other", "another measure"),
                        ],
                        max_length=20,
                        verbose_name="measure",
                    ),
                ),
                ("hers", models.BooleanField(default=False, editable=False)),
                ("name", common.fields.EncryptedTextField(blank=True, verbose_name="which one")),
                (
                    "about",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cases.caseperson"
                    ),
                ),
                (
                    "protects",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(), blank=True, default=list, editable=False, size=None
                    ),
                ),
                (
                    "places",
                    common.fields.EncryptedTextField(blank=True, verbose_name="places, as the order names them"),
                ),
                ("kept_places", common.fields.EncryptedTextField(blank=True, verbose_name="places he must not learn")),
                ("her_address", models.BooleanField(default=False, editable=False)),
                ("conditions", common.fields.EncryptedTextField(blank=True, verbose_name="conditions")),
                ("reasons", common.fields.EncryptedTextField(blank=True, verbose_name="why it is asked for")),
                (
                    "report",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="reports.report",
                    ),
                ),
                (
                    "board_act",
                    models.OneToOneField(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="measure",
                        to="reports.trackingact",
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
                ("made_at", models.DateTimeField(default=common.clock.now, editable=False)),
            ],
            options={
                "verbose_name": "protection measure",
                "verbose_name_plural": "protection measures",
                "ordering": ["-made_at", "-id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind__in", ("mobile_alarm", "secret_address")), _negated=True),
                            ("hers", True),
                            _connector="OR",
                        ),
                        name="plans_measure_hers",
                        violation_error_message="What she holds is never his to read.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("hers", True), ("about__isnull", False), _connector="OR"),
                        name="plans_measure_binds",
                        violation_error_message="Say whom the measure binds.",
                    ),
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="MeasureStep",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "case",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cases.case"),
                ),
                (
                    "measure",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="steps", to="plans.protectionmeasure"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("residence_ban", "temporary residence ban"),
                            ("no_contact", "ban on contact"),
                            ("no_approach", "ban on coming near a place or a person"),
                            ("arrest_warrant", "arrest warrant"),
                            ("conditions", "release under conditions"),
                            ("anti_approach", "alarm when he comes near"),
                            ("mobile_alarm", "mobile alarm"),
                            ("secret_address", "address that may not be communicated"),
                            ("other", "another measure"),
                        ],
                        editable=False,
                        max_length=20,
                    ),
                ),
                (
                    "act",
                    models.CharField(
                        choices=[
                            ("request", "asked for"),
                            ("order", "ordered"),
                            ("refuse", "refused"),
                            ("notify", "notified"),
                            ("hearing", "hearing fixed"),
                            ("extend", "extended"),
                            ("run_out", "end reached"),
                            ("lift", "lifted"),
                            ("end", "ended"),
                        ],
                        max_length=20,
                        verbose_name="step",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("requested", "asked for"),
                            ("ordered", "ordered, not notified yet"),
                            ("refused", "refused"),
                            ("notified", "notified"),
                            ("extended", "extended"),
                            ("run_out", "end reached, to be confirmed"),
                            ("lifted", "lifted"),
                            ("ended", "ended"),
                        ],
                        editable=False,
                        max_length=20,
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="when")),
                (
                    "authority",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("prosecutor", "public prosecutor"),
                            ("family_court", "family court"),
                            ("investigating_judge", "investigating judge"),
                            ("criminal_court", "criminal court"),
                            ("sentence_court", "sentence implementation court"),
                            ("police", "police"),
                            ("other", "another authority"),
                        ],
                        max_length=30,
                        verbose_name="by whom",
                    ),
                ),
                ("starts_at", models.DateTimeField(editable=False, null=True)),
                ("ends_at", models.DateTimeField(blank=True, null=True, verbose_name="until")),
                ("hearing_at", models.DateTimeField(blank=True, null=True, verbose_name="hearing at the family court")),
                ("judged_at", models.DateTimeField(blank=True, null=True, verbose_name="day of the judgment")),
                ("text", common.fields.EncryptedTextField(blank=True, verbose_name="in words")),
                (
                    "supersedes",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="superseded_by",
                        to="plans.measurestep",
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
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("recorded_at", models.DateTimeField(default=common.clock.now, editable=False)),
            ],
            options={
                "verbose_name": "step of a protection measure",
                "verbose_name_plural": "steps of protection measures",
                "ordering": ["recorded_at", "id"],
                "indexes": [models.Index(fields=["ends_at"], name="plans_measure_ends")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("supersedes", None)), fields=("measure",), name="plans_measure_begins_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("starts_at", None),
                            ("ends_at", None),
                            ("ends_at__gte", models.F("starts_at")),
                            _connector="OR",
                        ),
                        name="plans_measure_ends_after",
                        violation_error_message="The measure would end before it starts.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("act", "notify"), ("kind", "residence_ban"), _negated=True),
                            models.Q(
                                ("ends_at__gt", models.F("starts_at")),
                                (
                                    "ends_at__lte",
                                    django.db.models.expressions.CombinedExpression(
                                        models.F("starts_at"),
                                        "+",
                                        models.Value(datetime.timedelta(days=14, seconds=3600)),
                                    ),
                                ),
                                ("starts_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="plans_ban_of_14_days",
                        violation_error_message="A residence ban lasts 14 days at most; only the family court extends it.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("act", "extend"), ("kind", "residence_ban"), _negated=True),
                            models.Q(
                                (
                                    "ends_at__lte",
                                    django.db.models.expressions.CombinedExpression(
                                        models.F("judged_at"),
                                        "+",
                                        models.Value(datetime.timedelta(days=93, seconds=3600)),
                                    ),
                                ),
                                ("judged_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="plans_ban_extended_3_months",
                        violation_error_message="An extension lasts 3 months at most, counted from the judgment.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("author__isnull", False), ("act", "run_out"), _connector="OR"),
                        name="plans_measure_step_by_somebody",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="MeasureTold",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "case",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cases.case"),
                ),
                (
                    "measure",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="told", to="plans.protectionmeasure"
                    ),
                ),
                (
                    "whom",
                    models.CharField(
                        choices=[
                            ("victim", "the victim"),
                            ("perpetrator", "the presumed perpetrator"),
                            ("prosecutor", "the prosecutor"),
                            ("residence_zone", "the police zone where she lives"),
                            ("work_zone", "the police zone where she works"),
                            ("services", "the services that help her"),
                        ],
                        max_length=20,
                        verbose_name="who was told",
                    ),
                ),
                (
                    "how",
                    models.CharField(
                        choices=[
                            ("in_person", "in person"),
                            ("phone", "by phone"),
                            ("letter", "in writing"),
                            ("system", "by a police or justice message"),
                        ],
                        max_length=20,
                        verbose_name="how",
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="when")),
                ("words", common.fields.EncryptedTextField(blank=True, verbose_name="what was said, and by whom")),
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
                ("recorded_at", models.DateTimeField(default=common.clock.now, editable=False)),
            ],
            options={
                "verbose_name": "person told of a measure",
                "verbose_name_plural": "persons told of measures",
                "ordering": ["at", "id"],
                "indexes": [],
                "constraints": [],
            },
        ),
        migrations.CreateModel(
            name="MeasureBreach",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "case",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cases.case"),
                ),
                (
                    "measure",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="breaches",
                        to="plans.protectionmeasure",
                    ),
                ),
                (
                    "report",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="reports.report"
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="when")),
                ("words", common.fields.EncryptedTextField(blank=True, verbose_name="what happened")),
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
                ("recorded_at", models.DateTimeField(default=common.clock.now, editable=False)),
            ],
            options={
                "verbose_name": "breach of a protection measure",
                "verbose_name_plural": "breaches of protection measures",
                "ordering": ["-at", "-id"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("report__isnull", False)),
                        fields=("measure", "report"),
                        name="plans_breach_once_per_report",
                    )
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="DeclaredAddress",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "case",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cases.case"),
                ),
                (
                    "measure",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="addresses",
                        to="plans.protectionmeasure",
                    ),
                ),
                ("address", common.fields.EncryptedTextField(verbose_name="where he can be reached")),
                ("given_at", models.DateTimeField(verbose_name="given on")),
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
                ("recorded_at", models.DateTimeField(default=common.clock.now, editable=False)),
            ],
            options={
                "verbose_name": "address a removed person gave",
                "verbose_name_plural": "addresses removed persons gave",
                "ordering": ["-given_at", "-id"],
                "indexes": [],
                "constraints": [],
            },
        ),
    ]
