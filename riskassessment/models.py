from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from agencies.models import Agency, Partnership
from cases.enums import Category, Level, Origin, Side
from cases.models import Case
from common.clock import now
from common.models import UUIDModel
from reports.models import Report


# --- grids ------------------------------------------------------------------------------------------------
class Grid(UUIDModel):
    """A family of versions, by its slug. Where it names an `agency`, that one alone is entitled to the instrument."""

    slug = models.SlugField(unique=True)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("grid")
        verbose_name_plural = _("grids")


class GridVersion(UUIDModel):
    """A published definition, frozen: what was filled in under it stays under it. pydantic checks it.

    Nobody proposed or published what ships with the product.
    """

    grid = models.ForeignKey(Grid, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    definition = models.JSONField()
    content_hash = models.CharField(max_length=64)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    published_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("version of a grid")
        verbose_name_plural = _("versions of grids")
        constraints = [
            models.UniqueConstraint(fields=["grid", "number"], name="riskassessment_version_once"),
            models.UniqueConstraint(fields=["grid", "content_hash"], name="riskassessment_content_once"),
            models.CheckConstraint(
                condition=Q(published_by=None) | ~Q(published_by=models.F("proposed_by")),
                name="riskassessment_second_pair_of_eyes",
            ),
        ]


class GridRetirement(UUIDModel):
    """A version that no new assessment uses any more: a row of its own. A later version puts the grid in use again."""

    version = models.OneToOneField(GridVersion, on_delete=models.PROTECT, related_name="retirement")
    reason = models.TextField(_("reason"))
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    retired_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    retired_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("retired version of a grid")
        verbose_name_plural = _("retired versions of grids")
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="riskassessment_retirement_reason")]


class GridDraft(UUIDModel):
    """A version that is being written: the definition as it stands, complete or not. Deleted when it is published.

    `grid` is None until the first version of a new grid is published. `for_agency` is whose instrument it is, None for
    everybody's. `proposed_at` asks for a second pair of eyes; a change afterwards takes the proposal back.
    """

    slug = models.SlugField(max_length=60)
    grid = models.ForeignKey(Grid, on_delete=models.PROTECT, null=True, related_name="drafts")
    based_on = models.ForeignKey(GridVersion, on_delete=models.PROTECT, null=True, related_name="+")
    for_agency = models.ForeignKey(Agency, on_delete=models.PROTECT, null=True, related_name="+")
    definition = models.JSONField()
    version = models.PositiveIntegerField(default=0)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=now)
    saved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    saved_at = models.DateTimeField(default=now)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    proposed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("draft of a grid")
        verbose_name_plural = _("drafts of grids")
        ordering = ["-saved_at"]
        constraints = [models.UniqueConstraint(fields=["slug"], name="riskassessment_one_draft_per_grid")]


# --- assessments ------------------------------------------------------------------------------------------
class Presence(models.TextChoices):
    """Who was there when the questions were put. Never the presumed perpetrator beside the victim."""

    ALONE = "alone", _("with the victim, alone")
    WITHOUT_HER = "without_her", _("without her, from what is known")


class Assessment(UUIDModel):
    """One grid answered for one event. A draft until signed; a trigger refuses any change after the signature.

    `category` and `side` are those of the grid: psychosocial answers about her are not read like a police grid.
    `based_on` is the earlier one whose answers are proposed again. `key` makes a program's sending happen once.
    `content_hash` (SHA-256, 64 hex digits) covers the version, the answers, what they indicate, who signed and when.
    """

    category = models.CharField(max_length=20, default=Category.RISK, choices=Category.choices, editable=False)
    side = models.CharField(max_length=20, default=Side.CASE, choices=Side.choices, editable=False)
    origin = models.CharField(max_length=10, default=Origin.JUDICIAL, choices=Origin.choices, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="assessments")
    report = models.ForeignKey(Report, on_delete=models.PROTECT, null=True, related_name="assessments")
    grid_version = models.ForeignKey(GridVersion, on_delete=models.PROTECT, related_name="assessments")
    based_on = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")
    presence = models.CharField(max_length=20, choices=Presence.choices, blank=True)
    key = models.UUIDField(null=True, editable=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    answers = models.JSONField(default=dict)
    version = models.PositiveIntegerField(default=0)
    saved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    saved_at = models.DateTimeField(default=now)
    created_at = models.DateTimeField(default=now)
    signed_at = models.DateTimeField(null=True)
    signed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    indicative_level = models.CharField(max_length=20, blank=True)
    outcome = models.JSONField(null=True)
    content_hash = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = _("assessment")
        verbose_name_plural = _("assessments")
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(signed_at=None, signed_by=None, outcome=None)
                | Q(signed_at__isnull=False, signed_by__isnull=False, outcome__isnull=False),
                name="riskassessment_signature_whole",
            ),
            models.UniqueConstraint(
                fields=["report", "grid_version", "agency"],
                condition=Q(signed_at=None, report__isnull=False),
                name="riskassessment_one_draft_per_event",
            ),
            models.UniqueConstraint(
                fields=["case", "grid_version", "agency"],
                condition=Q(signed_at=None, report=None),
                name="riskassessment_one_draft_without_event",
            ),
            models.UniqueConstraint(
                fields=["agency", "key"], condition=Q(key__isnull=False), name="riskassessment_sent_once"
            ),
        ]


