"""Furniture: the pieces of a page or feed that are inside an article but not part of it.

"Also read" links, calls to subscribe, to follow and to install: they name countries and
people that the article does not.  Each piece is judged by itself, so that pages
and the content of feeds are treated alike.
"""

from __future__ import annotations

import re

from lxml import etree

# Words at the start of a block that leads to other articles, in the languages in which
# newsrooms write it.  Followed by a link; a sentence that begins like this has none.
_READ_ALSO = """
also read|read also|read more|read next|read:|see also|see more|also on
related:|related (?:stories|articles|news|content|coverage|reading|topics)
more on this|more from|more:|recommended (?:reading|stories|articles|for you)
don.t miss|you (?:may|might) also like
further reading|watch also|watch:|in pictures|continue reading|lire aussi
the post .{1,200}(?:appeared first|first appeared) on
[aà] lire|lire [eé]galement|voir aussi|[aà] voir|relire|lire notre|pour aller plus
sur le m[eê]me sujet|lesen sie|mehr zum thema|mehr dazu|siehe auch|auch interessant
das k[oö]nnte sie|weiterlesen|hier lesen|zum thema:|lea tambi[eé]n|lee tambi[eé]n
leer tambi[eé]n|leer m[aá]s|lee m[aá]s|te puede interesar|tambi[eé]n te puede
ver tambi[eé]n|vea tambi[eé]n|mira tambi[eé]n|puedes leer|le puede interesar
leia tamb[eé]m|leia mais|leia:|veja tamb[eé]m|veja mais|saiba mais|confira|leggi anche
leggi tutto|leggi:|per approfondire|vedi anche|guarda anche|ti potrebbe interessare
lees ook|lees meer|bekijk ook|zie ook|l[aä]s ocks[aå]|l[aä]s mer|l[aä]s [aä]ven
se ocks[aå]|l[aæ]s ogs[aå]|l[aæ]s mere|les ogs[aå]|les mer|se ogs[aå]|lue my[oö]s
lue lis[aä][aä]|katso my[oö]s|czytaj|przeczytaj|zobacz|polecamy|[cč]t[eě]te tak[eé]
p[rř]e[cč]t[eě]te|[cč][ií]tajte|pre[cč][ií]tajte|cite[sșş]te|citi[tțţ]i|vezi [sșş]i
olvass|olvasd|kapcsol[oó]d[oó]|pro[cč]itajte|pro[cč]itaj|[cč]itajte|ayr[ıi]ca oku
[iİ]lgili haber|bunu da oku|ezt is|читайте
читать (?:далее|также|полностью|ещ)|прочитайте|прочтите|смотрите также|по теме
материалы по теме|подробнее|дивіться|вижте още|διαβ[αά]στε|δε[ιί]τε επ[ιί]σης|اقرأ
إقرأ|شاهد أيض|بیشتر بخوانید|همچنین بخوانید|קראו|לקריאה נוספת|यह भी पढ़ें|ये भी पढ़ें
আর[ওো] পড়ুন|baca juga|baca selengkapnya|simak juga|lihat juga|xem th[eê]m|đọc th[eê]m
อ่านเพิ่มเติม|อ่านข่าว|อ่านต่อ|関連記事|関連ニュース|関連:|関連:|【関連
あわせて読|こちらも読|続きを読|相关阅读|延伸阅读|更多阅读|相关报道|推荐阅读|延伸閱讀|相關新聞
更多新聞|관련 ?기사|관련 ?뉴스|함께 읽|soma pia|soma zaidi
"""
# Calls to the reader: to subscribe, follow, click, share.  Each begins a block of its own.
_CALLS = r"""
(?:click|tap) (?:here|below)\b|(?:get|download|install) (?:the|our) [\w ]{0,30}\bapp\b
(?:follow|like) (?:us|our) (?:on|at)\b.{0,80}(?:twitter|x\b|facebook|instagram|tele)
(?:follow|like) @?\w+(?: [\w&.'’-]+){0,3} (?:on|at)\b.{0,80}(?:twitter|facebook|instagram)
(?:follow|join) (?:us|our) .{0,80}(?:whatsapp|linkedin|youtube|tiktok|bluesky|google news)
(?:sign up|subscribe|register)\b.{0,80}\b(?:newsletters?|inbox|alerts?|updates|briefing)
(?:get|receive)\b.{0,60}\b(?:newsletters?|(?:in|to|delivered) .{0,20}\binbox)
subscribe (?:now|today|to continue|to read)|already a subscriber
support (?:our|independent) journalism|like (?:this|what you)\b.{0,40}\?
have (?:a|any) (?:tip|question)s?\b|share (?:this|your) (?:story|article|opinion)
tell us what you think|what do you think\?|let us know in the comments|comments?$
thanks for (?:signing|subscribing)|thank you for (?:signing|subscribing)|advertisement$
(?:anzeige|werbung|publicit[eé]|publicidad|pubblicit[aà]|реклама|advertentie|annons)$
while you(?:.re| are) here\b|if you (?:enjoyed|liked) (?:reading )?this\b
would you consider supporting|lust auf mehr\?|please accept .{0,40}\bcookies
registrieren sie sich (?:jetzt|kostenlos)|(?:sie sind )?(?:bereits|schon) registriert\?
mit der registrierung|hier anmelden$|(?:jetzt )?weiterlesen\?$|submit your letter
obrigado por (?:compartilhar|ler)|>>> .{0,80}<<<$
sponsored$|(?:an )?error (?:has )?occurred,? please|this copy is for your personal
abonne[zs][-](?:vous|toi)|inscrive[zs][-]vous|suive[zs][-]nous
recevez\b.{0,60}(?:newsletter|actualit)|t[eé]l[eé]chargez (?:notre|l['’]) ?app
partagez (?:cet|l['’]) ?article|cet article est r[eé]serv[eé]
(?:jetzt )?(?:abonnieren|anmelden) sie|folgen sie uns
newsletter (?:abonnieren|bestellen)|melden sie sich .{0,40}newsletter|hier klicken
laden sie (?:unsere|die) .{0,20}app|suscr[ií]bete|s[ií]guenos
descarga (?:nuestra|la) app|reg[ií]strate\b.{0,60}(?:newsletter|bolet[ií]n)
(?:inscreva|assine|siga|receba)(?:-se)?\b.{0,60}(?:newsletter|whatsapp|telegram|canal|redes)
(?:clique|clica) (?:aqui|qui)|iscriviti\b.{0,60}(?:newsletter|canale)
segui(?:ci)? (?:su|il nostro)|abonneer (?:je|u)|volg ons|meld je aan|prenumerera
f[oö]lj oss|f[oø]lg os|tilmeld dig|abonner p[aå]|tilaa (?:uutiskirje|lehti)
seuraa meit[aä]|zapisz si[eę]\b.{0,40}newsletter|obserwuj nas|[sś]led[zź] nas
подпи(?:сывайтесь|шитесь)|следите за (?:нами|нашими)|підпи(?:суйтесь|шіться)
присоединяйтесь к|abone ol(?:un|mak)|bizi takip edin|takip etmek i[cç]in
ikuti (?:kami|berita)|dapatkan (?:update|berita)
(?:theo d[oõ]i|đăng k[yý])\b.{0,40}(?:k[eê]nh|bản tin)
اشترك (?:الآن|معنا|في النشرة)|تابعونا|تابعنا|हमें फॉलो
व्हाट्सएप|订阅我们|訂閱我們|关注我们|關注我們|扫码关注|フォローしてください
会員登録(?:は|すると)|구독하(?:기|세요)|팔로우하(?:기|세요)
"""
# Words; a paragraph of an article that begins like a call is longer.
_LONGEST_CALL = 45
_LONGEST_LEAD = 40
_LINKED = 0.9
_PARTLY_LINKED = 0.3
# A link of fewer words may be what a sentence is about.
_LEAST_WORDS = 3


