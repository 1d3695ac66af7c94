"""What ends in a case: a service's part, the case, its lead."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import common.clock
import common.fields
import common.ids


class Migration(migrations.Migration):
    dependencies = [
        ("agencies", "0010_load_handover_security"),
        ("cases", "0028_closing"),
        ("plans", "0010_programme_security"),
    ]

    operations = [
        migrations.CreateModel(
            name="AgencyFollowUp",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="agency_follow_ups", to="cases.case"
                    ),
                ),
                (
                    "side",
                    models.CharField(
                        choices=[
                            ("victim", "with the victim"),
                            ("perpetrator", "with the presumed perpetrator"),
                            ("neutral", "with both or neither"),
                        ],
                        max_length=20,
                    ),
                ),
                ("code", models.CharField(choices=[("ended", "ended"), ("resumed", "taken up again")], max_length=10)),
                (
                    "reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("done", "what was agreed is done"),
                            ("person_wishes", "the person no longer wishes it"),
                            ("no_contact", "the person can no longer be reached safely"),
                            ("elsewhere", "another service goes on with it"),
                            ("not_ours", "it is not for this service"),
                            ("other", "another reason"),
                        ],
                        max_length=20,
                        verbose_name="why",
                    ),
                ),
                (
                    "note",
                    models.OneToOneField(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cases.note"
                    ),
                ),
                ("request_key", models.UUIDField(editable=False, unique=True)),
                (
                    "agency",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="agencies.agency"
                    ),
                ),
                (
                    "author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("at", models.DateTimeField(default=common.clock.now)),
            ],
            options={
                "verbose_name": "follow-up of one service",
                "verbose_name_plural": "follow-ups of services",
                "ordering": ["-at", "-id"],
                "indexes": [models.Index(fields=["case", "agency", "at"], name="plans_part_of_case")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("code", "resumed"), ("reason", "")),
                            models.Q(("code", "ended"), models.Q(("reason", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="plans_part_reason",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ReturnTold",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "case",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cases.case"),
                ),
                (
                    "how",
                    models.CharField(
                        choices=[
                            ("face_to_face", "face to face"),
                            ("phone", "on a safe number, alone"),
                            ("through_service", "through a service she trusts"),
                            ("not_safely", "she could not be told safely"),
                            ("refused", "she wishes no contact any more"),
                        ],
                        max_length=20,
                        verbose_name="how was she told?",
                    ),
                ),
                ("told_on", models.DateField(verbose_name="on which day?")),
                ("words", common.fields.EncryptedTextField(blank=True, verbose_name="in a few words")),
                ("request_key", models.UUIDField(editable=False, unique=True)),
                (
                    "agency",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="agencies.agency"
                    ),
                ),
                (
                    "author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("at", models.DateTimeField(default=common.clock.now)),
            ],
            options={
                "verbose_name": "told how to come back",
                "verbose_name_plural": "told how to come back",
                "ordering": ["-at", "-id"],
                "indexes": [],
                "constraints": [],
            },
        ),
        migrations.CreateModel(
            name="CaseClosing",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="closings", to="cases.case"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("supervised", "supervised closing"),
                            ("extended", "supervised closing, extended"),
                            ("full", "full closing"),
                            ("light", "light closing"),
                        ],
                        max_length=20,
                        verbose_name="how is it closed?",
                    ),
                ),
                ("words", common.fields.EncryptedTextField(blank=True, verbose_name="why now, in a few words")),
                (
                    "overruled",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=20), blank=True, default=list, size=None
                    ),
                ),
                ("overruled_words", common.fields.EncryptedTextField(blank=True, verbose_name="why this is set aside")),
                ("until", models.DateTimeField(null=True)),
                ("request_key", models.UUIDField(editable=False, unique=True)),
                (
                    "agency",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="agencies.agency"
                    ),
                ),
                (
                    "closed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("at", models.DateTimeField(default=common.clock.now)),
            ],
            options={
                "verbose_name": "closing of a case",
                "verbose_name_plural": "closings of cases",
                "ordering": ["-at", "-id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind__in", ["supervised", "extended"]), ("until__isnull", False)),
                            models.Q(("kind__in", ["full", "light"]), ("until", None)),
                            _connector="OR",
                        ),
                        name="plans_closing_until",
                    )
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="CaseReopening",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="reopenings", to="cases.case"
                    ),
                ),
                (
                    "code",
                    models.CharField(
                        choices=[
                            ("report", "a new report"),
                            ("situation", "a new situation"),
                            ("release", "a release"),
                            ("by_hand", "decided by a service"),
                        ],
                        max_length=20,
                        verbose_name="why",
                    ),
                ),
                ("words", common.fields.EncryptedTextField(blank=True, verbose_name="why is it opened again?")),
                ("request_key", models.UUIDField(editable=False, unique=True)),
                (
                    "agency",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="agencies.agency"
                    ),
                ),
                (
                    "author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("at", models.DateTimeField(default=common.clock.now)),
            ],
            options={
                "verbose_name": "reopening of a case",
                "verbose_name_plural": "reopenings of cases",
                "ordering": ["-at", "-id"],
                "indexes": [],
                "constraints": [],
            },
        ),
        migrations.CreateModel(
            name="LeadOffer",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="lead_offers", to="cases.case"
                    ),
                ),
                (
                    "to_agency",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="agencies.agency"
                    ),
                ),
                (
                    "why",
                    models.CharField(
                        choices=[
                            ("closer", "it works closest with the people of the case now"),
                            ("moves", "she moves to another zone"),
                            ("capacity", "our service can no longer carry it"),
                            ("other", "another reason"),
                        ],
                        max_length=20,
                        verbose_name="why",
                    ),
                ),
                ("leaves", models.BooleanField(default=False, verbose_name="our access ends when it is taken over")),
                (
                    "words",
                    common.fields.EncryptedTextField(blank=True, verbose_name="what the service has to know to go on"),
                ),
                ("request_key", models.UUIDField(editable=False, unique=True)),
                (
                    "agency",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="agencies.agency"
                    ),
                ),
                (
                    "author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("at", models.DateTimeField(default=common.clock.now)),
            ],
            options={
                "verbose_name": "offer of the lead",
                "verbose_name_plural": "offers of the lead",
                "ordering": ["-at", "-id"],
                "indexes": [],
                "constraints": [],
            },
        ),
        migrations.CreateModel(
            name="LeadAnswer",
            fields=[
                ("id", models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "case",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cases.case"),
                ),
                (
                    "offer",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="answer", to="plans.leadoffer"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("accepted", "taken over"), ("declined", "declined"), ("withdrawn", "withdrawn")],
                        max_length=20,
                    ),
                ),
                ("words", common.fields.EncryptedTextField(blank=True, verbose_name="why not")),
                (
                    "agency",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="agencies.agency"
                    ),
                ),
                (
                    "author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("at", models.DateTimeField(default=common.clock.now)),
            ],
            options={
                "verbose_name": "answer to an offer of the lead",
                "verbose_name_plural": "answers to offers of the lead",
                "indexes": [],
                "constraints": [],
            },
        ),
    ]
