"""Request paths: what the project tag is stripped from, and what takes the road."""


def upstream_path(path: bytes) -> bytes:
    """`path` as the provider knows it: `/v1/messages` of `/shop/v1/messages`, query and all."""
    route, mark, query = path.partition(b"?")
    at = route.find(b"/v1/")
    return route[max(at, 0) :] + mark + query


def is_telemetry(method: str, path: str) -> bool:
    """What Claude Code's exporter sends (OTLP over HTTP), with or without a project tag."""
    route = path.partition("?")[0]
    return method == "POST" and route.endswith(("/v1/logs", "/v1/metrics", "/v1/traces"))


def is_for_gateway(method: str, path: str) -> bool:
    """Calls for a model, their token counts, and the client's probe of the base URL itself."""
    route = path.partition("?")[0]
    if method == "HEAD":
        return "/v1/" not in route and route.endswith("/")
    return method == "POST" and route.endswith(("/v1/messages", "/v1/messages/count_tokens"))
