"""Pages that are closed, with 403, to whoever does not administer."""

from collections.abc import Callable
from functools import wraps

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from agencies.models import Membership
from agencies.perms import (
    may_administer_agency,
    may_administer_platform,
    may_read_access_list,
    may_read_partnerships,
    may_read_proof,
)

View = Callable[..., HttpResponse]


def only(may: Callable[[Membership | None], bool]) -> Callable[[View], View]:
    """Close a page to every member whom this predicate refuses."""

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            if not may(request.membership):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return guard


administrators_only = only(lambda member: member is not None and may_administer_agency(member, member.agency_id))
platform_only = only(may_administer_platform)
partnership_readers_only = only(may_read_partnerships)
access_list_readers_only = only(may_read_access_list)
proof_readers_only = only(may_read_proof)
