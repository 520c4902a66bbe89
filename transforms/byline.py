"""Bylines and agency credits: who signed an article, and which wire it came from.

``Marie de La Roche Saint-André, avec AFP`` signs with a person and credits an agency;
``PARIS, 12 sept (Reuters) -`` credits in the dateline; ``AFP`` alone in an author field
names no person.  People go to ``authors``, the agency to ``agency``.
"""

from __future__ import annotations

import dataclasses
import re

# The name that the column gives, with the forms a credit is written in.
_AGENCIES = {
    "AFP": (
        "AFP",
        "Agence France-Presse",
        "Agence France Presse",
        "أ ف ب",
        "فرانس برس",
    ),
    "Reuters": ("Reuters", "Thomson Reuters", "رويترز", "Рейтер"),
    "AP": ("AP", "Associated Press", "The Associated Press"),
    "dpa": ("dpa", "DPA", "Deutsche Presse-Agentur"),
    "EFE": ("EFE", "Agencia EFE"),
    "ANSA": ("ANSA", "Agenzia ANSA"),
    "TASS": ("TASS", "ITAR-TASS", "ТАСС"),
    "RIA Novosti": ("RIA Novosti", "Ria Novosti", "РИА Новости"),
    "Interfax": ("Interfax", "Интерфакс"),
    "Xinhua": ("Xinhua", "新华社", "新華社"),
    "China News Service": ("中新社", "中新网", "China News Service"),
    "Kyodo": ("Kyodo", "Kyodo News", "共同通信"),
    "Jiji": ("Jiji", "Jiji Press", "時事通信"),
    "Yonhap": ("Yonhap", "연합뉴스"),
    "PTI": ("PTI", "Press Trust of India"),
    "ANI": ("ANI",),
    "IANS": ("IANS",),
    "PA": ("PA Media", "Press Association"),
    "Belga": ("Belga",),
    "ATS": ("ATS", "Keystone-ATS"),
    "SDA": ("SDA", "Keystone-SDA"),
    "APA": ("APA",),
    "ANP": ("ANP",),
    "Lusa": ("Lusa", "Agência Lusa"),
    "PAP": ("PAP",),
    "ČTK": ("ČTK", "CTK"),
    "MTI": ("MTI",),
    "TT": ("TT", "TT Nyhetsbyrån"),
    "NTB": ("NTB",),
    "Ritzau": ("Ritzau",),
    "STT": ("STT",),
    "Anadolu": ("Anadolu", "Anadolu Agency", "Anadolu Ajansı", "AA"),
    "IRNA": ("IRNA",),
    "WAM": ("WAM",),
    "SPA": ("SPA",),
    "KCNA": ("KCNA",),
    "La Presse Canadienne": ("La Presse Canadienne",),
    "The Canadian Press": ("The Canadian Press",),
    "AAP": ("AAP", "Australian Associated Press"),
    "UPI": ("UPI",),
    "Europa Press": ("Europa Press",),
    "Agência Brasil": ("Agência Brasil",),
    "Télam": ("Télam",),
    "Ukrinform": ("Ukrinform", "Укрінформ"),
    "epd": ("epd",),
    "KNA": ("KNA",),
    "SID": ("SID",),
    "Agerpres": ("Agerpres", "AGERPRES"),
    "Hina": ("Hina", "HINA"),
    "APS": ("APS",),
}
_AGENCY_OF = {
    form.casefold(): name for name, forms in _AGENCIES.items() for form in forms
}
# The longest first: APA is not AP.
_AGENCY = "|".join(
    re.escape(form)
    for form in sorted(
        (form for forms in _AGENCIES.values() for form in forms), key=len, reverse=True
    )
)
_WITH = r"avec l['’]|avec|with|mit(?: Material von)?|con|com|met|med|z|с|и|and|et|und|y|e|von"
# One or several agencies, as a credit names them: AFP, AP et Reuters; dpa/AFP.
_CREDIT = rf"(?:{_AGENCY})(?:(?:\s*[,/–-]\s*|\s+(?:{_WITH})\s+)(?:{_AGENCY}))*"
_BY = r"(?:par|by|von|por|di|da|door|av|af|od|autor|text|texte|propos recueillis par)\s*:?\s+"
_SOURCE = r"(?:source|sources|quelle|fuente|fonte|bron|источник|来源|المصدر)\s*[:：]\s*"
# A name: capitalised words with particles between, two at least or one with initials.
_NAME_WORD = r"(?:d['’]|D['’]|l['’]|L['’])?[^\W\d_a-z][\w.'’-]*"
_PARTICLE = (
    r"(?:de|du|des|la|le|van|von|der|den|zu|di|da|dos|del|al|el|bin|ben|ibn|y|e)"
)
_NAME = rf"{_NAME_WORD}(?:\s+(?:{_PARTICLE}\s+){{0,3}}{_NAME_WORD}){{1,4}}"
_NAMES = rf"{_NAME}(?:(?:\s*,\s*|\s+(?:et|and|und|y|e|i|&)\s+){_NAME}){{0,5}}"

