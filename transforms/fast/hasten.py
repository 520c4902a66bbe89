"""Makes trafilatura's searches faster: the same XPath expressions, in other words.

Half of the time of an extraction goes to expressions that look at every element of a page.
Those that ask each element for its own attributes are answered from memory
(:mod:`transforms.fast.search`).  In the others EXSLT's ``re:test`` costs most: lxml calls
it also where the attribute is missing, and each call builds the string of the pattern again
to look up its compiled form.  Here a test runs only where the attribute is present, and
finds its pattern by a number.  The elements found are the same:
:mod:`tests.unit.test_hasten` compares them.
"""

from __future__ import annotations

import functools
import logging
import re
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any, TypeAlias

from lxml import etree

from transforms.fast.insides import permitted
from transforms.fast.search import Search, masked

log = logging.getLogger(__name__)

_OURS = "urn:newsbeam:xpath"
_NAMESPACES = {"nb": _OURS, "re": "http://exslt.org/regular-expressions"}
_TEST = re.compile(
    r"""re:test\(\s*(?P<where>@[\w-]+(?:\s*\|\s*@[\w-]+)*)\s*,
        \s*'(?P<pattern>[^']*)'\s*(?:,\s*'(?P<flags>i?)'\s*)?\)""",
    re.VERBOSE,
)
_PREFIX = re.compile(r"([\w-]+):(?!:)")
# Values of attributes repeat: within a page, and from page to page of a site.
_REMEMBERED = 1_000

_tests: list[Callable[[str], bool]] = []


Finding: TypeAlias = etree.XPath | Search


def hastened(path: str) -> Finding | None:
    """Return what finds what the expression with this text finds, None: nothing faster.

    Raises:
      etree.XPathError: When the text is no expression.
    """
    if set(_PREFIX.findall(masked(path))) - {"re"}:
        # An expression does not say what its prefixes stand for, and lxml would miss them
        # only when it is asked.
        return None
    try:
        return Search(path, _compiled)
    except ValueError:
        return _compiled(path) if _TEST.search(path) else None


def _compiled(path: str) -> etree.XPath:
    return etree.XPath(
        _TEST.sub(_reworded, path),
        namespaces=_NAMESPACES,
        extensions={(_OURS, "test"): _holds},
    )


def _reworded(test: re.Match[str]) -> str:
    where = test["where"]
    pattern = re.compile(test["pattern"], re.IGNORECASE if test["flags"] else 0)
    if pattern.search(""):
        # It holds where there is no attribute, too.
        return test[0]

    @functools.lru_cache(maxsize=_REMEMBERED)
    def holds(value: str) -> bool:
        return pattern.search(value) is not None

    _tests.append(holds)
    number = len(_tests) - 1
    # Of two attributes re:test looks at one only: at the first of the set as it is given.
    value = where if "|" in where else f"string({where})"
    return f"(({where}) and nb:test({number}, {value}))"


def _holds(_: Any, number: float, value: str | list[str]) -> bool:
    return _tests[int(number)](value if isinstance(value, str) else value[0])


@functools.cache
def hasten(package: str) -> int:
    """Replace the expressions in the loaded modules of ``package``; return how many.

    They are constants of its modules, alone or in lists, and shared among them.  What
    cannot be put in other words stays as it is.  It changes the package for the whole
    process, once: for a worker that extracts, not for whoever imports newsbeam.
    """
    if not permitted():
        return 0
    done: dict[int, Finding] = {}
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == package:
            _hasten_module(module, done)
    count = sum(old != id(new) for old, new in done.items())
    if not count:
        log.warning("%s has no searches where they were: extraction is slower", package)
    return count


def _hasten_module(module: ModuleType, done: dict[int, Finding]) -> None:
    for name, value in list(vars(module).items()):
        if isinstance(value, etree.XPath):
            setattr(module, name, _replacement(value, done))
        elif isinstance(value, list) and all(
            isinstance(item, etree.XPath) for item in value
        ):
            # In place: other modules hold the same list.
            value[:] = [_replacement(item, done) for item in value]


def _replacement(old: etree.XPath, done: dict[int, Finding]) -> Finding:
    new = done.get(id(old))
    if new is None:
        new = hastened(old.path) or old
        done[id(old)] = new
        # What is new is found again, in lists that modules share.
        done[id(new)] = new
    return new
