import structlog
from celery import shared_task

from . import sortkeys

log = structlog.get_logger(__name__)


@shared_task(name="cases.check_sort_keys")
def check_sort_keys() -> None:
    """Nightly: count permission rows whose copied sort keys differ from their source."""
    drifted = sortkeys.drifted()
    if drifted:
        log.error("sort_keys_drifted", count=drifted)
