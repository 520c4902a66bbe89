from __future__ import annotations

import pytest

from transforms.page.walls import wall
from transforms.text.strings import word_count
from transforms.vocabulary import Reason

ARTICLE = "Le tribunal a jugé que la bannière de cookies du site était illégale. " * 20


@pytest.mark.parametrize(
    ("title", "text", "html", "reason"),
    [
        ("Just a moment...", "", "", Reason.CHALLENGE_PAGE),
        (
            "example.org",
            "Enable JavaScript and cookies to continue",
            "<script>window._cf_chl_opt={}</script>",
            Reason.CHALLENGE_PAGE,
        ),
        ("Access Denied", "You have been blocked.", "", Reason.CHALLENGE_PAGE),
        (
            "Le Journal",
            "Nous et nos 842 partenaires utilisons des cookies. Tout accepter",
            "",
            Reason.CONSENT_WALL,
        ),
        (
            "Nachrichten",
            "Wir und unsere Partner verwenden Cookies. Alle akzeptieren",
            "",
            Reason.CONSENT_WALL,
        ),
    ],
)
def test_walls(title: str, text: str, html: str, reason: Reason) -> None:
    assert wall(title, text, word_count(text), html) is reason


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Cookies : un site condamné", ARTICLE),
        ("Just a moment of peace in the talks", "The delegates met. " * 60),
        (
            "Le pont",
            "Nous utilisons des cookies pour améliorer notre offre.\n\n"
            + "Le conseil municipal a voté mardi la reconstruction du pont du nord. "
            * 3,
        ),
        (None, "Un bref communiqué sans rien d'autre à dire."),
    ],
)
def test_articles_about_walls_are_articles(title: str | None, text: str) -> None:
    assert wall(title, text, word_count(text), "<html>") is None
