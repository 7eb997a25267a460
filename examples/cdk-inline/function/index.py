"""A handler that shows which library versions it was bundled with."""

import importlib.metadata


def handler(event, context):
    return {"requests": importlib.metadata.version("requests")}
