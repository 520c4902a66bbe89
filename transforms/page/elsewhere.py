"""Pages that stand where a feed's link should lead: logins, front pages, error pages.

A publisher's server answers with status 200 and another page: a login, its front page or
a section when a story is gone, or a notice that the story does not exist.  Such a page
extracts to fluent text.  It is recognised by the path to which the link was redirected, by
what the page calls itself, and by a headline that is not the entry's.
"""

from __future__ import annotations

import dataclasses
import re
from urllib.parse import unquote, urlsplit

from lxml.html import HtmlElement

from transforms.page.jsonld import likeness
from transforms.text.calendars import unaccented
from transforms.urls import canonical, is_home
from transforms.vocabulary import Reason

# Segments of a path that lead to an account, a shop or a gate, in whatever case.
_LOGIN_SEGMENT = re.compile(
    r"log-?in|log_in|logon|sign-?in|sign_in|sign-?up|accounts?|auth(?:enticate|orize|enticat"
    r"ion)?|oauth2?|sso|register|registration|registrierung|registrieren|anmelden|anmeldung"
    r"|einloggen|connexion|se-connecter|identification|connect|inscription|iniciar-sesion"
    r"|inicio-sesion|acceso|registro|accedi|accesso|registrati|entrar|cadastro|inloggen"
    r"|aanmelden|logga-in|logg-inn|log-ind|kirjaudu|tunnus|logowanie|zaloguj|prihlaseni"
    r"|prihlasenie|bejelentkezes|autentificare|giris|uye-girisi|vhod|avtorizatsiya|voyti"
    r"|subscribe|subscriptions?|subscription-required|abo|abos|abonnement|abonnieren"
    r"|abonner|s-abonner|abonneren|suscripcion|suscribete|suscriptores|abbonamento"
    r"|abbonati|assinatura|assine|paywall|premium-required|checkout|my-?account"
    r"|mein-?konto|moncompte|mi-cuenta|users?|member(?:ship)?s?"
)
_LOGIN_HOST = re.compile(r"(?:login|accounts?|auth|sso|id|signin|secure|abo|konto)\.")
_ERROR_SEGMENT = re.compile(
    r"(?:error|err|page)?-?_?(?:404|410|403|500|503)(?:\.\w+)?|(?:page-?)?not-?found|errors?"
    r"|erreur|fehler|nicht-gefunden|no-encontrad[oa]|non-trovat[oa]|unavailable|gone"
    r"|maintenance|offline",
)
_LOGIN_TITLE = re.compile(
    unaccented(
        r"(?:please )?(?:log ?-?in|sign ?-?in|sign ?up)\b|(?:bitte )?(?:anmelden|einloggen)\b"
        r"|anmeldung\b|(?:se )?connect(?:er|ez-vous)\b|connexion\b|identifi(?:ez-vous|cation)\b"
        r"|inici(?:ar|a|e) (?:de )?sesion|acced(?:i|er|e)\b|entrar\b|fa[cz]a (?:o )?login"
        r"|inloggen\b|aanmelden\b|logga in|logg inn|log ind|kirjaudu|zaloguj|logowanie"
        r"|prihla(?:seni|ste|sit)|bejelentkezes|autentificare|(?:uye )?giris[i]?\b|вход|войти"
        r"|войдите|авторизация|увійти|вхід|ログイン|会員登録|登录|登錄|登入|로그인|تسجيل الدخول"
        r"|ورود|लॉग ?इन|dang nhap|เข้าสู่ระบบ|masuk\b|συνδεση|התחבר|subscribe\b|subscription"
        r"|create (?:a free |an )?account|register\b"
    )
)
_ERROR_TITLE = re.compile(
    unaccented(
        r"(?:error|http|status|oops|sorry|fehler|erreur)?[\s:!,.-]*(?:404|410)\b"
        r"|(?:oops|sorry|uh oh|ups|hoppla)\b.{0,60}(?:page|find|found|seite|exist)"
        r"|(?:the )?(?:page|content|article|story|file|url)\b.{0,30}(?:not|cannot|can't|could not"
        r"|couldn't|isn't|no longer|does(?: not|n't))\b.{0,20}(?:found|be found|exist|available)"
        r"|(?:page )?not found|nothing (?:was )?found|(?:page|content|article) unavailable"
        r"|we (?:can(?:'|’)?t|could(?: not|n't)) find|this page (?:has moved|is gone)"
        r"|(?:die )?(?:seite|inhalt|artikel)\b.{0,30}nicht (?:gefunden|verfugbar|mehr|vorhanden)"
        r"|nicht gefunden|(?:cette )?page (?:introuvable|non trouvee|inexistante|n'existe)"
        r"|contenu introuvable|pagina (?:no encontrada|non trovata|nao encontrada|inexistente"
        r"|niet gevonden|negasita|no existe|no disponible)|no (?:se ha )?encontrad[oa]"
        r"|niet gevonden|strona\b.{0,20}(?:nie (?:zosta[lł]a )?znaleziona|nie istnieje)"
        r"|nie znaleziono|sidan (?:hittades|finns) inte|siden (?:ble|blev) ikke fundet"
        r"|siden (?:ble|finnes) ikke|fant ikke siden|sivua ei loy|stranka\b.{0,20}nen?alezena"
        r"|stranica nije pronadena|az oldal nem talalhato|sayfa bulunamadi|страница не найдена"
        r"|(?:такой )?страниц[аы] не (?:найден|существует)|сторінк[ау] не знайдено"
        r"|ページが見つかりません|お探しのページ|页面(?:不存在|未找到|没有找到)|找不到(?:页面|頁面|网页|網頁)"
        r"|페이지를 찾을 수 없|الصفحة (?:غير موجودة|المطلوبة)|صفحه (?:مورد نظر )?(?:یافت|پیدا) نشد"
        r"|पेज नहीं मिला|khong tim thay (?:trang|noi dung)|ไม่พบหน้า|halaman tidak ditemukan"
        r"|η σελιδα δεν βρεθηκε|הדף לא נמצא"
        r"|(?:content |video )?(?:is )?(?:not available|unavailable) in your"
        r" (?:country|region|location)"
        r"|unavailable (?:for|due to) legal reasons|451\b|service (?:temporarily )?unavailable"
        r"|(?:site|website) (?:is )?(?:under|down for) maintenance|bad gateway"
        r"|internal server error"
    )
)
_REDIRECT_TEXT = re.compile(
    unaccented(
        r"(?:if you are not|not being) (?:automatically )?redirected|redirecting|you (?:are being"
        r"|will be) redirected|click here (?:if|to (?:continue|go))|please wait (?:a moment|while)"
        r"|weiterleitung|weitergeleitet|redirection en cours|vous allez etre redirige"
        r"|redirigi[dr]|redirecionad|reindirizza|doorgestuurd|перенаправ|リダイレクト|跳转|跳轉|正在前往"
    )
)
_REDIRECT_SCRIPT = re.compile(
    r"(?:window\.|document\.|top\.|self\.)?location(?:\.href)?\s*(?:=(?!=)|\.(?:replace|assign)\s*\()"
)
# The patterns are folded as what they are asked about: no escape in them is a capital.
# A page of that kind with all its legal prose runs to about 200 words.
_MAX_WORDS = 250
# Below this nothing but the notice is on the page.
_BARE_WORDS = 70
# Words of what such a page calls itself, its site's name included.
_MAX_NOTICE = 12
_MAX_SCRIPTS = 20_000


