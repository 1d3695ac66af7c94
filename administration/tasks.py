from celery import shared_task

from . import offer_reminders, proof, unusual_sweep


@shared_task(name="administration.look_for_unusual")
def look_for_unusual() -> None:
    """Every quarter of an hour: unusual readings are written down, for data-protection officers."""
    unusual_sweep.sweep()


@shared_task(name="administration.tell_of_audit")
def tell_of_audit() -> None:
    """Each minute: who answers for the audit hears that a check found something, or that sealing is late."""
    proof.tell_of_trouble()


@shared_task(name="administration.mail_last_root")
def mail_last_root() -> None:
    """Each hour, so that a day is never missed: the last root leaves by mail, once a day."""
    proof.mail_last_root()


@shared_task(name="administration.ask_to_confirm")
def ask_to_confirm() -> None:
    """Each day: services hear that an entry of the directory has not been confirmed for six months."""
    offer_reminders.ask_to_confirm()
