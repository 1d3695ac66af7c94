from datetime import datetime

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from agencies.enums import AgencyKind
from agencies.models import Agency, Partnership, PartnershipMember
from cases.access import CaseAccess
from cases.enums import Category, ParticipationSide, Side
from cases.models import Case, CasePerson
from common.clock import now
from common.fields import EncryptedJSONField, EncryptedTextField
from common.models import UUIDModel
from reports.models import Attachment
from sharing.grants import Opening

from .authorisations import ProsecutorAuthorisation


class GivenHow(models.TextChoices):
    ORAL = "oral", _("orally")
    WRITTEN = "written", _("in writing")
    WITH_INTERPRETER = "with_interpreter", _("orally, with an interpreter")


class GivenBy(models.TextChoices):
    SUBJECT = "subject", _("the person concerned")
    REPRESENTATIVE = "representative", _("their legal representative")


class Purpose(models.TextChoices):
    """What a consent may be for; several may be named."""

    SAFETY = "safety", _("her safety and that of the children")
    CONTACT = "contact", _("being called back")
    SUPPORT = "support", _("support by a service")
    HOUSING = "housing", _("a safe place to live")
    HEALTH = "health", _("care")
    LEGAL = "legal", _("legal help and steps before the courts")
    CHILDREN = "children", _("help for the children")
    RESIDENCE = "residence", _("residence status")
    VIOLENCE_WORK = "violence_work", _("work on his violence")
    COORDINATION = "coordination", _("services working together")


class SheetHanded(models.TextChoices):
    """What became of the sheet that says who may see what, until when, and how to withdraw."""

    NOT_YET = "not_yet", _("not handed over yet")
    GIVEN = "given", _("given to the person")
    DISCREET = "discreet", _("given in its discreet form")
    KEPT = "kept", _("kept at the service, at their wish")


class ConsentQuerySet(models.QuerySet):
    def live(self) -> "ConsentQuerySet":
        """Neither past their end nor withdrawn, by the database's clock."""
        return self.filter(
            Q(valid_until=None) | Q(valid_until__gt=Now()),
            ~Exists(ConsentWithdrawal.objects.filter(consent=OuterRef("pk"))),
        )

    def naming(self, agency: Agency) -> "ConsentQuerySet":
        """Those that name this agency: itself, its kind, or a partnership it takes part in now."""
        return self.filter(
            Q(recipient_kinds__contains=[agency.kind])
            | Exists(ConsentRecipient.objects.filter(consent=OuterRef("pk"), agency=agency))
            | Exists(PartnershipMember.objects.live().filter(partnership=OuterRef("partnership"), agency=agency))
        )

    def of_case(self, access: CaseAccess) -> "ConsentQuerySet":
        """Those of a case this access may know of: recorded by the agency, opening something to it, or of a side whose
        names and services it sees."""
        if not access:
            return self.none()
        known = Q(agency=access.agency_id) | Exists(
            SharingDecision.objects.filter(consent=OuterRef("pk"), recipient=access.agency_id)
        )
        for side in (Side.VICTIM, Side.PERPETRATOR):
            if access.can(Category.NETWORK, side) and access.can(Category.IDENTITY, side):
                known |= Q(side=side)
        return self.filter(known, case=access.case_id)


class Consent(UUIDModel):
    """What a person agreed to share of their own: with whom, which categories, for what, until when. Insert-only."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="consents")
    subject = models.ForeignKey(CasePerson, on_delete=models.PROTECT, related_name="consents")
    side = models.CharField(max_length=20, editable=False)
    given_by = models.CharField(_("given by"), max_length=20, choices=GivenBy.choices, default=GivenBy.SUBJECT)
    representative = models.ForeignKey(CasePerson, on_delete=models.PROTECT, null=True, related_name="+")
    representative_name = EncryptedTextField(_("legal representative outside the case"), blank=True)
    given_how = models.CharField(_("how it was given"), max_length=20, choices=GivenHow.choices)
    language = models.CharField(_("in which language"), max_length=10, default="fr")
    explained = models.TextField(_("what was explained"))
    purpose = models.CharField(_("for what purpose"), max_length=300)
    purposes = ArrayField(models.CharField(max_length=20, choices=Purpose.choices), default=list, blank=True)
    categories = ArrayField(models.CharField(max_length=20, choices=Category.choices))
    recipients = models.ManyToManyField(Agency, through="ConsentRecipient", related_name="+")
    recipient_kinds = ArrayField(models.CharField(max_length=40, choices=AgencyKind.choices), default=list, blank=True)
    partnership = models.ForeignKey(Partnership, on_delete=models.PROTECT, null=True, related_name="+")
    valid_until = models.DateTimeField(_("until"), null=True)
    sheet = models.CharField(_("the sheet"), max_length=10, choices=SheetHanded.choices, default=SheetHanded.NOT_YET)
    evidence = models.ForeignKey(Attachment, on_delete=models.PROTECT, null=True, related_name="+")
    request_key = models.UUIDField(unique=True, null=True, editable=False)  # one form sent twice is one consent
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+", editable=False)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False
    )
    given_at = models.DateTimeField(default=now)
    recorded_at = models.DateTimeField(default=now, editable=False)

    objects = ConsentQuerySet.as_manager()

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")


class ConsentRecipient(UUIDModel):
    """One agency a consent names. Those meant by a kind or a partnership are not listed here."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    consent = models.ForeignKey(Consent, on_delete=models.PROTECT, related_name="+")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["consent", "agency"], name="sharing_recipient_once")]


