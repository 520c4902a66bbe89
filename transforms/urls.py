r"""URLs: put in order, reduced to an article's identity.

Four questions, four functions, none of which raises on any string:

* :func:`resolve`: which address does this link mean?  Nothing is taken from the query,
  so the answer may be fetched exactly as its publisher wrote it.
* :func:`normalize`: the same address without what only serves to follow readers about.
* :func:`canonical`: which article is it?  An identity to compare, never to fetch.
* :func:`domain`: whose site is it?

How a URL may be shown is answered by :mod:`transforms.redaction`.

Parsing follows the WHATWG URL standard where it differs from RFC 3986 on hostile input
(a backslash is a slash, tabs and newlines are nothing), so that no browser and no
server can read another host out of a URL than we do.  Percent-encoding, dot segments
and case follow RFC 3986, section 6.2.2.
"""

from __future__ import annotations

import functools
import ipaddress
import re
from urllib.parse import quote, unquote, urljoin, urlsplit

import idna
from courlan import normalize_url
from tld import get_fld

MAX_LENGTH = 8_192
"""Characters; RFC 9110, section 4.1, asks everybody to support 8,000."""

_PORTS = {"http": 80, "https": 443}
_STANDARD_PORT = re.compile(r":(?:80|443)$")
_MAX_HOST = 253
"""Octets of a host name (RFC 1035, section 2.3.4, less the root)."""

_EDGES = "".join(map(chr, range(0x21)))
_DROPPED = str.maketrans("", "", "\t\n\r")
_HOST = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_-]{1,63}")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_UNRESERVED = frozenset(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
)
_SESSION_SUFFIX = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/;]*", re.IGNORECASE)

# Trackers that courlan 1.4 does not know: analytics suites (AT Internet, comScore,
# Webtrends, Matomo, HubSpot) and the share links of large publishers.
_TRACKER = re.compile(
    r"(?:at|ns|hsa|piwik|matomo|wt)[_.].*|_?hs(?:enc|mi)|cmp(?:id)?|i?cmp|[ino]cid"
    r"|smid|smtyp|sr_share|soc_src|soc_trk|ftag|srnd|sref|spm|mbid|cndid|trk\w*|wprov"
    r"|guccounter|guce_\w+|xtatc|__twitter_impression|igsh(?:id)?"
    r"|(?:asp|php|j)session(?:id)?\w*|phpsessid"
)
# courlan matches some trackers by how they begin, and so strips ``game`` for ``ga``:
# losing a parameter that names the article merges two articles, keeping a tracker only
# fetches one of them twice.
_FALSE_TRACKER = re.compile(
    r"g[al][a-z]{2,}\w*|ref(?!err?er|erral|src)[a-z]+\w*|affair\w*|keywords?|mediums"
    r"|sources"
)
_TRACKER_UNLESS_NUMBER = re.compile(
    r"c(?:l)?id|eid|uid|source(?:_?id)?|medium(?:_?id)?|ga|gl"
)

# Names of parameters repeat, from link to link and from site to site.
_REMEMBERED = 1_000
# Feeds list the same links each time they are asked: as many as some hundred feeds have.
_LINKS_REMEMBERED = 10_000

_AMP_PARAMETER = re.compile(
    r"amp|_amp|noamp|nonamp|amp_\w+|__amp_\w+|usqp|aoh"
    r"|(?:outputtype|output|format|type|view)=amp"
)
# Not where only dots would be left: those are no name.
_AMP_SUFFIX = re.compile(r"(?<=[^.])(?:\.amp)+(?=$|\.html?$)", re.IGNORECASE)
_FOLDED_LABEL = re.compile(r"(?:www|amp)\.(?=[^.]+\.)")
# What is host and path of its identity already, but for a www and slashes at the end.
_PLAIN = re.compile(
    r"https?://(?:www\.)?+(?!www\.)((?:[a-z0-9-]+\.)+[a-z]+(?:/[A-Za-z0-9~_-][\w.~-]*+)*+)/?+"
    r"(?:[?#].*)?",
    re.ASCII | re.DOTALL,
)
_MAY_BE_AMP = re.compile(r"(?:^|[./])amp(?![a-z0-9])|ampproject", re.IGNORECASE)
_AMP_CACHE = re.compile(
    r"(?:[^/]+\.cdn\.ampproject\.org/(?:wp/)?[acivr]|(?:www\.)?google\.[a-z.]{2,6}/amp)"
    r"/(?:s/)?([^/]+\.[^/]+/.*)"
)


def resolve(base: str | None, link: str | None) -> str | None:
    """Make ``link``, as found at ``base``, an absolute http(s) address.

    Args:
      base: The URL of the document that carries the link, if there is one.
      link: What the document says.

    Returns:
      The address, without credentials, its query untouched but for escaping; None where
      the link leads nowhere that could be fetched.  Of a fragment only one that is a
      route (``#!news/1``, ``#/news/1``) is kept: there it names the article.
    """
    parts = _parse(_join(base, link))
    return None if parts is None else _address(*parts)


