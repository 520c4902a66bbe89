"""Signer: the stage that gives articles their signatures, behind those that tag them."""

from __future__ import annotations

import dataclasses
import functools
import math
import zlib
from collections.abc import Iterator, Mapping

import pydantic

from transforms.records import Article
from transforms.stories import features, terms
from transforms.stories.signature import HASH_BITS, Signature, packed, unit
from transforms.stories.sketch import LEAD, LEAD_SIZE, sketch
from transforms.vocabulary import Stage
from transforms.work.options import Options
from transforms.work.steps import Function, Step

_MOST = 0.4
"""Of the length of the vector, what a single term may weigh: one name is no event."""
_FEWEST_WORDS = 8
"""A text with fewer is compared with none."""


def sign(article: Article) -> bytes | None:
    """Return the signature of an article, packed; None where there is too little text."""
    text = terms.words(article.text)
    found = [*terms.words(article.title), *text] if article.title else text
    if len(found) < _FEWEST_WORDS:
        return None
    numbers = {terms.plain(word) for word in set(found) if word[0].isdecimal()}
    language = (article.language or "").partition("-")[0][:3]
    own = terms.weights(article, found)
    plain = [terms.plain(word) for word in text]
    return Signature(
        language if language.isascii() else "",
        sketch(plain),
        sketch(plain[:LEAD], LEAD_SIZE),
        packed(
            _heaviest({f"{language}:{term}": own[term] for term in own}, terms.MOST)
        ),
        packed(_heaviest(features.features(article, numbers), features.MOST)),
    ).packed()


class StoriesOptions(Options):
    """How articles are brought together (section ``[stories]``)."""

    days: int = pydantic.Field(default=7, ge=0, le=366)
    """Days between two articles of one story, or a text and its copy; 0 looks for none."""


def _signed(article: Article) -> Iterator[Article]:
    signature = sign(article)
    # Most articles head a story of their own.  The file of one that does not is staged
    # again before it is committed.
    story = article.id if signature is not None else None
    yield dataclasses.replace(article, signature=signature, story_id=story)


def _unsigned(article: Article) -> Iterator[Article]:
    yield article


def sign_articles(options: StoriesOptions) -> Step:
    """Return the stage that signs articles, behind those that tag them."""
    return Step(Stage.SIGNATURES, functools.partial(_signer, is_on=options.days > 0))


def _signer(*, is_on: bool) -> Function[Article, Article]:
    return _signed if is_on else _unsigned


def _heaviest(weights: Mapping[str, float], most: int) -> dict[int, float]:
    """Return the heaviest of what is weighed, by hash, as a vector of length 1."""
    chosen = sorted(weights.items(), key=lambda item: (-item[1], item[0]))[:most]
    length = math.hypot(*(weight for _, weight in chosen)) or 1.0
    hashed: dict[int, float] = {}
    for key, weight in chosen:
        # The lowest bit of a feature says whether it is a country.
        number = zlib.crc32(key.encode()) >> (32 - HASH_BITS)
        number = number & ~1 | key.startswith(features.COUNTRY)
        hashed.setdefault(number, min(weight / length, _MOST))
    return unit(hashed)
