"""The signed assessments of a case through the API. Who receives the level alone reads it with the case."""

from uuid import UUID

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from cases.api import HIDDEN, CaseContentView
from cases.enums import Category, Side
from cases.serializers import CURSOR
from common.pagination import Key, KeysetPagination

from . import serializers
from .perms import opens_room
from .services import assessments_of

FIELDS = (f"{Category.RISK}:{Side.CASE}", f"{Category.LEVEL}:{Side.CASE}")


class AssessmentPages(KeysetPagination):
    keys = (Key("signed_at", descending=True), Key("id", descending=True))


class CaseAssessments(CaseContentView):
    """The signed assessments of a case that the acting agency may read, the latest first."""

    @extend_schema(
        operation_id="case_assessments_list",
        parameters=[CURSOR],
        responses={200: serializers.AssessmentPageSerializer} | HIDDEN,
    )
    def get(self, request: Request, case_id: UUID) -> Response:
        case, access = self.case(case_id, kind="api.assessments", fields=FIELDS)
        paginator = AssessmentPages()
        rows = assessments_of(case, access).filter(signed_at__isnull=False)
        found = paginator.paginate_queryset(rows, request, self)
        if not opens_room(access) and not found:
            raise Http404
        shown = [serializers.assessment(each, access) for each in found]
        return paginator.get_paginated_response(serializers.AssessmentSerializer(shown, many=True).data)


class CaseAssessment(CaseContentView):
    """One signed assessment of a case."""

    @extend_schema(operation_id="case_assessments_read", responses={200: serializers.AssessmentSerializer} | HIDDEN)
    def get(self, request: Request, case_id: UUID, assessment_id: UUID) -> Response:
        case, access = self.case(case_id, kind="api.assessment", fields=FIELDS)
        found = assessments_of(case, access).filter(signed_at__isnull=False, pk=assessment_id).first()
        if found is None:
            raise Http404
        return Response(serializers.AssessmentSerializer(serializers.assessment(found, access)).data)
