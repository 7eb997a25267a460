"""What can be said of the pages without running anything: links, the table of contents, and commands that no test would see."""

import re
import subprocess

from pages import ROOT, STOOD_FOR, WORDS, anchors, blocks, links, manual

DOCS = ROOT / "docs"


def check():
    """Gives what is wrong."""
    wrong = [*contents(), *outside()]
    for page in manual():
        wrong += [f"{page.relative_to(ROOT)}: {what}" for what in dead(page)]
        for block in blocks(page):
            wrong += [f"{block.place}: {what}" for what in hidden(block)]
    return wrong


def contents():
    """Each page is in the table of contents, once."""
    listed = re.findall(r"\]\(([^)]+)\)", (DOCS / "SUMMARY.md").read_text())
    there = sorted(path.name for path in DOCS.glob("*.md") if path.name != "SUMMARY.md")
    return [f"docs/SUMMARY.md and the pages differ in {name}" for name in sorted(set(listed) ^ set(there))] + [
        f"docs/SUMMARY.md has {name} twice" for name in set(listed) if listed.count(name) > 1
    ]


def outside():
    """A book has no files of the repository around it: pages name them and do not link to them."""
    for page in DOCS.glob("*.md"):
        for target in links(page):
            if target.startswith("../"):
                yield f"docs/{page.name}: {target} leads out of the book"


def dead(page):
    """Links that lead nowhere. What is on another server is not asked."""
    for target in links(page):
        if "://" in target or target.startswith("mailto:"):
            continue
        path, _, anchor = target.partition("#")
        place = (page.parent / path).resolve() if path else page
        if not place.exists():
            yield f"{target} is not there"
        elif anchor and place.suffix == ".md" and anchor not in anchors(place):
            yield f"{target}: there is no such heading"


def hidden(block):
    """Commands that would not be run, and marks that nobody knows."""
    if block.language == "":
        yield "a block without a language"
    if block.language in ("bash", "shell", "zsh"):
        yield "blocks of commands are called `sh`"
    if block.language == "text" and re.search(r"^barrow ", block.text, re.M) and not block.file:
        yield "commands stand in blocks `sh`, which are run"
    if block.language in ("sh", "console"):
        yield from (f"nobody knows the mark `{mark}`" for mark in block.marks if mark not in WORDS and mark not in STOOD_FOR)
    if block.language == "sh":
        done = subprocess.run(["bash", "-n"], input=block.text, capture_output=True, text=True, check=False)
        if done.returncode:
            yield f"a shell does not understand it: {done.stderr.strip()}"
