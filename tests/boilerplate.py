"""Pages that sites print day after day: weather, stock prices, horoscopes, notices.

Each site has a form of its own for its language, in which names and numbers change.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import random
from collections.abc import Iterator

START = dt.datetime(2026, 3, 1, 5, tzinfo=dt.UTC)
LANGUAGES = ("en", "fr", "de", "es", "ru")
KINDS = ("weather", "prices", "stars", "notice")
_CITIES = {
    "en": "Leeds Bristol Norwich Swansea Dundee Exeter".split(),
    "fr": "Lyon Nantes Dijon Lille Rennes Tours".split(),
    "de": "Kassel Bremen Erfurt Mainz Rostock Trier".split(),
    "es": "Murcia Oviedo Burgos Cádiz Huesca León".split(),
    "ru": "Пермь Тула Омск Псков Казань Томск".split(),
}
_SKIES = {
    "en": ("sunny spells", "low cloud", "showers", "thunderstorms", "hill fog"),
    "fr": ("éclaircies", "nuages bas", "averses", "orages", "brumes matinales"),
    "de": ("Aufheiterungen", "Hochnebel", "Schauer", "Gewitter", "Nieselregen"),
    "es": ("claros", "nubes bajas", "chubascos", "tormentas", "nieblas matinales"),
    "ru": ("прояснения", "облачность", "ливни", "грозы", "утренние туманы"),
}
_WEATHER = {
    "en": (
        "Weather for {city}: {sky} in the morning, {other} in the afternoon. Temperatures "
        "will climb from {low} degrees at dawn to {high} degrees in the afternoon. The wind "
        "blows at {wind} kilometres an hour, with gusts of {gusts} near the coast. Humidity "
        "stands at {wet} percent, the barometer at {bar} hectopascals. Sunrise is at six, "
        "and tomorrow brings {third}. The pollen count is moderate; take an umbrella along."
    ),
    "fr": (
        "Météo à {city} : {sky} le matin, {other} l'après-midi. Les températures monteront "
        "de {low} degrés à l'aube à {high} degrés dans l'après-midi. Le vent souffle à "
        "{wind} kilomètres par heure, avec des rafales à {gusts} près des côtes. L'humidité "
        "atteint {wet} pour cent, la pression {bar} hectopascals. Demain, {third}. L'indice "
        "pollinique reste modéré ; prévoyez un parapluie avant de sortir."
    ),
    "de": (
        "Wetter in {city}: am Morgen {sky}, am Nachmittag {other}. Die Temperaturen steigen "
        "von {low} Grad in der Früh auf {high} Grad am Nachmittag. Der Wind weht mit {wind} "
        "Kilometern je Stunde, an der Küste gibt es Böen von {gusts}. Die Luftfeuchtigkeit "
        "liegt bei {wet} Prozent, der Luftdruck bei {bar} Hektopascal. Morgen {third}. Der "
        "Pollenflug bleibt mäßig; ein Regenschirm gehört ins Gepäck."
    ),
    "es": (
        "El tiempo en {city}: {sky} por la mañana, {other} por la tarde. Las temperaturas "
        "subirán de {low} grados al amanecer a {high} grados por la tarde. El viento sopla "
        "a {wind} kilómetros por hora, con rachas de {gusts} cerca de la costa. La humedad "
        "llega al {wet} por ciento, la presión a {bar} hectopascales. Mañana, {third}. El "
        "nivel de polen es moderado; conviene llevar paraguas."
    ),
    "ru": (
        "Погода в городе {city}: утром {sky}, днём {other}. Температура воздуха поднимется "
        "с {low} градусов на рассвете до {high} градусов днём. Ветер дует со скоростью "
        "{wind} километров в час, порывы у побережья до {gusts}. Влажность составляет {wet} "
        "процентов, давление {bar} гектопаскалей. Завтра ожидаются {third}. Синоптики "
        "советуют взять зонт и следить за прогнозом."
    ),
}
_COMPANIES = (
    "Aldermoor Brackwater Castellan Dunmore Eastvale Fernhill Garrowby Hollin Inverdale "
    "Jarrow Kestrel Lanyon Merrow Northcote Osmund Penhale"
).split()
_PRICES = {
    "en": "Closing prices in pence with the change on the day in percent",
    "fr": "Cours de clôture en euros avec la variation du jour en pour cent",
    "de": "Schlusskurse in Euro mit der Veränderung des Tages in Prozent",
    "es": "Precios de cierre en euros con la variación del día en tanto por ciento",
    "ru": "Цены закрытия в рублях и изменение за день в процентах",
}
_SIGNS = {
    "en": "Aries Taurus Gemini Cancer Leo Virgo Libra Scorpio Sagittarius Capricorn "
    "Aquarius Pisces",
    "fr": "Bélier Taureau Gémeaux Cancer Lion Vierge Balance Scorpion Sagittaire "
    "Capricorne Verseau Poissons",
    "de": "Widder Stier Zwillinge Krebs Löwe Jungfrau Waage Skorpion Schütze Steinbock "
    "Wassermann Fische",
    "es": "Aries Tauro Géminis Cáncer Leo Virgo Libra Escorpio Sagitario Capricornio "
    "Acuario Piscis",
    "ru": "Овен Телец Близнецы Рак Лев Дева Весы Скорпион Стрелец Козерог Водолей Рыбы",
}
_ADVICE = {
    "en": (
        "a friend brings good news",
        "keep your temper at work",
        "money comes from an unexpected side",
        "an old love writes again",
        "the evening belongs to the family",
        "patience pays off",
        "your energy returns",
        "listen before you answer",
    ),
    "fr": (
        "un ami apporte de bonnes nouvelles",
        "gardez votre calme au travail",
        "une rentrée d'argent vous surprend",
        "un ancien amour vous écrit",
        "la soirée appartient à la famille",
        "la patience est récompensée",
        "votre énergie revient",
        "écoutez avant de répondre",
    ),
    "de": (
        "ein Freund bringt gute Nachrichten",
        "bleiben Sie bei der Arbeit gelassen",
        "Geld kommt von unerwarteter Seite",
        "eine alte Liebe meldet sich",
        "der Abend gehört der Familie",
        "Geduld zahlt sich aus",
        "Ihre Kraft kehrt zurück",
        "hören Sie erst zu",
    ),
    "es": (
        "un amigo trae buenas noticias",
        "mantenga la calma en el trabajo",
        "llega dinero de donde no se espera",
        "un viejo amor vuelve a escribir",
        "la noche es para la familia",
        "la paciencia tiene premio",
        "recupera la energía",
        "escuche antes de contestar",
    ),
    "ru": (
        "друг принесёт добрые вести",
        "сохраняйте спокойствие на работе",
        "деньги придут с неожиданной стороны",
        "напишет старая любовь",
        "вечер посвятите семье",
        "терпение будет вознаграждено",
        "силы возвращаются",
        "сначала выслушайте",
    ),
}
_NOTICE = {
    "en": (
        "The archive of {site} is open to subscribers. Entry {n}: sign in with your address "
        "and your password to read on. If you have no account yet, the trial month costs "
        "one pound and ends by itself. Our editors send a letter each morning; you choose "
        "the subjects, and you can cancel it with one click. Questions are answered by the "
        "readers' desk from nine to five."
    ),
    "fr": (
        "Les archives de {site} sont ouvertes aux abonnés. Page {n} : identifiez-vous avec "
        "votre adresse et votre mot de passe pour lire la suite. Sans compte, le mois "
        "d'essai coûte un euro et s'arrête de lui-même. La rédaction envoie une lettre "
        "chaque matin ; vous choisissez les sujets et la résiliez d'un clic. Le service "
        "des lecteurs répond de neuf à dix-sept heures."
    ),
    "de": (
        "Das Archiv von {site} steht Abonnenten offen. Seite {n}: Melden Sie sich mit "
        "Adresse und Passwort an, um weiterzulesen. Ohne Konto kostet der Probemonat einen "
        "Euro und endet von selbst. Die Redaktion schickt jeden Morgen einen Brief; Sie "
        "wählen die Themen und bestellen ihn mit einem Klick ab. Der Leserservice "
        "antwortet von neun bis siebzehn Uhr."
    ),
    "es": (
        "El archivo de {site} está abierto a los suscriptores. Página {n}: identifíquese "
        "con su dirección y su contraseña para seguir leyendo. Sin cuenta, el mes de prueba "
        "cuesta un euro y termina solo. La redacción envía una carta cada mañana; usted "
        "elige los temas y la cancela con un clic. El servicio al lector contesta de nueve "
        "a cinco."
    ),
    "ru": (
        "Архив издания {site} открыт для подписчиков. Страница {n}: войдите со своим "
        "адресом и паролем, чтобы читать дальше. Если учётной записи нет, пробный месяц "
        "стоит один рубль и кончается сам. Редакция каждое утро присылает письмо; темы вы "
        "выбираете сами и отменяете его одним нажатием. Служба читателей отвечает с девяти "
        "до пяти."
    ),
}


@dataclasses.dataclass(frozen=True, slots=True)
class Page:
    """A page of a site, as a file has it."""

    kind: str
    site: str
    language: str
    at: dt.datetime
    title: str
    text: str

    def record(self) -> dict[str, str]:
        """Return it as a line of a file that a run reads."""
        return {
            "url": f"https://{self.site}/{self.kind}/{self.at:%Y-%m-%d-%H%M}",
            "title": self.title,
            "text": self.text,
            "language": self.language,
            "published_at": self.at.isoformat(),
        }


def month(sites: int, days: int, seed: int = 3) -> Iterator[Page]:
    """Yield a page of each kind from each site on each day.

    Args:
      sites: Of each language.
      days: How long.
      seed: Another one makes other pages.
    """
    rng = random.Random(seed)  # noqa: S311 - no secret
    for day in range(days):
        for language in LANGUAGES:
            # Some print the horoscope of a service, others write their own.
            bought = _stars(rng, language)
            for number in range(sites):
                site = f"{language}{number}.example"
                at = START + dt.timedelta(days=day, minutes=rng.randrange(300))
                city = _CITIES[language][number % len(_CITIES[language])]
                own = bought if number % 2 else _stars(rng, language)
                texts = {
                    "weather": _weather(rng, language, city),
                    "prices": _prices(rng, language),
                    "stars": own,
                    "notice": _NOTICE[language].format(
                        site=site, n=rng.randrange(10**5)
                    ),
                }
                for kind, text in texts.items():
                    title = f"{text.split(':')[0]}, {at:%d.%m.%Y}"[:90]
                    yield Page(kind, site, language, at, title, text)
                    at += dt.timedelta(minutes=1)


def _weather(rng: random.Random, language: str, city: str) -> str:
    sky, other, third = rng.sample(_SKIES[language], 3)
    low = rng.randrange(2, 12)
    wind = rng.randrange(5, 40)
    return _WEATHER[language].format(
        city=city,
        sky=sky,
        other=other,
        third=third,
        low=low,
        high=low + rng.randrange(4, 12),
        wind=wind,
        gusts=wind + rng.randrange(10, 40),
        wet=rng.randrange(30, 99),
        bar=rng.randrange(980, 1040),
    )


def _prices(rng: random.Random, language: str) -> str:
    lines = (
        f"{name} {rng.uniform(20, 900):.2f} {rng.uniform(-4, 4):+.2f}"
        for name in _COMPANIES
    )
    return "\n".join((f"{_PRICES[language]}:", *lines))


def _stars(rng: random.Random, language: str) -> str:
    return "\n".join(
        f"{sign}: {first}, {second}."
        for sign in _SIGNS[language].split()
        for first, second in [rng.sample(_ADVICE[language], 2)]
    )
