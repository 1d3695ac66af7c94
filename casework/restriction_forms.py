"""Fields of the pages that say who may work on a case. What is accepted is decided by the services."""

from collections.abc import Iterable
from itertools import groupby
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from agencies.models import Membership
from cases.restriction import REASON_LENGTH

REASON = {"autocomplete": "off", "maxlength": REASON_LENGTH}


def uuids(values: Iterable[str]) -> set[UUID]:
    """The identifiers among what was posted; what is none is nobody's."""
    found = set()
    for value in values:
        try:
            found.add(UUID(value))
        except ValueError:
            found.add(UUID(int=0))
    return found


def label(member: Membership) -> str:
    """How a member is shown in a choice."""
    return f"{member.user.full_name} · {member.get_role_display()}"


class NamingForm(forms.Form):
    """Who of one's own service works on the case."""

    use_required_attribute = False

    named = forms.MultipleChoiceField(
        label=_("Who of your service works on it"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args, members: Iterable[Membership] = (), **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["named"].choices = [(str(member.user_id), label(member)) for member in members]


class RestrictForm(NamingForm):
    reason = forms.CharField(
        label=_("Why"),
        required=False,
        help_text=_("Read by the referents and managers of your service only."),
        widget=forms.TextInput(REASON),
    )


class ReasonForm(forms.Form):
    use_required_attribute = False

    reason = forms.CharField(label=_("Why it ends"), required=False, widget=forms.TextInput(REASON))


class ExcludeForm(forms.Form):
    """Whom the case is closed to, and why."""

    use_required_attribute = False

    user = forms.CharField(label=_("Who"), required=False, widget=forms.Select)
    reason = forms.CharField(
        label=_("Why"),
        required=False,
        help_text=_("For example: knows him, works with a relative. The excluded person never reads it."),
        widget=forms.TextInput(REASON),
    )
    sure = forms.BooleanField(label=_("I have seen this and exclude the person all the same"), required=False)

    def __init__(self, *args, members: Iterable[Membership] = (), ask_sure: bool = False, **kwargs):
        super().__init__(*args, **kwargs)
        by_agency = [
            (agency, [(str(member.user_id), label(member)) for member in found])
            for agency, found in groupby(members, key=lambda member: member.agency.short_name)
        ]
        self.fields["user"].widget.choices = [("", _("Choose")), *by_agency]
        if not ask_sure:
            del self.fields["sure"]
