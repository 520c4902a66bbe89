"""One Latin spelling of Russian and Ukrainian names, however a language writes them.

``Владимир Путин``, ``Wladimir Putin``, ``Vladimir Poutine`` and ``Vladimir Poetin`` are one
name.  A given name of the table shows that it is such a name, and that it is not inflected.
The table and the rules are our own; the spelling is that of BGN/PCGN without its marks,
as English-language news has it.  Vladimir and Volodymyr stay two names.
"""

from __future__ import annotations

import re
import unicodedata

# The first form is the one that stands for the others.  Names that are as common in Poland
# or in the West with another surname (Roman, Anton, Viktor) are left out.
_GIVEN_NAMES = """
Vladimir Wladimir Владимир; Volodymyr Wolodymyr Volodimir Володимир
Dmitry Dmitri Dmitrij Dmitriy Dmitrii Дмитрий; Dmytro Дмитро
Sergey Sergei Sergej Serguei Serghei Сергей; Serhiy Serhii Serhij Сергій
Alexey Alexei Alexej Aleksey Aleksei Aleksej Алексей; Oleksiy Oleksii Oleksij Олексій
Andrey Andrei Андрей; Andriy Andrii Andrij Андрій
Yevgeny Evgeny Yevgeniy Jewgeni Jewgenij Evgueni Евгений; Yevhen Jewhen Євген
Nikolay Nikolai Nikolaj Николай; Mykola Микола
Mikhail Michail Mijail Михаил; Mykhailo Mychajlo Михайло
Yury Yuri Yuriy Juri Jurij Iouri Youri Юрий; Yuriy Jurij Юрій
Igor Игорь; Ihor Ігор
Aleksandr Alexandr Александр; Oleksandr Олександр
Pyotr Pjotr Пётр Петр; Petro Петро
Oleg Олег; Oleh
Vitaly Witali Vitali Vitaliy Vitalii Виталий Віталій
Vyacheslav Wjatscheslaw Viatcheslav Вячеслав
Valery Waleri Valeri Valeriy Валерий; Valerii Waleriy Валерій
Anatoly Anatoli Anatolij Анатолий; Gennady Gennadi Геннадий
Grigory Grigori Grigorij Григорий; Arkady Arkadi Arkadij Аркадий
Denis Денис; Kirill Кирилл; Kyrylo Кирило; Ramzan Рамзан; Ruslan Руслан
Konstantin Константин; Leonid Леонид Леонід; Boris Борис; Borys
"""
_GIVEN: dict[str, str] = {}
for _names in _GIVEN_NAMES.replace("\n", ";").split(";"):
    for _form in _names.split():
        _GIVEN.setdefault(_form, _names.split()[0])

_RUSSIAN = dict(
    zip(
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
        "a b v g d e e zh z i y k l m n o p r s t u f kh ts ch sh shch - y - e yu ya".split(),
        strict=True,
    )
)
_UKRAINIAN = _RUSSIAN | {"г": "h", "ґ": "g", "є": "ie", "и": "y", "і": "i", "ї": "i"}
_SOUNDS = {
    "de": (("tsch", "ch"), ("sch", "sh"), ("w", "v")),
    "fr": (("tch", "č"), ("ch", "sh"), ("č", "ch"), ("ou", "u"), ("ine$", "in")),
    "nl": (("tsj", "ch"), ("sj", "sh"), ("oe", "u"), ("w", "v")),
    "pl": (("cz", "ch"), ("sz", "sh"), ("w", "v")),
}
"""How a language writes the sounds that English writes otherwise."""
_ALIASES = {"selensky": "zelensky"}
"""Surnames that no rule gives: German S stands for S and for Z."""
_ENDING = re.compile(r"(?:[iy][iyj]|(?<=sk)i)$")
_GLIDE = re.compile(r"(?<=[aeou])[yj](?=[^aeiouy])")
_CYRILLIC = re.compile(r"[а-яёґєії]+")
_LATIN = re.compile(r"[a-z]+")


def romanised(name: str, language: str | None) -> str | None:
    """Return the one spelling of a given name and a surname, None for other names.

    Args:
      name: A name as an article has it.
      language: BCP 47 tag of the article.
    """
    given, _, surname = name.partition(" ")
    known = _GIVEN.get(_plain(given))
    if known is None:
        return None
    tag = (language or "").partition("-")[0]
    surname = surname.lower()
    if _CYRILLIC.fullmatch(surname):
        letters = _UKRAINIAN if tag == "uk" else _RUSSIAN
        plain = "".join(letters.get(char, char) for char in surname).replace("-", "")
    else:
        plain = _plain(surname)
        for sound, written in _SOUNDS.get(tag, ()):
            plain = re.sub(sound, written, plain)
    plain = _GLIDE.sub("i", _ENDING.sub("y", plain))
    plain = _ALIASES.get(plain, plain)
    return f"{known} {plain.capitalize()}" if _LATIN.fullmatch(plain) else None


def _plain(word: str) -> str:
    """Return a Latin word without its marks; another word as it is."""
    if _CYRILLIC.fullmatch(word.lower()):
        return word
    parts = unicodedata.normalize("NFD", word.replace("ł", "l").replace("Ł", "L"))
    return "".join(char for char in parts if not unicodedata.combining(char))
