"""The permission rows always equal the sum of live decisions, checked against a model that knows no code of ours."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agencies.acting import acting_as
from cases.access import for_case, keep_own_work
from cases.enums import CODENAMES, Category, ParticipationSide, Side
from cases.models import CaseGroupObjectPermission
from common.acting import SystemContext, system_context
from common.clock import now
from sharing.grants import Opening, total
from sharing.models import (
    Basis,
    Consent,
    ConsentWithdrawal,
    SharingDecision,
    SharingRevocation,
    WayIn,
)
from sharing.services import recompute
from tests.factories import make_report

PAIRS = [f"{category}:{side}" for category in Category if category != Category.SUMMARY for side in Side]
REFUSED = {"contact:victim", "contact:case", "network:victim", "network:case"}

# hours from now; far enough from zero that the test's own time does not matter
moment = st.sampled_from([None, -48, -1, 1, 24, 400])
decisions = st.lists(
    st.fixed_dictionaries(
        {
            "grants": st.lists(st.sampled_from(PAIRS), max_size=4, unique=True),
            "side": st.sampled_from(list(ParticipationSide)),
            "contributes": st.booleans(),
            "starts": st.sampled_from([-72, -50, 2]),
            "ends": moment,
            "consent_ends": moment,
            "on_consent": st.booleans(),
            "withdrawn": st.booleans(),
            "revoked": st.booleans(),
        }
    ),
    max_size=5,
)


def expected(plan: list[dict], own_work: bool) -> tuple[dict[str, int | None], str]:
    """{codename: hours to its end or None} and the side, from the rules as design §4 words them."""
    side = None
    for one in plan:  # oldest first; his side is never left
        side = "perpetrator" if "perpetrator" in (side, one["side"]) else one["side"]
    sums: dict[str, list] = {}
    for one in plan:
        ends = [hours for hours in (one["ends"], one["consent_ends"] if one["on_consent"] else None) if hours]
        over = any(hours <= 0 for hours in ends) or one["revoked"] or (one["on_consent"] and one["withdrawn"])
        if over or one["starts"] > 0:
            continue
        names = {"view_case"}
        # a decision that names who works with him, and not who follows her, tells of no service of hers
        if "network:victim" in one["grants"] or "network:perpetrator" not in one["grants"]:
            names |= {"view_network_perpetrator"}
            names |= set() if side == "perpetrator" else {"view_network_victim"}
        names |= {"view_" + pair.replace(":", "_") for pair in one["grants"]}
        names |= {"contribute_case"} if one["contributes"] else set()
        for name in names:
            sums.setdefault(name, []).append(min(ends, default=None))
    wanted = {name: None if None in ends else max(ends) for name, ends in sums.items()}
    if own_work:
        wanted |= {"view_case": None, "view_own_work": None}
    if side == "perpetrator":
        wanted = {
            name: end
            for name, end in wanted.items()
            if name not in {"view_" + pair.replace(":", "_") for pair in REFUSED}
        }
    return wanted, side or "neutral"


@pytest.fixture
def case(world):
    return make_report(world.officer).case


@pytest.mark.django_db
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plan=decisions, own_work=st.booleans())
def test_the_rows_are_the_sum_of_the_live_decisions(world, case, plan, own_work):
    agency = world.stranger.agency
    at = now()
    try:
        with transaction.atomic(), acting_as(world.officer):
            for order, one in enumerate(plan):
                _store(world, case, agency, one, at, at - timedelta(days=9, seconds=-order))
            recompute(case=case, agency=agency)
            if own_work:
                keep_own_work(case=case, agency=agency)
                recompute(case=case, agency=agency)
            rows = _rows(case, agency)
            # authoring asks for a participation: nothing is kept by who never took part
            keeps = own_work and any(name == "view_case" for name in expected(plan, False)[0])
            wanted, side = expected(plan, keeps)
            assert set(rows) == set(wanted)
            for name, hours in wanted.items():
                assert rows[name][0] == (None if hours is None else at + timedelta(hours=hours)), name
            if "view_case" in wanted:
                assert rows["view_case"][1] == side
            for name in set(CODENAMES) - set(wanted):
                assert name not in rows
            raise _Undo
    except _Undo:
        pass


class _Undo(Exception):
    pass


def _store(world, case, agency, one, at, decided_at) -> None:
    """Rows as they would have come to be, whatever the services refuse today."""
    consent = None
    hours = timedelta(hours=1)
    if one["on_consent"]:
        consent = Consent.objects.create(
            case=case,
            subject=case.case_persons.get(role="victim"),
            side="victim",
            given_how="oral",
            explained="x",
            purpose="x",
            categories=[],
            valid_until=at + one["consent_ends"] * hours if one["consent_ends"] else None,
            agency=world.officer.agency,
            recorded_by=world.officer.user,
        )
        if one["withdrawn"]:
            ConsentWithdrawal.objects.create(
                case=case, consent=consent, agency=world.officer.agency, recorded_by=world.officer.user
            )
    starts = at + one["starts"] * hours
    ends = at + one["ends"] * hours if one["ends"] else None
    decision = SharingDecision.objects.create(
        case=case,
        recipient=agency,
        side=one["side"],
        way_in=WayIn.REFERRAL,
        basis=Basis.CONSENT if consent else Basis.SHARED_SECRET,
        grants=one["grants"],
        contributes=one["contributes"],
        consent=consent,
        necessity="x",
        accurate_on=at.date(),
        decided_by=world.officer.user,
        agency=world.officer.agency,
        decided_at=decided_at,
        starts_at=min(starts, ends) if ends else starts,
        ends_at=ends,
    )
    if one["revoked"]:
        SharingRevocation.objects.create(
            case=case, decision=decision, reason="x", agency=world.officer.agency, revoked_by=world.officer.user
        )


def _rows(case, agency) -> dict[str, tuple]:
    with system_context(SystemContext.GRANTS):
        return {
            name: (end, side)
            for name, end, side in CaseGroupObjectPermission.objects.filter(
                content_object=case, group=agency.group_id
            ).values_list("permission__codename", "expires_at", "side")
        }


@given(
    ends=st.lists(st.one_of(st.none(), st.integers(1, 9)), min_size=1, max_size=6),
    side=st.sampled_from(list(ParticipationSide)),
)
def test_the_latest_end_wins_and_an_earlier_one_shortens_nothing(ends, side):
    at = now()
    openings = [Opening(("identity:victim",), False, at + timedelta(hours=end) if end else None) for end in ends]
    wanted = None if None in ends else at + timedelta(hours=max(ends))
    assert total(openings, side=side)["view_identity_victim"] == wanted
    assert total(reversed(openings), side=side) == total(openings, side=side)


@given(grants=st.lists(st.sampled_from(PAIRS)), own_work=st.booleans())
def test_his_side_is_refused_whatever_is_decided(grants, own_work):
    sums = total([Opening(tuple(grants), True)], side="perpetrator", keeps_own_work=own_work)
    assert not {"view_" + pair.replace(":", "_") for pair in REFUSED} & set(sums)
    assert {"view_case", "view_network_perpetrator", "contribute_case"} <= set(sums)


@pytest.mark.django_db
def test_the_end_is_asked_of_the_database_clock_without_a_job(world, case):
    with acting_as(world.officer):
        _store(
            world, case, world.stranger.agency,
            {"grants": ["identity:victim"], "side": "neutral", "contributes": False, "starts": -72, "ends": None,
             "consent_ends": None, "on_consent": False, "withdrawn": False, "revoked": False},
            now(), now(),
        )  # fmt: skip
        recompute(case=case, agency=world.stranger.agency)
    with acting_as(world.stranger):
        assert for_case(case, world.stranger).can("identity", "victim")
    with system_context(SystemContext.GRANTS), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE cases_casegroupobjectpermission SET expires_at = now() - interval '1 second' WHERE group_id = %s",
            [world.stranger.agency.group_id],
        )
    with acting_as(world.stranger):
        assert not for_case(case, world.stranger)
