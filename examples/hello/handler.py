"""A Lambda function that says hello with the help of two packages."""

import barrow_colours
from barrow_hello import hello


def handler(event, context):
    return {"greeting": hello(event.get("name", "world")), "colours": list(barrow_colours.NAMES)}
