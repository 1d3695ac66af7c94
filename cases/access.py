"""The only doorway to object permissions: who may see what of a case, and the one way to write it down.

Pages, templates, serializers and exports ask `for_case`; `sharing.services.recompute` writes through `write_grants`.
guardian's own shortcuts are banned elsewhere: they know neither the acting agency nor the end of a permission.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from uuid import UUID

from django.contrib.auth.models import Permission
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, Exists, Expression, F, Func, OuterRef, Q, QuerySet, UUIDField, Value
from django.db.models.functions import JSONObject
from django.http import Http404

from agencies.models import Agency, Membership
from agencies.perms import may_see_cases, may_write
from common.acting import SystemContext, system_context
from common.ids import uuid7
from common.locks import lock
from common.pagination import Key

from .enums import (
    CODENAMES,
    CONTRIBUTE,
    REFUSED_TO_PERPETRATOR_SIDE,
    VIEW_CASE,
    VIEW_OWN_WORK,
    Category,
    ParticipationSide,
    Side,
    codename,
)
from .models import Case, CaseExclusion, CaseGroupObjectPermission, CaseUserObjectPermission

LIST_KEYS = (Key("sort_severity"), Key("sort_at", descending=True), Key("content_object_id", descending=True))
"""Order of the case list: worst level first, then the latest act the agency can see."""


@cache
def permission_ids() -> dict[str, int]:
    """Identifier of each permission of the closed list, by codename."""
    rows = Permission.objects.filter(
        content_type__app_label="cases", content_type__model="case", codename__in=CODENAMES
    ).values_list("codename", "pk")
    found = dict(rows)
    missing = set(CODENAMES) - set(found)
    if missing:
        raise RuntimeError(f"permissions missing from the database: {sorted(missing)}; run migrate")
    return found


@dataclass(frozen=True)
class CaseAccess:
    """What one member, acting for one agency, may see and do in one case. Empty: the case does not exist for them."""

    case_id: object
    agency_id: object
    grants: Mapping[str, datetime | None] = field(default_factory=dict)
    side: str = ""
    may_write: bool = False
    closed: bool = False

    def __bool__(self) -> bool:
        return VIEW_CASE in self.grants

    def has(self, permission: str) -> bool:
        """Whether a codename of the closed list is held; unknown names are held by nobody."""
        return bool(self) and permission in self.grants

    def can(self, category: str, side: str) -> bool:
        """Whether this category of this side is open."""
        return self.has(codename(category, side))

    def shows(self, record: object) -> bool:
        """Whether a row with `category`, `side` and an authoring `agency_id` is readable: granted, or one's own."""
        if getattr(record, "internal", False) and record.agency_id != self.agency_id:
            return False
        return bool(self) and (record.agency_id == self.agency_id or self.can(record.category, record.side))

    @property
    def level(self) -> bool:
        """Whether the level of risk is given to this agency."""
        return self.can(Category.LEVEL, Side.CASE)

    @property
    def takes_part(self) -> bool:
        """Whether the agency takes part now and the role writes, be the case closed or not: to protect, or to report
        again, which opens it.
        """
        return self.may_write and self.has(CONTRIBUTE)

    @property
    def contribute(self) -> bool:
        """Whether this member may add to the case: the agency takes part now, the role writes, the case is open."""
        return self.takes_part and not self.closed

    @property
    def own_work_only(self) -> bool:
        """Whether nothing but the agency's own past work is left to read."""
        return bool(self) and set(self.grants) <= {VIEW_CASE, VIEW_OWN_WORK}

    @property
    def in_network(self) -> bool:
        """Whether the agency is one of the services of the case: it then knows those of one side at least. Neither an
        emergency access nor one's own past work makes it one.
        """
        return any(self.can(Category.NETWORK, side) for side in (Side.VICTIM, Side.PERPETRATOR))

    @property
    def categories(self) -> tuple[tuple[str, str], ...]:
        """The (category, side) pairs that are open, in the order of the enumeration."""
        return tuple(
            (category.value, side.value)
            for category in Category
            if category != Category.SUMMARY
            for side in Side
            if self.can(category, side)
        )

    def readable(self) -> Q:
        """The same rule as `shows`, as a filter on rows with `category`, `side` and `agency_id` columns.

        Rows that may be internal to their agency need that filter besides.
        """
        allowed = Q(agency_id=self.agency_id)
        for category, side in self.categories:
            allowed |= Q(category=category, side=side)
        allowed |= Q(category=Category.SUMMARY)
        return allowed if self else Q(pk__in=[])

    def knows_service(self, agency_id: object) -> bool:
        """Whether the service that wrote a record may be named beside it: one's own, and where hers may be known."""
        return agency_id == self.agency_id or self.can(Category.NETWORK, Side.VICTIM)

    def network(self) -> Q:
        """Rows whose `side` is an agency's place in the case, of the sides whose services may be known, as a filter."""
        known = Q(pk__in=[])
        if self.can(Category.NETWORK, Side.PERPETRATOR):
            known |= Q(side=ParticipationSide.PERPETRATOR)
        if self.can(Category.NETWORK, Side.VICTIM):
            known |= ~Q(side=ParticipationSide.PERPETRATOR)
        return known


