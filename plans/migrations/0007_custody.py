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
        ("plans", "0006_measures_security"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Detention",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("police_custody", "police custody"),
                            ("warrant", "arrest warrant"),
                            ("sentence", "prison sentence"),
                            ("electronic", "electronic monitoring"),
                            ("other", "other detention"),
                        ],
                        max_length=20,
                        verbose_name="kind of detention",
                    ),
                ),
                ("since", models.DateTimeField(verbose_name="detained since")),
                ("place", common.fields.EncryptedTextField(blank=True, verbose_name="place of detention")),
                ("next_judicial_on", models.DateField(blank=True, null=True, verbose_name="next judicial date")),
                ("request_key", models.UUIDField(editable=False, unique=True)),
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
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="detentions", to="cases.case"
                    ),
                ),
                (
                    "case_person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="detentions", to="cases.caseperson"
                    ),
                ),
            ],
            options={
                "verbose_name": "detention",
                "verbose_name_plural": "detentions",
                "ordering": ["-since", "-id"],
            },
        ),
        migrations.CreateModel(
            name="DetentionAnswer",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "answer",
                    models.CharField(
                        choices=[("still", "still detained"), ("transferred", "transferred"), ("unknown", "not known")],
                        max_length=20,
                        verbose_name="still detained?",
                    ),
                ),
                ("place", common.fields.EncryptedTextField(blank=True, verbose_name="transferred to")),
                ("next_judicial_on", models.DateField(blank=True, null=True, verbose_name="next judicial date")),
                ("request_key", models.UUIDField(editable=False, unique=True)),
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
                    "detention",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="answers", to="plans.detention"
                    ),
                ),
            ],
            options={
                "verbose_name": "answer about a detention",
                "verbose_name_plural": "answers about detentions",
                "ordering": ["-at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="DetentionAsk",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("due_at", models.DateTimeField()),
                ("at", models.DateTimeField(default=common.clock.now)),
                (
                    "agency",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="agencies.agency"
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cases.case"),
                ),
                (
                    "detention",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="asks", to="plans.detention"
                    ),
                ),
            ],
            options={
                "verbose_name": "question whether still detained",
                "verbose_name_plural": "questions whether still detained",
                "ordering": ["-at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="Release",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[("planned", "planned"), ("happened", "he is out"), ("cancelled", "no longer planned")],
                        max_length=20,
                        verbose_name="the release",
                    ),
                ),
                ("released_at", models.DateTimeField(verbose_name="moment of the release")),
                ("words", common.fields.EncryptedTextField(blank=True, verbose_name="conditions, and how it is known")),
                ("request_key", models.UUIDField(editable=False, unique=True)),
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
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="releases", to="cases.case"
                    ),
                ),
                (
                    "case_person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="releases", to="cases.caseperson"
                    ),
                ),
                (
                    "detention",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="releases",
                        to="plans.detention",
                    ),
                ),
                (
                    "supersedes",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="superseded_by",
                        to="plans.release",
                    ),
                ),
            ],
            options={
                "verbose_name": "release",
                "verbose_name_plural": "releases",
                "ordering": ["-at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="ReleaseAlert",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("planned", models.BooleanField()),
                ("released_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("opened_at", models.DateTimeField(default=common.clock.now)),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="release_alerts", to="cases.case"
                    ),
                ),
                (
                    "release",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="plans.release"
                    ),
                ),
            ],
            options={
                "verbose_name": "release alert",
                "verbose_name_plural": "release alerts",
                "ordering": ["-opened_at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="ReleaseAsk",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "asked_as",
                    models.CharField(
                        choices=[
                            ("police", "police zone"),
                            ("referent", "her reference person"),
                            ("cell", "service that calls victims"),
                            ("lead", "service that leads the case"),
                            ("other", "service that takes part"),
                        ],
                        max_length=20,
                    ),
                ),
                ("at", models.DateTimeField(default=common.clock.now)),
                (
                    "agency",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="agencies.agency"
                    ),
                ),
                (
                    "alert",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="asks", to="plans.releasealert"
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cases.case"),
                ),
            ],
            options={
                "verbose_name": "service asked to tell of a release",
                "verbose_name_plural": "services asked to tell of a release",
                "ordering": ["at", "id"],
            },
        ),
        migrations.CreateModel(
            name="ReleaseTelling",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("her", "she was told"),
                            ("trusted", "a person of her trust was told"),
                            ("not_reached", "could not be reached safely"),
                            ("not_wished", "she does not wish to be told"),
                            ("replaced", "replaced by a newer one"),
                        ],
                        max_length=20,
                        verbose_name="who was told",
                    ),
                ),
                (
                    "how",
                    models.CharField(
                        blank=True,
                        choices=[("call", "by phone, on a number checked again"), ("in_person", "in person")],
                        max_length=20,
                        verbose_name="how she was told",
                    ),
                ),
                ("number_verified", models.BooleanField(default=False, verbose_name="the number was checked again")),
                (
                    "alone_asked",
                    models.BooleanField(default=False, verbose_name="she was asked whether she is alone"),
                ),
                ("words", common.fields.EncryptedTextField(blank=True, verbose_name="to be known")),
                ("request_key", models.UUIDField(editable=False, unique=True)),
                ("at", models.DateTimeField(default=common.clock.now, editable=False)),
                (
                    "agency",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="agencies.agency",
                    ),
                ),
                (
                    "alert",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="tellings", to="plans.releasealert"
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
                (
                    "case",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cases.case"),
                ),
                (
                    "contact_point",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="cases.contactpoint",
                    ),
                ),
            ],
            options={
                "verbose_name": "telling of a release",
                "verbose_name_plural": "tellings of a release",
                "ordering": ["-at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="ReleaseWish",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "wish",
                    models.CharField(
                        choices=[("wants", "wishes to be told"), ("wants_not", "does not wish to be told")],
                        max_length=20,
                        verbose_name="what she wishes",
                    ),
                ),
                ("words", common.fields.EncryptedTextField(blank=True, verbose_name="how, and whom to tell for her")),
                ("request_key", models.UUIDField(editable=False, unique=True)),
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
                    "case_person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cases.caseperson"
                    ),
                ),
            ],
            options={
                "verbose_name": "wish to be told of a release",
                "verbose_name_plural": "wishes to be told of a release",
                "ordering": ["-at", "-id"],
            },
        ),
        migrations.AddIndex(
            model_name="detention",
            index=models.Index(fields=["case", "-since"], name="plans_detentions"),
        ),
        migrations.AddIndex(
            model_name="release",
            index=models.Index(fields=["case", "-at"], name="plans_releases"),
        ),
        migrations.AddConstraint(
            model_name="release",
            constraint=models.UniqueConstraint(
                condition=models.Q(("detention__isnull", False), ("kind", "happened")),
                fields=("detention",),
                name="plans_released_once",
                violation_error_message="This release is already written.",
            ),
        ),
        migrations.AddIndex(
            model_name="releasealert",
            index=models.Index(fields=["case", "-opened_at"], name="plans_alerts"),
        ),
        migrations.AddConstraint(
            model_name="releasetelling",
            constraint=models.UniqueConstraint(
                condition=models.Q(("outcome", "not_reached"), _negated=True),
                fields=("alert",),
                name="plans_alert_settled_once",
                violation_error_message="A colleague has confirmed this in the meantime.",
            ),
        ),
        migrations.AddConstraint(
            model_name="releasetelling",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("how", "call"), ("outcome", "her"), _negated=True),
                    models.Q(("alone_asked", True), ("contact_point__isnull", False), ("number_verified", True)),
                    _connector="OR",
                ),
                name="plans_told_on_a_number_checked",
                violation_error_message="Say on which number, that it was checked again, and that she was alone.",
            ),
        ),
    ]
