"""Every code has words, and nothing of a payload that is not a code is shown."""

import pytest
from django.utils import translation

from cases import timeline
from cases.enums import Category, EventCode, Side
from cases.words import seen_by


@pytest.mark.parametrize("code", EventCode.values)
def test_every_code_has_words_whatever_its_payload(code):
    for payload in (
        {},
        {"kind": "police_complaint", "outcome": "reached", "need": "shelter"},
        {"kind": "new", "need": "?"},
    ):
        assert timeline.title(code, payload)
        assert isinstance(timeline.detail(code, payload), str)


def test_words_follow_the_payload():
    with translation.override("en"):
        assert timeline.title("report_recorded", {"kind": "police_complaint"}) == "Complaint report recorded"
        assert timeline.title("j2_attempt", {"outcome": "not_alone"}) == "J+2 contact: she could not speak freely"
        assert timeline.title("referral_sent", {"need": "shelter"}) == "Referral sent · shelter"
        assert timeline.detail("report_recorded", {"children": 2}) == "Children named in the report: 2"
        assert timeline.detail("level_concluded", {"waits": True})


def test_a_payload_never_brings_a_text_of_its_own():
    for code in EventCode.values:
        shown = timeline.title(code, {"kind": "SECRET", "outcome": "SECRET", "need": "SECRET", "text": "SECRET"})
        assert "SECRET" not in shown + timeline.detail(code, {"text": "SECRET"})


def test_who_reads_an_entry_is_said_by_its_category():
    with translation.override("fr"):
        assert seen_by("contact", "victim") == "les services qui voient\u00a0: contact (victime)"
        assert seen_by("summary", "case") == "tous les services du dossier"
    for category in Category:
        for side in Side:
            assert seen_by(category, side)
