from celery import shared_task

from . import rounds


@shared_task(name="casework.expire_referrals")
def expire_referrals() -> None:
    """Every tick of beat. The rows are the truth: a tick lost, doubled or late changes nothing."""
    rounds.expire_referrals()
