"""News agencies: their names, and how an article credits one.

``PARIS, 12 sept (Reuters) -`` credits in the dateline, ``Mit Material von dpa`` or
``(sda/afp)`` at the end.  A line under a picture credits only the picture:
the caller must leave it out.
"""

from __future__ import annotations

import re

# The names that the column gives, with the other forms that a credit is written in; where
# the name itself is none of them, they stand behind a sign of equality.
_FORMS = """
AFP; Agence France-Presse; Agence France Presse; أ ف ب; 法新社; فرانس برس
Reuters; Thomson Reuters; رويترز; Рейтер; ロイター; 路透社; 路透
AP; Associated Press; The Associated Press; 美联社; 美聯社
dpa; DPA; Deutsche Presse-Agentur; dpa-AFX; dpa-infocom
EFE; Agencia EFE
ANSA; Agenzia ANSA
TASS; ITAR-TASS; ТАСС; ИТАР-ТАСС
RIA Novosti; Ria Novosti; РИА Новости
Interfax; Интерфакс
Xinhua; 新华社; 新華社
China News Service; 中新社; 中新网
Kyodo; Kyodo News; 共同通信
Jiji; Jiji Press; 時事通信
Yonhap; 연합뉴스
PTI; Press Trust of India
PA = PA Media; Press Association
ATS; Keystone-ATS
SDA; Keystone-SDA
Lusa; Agência Lusa
ČTK; CTK
TT; TT Nyhetsbyrån
Anadolu; Anadolu Agency; Anadolu Ajansı; AA
AAP; Australian Associated Press
Ukrinform; Укрінформ
Agerpres; AGERPRES
Hina; HINA
CNA = 中央社
UNN = УНН
Antara; ANTARA
Bernama; BERNAMA
Adnkronos; ADNKRONOS
BTA; БТА
Tanjug; Танјуг
Fena = FENA
ΑΠΕ-ΜΠΕ; AMNA
"""
_ONE_FORM = """
ANI; IANS; Belga; APA; ANP; PAP; MTI; NTB; Ritzau; STT; IRNA; WAM; SPA; KCNA; La Presse
Canadienne; The Canadian Press; UPI; Europa Press; Agência Brasil; Télam; epd; KNA; SID;
APS; MAP; TAP; Notimex; AGI; STA; BNS; ELTA; LETA
"""


def _forms(line: str) -> tuple[str, tuple[str, ...]]:
    name, _, listed = line.rpartition(" = ")
    forms = tuple(listed.split("; "))
    return name or forms[0], forms


_AGENCIES = dict(
    map(_forms, (*_FORMS.strip().split("\n"), *" ".join(_ONE_FORM.split()).split("; ")))
)
_SITES = {
    "afp.com": "AFP",
    "reuters.com": "Reuters",
    "apnews.com": "AP",
    "dpa.com": "dpa",
    "efe.com": "EFE",
    "ansa.it": "ANSA",
    "tass.ru": "TASS",
    "tass.com": "TASS",
    "ria.ru": "RIA Novosti",
    "interfax.ru": "Interfax",
    "interfax.com": "Interfax",
    "xinhuanet.com": "Xinhua",
    "news.cn": "Xinhua",
    "chinanews.com.cn": "China News Service",
    "kyodonews.net": "Kyodo",
    "jiji.com": "Jiji",
    "yna.co.kr": "Yonhap",
    "ptinews.com": "PTI",
    "aninews.in": "ANI",
    "ians.in": "IANS",
    "belganewsagency.eu": "Belga",
    "keystone-sda.ch": "SDA",
    "apa.at": "APA",
    "lusa.pt": "Lusa",
    "pap.pl": "PAP",
    "ceskenoviny.cz": "ČTK",
    "mti.hu": "MTI",
    "tt.se": "TT",
    "ntb.no": "NTB",
    "ritzau.dk": "Ritzau",
    "stt.fi": "STT",
    "aa.com.tr": "Anadolu",
    "irna.ir": "IRNA",
    "kcna.kp": "KCNA",
    "upi.com": "UPI",
    "europapress.es": "Europa Press",
    "ebc.com.br": "Agência Brasil",
    "ukrinform.net": "Ukrinform",
    "ukrinform.ua": "Ukrinform",
    "agerpres.ro": "Agerpres",
    "hina.hr": "Hina",
    "antaranews.com": "Antara",
    "bernama.com": "Bernama",
    "agi.it": "AGI",
    "adnkronos.com": "Adnkronos",
    "bta.bg": "BTA",
    "sta.si": "STA",
    "elta.lt": "ELTA",
}
"""The sites of agencies that publish their own reports, by registrable domain."""

