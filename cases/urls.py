from django.urls import path

from . import appointment_views, child_views, note_views, people_views, proceeding_views, timeline_views, views

APPOINTMENT = "<uuid:case_id>/appointments/<uuid:appointment_id>/"
CHILD = "<uuid:case_id>/people/<uuid:case_person_id>/child/"
CHILD_CONTACT = f"{CHILD}contacts/<uuid:contact_id>/"
PROCEEDING = "<uuid:case_id>/proceedings/<uuid:proceeding_id>/"

app_name = "cases"
urlpatterns = [
    path("", views.case_list, name="list"),
    path("search/", views.search, name="search"),
    path("<uuid:case_id>/", views.summary, name="summary"),
    path("<uuid:case_id>/people/", people_views.people, name="people"),
    path("<uuid:case_id>/people/contacts/<uuid:point_id>/", views.contact, name="contact"),
    path("<uuid:case_id>/people/contacts/<uuid:point_id>/replace/", views.replace_contact, name="replace_contact"),
    path("<uuid:case_id>/people/<uuid:case_person_id>/contacts/new/", views.new_contact, name="new_contact"),
    path(CHILD, child_views.child, name="child"),
    path(f"{CHILD}gender/", child_views.gender, name="say_child_gender"),
    path(f"{CHILD}arrangement/", child_views.arrange, name="arrange_child"),
    path(f"{CHILD}school-sheet/", child_views.school_sheet, name="child_sheet"),
    path(f"{CHILD}contacts/new/", child_views.new_contact, name="new_child_contact"),
    path(f"{CHILD_CONTACT}replace/", child_views.replace_contact, name="replace_child_contact"),
    path(f"{CHILD_CONTACT}end/", child_views.end_contact, name="end_child_contact"),
    path("<uuid:case_id>/proceedings/new/", proceeding_views.new_proceeding, name="new_proceeding"),
    path(PROCEEDING, proceeding_views.proceeding, name="proceeding"),
    path(f"{PROCEEDING}steps/", proceeding_views.add_step, name="add_proceeding_step"),
    path(f"{PROCEEDING}readers/", proceeding_views.add_reader, name="add_proceeding_reader"),
    path(f"{PROCEEDING}readers/<uuid:reader_id>/end/", proceeding_views.end_reader, name="end_proceeding_reader"),
    path("<uuid:case_id>/timeline/", timeline_views.timeline, name="timeline"),
    path("<uuid:case_id>/timeline/<uuid:entry_id>/", timeline_views.timeline_entry, name="timeline_entry"),
    path("<uuid:case_id>/notes/new/", note_views.write_note, name="write_note"),
    path("<uuid:case_id>/notes/<uuid:note_id>/correct/", note_views.correct_note, name="correct_note"),
    path("<uuid:case_id>/appointments/", appointment_views.appointment_list, name="appointments"),
    path("<uuid:case_id>/appointments/new/", appointment_views.new_appointment, name="new_appointment"),
    path(APPOINTMENT, appointment_views.appointment, name="appointment"),
    path(f"{APPOINTMENT}move/", appointment_views.move_appointment, name="move_appointment"),
    path(f"{APPOINTMENT}end/", appointment_views.end_appointment, name="end_appointment"),
    path(f"{APPOINTMENT}sheet/", appointment_views.appointment_sheet, name="appointment_sheet"),
]
