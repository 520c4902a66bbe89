r"""Redaction: how a URL, or a text that quotes some, may be logged, stored and shown.

Four functions, each stricter than the one before, none of which raises on any string:

* :func:`redact`: for what people analyse, such as the addresses of pages.
* :func:`redact_feed`: for the address of a feed, for logs and errors.  A feed's path may
  be its password, so what looks like one in a path goes too.
* :func:`redact_message`: for errors, which may quote what is no proper address.
* :func:`redact_input`: for what a user typed as an address and what may not be one.

Secrets are for people to be kept from, never for a decision: what is redacted is no key
of anything.  Every pattern looks at a character a bounded number of times.
"""

from __future__ import annotations

import re
from urllib.parse import quote, unquote, urlsplit

MASK = "***"
"""What stands for a secret."""

_TELLTALE_WORDS = (
    "access|api|auth|authorization|bearer|cookie|cred|creds|credential|credentials|csrf"
    "|hash|hmac|jwt|key|login|oauth|otp|pass|passcode|passphrase|passwd|password|pin"
    "|private|pw|pwd|saml|secret|session|sessionid|sid|sig|sign|signature|sso|ticket"
    "|token|xsrf"
)
_SECRET_NAME = re.compile(
    rf"(?:^|[^a-z])(?:{_TELLTALE_WORDS})(?:$|[^a-z])"
    r"|apikey|authkey|authtoken|accesskey|accesstoken|secretkey|sessid|keypair|token$"
    r"|password|passwd|secret"
)
_WORD_BORDER = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NOT_URL = r"\s\"'<>"
# Repeated: what is behind one must not become another once it is taken out.
_USERINFO = re.compile(r"(?<=[/\\]{2})(?:[/\\]?[^\s/\\?#]*@)+")
# A password with an unescaped slash, question mark or space in it: no port is like that.
_BROKEN_USERINFO = re.compile(
    r"(?<=//)[^\s/?#@:\[\]]{1,256}:(?!\d*(?:[/?#\s]|$))(?:(?!\s\S{0,16}//)[^\n]){0,256}@"
)
# One that begins like a port: only where a host stands in front of none of its dots.
_PORT_LIKE_USERINFO = re.compile(
    r"(?<=//)[^\s/?#@:.\[\]]{1,256}:\d{0,5}[/?#][^\s@]{0,256}(?<![/?#])@"
    r"(?=[\w-]+(?:\.[\w-]+)+(?:[:/?#\s]|$))"
)
_PARAMETER = re.compile(
    r"(?<=[?&;#])([^=&;#?\s]{1,256})=((?:[^&;#\s]|;(?![^=&;#?\s]{1,64}=))+)"
)
_TOKEN_WITH_DOT = re.compile(r"(?<![\w-])[\w-]{8,}+\.[\w.-]*+")
_JSON_WEB_TOKEN = "eyJ"  # noqa: S105 - how each begins
# A piece of a URL in which another URL may be escaped.
_ESCAPED = re.compile(r"(?<![^\s/?#&=;])[^\s/?#&=;%]*+%[^\s/?#&=;]*+")
# In front of anything else may stand a user's name.
_SCHEMES = frozenset(
    {"http", "https", "feed", "feeds", "rss", "file", "ftp", "s3", "gs"}
)
_MAX_NESTED = 3
_MAX_ROUNDS = 4

# Files have paths, too, and those say where something is: only URLs have secrets in one.
_URL = re.compile(
    rf"((?<![a-z0-9+.-])(?!file:)[a-z][a-z0-9+.-]{{0,31}}:[/\\]{{1,2}}[^/\\?#{_NOT_URL}]*"
    rf"|(?<![\w.:/\\-])[/\\]{{2}}[^/\\?#{_NOT_URL}]*)([/\\][^{_NOT_URL}]*)",
    re.IGNORECASE,
)
_SEGMENT = re.compile(rf"(?<=[/\\])[^/\\?#{_NOT_URL}]+")
_TELLTALE_SEGMENT = re.compile(
    rf"(?<=/)({_TELLTALE_WORDS}|apikey|feedkey|feedtoken|tokens|keys)"
    rf"([/:=])([^/?#{_NOT_URL}]+)",
    re.IGNORECASE,
)
_UUID = re.compile(
    r"(?:^|[^0-9a-f])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE
)
_RUN = re.compile(r"\w{16,}+")
_SHORT_TOKEN = re.compile(r"(?=[^\d]*\d)[\w~+%]{8,}+")
_TO_LAST_AT = re.compile(
    r"^(\s*(?:https?|feed|ftps?|s3|gs):)?[/\\]*.*@", re.IGNORECASE | re.DOTALL
)
# Without a scheme, or with one slash behind it, as pathlib leaves of two.
_LOOSE_USERINFO = re.compile(
    r"(?<![\w.+@:/-])(?:[a-z][a-z0-9+.-]{0,16}:[/\\]?)?(?!(?:mailto|tag|acct|urn|sip|xmpp):)"
    r"[^\s/:@\"'\\()]{1,256}:[^\s\"']{1,256}@(?=[\w.\[-])",
    re.IGNORECASE,
)
_ANY_PARAMETER = re.compile(r"([?&;#][^=&;#?]{1,256}=)[^&#]*")


