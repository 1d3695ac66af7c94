from celery import shared_task

from . import measures, rounds


@shared_task(name="casework.expire_referrals")
def expire_referrals() -> None:
    """Every tick of beat. The rows are the truth: a tick lost, doubled or late changes nothing."""
    rounds.expire_referrals()


@shared_task(name="casework.end_measures")
def end_measures() -> None:
    """Every minute. The rows are the truth: a tick lost, doubled or late changes nothing."""
    measures.end_those_run_out()