def _beginning(phrases: str) -> re.Pattern[str]:
    """Return what matches a text that begins with one of ``phrases``."""
    joined = "|".join(phrases.strip().split("\n"))
    return re.compile(rf"[\W_]{{0,4}}(?:{joined})", re.IGNORECASE)


_LEADING = _beginning(_READ_ALSO)
_CALL = _beginning(_CALLS)


def is_promotion(paragraph: str) -> bool:
    """Return whether a paragraph calls on the reader to subscribe, follow, click or share."""
    return paragraph.count(" ") < _LONGEST_CALL and _CALL.match(paragraph) is not None


def leads_elsewhere(block: etree._Element) -> bool:
    """Return whether a block of HTML only leads to other pages.

    Args:
      block: A paragraph, list or leaf; None of its ancestors is looked at.

    Returns:
      True for a paragraph that is a link as a whole, for a list of nothing else, and for
      a link behind "Also read" in any of the languages that are known.
    """
    if block.tag in {"ul", "ol"}:
        items = [item for item in block if item.tag == "li"]
        return bool(items) and all(map(_is_link, items))
    if next(block.iter("a"), None) is None:
        return False
    text = _text(block)
    if block.tag == "p" and _is_linked(block, text):
        return True
    return (
        text.count(" ") < _LONGEST_LEAD
        and _LEADING.match(text) is not None
        and _linked(block) >= _PARTLY_LINKED * len(text)
    )


def _is_link(block: etree._Element) -> bool:
    return next(block.iter("a"), None) is not None and _is_linked(block, _text(block))


def _is_linked(block: etree._Element, text: str) -> bool:
    return _LEAST_WORDS - 1 <= text.count(" ") < _LONGEST_LEAD and _linked(
        block
    ) >= _LINKED * len(text)


def _linked(block: etree._Element) -> int:
    return sum(len(_text(link)) for link in block.iter("a"))


def _text(element: etree._Element) -> str:
    return " ".join("".join(element.itertext()).split())
