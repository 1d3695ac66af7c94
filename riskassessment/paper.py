"""What the print of a signed assessment says: as its page, for who may read it. Text and lists of text."""

from datetime import datetime
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from common.clock import local, now
from common.templatetags.ui import LEVELS, written

from . import signing
from .found import Found
from .models import FearedEvent, Verdict
from .wording import titled


def document(found: Found, levels: dict[str, Any], result: dict[str, Any], *, printer: str) -> dict[str, Any]:
    """The document as `pdf/assessment.typ` takes it. `levels` and `result` are those of the page."""
    assessment, grid = found.assessment, titled(found.grid)
    return {
        "title": grid["title"],
        "foot": _("MOVE, %(reference)s: assessment signed on %(day)s")
        % {"reference": found.case.reference, "day": written(local(assessment.signed_at).date())},
        "notice": grid["notice"] if grid["demonstration"] else "",
        "intro": [
            _("Case %(reference)s. Signed on %(when)s by %(who)s.")
            % {
                "reference": found.case.reference,
                "when": _moment(assessment.signed_at),
                "who": levels["signed_by"],
            },
            _("Printed on %(when)s by %(who)s.") % {"when": _moment(now()), "who": printer},
        ],
        "blocks": [
            block
            for block in (
                _indicated(levels, result),
                _concluded(levels),
                _verified(levels),
                _drivers(levels, result),
                _unknown(result),
                _protection(result),
            )
            if block is not None
        ],
        "answers_title": _("All answers"),
        "answers_heads": [_("Question"), _("Answer")],
        "sections": [
            {"title": section["title"], "rows": [_row(row) for row in section["rows"]]}
            for section in result["sections"]
        ],
        "about_title": _("About this grid"),
        "about": [
            _("Version %(number)d, published on %(day)s.")
            % {
                "number": assessment.grid_version.number,
                "day": written(local(assessment.grid_version.published_at).date()),
            },
            grid["provenance"],
            grid["licence"],
        ],
        "hash_title": _("Has it been altered?"),
        "hash": _hash(assessment),
        "hash_value": assessment.content_hash,
    }


def level_words(level: str, own_name: str = "") -> str:
    """A level with the grid's own name of it, where it has one."""
    words = {
        "insufficient": _("Insufficient information"),
        "judgement": _("Professional judgement: the person concludes"),
    }.get(level) or str(LEVELS[level])
    return f"{words} ({own_name})" if own_name else words


def _indicated(levels: dict[str, Any], result: dict[str, Any]) -> dict[str, Any] | None:
    if not levels["shows_level"]:
        return None
    said = [level_words(levels["indicative"], levels["indicative_name"])]
    said.append(
        _("%(known)d of %(scored)d questions that count and apply are known.")
        % {"known": result["known"], "scored": result["scored"]}
    )
    if result["adds_up"]:
        unit = pgettext("what adds up", "answers that count") if result["counts"] else pgettext("score", "points")
        said.append(
            _("%(score)d of %(most)d %(unit)s.") % {"score": result["score"], "most": result["max_score"], "unit": unit}
        )
    said += [f"{capfirst(reason.words)} → {LEVELS[reason.level]}" for reason in result["reasons"]]
    for one in result["dimensions"]:
        level = f" → {level_words(one['level'], one['own_name'])}" if one["level"] else ""
        score = {"title": one["title"], "score": one["score"], "most": one["max_score"]}
        said.append(_("%(title)s: %(score)d of %(most)d") % score + level)
    if result["insufficient"]:
        said.append(_("Too little is known to indicate a level. Insufficient information is not a low level."))
    elif result["judgement"]:
        said.append(_("This grid adds nothing up: it orders what is known, and a person concludes."))
    elif result["incomplete"]:
        said.append(_("Much is not known: the real level may be higher."))
    return {"title": _("What the grid indicates"), "lines": said, "first_is_level": True}


def _drivers(levels: dict[str, Any], result: dict[str, Any]) -> dict[str, Any] | None:
    if result["records_only"] or not result["has_scored"]:
        return None
    title = _("What drove it") if levels["shows_level"] else _("Points to attend to")
    lines = [_with_answer(line) for line in result["drivers"]]
    return {"title": title, "lines": lines or [_("No answer that counts was given.")]}


