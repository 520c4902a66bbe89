"""Pages in the place of an article: consent walls and bot challenges.

Such a page is answered with status 200 and extracts to fluent text.  It is detected by
phrases that address the reader and by markers of the products that serve it, and only if
there is little other text: an article *about* cookie banners stays an article.
"""

from __future__ import annotations

import re

from transforms.vocabulary import Reason

# A wall with all its legal prose runs to about 200 words, an article rarely stops here.
_MAX_WALL_WORDS = 220
# Below this, one phrase is enough: nothing but the wall is on the page.
_BARE_WORDS = 70

_CHALLENGE_TITLE = re.compile(
    r"^(?:just a moment|attention required!?|access (?:to this page has been )?denied"
    r"|are you (?:a )?(?:human|robot)|ddos-guard|security check|checking your browser"
    r"|un instant|einen moment|un momento|pardon our interruption|robot check"
    r"|please wait|verifying you are human|bot verification|captcha)",
    re.IGNORECASE,
)
_CHALLENGE = re.compile(
    r"enable (?:javascript|js) (?:and cookies )?(?:to continue|and (?:then )?reload)"
    r"|please enable (?:javascript|js|cookies)|disable (?:any|your) ad ?blocker"
    r"|verif(?:y|ying) (?:that )?you are (?:a |not a )?(?:human|robot)"
    r"|checking (?:if the site connection is secure|your browser)"
    r"|unusual (?:traffic|activity) from your"
    r"|you have been blocked|(?:performance & )?security by cloudflare|cloudflare ray id"
    r"|ray id:|complete the (?:captcha|security check)|are you a robot"
    r"|activer javascript|que vous (?:êtes|n'êtes pas) (?:un |bien )?(?:humain|robot)"
    r"|bitte aktivieren sie javascript|dass sie kein (?:ro)?bot sind"
    r"|activ(?:a|e|ar) javascript|no eres un robot|no soy un robot"
    r"|abilita(?:re)? javascript|non sei un robot"
    r"|включите javascript|что вы не робот|请启用\s*javascript|人机验证|安全验证"
    r"|تفعيل javascript|لست روبوتا",
    re.IGNORECASE,
)
_CHALLENGE_MARKUP = re.compile(
    r"_cf_chl_opt|cf-browser-verification|/cdn-cgi/challenge-platform/"
    r"|captcha-delivery\.com|px-captcha|_Incapsula_Resource|geo\.captcha"
    r"|awswaf\.com|ddos-guard",
    re.IGNORECASE,
)
_CONSENT = (
    r"(?:we|our partners|and our \d+ partners)[^.]{0,60}\bcookies\b",
    r"\baccept (?:all )?cookies\b|\b(?:accept|reject) all\b",
    r"\bmanage (?:my )?(?:preferences|choices|options)\b",
    r"we (?:value|care about|respect) your privacy|your privacy (?:choices|matters)",
    r"store and/or access information on a device",
    r"\bnous (?:et nos (?:\d+ )?partenaires|utilisons)[^.]{0,80}\b(?:cookies|traceurs)\b",
    r"continuer sans accepter|accepter et continuer|accepter les cookies",
    r"tout accepter|tout refuser|paramétrer (?:mes|les|vos) (?:choix|cookies)",
    r"avant de continuer|votre vie privée",
    r"wir (?:und unsere (?:\d+ )?partner|verwenden|nutzen)[^.]{0,80}\bcookies\b",
    r"alle akzeptieren|alle ablehnen|zustimmen und weiter",
    r"mit werbung (?:weiter|lesen)|ihre privatsphäre",
    r"(?:nosotros|utilizamos|usamos)[^.]{0,80}\bcookies\b",
    r"aceptar (?:todo|y continuar|cookies)|rechazar todo|tu privacidad",
    r"(?:noi|utilizziamo)[^.]{0,80}\bcookie\b",
    r"accetta (?:tutti|e continua)|rifiuta tutti|la tua privacy",
    r"aceitar (?:tudo|todos)|rejeitar tudo|a sua privacidade",
    r"wij (?:en onze partners|gebruiken)[^.]{0,80}\bcookies\b",
    r"alles accepteren|jouw privacy|uw privacy",
    r"мы используем[^.]{0,60}(?:cookie|куки)|принять все",
    r"我们使用\s*cookie|接受所有|全部接受",
    r"نستخدم ملفات تعريف الارتباط|قبول الكل",
    r"cookie'?leri kabul|tümünü kabul|akceptuj(?:ę|) wszystk",
)
_CONSENT_PATTERNS = tuple(re.compile(phrase, re.IGNORECASE) for phrase in _CONSENT)


def wall(title: str | None, text: str, words: int, html: str) -> Reason | None:
    """Return the reason to reject the page, None for an article.

    Args:
      title: The page's title.
      text: What was extracted from it; may be empty.
      words: Number of words in ``text``.
      html: The page's markup.
    """
    if words > _MAX_WALL_WORDS:
        return None
    bare = words < _BARE_WORDS
    if _CHALLENGE_TITLE.match(title or "") and (bare or _CHALLENGE.search(text)):
        return Reason.CHALLENGE_PAGE
    if bare and (_CHALLENGE.search(text) or _CHALLENGE_MARKUP.search(html)):
        return Reason.CHALLENGE_PAGE
    phrases = sum(1 for pattern in _CONSENT_PATTERNS if pattern.search(text))
    if phrases > 1 or (bare and phrases and not _has_more(text)):
        return Reason.CONSENT_WALL
    return None


# Words beside the notice that make a brief report.
_BRIEF_WORDS = 25


def _has_more(text: str) -> bool:
    """Return whether there is a text beside the paragraphs that speak of cookies."""
    rest = (
        paragraph
        for paragraph in text.split("\n\n")
        if not any(pattern.search(paragraph) for pattern in _CONSENT_PATTERNS)
    )
    return sum(len(paragraph.split()) for paragraph in rest) >= _BRIEF_WORDS
