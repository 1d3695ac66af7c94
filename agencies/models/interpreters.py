from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from agencies.enums import InterpretingChannel
from common.clock import now
from common.models import UUIDModel

from .agency import Agency


class InterpreterQuerySet(models.QuerySet):
    def live(self) -> "InterpreterQuerySet":
        """Those who work now, for a service that is active."""
        return self.filter(ended_at=None, agency__is_active=True)


class Interpreter(UUIDModel):
    """An interpreter or cultural mediator of a service: languages, certified or not, trained on violence or not.

    Where somebody comes from is not kept: whoever is proposed says for each request whether they know the people.
    """

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="interpreters")
    name = models.CharField(_("name"), max_length=120)
    mediator = models.BooleanField(_("cultural mediator"), default=False)
    languages = ArrayField(models.CharField(max_length=10), verbose_name=_("languages"))
    certified = models.BooleanField(_("certified"), default=False)
    trained = models.BooleanField(_("trained on partner violence"), default=False)
    channels = ArrayField(
        models.CharField(max_length=10, choices=InterpretingChannel.choices), verbose_name=_("how they work")
    )
    territory = ArrayField(
        models.CharField(max_length=10), verbose_name=_("comes to (postal codes)"), default=list, blank=True
    )
    created_at = models.DateTimeField(default=now, editable=False)
    ended_at = models.DateTimeField(null=True, editable=False)

    objects = InterpreterQuerySet.as_manager()

    class Meta:
        verbose_name = _("interpreter")
        verbose_name_plural = _("interpreters")
        ordering = ["name"]
