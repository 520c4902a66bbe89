"""Likeness: whether one article copies another, or reports the same event, and how surely.

Two texts of which most is the same are copies.  So are two of which half is the same,
where their headlines and leads speak of the same: pages of one site share their furniture,
and an agency's report is shortened at its end.  Of a brief less will do, where both
speak of nearly the same: a changed word is much of it.  Articles in one language report the same
event if their weighed terms agree, those in two languages if their features do.
"""

from __future__ import annotations

import dataclasses
import enum
import math
from collections.abc import Mapping, Sequence

import numpy as np

from transforms.stories.signature import Signature
from transforms.stories.sketch import LEAD_SIZE, SIZE, containment

# How they were chosen is in docs/quality.md.
_SAME_TEXT = 0.85
_PART_OF_TEXT = 0.45
_PART_OF_TERMS = 0.5
_PART_OF_BRIEF = 0.15
_TERMS_OF_BRIEF = 0.6
_SAME_TERMS = 0.36
_SAME_FEATURES = 0.36
_FEWEST_SHARED = 3
"""Names and numbers that texts in two languages share: a country is where, not what."""
_ON_ONE_SITE = 1.4
"""How much more two pages of one site must agree: they share form, section and place."""
_COPY = 3.0
"""Strength of a copy, to which its share of the text is added: more than any likeness."""
WHOLE = _COPY + 0.8
"""Strength of a copy of the whole text: a share of .85 or more that rests on much."""
_MOST_OF_STORY = 1 / min(_SAME_TERMS, _SAME_FEATURES)
"""Strength of two reports that agree in all."""
_ROUNDING = 0.01
STRONG = 1.75
"""Strength, in thresholds, from which on a link holds against any number of followers."""


class LinkKind(enum.StrEnum):
    """What links an article to an earlier one."""

    COPY = "copy"
    STORY = "story"


@dataclasses.dataclass(frozen=True, slots=True)
class Link:
    """That two articles belong together.

    Attributes:
      kind: How.
      strength: How surely: 1 is just enough; a copy has 3 and its share of the text.
    """

    kind: LinkKind
    strength: float


class Comparison:
    """An article beside others.

    Args:
      one: The signature of the article.
      others: Those of the others.
      on_one_site: Whether the same site has both, of each.

    Attributes:
      most: The strength that a link to each of the others has at most.
    """

    def __init__(
        self, one: Signature, others: Sequence[Signature], on_one_site: Sequence[bool]
    ) -> None:
        self._one, self._others, self._on_one_site = one, others, on_one_site
        elsewhere = ~np.array(on_one_site, bool)
        whole = containment(one.sketch, [other.sketch for other in others])
        lead = containment(one.lead, [other.lead for other in others], LEAD_SIZE)
        sure = np.maximum(whole.sure, lead.sure * elsewhere)
        part = np.maximum(whole.share, lead.share) * elsewhere
        shorter = np.minimum(len(one.sketch), [len(other.sketch) for other in others])
        is_part = part >= np.where(shorter < SIZE, _PART_OF_BRIEF, _PART_OF_TEXT)
        is_whole = whole.share >= _SAME_TEXT
        copy = _COPY + sure
        self._copy: list[float] = copy.tolist()
        self._part: list[float] = part.tolist()
        self._is_part: list[bool] = is_part.tolist()
        self._is_whole: list[bool] = is_whole.tolist()
        most = np.where(is_part | is_whole, copy, _MOST_OF_STORY) + _ROUNDING
        self.most: list[float] = most.tolist()

    def link(self, place: int) -> Link | None:
        """Return what links the article to one of the others, None if nothing does.

        Args:
          place: Which of them.
        """
        one, other = self._one, self._others[place]
        copy = Link(LinkKind.COPY, round(self._copy[place], 2))
        if self._is_whole[place]:
            return copy
        if one.language == other.language:
            agreement = cosine(one.terms, other.terms)
            strength = agreement / _SAME_TERMS
        else:
            agreement = 0.0
            strength = _across(one.features, other.features) / _SAME_FEATURES
        enough = (
            _PART_OF_TERMS if self._part[place] >= _PART_OF_TEXT else _TERMS_OF_BRIEF
        )
        if self._is_part[place] and agreement >= enough:
            return copy
        least = _ON_ONE_SITE if self._on_one_site[place] else 1.0
        return Link(LinkKind.STORY, round(strength, 2)) if strength >= least else None


def _across(one: Mapping[int, float], other: Mapping[int, float]) -> float:
    """Return how far features agree; not at all where it is in countries and little else."""
    shared = one.keys() & other.keys()
    if sum(not number & 1 for number in shared) < _FEWEST_SHARED:
        return 0.0
    return cosine(one, other)


def cosine(one: Mapping[int, float], other: Mapping[int, float]) -> float:
    """Return the cosine of two vectors of length 1."""
    # Exact, so that it does not depend on which of them is the first.
    return math.fsum(
        one[number] * other[number] for number in one.keys() & other.keys()
    )