_AGENCY_OF = {
    form.casefold(): name for name, forms in _AGENCIES.items() for form in forms
}
# The longest first: APA is not AP.
AGENCY = "|".join(
    re.escape(form)
    for form in sorted(
        (form for forms in _AGENCIES.values() for form in forms), key=len, reverse=True
    )
)
"""A regular expression of every form of an agency's name."""

WITH = (
    r"avec l['’]|avec|with|mit(?: (?:Material|Informationen|Agenturmaterial) (?:von|der|der"
    r" Agenturen?))?|con(?: información de)?|com(?: informações (?:da|de|do))?"
    r"|met|med|z|с|и|and|et|und|y|e|von"
)
"""What stands between a name and the agency whose material was used."""

# One or several agencies, as a credit names them: AFP, AP et Reuters; dpa/AFP.
CREDIT = rf"(?:{AGENCY})(?:(?:\s*[,/–-]\s*|\s+(?:{WITH})\s+)(?:{AGENCY}))*"

# Only these are written in small letters: ap, pa and tt are words and initials.
_IN_SMALL_LETTERS = {"rtr": "Reuters"} | {
    name.lower(): name
    for name in (
        "AFP ANSA AP APA ATS Belga dpa EFE epd KNA Lusa NTB PAP Reuters Ritzau SDA SID"
    ).split()
}
_BETWEEN = re.compile(r"\s*[/,;·|–-]\s*|\s+(?:and|et|und|y|e|og|och|en|и)\s+")
# The services and editors' initials that stand beside an agency: dpa/lno, sda/afp/red.
_BESIDE = re.compile(r"[a-zäöü]{2,7}|AFX|infocom|Archiv")

_MONTHS = r"(?:\d{1,2}\.?\s+)?[^\W\d_]{3,}\.?(?:\s+\d{1,2})?"
_PLACE = r"[^\W\d_a-zà-ÿ][^()\[\]【】\n]{0,80}?"
_BRACKETS = r"[(\[（【［](?P<{name}>[^()\[\]（）【】［］]{{2,60}})[)\]）】］]"
_DATELINE = re.compile(
    rf"(?:{_PLACE})?\s*{_BRACKETS.format(name='inner')}\s*"
    r"(?:(?P<dash>[-–—:.|]|$)|(?P<text>[^\W\d_]))"
)
_BARE = re.compile(
    rf"(?P<bare>{CREDIT})\s*(?:\s[–—|-]\s|\||:\s)"
    rf"|{_PLACE}[,.]\s+(?P<after>{CREDIT})\s*\.?\s*[–—|-]\s*\S"
    rf"|{_PLACE}[.,]\s*/(?P<slashes>{CREDIT})/"
    rf"|[^\W\d_a-zà-ÿ][\w .,'’-]{{1,40}}\s+\|\s+(?P<bar>{CREDIT})(?:\s|$)"
)
_CJK = re.compile(
    r"\W*(?P<cjk>新华社|新華社|中新社|中央社|共同社)[^\s]{2,30}?[电電]|综合(?P<digest>新华社|中新社)报道"
    r"|\W*(?P<lead>(?:据)?(?P<quoted>新华社|路透社|法新社|美联社|中新社))[^，。]{0,12}(?:消息|报道|电)"
)
_INDIAN = re.compile(rf"[^\W\d_a-z][\w .'’-]*,\s+{_MONTHS}\s*$")
_AT_END = re.compile(rf"{_BRACKETS.format(name='inner')}\s*\.?\s*$")
_HEAD = 160
_TAIL = 120
# A dateline opens the text; a summary or a byline may stand above it.
_OPENING_PARAGRAPHS = 4


