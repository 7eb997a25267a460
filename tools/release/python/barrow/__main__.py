"""`python -m barrow`: the program, with the same arguments."""

import os
import subprocess
import sys

from barrow import find_program


def main():
    program = find_program()
    if os.name == "nt":
        sys.exit(subprocess.call([program, *sys.argv[1:]]))
    os.execv(program, [program, *sys.argv[1:]])


if __name__ == "__main__":
    main()
