"""How articles are taken out of pages."""

from __future__ import annotations

from typing import Literal

import pydantic

from transforms.work.options import Options


class ExtractOptions(Options):
    """How articles are taken out of pages (section ``[extract]``)."""

    favor: Literal["balance", "precision", "recall"] = "balance"
    """Less text but surely the article's (precision), or more (recall)."""
    tables: bool = True
    """Keep the text of tables."""
    min_words: int = pydantic.Field(default=10, ge=1)
    """A page with fewer words has no article on it: menus and captions remain."""
