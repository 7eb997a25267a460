"""A handler that says which requests it was bundled with, and what came from the layer."""

import certifi
import requests


def handler(event, context):
    return {"requests": requests.__version__, "certificates": certifi.where(), "event": event}
