"""Fields of the training calendar. What is accepted is decided by `agencies.sessions`."""

from collections.abc import Iterable

from django import forms
from django.utils.translation import gettext_lazy as _

from agencies.enums import AgencyKind
from agencies.models import TrainingCourse
from agencies.sessions import MOST_FOLLOWING
from agencies.training import title_of
from common.forms import KeyField, MomentField

WIDE = {"autocomplete": "off"}
NUMBER = {"autocomplete": "off", "inputmode": "numeric"}


class SessionForm(forms.Form):
    use_required_attribute = False

    title = forms.CharField(label=_("Title"), required=False, widget=forms.TextInput(WIDE))
    about = forms.CharField(label=_("What it is about"), required=False, widget=forms.Textarea({"rows": 4}))
    starts_at = MomentField(label=_("Begins"), required=False)
    minutes = forms.IntegerField(
        label=_("Duration, in minutes"), required=False, initial=45, widget=forms.NumberInput(NUMBER)
    )
    place = forms.CharField(label=_("Where"), required=False, widget=forms.TextInput(WIDE))
    link = forms.CharField(
        label=_("Link to join"),
        required=False,
        help_text=_("Shown to who is enrolled."),
        widget=forms.TextInput({**WIDE, "inputmode": "url", "spellcheck": "false"}),
    )
    seats = forms.IntegerField(
        label=_("Seats"), required=False, help_text=_("Empty: no limit said."), widget=forms.NumberInput(NUMBER)
    )
    course = forms.UUIDField(
        label=_("Counts as this training"),
        required=False,
        help_text=_(
            "Whoever comes then holds this training: it may open the signature of grids and verifications. Leave it"
            " empty for a session that only informs."
        ),
        widget=forms.Select,
    )
    kinds = forms.MultipleChoiceField(
        label=_("For which kinds of services"),
        required=False,
        choices=AgencyKind.choices,
        help_text=_("None ticked: for all."),
        widget=forms.CheckboxSelectMultiple,
    )
    following = forms.TypedChoiceField(
        label=_("Announce the following ones too"),
        required=False,
        coerce=int,
        empty_value=0,
        initial=0,
        help_text=_("Two months apart, the same weekday at the same hour; each may be changed afterwards."),
    )
    key = KeyField(required=False)

    def __init__(self, *args: object, courses: Iterable[TrainingCourse], is_new: bool, **kwargs: object):
        super().__init__(*args, **kwargs)
        self.courses = {course.pk: course for course in courses}
        named = [(str(course.pk), title_of(course)) for course in self.courses.values()]
        self.fields["course"].widget.choices = [("", "—"), *named]
        numbers = [(0, _("only this one")), *((count, str(count)) for count in range(1, MOST_FOLLOWING + 1))]
        self.fields["following"].choices = numbers
        if not is_new:
            del self.fields["following"], self.fields["key"]

    def clean_course(self) -> TrainingCourse | None:
        """The course that was chosen, or None."""
        chosen = self.cleaned_data["course"]
        if chosen and chosen not in self.courses:
            raise forms.ValidationError(_("Choose a training of the list."))
        return self.courses.get(chosen)


class ReplayForm(forms.Form):
    use_required_attribute = False

    replay = forms.CharField(
        label=_("Link to the replay"),
        required=False,
        widget=forms.TextInput({**WIDE, "inputmode": "url", "spellcheck": "false"}),
    )