@dataclasses.dataclass(frozen=True, slots=True)
class Arrival:
    """A page, and what was expected there.

    Attributes:
      link: The address that a feed gave, None where the page comes from no feed.
      url: The address that answered.
      canonical_url: What the page calls its address.
      entry_title: What the feed calls the story.
      headings: What the page calls itself.
      text: What was extracted from it.
      words: Number of words in ``text``.
    """

    link: str | None
    url: str | None
    canonical_url: str | None
    entry_title: str | None
    headings: tuple[str, ...]
    text: str
    words: int


def not_the_story(arrival: Arrival, tree: HtmlElement) -> Reason | None:
    """Return why a page is not the requested story, None if it is.

    Args:
      arrival: The page, and what was expected.
      tree: The parsed page.
    """
    belongs = _belongs(arrival)
    sent_on = _sent_on(arrival, belongs)
    if sent_on is not None and (
        reason := _by_path(arrival.link or "", sent_on, belongs)
    ):
        return reason
    if belongs > 0 or arrival.words > _MAX_WORDS:
        return None
    return _by_words(arrival, tree)


def _belongs(arrival: Arrival) -> int:
    """Return 1 if the page has the entry's headline, -1 if another, 0 if unknown."""
    title = arrival.entry_title
    if not title or not arrival.headings:
        return 0
    found = likeness(title, arrival.headings)
    if found < 0 and likeness(title, [arrival.text[:_OPENING]]) >= 0:
        return 0
    return found


