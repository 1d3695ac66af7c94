from guardian.backends import ObjectPermissionBackend

from agencies.models import Membership
from common import acting

from . import access
from .enums import CODENAMES
from .models import Case


class CaseAccessBackend(ObjectPermissionBackend):
    """`user.has_perm("cases.view_case", case)` answered by `cases.access`, for the agency the person acts for.

    Fails closed: outside a request or `acting_as`, for another person, and for any object that is not a case.
    """

    def has_perm(self, user_obj, perm: str, obj=None) -> bool:
        who = acting.current()
        app, _, name = perm.rpartition(".")
        if not isinstance(obj, Case) or app not in ("", "cases") or name not in CODENAMES:
            return False
        if who is None or who.group_id is None or who.user_id != user_obj.pk:
            return False
        membership = (
            Membership.objects.live().select_related("agency").filter(user=user_obj.pk, agency=who.agency_id).first()
        )
        return access.for_case(obj, membership).has(name)

    def get_all_permissions(self, user_obj, obj=None) -> set[str]:
        if not isinstance(obj, Case):
            return set()
        return {name for name in CODENAMES if self.has_perm(user_obj, name, obj)}

    def get_group_permissions(self, user_obj, obj=None) -> set[str]:
        return self.get_all_permissions(user_obj, obj)
