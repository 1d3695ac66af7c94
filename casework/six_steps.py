"""What the rooms know of the six steps of a case: needs, grids, referrals, who answers for it, who accompanies whom.

Each function is registered by `move` (`plans.steps.register`): constant queries, nothing but what is read here.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from agencies.enums import Need
from cases.enums import Category, ParticipationSide, Side
from cases.models import CasePerson
from cases.who_sees import who_sees
from common.clock import now
from common.templatetags.ui import local_date
from plans import closing, needs, needs_perms
from plans.models import Domain, NeedState
from plans.needs_views import REFERRED_AS
from plans.steps import Line, Seen, State
from referrals.models import OPEN, TAKEN, Referral
from riskassessment.models import Assessment
from riskassessment.perms import opens_room

ACCOMPANIED = {Side.VICTIM: ParticipationSide.VICTIM, Side.PERPETRATOR: ParticipationSide.PERPETRATOR}


# --- initial assessment -----------------------------------------------------------------------------------------
def initial(seen: Seen) -> Iterator[Line]:
    """The needs of each person: found, found in part, or not asked by anybody this access reads."""
    found = _needs(seen)
    for person in seen.persons:
        if not needs_perms.reads_side(seen.access, person.side):
            continue
        writes = needs_perms.may_write_needs(seen.access, person)
        if not writes and not needs_perms.reads_needs(seen.access, person.side):
            continue
        url = reverse("plans:write_needs", args=[seen.case.pk, person.pk]) if writes else ""
        asked = found.get(person.pk)
        side = Side(person.side)
        if not asked:
            act = _("Write the needs") if writes else ""
            yield Line(side, State.MISSING, _("Needs not assessed yet"), person.pk, url, act)
            continue
        words = _("Needs assessed: %(asked)d of %(all)d asked") % {"asked": len(asked), "all": len(Domain)}
        whole = len(asked) == len(Domain)
        read = reverse("plans:needs", args=[seen.case.pk])
        yield Line(side, State.DONE if whole else State.UNDER_WAY, words, person.pk, read, _("See the needs"))


def _needs(seen: Seen) -> dict[UUID, dict[str, set[str]]]:
    """{person: {domain: states}} of what holds, as far as it is read."""
    found: dict[UUID, dict[str, set[str]]] = {}
    for assessment in needs.holding(seen.access)[: needs.MOST_PAST]:
        of_person = found.setdefault(assessment.case_person_id, defaultdict(set))
        for line in assessment.shown:
            of_person[line.domain].add(line.state)
    return found


# --- risk -------------------------------------------------------------------------------------------------------
def risk(seen: Seen) -> Iterator[Line]:
    """The grids that are signed, what is owed again, and where nothing was assessed."""
    access, case = seen.access, seen.case
    if not opens_room(access):
        return
    url = reverse("riskassessment:case_list", args=[case.pk])
    his = access.side == ParticipationSide.PERPETRATOR
    rows = Assessment.objects.filter(access.readable(), case=case).filter(
        Q(signed_at__isnull=False) | Q(agency=access.agency_id)
    )
    if his:
        rows = rows.filter(side=Side.PERPETRATOR)
    begun, signed = {}, {}
    for row in rows.order_by("-signed_at").only("side", "signed_at")[:200]:
        kept = begun if row.signed_at is None else signed
        kept.setdefault(Side.PERPETRATOR if row.side == Side.PERPETRATOR else Side.CASE, row.signed_at)
    for side, at in signed.items():
        words = _("Grid signed, the last one on %(day)s") % {"day": local_date(at)}
        yield Line(side, State.DONE, words, url=url, act=_("See the assessments"))
    for side in begun:
        yield Line(side, State.UNDER_WAY, _("A grid is begun and not signed"), url=url, act=_("Go on"))
    if access.level and case.closed_at is None and case.reassess_by and case.reassess_by < now():
        words = _("To be assessed again since %(day)s") % {"day": local_date(case.reassess_by)}
        yield Line(Side.CASE, State.MISSING, words, url=url, act=_("Assess again"))
    if not signed and not begun and not (access.level and case.level):
        side = Side.PERPETRATOR if his else Side.CASE
        act = _("Begin a grid") if access.contribute else ""
        yield Line(side, State.MISSING, _("No grid that your service reads is signed"), url=url, act=act)


# --- referrals --------------------------------------------------------------------------------------------------
def referrals(seen: Seen) -> Iterator[Line]:
    """Needs that nobody was asked to take up, referrals that wait, and those that are taken up."""
    access = seen.access
    rows = Referral.objects.of_case(access).filter(OPEN | Q(state__in=TAKEN)).select_related("to_agency")
    if access.side == ParticipationSide.PERPETRATOR:
        # what a third service of the case reads of a referral on his side is neither why nor for what
        rows = rows.filter(Q(from_agency=access.agency_id) | Q(to_agency=access.agency_id))
    by_person: dict[UUID, list[Referral]] = {}
    for row in rows.order_by("sent_at", "pk")[:200]:
        by_person.setdefault(row.subject_id, []).append(row)
    wanted = _needs(seen)
    url = reverse("referrals:case_list", args=[seen.case.pk])
    for person in seen.persons:
        mine = by_person.get(person.pk, [])
        yield from _unreferred(seen, person, wanted.get(person.pk, {}), {row.need for row in mine})
        waiting = [row for row in mine if row.state not in TAKEN]
        taken = [row for row in mine if row.state in TAKEN]
        side = Side(person.side)
        if waiting:
            words = _("Waiting for an answer: %(what)s") % {"what": _to(waiting)}
            yield Line(side, State.UNDER_WAY, words, person.pk, url, _("See the referrals"))
        if taken:
            words = _("Taken up: %(what)s") % {"what": _to(taken)}
            yield Line(side, State.DONE, words, person.pk, url, _("See the referrals"))


def _unreferred(seen: Seen, person: CasePerson, wanted: dict[str, set[str]], asked: set[str]) -> Iterator[Line]:
    for domain in Domain:
        need = REFERRED_AS[domain]
        states = wanted.get(domain, set())
        if NeedState.NEEDED not in states or NeedState.BEING_MET in states or need in asked:
            continue
        writes = seen.access.contribute
        query = urlencode({"subject": person.pk, "need": need.value})
        url = f"{reverse('referrals:new', args=[seen.case.pk])}?{query}" if writes else ""
        words = _("Help is needed and nobody was asked: %(what)s") % {"what": domain.label}
        yield Line(Side(person.side), State.MISSING, words, person.pk, url, _("Refer") if writes else "")


def _to(rows: Iterable[Referral]) -> str:
    return ", ".join(f"{Need(row.need).label} ({row.to_agency.short_name})" for row in rows)


# --- case management --------------------------------------------------------------------------------------------
def management(seen: Seen) -> Iterator[Line]:
    """Who answers for the case in the agency that leads, for who may know it."""
    if not seen.access.can(Category.NETWORK, Side.VICTIM):
        return
    person, lead = seen.case.reference_person, seen.case.lead_agency
    if person is not None:
        words = _("Reference person: %(who)s, %(agency)s") % {"who": person.full_name, "agency": lead.short_name}
        yield Line(Side.CASE, State.DONE, words)
        return
    words = _("No reference person at %(agency)s, which leads the case") % {"agency": lead.short_name}
    ours = closing.may_name_reference(seen.by, seen.case, seen.access)
    page, act = ("casework:lead", _("Name somebody")) if ours else ("casework:contacts", _("Whom to call"))
    yield Line(Side.CASE, State.MISSING, words, url=reverse(page, args=[seen.case.pk]), act=act)


# --- counselling ------------------------------------------------------------------------------------------------
def counselling(seen: Seen) -> Iterator[Line]:
    """Which services accompany her, and which work with him, as far as they may be known."""
    readers = [each for each in who_sees(seen.case, seen.access).readers if needs_perms.meets_him(each.access)]
    for side, place in ACCOMPANIED.items():
        if not seen.access.can(Category.NETWORK, side):
            continue
        names = sorted(each.agency.short_name for each in readers if each.access.side == place)
        if names:
            words = _("Accompanied by %(services)s") % {"services": ", ".join(names)}
            yield Line(side, State.UNDER_WAY, words)
            continue
        person = next(iter(seen.of(side)), None)
        query = f"?{urlencode({'subject': person.pk})}" if person else ""
        writes = seen.access.contribute
        url = reverse("referrals:next", args=[seen.case.pk]) + query if writes else ""
        words = _("No service accompanies her yet") if side == Side.VICTIM else _("No service works with him yet")
        yield Line(side, State.MISSING, words, url=url, act=_("Whom to ask") if writes else "")
