from django.apps import AppConfig
from django.utils.translation import pgettext_lazy


class MoveConfig(AppConfig):
    name = "move"

    def ready(self) -> None:
        from administration import panels as oversight
        from administration import unusual_words
        from agencies.perms import may_read_proof
        from cases import (
            access,
            appointment_views,
            appointments,
            child_panels,
            children,
            panels,
            proceeding_views,
            who_sees,
        )
        from cases.enums import Category, Side
        from cases.restriction import hides_notice
        from cases.tabs import Tab, register
        from casework import (
            action_steps,
            alert_views,
            case_grids,
            children_missing,
            closing_steps,
            closing_views,
            custody_panels,
            detaining,
            emergency,
            grouping,
            measure_lines,
            monitoring,
            next_steps,
            overseeing,
            programme_work,
            releasing,
            repeating,
            requesting,
            shown_grids,
            shown_needs,
            shown_plans,
            six_steps,
            tracking,
            trail_words,
        )
        from casework import appointments as following
        from casework import panels as work
        from casework import programme as following_him
        from followups import ladders
        from followups.models import FollowUpKind
        from notifications.models import NoticeKind
        from notifications.services import register_hides
        from plans import custody, dangers, measures, steps
        from referrals import interpreting_views
        from reports import exposures, reaching, situation_views
        from riskassessment.perms import opens_room
        from sharing import counter_complaints, deciding, links, preview, rectifying, subject_access_views
        from sharing import services as decisions
        from sharing import who_sees as sharing_readers

        register(Tab("summary", pgettext_lazy("tab", "Summary"), "cases:summary"))
        register(Tab("people", pgettext_lazy("tab", "People"), "cases:people"))
        register(
            Tab(
                "reports",
                pgettext_lazy("tab", "Reports and files"),
                "reports:case_list",
                lambda a: a.can(Category.FACTS, Side.CASE),
                covers=("files", "situations"),
            )
        )
        # one or the other: nobody has more than eight tabs
        register(
            Tab(
                "files",
                pgettext_lazy("tab", "Situations and files"),
                "reports:files",
                lambda a: not a.can(Category.FACTS, Side.CASE),
                covers=("situations",),
            )
        )
        register(Tab("assessments", pgettext_lazy("tab", "Assessments"), "riskassessment:case_list", opens_room))
        register(Tab("plan", pgettext_lazy("tab", "Plan"), "plans:overview"))
        register(Tab("referrals", pgettext_lazy("tab", "Referrals"), "referrals:case_list"))
        register(Tab("access", pgettext_lazy("tab", "Access and sharing"), "sharing:case_access"))
        register(Tab("trail", pgettext_lazy("tab", "Who has read and changed"), "casework:trail"))

        steps.register(steps.StepKey.INITIAL, "needs", six_steps.initial)
        steps.register(steps.StepKey.RISK, "grids", six_steps.risk)
        steps.register(steps.StepKey.REFERRALS, "referrals", six_steps.referrals)
        steps.register(steps.StepKey.MANAGEMENT, "reference_person", six_steps.management)
        steps.register(steps.StepKey.MANAGEMENT, "closing", closing_steps.lines)
        steps.register(steps.StepKey.MANAGEMENT, "plan", action_steps.lines)
        steps.register(steps.StepKey.COUNSELLING, "services", six_steps.counselling)
        steps.register(steps.StepKey.LEGAL, "measures", measure_lines.step)
        steps.register(steps.StepKey.LEGAL, "custody", custody_panels.step)

        for place in ("top", "assessments"):
            disagree = panels.Panel(f"disagreement_{place}", "casework/_disagreement.html", work.disagreement, place)
            panels.register(disagree)
        panels.register(panels.Panel("next_step", "casework/_next_step.html", next_steps.next_step, place="top"))
        panels.register(panels.Panel("repeats", "casework/_repeats.html", repeating.panel, place="top"))
        panels.register(panels.Panel("proposal", "casework/_proposal.html", case_grids.proposal, place="assessments"))
        panels.register(panels.Panel("grids", "casework/_grids.html", case_grids.grids, place="assessments"))
        panels.register(
            panels.Panel(
                "turning_points", "casework/_turning_points.html", case_grids.turning_points, place="assessments_aside"
            )
        )
        panels.register(panels.Panel("custody", "casework/_custody.html", custody_panels.panel))
        panels.register(panels.Panel("report_again", "casework/_report_again.html", work.report_again, place="head"))
        panels.register(panels.Panel("moves", "casework/_moves.html", work.moves_and_services))
        panels.register(panels.Panel("appointments", "cases/_next_appointments.html", appointment_views.panel))
        panels.register(panels.Panel("measures", "casework/_measures_panel.html", measure_lines.panel))
        panels.register(panels.Panel("children", "cases/_children.html", child_panels.people, place="people"))
        panels.register(
            panels.Panel("interpreting", "referrals/_interpreting.html", interpreting_views.panel, place="people")
        )
        panels.register(panels.Panel("proceedings", "cases/_proceedings.html", proceeding_views.panel, place="people"))
        panels.register(
            panels.Panel("child_prompts", "cases/_child_prompts.html", child_panels.beside_a_note, place="compose")
        )
        panels.register(panels.Panel("links", "sharing/_links.html", links.panel, place="people"))
        panels.register(panels.Panel("alike", "casework/_alike_link.html", grouping.panel, place="people"))
        panels.register(
            panels.Panel("subject_access", "sharing/_subject_links.html", subject_access_views.links, place="people")
        )
        panels.register(panels.Panel("situations", "reports/_situations.html", situation_views.panel))
        panels.register(
            panels.Panel("children_missing", "casework/_children_missing.html", children_missing.panel, place="aside")
        )
        panels.register(panels.Panel("risk", "casework/_risk.html", work.risk))
        children.register_lived(children.LivedThrough(exposures.lived, exposures.to_complete))
        panels.register_due(panels.Due(work.next_of, work.cases_to_act_in, work.verb))
        panels.register_readers(who_sees.by_pair)
        who_sees.register(sharing_readers.readers)
        panels.register_assessments(work.reads_assessment)
        panels.register_marks(panels.Marks(rectifying.marks, rectifying.marked))
        access.register_flag("staff_danger", dangers.flagged)
        access.register_flag("any_alert", custody.any_alert)
        access.register_flag("any_detention", custody.any_detention)
        access.register_flag("any_measure", measures.any_measure)
        panels.register_banner("plans/_danger_banner.html", dangers.banner)
        panels.register_banner("casework/_release_banner.html", releasing.banner)
        panels.register_banner("casework/_emergency_banner.html", emergency.banner)
        panels.register_banner("casework/_monitoring_banner.html", monitoring.banner)
        panels.register_banner("sharing/_opposing_banner.html", counter_complaints.banner)
        panels.register(panels.Panel("coordination", "casework/_coordination_link.html", monitoring.link))
        panels.register_banner("casework/_closing_banner.html", closing_views.banner)
        panels.register(panels.Panel("closing", "casework/_closing_link.html", closing_views.link))
        panels.register_unreached(reaching.last_answer)
        overseeing.register(oversight.proof, who=may_read_proof)
        overseeing.register(oversight.unusual)
        unusual_words.register(page=trail_words.page_words, categories=trail_words.categories)
        register_hides(hides_notice)
        appointments.register(
            appointments.Follows(made=following.ask_what_became, over=following.answered, linked=following.linked)
        )
        ladders.register(FollowUpKind.DETENTION, ladders.Ladder(look=detaining.look))
        release_ladder = ladders.Ladder(releasing.look, releasing.REPEATS, NoticeKind.RELEASE_ALERT)
        ladders.register(FollowUpKind.RELEASE, release_ladder)
        links.register_after(repeating.look_at_link)
        preview.register(shown_grids.lines)
        preview.register(shown_needs.lines)
        preview.register(shown_plans.lines)
        deciding.register_answering(requesting.grant_request)
        decisions.register_alert(tracking.alerted)
        steps.register(steps.StepKey.COUNSELLING, "programme", programme_work.step)
        access.register_flag("anything_passed", following_him.anything_passed)
        panels.register(panels.Panel("passed_on", "casework/_passed_on.html", alert_views.panel, place="top"))
