"""What the acting agency owes, through the API."""

from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from audit.models import Action
from audit.services import record
from cases.access import CaseAccess, grants_of
from cases.api import CLOSED, HIDDEN, CaseContentView
from cases.serializers import CURSOR
from common.pagination import Key, KeysetPagination

from . import serializers
from .calling import get_follow_up
from .models import FollowUp


class FollowUpPages(KeysetPagination):
    keys = (Key("due_at"), Key("id"))


class FollowUps(CaseContentView):
    """What the acting agency owes, the first due first; settled ones on demand."""

    @extend_schema(
        operation_id="followups_list",
        parameters=[
            CURSOR,
            OpenApiParameter("state", str, enum=["open", "settled"], description="What is open, unless said."),
        ],
        responses={200: serializers.FollowUpPageSerializer} | CLOSED,
    )
    def get(self, request: Request) -> Response:
        settled = request.query_params.get("state") == "settled"
        rows = FollowUp.objects.owed_by(self.membership).filter(settled_at__isnull=not settled)
        paginator = FollowUpPages()
        found = paginator.paginate_queryset(rows.select_related("agency"), request, self)
        record(action=Action.LISTED, object_kind="api.followups", fields=[str(each.pk) for each in found])
        accesses = grants_of([each.case_id for each in found], self.membership)
        shown = [self.shown(each, accesses[each.case_id]) for each in found if each.case_id in accesses]
        return paginator.get_paginated_response(serializers.FollowUpSerializer(shown, many=True).data)

    def shown(self, found: FollowUp, access: CaseAccess) -> dict:
        """As the acting member reads it."""
        return serializers.follow_up(found, access, user_id=self.membership.user_id)


class FollowUpDetail(FollowUps):
    """One follow-up the acting agency owes or planned."""

    @extend_schema(operation_id="followups_read", responses={200: serializers.FollowUpSerializer} | HIDDEN)
    def get(self, request: Request, follow_up_id: UUID) -> Response:
        found, access = get_follow_up(follow_up_id, self.membership)
        record(action=Action.READ, case_id=found.case_id, object_kind="api.followup", object_id=found.pk)
        return Response(serializers.FollowUpSerializer(self.shown(found, access)).data)
