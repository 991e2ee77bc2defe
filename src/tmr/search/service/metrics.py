"""What the service counts, in the text form that Prometheus reads."""

from collections.abc import Callable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_BATCHES = (1, 2, 4, 8, 16)
_METHODS = frozenset({"GET", "HEAD", "POST", "DELETE", "OPTIONS", "PUT", "PATCH"})


class Metrics:
    """The service's counters.

    Args:
        waiting: Gives the number of queries that have no answer yet.
        items: Gives the number of items of each index.
    """

    def __init__(self, *, waiting: Callable[[], int], items: Callable[[], Mapping[str, int]]) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._requests = Counter(
            "tmr_requests",
            "Answers by route, method, status.",
            ("route", "method", "status"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "tmr_request_seconds", "Time to an answer.", ("route",), buckets=_SECONDS, registry=self._registry
        )
        self._batches = Histogram(
            "tmr_batch_queries", "Queries that were embedded together.", buckets=_BATCHES, registry=self._registry
        )
        Gauge("tmr_waiting_queries", "Queries without an answer yet.", registry=self._registry).set_function(waiting)
        self._items = Gauge("tmr_items", "Items that are searched.", ("index",), registry=self._registry)
        self._count_items = items

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count an answer."""
        # A method may be any word: only known ones become names of counters.
        self._requests.labels(route, method if method in _METHODS else "other", str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def searched(self, count: int) -> None:
        """Count queries that were answered together."""
        self._batches.observe(count)

    def text(self) -> bytes:
        """Return all counters as Prometheus reads them."""
        for name, count in self._count_items().items():
            self._items.labels(name).set(count)
        return generate_latest(self._registry)
