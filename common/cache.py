"""The cache, which may vanish: throttling uses it, and nobody stays outside because it is gone."""

from typing import Any

import structlog
from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)


class ForgivingRedisCache(RedisCache):
    """Redis, and an empty cache while Redis does not answer. Nothing may be kept here that is not elsewhere.

    Counters of attempts start again with it: a login is then not throttled, and still checked.
    """

    def add(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return self._try(True, super().add, key, value, timeout, version)

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        return self._try(default, super().get, key, default, version)

    def set(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        self._try(None, super().set, key, value, timeout, version)

    def delete(self, key: str, version: int | None = None) -> bool:
        return self._try(False, super().delete, key, version)

    @staticmethod
    def _try(otherwise: Any, operation: Any, *args: Any) -> Any:
        try:
            return operation(*args)
        except RedisError as error:
            log.warning("cache_unavailable", exc_info=error)
            return otherwise
