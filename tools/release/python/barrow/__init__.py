"""Finds the barrow program that was installed with this package."""

import os
import sys
import sysconfig

__all__ = ["find_program"]


def find_program():
    """The path of the program.

    It lies among the scripts of the environment that this module was installed into; with `pip install --user` and
    `pip install --target` these are in other places.

    Raises FileNotFoundError when it is in none of them.
    """
    name = "barrow" + (".exe" if os.name == "nt" else "")
    beside = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    user_scheme = "osx_framework_user" if sys.platform == "darwin" and sys._framework else os.name + "_user"
    folders = [
        sysconfig.get_path("scripts"),
        sysconfig.get_path("scripts", vars={"base": sys.base_prefix}),
        os.path.join(beside, "bin"),
        sysconfig.get_path("scripts", scheme=user_scheme),
    ]
    for folder in folders:
        program = os.path.join(folder, name)
        if os.path.isfile(program):
            return program
    raise FileNotFoundError("the barrow program is in none of these folders: " + ", ".join(folders))