def for_case(case: Case, membership: Membership | None) -> CaseAccess:
    """What `membership` may see of `case`, in one query; an empty access when they may not know it exists."""
    if case.restricted and membership is not None and not _named(case, membership):
        return CaseAccess(case.pk, membership.agency_id)
    return _access(case, membership)


def _access(case: Case, membership: Membership | None) -> CaseAccess:
    if not may_see_cases(membership):
        return CaseAccess(case.pk, membership.agency_id if membership else None)
    rows = (
        CaseGroupObjectPermission.objects.live()
        .filter(content_object=case, group=membership.agency.group_id)
        .exclude(content_object__in=CaseExclusion.objects.filter(user=membership.user_id).values("case"))
    )
    held = rows.values_list("permission_id", "expires_at", "side")
    return replace(_sum(case.pk, membership, held), closed=case.closed_at is not None)


def _sum(case_id: object, membership: Membership, rows: Iterable[tuple[int, datetime | None, str]]) -> CaseAccess:
    """The access made of permission rows; empty without the one that lets the case be known."""
    return _made_of(case_id, membership.agency_id, rows, may_write(membership))


def _made_of(
    case_id: object, agency_id: object, rows: Iterable[tuple[int, datetime | None, str]], writes: bool
) -> CaseAccess:
    names = {pk: name for name, pk in permission_ids().items()}
    grants, side = {}, ""
    for permission_id, expires_at, row_side in rows:
        if permission_id in names:
            grants[names[permission_id]] = expires_at
            side = row_side if names[permission_id] == VIEW_CASE else side
    if VIEW_CASE not in grants:
        return CaseAccess(case_id, agency_id)
    return CaseAccess(case_id, agency_id, grants, side, writes)


def held_rows(*, case: str, group: object) -> ArraySubquery:
    """What a group holds on a case now, for `held_access`: an annotation of rows whose column `case` names the case.

    `group` is a group's id, or the name of a column; other groups' rows are read inside the context `grants` alone.
    """
    held = CaseGroupObjectPermission.objects.live().filter(
        content_object=OuterRef(case), group=OuterRef(group) if isinstance(group, str) else group
    )
    return ArraySubquery(held.values(row=JSONObject(permission="permission_id", end="expires_at", side="side")))


def held_access(case_id: object, agency_id: object, held: Iterable[Mapping], *, may_write: bool = False) -> CaseAccess:
    """The access made of what `held_rows` found."""
    rows = ((row["permission"], row["end"] and datetime.fromisoformat(row["end"]), row["side"]) for row in held)
    return _made_of(case_id, agency_id, rows, may_write)


def _named(case: Case, membership: Membership) -> bool:
    return (
        CaseUserObjectPermission.objects.live()
        .filter(content_object=case, user=membership.user_id, permission=permission_ids()[VIEW_CASE])
        .exists()
    )