class FearedEvent(models.TextChoices):
    """The irreversible act that the person who concludes fears."""

    FEMINICIDE = "feminicide", _("feminicide")
    INFANTICIDE = "infanticide", _("killing of a child")
    SUICIDE = "suicide", _("suicide")
    ABDUCTION = "abduction", _("abduction of a child")


class Conclusion(UUIDModel):
    """The level a person retains, with reasons, signed. Lower than indicative waits for a countersignature.

    Read with the level of the case; where the grid is not (`category`), the words of its conclusion are not either.
    """

    category = models.CharField(max_length=20, default=Category.LEVEL, choices=Category.choices, editable=False)
    side = models.CharField(max_length=20, default=Side.CASE, choices=Side.choices, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="conclusions")
    assessment = models.OneToOneField(Assessment, on_delete=models.PROTECT, related_name="conclusion")
    level = models.CharField(_("level retained"), max_length=10, choices=Level.choices)
    justification = models.TextField(_("justification"))
    feared_events = ArrayField(
        models.CharField(max_length=20, choices=FearedEvent.choices),
        verbose_name=_("what is feared"),
        default=list,
        blank=True,
    )
    lowers = models.BooleanField(default=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    signed_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("conclusion")
        verbose_name_plural = _("conclusions")
        constraints = [
            models.CheckConstraint(condition=~Q(justification=""), name="riskassessment_conclusion_justified")
        ]


class Countersignature(UUIDModel):
    """The second signature under a lower level; by somebody else."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    conclusion = models.OneToOneField(Conclusion, on_delete=models.PROTECT, related_name="countersignature")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    signed_at = models.DateTimeField(default=now)


class Verdict(models.TextChoices):
    VALIDATED = "validated", pgettext_lazy("assessment", "validated")
    RETURNED = "returned", pgettext_lazy("assessment", "returned with remarks")


class AssessmentReview(UUIDModel):
    """Somebody trained read a signed assessment: validated, or returned with remarks. Insert-only."""

    category = models.CharField(max_length=20, choices=Category.choices, editable=False)
    side = models.CharField(max_length=20, choices=Side.choices, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    assessment = models.OneToOneField(Assessment, on_delete=models.PROTECT, related_name="review")
    verdict = models.CharField(max_length=10, choices=Verdict.choices)
    remarks = models.TextField(_("remarks"), blank=True)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("verification of an assessment")
        verbose_name_plural = _("verifications of assessments")
        constraints = [
            models.CheckConstraint(
                condition=Q(verdict=Verdict.VALIDATED) | ~Q(remarks=""), name="riskassessment_returned_with_remarks"
            )
        ]


# --- what follows -----------------------------------------------------------------------------------------
class GridDuty(UUIDModel):
    """Which agency assesses a case again with a grid: the latest row says. Insert-only."""

    category = models.CharField(max_length=20, choices=Category.choices, editable=False)
    side = models.CharField(max_length=20, choices=Side.choices, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    grid = models.ForeignKey(Grid, on_delete=models.PROTECT, related_name="+")
    responsible = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("service responsible for a grid")
        verbose_name_plural = _("services responsible for grids")
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["case", "grid", "-at"], name="riskassessment_duty")]


class TurningKind(models.TextChoices):
    """What changes a situation so much that it is assessed again."""

    REPORT = "report", _("new report")
    MEASURE_REQUESTED = "measure_requested", _("protection measure requested")
    MEASURE_NOTIFIED = "measure_notified", _("protection measure notified")
    MEASURE_BREACHED = "measure_breached", _("protection measure breached")
    MEASURE_ENDED = "measure_ended", _("protection measure ended")
    RELEASE = "release", _("release of the presumed perpetrator")
    SEPARATION = "separation", _("separation")
    MOVE = "move", _("she moves or has moved")
    PREGNANCY = "pregnancy", _("pregnancy")
    FAMILY_COURT = "family_court", _("decision of the family court")
    PROGRAMME_DROPOUT = "programme_dropout", _("he has left his programme")


class TurningPoint(UUIDModel):
    """Something that opens a new assessment. Read where its category and side are read; the deadline it sets says
    nothing of it. Insert-only. `source_id` is the row of the act it follows from, its own where it is written by hand.
    """

    category = models.CharField(max_length=20, choices=Category.choices, editable=False)
    side = models.CharField(max_length=20, choices=Side.choices, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(_("what changed"), max_length=30, choices=TurningKind.choices)
    happened_on = models.DateField(_("on"))
    words = models.CharField(_("in a few words"), max_length=500, blank=True)
    source_id = models.UUIDField(editable=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("turning point")
        verbose_name_plural = _("turning points")
        ordering = ["-happened_on", "-at"]
        constraints = [
            models.UniqueConstraint(fields=["case", "kind", "source_id"], name="riskassessment_turning_once")
        ]


class RepeatRule(UUIDModel):
    """How many events in how many months are told as repeated: versioned reference data, by area. Insert-only.

    `area` holds postal codes or their beginnings, empty for everywhere; the most precise one holds. `since` counts from
    today back, or from the last consultation.
    """

    class Since(models.TextChoices):
        TODAY = "today", _("from today back")
        CONSULTATION = "consultation", _("since the last consultation")

    code = models.SlugField(max_length=60)
    version = models.PositiveIntegerField()
    area = ArrayField(models.CharField(max_length=10), default=list, blank=True)
    events = models.PositiveSmallIntegerField()
    months = models.PositiveSmallIntegerField()
    since = models.CharField(max_length=20, choices=Since.choices)
    provenance = models.JSONField()  # the same words by language: {"fr", "en"}
    verified_on = models.DateField(null=True)
    published_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("rule of repetition")
        verbose_name_plural = _("rules of repetition")
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="riskassessment_repeat_once"),
            models.CheckConstraint(condition=Q(events__gte=1, months__gte=1), name="riskassessment_repeat_counts"),
        ]


# --- consultation -----------------------------------------------------------------------------------------
class Consultation(UUIDModel):
    """A situation scored without identity, by who asks the coordination. Erased when nothing comes of it."""

    grid_version = models.ForeignKey(GridVersion, on_delete=models.PROTECT, related_name="+")
    situation = models.TextField(_("the situation, without names"), blank=True)
    area = models.CharField(_("area (postal code)"), max_length=10, blank=True)
    answers = models.JSONField(default=dict)
    version = models.PositiveIntegerField(default=0)
    outcome = models.JSONField(null=True)
    indicative_level = models.CharField(max_length=20, blank=True)
    scored_at = models.DateTimeField(null=True)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=now)
    saved_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField()

    class Meta:
        verbose_name = _("consultation without identity")
        verbose_name_plural = _("consultations without identity")
        ordering = ["-created_at"]


class RequestState(models.TextChoices):
    SENT = "sent", pgettext_lazy("request to the coordination", "sent")
    RETAINED = "retained", pgettext_lazy("request to the coordination", "retained")
    REDIRECTED = "redirected", pgettext_lazy("request to the coordination", "redirected")
    WITHDRAWN = "withdrawn", pgettext_lazy("request to the coordination", "withdrawn")
    EXPIRED = "expired", pgettext_lazy("request to the coordination", "expired")


class CoordinationRequestQuerySet(models.QuerySet):
    def waiting(self) -> "CoordinationRequestQuerySet":
        """Sent, and not past their end by the database's clock."""
        return self.filter(state=RequestState.SENT, expires_at__gt=Now())


class CoordinationRequest(UUIDModel):
    """A service asks the coordination to take up a critical situation, named or not, under the act of a partnership.

    From a consultation, or from a case. `case` is empty until the situation has its identity. It is retained (the 72
    hours count from `answered_at`), redirected with a reason, withdrawn, or expires.
    """

    consultation = models.OneToOneField(Consultation, on_delete=models.SET_NULL, null=True, related_name="request")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, null=True, related_name="+")
    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, null=True, related_name="+")
    partnership = models.ForeignKey(Partnership, on_delete=models.PROTECT, related_name="+")
    coordination = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    with_identity = models.BooleanField(_("with the names"), default=False)
    level = models.CharField(_("level"), max_length=20, blank=True)
    feared_events = ArrayField(models.CharField(max_length=20, choices=FearedEvent.choices), default=list, blank=True)
    why = models.TextField(_("why the coordination is asked"))
    state = models.CharField(max_length=12, choices=RequestState.choices, default=RequestState.SENT)
    reason = models.TextField(_("reason"), blank=True)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    sent_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    joined_at = models.DateTimeField(null=True)
    plan_due_at = models.DateTimeField(null=True)

    objects = CoordinationRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("request to the coordination")
        verbose_name_plural = _("requests to the coordination")
        ordering = ["-sent_at"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state=RequestState.REDIRECTED) | ~Q(reason=""),
                name="riskassessment_redirected_with_reason",
            ),
            models.UniqueConstraint(
                fields=["case", "coordination"],
                condition=Q(state=RequestState.SENT, case__isnull=False),
                name="riskassessment_one_request_waiting",
            ),
        ]