# Characters: a story says early what its headline says.
_OPENING = 3_000


def _sent_on(arrival: Arrival, belongs: int) -> str | None:
    """Return the address to which the link was redirected, None if it led to its page.

    What a page calls its own address counts where its headline is not the entry's.
    """
    if not arrival.link:
        return None
    asked = canonical(arrival.link)
    for url in (arrival.url, arrival.canonical_url if belongs < 0 else None):
        if url and canonical(url) != asked:
            return url
    return None


def _by_path(link: str, url: str, belongs: int) -> Reason | None:
    path = unquote(urlsplit(url).path).lower()
    segments = [segment for segment in path.split("/") if segment]
    asked = [part for part in unquote(urlsplit(link).path).lower().split("/") if part]
    new = [segment for segment in segments if segment not in asked]
    if belongs > 0:
        return None
    if _is_front(url) and not _is_front(link):
        return Reason.OTHER_PAGE
    host = urlsplit(url).hostname or ""
    if any(_LOGIN_SEGMENT.fullmatch(_stem(one)) for one in new) or (
        _LOGIN_HOST.match(host) and host != urlsplit(link).hostname
    ):
        return Reason.LOGIN_PAGE
    if any(_ERROR_SEGMENT.fullmatch(_stem(one)) for one in new):
        return Reason.ERROR_PAGE
    is_above = len(segments) < len(asked) and segments == asked[: len(segments)]
    if is_above and not _STORY_SEGMENT.search(segments[-1]):
        return Reason.OTHER_PAGE
    # Sent on to a page with another headline, none of whose words are the entry's.
    return Reason.OTHER_PAGE if belongs < 0 else None


# A number or a headline in the last segment of a path.
_STORY_SEGMENT = re.compile(r"\d{4}|(?:[^-_]+[-_]){3}")


def _stem(segment: str) -> str:
    return re.sub(r"\.(?:html?|php|aspx?|jsp|do)$", "", segment)


def _is_front(url: str) -> bool:
    """Return whether an address is a front page: of the site, or of a language."""
    path = urlsplit(url).path.strip("/").lower()
    return is_home(url) or bool(
        re.fullmatch(
            r"[a-z]{2}(?:[-_][a-z]{2})?|(?:index|home|default)(?:\.\w+)?", path
        )
    )


def _by_words(arrival: Arrival, tree: HtmlElement) -> Reason | None:
    names = [
        name
        for heading in arrival.headings
        if len((name := unaccented(heading).strip(" .!:-–—|")).split()) <= _MAX_NOTICE
    ]
    if any(_ERROR_TITLE.match(name) for name in names):
        return Reason.ERROR_PAGE
    has_password = any(
        field.get("type", "").lower() == "password" for field in tree.iter("input")
    )
    if any(_LOGIN_TITLE.match(name) for name in names) and (
        has_password or arrival.link is not None or arrival.words < _BARE_WORDS
    ):
        return Reason.LOGIN_PAGE
    if arrival.words < _BARE_WORDS and _is_redirect(arrival, tree):
        return Reason.REDIRECT_PAGE
    return None


def _is_redirect(arrival: Arrival, tree: HtmlElement) -> bool:
    """Return whether a page only redirects its readers."""
    for element in tree.iter("meta"):
        is_refresh = (element.get("http-equiv") or "").lower() == "refresh"
        if is_refresh and "url" in (element.get("content") or "").lower():
            return True
    shown = unaccented(" ".join((*arrival.headings, arrival.text)))
    has_script = any(
        _REDIRECT_SCRIPT.search((script.text or "")[:_MAX_SCRIPTS])
        for script in tree.iter("script")
        if not script.get("src")
    )
    if has_script and (arrival.link or _REDIRECT_TEXT.search(shown)):
        return True
    return _REDIRECT_TEXT.search(shown) is not None