_flags: dict[str, Callable[[], Expression]] = {}


def register_flag(name: str, build: Callable[[], Expression]) -> None:
    """Give every case that `get_case` finds the attribute `name`: a condition on its row, asked in the same query.

    For banners, which run on every page and ask nothing where they have nothing to say.
    """
    _flags[name] = build


def get_case(case_id: object, membership: Membership | None) -> tuple[Case, CaseAccess]:
    """The case and the access to it, in one query, or Http404 wherever this person may not know it exists."""
    if not may_see_cases(membership):
        raise Http404
    case = (
        Case.objects.visible_to(membership)
        .select_related("lead_agency", "reference_person")
        .annotate(
            held=held_rows(case="pk", group=membership.agency.group_id),
            **{name: build() for name, build in _flags.items()},
        )
        .filter(pk=case_id)
        .first()
    )
    if case is None:
        raise Http404
    access = held_access(case.pk, membership.agency_id, case.held, may_write=may_write(membership))
    if not access:
        raise Http404
    return case, replace(access, closed=case.closed_at is not None)


class _MayKnow(Func):
    """Condition on rows of a case, whose agency is asked apart: this person is not excluded from it and, where it is
    restricted, named in it.

    Of the case, whether it is restricted, the person and `view_case`. In SQL: made of Exists() it costs a list as much
    again as its query. Correlated, so that the planner sees how few rows it concerns and keeps to the index range.
    """

    SQL = (
        "(NOT EXISTS (SELECT 1 FROM cases_caseexclusion x WHERE x.case_id = {case} AND x.user_id = {user}) AND ("
        "NOT {restricted} OR EXISTS (SELECT 1 FROM cases_caseuserobjectpermission n WHERE n.content_object_id = {case}"
        " AND n.user_id = {user} AND n.permission_id = {permission}"
        " AND (n.expires_at IS NULL OR n.expires_at > statement_timestamp()))))"
    )
    output_field = BooleanField()

    def as_sql(self, compiler, connection, **extra) -> tuple[str, list]:
        sources = (compiler.compile(source) for source in self.source_expressions)
        (case, of_case), (restricted, of_restricted), (user, of_user), (permission, of_permission) = sources
        sql = self.SQL.format(case=case, restricted=restricted, user=user, permission=permission)
        return sql, [*of_case, *of_user, *of_restricted, *of_case, *of_user, *of_permission]


def participation_rows(membership: Membership | None) -> QuerySet[CaseGroupObjectPermission]:
    """The rows the case list is paged from: the agency's `view_case` permissions with their sort keys.

    Page it with LIST_KEYS: an index range whatever the agency's size. The level shown must still be asked of
    `holds_level`, since `sort_severity` alone is a sort key.
    """
    rows = CaseGroupObjectPermission.objects.live()
    if not may_see_cases(membership):
        return rows.none()
    view_case = permission_ids()[VIEW_CASE]
    user = Value(membership.user_id, output_field=UUIDField())
    may_know = _MayKnow(F("content_object"), F("content_object__restricted"), user, Value(view_case))
    return rows.filter(may_know, group=membership.agency.group_id, permission=view_case).select_related(
        "content_object"
    )


def grants_of(case_ids: list, membership: Membership | None) -> dict[object, CaseAccess]:
    """Accesses to many cases in one query, for lists. Cases absent from the answer are not visible."""
    if not may_see_cases(membership):
        return {}
    visible = participation_rows(membership).select_related(None).filter(content_object__in=case_ids)
    rows = (
        CaseGroupObjectPermission.objects.live()
        .filter(content_object__in=visible.values("content_object"), group=membership.agency.group_id)
        .values_list("content_object_id", "permission_id", "expires_at", "side")
    )
    held: dict[object, list[tuple[int, datetime | None, str]]] = {}
    for case_id, *row in rows:
        held.setdefault(case_id, []).append(tuple(row))
    accesses = {case_id: _sum(case_id, membership, found) for case_id, found in held.items()}
    return {case_id: access for case_id, access in accesses.items() if access}


