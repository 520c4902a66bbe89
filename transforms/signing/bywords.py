"""Words that stand around names in bylines, in the languages of the news.

For :mod:`transforms.signing.people`: what announces an author, what is a role or a publisher and
not a person, what is a part of a name.
"""

from __future__ import annotations

import re

# What stands before the names; most are said in any letters.
BY_WORDS = (
    "written by|posted by|published by|reported by|story by|article by|words by|text by"
    "|report by|review by|opinion by|analysis by|column by|interview by|by"
    "|(?:ein )?(?:verfasst|beitrag|artikel|kommentar|gastbeitrag|interview|bericht|essay|text"
    "|kolumne|analyse|reportage) von|geschrieben von|verfasst von|veröffentlicht von"
    "|aufgezeichnet von|von"
    "|propos recueillis par|écrit par|publié par|rédigé par|texte de|article de|par"
    "|escrito por|publicado por|redactado por|texto de|reportagem de|por"
    "|scritto da|pubblicato da|a cura di|articolo di|testo di|di|da"
    "|geschreven door|door|napisał(?:a)?|opracowa(?:ł|ła|nie)|autorstwa|przez"
    "|skrevet af|skrevet av|skriven av|av|af|od|oleh|ditulis oleh|bởi|tác giả|yazan"
    "|yazar(?:ı)?|haber(?:i)?|kirjoittaja|teksti|tekst|text|texte|texto|testo|szöveg"
    r"|texte?\s?(?:&|und|and|et|,|\+)\s?(?:fotos?|photos?|bild(?:er)?|interview)"
    "|(?:interview|protokoll|gespräch|kommentar|bericht|reportage|essay|analyse)(?=:)"
    "|show all articles of|eingestellt von"
    "|írta|scris de|de către|a scris|napsal(?:a)?|piše|пише|автор(?:ы|и|ка)?|авторы"
    "|текст|автор текста|подготовил(?:а)?|autor(?:in|en|a|es|zy)?|auteurs?|autore|autrice"
    "|authors?|byline|reporter|journalist|words|γράφει (?:ο|η)|συντάκτης|του|της"
    "|كتب(?:ت)?|بقلم|تحرير|नویسنده|نویسنده|द्वारा|लेखक|โดย|לפי|מאת"
)

ROLES = (
    r"rédact\w*|redakt\w*|redacc\w*|redazione|redactie|redação|redaksjon\w*|toimitus"
    r"|newsroom|editorial|editors?|staff|admin\w*|desk|team|équipe|equipo|equipe|service"
    r"|agenc\w+|agentur\w*|reporters?|correspond\w*|korrespondent\w*|corresponsal\w*"
    r"|online|newsdesk|webmaster|press[e]?|media|journals?|tv|journalist\w*|journaliste\w*"
    r"|periodista\w*|giornalista|jornalista\w*|gastautor\w*|autor(?:en|es|in|innen)?"
    r"|guest author|contributors?|columnist\w*|kolumnist\w*|chroniqueu\w+|freelance\w*"
    r"|unknown|anonym\w*|volont\w*|praktikant\w*|chefredakt\w*|director|producer"
    r"|photograph\w*|fotograf\w*|writers?|blogger|analyst|specialist|officer|ressort\w*"
    r"|politik|sport|wirtschaft|kultur|politics|sports|business|entertainment|opinion|news"
    r"|nyheter|noticias|nachrichten|actualités|notizie|notícias|haber\w*|muhabir\w*|gmbh"
    r"|ltd|inc|llc|corp\w*|company|foundation|stiftung|verlag|verband|verein|universit\w+"
    r"|institut\w*|ministr\w+|ministerium\w*|association|gesellschaft|zeitung|gazette"
    r"|magazin\w*|times|herald|tribune|radio|network|group|channel|club|blog|community"
    r"|committee|council|department|bureau|collective|média|presse\w*|verwaltung|behörde"
    r"|bundes\w+|landes\w+|amt|follow|subscribe|login|copyright|abonn\w*"
    r"|автор|редакция|редактор|корреспондент|журналист|пресс\w*|служба|новости"
    r"|редакція|кореспондент|журналіст|συντακτική|σύνταξη|संवाददाता|ब्यूरो|डेस्क|ডেস্ক"
    r"|প্রতিবেদক|প্রতিনিধি|رپورٹر|ڈیسک|المحرر|مراسل\w*|وكالات|redaksi|wartawan"
    r"|phóng viên|ban biên tập|กองบรรณาธิการ|axel springer|condé nast|red ventures"
    r"|abteilung|fraktion|sekretariat|departement|dezernat|program(?:me)?|projekt|partei"
    r"|project|party|feuerwehr|diakonie|kirche|e\.v|team|super user"
    r"|beitr[aä]ge|artikel|articles?|kommentare?|kolumne|serie|insight|gruppe"
    r"|thomson reuters|bloomberg|deutsche welle|getty images"
)

# These are surnames too: no person only where they open a field, or are all of it.
LABEL = re.compile(
    r"^(?:jobs|hire|read|share|view|home|post(?:ed|s)?|date|datum|click|menu|user|profile"
    r"|contact|photo|foto|video|source|quelle|authors?|test|none|null|undefined|n/?a|the"
    r"|die|das|der|les|los|chef|professor|head|min|chief|comments?|all|more|text|interview"
    r"|category|published|updated|by|von|par)\b",
    re.IGNORECASE,
)

PARTICLES = frozenset(
    """de du des la le las los van von der den zu di da dos das do del della dello al el
    bin ben ibn bint y e af av zum zur ter ten d' l' und abu ould st. do ní ó mac""".split()
)

# The surnames of nine Chinese in ten: two words that both begin so are two people, while
# 山田 太郎 is one.
CHINESE_SURNAMES = frozenset(
    "王李张張刘劉陈陳杨楊赵趙黄黃周吴吳徐孙孫胡朱高林何郭马馬罗羅梁宋郑鄭谢謝韩韓唐冯馮于董萧蕭程曹袁"
    "邓鄧许許傅沈曾彭吕呂苏蘇卢盧蒋蔣蔡贾賈丁魏薛叶葉阎閻余潘杜戴夏钟鍾汪田任姜范方石姚谭譚廖邹鄒熊金"
    "陆陸郝孔白崔康毛邱秦江史顾顧侯邵孟龙龍万萬段雷钱錢汤湯尹黎易常武乔喬贺賀赖賴龚龔文"
)
