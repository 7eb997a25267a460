"""Calls one hook of a build backend (PEP 517) in the folder of the project: `hook.py REQUEST ANSWER`."""

import importlib
import json
import os
import sys

# The folder of this file is no business of the project's.
del sys.path[0]

# Backends change the arguments.
_, asked, answered = sys.argv

with open(asked, encoding="utf-8") as file:
    request = json.load(file)

sys.path[:0] = request["backend_path"]
name, _, attributes = request["backend"].partition(":")
backend = importlib.import_module(name)
if request["backend_path"]:
    origin = os.path.realpath(backend.__file__ or list(backend.__path__)[0])
    folders = [os.path.join(os.path.realpath(folder), "") for folder in request["backend_path"]]
    if not any(origin.startswith(folder) for folder in folders):
        sys.exit("the build backend %s is not in backend-path, but in %s" % (name, origin))
for attribute in filter(None, attributes.split(".")):
    backend = getattr(backend, attribute)

hook = getattr(backend, request["hook"], None)
if hook is None and request["hook"] == "get_requires_for_build_wheel":
    answer = []
elif hook is None:
    sys.exit("the build backend %s has no hook %s" % (request["backend"], request["hook"]))
else:
    answer = hook(*request["arguments"])

with open(answered, "w", encoding="utf-8") as file:
    json.dump(answer, file)
