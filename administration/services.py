"""Use cases of administrators that cross rooms."""

from uuid import UUID

from django.urls import reverse
from django.utils.translation import get_language

from agencies import services as agencies
from agencies.models import Invitation, Membership
from notifications.models import OutgoingMail

MAIL_TEMPLATE = "invitation"


def invite_person(
    *,
    by: Membership,
    agency_id: UUID,
    email: str,
    given_name: str,
    family_name: str,
    role: str,
    profession: str = "",
) -> tuple[Invitation, str]:
    """Invite somebody and put the link in the outbox; returns the invitation and the link's path.

    Raises Http404 outside what one administers, Refused, RuleBroken by field.
    """
    invitation, secret = agencies.invite(
        by=by,
        agency_id=agency_id,
        email=email,
        given_name=given_name,
        family_name=family_name,
        role=role,
        profession=profession,
    )
    path = reverse("agencies:invitation", args=[secret])
    OutgoingMail.objects.create(
        to=invitation.email,
        language=(get_language() or "fr")[:5],
        template=MAIL_TEMPLATE,
        context={"path": path},
    )
    return invitation, path
