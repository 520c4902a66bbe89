"""Organisations that are known by name: unions of states, agencies and parties.

A model wavers on them: ``European Union`` is a place to it in some languages, ``Fidesz`` a
person in some sentences.  Only forms that name nothing else are here.  The unions have
their names from the Unicode CLDR, which Babel provides.  The parties are a list of our own,
and so are the organs of state that Russian and Ukrainian news shortens.
"""

from __future__ import annotations

import contextlib
import functools
import re
from collections.abc import Mapping

from babel import Locale, UnknownLocaleError

from transforms.signing.agencies import agency_of

_ENGLISH = Locale("en")
_INITIALS = 4
_UNIONS = ("EU", "UN")
"""What CLDR has among its territories and is an organisation."""
# What the Unicode CLDR calls the United Nations in short, where a language has its own.
_UN = {
    language: short
    for short, languages in {
        "ONU": "ca es eu fr gl it pt ro",
        "VN": "nl",
        "ООН": "be bg ru uk",
        "FN": "da nb nn no sv",
        "ΟΗΕ": "el",
        "ENSZ": "hu",
        "ONZ": "pl",
        "OSN": "cs sk",
        "YK": "fi",
        "ÜRO": "et",
        "JT": "lt",
        "ANO": "lv",
        "BM": "tr",
        "PBB": "id ms",
        "УН": "sr",
        "ՄԱԿ": "hy",
        "유엔": "ko",
        "国連": "ja",
        "БҰҰ": "kk",
        "यूएन": "hi mr ne",
        "سازمان ملل": "fa",
    }.items()
    for language in languages.split()
}

# As they are written: initials in another case are words.
_PARTIES = frozenset(
    line.strip()
    for lines in (
        # German
        """CDU; CSU; SPD; FDP; AfD; CDU/CSU; BSW; Linkspartei; Die Linke; Bündnis 90/Die Grünen
        FPÖ; SPÖ; ÖVP; SVP; EVP; Alternative für Deutschland; Piratenpartei; Linksfraktion""",
        # English
        """Labour Party; Conservative Party; Liberal Democrats; Lib Dems; SNP; DUP; UKIP
        Sinn Féin; Sinn Fein; Fianna Fáil; Fine Gael; Plaid Cymru; Reform UK; Brexit Party
        Republican Party; Democratic Party; Green Party; Labor Party; GOP; BJP; AIADMK
        Bharatiya Janata Party; Awami League; African National Congress; ANC; ZANU-PF""",
        # French
        """Parti socialiste; Parti communiste; Les Républicains; Rassemblement national; LREM
        La République en marche; La France insoumise; LFI; EELV; Front national; MoDem; Modem
        UMP; UDI; Parti québécois; Bloc québécois; Reconquête""",
        # Spanish, Catalan, Portuguese, Galician
        """PSOE; Partido Popular; Podemos; Unidas Podemos; ERC; Junts per Catalunya; EH Bildu
        PNV; Ciudadanos; Frente Amplio; Morena; PSDB; MDB; PT; PDT; PSOL; PCdoB; PSL
        Partido dos Trabalhadores; Partido Socialista; Partido Colorado; BNG; Chega""",
        # Italian, Romanian
        """Partito Democratico; Forza Italia; Fratelli d'Italia; Fratelli d’Italia; Lega Nord
        Movimento 5 Stelle; Movimento Cinque Stelle; M5S; Italia Viva; PSD; PNL; USR; UDMR""",
        # Dutch, Swedish, Danish, Norwegian, Finnish
        """VVD; PvdA; D66; CDA; PVV; GroenLinks; ChristenUnie; N-VA; Vlaams Belang; Open Vld
        Moderaterna; Sverigedemokraterna; Socialdemokraterna; Vänsterpartiet; Centerpartiet
        Kristdemokraterna; Miljöpartiet; Dansk Folkeparti; Socialdemokratiet; Enhedslisten
        Arbeiderpartiet; Senterpartiet; Fremskrittspartiet; Kokoomus; Perussuomalaiset
        Vasemmistoliitto""",
        # Polish, Czech, Slovak, Hungarian, Croatian, Slovene
        """PiS; PSL; SLD; Prawo i Sprawiedliwość; Platforma Obywatelska; Koalicja Obywatelska
        ODS; ČSSD; KDU-ČSL; TOP 09; SPOLU; Smer-SD; OĽaNO; Fidesz; Jobbik; MSZP; KDNP; HDZ
        SDSM; VMRO-DPMNE""",
        # Russian, Ukrainian, Bulgarian, Greek, Turkish
        """Единая Россия; Единой России; КПРФ; ЛДПР; Справедливая Россия; Слуга народа
        Слуга народу; Європейська солідарність; ГЕРБ; БСП; ДПС; ВМРО-ДПМНЕ; ΣΥΡΙΖΑ; ΚΚΕ
        ΠΑΣΟΚ; Νέα Δημοκρατία; AKP; CHP; MHP; HDP; AK Parti; İYİ Parti""",
        # Chinese, Japanese, Korean, Indonesian, Hebrew, Arabic; Russian companies of the state
        """国民党; 國民黨; 民进党; 民進黨; 中国共产党; 自民党; 自由民主党; 立憲民主党; 公明党
        日本維新の会; 더불어민주당; 국민의힘; Golkar; Gerindra; PDIP; הליכוד; ש"ס
        حماس; حزب الله; Rosatom; Rosneft; Gazprom""",
        # Armed movements that are no places and no people
        """Hamas; Hezbollah; Hisbollah; Hizbollah; Taliban; Boko Haram; Al-Qaida; Al-Qaeda
        al-Qaeda; al-Qaida; PKK; ХАМАС; Хезболла""",
    )
    for part in lines.splitlines()
    for line in part.split(";")
)

