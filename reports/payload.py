"""What a report form holds, checked. Pure: flat text in, a ReportInput or errors by field out.

Keys are those of `reports.cleaning`, the five sections, and the lists `unknown_sections`, `violence_types` and
`rights_explained`. Local times are Europe/Brussels.

A complaint asks more than the other kinds: how it is classified, her rights, the declaration of an injured party, the
hearing. In a report of another kind these answers are left aside.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from cases.enums import Arranged
from common.errors import RuleBroken
from common.languages import LANGUAGES

from .cleaning import (
    LONGEST_LINE,
    LONGEST_TEXT,
    ChildInput,
    Cleaner,
    KnownChildInput,
    PersonInput,
    SafeContactInput,
)
from .models import Declaration, ImmediateMeasure, Presence, ReportKind, Right, Section, ViolenceType

TEXTS = (
    "means",
    "facts_context",
    "facts_words",
    "facts_gestures",
    "children_impact",
    "risk_weapons",
    "risk_threats",
    "risk_antecedents",
    "measure_detail",
    "orientation",
)
ANSWERED_BY = {
    Section.FACTS: ("facts_context", "facts_words", "facts_gestures"),
    Section.CHILDREN: ("children_present",),
    Section.RISK: ("risk_weapons", "risk_threats", "risk_antecedents"),
    Section.MEASURE: ("measure",),
    Section.ORIENTATION: ("orientation",),
}
"""A section is filled in when one of these is."""

POSTAL_CODE = re.compile(r"[0-9A-Z][0-9A-Z -]{2,9}")


@dataclass(frozen=True)
class ComplaintInput:
    """What a complaint says besides."""

    vif: bool
    vc: bool
    declaration: str
    declaration_words: str
    rights_explained: tuple[str, ...]
    rights_language: str
    rights_later: str
    childcare: str
    accompaniment: str
    accompanied_by: str


@dataclass(frozen=True)
class ReportInput:
    """A report that may be recorded. `victim` and `perpetrator` are None when the report joins a case, `complaint` when
    it is none.
    """

    kind: str
    met_at: datetime
    j2_accepted: bool
    occurred_at: datetime | None = None
    pv_number: str = ""
    place: str = ""
    postal_code: str = ""
    police_code: str = ""
    violence_types: tuple[str, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict)
    children_present: str = ""
    measure: str = ""
    unknown_sections: tuple[str, ...] = ()
    victim: PersonInput | None = None
    perpetrator: PersonInput | None = None
    children: tuple[ChildInput, ...] = ()
    known_children: tuple[KnownChildInput, ...] = ()
    contact: SafeContactInput | None = None
    complaint: ComplaintInput | None = None


def clean(
    data: Mapping[str, object],
    *,
    kind: str,
    at: datetime,
    joins: bool = False,
    known_contact: bool = False,
    known_children: Collection[UUID] = (),
) -> ReportInput:
    """Check `data` as of the moment `at`. `joins` when the people are those of an existing case, `known_contact` when
    that case already holds a way to reach her, `known_children` the children it names. Raises RuleBroken with every
    message, by field.
    """
    return _Cleaner(data, kind, at, joins, known_contact, known_children).clean()


class _Cleaner(Cleaner):
    def __init__(
        self,
        data: Mapping[str, object],
        kind: str,
        at: datetime,
        joins: bool,
        known_contact: bool,
        known_children: Collection[UUID],
    ):
        super().__init__(data, at)
        self.kind, self.joins, self.known_contact = kind, joins, known_contact
        self.ids_of_children = known_children

    def clean(self) -> ReportInput:
        if self.kind not in ReportKind.values:
            self.error("kind", _("Choose what is being recorded."))
        unknown = tuple(s for s in self.many("unknown_sections") if s in Section.values)
        texts = {name: self.text(name, LONGEST_TEXT) for name in TEXTS}
        children_present = self.choice("children_present", Presence.values)
        measure = self.choice("measure", ImmediateMeasure.values)
        for section, names in ANSWERED_BY.items():
            if section not in unknown and not any(self.text(name, LONGEST_TEXT) for name in names):
                self.error(
                    names[0],
                    _("Fill in “%(section)s”, or say that it is not known.") % {"section": section.label},
                )
        met_at = self.moment("met_at", _("The meeting cannot be in the future."))
        if met_at is None and "met_at" not in self.errors:
            self.error("met_at", _("Say when she was met: the J+2 contact counts from there."))
        occurred_at = self.moment("occurred_at", _("The facts cannot be in the future."))
        accepted = self.choice("j2_accepted", ["yes", "no"])
        # a note on something seen or told elsewhere: nobody may have met her, and an answer of hers is not made up
        asked = self.kind != ReportKind.SENSITIVE_NOTE
        if asked and not accepted and "j2_accepted" not in self.errors:
            self.error("j2_accepted", _("Ask her whether she accepts a contact at J+2, and note her answer."))
        victim = self.person("victim")
        perpetrator = self.person("perpetrator")
        if not self.joins:
            self.not_the_same(victim, perpetrator)
        missing = _("A J+2 contact needs a number where she can be reached safely.")
        contact = self.contact(missing=missing if accepted == "yes" and not self.known_contact else "")
        children = self.children()
        known_children = self.children_of_the_case(self.ids_of_children)
        self.presence_agrees(children_present, [*children, *known_children])
        pv_number = self.text("pv_number", 40)
        place = self.text("place", LONGEST_LINE)
        postal_code = self.postal_code()
        police_code = self.text("police_code", 20)
        violence_types = self.several("violence_types", ViolenceType.values)
        complaint = None
        if self.kind == ReportKind.POLICE_COMPLAINT:
            complaint = self.complaint(place, violence_types)
        if self.errors:
            raise RuleBroken(self.errors)
        assert met_at is not None
        return ReportInput(
            kind=self.kind,
            met_at=met_at,
            j2_accepted=accepted == "yes",
            occurred_at=occurred_at,
            pv_number=pv_number,
            place=place,
            postal_code=postal_code,
            police_code=police_code,
            violence_types=violence_types,
            texts=texts,
            children_present=children_present,
            measure=measure,
            unknown_sections=unknown,
            victim=None if self.joins else victim,
            perpetrator=None if self.joins else perpetrator,
            children=children,
            known_children=known_children,
            contact=contact,
            complaint=complaint,
        )

    def person(self, prefix: str) -> PersonInput:
        found = super().person(prefix)
        if not self.joins and not found.family_name:
            message = (
                _("Write the family name of the victim.")
                if prefix == "victim"
                else _("Write the family name of the presumed perpetrator; “unknown” if nobody knows it.")
            )
            self.error(f"{prefix}_family_name", message)
        return found

    def postal_code(self) -> str:
        value = self.text("postal_code", 10).upper()
        if value and "postal_code" not in self.errors and not POSTAL_CODE.fullmatch(value):
            self.error("postal_code", _("Write a postal code, such as 1210."))
        return value

    # --- a complaint ----------------------------------------------------------------------------------------------
    def complaint(self, place: str, violence_types: tuple[str, ...]) -> ComplaintInput:
        if not place:
            self.missing("place", _("Say where it happened; “not known” if she cannot say."))
        vif, vc = self.classification(violence_types)
        declaration = self.choice("declaration", Declaration.values)
        words = self.text("declaration_words", LONGEST_TEXT)
        if not declaration:
            self.missing("declaration", _("Explain the declaration to her, and note her answer."))
        elif declaration == Declaration.REFUSED and not words:
            self.missing("declaration_words", _("Write, in her words, why she does not wish it."))
        rights = self.several("rights_explained", Right.values)
        language = self.text("rights_language", 10)
        later = self.text("rights_later", LONGEST_LINE)
        if language and language not in LANGUAGES:
            self.missing("rights_language", _("Choose among the languages listed."))
        if rights and not language:
            self.missing("rights_language", _("Say in which language her rights were explained."))
        if not rights and not later and "rights_later" not in self.errors:
            self.missing("rights_explained", _("Tick what was explained to her, or say why it could not be today."))
        childcare = self.choice("childcare", Arranged.values)
        accompaniment = self.choice("accompaniment", Arranged.values)
        accompanied_by = self.text("accompanied_by", 100)
        if accompanied_by and accompaniment != Arranged.ARRANGED:
            self.missing("accompaniment", _("Somebody is named: say that it is arranged."))
        return ComplaintInput(
            vif=vif,
            vc=vc,
            declaration=declaration,
            declaration_words=words,
            rights_explained=rights,
            rights_language=language if rights else "",
            rights_later=later,
            childcare=childcare,
            accompaniment=accompaniment,
            accompanied_by=accompanied_by,
        )

    def classification(self, violence_types: tuple[str, ...]) -> tuple[bool, bool]:
        """Violence within the family, then between partners: the second is part of the first."""
        vif = self.choice("vif", ["yes", "no"])
        vc = self.choice("vc", ["yes", "no"])
        if not vif:
            self.missing("vif", _("Say whether this is violence within the family."))
        if vif == "no" and vc == "yes":
            self.missing("vc", _("Violence between partners is violence within the family: correct one of the two."))
        elif vif != "no" and not vc:
            self.missing("vc", _("Say whether this is violence between partners."))
        if vif != "no" and not violence_types:  # said at once with what else is missing, not at the second attempt
            self.missing("violence_types", _("Tick at least one kind of violence."))
        return vif == "yes", vc == "yes"

    def missing(self, name: str, message: str) -> None:
        """As `error`, unless something else is wrong there already."""
        if name not in self.errors:
            self.error(name, message)