def normalize(url: str) -> str | None:
    """Normalise a URL, and remove its tracking parameters.

    Args:
      url: Any string.

    Returns:
      An absolute http(s) URL in ASCII: host lower-cased and in IDNA form, no
      credentials, no fragment that is no route, no default port, no dot segments, no
      tracking parameter (those that courlan knows, and ours); the rest of the query
      keeps its order.  None for anything else.
    """
    parts = _parse(url)
    if parts is None:
        return None
    scheme, host, path, query, route = parts
    path = _without_session(path)
    return _address(scheme, host, path, _untracked(query), route)


@functools.lru_cache(_LINKS_REMEMBERED)
def canonical(url: str) -> str | None:
    """Reduce a URL to the identity of the article behind it.

    What differs between two links to one article is folded: http is https, a leading
    ``www.`` goes (publishers serve the same pages with and without; a reader that
    distinguishes them counts each article twice), AMP pages and AMP caches stand for the page
    they render, a trailing slash goes, parameters are sorted.  Mobile hosts and
    ``index.html`` stay: there the same path may be another page.  A fragment that is a
    route (``#!news/1``, ``#/news/1``) stays too: an application in the browser
    distinguishes its pages only by it.

    Args:
      url: Any string.

    Returns:
      An identity to compare and to hash, not an address to fetch: the server may not
      answer under it.  None where ``url`` is no http(s) URL.
    """
    parts = _parse(url)
    if parts is None:
        return None
    _, host, path, query, route = parts
    while (match := _AMP_CACHE.fullmatch(host + path)) and (
        inner := _parse("https://" + match[1])
    ):
        _, host, path, _, _ = inner
    host = _bare_host(_STANDARD_PORT.sub("", host))
    path = _without_amp(_without_session(path))
    kept = [p for p in _untracked(query).split("&") if p and not _is_amp(p)]
    query = "&".join(sorted(kept))
    return _address("https", host, path.rstrip("/"), query, route.rstrip("/"))


def place(url: str) -> str:
    """Return host and path of an identity: all addresses of a page have them in common.

    Args:
      url: Any string.

    Returns:
      Those of :func:`canonical`, without ``www.`` and ``amp.`` before any host; what is no
      http(s) URL, as it is.
    """
    plain = _PLAIN.fullmatch(url)
    # Few addresses have these letters: to look for them takes less time.
    if plain and ("amp" not in url.lower() or not _MAY_BE_AMP.search(plain[1])):
        return plain[1]
    parts = urlsplit(canonical(url) or "")
    host = parts.netloc
    while label := _FOLDED_LABEL.match(host):
        host = host[label.end() :]
    return f"{host}{parts.path.rstrip('/')}" if host else url


def without_route(url: str) -> str:
    """Return a URL as it is asked for: a server is never sent a fragment."""
    return url.partition("#")[0]


def with_route(url: str, listed: str) -> str:
    """Return where a request ended, with the route of the link that began it.

    A browser keeps the fragment through redirects that have none of their own
    (RFC 9110, section 10.2.2).

    Args:
      url: The URL that answered.
      listed: The link that was followed.
    """
    _, mark, route = listed.partition("#")
    return url if not mark or "#" in url else f"{url}#{route}"


def domain(url: str) -> str | None:
    """Return the registrable domain of a URL: ``bbc.co.uk`` for ``news.bbc.co.uk``.

    Args:
      url: Any string.

    Returns:
      The name just below the public suffix (Public Suffix List as shipped by tld),
      lower-cased and in ASCII; None for addresses, single-label and unlisted names.
    """
    parts = _parse(url)
    return None if parts is None else _domain(parts[1])


def is_home(url: str) -> bool:
    """Return whether an address is a site's front page, whose path says nothing.

    Args:
      url: An absolute URL.
    """
    parts = urlsplit(normalize(url) or "")
    return parts.path == "/" and not parts.query


def _join(base: str | None, link: str | None) -> str:
    link = _tidy(link or "")
    if not base or not link:
        return link
    try:
        return urljoin(_tidy(base), link)
    except ValueError:
        return ""


def _tidy(url: str) -> str:
    """Do to a URL what browsers do before they parse it."""
    url = url.strip(_EDGES).translate(_DROPPED)
    end = min((at for at in map(url.find, "?#") if at >= 0), default=len(url))
    return url[:end].replace("\\", "/") + url[end:]


