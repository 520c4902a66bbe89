"""Credit: whose report an article is, where it is another's, and how that is known.

Named are the sources that an article itself or its feed gives: another site as canonical,
the ``source`` of a feed's entry, a line that says where it was published first, an agency.
What none of them says is unknown.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from transforms.records import Origin
from transforms.signing.agencies import agency_of_site
from transforms.text.strings import one_line
from transforms.urls import domain, normalize
from transforms.vocabulary import OriginEvidence, OriginKind

# Paragraphs at the end of a text, and code points of one, that may say so.
_LAST = 3
_LONGEST = 300
_NAME = r"(?P<name>[^\W\d_][^.,;:!?()\n]{1,60})"
_FIRST = re.compile(
    r"(?:(?:this|the) (?:article|story|piece|report|column|post) (?:was |has been )?"
    r"(?:first|originally) (?:published|appeared) (?:in|on|by|at) "
    r"|(?:first|originally) published (?:in|on|by|at) "
    r"|(?:dieser|der) (?:artikel|text|beitrag) (?:ist |wurde )?(?:zuerst|ursprünglich) "
    r"(?:in|bei|auf) |zuerst erschienen (?:in|bei|auf) "
    r"|cet article (?:a été|est) (?:d['’]abord|initialement) (?:publié|paru) "
    r"(?:par|dans|sur|en) "
    r"|est[ea] (?:artículo|nota|texto) (?:fue publicad[oa]|se publicó|apareció) "
    r"(?:originalmente|por primera vez) (?:en|por) "
    r"|questo articolo è (?:stato pubblicato|apparso) (?:originariamente|per la prima "
    r"volta) (?:su|in|da) )" + _NAME,
    re.IGNORECASE,
)

# German says at the end what was done.
_VERB = re.compile(r"\s+(?:erschienen|veröffentlicht)\s*$")


def origin_of(
    *,
    site: str | None,
    canonical_url: str | None,
    source: str | None,
    publication: str | None,
    agency: str | None,
    text: str,
) -> Origin | None:
    """Return whose report an article is; None where nothing says that it is another's.

    Args:
      site: The registrable domain of its own address.
      canonical_url: What its page calls the canonical address.
      source: The name of the source that its feed gives the entry.
      publication: The name of the publication that has it.
      agency: The agency that it credits.
      text: Its text.
    """
    own = agency_of_site(site)
    if own is not None:
        return Origin(own, OriginKind.AGENCY, OriginEvidence.SITE)
    other = _elsewhere(site, canonical_url)
    if other is not None:
        return Origin(other, OriginKind.SITE, OriginEvidence.CANONICAL)
    named = one_line(source)
    if named and named.casefold() != (publication or "").casefold():
        return Origin(named, OriginKind.PUBLICATION, OriginEvidence.FEED)
    for line in text.rsplit("\n\n", _LAST)[-_LAST:]:
        found = _FIRST.match(line) if len(line) <= _LONGEST else None
        name = _VERB.sub("", found["name"]).strip() if found else ""
        if name and name.casefold() != (publication or "").casefold():
            return Origin(name, OriginKind.PUBLICATION, OriginEvidence.TEXT)
    if agency is not None:
        return Origin(agency, OriginKind.AGENCY, OriginEvidence.CREDIT)
    return None


def _elsewhere(site: str | None, canonical_url: str | None) -> str | None:
    """Return the site that a canonical URL names, if it is a page of another one."""
    url = normalize(canonical_url or "")
    if url is None or site is None or urlsplit(url).path in {"", "/"}:
        return None
    other = domain(url)
    return other if other != site else None
