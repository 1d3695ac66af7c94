import structlog
from celery import shared_task

from . import namewords, sortkeys

log = structlog.get_logger(__name__)


@shared_task(name="cases.check_sort_keys")
def check_sort_keys() -> None:
    """Nightly: rewrite the copied sort keys that differ from their source, those of ended permissions included."""
    if repaired := sortkeys.repair():
        log.warning("sort_keys_repaired", count=repaired)


@shared_task(name="cases.check_name_words")
def check_name_words() -> None:
    """Nightly: rewrite the words of names that differ from their source. None should."""
    if repaired := namewords.repair():
        log.warning("name_words_repaired", count=repaired)
