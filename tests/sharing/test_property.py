"""Whatever was shared, withdrawn, revoked or has ended, every way to look at a case gives the same answer.

Random acts go through the services. What each agency should see afterwards is worked out here from the acts that were
accepted, by the rules as design §4 words them, without the product's own sum.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from django.db import transaction
from django.urls import reverse
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from agencies.acting import acting_as
from agencies.models import Membership
from cases.access import for_case, grants_of, write_exclusion, write_grants
from cases.enums import CODENAMES, Category, EventCode, ParticipationSide, Side, codename
from cases.models import Case, CaseEvent, CasePerson, Note
from cases.perms import NOTE_CATEGORIES
from common.acting import SystemContext, system_context
from common.clock import now
from common.errors import RuleBroken
from sharing.grants import total
from sharing.models import Basis, SharingDecision, WayIn
from sharing.services import decide, participation_side, record_consent, revoke, withdraw_consent
from tests.actors import PAIRS, as_, database_now
from tests.factories import make_report
from tests.reading import text_of
from tests.sharing.sums import drift
from tests.test_permissions import PARAMETERS

REFUSED_TO_HIS_SIDE = {"contact:victim", "contact:case", "network:victim", "network:case"}
RECIPIENTS = ("shelter", "programme", "stranger")
NAMES = (("Alphonsine", "Alarue"), ("Berthille", "Bordeau"))  # the victims'; searched by name
HIS_NAMES = (("Casimir", "Cormontin"), ("Dagobert", "Durtal"))
DOCUMENTS = re.compile(r"pdf|export|print|xlsx|ics|sheet|calendar")
"""Addresses of a case under such a name give what can be taken away."""

pairs = st.lists(st.sampled_from(PAIRS), max_size=4, unique=True)
target = {"case": st.integers(0, 1), "to": st.sampled_from(RECIPIENTS)}
sides = st.sampled_from(list(ParticipationSide))
days = st.sampled_from([None, 1, 30])
acts = st.lists(
    st.one_of(
        st.fixed_dictionaries(
            {
                "act": st.sampled_from(["share", "share_by_law", "ended"]),
                "grants": pairs,
                "side": sides,
                "days": days,
                "contributes": st.booleans(),
            }
            | target
        ),
        st.fixed_dictionaries(
            {
                "act": st.just("consent"),
                "of": st.sampled_from(["victim", "presumed_perpetrator"]),
                "categories": st.lists(st.sampled_from(list(Category)), min_size=1, max_size=4, unique=True),
                "grants": pairs,
                "own_side_only": st.booleans(),
                "side": sides,
                "days": days,
            }
            | target
        ),
        st.fixed_dictionaries({"act": st.sampled_from(["withdraw", "revoke"]), "which": st.integers(0, 5)}),
        st.fixed_dictionaries({"act": st.just("exclude")} | target),
    ),
    min_size=1,
    max_size=7,
)


@dataclass
class Taken:
    """An act that was accepted: what it opened, and whether it still holds."""

    case: int
    to: str
    grants: set[str]
    contributes: bool
    decision: SharingDecision
    holds: bool = True
    consent: object = None


@dataclass
class District:
    """Two cases with a note of every category and side, and what was done in them."""

    world: object
    cases: list[Case]
    taken: list[Taken] = field(default_factory=list)
    sides: dict[tuple[int, str], str] = field(default_factory=dict)
    excluded: set[tuple[int, str]] = field(default_factory=set)

    def member(self, to: str) -> Membership:
        return getattr(self.world, to)

    def took_side(self, case: int, to: str, side: str) -> None:
        """His side is never left; who usually works with him is always on it."""
        his = to == "programme" or "perpetrator" in (side, self.sides.get((case, to)))
        self.sides[case, to] = "perpetrator" if his else side

    def expected(self, case: int, to: str) -> set[str]:
        """The codenames the agency should hold now; empty: the case does not exist for this member."""
        held = [one for one in self.taken if one.case == case and one.to == to and one.holds]
        if not held or (case, to) in self.excluded:
            return set()
        his = self.sides[case, to] == "perpetrator"
        open_pairs = {pair for one in held for pair in one.grants} | {"network:perpetrator"}
        # whoever is told of his services alone is told of those alone
        tells = [one for one in held if "network:perpetrator" not in one.grants or "network:victim" in one.grants]
        open_pairs |= {"network:victim"} if tells and not his else set()
        names = {"view_" + pair.replace(":", "_") for pair in open_pairs - (REFUSED_TO_HIS_SIDE if his else set())}
        return names | {"view_case"} | ({"contribute_case"} if any(one.contributes for one in held) else set())


def marker(case: int, category: str, side: str) -> str:
    return f"zq{case}{category}q{side}qz".replace("_", "")


@pytest.fixture
def district(world) -> District:
    cases = []
    for number, (hers, his) in enumerate(zip(NAMES, HIS_NAMES, strict=True)):
        case = make_report(
            world.officer, j2_accepted="no", victim_given_name=hers[0], victim_family_name=hers[1],
            perpetrator_given_name=his[0], perpetrator_family_name=his[1],
        ).case  # fmt: skip
        cases.append(case)
        with acting_as(world.officer):
            for category in NOTE_CATEGORIES:
                for side in Side:
                    _note(world.officer, case, category, side, marker(number, category, side))
    return District(world, cases)


def _note(by: Membership, case: Case, category: str, side: str, text: str) -> None:
    """A note as the services would write it, of a category the author may not see itself."""
    note = Note(case=case, category=category, side=side, facts=text, agency=by.agency, author=by.user)
    note.save(force_insert=True)
    event = {"case": case, "category": category, "side": side, "agency": by.agency, "user": by.user}
    CaseEvent.objects.create(code=EventCode.NOTE_WRITTEN, payload={"note": str(note.pk)}, **event)


# --- the acts ---------------------------------------------------------------------------------------------------
def do(district: District, act: dict) -> None:
    """One act through the services; what they refuse changes nothing here either."""
    officer = district.world.officer
    with acting_as(officer):
        try:
            with transaction.atomic():
                globals()[f"_{act['act']}"](district, officer, act)
        except RuleBroken:
            pass


def _decided(district: District, act: dict, grants: list[str], consent: object = None, **how) -> None:
    recipient = district.member(act["to"]).agency
    decision = decide(
        by=district.world.officer, case=district.cases[act["case"]], recipient=recipient, side=act["side"],
        way_in=WayIn.REFERRAL, grants=grants, necessity="x", consent=consent, **how,
    )  # fmt: skip
    district.took_side(act["case"], act["to"], act["side"])
    contributes = how.get("contributes", False)
    district.taken.append(Taken(act["case"], act["to"], set(grants), contributes, decision, True, consent))


def _end(act: dict) -> datetime | None:
    return now() + timedelta(days=act["days"]) if act["days"] else None


def _share(district: District, officer: Membership, act: dict) -> None:
    how = {"contributes": act["contributes"], "ends_at": _end(act)}
    _decided(district, act, act["grants"], basis=Basis.SHARED_SECRET, **how)


def _share_by_law(district: District, officer: Membership, act: dict) -> None:
    how = {"contributes": act["contributes"], "ends_at": _end(act)}
    _decided(district, act, act["grants"], basis=Basis.LEGAL_OBLIGATION, legal_text="art. 1", **how)


def _ended(district: District, officer: Membership, act: dict) -> None:
    """A sharing that ended a second ago, as it would be found: its rows still there, past their end."""
    case, agency = district.cases[act["case"]], district.member(act["to"]).agency
    end = database_now() - timedelta(seconds=1)
    decision = SharingDecision.objects.create(
        case=case, recipient=agency, side=act["side"], way_in=WayIn.REFERRAL, basis=Basis.SHARED_SECRET,
        grants=act["grants"], contributes=act["contributes"], necessity="x", accurate_on=end.date(),
        decided_by=officer.user, agency=officer.agency, starts_at=end - timedelta(days=9), ends_at=end,
    )  # fmt: skip
    district.took_side(act["case"], act["to"], act["side"])
    with system_context(SystemContext.GRANTS):
        live = SharingDecision.objects.live().filter(case=case, recipient=agency).select_related("consent")
        openings = [one.opening() for one in live] + [decision.opening()]
    side = participation_side(case=case, agency=agency)
    write_grants(case=case, agency=agency, grants=total(openings, side=side), side=side)


def _consent(district: District, officer: Membership, act: dict) -> None:
    subject = CasePerson.objects.get(case=district.cases[act["case"]], role=act["of"])
    agency = district.member(act["to"]).agency
    consent = record_consent(
        by=officer, subject=subject, recipients=[agency], categories=[str(one) for one in act["categories"]],
        purpose="x", given_how="oral", explained="x", valid_until=_end(act),
    )  # fmt: skip
    grants = [f"{one}:{subject.side}" for one in act["categories"] if one != Category.SUMMARY]
    grants += [] if act["own_side_only"] else act["grants"]
    _decided(district, act, grants, basis=Basis.CONSENT, consent=consent)


def _withdraw(district: District, officer: Membership, act: dict) -> None:
    on_consent = [one for one in district.taken if one.consent]
    if on_consent:
        one = on_consent[act["which"] % len(on_consent)]
        withdraw_consent(by=officer, access=for_case(district.cases[one.case], officer), consent=one.consent)
        one.holds = False


def _revoke(district: District, officer: Membership, act: dict) -> None:
    may = [one for one in district.taken if one.decision.basis != Basis.LEGAL_OBLIGATION]
    if may:
        one = may[act["which"] % len(may)]
        revoke(by=officer, decision=one.decision, reason="x")
        one.holds = False


def _exclude(district: District, officer: Membership, act: dict) -> None:
    where = (act["case"], act["to"])
    if where not in district.excluded:
        user_id = district.member(act["to"]).user_id
        write_exclusion(case_id=district.cases[act["case"]].pk, user_id=user_id, holds=True)
        district.excluded.add(where)


# --- every way to look --------------------------------------------------------------------------------------------
def check(district: District) -> None:
    for to in RECIPIENTS:
        member = district.member(to)
        wanted = {number: district.expected(number, to) for number in range(len(district.cases))}
        seen = {district.cases[number].pk for number, names in wanted.items() if names}
        browser = as_(member)
        _queries(district, member, wanted, seen)
        _lists(district, browser, wanted, seen)
        for number, case in enumerate(district.cases):
            _one_case(browser, number, case, wanted[number])
            _search(browser, number, case, wanted[number])


def _queries(district: District, member: Membership, wanted: dict, seen: set) -> None:
    with acting_as(member):
        assert set(Case.objects.visible_to(member).values_list("pk", flat=True)) == seen
        assert set(Case.objects.values_list("pk", flat=True)) == seen, "the second lock"
        together = grants_of([case.pk for case in district.cases], member)
        assert set(together) == seen
        for number, case in enumerate(district.cases):
            access = for_case(case, member)
            assert set(access.grants) == wanted[number]
            assert access.contribute == ("contribute_case" in wanted[number])
            if case.pk in seen:
                assert dict(together[case.pk].grants) == dict(access.grants)
            for name in CODENAMES:
                assert member.user.has_perm(f"cases.{name}", case) == (name in wanted[number]), name
            notes = Note.objects.filter(case=case).filter(access.readable())
            assert set(notes.values_list("facts", flat=True)) == _markers(number, wanted[number])
            # the second lock by itself
            assert set(Note.objects.filter(case=case).values_list("facts", flat=True)) == _markers(
                number, wanted[number]
            )


def _markers(number: int, names: set[str]) -> set[str]:
    return {
        marker(number, category, side)
        for category in NOTE_CATEGORIES
        for side in Side
        if codename(category, side) in names
    }


def _lists(district: District, browser, wanted: dict, seen: set) -> None:
    page = browser.get(reverse("cases:list")).content.decode()
    assert {case.pk for case in district.cases if case.reference in page} == seen
    assert int(re.search(r"</h1>\s*<p>(\d+)", page)[1]) == len(seen), "the count counts what is listed"
    filtered = browser.get(reverse("cases:list"), {"stage": "opened"}).content.decode()
    assert int(re.search(r"</h1>\s*<p>(\d+)", filtered)[1]) == len(seen)
    initials = {number: f"{first[0]}. {last[0]}." for number, (first, last) in enumerate(NAMES)}
    for number, names in wanted.items():
        if "view_identity_victim" not in names:
            assert initials[number] not in page and initials[number].replace(" ", "") not in page
    listed = browser.get(reverse("api:cases")).json()
    assert {one["id"] for one in listed["results"]} == {str(pk) for pk in seen}
    for one in listed["results"]:
        number = [str(case.pk) for case in district.cases].index(one["id"])
        assert (one["risk"] is not None) == ("view_level_case" in wanted[number])


def _one_case(browser, number: int, case: Case, names: set[str]) -> None:
    there = 200 if names else 404
    page = browser.get(reverse("cases:summary", args=[case.pk]))
    assert page.status_code == there
    text = page.content.decode()
    assert set(re.findall(r"zq\d[a-z]+qz", text)) == _markers(number, names), "the timeline"
    people = browser.get(reverse("cases:people", args=[case.pk]))
    assert people.status_code == there
    for side, family in (("victim", NAMES[number][1]), ("perpetrator", HIS_NAMES[number][1])):
        assert (family in people.content.decode()) == (f"view_identity_{side}" in names)
    answer = browser.get(reverse("api:case", args=[case.pk]))
    assert answer.status_code == there
    if names:
        told = answer.json()
        open_pairs = {pair for pair in PAIRS if "view_" + pair.replace(":", "_") in names}
        assert set(told["sees"]) == open_pairs | {"summary:case"}
        assert told["may_add"] == ("contribute_case" in names)
        assert {one["side"] for one in told["persons"]} == {
            side for side in ("victim", "perpetrator") if f"view_identity_{side}" in names
        }
        assert bool(told["contacts"]) == ("view_contact_victim" in names)
    for name in ("reports:case_list", "api:case_reports"):
        reports = browser.get(reverse(name, args=[case.pk])).status_code
        assert reports == (200 if "view_facts_case" in names else 404), name
    for address in documents(case):
        taken = browser.get(address)
        assert names or taken.status_code == 404, address
        assert set(re.findall(r"zq\d[a-z]+qz", text_of(taken))) <= _markers(number, names), address


def documents(case: Case) -> Iterator[str]:
    """Addresses of what can be taken away from a case: found by name, so that new ones are asked too."""
    for name, parameters in PARAMETERS.items():
        if parameters == ("case_id",) and DOCUMENTS.search(name):
            yield reverse(name, args=[case.pk])


def _search(browser, number: int, case: Case, names: set[str]) -> None:
    questions = {
        case.reference: bool(names),
        NAMES[number][1]: "view_identity_victim" in names,
        HIS_NAMES[number][1]: "view_identity_perpetrator" in names,
    }
    for words, found in questions.items():
        page = browser.post(reverse("cases:search"), {"q": words}).content.decode()
        assert (reverse("cases:summary", args=[case.pk]) in page) == found, words
        # counted as it is listed
        counted = re.search(r'<span class="number">(\d+)', page.split('id="found-title"')[-1])
        assert (counted is not None) == found


class _Undo(Exception):
    pass


def run(district: District, plan: list[dict]) -> None:
    district.taken, district.sides, district.excluded = [], {}, set()
    try:
        with transaction.atomic():
            for act in plan:
                do(district, act)
            assert not drift()
            check(district)
            raise _Undo
    except _Undo:
        pass


RANDOM = {"deadline": None, "suppress_health_check": list(HealthCheck)}


@pytest.mark.django_db
@settings(max_examples=8, derandomize=True, phases=[Phase.explicit, Phase.generate], **RANDOM)
@given(plan=acts)
def test_every_way_to_look_agrees(district, plan):
    run(district, plan)


@pytest.mark.django_db
@pytest.mark.long
@settings(max_examples=100, **RANDOM)
@given(plan=acts)
def test_every_way_to_look_agrees_at_length(district, plan):
    run(district, plan)


@pytest.mark.django_db
def test_the_check_sees_a_row_that_no_act_opened(district):
    """What the other tests rely on: a single permission too many fails them."""
    act = {"act": "share", "case": 0, "to": "shelter", "grants": ["identity:victim"], "side": "victim"}
    do(district, act | {"days": None, "contributes": False})
    check(district)
    held = {"view_case": None, "view_identity_victim": None, "view_network_victim": None}
    more = held | {"view_network_perpetrator": None, "view_health_victim": None}
    write_grants(case=district.cases[0], agency=district.world.shelter.agency, grants=more, side="victim")
    with pytest.raises(AssertionError):
        check(district)
