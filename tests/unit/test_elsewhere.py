from __future__ import annotations

import dataclasses

import pytest
from lxml import html

from transforms.page.elsewhere import Arrival, not_the_story
from transforms.vocabulary import Reason

LINK = "https://www.harbour.example/news/2026/lock-gates-shut-until-spring"
OTHER = "https://www.harbour.example/sport/2026/rowers-win-the-cup-again"
TITLE = "Lock gates shut until spring"
STORY = "The harbour board voted to shut the gates of the northern lock. " * 12
PLAIN = html.document_fromstring("<html><body><p>x</p></body></html>")
FORM = html.document_fromstring("<html><body><input type=password></body></html>")


def arrival(url: str = LINK, heading: str = TITLE, text: str = STORY) -> Arrival:
    words = len(text.split())
    return Arrival(
        LINK, url, None, TITLE, (heading, f"{heading} | The Harbour"), text, words
    )


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/", Reason.OTHER_PAGE),
        ("/?utm_source=rss", Reason.OTHER_PAGE),
        ("/en", Reason.OTHER_PAGE),
        ("/index.html", Reason.OTHER_PAGE),
        ("/news", Reason.OTHER_PAGE),
        ("/account/login?next=x", Reason.LOGIN_PAGE),
        ("/anmelden", Reason.LOGIN_PAGE),
        ("/se-connecter.php", Reason.LOGIN_PAGE),
        ("/abonnement", Reason.LOGIN_PAGE),
        ("/404", Reason.ERROR_PAGE),
        ("/not-found.html", Reason.ERROR_PAGE),
        ("/sport/2026/rowers-win-the-cup-again", Reason.OTHER_PAGE),
    ],
)
def test_where_a_link_was_sent_on_to(path: str, reason: Reason) -> None:
    elsewhere = arrival(
        f"https://www.harbour.example{path}", "Rowers win", "Rowers won. " * 200
    )
    assert not_the_story(elsewhere, PLAIN) is reason


@pytest.mark.parametrize(
    "url",
    [
        LINK,
        LINK.replace("https", "http") + "/?utm_source=rss#comments",
        "https://m.harbour.example/a/4711",
        "https://www.harbour.example/login-gates/lock-gates-shut-until-spring",
        "https://www.harbour.example/",
    ],
)
def test_a_page_with_the_entrys_headline_is_the_story(url: str) -> None:
    assert not_the_story(arrival(url), PLAIN) is None


def test_a_feed_may_call_a_story_otherwise() -> None:
    told = arrival(
        "https://www.harbour.example/a/4711", "Six weeks without a northern lock"
    )
    assert not_the_story(told, PLAIN) is None


def test_a_page_may_head_a_story_otherwise_and_open_with_its_headline() -> None:
    told = arrival(heading="Rowers win", text="Rowers won. " * 200)
    assert (
        not_the_story(dataclasses.replace(told, url=OTHER), PLAIN) is Reason.OTHER_PAGE
    )
    told = arrival(OTHER, heading="Rowers win", text=f"{TITLE}. {STORY}")
    assert not_the_story(told, PLAIN) is None


@pytest.mark.parametrize(
    "heading",
    [
        *(
            "Page not found",
            "404: page not found",
            "Error 404",
            "Oops! We can't find it",
        ),
        *(
            "Seite nicht gefunden",
            "Page introuvable",
            "Página no encontrada",
            "Pagina niet gevonden",
        ),
        *(
            "Страница не найдена",
            "ページが見つかりません",
            "页面不存在",
            "الصفحة غير موجودة",
        ),
        *("Strona nie została znaleziona", "Sayfa bulunamadı", "Sidan hittades inte"),
        *("This content is not available in your country", "Service unavailable"),
    ],
)
def test_pages_that_say_there_is_nothing(heading: str) -> None:
    found = arrival(heading=heading, text="Try the search, or go to the front page.")
    if heading.startswith("This"):
        found = dataclasses.replace(found, headings=("Content unavailable",))
    assert not_the_story(found, PLAIN) is Reason.ERROR_PAGE


@pytest.mark.parametrize(
    "heading",
    [
        *(
            "Log in",
            "Sign in to continue",
            "Anmelden",
            "Se connecter",
            "Iniciar sesión",
        ),
        *(
            "Вход",
            "ログイン",
            "登录",
            "로그인",
            "تسجيل الدخول",
            "Giriş",
            "Zaloguj się",
            "Inloggen",
        ),
    ],
)
def test_logins_in_place_of_the_page(heading: str) -> None:
    found = arrival(heading=heading, text="Welcome back. Please enter your password.")
    assert not_the_story(found, FORM) is Reason.LOGIN_PAGE


@pytest.mark.parametrize(
    "markup",
    [
        "<meta http-equiv=refresh content='0; url=/story'>",
        "<script>location.replace('https://a.example/story')</script>",
        "<script>window.location.href = 'https://a.example/story'</script>",
    ],
)
def test_pages_that_only_send_on(markup: str) -> None:
    tree = html.document_fromstring(
        f"<html><head>{markup}</head><body><p>x</p></body></html>"
    )
    found = arrival(
        heading="Harbour Reader", text="Opening the story, please wait a moment."
    )
    assert not_the_story(found, tree) is Reason.REDIRECT_PAGE


@pytest.mark.parametrize(
    ("heading", "text"),
    [
        ("Not found: the ship that never was", STORY * 4),
        ("Log in to the port: how the harbour went digital", STORY * 4),
        ("404 days without rain", STORY * 4),
    ],
)
def test_stories_about_such_things_are_stories(heading: str, text: str) -> None:
    found = dataclasses.replace(arrival(heading=heading, text=text), entry_title=None)
    assert not_the_story(found, FORM) is None


def test_a_file_may_be_an_error_page_too() -> None:
    found = Arrival(None, None, None, None, ("Page not found",), "Sorry.", 1)
    assert not_the_story(found, PLAIN) is Reason.ERROR_PAGE
