"""Sentences to build articles from: the repository's own gold texts, cut up.

The same language, people, places and numbers as in real news, in new combinations: an
article made here has entities and countries to find, and no two articles are alike.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import random
import re
from collections import defaultdict
from pathlib import Path

import lxml.html

from transforms.page.walls import wall
from transforms.text.strings import word_count

ROOT = Path(__file__).resolve().parents[2]

_QUOTED = r"[\"»”“’)\]]*"
# A full stop after a short word is an abbreviation's more often than a sentence's.
_END = re.compile(rf"(?<=\w\w\w)[.!?…]{_QUOTED}\s+(?=[^\sa-zà-ÿ])|[。！？]{_QUOTED}\s*")
_NUMBER = re.compile(r"\d+")
_SHORTEST = 25


@dataclasses.dataclass(frozen=True)
class Newsroom:
    """What articles in one language are made of.

    Attributes:
      language: BCP 47 subtag.
      titles: Headlines.
      sentences: Sentences as they were written.
      people: Full names that stand in the sentences.
    """

    language: str
    titles: tuple[str, ...]
    sentences: tuple[str, ...]
    people: tuple[str, ...]

    def sentence(self, chance: random.Random) -> str:
        """Return a sentence, with other numbers and perhaps other people in it."""
        found = chance.choice(self.sentences)
        for person in self.people:
            if person in found:
                found = found.replace(person, chance.choice(self.people))
                break
        return _NUMBER.sub(lambda number: _other(number[0], chance), found)

    def paragraph(self, chance: random.Random) -> str:
        """Return two to five sentences."""
        joint = "" if self.language in {"ja", "zh"} else " "
        return joint.join(self.sentence(chance) for _ in range(chance.randint(2, 5)))

    def title(self, chance: random.Random) -> str:
        """Return a headline."""
        return chance.choice(self.titles)


def _other(number: str, chance: random.Random) -> str:
    first = chance.choice("123456789")
    return first + "".join(chance.choice("0123456789") for _ in number[1:])


@functools.cache
def newsrooms() -> dict[str, Newsroom]:
    """Return one newsroom for each language that the gold texts are in."""
    titles: dict[str, list[str]] = defaultdict(list)
    blocks: dict[str, list[str]] = defaultdict(list)
    people: dict[str, set[str]] = defaultdict(set)
    for path in sorted((ROOT / "tests/quality/texts").glob("*.jsonl")):
        for line in path.read_text().splitlines():
            row = json.loads(line)
            titles[row["lang"]].append(row["title"])
            blocks[row["lang"]] += row["text"].split("\n\n")
            people[row["lang"]].update(
                entity["text"]
                for entity in row["entities"]
                if entity["label"] == "PER" and " " in entity["text"]
            )
    for path in sorted((ROOT / "seeds/offline/pages").glob("*/*.html")):
        title, paragraphs = _sample(path)
        text = "\n\n".join(paragraphs)
        if wall(title, text, word_count(text), ""):
            # Two sentences of a consent wall make one of a short article.
            continue
        titles[path.parent.name].append(title)
        blocks[path.parent.name] += paragraphs
    for path in sorted((ROOT / "seeds").glob("*.txt")):
        blocks["fr"] += path.read_text().splitlines()
    return {
        language: Newsroom(
            language,
            tuple(dict.fromkeys(titles[language])),
            tuple(dict.fromkeys(part for block in found for part in _cut(block))),
            tuple(sorted(people[language])),
        )
        for language, found in sorted(blocks.items())
    }


def _sample(path: Path) -> tuple[str, list[str]]:
    """Return the headline and the paragraphs of a page of the offline sample."""
    tree = lxml.html.document_fromstring(path.read_bytes())
    title = tree.findtext(".//h1") or tree.findtext(".//title") or path.stem
    found = [
        " ".join(element.text_content().split()) for element in tree.iterfind(".//p")
    ]
    # What is shorter is a caption, a byline or a menu.
    return " ".join(title.split()), [text for text in found if len(text) > 120]


def _cut(block: str) -> list[str]:
    found, start = [], 0
    for end in _END.finditer(block):
        found.append(block[start : end.end()].strip())
        start = end.end()
    found.append(block[start:].strip())
    return [text for text in found if len(text) >= _SHORTEST]