class ConsentWithdrawal(UUIDModel):
    """The person changed their mind: a row of its own. Everything that rested on the consent ends with it."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    consent = models.OneToOneField(Consent, on_delete=models.PROTECT, related_name="withdrawal")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("withdrawal of a consent")
        verbose_name_plural = _("withdrawals of consents")


class Basis(models.TextChoices):
    """Why it may be shared, in plain words; the articles, in both numberings, are in `sharing.law`."""

    OWN_RECORD = "own_record", _("recorded by the agency itself")
    CONSENT = "consent", _("consent")
    SHARED_SECRET = "shared_secret", _("shared professional secret")
    CONSULTATION = "consultation", pgettext_lazy("basis", "consultation")
    REPORT_TO_PROSECUTOR = "report_to_prosecutor", _("report to the prosecutor")
    GRAVE_DANGER = "grave_danger", _("grave danger")
    LEGAL_OBLIGATION = "legal_obligation", _("legal obligation")
    PROSECUTOR_AUTHORISATION = "prosecutor_authorisation", _("authorisation of the prosecutor")


class WayIn(models.TextChoices):
    """The act a decision belongs to."""

    RECORDING = "recording", _("recording of a report")
    J2_CONTACT = "j2_contact", _("accepted J+2 contact")
    COMPLAINT = "complaint", _("transmission of a complaint")
    REFERRAL = "referral", _("accepted referral")
    DECISION = "decision", _("sharing decided by a service")
    REQUEST = "request", _("information request granted")
    BREAK_GLASS = "break_glass", _("emergency access")
    COORDINATION = "coordination", _("situation retained by the coordination")
    SITUATION = "situation", _("recording of a situation by a service")
    DISPUTE = "dispute", _("transmission of a family dispute report")


class Reach(models.TextChoices):
    INTERNAL = "internal", _("internal: the recipient takes part in the same partnership or protocol")
    EXTERNAL = "external", _("external: the recipient stands outside")


class SharingDecisionQuerySet(models.QuerySet):
    def live(self) -> "SharingDecisionQuerySet":
        """Begun, not ended, not revoked, and whose consent still holds; by the database's clock.

        Ask in a context that reads every consent, withdrawal and authorisation (`grants`): what cannot be read does not
        hold.
        """
        return self.filter(
            Q(ends_at=None) | Q(ends_at__gt=Now()),
            Q(consent=None) | Exists(Consent.objects.live().filter(pk=OuterRef("consent"))),
            Q(authorisation=None) | Exists(ProsecutorAuthorisation.objects.live().filter(pk=OuterRef("authorisation"))),
            ~Exists(SharingRevocation.objects.filter(decision=OuterRef("pk"))),
            starts_at__lte=Now(),
        )

    def of_case(self, access: CaseAccess) -> "SharingDecisionQuerySet":
        """Those of a case this access may know of: to the agency, by it, or on a side whose services it may know."""
        if not access:
            return self.none()
        known = Q(recipient=access.agency_id) | Q(agency=access.agency_id) | access.network()
        return self.filter(known, case=access.case_id)


class SharingDecision(UUIDModel):
    """Why an agency sees what it sees. Insert-only: a change is another decision, an end before its time a revocation.

    `grants` lists "category:side" pairs; `side` is the recipient's place in this case. The four principles are
    `necessity`, `accurate_on`, `timeliness` and `security`; `particulars` what the basis asks for besides
    (`sharing/bases.py`), read by the decider and the recipient alone.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="sharing_decisions")
    recipient = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    side = models.CharField(max_length=20, choices=ParticipationSide.choices)
    way_in = models.CharField(max_length=20, choices=WayIn.choices)
    basis = models.CharField(_("basis"), max_length=30, choices=Basis.choices)
    grants = ArrayField(models.CharField(max_length=40))
    contributes = models.BooleanField(default=False)
    consent = models.ForeignKey(Consent, on_delete=models.PROTECT, null=True, related_name="decisions")
    partnership = models.ForeignKey(Partnership, on_delete=models.PROTECT, null=True, related_name="+")
    authorisation = models.ForeignKey(
        ProsecutorAuthorisation, on_delete=models.PROTECT, null=True, related_name="decisions"
    )
    legal_text = models.CharField(_("text relied on"), max_length=300, blank=True)
    particulars = EncryptedJSONField(null=True)
    necessity = models.CharField(_("why it is necessary"), max_length=500)
    accurate_on = models.DateField(_("accurate on"))
    timeliness = models.CharField(_("why now"), max_length=300, blank=True)
    security = models.CharField(_("how it stays safe"), max_length=300, blank=True)
    reach = models.CharField(_("internal or external"), max_length=10, choices=Reach.choices, blank=True)
    source_id = models.UUIDField(null=True)
    request_key = models.UUIDField(null=True, unique=True, editable=False)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(default=now)
    starts_at = models.DateTimeField(default=now)
    ends_at = models.DateTimeField(null=True)

    objects = SharingDecisionQuerySet.as_manager()

    class Meta:
        verbose_name = _("sharing decision")
        verbose_name_plural = _("sharing decisions")
        ordering = ["-decided_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(basis="consent", consent__isnull=False) | ~Q(basis="consent"),
                name="sharing_consent_named",
                violation_error_message=_("Sharing on consent needs the consent it rests on."),
            ),
            models.CheckConstraint(
                condition=~Q(basis="legal_obligation", legal_text=""),
                name="sharing_law_cited",
                violation_error_message=_("A legal obligation needs the text it rests on."),
            ),
            models.CheckConstraint(
                condition=~Q(basis="consultation", partnership=None),
                name="sharing_consultation_named",
                violation_error_message=_("A consultation needs the act that organises it."),
            ),
            models.CheckConstraint(
                condition=~Q(basis="prosecutor_authorisation", authorisation=None),
                name="sharing_authorisation_named",
                violation_error_message=_("Name the prosecutor's authorisation it rests on."),
            ),
            models.CheckConstraint(
                condition=~Q(necessity=""),
                name="sharing_necessity_said",
                violation_error_message=_("Say why the recipient needs it."),
            ),
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gte=F("starts_at")), name="sharing_decision_dates"
            ),
        ]
        indexes = [models.Index(fields=["case", "recipient"], name="sharing_case_recipient")]

    @property
    def end(self) -> datetime | None:
        """When it ends by itself: its own end, its consent's or its authorisation's, whichever comes first."""
        ends = (
            self.ends_at,
            self.consent and self.consent.valid_until,
            self.authorisation and self.authorisation.valid_until,
        )
        return min(filter(None, ends), default=None)

    @property
    def ended_at(self) -> datetime | None:
        """`end`, or the moment before it when it was revoked, its consent withdrawn or its authorisation taken back."""
        revocation = getattr(self, "revocation", None)
        withdrawal = getattr(self.consent, "withdrawal", None)
        taken_back = getattr(self.authorisation, "taken_back", None)
        ends = (
            self.end,
            revocation and revocation.revoked_at,
            withdrawal and withdrawal.withdrawn_at,
            taken_back and taken_back.ended_at,
        )
        return min(filter(None, ends), default=None)

    def opening(self) -> Opening:
        """What it opens, as the sum takes it."""
        coordinates = self.way_in == WayIn.COORDINATION and self.contributes
        takes_part = coordinates if self.way_in == WayIn.COORDINATION else self.way_in != WayIn.BREAK_GLASS
        return Opening(tuple(self.grants), self.contributes, self.end, takes_part, coordinates)


