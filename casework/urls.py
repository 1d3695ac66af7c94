from django.urls import path

from . import assessment_views

ASSESSMENT = "cases/<uuid:case_id>/assessments/<uuid:assessment_id>/"

app_name = "casework"
urlpatterns = [
    path(f"{ASSESSMENT}sign/", assessment_views.sign, name="sign_assessment"),
    path(f"{ASSESSMENT}conclude/", assessment_views.conclude, name="conclude_level"),
    path(f"{ASSESSMENT}countersign/", assessment_views.countersign, name="countersign_level"),
]
