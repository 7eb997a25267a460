import a.b as c
from . import d
from ..e import *
try:
    import f
except (ImportError, KeyError):
    from g import h
else:
    import i
if sys.version_info >= (3, 12) and not TYPE_CHECKING:
    import j
def k():
    if l: return
    import m
k()
class N:
    import o
with suppress(ImportError):
    importlib.import_module("p.q")
match r:
    case [s, *t]: import u
