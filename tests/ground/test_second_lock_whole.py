"""The second lock, whole: every table from the catalogue, every pair of category and side, and every filter removed.

What Python forgets, the database keeps: an empty page, never a leak. The lists below are short and closed; a new table,
model, task, command or filter either keeps to the rule or says here why it does not.
"""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import product

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection, models

from agencies.acting import acting_as
from agencies.models import Membership
from cases.access import write_grants
from cases.enums import CONTRIBUTE, VIEW_CASE, VIEW_OWN_WORK, Category, ParticipationSide, Side, codename
from cases.models import Case
from tests.factories import World, make_report
from tests.ground.bare_rows import columns_of, insert, without_constraints
from tests.ground.test_acting import OURS

WITHOUT_LOCK: dict[str, str] = {
    "account_emailaddress": "addresses of colleagues: asked when somebody logs in, before anybody acts",
    "account_emailconfirmation": "addresses of colleagues: asked before anybody acts; not used yet",
    "accounts_user": "colleagues: asked when somebody logs in, before anybody acts",
    "accounts_user_groups": "nobody is put in a group by hand: memberships say who works where",
    "accounts_user_user_permissions": "a permission of a whole model opens no case (tests.test_permissions)",
    "agencies_agency": "the services, known to all who take part",
    "agencies_invitation": "a colleague to come, with a digest of the link's secret; opened before anybody acts",
    "agencies_membership": "colleagues: who works where says who acts",
    "agencies_partnership": "what services agreed between them, known to all",
    "agencies_partnershipmember": "what services agreed between them, known to all",
    "auth_group": "one for each agency, named by its identifier",
    "auth_group_permissions": "empty: a permission of a whole model opens no case",
    "auth_permission": "the closed list of permissions",
    "django_content_type": "names of models",
    "django_migrations": "names of migrations",
    "django_session": "asked before anybody acts; what a form held when a session ended is encrypted (move.resume)",
    "followups_followuppolicy": "reference data",
    "guardian_groupobjectpermission": "empty: permissions on cases have tables of their own",
    "guardian_userobjectpermission": "empty: permissions on cases have tables of their own",
    "riskassessment_grid": "reference data",
    "riskassessment_gridversion": "reference data",
    "sharing_safetylesson": "words the data-protection officer publishes for everybody, of no case",
    "sharing_sharingdefault": "reference data",
    "sharing_sharingdefaultdraft": "reference data that is being written; no case",
}
"""Tables the application reads without a policy, each with its reason."""

BESIDE_CASES: dict[str, str] = {
    "sharing_prosecutorauthorisation": "a standing one names no case: read by every service that sees cases",
}
"""Protected tables with rows that an agency outside every case reads, each with its reason."""


# --- from the catalogue -----------------------------------------------------------------------------------------------
def readable_tables(owner) -> dict[str, bool]:
    """{table the application may read: whether row-level security is on}; partitions are closed by their own name."""
    rows = owner.execute(
        "SELECT c.relname, c.relrowsecurity FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace"
        " AND c.relkind IN ('r', 'p', 'f') AND (has_table_privilege(%(app)s, c.oid, 'SELECT')"
        " OR has_any_column_privilege(%(app)s, c.oid, 'SELECT'))",
        {"app": settings.APP_DATABASE_ROLE},
    )
    return dict(rows.fetchall())


def protected(owner) -> list[str]:
    return sorted(table for table, locked in readable_tables(owner).items() if locked)


@pytest.mark.django_db
def test_every_table_has_a_lock_or_a_reason(owner):
    open_ones = {table for table, locked in readable_tables(owner).items() if not locked}
    assert len(protected(owner)) > 40
    assert open_ones == set(WITHOUT_LOCK), "a table without a policy says why in WITHOUT_LOCK"
    # a view reads with the rights of its owner, past every policy
    views = "SELECT relname FROM pg_class WHERE relkind IN ('v', 'm') AND relnamespace = 'public'::regnamespace"
    assert owner.execute(views).fetchall() == []


@pytest.mark.django_db(transaction=True)
def test_what_needs_no_lock_because_it_is_empty_is_empty(committed_world, owner):
    make_report(committed_world.officer)
    for table, reason in WITHOUT_LOCK.items():
        if reason.startswith("empty"):
            assert owner.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,), table


@pytest.mark.django_db(transaction=True)
def test_no_row_of_any_protected_table_without_a_context(committed_world, owner):
    """Rows as empty and as full as their columns allow, in each table: nobody, and roles without cases, read none.

    Neither does a service that takes no part, but for what is listed.
    """
    world, tables = committed_world, protected(owner)
    without_constraints(owner)
    for table in tables:
        for full in (False, True):
            insert(owner, table, full=full)
        optional = [name for name, _type, may_be_empty in columns_of(owner, table) if may_be_empty]
        for name in optional:  # each alone, where a condition asks whether it is there
            insert(owner, table, {name: None}, full=True)
        assert owner.execute(f"SELECT count(*) FROM {table}").fetchone()[0] >= 2 + len(optional)
    assert not _read(tables)
    for who in (world.platform_admin, world.stranger):
        with acting_as(who):
            allowed = set(BESIDE_CASES) if who is world.stranger else set()
            assert set(_read(tables)) == allowed, who.agency.name