def dateline_agency(text: str) -> str | None:
    """Return the agency that the beginning of ``text`` credits: ``PARIS (AFP) –``.

    Args:
      text: The article, its paragraphs separated by blank lines.
    """
    for paragraph in text.split("\n\n", _OPENING_PARAGRAPHS)[:_OPENING_PARAGRAPHS]:
        agency = _opening(paragraph[:_HEAD])
        if agency:
            return agency
    return None


def _opening(line: str) -> str | None:
    found = _DATELINE.match(line)
    if found is not None:
        agency = listed_agency(found["inner"])
        is_dateline = (
            found["text"] is None
            or "=" in found["inner"]
            or _INDIAN.match(line[: found.start("inner") - 1])
        )
        if agency and is_dateline:
            return agency
    for pattern in (_BARE, _CJK):
        if other := pattern.match(line):
            groups = other.groupdict()
            groups.pop("lead", None)
            return agency_of(next(filter(None, groups.values()), None))
    return None


def closing_agency(text: str) -> str | None:
    """Return the agency that stands in brackets at the end of ``text``: ``(dpa/lno)``."""
    found = _AT_END.search(text[-_TAIL:])
    if found is None:
        return None
    before = text[-_TAIL:][: found.start()].rstrip(" ")
    # Inside a sentence brackets explain an abbreviation.
    is_apart = not before or before[-1] in "\n.!?»”\"“'’。！？"
    is_listed = found["inner"] in _IN_SMALL_LETTERS or "/" in found["inner"]
    return listed_agency(found["inner"]) if is_apart or is_listed else None


def listed_agency(line: str) -> str | None:
    """Return the first agency of a line that lists nothing but agencies.

    Beside them may stand the initials of editors and services (``hen/dpa``, ``dpa/lno``),
    before them a city (``서울=연합뉴스``, ``東京 2日 ロイター``).
    """
    line = line.strip(" .:=©-–—")
    if "=" in line or not line.isascii():
        line = re.split(r"[=\s＝]+", line)[-1] if agency_of_all(line) is None else line
    agency: str | None = None
    parts = [part.strip() for part in _BETWEEN.split(_LEADING_WITH.sub("", line))]
    for part in parts:
        found = agency_of_all(part) or (
            _IN_SMALL_LETTERS.get(part) if len(parts) > 1 or part != "ap" else None
        )
        if found is None and not _BESIDE.fullmatch(part):
            return agency_of_all(line)
        agency = agency or found
    return agency


_LEADING_WITH = re.compile(
    rf"^(?:{WITH}|via|source|quelle|fuente|fonte|bron)\s*:?\s+", re.IGNORECASE
)
_NAMED = re.compile(rf"(?<!\w)(?:{AGENCY})(?!\w)")


def credited_agency(line: str) -> str | None:
    """Return the agency named by a line that is known to sign an article."""
    found = _NAMED.search(line)
    return agency_of(found[0]) if found else None


def agency_of(credit: str | None) -> str | None:
    """Return the first agency named in ``credit``, by the column's name for it."""
    found = re.match(AGENCY, credit or "")
    return _AGENCY_OF[found[0].casefold()] if found else None


def agency_of_all(name: str) -> str | None:
    """Return the agency whose name is all of ``name``."""
    agency = _AGENCY_OF.get(name.casefold())
    # In small letters most of the names are words.
    if agency is None or (name.islower() and name not in _AGENCIES):
        return _IN_SMALL_LETTERS.get(name) if agency and len(name) > 2 else None  # noqa: PLR2004
    return agency


def agency_of_site(domain: str | None) -> str | None:
    """Return the agency whose own site a registrable domain is, None for another."""
    return _SITES.get(domain) if domain else None