def with_access(rows: QuerySet[CaseGroupObjectPermission]) -> QuerySet[CaseGroupObjectPermission]:
    """Participation rows that also carry what the agency holds on their case, for `row_access`: no query more."""
    held = CaseGroupObjectPermission.objects.live().filter(
        content_object=OuterRef("content_object"), group=OuterRef("group")
    )
    return rows.annotate(held=ArraySubquery(held.values("permission_id")))


def row_access(row: CaseGroupObjectPermission, membership: Membership) -> CaseAccess:
    """The access to the case of a row of `with_access`; ends are not told."""
    names = {pk: name for name, pk in permission_ids().items()}
    grants = {names[permission_id]: None for permission_id in row.held if permission_id in names}
    closed = row.content_object.closed_at is not None
    return CaseAccess(row.content_object_id, membership.agency_id, grants, row.side, may_write(membership), closed)


def levels_given(membership: Membership) -> QuerySet[CaseGroupObjectPermission]:
    """Rows that give the level of the case at `OuterRef("content_object")` to the acting agency, for a filter."""
    return CaseGroupObjectPermission.objects.live().filter(
        content_object=OuterRef("content_object"),
        group=membership.agency.group_id,
        permission=permission_ids()[codename(Category.LEVEL, Side.CASE)],
    )


@dataclass(frozen=True)
class Participants:
    """Who works on some cases now, asked once for many: for notices that the system writes."""

    groups: frozenset[tuple[UUID, int]]
    excluded: frozenset[tuple[UUID, UUID]]
    named: frozenset[tuple[UUID, UUID]]
    restricted: frozenset[UUID]

    def takes_part(self, case: Case, agency: Agency) -> bool:
        """Whether the agency may add to the case now."""
        return (case.pk, agency.group_id) in self.groups

    def may_know(self, case: Case, user_id: UUID) -> bool:
        """Whether exclusions and restrictions leave this person in; the agency is asked apart."""
        known = case.pk not in self.restricted or (case.pk, user_id) in self.named
        return known and self.may_be_asked(case, user_id)

    def among(self, case: Case, members: Iterable[Membership]) -> list[Membership]:
        """Those of these members who may know of the case: whom a notice about it is for."""
        return [member for member in members if self.may_know(case, member.user_id)]

    def may_be_asked(self, case: Case, user_id: UUID) -> bool:
        """Whether this person may be told before their agency is in: not excluded; who is in is named only then."""
        return (case.pk, user_id) not in self.excluded


def participants(cases: Iterable[Case]) -> Participants:
    """Who works on these cases, whoever acts, in four queries. What `cases` say of themselves is not relied on."""
    ids = [case.pk for case in cases]
    with system_context(SystemContext.RESTRICTION):
        restricted = frozenset(Case.objects.filter(pk__in=ids, restricted=True).values_list("pk", flat=True))
    permission = permission_ids()
    with system_context(SystemContext.GRANTS):
        groups = CaseGroupObjectPermission.objects.live().filter(
            content_object__in=ids, permission=permission[CONTRIBUTE]
        )
        named = CaseUserObjectPermission.objects.live().filter(content_object__in=ids, permission=permission[VIEW_CASE])
        excluded = CaseExclusion.objects.filter(case__in=ids)
        return Participants(
            frozenset(groups.values_list("content_object_id", "group_id")),
            frozenset(excluded.values_list("case_id", "user_id")),
            frozenset(named.values_list("content_object_id", "user_id")),
            restricted,
        )


# --- who may work on a case -------------------------------------------------------------------------------------


def kept_out(*, case: str, user: object, outside: object = False) -> Func:
    """Condition on rows that are seen before or beside their case: this person is excluded, or is not one of those
    named in a restricted case. For rows addressed to somebody still `outside`, an exclusion alone counts.

    `case` names the column; `user` and `outside` are values or expressions. Answers whoever acts.
    """
    as_expression = [each if hasattr(each, "resolve_expression") else Value(each) for each in (user, outside)]
    return Func(F(case), *as_expression, function="cases_kept_out", output_field=BooleanField())


