from auditlog.models import AbstractLogEntry, LogEntryManager
from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from common import acting
from common.clock import now
from common.ids import uuid7


class MoveLogEntryManager(LogEntryManager):
    def log_create(self, instance, force_log: bool = False, **kwargs):
        """Write who acts, for which agency and in which case, from the acting context; refuse to write without one."""
        who = acting.current()
        if who is None:
            raise RuntimeError("A change of an audited record needs an acting context (acting_as or system_context).")
        kwargs["timestamp"] = Now()  # the database's clock, whatever this process believes
        kwargs.setdefault("actor_id", who.user_id)
        kwargs.setdefault("system", who.system if who.user_id is None else "")
        kwargs.setdefault("agency_id", who.agency_id)
        kwargs.setdefault("reason", who.reason)
        kwargs.setdefault("remote_addr", who.remote_addr)
        kwargs.setdefault("cid", who.request_id or None)
        case_id = instance.pk if instance._meta.label == "cases.Case" else getattr(instance, "case_id", None)
        kwargs.setdefault("case_id", case_id)
        return super().log_create(instance, force_log=force_log, **kwargs)


class LogEntry(AbstractLogEntry):
    """What changed, field by field (django-auditlog), with who, for which agency, in which case.

    Identifiers only; values of sensitive fields are masked whole. Append-only, partitioned by month.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.DO_NOTHING,
        null=True,
        blank=True,
        related_name="+",
        db_constraint=False,
    )
    timestamp = models.DateTimeField(_("at"), default=now)
    system = models.CharField(max_length=20, blank=True, default="")
    agency_id = models.UUIDField(null=True)
    case_id = models.UUIDField(null=True)
    reason = models.CharField(max_length=200, blank=True, default="")

    objects = MoveLogEntryManager()

    class Meta(AbstractLogEntry.Meta):
        abstract = False
        managed = False
        db_table = "audit_logentry"


class Action(models.TextChoices):
    """What an AuditEvent says was done."""

    READ = "read", _("read")
    LISTED = "listed", _("listed")
    SEARCHED = "searched", _("searched")
    EXPORTED = "exported", _("exported")
    REFUSED = "refused", _("refused")
    DECIDED = "decided", _("decided")
    SIGNED_IN = "signed_in", _("signed in")
    SIGNED_OUT = "signed_out", _("signed out")
    SIGN_IN_FAILED = "sign_in_failed", _("sign-in failed")


class AuditEvent(models.Model):
    """Who read, searched, exported, was refused or decided, and on what basis. Bare identifiers, append-only.

    Written by `audit.services.record` only, in the transaction that reads; `at` is the database's clock and `xid` the
    transaction, so that later sealing never skips a row in flight.
    """

    id = models.UUIDField(primary_key=True)
    at = models.DateTimeField()
    action = models.CharField(max_length=20, choices=Action.choices)
    user_id = models.UUIDField(null=True)
    agency_id = models.UUIDField(null=True)
    case_id = models.UUIDField(null=True)
    object_kind = models.CharField(max_length=60)
    object_id = models.UUIDField(null=True)
    fields = models.JSONField()
    reason = models.CharField(max_length=200)
    request_id = models.CharField(max_length=64)
    remote_addr = models.GenericIPAddressField(null=True)
    system = models.CharField(max_length=20)

    class Meta:
        managed = False
        db_table = "audit_auditevent"
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.action} {self.object_kind} {self.object_id}"
