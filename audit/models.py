from datetime import UTC
from hashlib import sha256

from auditlog.models import AbstractLogEntry, LogEntryManager
from django.conf import settings
from django.db import DatabaseError, connection, models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from common import acting
from common.clock import now
from common.ids import uuid7

from .trouble import unavailable


class MoveLogEntryManager(LogEntryManager):
    def log_create(self, instance, force_log: bool = False, **kwargs):
        """Write who acts, for which agency and in which case, from the acting context; refuse to write without one.

        Raises AuditUnavailable where the row is refused: what cannot be written down is not done.
        """
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
        try:
            return super().log_create(instance, force_log=force_log, **kwargs)
        except DatabaseError as error:
            raise unavailable(error) from error

    def create(self, **values) -> "LogEntry":
        """Write one row by plain SQL, at the database's time: the ORM costs as much as the save it tells about."""
        entry = self.model(**values)
        fields = [field for field in self.model._meta.concrete_fields if field.name != "timestamp"]
        row = [field.get_db_prep_save(getattr(entry, field.attname), connection) for field in fields]
        columns, marks = ", ".join(field.column for field in fields), ", ".join(["%s"] * len(row))
        sql = f'INSERT INTO audit_logentry ("timestamp", {columns}) VALUES (statement_timestamp(), {marks})'  # noqa: S608
        with connection.cursor() as cursor:
            cursor.execute(sql, row)
        entry._state.adding = False
        return entry


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


class Trail(models.IntegerChoices):
    """The two trails, as seals number them."""

    EVENTS = 1, _("readings and decisions")
    CHANGES = 2, _("changes")


class Seal(models.Model):
    """Which rows stood in both trails, in finished transactions of one cluster, and the keyed chain that says so.

    Written by `audit.sealing` only. `from_xid` ≤ row < `upto_xid`; `next_xid` is the first number not given out yet
    when the seal was taken, so a row from there on is younger than `taken_at`. Its bytes: `audit.manifest`.
    """

    number = models.BigIntegerField(primary_key=True)
    taken_at = models.DateTimeField()
    cluster = models.BigIntegerField()
    from_xid = models.BigIntegerField()
    upto_xid = models.BigIntegerField()
    next_xid = models.BigIntegerField()
    rows = models.IntegerField()
    manifest = models.BinaryField()
    root = models.BinaryField()
    previous = models.BinaryField()
    key_id = models.CharField(max_length=16)
    chain = models.BinaryField()

    class Meta:
        managed = False
        db_table = "audit_seal"
        ordering = ["number"]

    def __str__(self) -> str:
        return str(self.number)

    def signed(self) -> tuple[object, ...]:
        """All that `chain` covers."""
        return (
            "seal", self.number, self.taken_at.astimezone(UTC).isoformat(), self.cluster, self.from_xid, self.upto_xid,
            self.next_xid, self.rows, sha256(bytes(self.manifest)).digest(), bytes(self.root), bytes(self.previous),
            self.key_id,
        )  # fmt: skip


class Channel(models.TextChoices):
    """Where roots leave the database."""

    FILE = "file", _("file")
    SYSLOG = "syslog", _("syslog")
    MAIL = "mail", _("mail to the data-protection officer")


class Anchor(models.Model):
    """Up to which seal the roots have left by a channel, and when. Insert-only."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    channel = models.CharField(max_length=20, choices=Channel.choices)
    upto = models.ForeignKey(Seal, on_delete=models.PROTECT, related_name="+", db_column="upto_number")
    sent_at = models.DateTimeField(default=now)

    class Meta:
        managed = False
        db_table = "audit_anchor"

    def __str__(self) -> str:
        return f"{self.channel} {self.upto_id}"


class Certificate(models.Model):
    """That retention removed a whole month of a trail: how many rows, which (a digest of their lines), when, why.

    Written and signed by the owner's command, `audit.retention`; the seals of those rows stay.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    trail = models.SmallIntegerField(choices=Trail.choices)
    month = models.DateField()
    rows = models.IntegerField()
    entries = models.BinaryField()
    reason = models.CharField(max_length=200)
    dropped_at = models.DateTimeField()
    key_id = models.CharField(max_length=16)
    signature = models.BinaryField()

    class Meta:
        managed = False
        db_table = "audit_certificate"
        ordering = ["month", "trail"]

    def __str__(self) -> str:
        return f"{self.trail} {self.month}"

    def signed(self) -> tuple[object, ...]:
        """All that `signature` covers."""
        return (
            "certificate", self.trail, self.month.isoformat(), self.rows, bytes(self.entries), self.reason,
            self.dropped_at.astimezone(UTC).isoformat(), self.key_id,
        )  # fmt: skip


class Verification(models.Model):
    """A check of both trails: asked (nightly, or by whom), and once finished its result, which no longer changes.

    `findings` and `dropped` are bounded lists as `audit.verifying` gives them; `found` counts all of them.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    asked_at = models.DateTimeField(default=now)
    asked_by_id = models.UUIDField(null=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    seals = models.IntegerField(default=0)
    rows = models.BigIntegerField(default=0)
    waiting = models.BigIntegerField(default=0)
    upto_number = models.BigIntegerField(default=0)
    found = models.IntegerField(default=0)
    findings = models.JSONField(default=list)
    dropped = models.JSONField(default=list)

    class Meta:
        managed = False
        db_table = "audit_verification"
        ordering = ["-asked_at"]

    def __str__(self) -> str:
        return f"{self.asked_at} {self.found}"