def is_restricted(case_id: UUID) -> bool:
    """Whether a case is restricted to named persons, whoever asks."""
    with system_context(SystemContext.RESTRICTION):
        return Case.objects.filter(pk=case_id, restricted=True).exists()


def lock_people(case_id: UUID) -> None:
    """Until the end of the transaction, nobody else decides who may work on this case."""
    lock(f"people {case_id}")


def participates(membership: Membership, case_id: UUID) -> bool:
    """Whether the acting agency takes part in the case now, whatever this person may see of it."""
    if not may_see_cases(membership):
        return False
    return agencies_in(case_id).filter(group=membership.agency.group_id).exists()


def agencies_in(case_id: UUID) -> QuerySet[CaseGroupObjectPermission]:
    """The participations of a case that hold now: one's own, or inside the context `grants` those of every agency."""
    return CaseGroupObjectPermission.objects.live().filter(
        content_object=case_id, permission=permission_ids()[VIEW_CASE]
    )


def agencies_holding(case_id: UUID, permissions: Iterable[str]) -> frozenset[int]:
    """Groups of the agencies that hold all of these permissions in the case now, whoever asks."""
    ids = permission_ids()
    wanted = {ids[name] for name in permissions}
    with system_context(SystemContext.GRANTS):
        rows = CaseGroupObjectPermission.objects.live().filter(content_object=case_id, permission__in=wanted)
        held: dict[int, set[int]] = {}
        for group, permission in rows.values_list("group_id", "permission_id"):
            held.setdefault(group, set()).add(permission)
    return frozenset(group for group, found in held.items() if found == wanted)


def own_work_in(case_id: UUID) -> frozenset[int]:
    """Groups of the agencies that have authored something in the case."""
    with system_context(SystemContext.GRANTS):
        rows = CaseGroupObjectPermission.objects.filter(
            content_object=case_id, permission=permission_ids()[VIEW_OWN_WORK]
        )
        return frozenset(rows.values_list("group_id", flat=True))


def reaching_victim(case_id: UUID) -> list[int]:
    """Groups of the agencies that may add to the case now and hold how to reach the victim; those on her side first,
    then as they came in. His side is never among them.
    """
    ids = permission_ids()
    with system_context(SystemContext.GRANTS):
        rows = CaseGroupObjectPermission.objects.live().filter(content_object=case_id)
        adding = rows.filter(permission=ids[CONTRIBUTE]).values("group")
        reaching = rows.filter(permission=ids[codename(Category.CONTACT, Side.VICTIM)], group__in=adding)
        found = rows.filter(permission=ids[VIEW_CASE], group__in=reaching.values("group"))
        found = found.exclude(side=ParticipationSide.PERPETRATOR).order_by("pk").values_list("group_id", "side")
        return [group for group, _side in sorted(found, key=lambda row: row[1] != ParticipationSide.VICTIM)]


def named_in(case_id: UUID) -> frozenset[UUID]:
    """Who is named in a case, of every agency."""
    with system_context(SystemContext.GRANTS):
        rows = CaseUserObjectPermission.objects.live().filter(
            content_object=case_id, permission=permission_ids()[VIEW_CASE]
        )
        return frozenset(rows.values_list("user_id", flat=True))


def restricted_places(user_id: UUID, group_id: int) -> frozenset[UUID]:
    """The restricted cases in which this person is named and this agency takes part, whoever asks."""
    view_case = permission_ids()[VIEW_CASE]
    with system_context(SystemContext.GRANTS):
        named = CaseUserObjectPermission.objects.live().filter(user=user_id, permission=view_case)
        inside = CaseGroupObjectPermission.objects.live().filter(
            content_object__in=named.values("content_object"), group=group_id, permission=view_case
        )
        cases = list(inside.values_list("content_object_id", flat=True))
    with system_context(SystemContext.RESTRICTION):
        return frozenset(Case.objects.filter(pk__in=cases, restricted=True).values_list("pk", flat=True))


