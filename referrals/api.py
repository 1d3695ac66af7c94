"""The referrals the acting agency sent or received, through the API."""

from uuid import UUID

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from audit.models import Action
from audit.services import record
from cases.api import CLOSED, HIDDEN, CaseContentView
from cases.models import Case
from cases.serializers import CURSOR
from common.pagination import Key, KeysetPagination

from . import serializers
from .models import Referral


class ReferralPages(KeysetPagination):
    keys = (Key("sent_at", descending=True), Key("id", descending=True))


class Referrals(CaseContentView):
    """The referrals of the acting agency, the latest first."""

    @extend_schema(
        operation_id="referrals_list",
        parameters=[
            CURSOR,
            OpenApiParameter("box", str, enum=["sent", "received"], description="Only those sent, or received."),
        ],
        responses={200: serializers.ReferralPageSerializer} | CLOSED,
    )
    def get(self, request: Request) -> Response:
        rows = Referral.objects.between(self.membership).select_related("from_agency", "to_agency")
        column = {"sent": "from_agency", "received": "to_agency"}.get(request.query_params.get("box", ""))
        if column:
            rows = rows.filter(**{column: self.membership.agency_id})
        paginator = ReferralPages()
        found = paginator.paginate_queryset(rows, request, self)
        record(action=Action.LISTED, object_kind="api.referrals", fields=[str(each.pk) for each in found])
        visible = set(
            Case.objects.visible_to(self.membership)
            .filter(pk__in={each.case_id for each in found})
            .values_list("pk", flat=True)
        )
        shown = [serializers.referral(each, case_open=each.case_id in visible) for each in found]
        return paginator.get_paginated_response(serializers.ReferralSerializer(shown, many=True).data)


class ReferralDetail(CaseContentView):
    """One referral of the acting agency."""

    @extend_schema(operation_id="referrals_read", responses={200: serializers.ReferralSerializer} | HIDDEN)
    def get(self, request: Request, referral_id: UUID) -> Response:
        found = (
            Referral.objects.between(self.membership)
            .select_related("from_agency", "to_agency")
            .filter(pk=referral_id)
            .first()
        )
        if found is None:
            raise Http404
        record(action=Action.READ, case_id=found.case_id, object_kind="api.referral", object_id=found.pk)
        case_open = Case.objects.visible_to(self.membership).filter(pk=found.case_id).exists()
        return Response(serializers.ReferralSerializer(serializers.referral(found, case_open=case_open)).data)
