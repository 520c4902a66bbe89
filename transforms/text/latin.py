"""Latin scripts in one byte a letter: which of their code pages a text is in.

The code pages of Western, Central and Southern Europe differ in a few dozen letters, and
all of them decode nearly any bytes: as windows-1250, French is full of ŕ and ď.  A code
page is right when the letters that come out belong to the language of the words.
Where nothing shows it, the code page is windows-1252, as in browsers.
"""

from __future__ import annotations

import functools
import re
import unicodedata

from transforms.text.identify import identifier

# The first of equals wins.  Those of ISO differ from their namesakes in few letters.
CODE_PAGES = (
    *("cp1252", "cp1250", "cp1254", "cp1257", "cp1258"),
    *("iso8859_2", "iso8859_15", "iso8859_4", "iso8859_3", "iso8859_14", "iso8859_10"),
)
# Letters beyond ASCII, without those that are only in names and foreign words.
_LETTERS = {
    "af": "áéèêëíîïóôöúûü",
    "az": "çəğıöşüi̇",
    "bs": "čćđšž",
    "ca": "àçèéíïòóúü",
    "cs": "áčďéěíňóřšťúůýž",
    "cy": "àáâäèéêëìíîïòóôöùúûüŵẁẃẅỳýŷÿ",
    "da": "åæøéáó",
    "de": "äöüßé",
    "en": "éèêëïöç",
    "eo": "ĉĝĥĵŝŭ",
    "es": "áéíñóúü",
    "et": "äõöšüž",
    "eu": "çñü",
    "fi": "äåöšž",
    "fr": "àâæçèéêëîïôœùûüÿ",
    "ga": "áéíóú",
    "gl": "áéíñóúüï",
    "hr": "čćđšž",
    "hu": "áéíóöőúüű",
    "id": "é",
    "is": "áæðéíóöþúý",
    "it": "àèéìíîòóùú",
    "lt": "ąčėęįšųūž",
    "lv": "āčēģīķļņšūž",
    "ms": "é",
    "mt": "àèìòùċġħż",
    "nl": "áäçèéêëíïóöúü",
    "no": "åæøéèêóòôü",
    "pl": "ąćęłńóśźż",
    "pt": "àáâãçéêíóôõúü",
    "ro": "âăîșșşțţ",
    "sk": "áäčďéíĺľňóôŕšťúýž",
    "sl": "čćđšž",
    "sq": "çë",
    "sv": "åäöéàü",
    "sw": "",
    "tr": "çğıi̇öşüâîû",
    "vi": "àáâãèéêìíòóôõùúýăđĩũơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ",
}
_LANGUAGES = tuple(sorted(_LETTERS))
_MARKUP = re.compile(rb"<[^<>]{0,5000}>|&#?\w{1,20};")
# What begins with these has no text until its end.
_NO_TEXT = re.compile(rb"<(script|style)\b|<!--", re.IGNORECASE)
_HIGH = re.compile(rb"[\x80-\xff]")
_RUNS = re.compile(rb"[\xc0-\xff]+|[\x80-\xff]+")
# Of a document, and of its text around the first letters beyond ASCII.
_READ_BYTES = 300_000
_BEFORE_BYTES = 1_000
_SAMPLE_BYTES = 10_000
# Bytes in a row beyond ASCII, on average: in Vietnamese 1.5, in Russian 5, in Chinese more.
_LATIN_RUN = 1.9
# At most this many bytes beyond ASCII are punctuation, or the letters of a name.
_FEW_HIGH = 6
# With at most this many, a better fit is chance.
_FEW_SURE = 3
_SURE = 2
# A text in another script has hardly a letter of ASCII.
_LATIN_SHARE = 0.5
_ORDINALS = frozenset("\u00aa\u00ba")
_INSIDE_WORDS = frozenset("'\u2019\u2018-\u2013\u2010\u00ad\u00b7\u00a0\u2014")


def sample_of(data: bytes) -> bytes:
    """Return the text of a document around its first letters beyond ASCII."""
    first = _HIGH.search(data)
    start = max((first.start() if first else 0) - _READ_BYTES // 10, 0)
    text = _MARKUP.sub(b" ", _without_scripts(data[start : start + _READ_BYTES]))
    first = _HIGH.search(text)
    start = max((first.start() if first else 0) - _BEFORE_BYTES, 0)
    return text[start : start + _SAMPLE_BYTES]


def _without_scripts(data: bytes) -> bytes:
    parts: list[bytes] = []
    done = 0
    while (opened := _NO_TEXT.search(data, done)) is not None:
        end = data.find(b"</" + opened[1] if opened[1] else b"-->", opened.end())
        if end < 0:
            break
        parts.append(data[done : opened.start()])
        done = end
    return b" ".join((*parts, data[done:]))


def is_latin(sample: bytes) -> bool:
    """Return whether a text of one byte a letter seems to be in Latin script."""
    high = len(_HIGH.findall(sample))
    if high < _FEW_HIGH:
        return True
    runs = len(_RUNS.findall(sample))
    plain = sum(chr(byte).isalpha() for byte in sample if byte < 128)  # noqa: PLR2004
    return high <= _LATIN_RUN * runs and high <= _LATIN_SHARE * (plain + high)


@functools.lru_cache(maxsize=32)
def misfits(sample: bytes, codec: str) -> int:
    """Return how many characters of ``sample`` would be wrong, were it in ``codec``.

    Wrong is what no code page has there, what no writer would put between two letters,
    and letters that the language of the words does not know.
    """
    text = unicodedata.normalize("NFC", sample.decode(codec, errors="replace"))
    known = _LETTERS[_language(text)]
    wrong = 0
    before, last = " ", len(text) - 1
    for place, character in enumerate(text):
        if character > "\x7f":
            after = text[place + 1] if place < last else " "
            wrong += _is_misfit(character, before, after, known)
        before = character
    return wrong


def _is_misfit(character: str, before: str, after: str, known: str) -> bool:
    if character in _ORDINALS and not after.isalpha():
        return False
    if character.isalpha() or unicodedata.combining(character):
        lower = character.lower()
        if character.isupper() and before.islower() and before > "\x7f":
            return True
        return lower not in known
    if "\x80" <= character < "\xa0" or character == "\ufffd":
        return True
    is_inside = before.isalpha() and after.isalpha()
    return is_inside and character not in _INSIDE_WORDS


def best_code_page(sample: bytes) -> str:
    """Return the code page in which ``sample`` has the fewest wrong characters."""
    best = min(CODE_PAGES, key=lambda codec: misfits(sample, codec))
    if len(_HIGH.findall(sample)) < _FEW_SURE and (
        misfits(sample, CODE_PAGES[0]) < misfits(sample, best) + _SURE
    ):
        return CODE_PAGES[0]
    return best


def _language(text: str) -> str:
    return str(identifier(_LANGUAGES).classify(text[:4_000])[0])