def _unknown(result: dict[str, Any]) -> dict[str, Any] | None:
    lines = [_with_answer(line) for line in (*result["critical_unknown"], *result["other_unknown"])]
    return {"title": _("What is not known"), "lines": lines} if lines else None


def _protection(result: dict[str, Any]) -> dict[str, Any] | None:
    if not result["has_protective"]:
        return None
    lines = [line["text"] for line in result["protective"]] or [_("No protection was named.")]
    return {"title": _("What protects (shown apart, never taken off the risk)"), "lines": lines}


def _concluded(levels: dict[str, Any]) -> dict[str, Any] | None:
    if not levels["shows_level"]:
        return None
    conclusion, countersignature = levels["conclusion"], levels["countersignature"]
    title = _("Level retained")
    if conclusion is None:
        return {"title": title, "lines": [_("No level has been retained yet: the indicative one stands.")]}
    said = [level_words(conclusion.level, levels["concluded_name"]), conclusion.justification]
    if conclusion.feared_events:
        said.append(_("What is feared: %(events)s") % {"events": feared(conclusion.feared_events)})
    said.append(_signature(_("Signed on %(when)s by %(who)s."), conclusion.signed_at, levels["concluded_by"]))
    if countersignature:
        said.append(
            _signature(
                _("Second signature on %(when)s by %(who)s."),
                countersignature.signed_at,
                levels["countersigned_by"],
            )
        )
    elif levels["waits"]:
        said.append(_("Lower than indicated, without a second signature: it is not in force."))
    return {"title": title, "lines": said, "first_is_level": True}


def _verified(levels: dict[str, Any]) -> dict[str, Any] | None:
    review = levels["review"]
    if review is None:
        return {"title": _("Verification"), "lines": [_("Not verified yet.")]} if levels["unverified"] else None
    words = _("Validated on %(when)s by %(who)s.")
    if review.verdict == Verdict.RETURNED:
        words = _("Returned with remarks on %(when)s by %(who)s.")
    said = [_signature(words, review.at, levels["reviewed_by"])]
    return {"title": _("Verification"), "lines": [*said, review.remarks] if review.remarks else said}


def feared(events: list[str]) -> str:
    """What is feared, in words."""
    return ", ".join(str(FearedEvent(event).label) for event in events)


def _signature(words: str, at: datetime, who: str) -> str:
    return words % {"when": _moment(at), "who": who}


def _row(row: dict[str, Any]) -> dict[str, Any]:
    """A heading of a group, or a question with its answer and what goes with it."""
    if "heading" in row:
        return {"heading": row["heading"]}
    more = [row["comment"], *details(row)]
    question = row["text"] + (f" ({pgettext('question', 'critical')})" if row["critical"] else "")
    return {"heading": "", "question": question, "answer": answered(row), "more": [line for line in more if line]}


def answered(row: dict[str, Any]) -> str:
    """The answer in words; that the question did not apply, where it was not shown."""
    if row["not_applicable"]:
        return pgettext("question", "not applicable")
    return written(row["date"]) if row["date"] else row["answer"]


def details(row: dict[str, Any]) -> list[str]:
    """From whom it is known, and of which day."""
    said = capfirst(row["source"]) if row["source"] else ""
    day = _("known on %(day)s") % {"day": written(row["on"])} if row["on"] else ""
    return [", ".join(part for part in (said, day) if part)]


def _with_answer(line: dict[str, Any]) -> str:
    return f"{line['text']} — {answered(line)}"


def _hash(assessment: Any) -> list[str]:
    intact = signing.intact(assessment)
    if intact is None:
        return [_("Signed before signatures had a digest.")]
    said = [_("Digest (SHA-256) of the version of the grid, the answers, what they indicated, who signed and when:")]
    fits = _("Computed again when this was printed: it fits, nothing was altered.")
    differs = _("Computed again when this was printed: it does not fit. Tell the data-protection officer.")
    return [*said, fits if intact else differs]


def _moment(at: datetime) -> str:
    return f"{written(local(at).date())}, {local(at):%H:%M}"
