"""The closed lists from which columns and counters take their values.

Each is a string enumeration: the value is written, the member is compared in code.  Names of
counters that stages and reports share are at the end.
"""

from __future__ import annotations

import enum


class Media(enum.StrEnum):
    """What the content of a :class:`Document` is."""

    HTML = "html"
    """A whole page."""
    FRAGMENT = "fragment"
    """A piece of HTML, as feeds carry it."""
    TEXT = "text"
    """Plain text, its paragraphs separated by blank lines."""


class TextSource(enum.StrEnum):
    """Where an article's text was taken from."""

    PAGE = "page"
    FEED = "feed"
    FILE = "file"


class Precision(enum.StrEnum):
    """How exactly a moment was declared."""

    SECOND = "second"
    MINUTE = "minute"
    DAY = "day"


class DateSource(enum.StrEnum):
    """Who declared the date of publication; :mod:`transforms.extract.published` has the order."""

    FEED = "feed"
    FILE = "file"
    JSON_LD = "json-ld"
    META = "meta"
    TIME = "time"
    BYLINE = "byline"
    URL = "url"
    UPDATED = "updated"
    """A feed that dates nothing but the last change."""


class EntityType(enum.StrEnum):
    """The four classes of CoNLL-2003."""

    PER = "PER"
    ORG = "ORG"
    LOC = "LOC"
    MISC = "MISC"


class Kind(enum.StrEnum):
    """What kind of expression names a country."""

    NAME = "name"
    DEMONYM = "demonym"
    CAPITAL = "capital"
    CITY = "city"
    REGION = "region"
    GOVERNMENT = "government"


class Role(enum.StrEnum):
    """How much of the article is about a country."""

    FOCUS = "focus"
    SECONDARY = "secondary"
    INCIDENTAL = "incidental"


class Field(enum.StrEnum):
    """The column of the article that a mention's offsets count in."""

    TITLE = "title"
    TEXT = "text"


class Stage(enum.StrEnum):
    """The stages of the flow, in its order."""

    FEEDS = "feeds"
    PAGES = "pages"
    READ = "read"
    EXTRACT = "extract"
    DEDUP = "dedup"
    LANGUAGE = "language"
    ENTITIES = "entities"
    COUNTRIES = "countries"
    SIGNATURES = "signatures"
    WRITE = "write"


class OriginKind(enum.StrEnum):
    """What an article's report comes from."""

    AGENCY = "agency"
    PUBLICATION = "publication"
    SITE = "site"


class OriginEvidence(enum.StrEnum):
    """How it is known whose report an article is."""

    SITE = "site"
    CANONICAL = "canonical"
    FEED = "feed"
    TEXT = "text"
    CREDIT = "credit"


class FetchKind(enum.StrEnum):
    """What was requested."""

    FEED = "feed"
    PAGE = "page"
    ROBOTS = "robots"
    RESERVATIONS = "reservations"


class FetchOutcome(enum.StrEnum):
    """The result of a request, or why there was none: a closed list."""

    NEWS = "news"
    UNCHANGED = "unchanged"
    PAGE = "page"
    FEED = "feed"
    """What the feed carries was enough for an entry that had waited for its page."""
    ROBOTS_TXT = "robots_txt"
    TDMREP = "tdmrep"
    HTTP_ERROR = "http_error"
    # No request was made.
    LATER = "later"
    ROBOTS = "robots"
    ROBOTS_UNREACHABLE = "robots_unreachable"
    RESERVED = "reserved"
    # No complete answer came.
    URL = "url"
    ADDRESS = "address"
    NAME = "name"
    CONNECT = "connect"
    TLS = "tls"
    TIMEOUT = "timeout"
    PROTOCOL = "protocol"
    CODING = "coding"
    TOO_LARGE = "too_large"
    REDIRECT = "redirect"
    # It was no feed.
    EMPTY = "empty"
    MALFORMED = "malformed"
    UNSUPPORTED = "unsupported"
    NOT_A_FEED = "not_a_feed"


class Reason(enum.StrEnum):
    """Why something was rejected: a closed list, so that it can be counted."""

    NOT_A_FILE = "not_a_file"
    UNREADABLE = "unreadable"
    EMPTY = "empty"
    TOO_LARGE = "too_large"
    MALFORMED = "malformed"
    UNSUPPORTED = "unsupported"
    HTTP_ERROR = "http_error"
    HOST_UNREACHABLE = "host_unreachable"
    HOST_RESTING = "host_resting"
    HOST_BUSY = "host_busy"
    """A batch did not wait for it any longer; nothing is rejected for that."""
    ROBOTS_UNREACHABLE = "robots_unreachable"
    ROBOTS = "robots"
    RIGHTS_RESERVED = "rights_reserved"
    NOT_A_FEED = "not_a_feed"
    CONSENT_WALL = "consent_wall"
    CHALLENGE_PAGE = "challenge_page"
    LOGIN_PAGE = "login_page"
    ERROR_PAGE = "error_page"
    OTHER_PAGE = "other_page"
    REDIRECT_PAGE = "redirect_page"
    NO_TEXT = "no_text"
    TIMEOUT = "timeout"
    CRASHED = "crashed"
    INTERNAL_ERROR = "internal_error"


REPLAYED = "replayed"
"""The counter of what comes to a stage from elsewhere than the one before."""
WITHOUT_TEXT = "without-text"
"""The counter of articles whose text was not kept."""
KNOWN_REJECTS = "known-rejects"
"""The counter of rejects that were not written again."""
