"""Agencies and the people in them."""

from django.contrib.auth.models import Group

from accounts.models import User
from common.ids import uuid7

from .models import Agency, Membership


def create_agency(*, name: str, short_name: str, kind: str, **details: object) -> Agency:
    """A new agency with the Django group that permissions are granted to; the group holds no permission of its own."""
    agency_id = uuid7()
    group = Group.objects.create(name=f"agency {agency_id}")
    return Agency.objects.create(id=agency_id, group=group, name=name, short_name=short_name, kind=kind, **details)


def add_member(*, user: User, agency: Agency, role: str, profession: str = "") -> Membership:
    """Give a person a role in an agency; they also join its group."""
    membership = Membership.objects.create(user=user, agency=agency, role=role, profession=profession)
    user.groups.add(agency.group)
    return membership