def excluded_among(case_ids: Iterable[UUID], users: Iterable[UUID]) -> frozenset[tuple[UUID, UUID]]:
    """(case, person) of these persons who are excluded from these cases."""
    with system_context(SystemContext.GRANTS):
        rows = CaseExclusion.objects.filter(case__in=list(case_ids), user__in=list(users))
        return frozenset(rows.values_list("case_id", "user_id"))


def named_among(case_ids: Iterable[UUID], users: Iterable[UUID]) -> frozenset[tuple[UUID, UUID]]:
    """(case, person) of these persons who are named in these cases."""
    with system_context(SystemContext.GRANTS):
        rows = CaseUserObjectPermission.objects.live().filter(
            content_object__in=list(case_ids), user__in=list(users), permission=permission_ids()[VIEW_CASE]
        )
        return frozenset(rows.values_list("content_object_id", "user_id"))


def write_names(*, case_id: UUID, named: Iterable[UUID]) -> None:
    """Make the persons named in a case exactly `named`. The only writer; called by `cases.restriction`."""
    permission = permission_ids()[VIEW_CASE]
    wanted = set(named)
    with system_context(SystemContext.GRANTS):
        rows = CaseUserObjectPermission.objects.filter(content_object=case_id, permission=permission)
        rows.exclude(user__in=wanted).delete()
        rows.filter(user__in=wanted).update(expires_at=None)
        present = set(rows.values_list("user_id", flat=True))
        CaseUserObjectPermission.objects.bulk_create(
            CaseUserObjectPermission(id=uuid7(), content_object_id=case_id, permission_id=permission, user_id=user_id)
            for user_id in sorted(wanted - present)
        )


def excluded_from(case_id: UUID) -> frozenset[UUID]:
    """Who is excluded from a case, of every agency."""
    with system_context(SystemContext.GRANTS):
        return frozenset(CaseExclusion.objects.filter(case=case_id).values_list("user_id", flat=True))


def excludes(*, case: str, user: object) -> Exists:
    """Condition on rows whose column `case` names a case: this person is excluded from it. Rows of others are read
    inside a context that reads exclusions.
    """
    return Exists(CaseExclusion.objects.filter(case=OuterRef(case), user=user))


def people_counted(case_id: UUID) -> tuple[int, int]:
    """How many persons are named in a case, and how many excluded from it, in a context that reads both."""
    named = CaseUserObjectPermission.objects.live().filter(
        content_object=case_id, permission=permission_ids()[VIEW_CASE]
    )
    return named.count(), CaseExclusion.objects.filter(case=case_id).count()


def write_exclusion(*, case_id: UUID, user_id: UUID, holds: bool) -> None:
    """Close the case to this person, or open it again. The only writer; called by `cases.restriction`."""
    with system_context(SystemContext.GRANTS):
        if holds:
            CaseExclusion.objects.create(case_id=case_id, user_id=user_id)
        else:
            for exclusion in CaseExclusion.objects.filter(case=case_id, user=user_id):
                exclusion.delete()  # one by one: the trail of changes hears of it


def lock_grants(*, case: Case, agency: Agency) -> None:
    """Until the end of the transaction, nobody else rewrites this agency's permissions on this case.

    Taken before reading what they are summed from: two decisions at the same moment must both count.
    """
    lock(f"grants {case.pk} {agency.pk}")


def keep_own_work(*, case: Case, agency: Agency) -> None:
    """What an agency authored stays readable to it: at its first record its `view_case` row loses its end."""
    ids = permission_ids()
    with system_context(SystemContext.GRANTS):
        rows = CaseGroupObjectPermission.objects.filter(content_object=case, group=agency.group_id)
        if rows.filter(permission=ids[VIEW_OWN_WORK]).exists():
            return
        lock_grants(case=case, agency=agency)
        participation = rows.filter(permission=ids[VIEW_CASE]).first()
        if participation is None:
            return
        CaseGroupObjectPermission.objects.bulk_create(
            [
                CaseGroupObjectPermission(
                    id=uuid7(),
                    content_object=case,
                    group_id=agency.group_id,
                    permission_id=ids[VIEW_OWN_WORK],
                )
            ],
            ignore_conflicts=True,
        )
        if participation.expires_at is not None:
            rows.filter(pk=participation.pk).update(expires_at=None)


