"""What a check of both trails finds, in data and in words. No ORM.

`detail` holds plain values only (numbers, codes, times in ISO 8601), so that a finding kept in the database is said in
the language of whoever reads it: `words`. Rows are named by trail, identifier and time; nothing of what they hold.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from common.clock import local
from common.templatetags.ui import written


class FindingKind(TextChoices):
    """What is wrong."""

    CHANGED = "changed", pgettext_lazy("audit", "row changed")
    REORDERED = "reordered", pgettext_lazy("audit", "time of a row changed")
    REMOVED = "removed", pgettext_lazy("audit", "row removed")
    MONTH_REMOVED = "month_removed", pgettext_lazy("audit", "whole month removed")
    INSERTED = "inserted", pgettext_lazy("audit", "row inserted")
    FALSE_DATE = "false_date", pgettext_lazy("audit", "row with a false date")
    SEAL_CHANGED = "seal_changed", pgettext_lazy("audit", "seal changed")
    SEALS_REMOVED = "seals_removed", pgettext_lazy("audit", "seals removed")
    SEAL_REPLACED = "seal_replaced", pgettext_lazy("audit", "seal is not the one that left the database")
    UNKNOWN_KEY = "unknown_key", pgettext_lazy("audit", "key of seals not known")
    CERTIFICATE = "certificate", pgettext_lazy("audit", "certificate of retention does not hold")
    FILE_MISSING = "file_missing", pgettext_lazy("audit", "file of roots missing")
    FILE_DAMAGED = "file_damaged", pgettext_lazy("audit", "file of roots damaged")
    FILE_LACKS = "file_lacks", pgettext_lazy("audit", "roots missing from the file")
    NOT_SENT = "not_sent", pgettext_lazy("audit", "roots have not left the database")
    LATE = "late", pgettext_lazy("audit", "rows not sealed in time")


_ROWS = gettext_lazy(
    "Keep the database and its logs as they are. Ask who worked with the owner's account since that time, and compare"
    " the row with a backup."
)
_SEALS = gettext_lazy(
    "Keep the database and its logs as they are. Compare the seals with the roots received by mail and syslog, and with"
    " a backup. After a restored backup, set the former file of roots aside and note why."
)
_FILE = gettext_lazy(
    "Look at the disk and at the rights of the file. Compare it with the roots received by mail and syslog before it is"
    " written again."
)
TO_DO: Mapping[str, Any] = {
    FindingKind.CHANGED: _ROWS,
    FindingKind.REORDERED: _ROWS,
    FindingKind.REMOVED: _ROWS,
    FindingKind.MONTH_REMOVED: _ROWS,
    FindingKind.INSERTED: _ROWS,
    FindingKind.FALSE_DATE: _ROWS,
    FindingKind.SEAL_CHANGED: _SEALS,
    FindingKind.SEALS_REMOVED: _SEALS,
    FindingKind.SEAL_REPLACED: _SEALS,
    FindingKind.UNKNOWN_KEY: gettext_lazy(
        "Put the former key back behind the present one in AUDIT_SEAL_KEYS, then check again."
    ),
    FindingKind.CERTIFICATE: gettext_lazy(
        "Ask who removed that month and when. Compare with the certificate in the file of roots."
    ),
    FindingKind.FILE_MISSING: _FILE,
    FindingKind.FILE_DAMAGED: _FILE,
    FindingKind.FILE_LACKS: _FILE,
    FindingKind.NOT_SENT: gettext_lazy("Look at the disk, at the rights of the file and at the worker's log."),
    FindingKind.LATE: gettext_lazy("Look whether the worker and its beat run, and at the worker's log."),
}


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong; `trail`, `row`, `at` and `seal` as far as they are known."""

    kind: FindingKind
    trail: int | None = None
    row: UUID | None = None
    at: datetime | None = None
    seal: int | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """As it is kept."""
        return {
            "kind": str(self.kind),
            "trail": self.trail,
            "row": str(self.row) if self.row else None,
            "at": self.at.isoformat() if self.at else None,
            "seal": self.seal,
            "detail": dict(self.detail),
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Finding":
        """The finding that was kept."""
        return cls(
            FindingKind(kept["kind"]),
            trail=kept["trail"],
            row=UUID(kept["row"]) if kept["row"] else None,
            at=datetime.fromisoformat(kept["at"]) if kept["at"] else None,
            seal=kept["seal"],
            detail=kept["detail"],
        )

    def words(self) -> str:
        """What is wrong, in a sentence or two, in the language under way."""
        return _SAY[self.kind](self)

    def to_do(self) -> str:
        """What to do about it."""
        return str(TO_DO[self.kind])


@dataclass(frozen=True)
class Dropped:
    """A month that retention removed, with a certificate that holds: no finding."""

    trail: int
    month: date
    rows: int
    reason: str
    dropped_at: datetime

    def as_json(self) -> dict[str, Any]:
        """As it is kept."""
        return {
            "trail": self.trail,
            "month": self.month.isoformat(),
            "rows": self.rows,
            "reason": self.reason,
            "dropped_at": self.dropped_at.isoformat(),
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Dropped":
        """The month that was kept."""
        return cls(
            trail=kept["trail"],
            month=date.fromisoformat(kept["month"]),
            rows=kept["rows"],
            reason=kept["reason"],
            dropped_at=datetime.fromisoformat(kept["dropped_at"]),
        )


@dataclass(frozen=True)
class Result:
    """What a check found: `found` counts all findings, `findings` and `dropped` are bounded lists of them.

    `seals` and `rows` were checked, up to seal `upto_number` with its `root` (hexadecimal, empty without a seal);
    `waiting` rows are not sealed yet, the oldest of them written at `oldest`. `sent` says by channel up to which seal
    the roots have left the database.
    """

    seals: int
    rows: int
    upto_number: int
    root: str
    waiting: int
    oldest: datetime | None
    found: int
    findings: tuple[Finding, ...]
    dropped: tuple[Dropped, ...]
    sent: Mapping[str, int]


def said(moment: str | datetime) -> str:
    """A moment to the microsecond, on a Belgian clock with its distance from UTC."""
    at = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return local(at).isoformat(sep=" ")


def _exactly(moment: str) -> str:
    """The same in a sentence: the day in words, and the time to the microsecond."""
    at = local(datetime.fromisoformat(moment))
    return f"{written(at.date())}, {at.time().isoformat()} (UTC{at.isoformat()[-6:]})"


def _changed(one: Finding) -> str:
    if identifier := one.detail.get("now_row"):
        return _("In its place stands a row with another identifier, %(row)s.") % {"row": identifier}
    if one.detail.get("moved"):
        return _("It is no longer what was sealed: it now stands in another transaction or on another server.")
    if one.detail.get("doubtful"):
        return _("It does not fit its line in a seal that was changed: the row or the line was changed.")
    return _("It is no longer what was sealed.")


def _reordered(one: Finding) -> str:
    return _("It was sealed with the time %(was)s and now says %(now)s.") % {
        "was": _exactly(one.detail["was"]),
        "now": _exactly(one.detail["now"]),
    }


def _removed(one: Finding) -> str:
    return _("It was sealed and is gone.")


def _month_removed(one: Finding) -> str:
    return (
        ngettext(
            "The only row of %(month)s is gone, without a certificate of retention; it was sealed in %(first)d.",
            "All %(rows)d rows of %(month)s are gone, without a certificate: sealed in %(first)d to %(last)d.",
            one.detail["rows"],
        )
        % one.detail
    )


def _inserted(one: Finding) -> str:
    if one.detail.get("stranger"):
        return _("It says that it comes from a database server that has never served here.")
    if one.detail.get("unlisted"):
        return _("It stands among the rows of seals that were changed, and none of their lines names it.")
    return _("It stands among sealed rows and was not sealed with them.")


def _false_date(one: Finding) -> str:
    if before := one.detail.get("written_after"):
        return _("It was written after %(time)s and says an earlier time.") % {"time": _exactly(before)}
    return _("It was written before %(time)s and says a later time.") % {"time": _exactly(one.detail["written_before"])}


def _seal_changed(one: Finding) -> str:
    said_of = {
        "chain": _("It is not what was signed."),
        "link": _("It does not follow the seal before it."),
        "range": _("It does not begin where the seal before it ended."),
        "list": _("Its list of rows does not fit its root."),
        "untrusted": _("Not one of its lines can be trusted: whether its rows are as they were cannot be told."),
        "kept": _("Every row in its list is as it was sealed."),
    }
    parts = [said_of[code] for code in one.detail["why"] if code in said_of]
    for first, last in one.detail.get("gaps", []):
        parts.append(
            ngettext(
                "Its list has no line at place %(first)d.",
                "Its list has no line at places %(first)d to %(last)d.",
                last - first + 1,
            )
            % {"first": first, "last": last}
        )
    return " ".join(parts)


def _seals(one: Finding) -> str:
    first, last = one.detail["first"], one.detail["last"]
    if first == last:
        return _("seal %(first)d") % {"first": first}
    return _("seals %(first)d to %(last)d") % {"first": first, "last": last}


def _seals_removed(one: Finding) -> str:
    parts = [_("Gone from the database: %(seals)s.") % {"seals": _seals(one)}]
    if rows := one.detail.get("rows"):
        parts.append(ngettext("%(rows)d row was under them.", "%(rows)d rows were under them.", rows) % {"rows": rows})
    if standing := one.detail.get("standing"):
        parts.append(
            ngettext(
                "%(rows)d row of that time stands without a seal and cannot be checked.",
                "%(rows)d rows of that time stand without a seal and cannot be checked.",
                standing,
            )
            % {"rows": standing}
        )
    return " ".join(parts)


def _seal_replaced(one: Finding) -> str:
    return _(
        "Line %(line)d of the file of roots says another root for it than the database: one of the two was replaced."
    ) % {"line": one.detail["line"]}


def _unknown_key(one: Finding) -> str:
    return _(
        "Sealed with the key %(key)s, which is not known here: %(seals)s. What their rows say cannot be checked."
    ) % {
        "key": one.detail["key"],
        "seals": _seals(one),
    }


def _certificate(one: Finding) -> str:
    month = one.detail["month"]
    if one.detail["why"] == "key":
        return _("The certificate of %(month)s is signed with a key that is not known here.") % {"month": month}
    if one.detail["why"] == "signature":
        return _("The certificate of %(month)s is not what was signed; rows of that month that are gone: %(gone)d.") % (
            one.detail
        )
    return (
        _("The certificate of %(month)s says %(rows)d removed rows: %(sealed)d were sealed, %(gone)d are gone.")
        % one.detail
    )


def _file_missing(one: Finding) -> str:
    return _("The roots up to seal %(upto)d were written to the file, and it cannot be read.") % {
        "upto": one.detail["upto"]
    }


def _file_damaged(one: Finding) -> str:
    return _("Line %(line)d of the file of roots cannot be read.") % {"line": one.detail["line"]}


def _file_lacks(one: Finding) -> str:
    return _("On record as written to the file of roots, and not in it: %(seals)s.") % {"seals": _seals(one)}


def _not_sent(one: Finding) -> str:
    return _("Sealed more than an hour ago, and not in the file of roots: %(seals)s.") % {"seals": _seals(one)}


def _late(one: Finding) -> str:
    rows = one.detail["rows"]
    return ngettext(
        "%(rows)d row waits to be sealed, since %(time)s.", "%(rows)d rows wait to be sealed, since %(time)s.", rows
    ) % {"rows": rows, "time": _exactly(one.detail["oldest"])}


_SAY = {
    FindingKind.CHANGED: _changed,
    FindingKind.REORDERED: _reordered,
    FindingKind.REMOVED: _removed,
    FindingKind.MONTH_REMOVED: _month_removed,
    FindingKind.INSERTED: _inserted,
    FindingKind.FALSE_DATE: _false_date,
    FindingKind.SEAL_CHANGED: _seal_changed,
    FindingKind.SEALS_REMOVED: _seals_removed,
    FindingKind.SEAL_REPLACED: _seal_replaced,
    FindingKind.UNKNOWN_KEY: _unknown_key,
    FindingKind.CERTIFICATE: _certificate,
    FindingKind.FILE_MISSING: _file_missing,
    FindingKind.FILE_DAMAGED: _file_damaged,
    FindingKind.FILE_LACKS: _file_lacks,
    FindingKind.NOT_SENT: _not_sent,
    FindingKind.LATE: _late,
}
