"""trafilatura's own steps over a page, each of them done once.

trafilatura copies the tree of a page to keep it as it came, once more for extractors that
a fast extraction does not ask, and once more for pages on which it finds too little.  When
it is asked again about a page, with other wishes, it begins at the beginning.  Here a copy
is made when it is needed, and what was found in the same tree is remembered.  The steps are
trafilatura's own functions; those that copy are given other helpers.
"""

from __future__ import annotations

import copy
import functools
import logging
from collections.abc import Callable
from types import FunctionType
from typing import Any, Literal, Self, TypeAlias

from lxml import html
from lxml.etree import _Element
from lxml.html import HtmlElement
from trafilatura import core, main_extractor
from trafilatura.baseline import html2txt
from trafilatura.external import compare_extraction
from trafilatura.htmlprocessing import convert_tags, tree_cleaning
from trafilatura.settings import Extractor
from trafilatura.xml import xmltotxt

from transforms.fast.insides import permitted

log = logging.getLogger(__name__)

_Found: TypeAlias = tuple[_Element, str]


class _TooLittleError(Exception):
    """So little was found that the tree is needed as it was before."""


class _Untouched:
    """Stands for the copy of a tree that is rarely looked at."""

    def __init__(self, tree: HtmlElement) -> None:
        pass

    def iter(self) -> None:
        """Raise: it is looked at.

        Raises:
          _TooLittleError: Always.
        """
        raise _TooLittleError


class Cascade:
    """Extracts the text of one page.

    Args:
      tree: The page; it loses what trafilatura prunes from every page.
      tables: Whether the text of tables is wanted.
    """

    def __init__(self, tree: HtmlElement, *, tables: bool) -> None:
        self._tree = tree
        self._tables = tables
        self._mains: dict[tuple[str, bool | None], _Found] = {}
        self._whole: str | None = None
        self._content = _with(main_extractor.extract_content, deepcopy=_Untouched)

    @classmethod
    def over(cls, tree: HtmlElement, *, tables: bool) -> Self | None:
        """Return one, None where trafilatura has other steps, or only the plain way may be."""
        return cls(tree, tables=tables) if is_as_known() else None

    def text(self, *, fast: bool, focus: Literal["balance", "recall"]) -> str:
        """Return the text, a line for each block; empty where there is none.

        Args:
          fast: Whether no other extractors are asked.
          focus: Whether more text is better than certain text.

        Raises:
          TypeError: When trafilatura cannot take the page.
          ValueError: The same.
        """
        options = _options(fast=fast, recall=focus == "recall", tables=self._tables)
        body, text, _, _ = self._sequence()(self._tree, options, None)
        return xmltotxt(body, include_formatting=False) if text else ""

    def _sequence(self) -> Callable[..., Any]:
        """Return trafilatura's sequence of steps over this page.

        Raises:
          AttributeError: When it has other steps.
          KeyError: The same.
        """
        # Kept in this object, it would make a cycle, and a page would stay in memory
        # until the collector looks for one.
        helpers: dict[str, Callable[..., Any]] = {
            "_prepare_tree": lambda *_: (None, None),
            "_extract_and_compare": self._extracted,
            "html2txt": self._whole_text,
        }
        helpers["_recall_retry"] = _with(core._recall_retry, **helpers)  # noqa: SLF001
        return _with(core.trafilatura_sequence, **helpers)

    def _extracted(
        self, _: None, __: None, tree: HtmlElement, options: Extractor
    ) -> _Found:
        """Return what the main extractor finds, or another if it should be asked."""
        body, text = self._main(tree, options)
        if options.fast:
            return body, text
        cleaned = tree_cleaning(copy.copy(tree), options)
        return compare_extraction(cleaned, copy.copy(tree), body, text, options)

    def _main(self, tree: HtmlElement, options: Extractor) -> _Found:
        # Whether it is fast makes a difference only where too little is found.
        for key in ((options.focus, options.fast), (options.focus, None)):
            if key in self._mains:
                body, text = self._mains[key]
                return copy.deepcopy(body), text
        try:
            body, text = self._content(_prepared(tree, options), options)
            key = (options.focus, None)
        except _TooLittleError:
            body, text = main_extractor.extract_content(
                _prepared(tree, options), options
            )
            key = (options.focus, options.fast)
        self._mains[key] = copy.deepcopy(body), text
        return body, text

    def _whole_text(self, tree: HtmlElement) -> str:
        if self._whole is None:
            self._whole = html2txt(tree)
        return self._whole


def _prepared(tree: HtmlElement, options: Extractor) -> HtmlElement:
    return convert_tags(tree_cleaning(copy.copy(tree), options), options)


@functools.cache
def _options(*, fast: bool, recall: bool, tables: bool) -> Extractor:
    return Extractor(
        output_format="python",
        fast=fast,
        recall=recall,
        comments=False,
        tables=tables,
    )


@functools.cache
def is_as_known() -> bool:
    """Return whether trafilatura has these steps, and they may be used."""
    if not permitted():
        return False
    try:
        Cascade(html.Element("html"), tables=False)._sequence()  # noqa: SLF001
    except (AttributeError, KeyError):
        log.warning("trafilatura has other steps than it had: extraction is slower")
        return False
    return True


def _with(function: Any, **helpers: Any) -> Callable[..., Any]:
    """Return the same function, which finds other helpers in the place of its module's.

    Raises:
      KeyError: When its module has no such helper.
    """
    known = function.__globals__
    for name in helpers:
        known[name]
    return FunctionType(
        function.__code__,
        {**known, **helpers},
        function.__name__,
        function.__defaults__,
    )
