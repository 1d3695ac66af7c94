"""Cases that look alike, for who may say that they belong together: proposed with reasons, decided by a person.

Compared are cases that the member sees, of persons whose identity is open in both; no other case can be told from what
is said, nor from what is left out.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from agencies.models import Membership
from cases import same_person, same_reasons
from cases.enums import PersonRole, SameVerdict, Side
from cases.models import Case
from cases.perms import investigates
from cases.same_person import Pair
from sharing.models import CaseLink, LinkKind
from sharing.perms import may_know_link, may_see_alike

WHO = {
    "victim": pgettext_lazy("alike", "the victim"),
    "child": pgettext_lazy("alike", "a child"),
    "perpetrator": pgettext_lazy("alike", "the presumed perpetrator"),
    "hers_his": gettext_lazy("the victim here, the presumed perpetrator there"),
    "his_hers": gettext_lazy("the presumed perpetrator here, the victim there"),
}


@dataclass(frozen=True)
class Alike:
    """Another case that may belong with the one looked at. `reasons` are codes "who:what", in words by `words`."""

    case: Case
    kind: LinkKind
    reasons: tuple[str, ...]
    pairs: tuple[Pair, ...] = ()

    def get_kind_display(self) -> str:
        """How the two may belong together, in words; a suspect alone is no couple and no household."""
        return str(_("same presumed perpetrator, other victims") if self.his_alone else self.kind.label)

    @property
    def closes(self) -> bool:
        """Whether linking them closes addresses."""
        return self.kind == LinkKind.COUNTER_COMPLAINT

    @property
    def his_alone(self) -> bool:
        """Whether the suspect alone is the same: for police and prosecutors, and never a link of cases."""
        return self.kind == LinkKind.SAME_PERSON and all(pair.own.side == Side.PERPETRATOR for pair in self.pairs)


def alike_cases(*, by: Membership, cases: Iterable[Case]) -> dict[UUID, list[Alike]]:
    """{case: cases that may belong with it}, of those `by` sees, opposing reports first, then the likeliest.

    Those already linked or judged different are left out. A case without any is not in the answer, and it is empty for
    who may not be told. At most sixteen queries, whatever there is.
    """
    ids = [case.pk for case in cases]
    if not ids or not may_see_alike(by):
        return {}
    looked = same_person.look(by=by, case_ids=ids)
    pairs, accesses = looked.pairs, dict(looked.accesses)
    if investigates(by):
        crossed = same_person.look(by=by, case_ids=ids, crossed=True)
        pairs, accesses = [*pairs, *crossed.pairs], accesses | dict(crossed.accesses)
    between: dict[tuple[UUID, UUID], list[Pair]] = {}
    for pair in pairs:
        between.setdefault((pair.own.case_id, pair.other.case_id), []).append(pair)
    linked = _linked(between) if between else {}
    his = [pair for pair in pairs if _who(pair) == "perpetrator"] if investigates(by) else []
    said = same_person.decided(his, SameVerdict.SAME, SameVerdict.MERGED) if his else {}
    found: dict[UUID, list[Alike]] = {}
    for (one, other), shared in between.items():
        if may_know_link(accesses.get(one), accesses.get(other)):
            found.setdefault(one, []).extend(
                _proposals(
                    shared,
                    linked.get(frozenset((one, other)), set()),
                    tells_his=investigates(by) and not any(pair.records in said for pair in shared),
                )
            )
    order = list(ORDER)
    return {
        case_id: sorted(proposals, key=lambda each: (order.index(each.kind), -len(each.reasons), each.case.reference))
        for case_id, proposals in found.items()
        if proposals
    }


ORDER = (LinkKind.COUNTER_COMPLAINT, LinkKind.SAME_COUPLE, LinkKind.SAME_HOUSEHOLD, LinkKind.SAME_PERSON)


def _proposals(pairs: list[Pair], linked: set[str], *, tells_his: bool) -> list[Alike]:
    """What these pairs of persons of two cases say together: at most an opposing report and one thing more."""
    kinds = {kind: [pair for pair in pairs if _who(pair) == kind] for kind in WHO}
    proposals = []
    if kinds["hers_his"] and kinds["his_hers"] and LinkKind.COUNTER_COMPLAINT not in linked:
        proposals.append(_alike(LinkKind.COUNTER_COMPLAINT, [*kinds["hers_his"], *kinds["his_hers"]]))
    hers, his, children = kinds["victim"], kinds["perpetrator"], kinds["child"]
    if linked - {LinkKind.COUNTER_COMPLAINT}:
        return proposals
    if hers and his:
        proposals.append(_alike(LinkKind.SAME_COUPLE, [*hers, *his, *children]))
    elif children:
        proposals.append(_alike(LinkKind.SAME_HOUSEHOLD, [*children, *hers]))
    elif hers:
        proposals.append(_alike(LinkKind.SAME_PERSON, hers))
    elif his and tells_his:
        proposals.append(_alike(LinkKind.SAME_PERSON, his))
    return proposals


def _alike(kind: LinkKind, pairs: list[Pair]) -> Alike:
    reasons = dict.fromkeys(f"{_who(pair)}:{reason}" for pair in pairs for reason in pair.reasons)
    return Alike(pairs[0].other.case, kind, tuple(reasons), tuple(pairs))


def _who(pair: Pair) -> str:
    if pair.own.side != pair.other.side:
        return "hers_his" if pair.own.side == Side.VICTIM else "his_hers"
    if pair.own.side == Side.PERPETRATOR:
        return "perpetrator"
    return "child" if PersonRole.CHILD in (pair.own.role, pair.other.role) else "victim"


def _linked(between: Iterable[tuple[UUID, UUID]]) -> dict[frozenset[UUID], set[str]]:
    ids = {case_id for pair in between for case_id in pair}
    rows = CaseLink.objects.filter(Q(first__in=ids, second__in=ids), end=None).values_list("first", "second", "kind")
    linked: dict[frozenset[UUID], set[str]] = {}
    for first, second, kind in rows:
        linked.setdefault(frozenset((first, second)), set()).add(kind)
    return linked


def words(reasons: Iterable[str]) -> list[str]:
    """The reasons in words, a line for each person: "the victim: same birth date; family name alike (0.94)"."""
    found: dict[str, list[str]] = {}
    for reason in reasons:
        who, _separator, code = reason.partition(":")
        found.setdefault(who, []).append(code)
    return [
        _("%(who)s: %(reasons)s") % {"who": WHO[who], "reasons": same_reasons.sentence(codes)}
        for who, codes in found.items()
        if who in WHO
    ]
