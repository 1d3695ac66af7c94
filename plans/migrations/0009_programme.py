import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import common.clock
import common.fields
import common.ids


class Migration(migrations.Migration):
    dependencies = [
        ("agencies", "0010_load_handover_security"),
        ("cases", "0027_running_codes"),
        ("plans", "0008_custody_security"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Mandate",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(default=common.clock.now, editable=False)),
                (
                    "issuer_kind",
                    models.CharField(
                        choices=[
                            ("prosecutor", "public prosecutor"),
                            ("court", "court"),
                            ("justice_house", "justice house"),
                            ("other", "another authority"),
                        ],
                        max_length=20,
                        verbose_name="who mandates",
                    ),
                ),
                ("issuer_name", common.fields.EncryptedTextField(blank=True, verbose_name="name of the authority")),
                ("number", common.fields.EncryptedTextField(blank=True, verbose_name="reference of the authority")),
                ("conditions", common.fields.EncryptedTextField(verbose_name="conditions")),
                ("starts_on", models.DateField(verbose_name="from")),
                ("ends_on", models.DateField(blank=True, null=True, verbose_name="last day")),
                ("reports_to", common.fields.EncryptedTextField(blank=True, verbose_name="who reports to whom")),
                (
                    "report_every_days",
                    models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="a report every (days)"),
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
                (
                    "case",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cases.case"),
                ),
                (
                    "issuer",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="agencies.agency"
                    ),
                ),
                (
                    "replaces",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="replaced_by",
                        to="plans.mandate",
                    ),
                ),
            ],
            options={
                "verbose_name": "mandate",
                "verbose_name_plural": "mandates",
                "ordering": ["starts_on", "pk"],
            },
        ),
        migrations.CreateModel(
            name="MandateEnd",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(default=common.clock.now, editable=False)),
                ("ended_on", models.DateField(verbose_name="last day")),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("fulfilled", "its conditions are met"),
                            ("lifted", "the authority lifts it"),
                            ("revoked", "the authority revokes it"),
                            ("ran_out", "it has run out"),
                        ],
                        max_length=20,
                        verbose_name="why it ends",
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
                    "mandate",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="end", to="plans.mandate"
                    ),
                ),
            ],
            options={
                "verbose_name": "end of a mandate",
                "verbose_name_plural": "ends of mandates",
            },
        ),
        migrations.CreateModel(
            name="MandateReport",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(default=common.clock.now, editable=False)),
                ("given_on", models.DateField(verbose_name="given on")),
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
                (
                    "case",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cases.case"),
                ),
                (
                    "mandate",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="reports", to="plans.mandate"
                    ),
                ),
            ],
            options={
                "verbose_name": "report to an authority",
                "verbose_name_plural": "reports to authorities",
                "ordering": ["-given_on", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="Programme",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(default=common.clock.now, editable=False)),
                (
                    "entry",
                    models.CharField(
                        choices=[("mandate", "under a mandate"), ("voluntary", "of his own accord")],
                        max_length=20,
                        verbose_name="how he comes to it",
                    ),
                ),
                ("begun_on", models.DateField(verbose_name="begins on")),
                ("referral_ref", models.UUIDField(editable=False, null=True, unique=True)),
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
            ],
            options={
                "verbose_name": "programme",
                "verbose_name_plural": "programmes",
                "ordering": ["-begun_on"],
            },
        ),
        migrations.AddField(
            model_name="mandate",
            name="programme",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="mandates", to="plans.programme"
            ),
        ),
        migrations.CreateModel(
            name="ProgrammeAlert",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(default=common.clock.now, editable=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("threat", "threat"),
                            ("ban_breached", "breach of a ban: contact, place, residence"),
                            ("conditions", "breach of another condition of the mandate"),
                            ("left", "he has left the programme"),
                        ],
                        max_length=20,
                        verbose_name="what it is about",
                    ),
                ),
                (
                    "urgency",
                    models.CharField(
                        choices=[("immediate", "within the hour"), ("today", "within a day")],
                        max_length=20,
                        verbose_name="how soon",
                    ),
                ),
                ("words", common.fields.EncryptedTextField(verbose_name="what was seen or heard")),
                ("due_at", models.DateTimeField(editable=False)),
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
                (
                    "case",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cases.case"),
                ),
                (
                    "programme",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="alerts", to="plans.programme"
                    ),
                ),
            ],
            options={
                "verbose_name": "alert of a programme",
                "verbose_name_plural": "alerts of programmes",
                "ordering": ["-at"],
            },
        ),
        migrations.CreateModel(
            name="AlertTaken",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(default=common.clock.now, editable=False)),
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
                    "alert",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="taken", to="plans.programmealert"
                    ),
                ),
            ],
            options={
                "verbose_name": "alert taken up",
                "verbose_name_plural": "alerts taken up",
            },
        ),
        migrations.CreateModel(
            name="AlertRoute",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "rung",
                    models.CharField(
                        choices=[
                            ("coordination", "it coordinates the case"),
                            ("lead", "it leads the case and works with both"),
                            ("reference", "the reference person of the case works there"),
                            ("neutral", "it takes part and works with both"),
                            ("lead_of_hers", "it leads the case"),
                            ("nobody", "nobody else could be found"),
                        ],
                        max_length=20,
                    ),
                ),
                ("at", models.DateTimeField(default=common.clock.now)),
                (
                    "case",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cases.case"),
                ),
                (
                    "to_agency",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="agencies.agency"
                    ),
                ),
                (
                    "alert",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="routes", to="plans.programmealert"
                    ),
                ),
            ],
            options={
                "verbose_name": "way of an alert",
                "verbose_name_plural": "ways of alerts",
                "ordering": ["-at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="AlertReceipt",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(default=common.clock.now)),
                (
                    "case",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cases.case"),
                ),
                (
                    "alert",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="receipt", to="plans.programmealert"
                    ),
                ),
            ],
            options={
                "verbose_name": "receipt of an alert",
                "verbose_name_plural": "receipts of alerts",
            },
        ),
        migrations.CreateModel(
            name="AlertAnswer",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(default=common.clock.now, editable=False)),
                (
                    "outcome",
                    models.CharField(
                        choices=[("passed_on", "passed on"), ("not_passed", "not passed on, with a reason")],
                        max_length=20,
                        verbose_name="what became of it",
                    ),
                ),
                ("to_whom", common.fields.EncryptedTextField(blank=True, verbose_name="whom you spoke to")),
                ("said", common.fields.EncryptedTextField(verbose_name="what was said, or why not")),
                ("said_at", models.DateTimeField(verbose_name="when")),
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
                (
                    "case",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cases.case"),
                ),
                (
                    "to_agency",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="agencies.agency"
                    ),
                ),
                (
                    "alert",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="answer", to="plans.programmealert"
                    ),
                ),
            ],
            options={
                "verbose_name": "answer to an alert",
                "verbose_name_plural": "answers to alerts",
            },
        ),
        migrations.CreateModel(
            name="ProgrammeSession",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(default=common.clock.now, editable=False)),
                ("on", models.DateField(verbose_name="day")),
                ("begins_at", models.TimeField(blank=True, null=True, verbose_name="hour")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("intake", "first interview"),
                            ("individual", "individual session"),
                            ("group", "group session"),
                            ("review", "review"),
                            ("closing", "closing interview"),
                        ],
                        max_length=20,
                        verbose_name="kind of session",
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
                (
                    "case",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cases.case"),
                ),
                (
                    "programme",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="sessions", to="plans.programme"
                    ),
                ),
            ],
            options={
                "verbose_name": "session",
                "verbose_name_plural": "sessions",
                "ordering": ["on", "begins_at", "pk"],
            },
        ),
        migrations.CreateModel(
            name="ProgrammeStep",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(default=common.clock.now, editable=False)),
                (
                    "step",
                    models.CharField(
                        choices=[
                            ("completed", "completed"),
                            ("dropped_out", "he has left it"),
                            ("excluded", "excluded by the service"),
                            ("resumed", "taken up again"),
                        ],
                        max_length=20,
                        verbose_name="what became of it",
                    ),
                ),
                ("on", models.DateField(verbose_name="on")),
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
                (
                    "case",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cases.case"),
                ),
                (
                    "follows",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="followed_by",
                        to="plans.programmestep",
                    ),
                ),
                (
                    "note",
                    models.OneToOneField(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="cases.note",
                    ),
                ),
                (
                    "programme",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="steps", to="plans.programme"
                    ),
                ),
            ],
            options={
                "verbose_name": "step of a programme",
                "verbose_name_plural": "steps of programmes",
                "ordering": ["at", "pk"],
            },
        ),
        migrations.AddField(
            model_name="programmealert",
            name="step",
            field=models.OneToOneField(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="alert", to="plans.programmestep"
            ),
        ),
        migrations.CreateModel(
            name="SessionMark",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(default=common.clock.now, editable=False)),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("attended", "attended"),
                            ("missed", "missed"),
                            ("excused", "missed, excused"),
                            ("cancelled", "cancelled by the service"),
                        ],
                        max_length=20,
                        verbose_name="what became of it",
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
                    "session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="marks", to="plans.programmesession"
                    ),
                ),
                (
                    "supersedes",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="superseded_by",
                        to="plans.sessionmark",
                    ),
                ),
            ],
            options={
                "verbose_name": "attendance",
                "verbose_name_plural": "attendances",
            },
        ),
        migrations.CreateModel(
            name="TherapeuticPlan",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(default=common.clock.now, editable=False)),
                ("aims", common.fields.EncryptedTextField(verbose_name="what he and the programme work on")),
                ("means", common.fields.EncryptedTextField(blank=True, verbose_name="how")),
                ("internal", models.BooleanField(default=True, verbose_name="stays in this service")),
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
                (
                    "case",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cases.case"),
                ),
                (
                    "programme",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="plans", to="plans.programme"
                    ),
                ),
                (
                    "supersedes",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="superseded_by",
                        to="plans.therapeuticplan",
                    ),
                ),
            ],
            options={
                "verbose_name": "therapeutic plan",
                "verbose_name_plural": "therapeutic plans",
                "ordering": ["-at", "-pk"],
            },
        ),
        migrations.AddIndex(
            model_name="programme",
            index=models.Index(fields=["case"], name="plans_programme_case"),
        ),
        migrations.AddIndex(
            model_name="mandate",
            index=models.Index(fields=["issuer", "-starts_on"], name="plans_mandates_of"),
        ),
        migrations.AddConstraint(
            model_name="mandate",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_on", None), ("ends_on__gte", models.F("starts_on")), _connector="OR"),
                name="plans_mandate_ends_after",
                violation_error_message="The mandate ends before it begins.",
            ),
        ),
        migrations.AddConstraint(
            model_name="alertroute",
            constraint=models.UniqueConstraint(fields=("alert", "to_agency"), name="plans_alert_to_each_once"),
        ),
        migrations.AddConstraint(
            model_name="alertanswer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("outcome", "passed_on"), ("to_agency__isnull", False)),
                    models.Q(("outcome", "not_passed"), ("to_agency__isnull", True)),
                    _connector="OR",
                ),
                name="plans_alert_passed_on_to_somebody",
            ),
        ),
        migrations.AddIndex(
            model_name="programmesession",
            index=models.Index(fields=["agency", "on"], name="plans_sessions_of_day"),
        ),
        migrations.AddIndex(
            model_name="programmesession",
            index=models.Index(fields=["programme", "on"], name="plans_sessions"),
        ),
        migrations.AddConstraint(
            model_name="programmestep",
            constraint=models.UniqueConstraint(
                condition=models.Q(("follows", None)), fields=("programme",), name="plans_programme_first_step_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="sessionmark",
            constraint=models.UniqueConstraint(
                condition=models.Q(("supersedes", None)), fields=("session",), name="plans_session_first_mark_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="therapeuticplan",
            constraint=models.UniqueConstraint(
                condition=models.Q(("supersedes", None)),
                fields=("programme",),
                name="plans_therapeutic_plan_first_once",
            ),
        ),
    ]
