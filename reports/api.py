"""The reports of a case through the API. Recording one crosses rooms: `casework.api`."""

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
from .children import of_reports
from .models import Report

FACTS = (f"{Category.FACTS}:{Side.CASE}",)


class ReportPages(KeysetPagination):
    keys = (Key("recorded_at", descending=True), Key("id", descending=True))


class CaseReports(CaseContentView):
    """The reports of a case that the acting agency may read, the latest first."""

    @extend_schema(
        operation_id="case_reports_list",
        parameters=[CURSOR],
        responses={200: serializers.ReportPageSerializer} | HIDDEN,
    )
    def get(self, request: Request, case_id: UUID) -> Response:
        case, access = self.case(case_id, kind="api.reports", fields=FACTS)
        rows = Report.objects.filter(case=case).filter(access.readable())
        rows = rows.select_related("agency").prefetch_related("verifications")
        paginator = ReportPages()
        found = paginator.paginate_queryset(rows, request, self)
        if not access.can(Category.FACTS, Side.CASE) and not found:
            raise Http404
        lived = of_reports(access, found)
        shown = [serializers.report(each, access, lived.get(each.pk, [])) for each in found]
        return paginator.get_paginated_response(serializers.ReportSerializer(shown, many=True).data)


class CaseReport(CaseContentView):
    """One report of a case."""

    @extend_schema(operation_id="case_reports_read", responses={200: serializers.ReportSerializer} | HIDDEN)
    def get(self, request: Request, case_id: UUID, report_id: UUID) -> Response:
        case, access = self.case(case_id, kind="api.report", fields=FACTS)
        found = Report.objects.filter(case=case, pk=report_id).select_related("agency").first()
        if found is None or not access.shows(found):
            raise Http404
        lived = of_reports(access, [found]).get(found.pk, [])
        return Response(serializers.ReportSerializer(serializers.report(found, access, lived)).data)