_SIGNED_WITH_AGENCY = re.compile(
    rf"(?:{_BY})?(?P<names>{_NAMES})\s*(?:,\s*|[/|(–—-]\s*|\s)(?:{_WITH})?\s*"
    rf"\(?(?P<credit>{_CREDIT})\)?\.?"
)
_SIGNED = re.compile(rf"(?i:{_BY})(?P<names>{_NAMES})\.?")
_CREDITED = re.compile(
    rf"[(\[]?(?:(?i:{_SOURCE})|(?i:{_WITH})\s*)?(?P<credit>{_CREDIT})[)\]]?\.?"
)
_DATELINE = re.compile(
    rf".{{0,80}}?[(\[（【](?P<credit>{_CREDIT})[)\]）】]\s*(?:[-–—:.]|$)"
    rf"|(?P<bare>{_CREDIT})\s+[–—-]\s"
    r"|(?P<cjk>新华社|新華社|中新社)[^\s]{2,20}电|综合(?P<digest>新华社|中新社)报道"
)
_WITH_CREDIT = re.compile(rf"[\s,]+(?:{_WITH})\s+(?P<credit>{_CREDIT})$")
_NAMED = re.compile(rf"(?<!\w)(?:{_AGENCY})(?!\w)")
_SEPARATOR = re.compile(r"\s*(?:[,;/|·]|\s(?:et|and|und|y|&|e)\s)\s*")
# Longer than any byline with five names; a sentence that happens to fit is longer.
_MAX_BYLINE = 160


@dataclasses.dataclass(frozen=True, slots=True)
class Byline:
    """Who signed, and the agency credited."""

    authors: tuple[str, ...] = ()
    agency: str | None = None


def parse_byline(line: str) -> Byline | None:
    """Return what ``line`` says if it is nothing but a byline or credit, else None."""
    line = line.strip()
    if not line or len(line) > _MAX_BYLINE:
        return None
    for pattern in (_CREDITED, _SIGNED_WITH_AGENCY, _SIGNED):
        found = pattern.fullmatch(line)
        if found is None:
            continue
        groups = found.groupdict()
        signed = clean_authors([groups.get("names") or ""])
        return Byline(signed.authors, agency_of(groups.get("credit")) or signed.agency)
    return None


def dateline_agency(text: str) -> str | None:
    """Return the agency that the beginning of ``text`` credits: ``PARIS (AFP) –``."""
    found = _DATELINE.match(text[:120])
    if found is None:
        return None
    return agency_of(
        found["credit"] or found["bare"] or found["cjk"] or found["digest"]
    )


def credited_agency(line: str) -> str | None:
    """Return the agency that a line names which is known to sign an article."""
    found = _NAMED.search(line)
    return agency_of(found[0]) if found else None


def agency_of(credit: str | None) -> str | None:
    """Return the first agency named in ``credit``, by the column's name for it."""
    found = re.match(_AGENCY, credit or "")
    return _AGENCY_OF[found[0].casefold()] if found else None


def clean_authors(declared: list[str] | tuple[str, ...]) -> Byline:
    """Return the people among ``declared``, each once; agencies go to the agency.

    Args:
      declared: Author fields, each with one name or several.
    """
    people: dict[str, str] = {}
    agency: str | None = None
    for field in declared:
        plain = re.sub(rf"^(?i:{_BY})", "", field.strip())
        credited = _WITH_CREDIT.search(plain)
        if credited:
            agency = agency or agency_of(credited["credit"])
            plain = plain[: credited.start()]
        for part in _SEPARATOR.split(plain):
            name = part.strip(" .()-–")
            found = _AGENCY_OF.get(name.casefold())
            if found:
                agency = agency or found
            elif _is_person(name):
                people.setdefault(name.casefold(), name)
    return Byline(tuple(people.values()), agency)


_NOT_A_PERSON = re.compile(
    r"https?:|www\.|@|\d{3}|\b(?:rédaction|redaktion|redacción|redazione|redactie|newsroom"
    r"|editorial|editors?|staff|admin|desk|team|équipe|service|agenc\w+|reporters?"
    r"|correspondent|online|news|press[e]?|media|magazine|journal|times|post|tv)\b",
    re.IGNORECASE,
)


# No sentence is so short, hardly a name is longer.
_MAX_NAME = 60
_MAX_NAME_WORDS = 6


def _is_person(name: str) -> bool:
    return (
        1 < len(name) <= _MAX_NAME
        and any(c.isalpha() for c in name)
        and not _NOT_A_PERSON.search(name)
        and len(name.split()) <= _MAX_NAME_WORDS
    )
