"""The base of every stage's options: frozen, and strict about what it does not know."""

from __future__ import annotations

import pydantic


class Options(pydantic.BaseModel):
    """Options of one stage; a section of the configuration file is made of these."""

    model_config = pydantic.ConfigDict(
        frozen=True, extra="forbid", validate_default=True
    )