# Organs of state, by how their names begin: Russian and Ukrainian inflect the rest.
_ORGANS = re.compile(
    r"Гос(?:дум|комстат)|Рос(?:комнадзор|потребнадзор|обрнадзор|труд|стат|реестр|космос|атом"
    r"|авиаци|гварди|финмониторинг|рыболовств|лесхоз|туризм)|Мин(?:обрнауки|просвещени|фин|юст"
    r"|здрав|обороны|эконом|пром|культ|энерго|труд|транс|сельхоз|строй|цифры)"
    r"|Совет\w{0,2} Федерации|Верховн\w{2,3} Рад|Держдум|Мін(?:фін|юст|оборони|культ|енерго)"
)


def is_organisation(name: str, language: str | None) -> bool:
    """Return whether a name is that of an organisation, and of nothing else.

    Args:
      name: A name as a text has it, without its article.
      language: BCP 47 tag of the text.
    """
    agency = agency_of(name)
    return (
        name in _PARTIES
        or (agency is not None and name.casefold().startswith(agency.casefold()))
        or _is_union(name, language)
        or _ORGANS.match(name) is not None
    )


def _is_union(name: str, language: str | None) -> bool:
    """Return whether a name is that of a union; its initials are capitals."""
    is_short = len(name) <= _INITIALS and name.lower() != name.upper()
    return name.casefold() in unions(language) and not (is_short and not name.isupper())


@functools.cache
def unions(language: str | None) -> Mapping[str, str]:
    """Return the unions of states by their names in a language, and in English.

    Args:
      language: BCP 47 tag; None for English alone.

    Returns:
      The English name of each by its names, their case folded.
    """
    spoken = [_ENGLISH]
    with contextlib.suppress(UnknownLocaleError, ValueError):
        spoken.append(Locale.parse(language or "en", sep="-"))
    names = {
        str(locale.territories[code]).casefold(): str(_ENGLISH.territories[code])
        for locale in spoken
        for code in _UNIONS
        if code in locale.territories
    }
    # The European Union is known by the initials of its two words: UE, ЄС, AB.
    for name, union in list(names.items()):
        words = name.split()
        if len(words) == len(_UNIONS) and union == _ENGLISH.territories["EU"]:
            names[words[0][0] + words[1][0]] = union
    if language in _UN:
        names[_UN[language].casefold()] = str(_ENGLISH.territories["UN"])
    return names
