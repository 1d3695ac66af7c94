from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from common.clock import now
from common.models import UUIDModel

from .referral import Referral


class ExternalAnswer(models.TextChoices):
    ACCEPT = "accept", _("accepts")
    DECLINE = "decline", _("declines")
    CONTACT = "contact", _("asks to be called")


class ExternalLetter(UUIDModel):
    """The letter to a service without an account, and its one-time page. Digests only: link and code are told once.

    `tries` counts wrong codes. A new letter ends the one before it. The page shows nothing of the letter.
    """

    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="letters")
    link_hash = models.CharField(max_length=64, unique=True, editable=False)
    code_hash = models.CharField(max_length=64, editable=False)
    tries = models.PositiveSmallIntegerField(default=0)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField()
    answer = models.CharField(max_length=10, choices=ExternalAnswer.choices, blank=True)
    answered_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("letter to a service without an account")
        verbose_name_plural = _("letters to services without an account")
        ordering = ["-made_at"]
