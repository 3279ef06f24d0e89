"""Measure requests, over all processes of one web server: how many, with what end, how long."""

import os
import time
from typing import Final

from flask import Flask, Response, g, request
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.multiprocess import MultiProcessCollector

_BUCKETS: Final = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0)
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "OPTIONS"})
_FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"


class Measured:
    """The measures of one process, which are kept where its siblings find them."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        labels = ("route", "method")
        self._requests = Counter(
            "postbag_http_requests_total",
            "Requests, by route, method and status.",
            (*labels, "status"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "postbag_http_request_seconds",
            "How long requests took.",
            labels,
            buckets=_BUCKETS,
            registry=self._registry,
        )

    def registry(self) -> CollectorRegistry:
        """Return what this process and its siblings have measured."""
        if not os.environ.get(_FOLDER):
            return self._registry
        together = CollectorRegistry()
        MultiProcessCollector(together)  # type: ignore[no-untyped-call]
        return together

    def see(self, response: Response) -> Response:
        """Count one request, by its rule: its address may hold a token."""
        began: float | None = g.pop("began", None)
        if began is not None:
            rule = request.url_rule.rule if request.url_rule else "none"
            method = request.method if request.method in _METHODS else "other"
            self._requests.labels(rule, method, str(response.status_code)).inc()
            self._seconds.labels(rule, method).observe(time.monotonic() - began)
        return response


def register(app: Flask) -> None:
    """Measure the requests of `app`."""
    measured = Measured()
    app.extensions["measured"] = measured

    def begin() -> None:
        g.began = time.monotonic()

    app.before_request_funcs.setdefault(None, []).insert(0, begin)
    app.after_request(measured.see)
