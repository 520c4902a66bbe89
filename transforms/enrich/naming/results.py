"""Tables and lines of results, in which places are the clubs that play there.

A model takes ``Falkirk 17 9 2 6 18`` and ``Luton 2 Boreham Wood 1`` for places.  Rows like
that are of weather, shares and elections, too.  A row is of a league where its figures say
so: it played as often as it won, drew and lost, or has the points for that.  Elsewhere the
text must speak of a sport.  Countries stay places there, as the teams of countries are by
the guideline of WikiNER.
"""

from __future__ import annotations

import re

_ROW = re.compile(r"(?: \(?\d+\)?){3}[\d .,:;|/()+–-]*")
"""What fills a line of a table behind the name that it is about."""
_BEFORE = 8
"""Code points that stand before a name in its row at most: its place in the table."""
_SCORE = re.compile(
    r"\s*(?:\d+ )?[^\d\n]{2,30} \d{1,2}(?: ?[-–:,] ?| v | )(?:[^\d\n]{2,30} )?\d{1,2}\s*"
)
_BETWEEN = re.compile(
    r"\s*[^\d\n]{2,30} (?:\d{1,2} ?[-–] ?\d{1,2} [^\d\n]{2,30}|\d,? [^\d\n]{2,30} \d)\s*"
)
"""Two names and what each scored: ``Luton 2-1 Boreham Wood``, ``Hearts 0 Raith 0``."""
_LINE = 80
"""Code points that a line with a score has at most."""
_GAMES = 2
"""Games from which their sum tells more than chance."""
_SPORT = re.compile(
    r"football|soccer|f[uú]tbol|futebol|fußball|fussball|fotbo?ll|fodbold|voetbal|calcio|piłk"
    r"|fotbal|futbal|nogomet|jalkapallo|labdarúg|ποδόσφαιρ|футбол|хокке|хоке|баскетб|足球"
    r"|サッカー|野球|축구|야구|كرة القدم|فوتبال|ฟุตบอล|bóng đá|फ़?ुटबॉल|sepak ?bola|hockey|basket"
    r"|baseball|rugby|cricket|handball|\bleague|\bligue|liga\b|\bлиг[аиу]|standings|goalkeeper"
    r"|spieltag|championnat|campeonato|campionato|чемпионат",
    re.IGNORECASE,
)


def is_club(text: str, start: int, end: int) -> bool:
    """Return whether a name stands in a table or a line of results of a sport.

    Args:
      text: The text.
      start: Where the name starts.
      end: Where it ends.
    """
    head = text[max(0, start - _LINE) : start].rpartition("\n")[2]
    tail = text[end : end + _LINE].partition("\n")[0]
    if (
        len(tail) < _LINE
        and _ROW.fullmatch(tail)
        and len(head) <= _BEFORE
        and not head.strip(" .|0123456789")
    ):
        return _is_league(tail) or _SPORT.search(text) is not None
    line = head + text[start:end] + tail
    if len(line) >= _LINE:
        return False
    return _BETWEEN.fullmatch(line) is not None or (
        _SCORE.fullmatch(line) is not None and _SPORT.search(text) is not None
    )


def _is_league(row: str) -> bool:
    """Return whether the figures of a row are those of a league.

    They are games, won, drawn, lost; or won, lost, drawn, and at the end two points for a
    victory and one for a draw.
    """
    figures = [int(figure) for figure in re.findall(r"\d+", row)]
    played, *games = figures[:4]
    if played >= _GAMES and played in {sum(games), sum(games[:2])}:
        return True
    won, _, drawn = figures[:3]
    return (
        won >= _GAMES and figures[-1] == 2 * won + drawn and len(figures) > len("WLD")
    )
