"""Reports: being typed, recorded, verified."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from agencies.models import Agency, Membership
from cases.access import kept_out
from cases.enums import Arranged, Category, Origin, Side
from cases.models import Case
from common.clock import now
from common.fields import EncryptedJSONField
from common.models import UUIDModel


class ReportKind(models.TextChoices):
    POLICE_DISPUTE_REPORT = "police_dispute_report", _("family dispute report")
    POLICE_COMPLAINT = "police_complaint", _("complaint report")
    SENSITIVE_NOTE = "sensitive_note", _("sensitive information note")


SITUATION = "situation"


DRAFT_KINDS = [*ReportKind.choices, (SITUATION, _("situation noticed by a service"))]


class ViolenceType(models.TextChoices):
    """The vocabulary of the law of 13 July 2023, art. 4, and one addition of our own, the last."""

    PHYSICAL = "physical", pgettext_lazy("violence", "physical")
    PSYCHOLOGICAL = "psychological", pgettext_lazy("violence", "psychological")
    SEXUAL = "sexual", pgettext_lazy("violence", "sexual")
    ECONOMIC = "economic", pgettext_lazy("violence", "economic")
    COERCIVE_CONTROL = "coercive_control", _("coercive control")
    HONOUR = "honour", _("linked to so-called honour")
    STALKING = "stalking", _("stalking, also by telephone or internet")


class Declaration(models.TextChoices):
    """The declaration of an injured party: filled in and explained at each complaint, or refused by her."""

    MADE = "made", _("filled in, explained and signed")
    REFUSED = "refused", _("explained, and she does not wish it")


class Right(models.TextChoices):
    """What she is told of her rights (law of 13 July 2023, art. 15)."""

    ROOM = "room", _("a room apart, and discretion")
    OFFICER = "officer", _("a trained officer, of the sex she prefers")
    ACCOMPANIED = "accompanied", _("somebody of her choice beside her")
    INTERPRETER = "interpreter", _("an interpreter, free of charge")
    COPY = "copy", _("a free copy of what she declared")
    HELP = "help", _("medical, psychological and housing help")
    PROTECTION = "protection", _("measures that protect her: residence ban, ban on contact, alarm, address kept secret")
    RISK = "risk", _("taking part in the assessment of risk and of her needs")
    REFUSING = "refusing", _("refusing a measure takes no right from her")


class Section(models.TextChoices):
    """The five sections of a report at the counter (TACTICS §4)."""

    FACTS = "facts", _("Facts")
    CHILDREN = "children", _("Children")
    RISK = "risk", _("Risk")
    MEASURE = "measure", _("Immediate measure")
    ORIENTATION = "orientation", _("Orientation")


class ImmediateMeasure(models.TextChoices):
    NONE = "none", _("no measure")
    SPONTANEOUS_LEAVING = "spontaneous_leaving", _("he left of his own accord")
    SHELTERING = "sheltering", _("she was sheltered elsewhere")
    ARREST = "arrest", _("he was taken away")
    RESIDENCE_BAN = "residence_ban", _("temporary residence ban asked for")
    OTHER = "other", _("another measure")


class Presence(models.TextChoices):
    YES = "yes", _("yes")
    NO = "no", _("no")
    UNKNOWN = "unknown", _("not known")


class ReportDraftQuerySet(models.QuerySet):
    def open_to(self, membership: Membership) -> "ReportDraftQuerySet":
        """The drafts of the acting agency. One that joins a case tells what happens in it: colleagues who do not see
        the case do not read it, nor does who began it once they are kept out of the case.
        """
        joins = Q(joins_case__isnull=False)
        out = joins & Q(kept_out(case="joins_case", user=membership.user_id))
        known = ~joins | Q(author=membership.user_id) | Q(joins_case__in=Case.objects.visible_to(membership))
        return self.filter(known, agency=membership.agency_id, discarded_at=None).exclude(out)


class ReportDraft(UUIDModel):
    """A report being typed: no case yet, so it belongs to its author and agency. `data` is what the form holds.

    `version` grows with each save; recording empties `data` and points to the report, so that sending again finds it.
    `joins_case` is the case it is to be added to; once recorded, the one it opened or joined.
    `continues` is the family dispute report that this complaint follows from.
    `client_key` is what a program sending the report through the API calls it, once per agency.
    """

    kind = models.CharField(_("kind"), max_length=30, choices=DRAFT_KINDS)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    joins_case = models.ForeignKey(Case, on_delete=models.PROTECT, null=True, related_name="+")
    continues = models.ForeignKey("Report", on_delete=models.PROTECT, null=True, related_name="+")
    data = EncryptedJSONField(default=dict)
    version = models.PositiveIntegerField(default=0)
    saved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=now)
    saved_at = models.DateTimeField(default=now)
    discarded_at = models.DateTimeField(null=True)
    client_key = models.UUIDField(null=True, editable=False)

    objects = ReportDraftQuerySet.as_manager()

    class Meta:
        ordering = ["-saved_at"]
        constraints = [
            models.UniqueConstraint(fields=["agency", "client_key"], name="reports_draft_once_per_client_key")
        ]


class Report(UUIDModel):
    """What police recorded on a given day; never edited. Category `facts`, judicial origin."""

    category = models.CharField(max_length=20, default=Category.FACTS, choices=Category.choices, editable=False)
    side = models.CharField(max_length=20, default=Side.CASE, choices=Side.choices, editable=False)
    origin = models.CharField(max_length=10, default=Origin.JUDICIAL, choices=Origin.choices, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="reports")
    draft = models.OneToOneField(
        ReportDraft, on_delete=models.PROTECT, related_name="report", null=True, editable=False
    )
    kind = models.CharField(_("kind"), max_length=30, choices=ReportKind.choices)
    pv_number = models.CharField(_("report number"), max_length=40, blank=True)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="reports")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    met_at = models.DateTimeField(_("when she was met"))
    occurred_at = models.DateTimeField(_("when the facts happened"), null=True, blank=True)
    place = models.CharField(_("where"), max_length=200, blank=True)
    postal_code = models.CharField(_("postal code of the place"), max_length=10, blank=True)
    police_code = models.CharField(_("code of the facts"), max_length=20, blank=True)
    continues = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="continued_by", editable=False
    )
    vif = models.BooleanField(_("violence within the family (VIF)"), null=True)
    vc = models.BooleanField(_("violence between partners (VC)"), null=True)
    violence_types = ArrayField(
        models.CharField(max_length=20, choices=ViolenceType.choices),
        verbose_name=_("kinds of violence"),
        default=list,
        blank=True,
    )
    means = models.TextField(_("means"), blank=True)
    facts_context = models.TextField(_("context"), blank=True)
    facts_words = models.TextField(_("words"), blank=True)
    facts_gestures = models.TextField(_("gestures"), blank=True)
    children_present = models.CharField(_("children present"), max_length=10, choices=Presence.choices, blank=True)
    children_impact = models.TextField(_("impact on the children"), blank=True)
    risk_weapons = models.TextField(_("weapons"), blank=True)
    risk_threats = models.TextField(_("threats"), blank=True)
    risk_antecedents = models.TextField(_("antecedents"), blank=True)
    measure = models.CharField(_("immediate measure"), max_length=30, choices=ImmediateMeasure.choices, blank=True)
    measure_detail = models.TextField(_("about the measure"), blank=True)
    orientation = models.TextField(_("orientation"), blank=True)
    unknown_sections = ArrayField(
        models.CharField(max_length=20, choices=Section.choices),
        verbose_name=_("sections not known"),
        default=list,
        blank=True,
    )
    declaration = models.CharField(
        _("declaration of an injured party"), max_length=10, choices=Declaration.choices, blank=True
    )
    declaration_words = models.TextField(_("what she says of it"), blank=True)
    rights_explained = ArrayField(
        models.CharField(max_length=20, choices=Right.choices),
        verbose_name=_("rights explained"),
        default=list,
        blank=True,
    )
    rights_language = models.CharField(_("in which language"), max_length=10, blank=True)
    rights_later = models.CharField(_("why they could not be explained that day"), max_length=200, blank=True)
    childcare = models.CharField(
        _("children minded during the hearing"), max_length=20, choices=Arranged.choices, blank=True
    )
    accompaniment = models.CharField(
        _("accompanied by a specialised person"), max_length=20, choices=Arranged.choices, blank=True
    )
    accompanied_by = models.CharField(_("by whom"), max_length=100, blank=True)
    j2_accepted = models.BooleanField(_("accepts a contact at J+2"))
    recorded_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        ordering = ["-recorded_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(met_at__lte=F("recorded_at")),
                name="reports_met_not_in_future",
                violation_error_message=_("The meeting cannot be in the future."),
            ),
            models.CheckConstraint(
                condition=Q(occurred_at=None) | Q(occurred_at__lte=F("recorded_at")),
                name="reports_facts_not_in_future",
                violation_error_message=_("The facts cannot be in the future."),
            ),
            models.CheckConstraint(
                condition=Q(vc=None) | Q(vif=True) | Q(vif=False, vc=False),
                name="reports_vc_within_vif",
                violation_error_message=_("Violence between partners is violence within the family."),
            ),
        ]


class ReportVerification(UUIDModel):
    """Whether a report is classified rightly, as a trained person says. Insert-only; the latest holds."""

    category = models.CharField(max_length=20, default=Category.FACTS, choices=Category.choices, editable=False)
    side = models.CharField(max_length=20, default=Side.CASE, choices=Side.choices, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="verifications")
    vif = models.BooleanField(_("violence within the family (VIF)"))
    vc = models.BooleanField(_("violence between partners (VC)"))
    remarks = models.TextField(_("remarks for who recorded it"), blank=True)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    verified_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    verified_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("verification of a classification")
        verbose_name_plural = _("verifications of classifications")
        ordering = ["-verified_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(vif=True) | Q(vc=False),
                name="reports_verified_vc_within_vif",
                violation_error_message=_("Violence between partners is violence within the family."),
            )
        ]