def keeps_own_work(*, case: Case, agency: Agency) -> bool:
    """Whether the agency has authored something in this case."""
    with system_context(SystemContext.GRANTS):
        return CaseGroupObjectPermission.objects.filter(
            content_object=case, group=agency.group_id, permission=permission_ids()[VIEW_OWN_WORK]
        ).exists()


def write_grants(*, case: Case, agency: Agency, grants: Mapping[str, datetime | None], side: str) -> None:
    """Make the agency's permission rows on the case exactly `grants` ({codename: end or None}).

    The only writer. Raises ValueError for a name outside the closed list, a side that is not a participation's, or
    what the perpetrator's side is always refused (the database refuses it too).
    """
    unknown = set(grants) - set(CODENAMES)
    if unknown or (grants and side not in ParticipationSide.values):
        raise ValueError(f"not in the closed list: {sorted(unknown)} {side!r}")
    if side == ParticipationSide.PERPETRATOR and (refused := REFUSED_TO_PERPETRATOR_SIDE & set(grants)):
        raise ValueError(f"never opened to the perpetrator's side: {sorted(refused)}")
    ids = permission_ids()
    with system_context(SystemContext.GRANTS):
        table = CaseGroupObjectPermission.objects
        present = {
            row.permission_id: row
            for row in table.select_for_update().filter(content_object=case, group=agency.group_id)
        }
        wanted = {ids[name]: (end, side if name == VIEW_CASE else "") for name, end in grants.items()}
        gone = [row.pk for permission_id, row in present.items() if permission_id not in wanted]
        if gone:
            table.filter(pk__in=gone).delete()
        for permission_id, row in present.items():
            end, row_side = wanted.get(permission_id, (row.expires_at, row.side))
            if (row.expires_at, row.side) != (end, row_side):
                table.filter(pk=row.pk).update(expires_at=end, side=row_side)
        new = [
            CaseGroupObjectPermission(
                id=uuid7(),
                content_object=case,
                group_id=agency.group_id,
                permission_id=permission_id,
                expires_at=end,
                side=row_side,
            )
            for permission_id, (end, row_side) in wanted.items()
            if permission_id not in present
        ]
        # the participation row goes first, in a statement of its own: the triggers of the others look it up
        for rows in ([row for row in new if (row.permission_id == ids[VIEW_CASE]) is first] for first in (True, False)):
            table.bulk_create(rows)


# --- for the rules on what agencies tell each other -------------------------------------------------------------


@dataclass(frozen=True)
class Worker:
    """An agency that works on a case now: its side there, and of which sides it knows who the persons are."""

    case_id: UUID
    group_id: int
    side: str
    knows: frozenset[str]


def workers(case_ids: Iterable[UUID]) -> list[Worker]:
    """The agencies that may add to these cases now, whoever acts, in one query. Own past work alone is no work now."""
    identity = {permission_ids()[codename(Category.IDENTITY, side)]: side.value for side in Side}
    view, contribute = permission_ids()[VIEW_CASE], permission_ids()[CONTRIBUTE]
    with system_context(SystemContext.GRANTS):
        rows = list(
            CaseGroupObjectPermission.objects.live()
            .filter(content_object__in=list(case_ids), permission__in=[view, contribute, *identity])
            .values_list("content_object_id", "group_id", "permission_id", "side")
        )
    sides = {(case_id, group_id): side for case_id, group_id, permission, side in rows if permission == view}
    knows: dict[tuple[UUID, int], set[str]] = {}
    for case_id, group_id, permission, _side in rows:
        if permission in identity:
            knows.setdefault((case_id, group_id), set()).add(identity[permission])
    return [
        Worker(case_id, group_id, sides[case_id, group_id], frozenset(knows.get((case_id, group_id), ())))
        for case_id, group_id, permission, _side in rows
        if permission == contribute and (case_id, group_id) in sides
    ]
