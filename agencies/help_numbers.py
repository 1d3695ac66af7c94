"""Whom to call: numbers kept as versions, shown in the words of the reader, never without saying whether they were
checked. A change is a new row; the one before it ends.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.http import Http404
from django.utils.translation import gettext as _

from accounts.models import User
from common.clock import local, now
from common.errors import Refused, RuleBroken, text_problem
from common.phones import dialled
from common.texts import TRANSLATIONS, in_language

from .enums import Audience
from .models import HelpNumber, Membership
from .perms import may_administer_platform
from .places import serves
from .services import parse_codes

REFERENCE = Path(__file__).parent / "reference" / "help_numbers.json"
NUMBER = re.compile(r"[+0-9][0-9 ]{2,19}")
CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
LONGEST_WORDS = 200
LONGEST_CODE = 40
LAST_POSITION = 999


@dataclass(frozen=True)
class HelpNumberShown:
    """A number in the words of the reader. `checked` is whether somebody has called it, on `verified_on`; `plain_name`
    is what it is called on a paper that says nothing of violence, "" where it does not stand there.
    """

    code: str
    number: str
    name: str
    note: str
    plain_name: str
    urgent: bool
    local: bool
    verified_on: date | None

    @property
    def checked(self) -> bool:
        return self.verified_on is not None

    @property
    def href(self) -> str:
        """What dials it."""
        return f"tel:{dialled(self.number)}"


def shown(language: str, *, audience: str | None = None, postal_code: str = "") -> list[HelpNumberShown]:
    """Whom to call, in their order: what holds everywhere, and what serves this postal code. One query.

    With an audience, only the numbers that are for it or for everybody.
    """
    rows = HelpNumber.objects.live().filter(serves(postal_code))
    if audience is not None:
        rows = rows.filter(Q(audiences=[]) | Q(audiences__contains=[audience]))
    return [in_words(row, language) for row in rows]


def in_words(row: HelpNumber, language: str) -> HelpNumberShown:
    """One row in a language; French where it has none."""
    return HelpNumberShown(
        code=row.code,
        number=row.number,
        name=in_language(row.name, language),
        note=in_language(row.note, language) if row.note.get("fr") else "",
        plain_name=in_language(row.plain_name, language) if row.plain_name else "",
        urgent=row.urgent,
        local=bool(row.territory),
        verified_on=row.verified_on,
    )


def load_help_numbers() -> int:
    """Publish the numbers shipped with the product; a code that was ever published stays as it is. Returns how many."""
    shipped = json.loads(REFERENCE.read_text())
    known = set(HelpNumber.objects.values_list("code", flat=True))
    rows = [HelpNumber(**entry) for entry in shipped["numbers"] if entry["code"] not in known]
    HelpNumber.objects.bulk_create(rows)
    return len(rows)


# --- keeping them -----------------------------------------------------------------------------------------
def checked_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a version from what was typed: {"number", "name_fr", "name_en", …, "note_fr", …, "plain_name_fr",
    …, "urgent", "audiences", "territory" (text), "position", "source", "verified_on"}. Raises RuleBroken by field.
    """
    errors: dict[str, list[str]] = {}
    number = " ".join(str(values.get("number") or "").split())
    if not NUMBER.fullmatch(number):
        errors["number"] = [_("Write the number with digits and spaces, as it is dialled.")]
    words: dict[str, dict[str, str]] = {}
    for name in ("name", "note", "plain_name"):
        words[name] = {}
        for language in TRANSLATIONS:
            field = f"{name}_{language}"
            text = str(values.get(field) or "").strip()
            missing = _("Write what it is called.") if name == "name" and language != "nl" else ""
            if problem := text_problem(text, most=LONGEST_WORDS, missing=missing):
                errors[field] = [problem]
            elif text:
                words[name][language] = text
        if words[name] and "fr" not in words[name] and f"{name}_fr" not in errors:
            errors[f"{name}_fr"] = [_("Without French words it cannot be shown to everybody.")]
    audiences = list(dict.fromkeys(values.get("audiences") or ()))
    if unknown := [each for each in audiences if each not in Audience.values]:
        errors["audiences"] = [_("Unknown: %(what)s.") % {"what": ", ".join(unknown)}]
    territory: list[str] = []
    try:
        territory = parse_codes(str(values.get("territory") or ""))
    except RuleBroken as broken:
        errors["territory"] = broken.messages
    source = str(values.get("source") or "").strip()
    if problem := text_problem(source, most=LONGEST_WORDS, missing=_("Say where the number comes from.")):
        errors["source"] = [problem]
    position = values.get("position")
    if not isinstance(position, int) or not 0 <= position <= LAST_POSITION:
        errors["position"] = [_("A number from 0 to %(most)d.") % {"most": LAST_POSITION}]
    verified_on = values.get("verified_on")
    if verified_on is not None and verified_on > local(now()).date():
        errors["verified_on"] = [_("This day has not come yet.")]
    if errors:
        raise RuleBroken(errors)
    return {
        "number": number,
        "name": words["name"],
        "note": words["note"],
        "plain_name": words["plain_name"] or None,
        "urgent": bool(values.get("urgent")),
        "audiences": audiences,
        "territory": territory,
        "position": position,
        "source": source,
        "verified_on": verified_on,
    }