def _read(tables: list[str]) -> list[str]:
    """Those of these tables that give a row to an unfiltered query of the application, now."""
    found = []
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f'SELECT EXISTS (SELECT 1 FROM "{table}")')
            found += [table] if cursor.fetchone()[0] else []
    return found


# --- category and side ------------------------------------------------------------------------------------------------
CONSTANT: dict[str, tuple[str | None, str | None]] = {
    "cases.CasePerson": (Category.IDENTITY, None),
    "cases.ContactPoint": (Category.CONTACT, None),
    "followups.ContactAttempt": (Category.CONTACT, Side.VICTIM),
    "riskassessment.Conclusion": (Category.LEVEL, Side.CASE),
    "riskassessment.Countersignature": (Category.LEVEL, Side.CASE),
}
"""Models whose rows are all of one category, or of one pair; None where a column of the row says it."""

THROUGH: dict[str, str] = {
    "reports.AttachmentRemoval": "attachment",
    "reports.AttachmentScan": "attachment",
}
"""Models whose rows are of the pair of another row, and the column that leads there."""

ANOTHER_RULE: dict[str, str] = {
    "agencies.Agency": "with whom a service works in general: of no case",
    "cases.CaseGroupObjectPermission": "the side an agency works on; its own rows alone",
    "cases.MatchKey": "digests; the context `matching` alone",
    "referrals.Referral": "the side an agency would work on: `network` of that side, or the two services",
    "sharing.Consent": "`network` and `identity` of the side, or who wrote it, or whose access rests on it",
    "sharing.MatchedPersons": "follows its match, which each service reads of its own case",
    "sharing.SharingDecision": "the side an agency works on: `network` of that side, or the two services",
}
"""Models with one of these columns, whose policy asks something else: tested in tests/sharing/test_second_lock.py."""

EXTRA: dict[str, dict] = {"riskassessment.Assessment": {"signed_at": "2026-01-01T00:00:00Z"}}
"""What a row must hold besides, to be read by anybody but its agency."""

PAIRS = tuple(product(Category.values, Side.values))


def ours() -> list[type[models.Model]]:
    return sorted((model for model in apps.get_models() if model._meta.app_label in OURS), key=lambda m: m._meta.label)


def column_names(model: type[models.Model]) -> set[str]:
    return {field.column for field in model._meta.concrete_fields}


def by_columns() -> list[type[models.Model]]:
    """Models whose rows say their category and their side, and of which nothing else is said above."""
    return [
        model
        for model in ours()
        if {"category", "side"} <= column_names(model) and model._meta.label not in CONSTANT | ANOTHER_RULE
    ]


@pytest.mark.django_db
def test_the_policy_of_each_row_asks_for_its_pair(owner):
    """As written in the catalogue: the columns of the row, or the pair that all rows of its model are of."""
    assert {model._meta.label for model in by_columns()} >= {
        "cases.CaseEvent", "cases.Note", "reports.Attachment", "reports.Report", "riskassessment.Assessment",
        "sharing.Rectification",
    }  # fmt: skip
    labels = {model._meta.label: model for model in ours()}
    assert set(CONSTANT) | set(THROUGH) | set(ANOTHER_RULE) | set(EXTRA) <= set(labels)
    unsaid = {
        label
        for label, model in labels.items()
        if {"category", "side"} & column_names(model) and label not in CONSTANT | ANOTHER_RULE
    } - {model._meta.label for model in by_columns()}
    assert not unsaid, "a row with a category or a side: its pair stands in CONSTANT, or why it is not asked for"
    for label in [*(model._meta.label for model in by_columns()), *CONSTANT]:
        table = labels[label]._meta.db_table
        pair = [
            f"'{constant}'" if constant else f"{table}.{column}"
            for constant, column in zip(CONSTANT.get(label, (None, None)), ("category", "side"), strict=True)
        ]
        asked = f"move_codename({', '.join(pair)})"
        for command in ("r", "w", "d"):
            conditions = _conditions(owner, table, command)
            asking = [each for each in conditions if asked in each and f"p.content_object_id = {table}.case_id" in each]
            assert asking or command != "r", label
            # whatever else lets in is a named context
            assert all("move_context()" in each for each in conditions if each not in asking), (label, command)


