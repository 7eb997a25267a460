"""Reads the pages of the manual: blocks, headings and links."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# What may stand behind the language of a block of commands, and why it is not run here.
WORDS = {
    "account": "needs an account of AWS or of a registry, or a server of people's own",
    "before": "is what people type before they move",
    "clone": "compiles something in a clone",
    "mac": "needs a Mac",
    "node": "needs npm and pip: `tests/integrations/run` follows it to the letter",
    "release": "needs the files of a release: `tools/release/test` installs them",
    "terraform": "needs Terraform: `tests/integrations/run` follows it to the letter",
}

# What may stand there too, and is run: `cloud.py` answers in the place of a store, and of the programs of clouds.
STOOD_FOR = {"cloud"}


@dataclass
class Block:
    """A fenced block: its language, the words behind it, where it stands, and its text without its indentation."""

    page: Path
    line: int
    language: str
    words: list[str]
    text: str

    @property
    def place(self):
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    @property
    def file(self):
        """The file that the reader is told to write, if any."""
        return next((word.removeprefix("file=") for word in self.words if word.startswith("file=")), None)

    @property
    def marks(self):
        return [word for word in self.words if not word.startswith("file=")]


def manual():
    """Every page for users."""
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    others = [path for folder in ("examples", "integrations") for path in sorted((ROOT / folder).rglob("*.md"))]
    return pages + [path for path in others if "node_modules" not in path.parts]


def blocks(page):
    found, open_block = [], None
    for number, line in enumerate(page.read_text().splitlines(), 1):
        fence = re.match(r"^( *)```(.*)$", line)
        if fence and open_block is None:
            language, *words = fence[2].split() or [""]
            open_block = Block(page, number, language, words, ""), len(fence[1])
        elif fence:
            found.append(open_block[0])
            open_block = None
        elif open_block:
            open_block[0].text += line[open_block[1] :] + "\n"
    assert open_block is None, f"{page}: a block is not closed"
    return found


def settings(document):
    """The settings of barrow that a document of TOML has; `None`: it is a file of somebody else's."""
    own = document.get("tool", {}).get("barrow")
    is_of_others = {"version", "project", "build-system", "tool", "package", "dependency-groups"} & set(document)
    return document if own is None and not is_of_others else own


def prose(page):
    """The page without its blocks and without quoted words."""
    lines, inside = [], False
    for line in page.read_text().splitlines():
        if re.match(r"^ *```", line):
            inside = not inside
        elif not inside:
            lines.append(line)
    return re.sub(r"`[^`\n]*`", "``", "\n".join(lines))


def anchors(page):
    """The anchors of headings, as Git hosts and mdBook make them."""
    found, counts, inside = set(), {}, False
    for line in page.read_text().splitlines():
        if re.match(r"^ *```", line):
            inside = not inside
        heading = None if inside else re.match(r"^#+ (.*)$", line)
        if heading:
            text = heading[1].strip().lower()
            anchor = "".join(c for c in text.replace(" ", "-") if c.isalnum() or c in "-_")
            count = counts.get(anchor, 0)
            counts[anchor] = count + 1
            found.add(f"{anchor}-{count}" if count else anchor)
    return found


def links(page):
    return re.findall(r"\]\(([^)\s]+)\)", prose(page))
