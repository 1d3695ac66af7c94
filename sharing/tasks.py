from celery import shared_task

from . import beginnings, expiry


@shared_task(name="sharing.announce_ends")
def announce_ends() -> None:
    """Several times a day: a consent about to end is announced once, whenever this runs."""
    expiry.announce_ends()


@shared_task(name="sharing.begin_due")
def begin_due() -> None:
    """Each minute: what was decided ahead of its start is opened when it has come to it."""
    beginnings.begin_due()
