from django.urls import path

from . import views

app_name = "cases"
urlpatterns = [
    path("", views.case_list, name="list"),
    path("search/", views.search, name="search"),
    path("<uuid:case_id>/", views.summary, name="summary"),
    path("<uuid:case_id>/people/", views.people, name="people"),
    path("<uuid:case_id>/people/contacts/<uuid:point_id>/", views.contact, name="contact"),
    path("<uuid:case_id>/people/contacts/<uuid:point_id>/replace/", views.replace_contact, name="replace_contact"),
    path("<uuid:case_id>/people/<uuid:case_person_id>/contacts/new/", views.new_contact, name="new_contact"),
    path("<uuid:case_id>/notes/new/", views.write_note, name="write_note"),
]
