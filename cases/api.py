"""Cases through the API: the same rows, the same access object and the same audit trail as the pages."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agencies.models import Membership
from agencies.perms import may_see_cases
from audit.models import Action
from audit.services import record
from common.api import ErrorSerializer
from common.pagination import KeysetPagination

from . import serializers
from .access import LIST_KEYS, CaseAccess, get_case, participation_rows, row_access, with_access
from .enums import Category
from .models import Case, CasePerson, ContactPoint
from .page import with_last_call
from .perms import shows_contact, shows_person

CLOSED = {401: ErrorSerializer, 403: ErrorSerializer}
HIDDEN = CLOSED | {404: ErrorSerializer}


class SeesCases(BasePermission):
    """Members who act for an agency in a role with case content."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return bool(request.user and request.user.is_authenticated) and may_see_cases(request.membership)


class CaseContentView(APIView):
    """The base of every view that answers case content: open to `SeesCases` alone, through the acting membership."""

    permission_classes = [SeesCases]

    @property
    def membership(self) -> Membership:
        """The hat worn in this request, as the pages have it."""
        return self.request.membership

    def case(self, case_id: UUID, *, kind: str, fields: tuple[str, ...] = ()) -> tuple[Case, CaseAccess]:
        """The case and the access to it, the reading recorded as `kind`; Http404 for who may not know it."""
        case, access = get_case(case_id, self.membership)
        open_now = tuple(f"{category}:{side}" for category, side in access.categories)
        record(action=Action.READ, case_id=case.pk, object_kind=kind, object_id=case.pk, fields=fields or open_now)
        return case, access


class CasePages(KeysetPagination):
    keys = LIST_KEYS


class CaseList(CaseContentView):
    """The cases of the acting agency, the most urgent first."""

    @extend_schema(
        operation_id="cases_list",
        parameters=[serializers.CURSOR],
        responses={200: serializers.CasePageSerializer} | CLOSED,
    )
    def get(self, request: Request) -> Response:
        paginator = CasePages()
        rows = paginator.paginate_queryset(with_access(participation_rows(self.membership)), request, self)
        record(action=Action.LISTED, object_kind="api.cases", fields=[str(row.content_object_id) for row in rows])
        lines = [serializers.line(row.content_object, row_access(row, self.membership), row.sort_at) for row in rows]
        return paginator.get_paginated_response(serializers.CaseLineSerializer(lines, many=True).data)


class CaseDetail(CaseContentView):
    """One case, as far as the acting agency may read it."""

    @extend_schema(operation_id="cases_read", responses={200: serializers.CaseSerializer} | HIDDEN)
    def get(self, request: Request, case_id: UUID) -> Response:
        case, access = self.case(case_id, kind="api.case")
        persons = CasePerson.objects.filter(case=case).select_related("person").order_by("created_at")
        points = with_last_call(ContactPoint.objects.filter(case=case, ended_at=None)).order_by("recorded_at")
        row = participation_rows(self.membership).filter(content_object=case).values_list("sort_at", flat=True).first()
        answer = serializers.line(case, access, row) | {
            "sees": [f"{Category.SUMMARY}:case", *(f"{category}:{side}" for category, side in access.categories)],
            "may_add": access.contribute,
            "lead_agency": serializers.agency(case.lead_agency, access),
            "persons": [serializers.person(found) for found in persons if shows_person(access, found)],
            "contacts": [serializers.contact(point) for point in points if shows_contact(access, point)],
        }
        return Response(serializers.CaseSerializer(answer).data)