class SharingRevocation(UUIDModel):
    """An end before its time: a row of its own."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    decision = models.OneToOneField(SharingDecision, on_delete=models.PROTECT, related_name="revocation")
    reason = models.CharField(max_length=300)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    revoked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    revoked_at = models.DateTimeField(default=now)


class SharingDefault(UUIDModel):
    """What a way in opens to a kind of agency: reference data with provenance, changed without code.

    The row with an empty `agency_kind` serves kinds that have none of their own.
    """

    way_in = models.CharField(max_length=20, choices=WayIn.choices)
    agency_kind = models.CharField(max_length=40, choices=AgencyKind.choices, blank=True)
    grants = ArrayField(models.CharField(max_length=40))
    contributes = models.BooleanField(default=False)
    valid_days = models.PositiveSmallIntegerField(null=True)
    provenance = models.JSONField()  # the same words by language: {"fr", "en"}
    verified_on = models.DateField(null=True)
    version = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["way_in", "agency_kind", "version"], name="sharing_default_once")
        ]


class SharingDefaultDraft(UUIDModel):
    """A default being changed: opens nothing before it is published as a version of its own."""

    way_in = models.CharField(max_length=20, choices=WayIn.choices)
    agency_kind = models.CharField(max_length=40, choices=AgencyKind.choices, blank=True)
    grants = ArrayField(models.CharField(max_length=40), blank=True)
    contributes = models.BooleanField(default=False)
    valid_days = models.PositiveSmallIntegerField(null=True)
    reason = models.CharField(_("why it changes"), max_length=300)
    verified_on = models.DateField(null=True)
    edited_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    edited_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["way_in", "agency_kind"], name="sharing_draft_once")]
