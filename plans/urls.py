from django.urls import path

from . import danger_views, needs_views, safety_views, views

PLAN = "cases/<uuid:case_id>/plan/"

app_name = "plans"
urlpatterns = [
    path(PLAN, views.overview, name="overview"),
    path(f"{PLAN}safety/", safety_views.safety_plan, name="safety_plan"),
    path(f"{PLAN}safety/write/", safety_views.write_safety_plan, name="write_safety_plan"),
    path(f"{PLAN}safety/<uuid:plan_id>/paper/", safety_views.safety_paper, name="safety_paper"),
    path(f"{PLAN}needs/", needs_views.needs_page, name="needs"),
    path(f"{PLAN}needs/<uuid:case_person_id>/", needs_views.write_needs, name="write_needs"),
    path(f"{PLAN}background/<uuid:case_person_id>/", needs_views.migration, name="migration"),
    path(f"{PLAN}dangers/", danger_views.danger_list, name="dangers"),
    path(f"{PLAN}dangers/new/", danger_views.flag_danger, name="flag_danger"),
    path(f"{PLAN}dangers/<uuid:danger_id>/prolong/", danger_views.prolong_danger, name="prolong_danger"),
    path(f"{PLAN}dangers/<uuid:danger_id>/end/", danger_views.end_danger, name="end_danger"),
]
