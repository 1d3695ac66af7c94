from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from agencies.enums import Audience, Need
from common.clock import now
from common.models import UUIDModel

from .agency import Agency


class Place(UUIDModel):
    """A postal code and a place that bears it, with where it lies. Reference data, with its source and licence.

    `names` by language; `commune` is the municipality it belongs to, in French where it has a French name.
    `search_key` is what a typed name is compared with (common.names). Degrees, WGS 84; None where the source has none.
    """

    postal_code = models.CharField(max_length=10)
    names = models.JSONField()
    commune = models.CharField(max_length=100)
    search_key = models.CharField(max_length=300)
    latitude = models.FloatField(null=True)
    longitude = models.FloatField(null=True)
    source = models.CharField(max_length=200)
    licence = models.CharField(max_length=100)
    verified_on = models.DateField(null=True)

    class Meta:
        verbose_name = _("place")
        verbose_name_plural = _("places")
        ordering = ["postal_code", "commune"]
        constraints = [
            models.UniqueConstraint(fields=["postal_code", "search_key"], name="agencies_place_once"),
            models.CheckConstraint(
                condition=Q(latitude=None, longitude=None)
                | Q(latitude__gte=-90, latitude__lte=90, longitude__gte=-180, longitude__lte=180),
                name="agencies_place_on_earth",
                violation_error_message=_("A place lies between -90 and 90, and between -180 and 180 degrees."),
            ),
        ]


class ServiceOfferQuerySet(models.QuerySet):
    def live(self) -> "ServiceOfferQuerySet":
        """Those that are offered, by active services of the list: what a sender entered is nobody else's to find."""
        listed = Q(agency__entered_by=None) | Q(agency__checked_at__isnull=False)
        return self.filter(listed, ended_at=None, agency__is_active=True)


class ServiceOffer(UUIDModel):
    """What a service offers, as the public directory shows it; named after Open Referral HSDS 3.0 where it has a word.

    `description`, `schedule_note` and `fees` by language. `territory` is the area served (postal codes; none =
    everywhere). `schedule` is a list of {"days": [1..7], "opens": "09:00", "closes": "17:00"}, Monday first. A shelter
    has no address: nobody's directory tells where it is.
    """

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="offers")
    name = models.CharField(_("name"), max_length=150)
    description = models.JSONField(_("description"), default=dict)
    needs = ArrayField(models.CharField(max_length=30, choices=Need.choices), verbose_name=_("needs"), default=list)
    audiences = ArrayField(
        models.CharField(max_length=20, choices=Audience.choices), verbose_name=_("for whom"), default=list
    )
    languages = ArrayField(models.CharField(max_length=10), verbose_name=_("languages"), default=list)
    interpretation = models.BooleanField(_("with an interpreter on request"), default=False)
    territory = ArrayField(
        models.CharField(max_length=10), verbose_name=_("area served (postal codes)"), default=list, blank=True
    )
    address = models.CharField(_("address"), max_length=200, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=10, blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    url = models.URLField(_("web site"), blank=True)
    schedule = models.JSONField(_("opening hours"), default=list)
    schedule_note = models.JSONField(default=dict)
    always_open = models.BooleanField(_("day and night"), default=False)
    fees = models.JSONField(default=dict)
    accessible = models.BooleanField(_("accessible with a wheelchair"), null=True)
    is_public = models.BooleanField(_("in the public directory"), default=True)
    source = models.CharField(_("source"), max_length=200, blank=True)
    confirmed_at = models.DateTimeField(null=True, editable=False)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", editable=False
    )
    asked_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(default=now, editable=False)
    ended_at = models.DateTimeField(null=True, editable=False)

    objects = ServiceOfferQuerySet.as_manager()

    class Meta:
        verbose_name = _("entry of the directory")
        verbose_name_plural = _("entries of the directory")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["agency", "name"],
                condition=Q(ended_at=None),
                name="agencies_offer_once",
                violation_error_message=_("This service already has an entry with this name."),
            )
        ]
        indexes = [GinIndex(fields=["territory"], name="agencies_offer_area")]


class HelpNumberQuerySet(models.QuerySet):
    def live(self) -> "HelpNumberQuerySet":
        """Those that are shown now, in their order."""
        return self.filter(ended_at=None).order_by("position", "code")


class HelpNumber(UUIDModel):
    """A number to call. Reference data: words by language; a change is a new row, the one before it ends.

    `plain_name` is what it is called on a paper that says nothing of violence; without one it does not stand there.
    `territory` as postal codes, none = everywhere. `verified_on` is None until somebody has called it.
    """

    code = models.SlugField(max_length=40)
    number = models.CharField(_("number"), max_length=20)
    name = models.JSONField()
    note = models.JSONField()
    plain_name = models.JSONField(null=True)
    urgent = models.BooleanField(_("in an emergency"), default=False)
    audiences = ArrayField(models.CharField(max_length=20, choices=Audience.choices), default=list)
    territory = ArrayField(models.CharField(max_length=10), default=list, blank=True)
    position = models.PositiveSmallIntegerField(default=100)
    source = models.CharField(_("source"), max_length=200)
    verified_on = models.DateField(_("verified on"), null=True)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    published_at = models.DateTimeField(default=now)
    ended_at = models.DateTimeField(null=True)

    objects = HelpNumberQuerySet.as_manager()

    class Meta:
        verbose_name = _("help number")
        verbose_name_plural = _("help numbers")
        ordering = ["position", "code"]
        constraints = [
            models.UniqueConstraint(fields=["code"], condition=Q(ended_at=None), name="agencies_help_number_once")
        ]
