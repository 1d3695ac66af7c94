from django.apps import AppConfig
from django.utils.translation import pgettext_lazy


class MoveConfig(AppConfig):
    name = "move"

    def ready(self) -> None:
        from cases.enums import Category, Side
        from cases.tabs import Tab, register

        register(Tab("summary", pgettext_lazy("tab", "Summary"), "cases:summary"))
        register(Tab("people", pgettext_lazy("tab", "People"), "cases:people"))
        register(
            Tab(
                "reports",
                pgettext_lazy("tab", "Reports"),
                "reports:case_list",
                lambda a: a.can(Category.FACTS, Side.CASE),
            )
        )
        register(
            Tab(
                "assessments",
                pgettext_lazy("tab", "Assessments"),
                "riskassessment:case_list",
                lambda a: a.can(Category.RISK, Side.CASE) or a.level,
            )
        )
        register(Tab("referrals", pgettext_lazy("tab", "Referrals"), "referrals:case_list"))
        register(Tab("access", pgettext_lazy("tab", "Access and sharing"), "sharing:case_access"))
        register(Tab("trail", pgettext_lazy("tab", "Who has read and changed"), "casework:trail"))
