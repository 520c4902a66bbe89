"""What each step costs: ``python -m tests.benchmarks.stages PAGES`` prints JSON.

The functions that the stages are made of, called one after the other in one process,
without Beam.  The first pages warm caches and models up and are not counted.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime as dt
import functools
import json
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import trafilatura

from transforms.enrich.countries import CountryTagger
from transforms.enrich.entities import EntityOptions, find_entities
from transforms.enrich.geography.gazetteer import load_gazetteer
from transforms.enrich.language import LanguageOptions, detect_language
from transforms.errors import Unreadable
from transforms.extract.article import extract
from transforms.records import Article, Document
from transforms.text import charset
from transforms.vocabulary import Media, TextSource

WARM_UP = 10
"""Pages that are not counted; of few pages, half."""


def stage_milliseconds(paths: Sequence[Path]) -> dict[str, float]:
    """Return milliseconds an article by step; ``parse`` is a part of ``extract``."""
    spent: dict[str, float] = defaultdict(float)
    counted = 0
    warm_up = min(WARM_UP, len(paths) // 2)
    for number, path in enumerate(paths):
        try:
            found = _one(path)
        except Unreadable:
            # No article is on it: it would be a reject.
            continue
        if number >= warm_up:
            counted += 1
            for name, seconds in found.items():
                spent[name] += seconds
    return {name: 1000 * seconds / counted for name, seconds in spent.items()}


class _Clock:
    def __init__(self) -> None:
        self.spent: dict[str, float] = {}
        self._last = time.process_time()

    def lap(self, name: str) -> None:
        now = time.process_time()
        self.spent[name] = now - self._last
        self._last = now


def _one(path: Path) -> dict[str, float]:
    clock = _Clock()
    content = path.read_bytes()
    clock.lap("read")
    trafilatura.load_html(charset.decode(content, None))
    clock.lap("parse")
    document = Document(
        content, Media.HTML, TextSource.FILE, dt.datetime.now(dt.UTC), path=str(path)
    )
    article = extract(document)
    clock.lap("extract")
    language, _ = detect_language(article.title, article.text, LanguageOptions())
    clock.lap("language")
    article = _with_entities(dataclasses.replace(article, language=language))
    clock.lap("entities")
    _countries().tag(
        title=article.title,
        text=article.text,
        language=article.language,
        entities=article.entities,
    )
    clock.lap("countries")
    return clock.spent


@functools.cache
def _countries() -> CountryTagger:
    return CountryTagger(load_gazetteer())


def _with_entities(article: Article) -> Article:
    entities, model = find_entities(
        title=article.title,
        text=article.text,
        language=article.language,
        options=EntityOptions(),
        gazetteer=load_gazetteer(),
    )
    return dataclasses.replace(article, entities=entities, entity_model=model)


def main() -> None:
    """Print what each step costs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", type=Path)
    options = parser.parse_args()
    print(json.dumps(stage_milliseconds(sorted(options.pages.glob("*.html")))))


if __name__ == "__main__":
    main()
