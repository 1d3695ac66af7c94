from celery import shared_task

from . import consulting


@shared_task(name="riskassessment.erase_consultations")
def erase_consultations() -> None:
    """Each hour: what was asked without identity and has expired is removed. A tick lost is made up for by the next."""
    consulting.erase_expired()
