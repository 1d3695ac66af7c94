from celery import shared_task

from . import services


@shared_task(name="followups.send_due_reminders")
def send_due_reminders() -> None:
    """Every tick of beat. The rows are the truth: a tick lost, doubled or late changes nothing."""
    services.send_due_reminders()