def _parse(url: str) -> tuple[str, str, str, str, str] | None:
    """Split into scheme, host with port, path, query and route, in their normal forms."""
    url = _tidy(url)
    if len(url) > MAX_LENGTH:
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
        host = _host(parts.netloc.rpartition("@")[2])
    except ValueError:
        return None
    scheme = parts.scheme.lower()
    if scheme not in _PORTS or port == 0 or host is None:
        return None
    if port is not None and port != _PORTS[scheme]:
        host = f"{host}:{port}"
    path = _without_dots(_escaped(parts.path, "/:@!$&'()*+,;="))
    query = _escaped(parts.query.replace("&amp;", "&"), "/?:@!$'()*+,;=&[]|")
    return scheme, host, path, query, _route(parts.fragment)


def _address(scheme: str, host: str, path: str, query: str, route: str) -> str | None:
    url = f"{scheme}://{host}{path or '/'}" + (f"?{query}" if query else "")
    url += f"#{route}" if route else ""
    return url if len(url) <= MAX_LENGTH else None


def _route(fragment: str) -> str:
    """Return a fragment that is the route of an application, nothing for any other."""
    if not fragment.startswith(("!", "/")):
        return ""
    path, _, query = fragment.partition("?")
    query = _untracked(query.replace("&amp;", "&"))
    route = _escaped(path + (f"?{query}" if query else ""), "/?:@!$'()*+,;=&")
    return route if route.strip("!/") else ""


def _host(authority: str) -> str | None:
    """Return a host in its normal form, None for a name that no host can have.

    Raises:
      ValueError: It is no address, or no name in any script.
    """
    if authority.startswith("["):
        # Early versions of Python 3.11 split what is no address.
        address = ipaddress.IPv6Address(authority[1 : authority.index("]")])
        return None if address.scope_id else f"[{address.compressed}]"
    name = unquote(authority.partition(":")[0])
    if not name.isascii():
        name = idna.encode(name, uts46=True).decode("ascii")
    name = name.lower().removesuffix(".")
    return name if len(name) <= _MAX_HOST and _HOST.fullmatch(name) else None


def _escaped(part: str, safe: str) -> str:
    """Escape what must be, unescape what need not be, write escapes in capitals."""
    part = _ESCAPE.sub(_fewest_escapes, _STRAY_PERCENT.sub("%25", part))
    return quote(part, safe=safe + "%~", errors="replace")


def _fewest_escapes(escape: re.Match[str]) -> str:
    character = chr(int(escape[1], 16))
    return character if character in _UNRESERVED else escape[0].upper()


def _without_dots(path: str) -> str:
    """Resolve ``.`` and ``..`` (RFC 3986, section 5.2.4)."""
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if segments and segments[-1] in {".", ".."}:
        kept.append("")
    return "/" + "/".join(kept)


def _without_session(path: str) -> str:
    """Drop sessions from the ends of segments, of which dots may be left."""
    return _without_dots(_SESSION_SUFFIX.sub("", path))


def _untracked(query: str) -> str:
    """Drop the tracking parameters."""
    return "&".join(p for p in query.split("&") if p and not _is_tracker(p))


def _is_tracker(parameter: str) -> bool:
    name, _, value = parameter.partition("=")
    name = unquote(name).lower()
    if _TRACKER.fullmatch(name):
        return True
    if _FALSE_TRACKER.fullmatch(name):
        return False
    if value.isdecimal() and _TRACKER_UNLESS_NUMBER.fullmatch(name):
        return False
    return bool(name) and _courlan_drops(name)


@functools.lru_cache(maxsize=_REMEMBERED)
def _courlan_drops(name: str) -> bool:
    """Return whether courlan takes a parameter for a tracker.

    courlan shows its rules only through what it leaves of a URL.
    """
    return "?" not in normalize_url(f"https://example.org/?{quote(name)}=1")


def _is_amp(parameter: str) -> bool:
    parameter = unquote(parameter).lower()
    name = parameter.partition("=")[0]
    return bool(_AMP_PARAMETER.fullmatch(name) or _AMP_PARAMETER.fullmatch(parameter))


def _without_amp(path: str) -> str:
    """Drop a first or last segment ``amp``, and the suffix ``.amp`` of a file."""
    segments = [segment for segment in path.split("/") if segment]
    for edge in (-1, 0):
        while len(segments) > 1 and segments[edge].lower() == "amp":
            del segments[edge]
    if segments:
        segments[-1] = _AMP_SUFFIX.sub("", segments[-1])
    return "/" + "/".join(segments)


def _bare_host(host: str) -> str:
    name, _, _ = host.partition(":")
    while (match := _FOLDED_LABEL.match(host)) and _domain(name) != name:
        host = host[match.end() :]
        name, _, _ = host.partition(":")
    return host


def _domain(host: str) -> str | None:
    name: str | None = get_fld(f"http://{host}/", fail_silently=True)
    return name
