"""Fields of the page that hands over somebody's work; `casework.handing_load` decides."""

from collections.abc import Iterable

from django import forms
from django.utils.translation import gettext_lazy as _

from agencies.models import Membership
from common.forms import KeyField

from .handing_load import NOTE_LENGTH


class HandLoadForm(forms.Form):
    key = KeyField()
    successor = forms.UUIDField(
        label=_("Who takes over"),
        widget=forms.Select,
        error_messages={"invalid": _("Choose a colleague who works here now and writes in cases.")},
    )
    note = forms.CharField(
        label=_("Note to the successor"),
        max_length=NOTE_LENGTH,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("What they have to know to go on. Name nobody of a case: that stays in the cases."),
    )

    def __init__(self, *args: object, successors: Iterable[Membership], **kwargs: object):
        super().__init__(*args, **kwargs)
        choices = [(str(each.user_id), each.user.full_name) for each in successors]
        self.fields["successor"].widget.choices = [("", _("Choose a colleague")), *choices]
