from celery import shared_task

from . import callbacks, interpreters, reminding


@shared_task(name="followups.send_due_reminders")
def send_due_reminders() -> None:
    """Every tick of beat. The rows are the truth: a tick lost, doubled or late changes nothing."""
    reminding.send_due_reminders()


@shared_task(name="followups.remind_of_callbacks")
def remind_of_callbacks() -> None:
    """Every tick of beat, as for what is due in cases."""
    callbacks.remind()


@shared_task(name="followups.remind_of_interpreters")
def remind_of_interpreters() -> None:
    """Every tick of beat, as for what is due in cases."""
    interpreters.remind()


@shared_task(name="followups.erase_callbacks")
def erase_callbacks() -> None:
    """Each hour: numbers nobody called are forgotten after their end. A tick lost is made up for by the next."""
    callbacks.erase_unhandled()
