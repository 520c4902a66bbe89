"""Texts of our own for copies and stories: reports, and what papers make of them."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

from transforms.records import Article
from transforms.vocabulary import TextSource

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)

REPORT = """\
The ferry Santa Rita ran aground off the island of Lobos on Monday morning with 214
people on board, the coast guard of Uruguay said. All passengers were brought to the port
of Maldonado in fishing boats, and nine of them were treated for bruises and cold.

Captain Julia Ferrando said that the steering had failed shortly after half past six, when
the ship was less than two miles from the lighthouse. "We dropped the anchor and it held
for ten minutes," she told reporters on the quay. "Then the chain broke."

The ferry, built in 1987 in Vigo, belongs to the company Lineas del Este, which bought it
four years ago. Its last inspection was in November. The company said that it would wait
for the report of the investigators before it put the ship back into service.

Environmental groups warned of the 60 tonnes of fuel in the tanks of the ship. The island
has the largest colony of sea lions in the western hemisphere, and the breeding season
ends only in March. A tug from Montevideo was expected in the afternoon."""

OTHER_WORDS = """\
More than 200 people were rescued off Uruguay when the ferry Santa Rita hit rocks near the
Lobos lighthouse. Fishermen from Maldonado took the passengers ashore; nine were hurt. The
captain, Julia Ferrando, blamed a failure of the steering. Lineas del Este, the owner, has
stopped its service. Conservationists fear that fuel may reach the sea lions of Lobos."""

IN_SPANISH = """\
El ferry Santa Rita encalló el lunes frente a la isla de Lobos con 214 personas a bordo,
informó la guardia costera de Uruguay. Los pasajeros fueron llevados a Maldonado en barcos
de pesca y nueve recibieron atención. La capitana Julia Ferrando dijo que falló el timón.
La empresa Lineas del Este compró el barco, construido en Vigo en 1987, hace cuatro años.
En los tanques hay 60 toneladas de combustible."""

ELSEWHERE = """\
The parliament of Latvia voted on Monday for a budget that raises the pay of teachers by
eleven percent. Finance minister Arvids Kalnins said that the deficit would stay below
three percent. The opposition left the hall before the vote. Schools in Riga and Daugavpils
had been closed for two days by a strike, which the union ended after the vote. Spending on
roads falls by a tenth, and the tax on fuel rises in July."""

FURNITURE = """\
Subscribe to our newsletter and get the best stories of the day every morning. By signing
up you agree to our terms of use and to our privacy policy. You can unsubscribe at any
time. Most read this week: ten walks for a rainy Sunday, what the stars say, a recipe for
lentils. Follow us on all channels and tell us what you think about this page."""


def words(text: str) -> list[str]:
    """Return the words of a text."""
    return text.split()


def cut(text: str, share: float = 0.5) -> str:
    """Return the beginning of a text, as a paper that has little room prints it."""
    found = words(text)
    return " ".join(found[: int(len(found) * share)])


def edited(text: str, seed: int = 1, every: int = 25) -> str:
    """Return a text of which some words, one in ``every``, are others."""
    rng = random.Random(seed)  # noqa: S311 - no secret
    return " ".join(
        rng.choice(("then", "later", "also")) if rng.randrange(every) == 0 else word
        for word in words(text)
    )


def article(text: str, number: int = 0, **columns: Any) -> Article:
    """Return an article; each number is another one, a minute later."""
    given: dict[str, Any] = {
        "id": f"{number:032x}",
        "text": text,
        "content_hash": "0" * 32,
        "text_source": TextSource.PAGE,
        "word_count": len(words(text)),
        "fetched_at": NOON,
        "published_at": NOON + dt.timedelta(minutes=number),
        "domain": f"paper{number}.example",
        "language": "en",
    }
    return Article(**(given | columns))
