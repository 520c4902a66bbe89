"""Statistics: the main numbers of a dataset for a terminal, with bars."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from pipeline.charts.markup import UNKNOWN, plain
from pipeline.charts.names import PLURALS
from pipeline.charts.questions import Questions
from pipeline.charts.wording import country, days, language, outcome
from pipeline.reports.terminal import many, shown

_WIDEST = 100
_NAME = 26
_ROWS = 8
_BLOCKS = " ▏▎▍▌▋▊▉█"
_PARTS = len(_BLOCKS) - 1
Row = tuple[str, int]


def stats_view(questions: Questions, width: int) -> RenderableType:
    """Return the main numbers as text.

    Args:
      questions: The dataset.
      width: Columns of the terminal.
    """
    totals = questions.totals
    if not totals.articles:
        since = f" since {plain(questions.since)} UTC" if questions.since else ""
        parts = [Text(f"no article{since}", style="bold")]
        if totals.rejects:
            parts += _bars("rejects", _rejects(questions), width)
        return Group(*parts)
    parts = [_head(questions)]
    parts += _bars(f"articles per {questions.unit} (UTC)", _volume(questions), width)
    rows = [
        (language(row["language"]), row["articles"])
        for row in questions.ask("languages").records()
    ]
    parts += _bars("languages", rows, width, len(rows))
    rows = [
        (row["name"], row["articles"])
        for row in questions.ask("largest_sources").records()
    ]
    parts += _bars("sources", rows, width, totals.sources)
    rows = [
        (country(row["code"]), row["focus"])
        for row in questions.ask("countries").records()
        if row["focus"]
    ]
    parts += _bars("countries in focus", rows, width, totals.countries)
    most = questions.ask("named_most").records()
    # A wire that a thousand print names its people once.
    once = ", copies left out" if totals.copies else ""
    for kind, title in PLURALS.items():
        rows = [(row["name"], row["articles"]) for row in most if row["type"] == kind]
        parts += _bars(f"{title.lower()}{once}", rows, width)
    parts += _rising(questions, once)
    rows = _rejects(questions)
    parts += _bars("rejects", rows, width, len(rows))
    rows = [
        (outcome(row["outcome"]), row["feeds"])
        for row in questions.ask("feed_outcomes").records()
    ]
    parts += _bars("feeds by their last answer", rows, width, len(rows))
    return Group(*parts)


def _head(questions: Questions) -> Text:
    totals = questions.totals
    lines = [
        f"{many(totals.articles, 'article')} of {_known(totals.sources, 'source')} in "
        f"{_known(totals.languages, 'language')}",
        f"{many(totals.stories, 'story', 'stories')}, "
        f"{many(totals.copies, 'copy', 'copies')}, "
        f"{many(totals.countries, 'country', 'countries')} in focus",
    ]
    if totals.first_at:
        lines.append(
            f"published {plain(totals.first_at)} to {plain(totals.last_at)} UTC"
        )
    if totals.undated:
        lines.append(f"{many(totals.undated, 'article')} of unknown date")
    return Text("\n".join(lines), style="bold")


def _known(count: int, noun: str) -> str:
    # None that is known is not none.
    return many(count, noun) if count else f"unknown {noun}"


def _volume(questions: Questions) -> list[Row]:
    if questions.opens is None:
        return []
    found = questions.ask(
        "volume", unit=questions.unit, opens=questions.opens
    ).records()
    form = "%Y-%m-%d %H:00" if questions.unit == "hour" else "%Y-%m-%d"
    return [(f"{row['at']:{form}}", row["articles"]) for row in reversed(found)]


def _rejects(questions: Questions) -> list[Row]:
    return [
        (f"{row['stage']}: {row['reason']}", row["rejects"])
        for row in questions.ask("rejects").records()
    ]


def _rising(questions: Questions, once: str) -> Iterable[Text]:
    _, rising = questions.rising()
    found = sorted(rising.records(), key=lambda row: -row["z"])[:_ROWS]
    if not found or questions.days is None:
        return
    window = questions.days
    yield _title(
        f"on the rise: {days(window.recent, window.closes)} against "
        f"{days(window.earlier, window.recent)}{once}"
    )
    for row in found:
        yield Text(
            f"  {_cut(row['name'], _NAME)}  {row['now']:,} articles, before "
            f"{row['before']:,}; z {row['z']:.1f}"
        )


def _bars(
    title: str, rows: Sequence[Row], width: int, in_all: int | None = None
) -> list[Text]:
    """Return a title and a line for each row, the largest of which fills the width.

    Args:
      title: What is counted.
      rows: Names and counts; the first are shown.
      width: Columns of the terminal.
      in_all: How many there are, where that is said.
    """
    if not rows:
        return []
    drawn = rows[:_ROWS]
    most = max(count for _, count in drawn)
    digits = len(f"{most:,}")
    room = max(8, min(width, _WIDEST) - _NAME - digits - 6)
    lines = [_title(title)]
    for name, count in drawn:
        style = "dim" if name == UNKNOWN else ""
        line = Text(f"  {_cut(name, _NAME)}", style=style)
        line.append(f" {count:>{digits},} ")
        line.append(_bar(count / most * room), style="cyan")
        lines.append(line)
    if in_all is not None and in_all > len(drawn):
        lines.append(Text(f"  and {in_all - len(drawn):,} more", style="dim"))
    return lines


def _bar(length: float) -> str:
    """Return a bar of a number of characters, to an eighth, and never none at all."""
    eighths = max(1, round(length * _PARTS))
    whole, rest = divmod(eighths, _PARTS)
    return "█" * whole + (_BLOCKS[rest] if rest else "")


def _title(name: str) -> Text:
    return Text(f"\n{name}", style="bold")


def _cut(name: str, width: int) -> str:
    """Return a name at a width: scripts of East Asia take two columns a letter."""
    line = Text(shown(name))
    line.truncate(width, overflow="ellipsis", pad=True)
    return line.plain
