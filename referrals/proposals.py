"""Which services are proposed next to an agency, with their reasons: the pathway rules over the services of the place.

`alternatives` is for whoever looks for another service than one that cannot be asked or has said no; the page that
proposes asks `outlook`. A constant number of queries, whatever the number of services.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from agencies.directory import serving
from agencies.enums import AgencyKind, AgencySide, Need
from agencies.models import Agency, Membership, ServiceOffer
from agencies.offers import tells_no_address
from agencies.places import Point, km_between, points, serves
from agencies.services import POSTAL_CODE
from cases.access import CaseAccess
from cases.enums import Side
from cases.models import Case
from common.errors import Refused, RuleBroken
from common.languages import LANGUAGES
from sharing.grants import side_about

from . import pathways, perms
from .models import PathwayRules, Referral, ServiceGap
from .pathway_rules import definition_of, in_force
from .pathways import Caution, Definition, Facts, Lack, Offer, Service

MOST_LOOKED_AT = 400
MOST_SHOWN = 20
MOST_ALTERNATIVES = 5


@dataclass(frozen=True)
class Suggestion:
    """A service that may be asked, in the reader's words: why, what to know first, instead of which kind it stands.

    `rule` is the pathway it comes by, "" for the directory alone; `takes` whether a referral can be sent to it now.
    """

    agency: Agency
    why: str
    warnings: list[str] = field(default_factory=list)
    instead_of: str = ""
    distance_km: float | None = None
    rule: str = ""
    takes: bool = True

    @property
    def missing(self) -> str:
        """The kind of service it stands in for, in words; "" where it stands for itself."""
        return str(AgencyKind(self.instead_of).label) if self.instead_of else ""


@dataclass(frozen=True)
class Missing:
    """A kind of service that nobody offers there, and the rule that asks for it."""

    kind: AgencyKind
    rule: str
    why: str


@dataclass(frozen=True)
class ToDoFirst:
    """What a rule asks to do before referring; `act` is a `pathways.Act` value or ""."""

    text: str
    act: str


@dataclass(frozen=True)
class Proposals:
    """What comes next: `version` of the rules (None where none is published), at most MOST_SHOWN services."""

    version: PathwayRules | None
    suggestions: list[Suggestion]
    missing: list[Missing]
    firsts: list[ToDoFirst]


# --- proposing --------------------------------------------------------------------------------------------------


def alternatives(
    *, by: Membership, need: str, postal_code: str = "", role: str = "", excluding: Iterable[UUID] = ()
) -> list[Suggestion]:
    """Services that can be asked now for this need, best first, at most MOST_ALTERNATIVES.

    `need` is a Need value, `role` the PersonRole of who is sent where it is known, `excluding` agencies that are out.
    """
    facts = facts_for(by, need=need, role=role, postal_code=postal_code)
    found = outlook(by=by, facts=facts, out=frozenset(excluding)).suggestions
    return [each for each in found if each.takes][:MOST_ALTERNATIVES]


def same_kind(
    *, by: Membership, agency: Agency, postal_code: str = "", excluding: Iterable[UUID] = ()
) -> list[Suggestion]:
    """Services of the same kind that can be asked now, while no need is said; at most MOST_ALTERNATIVES, by name."""
    rows = _serving(Agency.objects.active().exclude(pk__in=[by.agency_id, *excluding]), postal_code)
    free = rows.filter(Q(free_places=None) | Q(free_places__gt=0), kind=agency.kind, accepts_referrals=True)
    why = _("It is a service of the same kind.")
    return [Suggestion(agency=each, why=why) for each in free.order_by("name")[:MOST_ALTERNATIVES]]


def facts_for(by: Membership, *, need: str, postal_code: str = "", **known: object) -> Facts:
    """What is known of a referral of this agency; a postal code that is none counts as not said."""
    code = postal_code.strip()
    return Facts(
        sender_kind=by.agency.kind,
        sender_phase=by.agency.phase,
        need=need,
        postal_code=code if POSTAL_CODE.fullmatch(code) else "",
        **known,
    )


def outlook(*, by: Membership, facts: Facts, out: frozenset[UUID] = frozenset()) -> Proposals:
    """What comes next for these facts, in the reader's language. Agencies that are `out` count as taking nobody: what
    stands in for them is proposed.
    """
    version = in_force()
    definition = definition_of(version)
    agencies = _agencies(by, definition, facts)
    where = _where(agencies, facts)
    found = pathways.suggest(definition, facts, [_service(agency, facts, where, out) for agency in agencies])
    suggestions = [_said(each, facts) for each in found.proposed[:MOST_SHOWN]]
    language = get_language() or "fr"
    return Proposals(
        version,
        suggestions,
        [Missing(AgencyKind(gap.kind), gap.rule, gap.why.translated(language)) for gap in found.gaps],
        [ToDoFirst(first.text.translated(language), first.act or "") for first in found.firsts],
    )


def _agencies(by: Membership, definition: Definition, facts: Facts) -> list[Agency]:
    """Those a rule may want, and those whose entry names the need, with their entries; those that serve the place."""
    wanted = Q(kind__in=pathways.kinds(definition, facts))
    listed = Exists(serving(facts.need, facts.postal_code).filter(agency=OuterRef("pk")))
    rows = _serving(Agency.objects.active().exclude(pk=by.agency_id).filter(wanted | listed), facts.postal_code)
    entries = Prefetch("offers", ServiceOffer.objects.live(), to_attr="entries")
    return list(rows.prefetch_related(entries).order_by("kind", "name")[:MOST_LOOKED_AT])


def _where(agencies: Sequence[Agency], facts: Facts) -> dict[str, Point]:
    if not facts.postal_code:
        return {}
    return points({facts.postal_code, *(entry.postal_code for agency in agencies for entry in agency.entries)})


def _service(agency: Agency, facts: Facts, where: dict[str, Point], out: frozenset[UUID]) -> Service:
    return Service(
        key=agency,
        name=agency.name,
        kind=agency.kind,
        phase=agency.phase,
        territory=frozenset(agency.territory),
        languages=frozenset(agency.languages),
        offers=tuple(
            Offer(
                needs=frozenset(entry.needs),
                audiences=frozenset(entry.audiences),
                languages=frozenset(entry.languages),
                territory=frozenset(entry.territory),
                interpretation=entry.interpretation,
            )
            for entry in agency.entries
        ),
        for_his_side=agency.side == AgencySide.PERPETRATOR,
        takes_referrals=agency.accepts_referrals,
        full=not perms.has_room(agency) or agency.pk in out,
        waiting_days=agency.waiting_days,
        distance_km=_distance(agency, facts, where),
    )


def _distance(agency: Agency, facts: Facts, where: dict[str, Point]) -> float | None:
    """Kilometres to its nearest address. Where somebody hides is told to nobody, nor how far."""
    here = where.get(facts.postal_code)
    if here is None:
        return None
    told = [entry for entry in agency.entries if not tells_no_address(agency.kind, entry.needs)]
    there = [where[entry.postal_code] for entry in told if entry.postal_code in where]
    return min((km_between(here, point) for point in there), default=None)


def _said(each: pathways.Proposed, facts: Facts) -> Suggestion:
    agency: Agency = each.service.key
    language = get_language() or "fr"
    why = each.why.translated(language) if each.why else _("Its entry in the directory names this need.")
    if each.lack == Lack.NONE:
        lack = _("No service of this kind serves this place: %(missing)s.")
    elif each.lack == Lack.OURS:
        lack = _("No other service of this kind serves this place: %(missing)s.")
    elif each.lack == Lack.FULL:
        lack = _("No service of this kind takes anybody at the moment: %(missing)s.")
    else:
        lack = ""
    warnings = [each.warning.translated(language)] if each.warning else []
    warnings += [_caution(caution, facts) for caution in each.cautions]
    if lack:
        why = f"{why} {lack % {'missing': AgencyKind(each.instead_of).label}}"
    if each.service.waiting_days:
        warnings.append(_waiting(each.service.waiting_days))
    if facts.role in pathways.AUDIENCES and _changes_side(agency, facts):
        warnings.append(
            _("It usually works with the victim: by accepting it would be on the presumed perpetrator’s side here.")
        )
    return Suggestion(
        agency=agency,
        why=why,
        warnings=warnings,
        instead_of=each.instead_of,
        distance_km=each.service.distance_km,
        rule=each.rule,
        takes=each.service.takes,
    )


def _changes_side(agency: Agency, facts: Facts) -> bool:
    """Whether it would leave her side for his: what is only worth a word on the preview is not, here."""
    his = pathways.AUDIENCES[facts.role] == pathways.Audience.PERPETRATOR
    side = side_about(kind=agency.kind, side=agency.side, subject_side=Side.PERPETRATOR) if his else ""
    return agency.side == AgencySide.VICTIM and perms.changes_side(agency, side)


def _waiting(days: int) -> str:
    return ngettext("About %(count)d day of waiting.", "About %(count)d days of waiting.", days) % {"count": days}


def _caution(caution: Caution, facts: Facts) -> str:
    match caution:
        case Caution.CLOSED:
            return _("It takes no referrals at the moment.")
        case Caution.FULL:
            return _("It is full at the moment.")
        case Caution.LANGUAGE:
            named = LANGUAGES.get(facts.language, facts.language)
            return _("It does not say that it works in this language (%(language)s): ask for an interpreter.") % {
                "language": named
            }
        case Caution.NOT_NAMED:
            return _("Its entry in the directory does not name this need: call before you send.")


# --- what is missing --------------------------------------------------------------------------------------------


def note_gap(
    *, by: Membership, case: Case, access: CaseAccess, kind: str, need: str, role: str, rule: str, postal_code: str = ""
) -> bool:
    """Count a kind of service that is missing, once for this case and need; False where this agency counted it before.

    Raises Refused for who may not add to the case, RuleBroken for what is not a gap.
    """
    if not perms.may_refer(access):
        raise Refused(_("You can read this case but not add to it."))
    if kind not in AgencyKind.values or need not in Need.values or not rule or role not in pathways.AUDIENCES:
        raise RuleBroken(_("This is not a service that a pathway asks for."))
    try:
        with transaction.atomic():
            ServiceGap.objects.create(
                case=case,
                kind=kind,
                need=need,
                subject_role=role,
                postal_code=postal_code,
                rule=rule,
                agency=by.agency,
                noted_by=by.user,
            )
    except IntegrityError:
        # what another service has counted is not told: only what this one counted itself is counted "already"
        mine = ServiceGap.objects.filter(case=case, kind=kind, need=need, subject_role=role, agency=by.agency)
        return not mine.exists()
    return True


def count_missing(*, by: Membership, case: Case, access: CaseAccess, referral: Referral) -> bool:
    """Count the kind of service that a referral stands in for, where nobody offers it there; True if it is new."""
    if not (referral.rule and referral.missing_kind) or by.agency.kind == referral.missing_kind:
        return False
    offered = Agency.objects.active().filter(kind=referral.missing_kind)
    if _serving(offered, referral.postal_code).exists():
        return False
    return note_gap(
        by=by,
        case=case,
        access=access,
        kind=referral.missing_kind,
        need=referral.need,
        role=referral.subject_role,
        rule=referral.rule,
        postal_code=referral.postal_code,
    )


def _serving(agencies: QuerySet[Agency], postal_code: str) -> QuerySet[Agency]:
    """Those that work there; an area nobody has named is served by all."""
    return agencies.filter(serves(postal_code)) if postal_code else agencies
