"""Put a span round each request, where the settings ask for spans."""

from flask import Flask, g, request

from letters import tracing


def register(app: Flask) -> None:
    """Trace the requests of `app` by their rule: an address may hold a token."""
    if not tracing.is_on():
        return

    def begin() -> None:
        rule = request.url_rule.rule if request.url_rule else "none"
        g.traced = tracing.span("request", route=rule, method=request.method)
        g.traced.__enter__()

    def end(_error: BaseException | None) -> None:
        if "traced" in g:
            g.pop("traced").__exit__(None, None, None)

    app.before_request_funcs.setdefault(None, []).insert(0, begin)
    app.teardown_request(end)
