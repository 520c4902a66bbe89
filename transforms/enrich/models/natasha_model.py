"""Natasha's recogniser of Russian names: small, quick, trained on news."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version

from transforms.enrich.models.labels import TYPES
from transforms.enrich.naming.spans import Span


class NatashaModel:
    """Natasha's model for news, which comes with its package.

    Attributes:
      name: The package with its version: the column ``entity_model``.
    """

    def __init__(self) -> None:
        # This takes a second, which a run that finds nothing new can save.
        from natasha import Doc, NewsEmbedding, NewsNERTagger, Segmenter

        self._document = Doc
        self._segmenter = Segmenter()
        self._tagger = NewsNERTagger(NewsEmbedding())
        self.name = f"natasha/{version('natasha')}"

    def find(self, texts: Sequence[str]) -> list[list[Span]]:
        """Return the names in each text, in order, none overlapping another."""
        return [self._find(text) for text in texts]

    def _find(self, text: str) -> list[Span]:
        document = self._document(text)
        document.segment(self._segmenter)
        if not document.sents:
            return []
        document.tag_ner(self._tagger)
        return [
            Span(span.start, span.stop, TYPES[span.type]) for span in document.spans
        ]
