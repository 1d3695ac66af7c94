"""The sheet a person reads in their language: who may see what, until when, how to withdraw. Words are reference data.

What is printed for him names no service of hers; the discreet form names no service, no case and no violence at all.
"""

import json
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from django.db.models import TextChoices

from agencies.discreet import phone
from agencies.enums import AgencyKind, AgencySide
from agencies.models import Agency
from cases.access import CaseAccess
from cases.enums import Category, ParticipationSide, Side
from common.clock import last_day, local

from .consents import WITH_VICTIMS
from .models import Consent, ConsentRecipient, Purpose, SharingDecision, SheetHanded

REFERENCE = Path(__file__).parent / "reference" / "consent_sheet.json"
FALLBACK = "fr"
WRITTEN_AS = {"ary": "ar"}
"""Languages that are spoken, and written as another one."""


@cache
def reference() -> dict[str, Any]:
    """The texts as they are stored: {"version", "languages": {code: words}}."""
    return json.loads(REFERENCE.read_text())


@dataclass(frozen=True)
class Words:
    """The texts of one language; `asked` is the language that was wanted, which may have none."""

    code: str
    asked: str
    texts: dict[str, Any]

    @property
    def fallen_back(self) -> bool:
        """Whether the language that was wanted has no text: the French one is read with an interpreter."""
        return self.code != self.asked

    @property
    def checked(self) -> bool:
        """Whether a translator has checked the text."""
        return bool(self.texts["translator_checked"])

    @property
    def direction(self) -> str:
        return self.texts["dir"]

    def of(self, kind: str, choice: TextChoices) -> str:
        """The words of one value of a closed list; those of the screens where this language has none."""
        return self.texts[kind].get(choice.value) or str(choice.label)

    def say(self, key: str, **values: str) -> str:
        """A sentence with its values in their place."""
        return self.texts[key].format(**values)

    def day(self, day: date) -> str:
        """A day in figures, the same in every language: 24/11/2026."""
        return day.strftime("%d/%m/%Y")


def languages() -> list[tuple[str, str]]:
    """(code, name of the language in itself) of those the sheet is written in."""
    return [(code, words["name"]) for code, words in reference()["languages"].items()]


def words_in(language: str) -> Words:
    """The texts of a language, the French ones where it has none."""
    found = reference()["languages"]
    asked = WRITTEN_AS.get(language, language)
    code = asked if asked in found else FALLBACK
    return Words(code, asked, found[code])


@dataclass(frozen=True)
class Sheet:
    """What is printed: words in the language of the sheet, names of services as they are."""

    words: Words
    services: list[str]
    kinds: list[str]
    partnership: str
    categories: list[str]
    purposes: list[str]
    given: str
    until: str
    phone_of: str
    phone: str


def sheet(consent: Consent, access: CaseAccess, language: str) -> Sheet:
    """What this consent says, for the person to read. Services of hers never stand on a sheet of his."""
    words = words_in(language)
    rows = ConsentRecipient.objects.filter(consent=consent).select_related("agency").order_by("agency__name")
    named = [row.agency for row in rows]
    his = consent.side == Side.PERPETRATOR
    hidden = _hers(access, [*named, consent.agency]) if his else frozenset()
    recorder = None if consent.agency_id in hidden else consent.agency
    kinds = [kind for kind in consent.recipient_kinds if not (his and kind in WITH_VICTIMS)]
    purposes = [words.of("purposes", Purpose(each)) for each in consent.purposes]
    return Sheet(
        words=words,
        services=[agency.name for agency in named if agency.pk not in hidden],
        kinds=[words.say("any_of_kind", kind=words.of("kinds", AgencyKind(kind))) for kind in kinds],
        partnership=words.say("partnership", name=consent.partnership.name) if consent.partnership else "",
        categories=[words.of("categories", Category(each)) for each in consent.categories],
        purposes=purposes or ([] if his else [consent.purpose]),
        given=words.say("given", date=words.day(local(consent.given_at).date())),
        until=words.day(last_day(consent.valid_until)) if consent.valid_until else "",
        phone_of=recorder.name if recorder else "",
        phone=phone(recorder) if recorder else "",
    )


def _hers(access: CaseAccess, agencies: list[Agency]) -> frozenset:
    """Those of `agencies` that work with her: by what they are, and by what this access may know of the case."""
    by_nature = {each.pk for each in agencies if each.kind in WITH_VICTIMS or each.side == AgencySide.VICTIM}
    in_case = SharingDecision.objects.of_case(access).filter(
        side=ParticipationSide.VICTIM, recipient__in=[each.pk for each in agencies]
    )
    return frozenset(by_nature | set(in_case.values_list("recipient", flat=True)))


def forms_of(consent: Consent) -> tuple[str, ...]:
    """Which forms may be printed: none when the person wanted nothing to take home, the small one alone if so."""
    return {SheetHanded.KEPT: (), SheetHanded.DISCREET: ("discreet",)}.get(consent.sheet, ("whole", "discreet"))