def redact(text: str) -> str:
    """Take the secrets out of a URL, or out of a text that quotes URLs.

    Args:
      text: A URL, a path, or a message.

    Returns:
      The same text without ``user:password@``, and with ``***`` for the value of each
      parameter whose name speaks of a secret (key, token, signature, ...), for what
      follows such a name in a path if it looks like a token, and for JSON Web Tokens
      anywhere; in URLs that are escaped within others too.  Other secrets in a path
      cannot be distinguished from words, and remain.
    """
    for _ in range(_MAX_ROUNDS):
        redacted = _once(text, _MAX_NESTED)
        if redacted == text:
            break
        text = redacted
    return text


def redact_feed(text: str) -> str:
    """Take the secrets out of the address of a feed, or of a message about one.

    Args:
      text: A URL or a message.

    Returns:
      What :func:`redact` returns, with ``***`` also for each part of a path that looks
      like a token: a UUID, or a long mixture of letters and digits.
    """
    return _URL.sub(
        lambda url: url[1] + _SEGMENT.sub(_without_token, url[2]), redact(text)
    )


def redact_message(text: str) -> str:
    """Take the secrets out of an error message.

    Args:
      text: The message; it may quote what a user gave instead of an address: one
        without a scheme, or a path that was made from one.

    Returns:
      What :func:`redact_feed` returns, and no ``user:password@`` anywhere.
    """
    return (
        _LOOSE_USERINFO.sub("", redact_feed(text)) if "@" in text else redact_feed(text)
    )


def redact_input(text: str) -> str:
    """Take the secrets out of what a user typed where an address was asked for.

    Args:
      text: What was typed, well-formed or not.

    Returns:
      What :func:`redact_feed` returns of a URL; of anything else nothing in front of the
      last ``@``, and no value of any parameter.
    """
    if not _is_whole(text) and ("@" in text or "://" in text):
        text = _TO_LAST_AT.sub(lambda found: f"{found[1]}//" if found[1] else "", text)
        text = _ANY_PARAMETER.sub(rf"\1{MASK}", text)
    return redact_feed(text)


def _is_whole(text: str) -> bool:
    """Return whether a text is a URL that people and parsers read alike."""
    text = text.strip()
    try:
        parts = urlsplit(text)
        is_port = parts.port is None or parts.port > 0
    except ValueError:
        return False
    if "@" in text and parts.scheme.lower() not in _SCHEMES:
        return False
    if not is_port or not parts.hostname or re.search(r"\s", text):
        return False
    # In "user:12/34@host" a parser finds a host and a port, a person a password.
    is_doubtful = ":" in parts.netloc and "." not in parts.hostname
    return not (is_doubtful and "@" in text and "@" not in parts.netloc)


def _once(text: str, nested: int) -> str:
    if "@" in text and ("//" in text or "\\" in text):
        text = _BROKEN_USERINFO.sub("", text)
        text = _USERINFO.sub("", text)
        text = _PORT_LIKE_USERINFO.sub("", text)
    if "=" in text:
        text = _PARAMETER.sub(_masked, text)
    if "%" in text and nested:
        text = _ESCAPED.sub(lambda found: _unescaped(found, nested - 1), text)
    if "//" in text or ":/" in text:
        text = _URL.sub(
            lambda url: url[1] + _TELLTALE_SEGMENT.sub(_masked_segment, url[2]), text
        )
    return _TOKEN_WITH_DOT.sub(_without_jwt, text)


def _masked(parameter: re.Match[str]) -> str:
    name = _WORD_BORDER.sub("_", unquote(parameter[1])).lower()
    return f"{parameter[1]}={MASK}" if _SECRET_NAME.search(name) else parameter[0]


def _unescaped(found: re.Match[str], nested: int) -> str:
    """Return a piece of a URL without the secrets of what is escaped in it."""
    # Where a parameter begins, it may be one whose sign of equality is escaped.
    before = found.string[max(found.start() - 1, 0) : found.start()]
    mark = before if before in {"?", "&", ";", "#"} else ""
    plain = f"{mark}{unquote(found[0])}"
    redacted = _once(plain, nested)
    if redacted == plain:
        return found[0]
    return quote(redacted.removeprefix(mark), safe="*")


def _masked_segment(found: re.Match[str]) -> str:
    value = found[3]
    is_token = _SHORT_TOKEN.fullmatch(value) or _looks_like_token(value)
    return f"{found[1]}{found[2]}{MASK}" if is_token else found[0]


def _without_token(segment: re.Match[str]) -> str:
    return MASK if _looks_like_token(segment[0]) else segment[0]


def _looks_like_token(segment: str) -> bool:
    return bool(_UUID.search(segment)) or any(
        any(map(str.isdigit, run)) and any(map(str.isalpha, run))
        for run in _RUN.findall(segment)
    )


def _without_jwt(token: re.Match[str]) -> str:
    head, mark, _ = token[0].partition(_JSON_WEB_TOKEN)
    return f"{head}{MASK}" if mark else token[0]
