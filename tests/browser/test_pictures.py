"""The pictures of the report look as they did when somebody last looked at them.

What is kept is a sheet for each width and scheme, small enough for a folder of tests.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Literal

import pytest
from chromium import PICTURES, Look
from PIL import Image, ImageChops

pytestmark = pytest.mark.browser

KEPT = Path(__file__).with_name("pictures")
# Of a picture in a sheet, and of what is compared: fonts differ, bars and lines do not.
TILE, COARSE = (120, 90), (20, 15)
# A part that differs in a colour by more than this is another.  Wider letters move some: of
# a font as wide as a typewriter's, 14 % of one picture and less than 8 % of the others.
MOST, SHARE = 48, 0.1
RENEW = (
    "if that is meant, python -m pytest -m browser tests/browser/test_pictures.py "
    "--update-golden keeps them as they are now: look at tests/browser/pictures first"
)


def sheet(
    look: Look, page: Path, width: int, scheme: Literal["dark", "light"]
) -> Image.Image:
    seen = look(page, width=width, scheme=scheme)
    found = Image.new("RGB", (TILE[0], TILE[1] * len(PICTURES)))
    for number, name in enumerate(PICTURES):
        shot = seen.page.locator(f"#{name} .plot").screenshot(animations="disabled")
        tile = (
            Image.open(io.BytesIO(shot))
            .convert("RGB")
            .resize(TILE, Image.Resampling.BOX)
        )
        found.paste(tile, (0, number * TILE[1]))
    return found


def tiles(found: Image.Image) -> dict[str, Image.Image]:
    """Return the pictures of a sheet, coarse."""
    return {
        name: found.crop((0, top, TILE[0], top + TILE[1])).resize(
            COARSE, Image.Resampling.BOX
        )
        for name, top in zip(PICTURES, range(0, found.height, TILE[1]), strict=True)
    }


def difference(one: Image.Image, other: Image.Image) -> float:
    """Return the share of parts that are of another colour."""
    parts = ImageChops.difference(one, other).tobytes()
    largest = [max(parts[at : at + 3]) for at in range(0, len(parts), 3)]
    return sum(part > MOST for part in largest) / len(largest)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1_600])
def test_pictures_look_as_before(
    page: Path,
    look: Look,
    pytestconfig: pytest.Config,
    width: int,
    scheme: Literal["dark", "light"],
) -> None:
    found, kept = sheet(look, page, width, scheme), KEPT / f"{width}-{scheme}.png"
    if pytestconfig.getoption("--update-golden"):
        kept.parent.mkdir(exist_ok=True)
        found.quantize(64).save(kept, optimize=True)
    with Image.open(kept) as image:
        before = tiles(image.convert("RGB"))
    shares = {
        name: difference(tile, before[name]) for name, tile in tiles(found).items()
    }
    other = {name: f"{share:.0%}" for name, share in shares.items() if share > SHARE}
    assert not other, f"other pictures at {width} pixels, {scheme}: {other}; {RENEW}"


def test_another_picture_is_noticed(page: Path, look: Look) -> None:
    with Image.open(KEPT / "1600-light.png") as image:
        before = tiles(image.convert("RGB"))
    seen = look(page)
    seen.ask(
        "document.querySelectorAll('#languages .mark-rect path').forEach(p => p.remove())"
    )
    shot = seen.page.locator("#languages .plot").screenshot()
    now = (
        Image.open(io.BytesIO(shot)).convert("RGB").resize(COARSE, Image.Resampling.BOX)
    )
    assert difference(now, before["languages"]) > SHARE
    assert difference(before["people"], before["rejects"]) > SHARE
