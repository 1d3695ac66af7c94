"""What templates need to speak one language of screens: icons, moments, fields, errors, levels."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django import template
from django.forms import (
    BaseForm,
    BaseFormSet,
    BoundField,
    CheckboxInput,
    CheckboxSelectMultiple,
    RadioSelect,
    Select,
)
from django.template.context import Context
from django.template.defaulttags import querystring
from django.templatetags.static import static
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext, pgettext_lazy

from common import clock

register = template.Library()

LEVELS = {
    "low": pgettext_lazy("risk level", "Low"),
    "moderate": pgettext_lazy("risk level", "Moderate"),
    "high": pgettext_lazy("risk level", "High"),
    "critical": pgettext_lazy("risk level", "Critical"),
}


# --- icons and addresses ----------------------------------------------------------------------------------
@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """`{% icon "bell" %}`: decoration, hidden from screen readers; with `label=`, an image that says it."""
    address = f"{static('icons.svg')}#{name}"
    if label:
        return format_html('<svg class="icon" role="img" aria-label="{}"><use href="{}"></use></svg>', label, address)
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}"></use></svg>', address)


register.simple_tag(querystring, name="qs", takes_context=True)


# --- moments: Belgian wall clock, in the words of the reader ----------------------------------------------
@register.filter
def local_time(moment: datetime | None) -> str:
    """“9 h 42”, “18 h”. Empty for None."""
    if not moment:
        return ""
    at = clock.local(moment)
    if at.minute == 0:
        return pgettext("time on the hour", "%(hour)d:00") % {"hour": at.hour}
    return pgettext("time", "%(hour)d:%(minute)02d") % {"hour": at.hour, "minute": at.minute}


@register.filter
def local_date(moment: datetime | date | None, preposition: str = "") -> str:
    """“today”, “yesterday”, “tomorrow”, “14 March 2026” (with `"on"`: “on 14 March 2026”). Empty for None."""
    if not moment:
        return ""
    day = _day(moment)
    near = {-1: _("yesterday"), 0: _("today"), 1: _("tomorrow")}.get((day - _today()).days)
    if near:
        return str(near)
    text = written(day)
    return pgettext("date in a sentence", "on %(date)s") % {"date": text} if preposition == "on" else text


@register.filter
def last_day(end: datetime | None) -> date | None:
    """The last day on which what ends then still holds: an end at midnight is the day before's. None for None."""
    return clock.last_day(end) if end else None


@register.filter
def local_when(moment: datetime | date | None, preposition: str = "") -> str:
    """As `local_date`, with the time for yesterday, today and tomorrow: “today 9:42”. Empty for None."""
    if not moment:
        return ""
    text = local_date(moment, preposition)
    if isinstance(moment, datetime) and abs((_day(moment) - _today()).days) <= 1:
        return pgettext("day and time", "%(day)s %(time)s") % {"day": text, "time": local_time(moment)}
    return text


@register.filter
def moment(at: datetime | None) -> str:
    """The day and the time, however near: “14 March 2026, 9:42”. Empty for None."""
    if not at:
        return ""
    return pgettext("date and time", "%(date)s, %(time)s") % {"date": written(_day(at)), "time": local_time(at)}


@register.filter
def local_day(moment: datetime | date | None) -> str:
    """A day as a heading: “Today”, “Yesterday”, “Saturday 14 March 2026”. Empty for None."""
    if not moment:
        return ""
    day = _day(moment)
    near = local_date(moment) if abs((day - _today()).days) <= 1 else ""
    if near:
        return near[0].upper() + near[1:]
    weekday = date_format(day, "l")
    text = pgettext("weekday and date", "%(weekday)s %(date)s") % {"weekday": weekday, "date": written(day)}
    return text[0].upper() + text[1:]


@register.filter
def due_when(moment: datetime | date | None) -> str:
    """“by 18:00”, “by tomorrow 9:15”, “by 14 March 2026”, once past “3 h late”. Empty for None.

    A bare date is due until its end.
    """
    if not moment:
        return ""
    if is_late(moment):
        return _lateness(moment)
    day = _day(moment)
    if day == _today():
        if not isinstance(moment, datetime):
            return str(_("today"))
        return pgettext("due", "by %(time)s") % {"time": local_time(moment)}
    if day - _today() == timedelta(days=1):
        return pgettext("due tomorrow", "by %(when)s") % {"when": local_when(moment)}
    return pgettext("due on a date", "by %(date)s") % {"date": written(day)}