def publish(*, by: Membership, code: str, values: Mapping[str, Any]) -> HelpNumber:
    """Publish a number, or the next version of one: the version before it ends. The same again writes nothing.

    `values` as `checked_values` reads them. Raises Refused for who is no platform administrator, RuleBroken by field.
    """
    _may(by)
    code = code.strip()
    errors: dict[str, list[str]] = {}
    if not is_code(code):
        errors["code"] = [_("Small letters, digits and hyphens, 40 characters at most.")]
    try:
        columns = checked_values(values)
    except RuleBroken as broken:
        errors |= broken.errors
    if errors:
        raise RuleBroken(errors)
    with transaction.atomic():
        row, _new = write_version(code=code, columns=columns, user=by.user)
        check_an_urgent_one_stays("urgent")
    return row


def is_code(code: str) -> bool:
    """Whether a number may be called so, whatever its versions."""
    return CODE.fullmatch(code) is not None and len(code) <= LONGEST_CODE


def check_an_urgent_one_stays(field: str = "") -> None:
    """Raise RuleBroken under `field` where no number for an emergency is left that holds everywhere."""
    if not HelpNumber.objects.live().filter(urgent=True, territory=[]).exists():
        raise RuleBroken({field: [_("A number for an emergency stays, one that holds everywhere: publish it first.")]})


def write_version(*, code: str, columns: Mapping[str, Any], user: User | None) -> tuple[HelpNumber, bool]:
    """The row of this code with these columns, and whether it is new. Columns come from `checked_values`."""
    standing = HelpNumber.objects.select_for_update().filter(code=code, ended_at=None).first()
    if standing is not None:
        if all(getattr(standing, name) == value for name, value in columns.items()):
            return standing, False
        standing.ended_at = now()
        standing.save(update_fields=["ended_at"])
    try:
        with transaction.atomic():
            return HelpNumber.objects.create(code=code, **columns, published_by=user), True
    except IntegrityError:
        raise RuleBroken({"code": [_("Somebody else has just published this number: look at it again.")]}) from None


def verified_today(*, by: Membership, number_id: UUID) -> HelpNumber:
    """Somebody has called it today and it answers as written: the same words, checked today. Raises Http404."""
    row = _standing(by, number_id)
    today = local(now()).date()
    if row.verified_on == today:
        return row
    row.ended_at = now()
    row.save(update_fields=["ended_at"])
    columns = {field.name: getattr(row, field.name) for field in HelpNumber._meta.concrete_fields}
    kept = set(columns) - {"id", "published_by", "published_at", "ended_at", "verified_on"}
    return HelpNumber.objects.create(**{name: columns[name] for name in kept}, verified_on=today, published_by=by.user)


def end(*, by: Membership, number_id: UUID) -> HelpNumber:
    """Shown no more from now on. Raises Http404, and RuleBroken for the last number for an emergency."""
    row = _standing(by, number_id)
    row.ended_at = now()
    with transaction.atomic():
        row.save(update_fields=["ended_at"])
        check_an_urgent_one_stays()
    return row


def _standing(by: Membership, number_id: UUID) -> HelpNumber:
    _may(by)
    row = HelpNumber.objects.select_for_update().filter(pk=number_id, ended_at=None).first()
    if row is None:
        raise Http404
    return row


def _may(by: Membership) -> None:
    if not may_administer_platform(by):
        raise Refused(_("The platform administrator keeps the help numbers."))
