"""Defaults of the API: closed unless a view opens itself, errors that say what to do, never a 500 for bad input."""

from typing import TYPE_CHECKING

from rest_framework import permissions, status
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response

from .errors import Refused, RuleBroken, StaleVersion

if TYPE_CHECKING:
    from rest_framework.views import APIView


class DenyAll(permissions.BasePermission):
    """The default: a view that names no permission of its own answers nobody."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        return False


def exception_handler(error: Exception, context: dict) -> Response | None:
    """Map the domain's errors to 400 (a rule broken), 403 (refused) and 409 (stale version)."""
    if isinstance(error, StaleVersion):
        return Response(
            {"detail": str(error), "conflicts": error.conflicts, "version": error.version},
            status=status.HTTP_409_CONFLICT,
        )
    if isinstance(error, RuleBroken):
        return Response(error.as_dict(), status=status.HTTP_400_BAD_REQUEST)
    if isinstance(error, Refused):
        return Response({"detail": str(error)}, status=status.HTTP_403_FORBIDDEN)
    # imported late: rest_framework.views reads the settings that name this module
    from rest_framework.views import exception_handler as drf_exception_handler

    response = drf_exception_handler(error, context)
    if response is None and isinstance(error, APIException):
        return Response({"detail": error.detail}, status=error.status_code)
    return response
