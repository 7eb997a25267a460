"""A handler that says which requests it was bundled with."""

import requests


def handler(event, context):
    return {"requests": requests.__version__}