@register.filter
def is_late(moment: datetime | date | None) -> bool:
    """Whether the moment (or the whole day) has passed."""
    if not moment:
        return False
    return moment < clock.now() if isinstance(moment, datetime) else moment < _today()


def _lateness(moment: datetime | date) -> str:
    if not isinstance(moment, datetime):
        days = (_today() - moment).days
    else:
        minutes = int((clock.now() - moment).total_seconds() // 60)
        if minutes < 60:
            return _("%(count)d min late") % {"count": max(minutes, 1)}
        if minutes < 48 * 60:
            return _("%(count)d h late") % {"count": minutes // 60}
        days = minutes // (24 * 60)
    return ngettext("%(count)d day late", "%(count)d days late", days) % {"count": days}


def _day(moment: datetime | date) -> date:
    return clock.local(moment).date() if isinstance(moment, datetime) else moment


def _today() -> date:
    return clock.local(clock.now()).date()


def written(day: date) -> str:
    """A day in full, always, in the language under way: for paper, and where the year must stand."""
    # The first of the month has an ordinal in French: “1er mars”.
    if day.day == 1:
        return date_format(day, pgettext("date format, first of the month", "j F Y"))
    return date_format(day, pgettext("date format", "j F Y"))


# --- levels -----------------------------------------------------------------------------------------------
@register.filter
def level_name(level: str | None) -> str:
    """The word of a severity slug (low, moderate, high, critical); “Not assessed” for anything else."""
    return str(LEVELS.get(level or "", _("Not assessed")))


# --- forms: see templates/components/field.html -----------------------------------------------------------
@register.filter
def widget_kind(field: BoundField) -> str:
    """How a field is laid out: "hidden", "checkbox", "choices" (radios, checkboxes), "group" or "input"."""
    widget = field.field.widget
    if field.is_hidden:
        return "hidden"
    if isinstance(widget, CheckboxInput):
        return "checkbox"
    if isinstance(widget, RadioSelect | CheckboxSelectMultiple):
        return "choices"
    return "group" if field.use_fieldset else "input"


@register.simple_tag
def widget(field: BoundField) -> SafeString:
    """The field's control with the classes of the theme; Django adds aria-describedby and aria-invalid.

    No maxlength: a browser cuts what is pasted without a word. The server says that it is too long and keeps it.
    """
    inner = field.field.widget
    classes = [inner.attrs.get("class", "")]
    if not isinstance(inner, CheckboxInput):
        classes.append("form-select" if isinstance(inner, Select) else "form-control")
        if field.errors:
            classes.append("is-invalid")
    css = " ".join(filter(None, classes))
    return field.as_widget(attrs={"maxlength": False} | ({"class": css} if css else {}))


@register.simple_tag(takes_context=True)
def collect_errors(context: Context) -> list[dict[str, Any]]:
    """Every error of the page's `form`, and of `forms` or `formsets`: {"href", "label", "message"}.

    `href` is empty for what concerns the whole form. A form whose labels need their place on the page to be understood
    ("Name" of whom?) says more in `summary_label(bound_field)`.
    """
    sources: list[Any] = []
    if form := context.get("form"):
        sources.append(form)
    for name in ("forms", "formsets"):
        more = context.get(name)
        if isinstance(more, dict):
            more = more.values()
        if isinstance(more, Iterable) and not isinstance(more, str):
            sources.extend(item for item in more if item is not form)
    return [problem for source in sources for problem in _problems(source)]


def _problems(source: Any) -> Iterable[dict[str, Any]]:
    if isinstance(source, BaseFormSet):
        if source.is_bound:
            yield from ({"href": "", "label": "", "message": message} for message in source.non_form_errors())
            for form in source.forms:
                yield from _problems(form)
    elif isinstance(source, BaseForm):
        yield from ({"href": "", "label": "", "message": message} for message in source.non_field_errors())
        label_of = getattr(source, "summary_label", lambda field: field.label)
        for field in source:
            for message in field.errors:
                hidden = field.is_hidden
                yield {
                    "href": "" if hidden else f"#{field.auto_id}",
                    "label": "" if hidden else label_of(field),
                    "message": message,
                }
