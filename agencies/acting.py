"""Acting for an agency: the only way a person's work reaches case-bound tables."""

from collections.abc import Iterator
from contextlib import contextmanager

from accounts.models import User
from common.acting import Acting, bind, current

from .models import Membership
from .perms import may_see_cases


def acting_for(
    membership: Membership | None,
    *,
    user: User | None = None,
    request_id: str = "",
    remote_addr: str | None = None,
) -> Acting:
    """The bare identifiers of `membership`; a role without case content gets no group, so the tables stay empty."""
    if membership is None:
        return Acting(user_id=user.pk if user else None, request_id=request_id, remote_addr=remote_addr)
    return Acting(
        user_id=membership.user_id,
        agency_id=membership.agency_id,
        group_id=membership.agency.group_id if may_see_cases(membership) else None,
        role=membership.role,
        request_id=request_id,
        remote_addr=remote_addr,
    )


@contextmanager
def acting_as(membership: Membership) -> Iterator[Acting]:
    """Act as this member for the block, inside a transaction."""
    with bind(acting_for(membership)) as acting:
        yield acting


@contextmanager
def acting_as_oneself(user: User) -> Iterator[Acting]:
    """Act as a person before any agency, for the block: who accepts an invitation has no membership yet.

    No case-bound table opens; what changes is on record under the person's own name.
    """
    around = current() or Acting()
    alone = acting_for(None, user=user, request_id=around.request_id, remote_addr=around.remote_addr)
    with bind(alone) as acting:
        yield acting