def _conditions(owner, table: str, command: str) -> list[str]:
    """What the policies of a table ask for one command, without casts and brackets around a column."""
    rows = owner.execute(
        "SELECT pg_get_expr(polqual, polrelid) FROM pg_policy WHERE polrelid = %s::regclass AND polcmd = %s",
        [table, command],
    )
    texts = (re.sub(r"::(text|character varying)", "", text) for (text,) in rows)
    return [re.sub(r"\((\w+\.\w+)\)", r"\1", " ".join(text.split())) for text in texts]


@dataclass
class Rows:
    """Rows of one case, of every pair: those of the agency that recorded it, and those of the one that is granted."""

    foreign: dict[tuple[str, str], set] = field(default_factory=lambda: defaultdict(set))
    own: set = field(default_factory=set)
    internal: set = field(default_factory=set)


def fill(owner, model: type[models.Model], case: Case, theirs: Membership, mine: Membership) -> Rows:
    """A row of each pair by the other agency, one of them internal where the model knows that, and as many of ours."""
    table, columns, rows = model._meta.db_table, column_names(model), Rows()
    category, side = CONSTANT.get(model._meta.label, (None, None))
    for pair in PAIRS:
        if (category or pair[0], side or pair[1]) != pair:
            continue
        common = {"case_id": case.pk, "category": pair[0], "side": pair[1], "internal": False}
        common |= EXTRA.get(model._meta.label, {})
        given = {name: value for name, value in common.items() if name in columns}
        for by in (theirs, mine):
            own = given | {name: by.agency_id for name in ("agency_id",) if name in columns}
            pk = insert(owner, table, own)
            (rows.own if by is mine else rows.foreign[pair]).add(pk)
        if "internal" in columns:
            rows.internal.add(insert(owner, table, given | {"agency_id": theirs.agency_id, "internal": True}))
    return rows


@pytest.mark.django_db(transaction=True)
def test_one_pair_granted_is_one_pair_read(committed_world, owner):
    """Every pair in turn, over every model, by queries without any filter: its rows and one's own, nothing else."""
    world = committed_world
    case = make_report(world.officer).case
    without_constraints(owner)
    tables = [*by_columns(), *(model for model in ours() if model._meta.label in CONSTANT)]
    filled = {model: fill(owner, model, case, world.officer, world.stranger) for model in tables}
    recorded = {model: _of(owner, model, case) - _all(filled[model]) for model in tables}
    for model in ours():
        if (column := THROUGH.get(model._meta.label)) is not None:
            parent = model._meta.get_field(column).related_model
            filled[model], recorded[model] = _children(owner, model, column, filled[parent]), set()
    granted = [codename(*pair) for pair in PAIRS if pair[0] != Category.SUMMARY]
    for name in [None, VIEW_CASE, CONTRIBUTE, VIEW_OWN_WORK, *granted]:
        _grant(world, case, name)
        with acting_as(world.stranger):
            for model, rows in filled.items():
                expected = _expected(rows, name)
                read = set(model._base_manager.values_list("pk", flat=True)) - recorded[model]
                assert read == expected, (name, model._meta.label)
                assert not read & rows.internal
    # an end that has passed closes the pair, whatever row is still there
    owner.execute("UPDATE cases_casegroupobjectpermission SET expires_at = now() - interval '1 second'")
    with acting_as(world.stranger):
        assert not any(model._base_manager.exists() for model in filled)


def _all(rows: Rows) -> set:
    return rows.own.union(rows.internal, *rows.foreign.values())


def _of(owner, model: type[models.Model], case: Case) -> set:
    found = owner.execute(f'SELECT id FROM "{model._meta.db_table}" WHERE case_id = %s', [case.pk]).fetchall()
    return {pk for (pk,) in found}


def _children(owner, model: type[models.Model], column: str, parents: Rows) -> Rows:
    """A row for each of the parents."""
    table, attname = model._meta.db_table, model._meta.get_field(column).column

    def one(parent: object) -> object:
        return insert(owner, table, {attname: parent})

    rows = Rows(own={one(parent) for parent in parents.own}, internal={one(parent) for parent in parents.internal})
    for pair, found in parents.foreign.items():
        rows.foreign[pair] = {one(parent) for parent in found}
    return rows


def _grant(world: World, case: Case, name: str | None) -> None:
    """The agency of `world.stranger` holds exactly this on the case, and the case itself; nothing at all for None."""
    grants = {} if name is None else {VIEW_CASE: None, name: None}
    with acting_as(world.officer):
        write_grants(case=case, agency=world.stranger.agency, grants=grants, side=ParticipationSide.NEUTRAL)


def _expected(rows: Rows, name: str | None) -> set:
    """The rows of what is granted, of the summary that comes with the case, and one's own, while the case is seen."""
    if name is None:
        return set()
    open_ones = [found for pair, found in rows.foreign.items() if codename(*pair) in (VIEW_CASE, name)]
    return rows.own.union(*open_ones)
