"""Names of countries in the spellings that a language has beside its usual one."""

from __future__ import annotations

import unicodedata

import pytest

from transforms.enrich.countries import CountryTagger
from transforms.enrich.geography.plain import make_plain

SPELLINGS = [
    ("de", "Grossbritannien und Weissrussland verhandeln.", "GB BY"),
    ("de", "weissrussische Truppen", "BY"),
    ("de", "GROSSBRITANNIEN WÄHLT", "GB"),
    ("de", "Oesterreich und Rumaenien", "AT RO"),
    ("de", "Die Tuerkei und Daenemark, Aegypten", "TR DK EG"),
    ("de", "in Koeln und Muenchen, Duesseldorf, Nuernberg, Zuerich", "DE CH"),
    ("de", "oesterreichische, tuerkische und franzoesische Minister", "AT TR FR"),
    ("de", "Suedafrika und Suedkorea", "ZA KR"),
    ("de", "die rumänische", "RO"),
    ("de", "Preussen", ""),
    ("de", "Philippinen, Elfenbeinküste, Elfenbeinkueste", "PH CI"),
    ("de", "Weißrußland, weißrussisch, Rußland, russisch", "BY RU"),
    ("de", "in Giessen und Gießen", "DE"),
    ("ru", "Всё решит Киргизия, Черногория и Шри-Ланка", "KG ME LK"),
    ("ru", "в Тайпее и Пекине", "TW CN"),
    ("ru", "Йемен и Иемен", "YE"),
    ("ru", "в Киеве о Гвинее-Бисау", "UA GW"),
    ("ru", "в Объединённых Арабских Эмиратах", "AE"),
    ("ru", "в Объединенных Арабских Эмиратах", "AE"),
    ("ru", "Соединённые Штаты и Соединенные Штаты", "US"),
    ("ru", "Соединённое Королевство и Соединенное Королевство", "GB"),
    ("ru", "Королевство Нидерланды, ОАЭ", "NL AE"),
    ("ar", "زار رئيس أمريكا ألمانيا وإيران وإسرائيل", "US DE IR IL"),
    ("ar", "زار رئيس امريكا المانيا وايران واسرائيل", "US DE IR IL"),
    ("ar", "في سوريا وسورية", "SY"),
    ("ar", "ليبيا وليبيه", "LY"),
    ("ar", "تركيه والسعوديه", "TR SA"),
    ("ar", "في فرنسا وايطاليا واسبانيا وأوكرانيا واوكرانيا", "FR IT ES UA"),
    ("ar", "افغانستان والاردن والامارات", "AF JO AE"),
    ("ar", "آذربيجان وأذربيجان واذربيجان", "AZ"),
    ("ar", "اليمن والكويت", "YE KW"),
    ("ar", "الاميركيه والروسيه", "US RU"),
    ("ar", "أميركا", "US"),
    ("ar", "في مصر والسودان", "EG SD"),
    ("ar", "الفرنسى والمصرى", "FR EG"),
    ("ar", "جنوب أفريقيا وجنوب افريقيا", "ZA"),
    ("ar", "إندونيسيا واندونيسيا والمانيا", "ID DE"),
    ("ar", "بريطانيا العظمى", "GB"),
    ("ar", "کوریا الجنوبیة", "KR"),
    ("ar", "تركيـــا", "TR"),
    ("ar", "مِصْر", "EG"),
    ("fa", "آمریکا و امریکا و ایران", "US IR"),
    ("fa", "ايران و تركيه", "IR TR"),
    ("fa", "آلمان و المان", "DE"),
    ("fa", "افغانستان و كويت", "AF KW"),
    ("fa", "انگليس و روسيه", "GB RU"),
    ("fa", "ایتالیا و اسپانیا، اوکراین، عربستان سعودی", "IT ES UA SA"),
    ("fa", "جمهوری اسلامی ایران", "IR"),
    ("fa", "آذربایجان", "AZ"),
    ("el", "Η Ελλαδα και η Τουρκια", "GR TR"),
    ("el", "ΕΛΛΑΔΑ, ΓΑΛΛΙΑ, ΡΩΣΙΑ", "GR FR RU"),
    ("el", "στη Γαλλία και στην Ουκρανία", "FR UA"),
    ("el", "στην Ελλάδα, της Ελλάδας, ἡ Ἑλλάς", "GR"),
    ("el", "η Ἰταλία", "IT"),
    ("el", "Ὁ πόλεμος στην Ουκρανια και Ρωσια", "UA RU"),
    ("vi", "Hoa Kỳ và Trung Quốc, Pháp, Đức", "US CN FR DE"),
    ("vi", "Viet Nam va Trung Quoc", "VN CN"),
    ("vi", "Việt Nam, Nhật Bản, Hàn Quốc", "VN JP KR"),
    ("vi", "Viet Nam, Nhat Ban, Han Quoc, Thai Lan", "VN JP KR TH"),
    ("vi", "nước Mĩ và Thuỵ Sĩ, Thụy Sỹ, Thuỵ Điển, Thụy Điển", "US CH SE"),
    ("en", "Viet Nam and Hanoi, Hà Nội", "VN"),
    ("zh", "法國與德國、英國、韓國", "FR DE GB KR"),
    ("zh", "烏克蘭、俄羅斯、義大利、紐西蘭", "UA RU IT NZ"),
    ("zh", "意大利、新西兰、沙特、朝鲜", "IT NZ SA KP"),
    ("zh", "美國總統訪問沙烏地阿拉伯", "US SA"),
    ("zh", "台灣、臺灣、台湾", "TW"),
    ("zh", "澳洲、澳大利亞、北韓、朝鮮", "AU KP"),
    ("zh", "緬甸、寮國、老挝、柬埔寨、泰國", "MM LA KH TH"),
    ("zh", "東京、首爾、漢城、莫斯科、基輔、華盛頓", "JP KR RU UA US"),
    ("zh", "東京、首尔、莫斯科、基辅、华盛顿", "JP KR RU UA US"),
    ("zh", "倫敦、巴黎、柏林、羅馬、馬德里", "GB FR DE IT ES"),
    ("zh", "土耳其、敘利亞、伊朗、以色列、約旦、黎巴嫩", "TR SY IR IL JO LB"),
    ("zh", "厄瓜多尔 厄瓜多爾 克罗地亚 克羅埃西亞", "EC HR"),
    ("zh", "奈及利亞 尼日利亚 肯亞 肯尼亚 坦尚尼亞", "NG KE TZ"),
    ("ja", "臺湾と台湾", "TW"),
    ("zh", "廣東、上海、湖北", "CN"),
    ("pt", "a Polônia e a Polónia, Romênia e Roménia", "PL RO"),
    ("pt", "Irã e Irão, Vietnã e Vietname", "IR VN"),
    ("pt", "Egipto e Egito, egípcio", "EG"),
    ("pt", "Moscovo e Moscou, Iêmen e Iémen", "RU YE"),
    ("pt", "Eslovênia, Eslovénia, Estônia, Estónia, Letônia, Letónia", "SI EE LV"),
    ("pt", "Quênia, Quénia, Mónaco, Mônaco, Bahrein, Barém", "KE MC BH"),
    (
        "pt",
        "polonês, polaco, romeno, tcheco, checo, iraniano, Teerã, Teerão",
        "PL RO CZ IR",
    ),
    ("pt", "Coreia do Sul e Coréia do Sul, Coréia do Norte, europeu", "KR KP"),
    ("pt", "Singapura e Cingapura, Palestina, Zimbábue, Zimbabué", "SG PS ZW"),
    ("pt", "Bagdad, Bagdá, Bagdade", "IQ"),
    ("pt", "Brazil e Portugal", "BR PT"),
    ("pt", "Amsterdão e Amsterdã, Copenhague, Copenhaga", "NL DK"),
    (
        "nl",
        "Oekraïne en Oekraine, Roemenie, Italië en Italie, België, Belgie",
        "UA RO IT BE",
    ),
    ("nl", "Brazilie, Argentinie, Syrie, Australie, Indonesie", "BR AR SY AU ID"),
    ("nl", "Brittannië, Groot-Brittannië, Groot Brittannie", "GB"),
    ("nl", "Birma, Tsjechoslowakije, Tsjechië, Tsjechie", "MM CZ"),
    ("nl", "Perzië? Cuba, Kongo en Congo", "CU CD IR"),
    ("nl", "Oekraiense, Italiaanse, Belgische, Roemeense", "UA IT BE RO"),
    (
        "nl",
        "het Kroatisch team uit Kroatie, Slovenie, Servie, Bosnie, Macedonie, Georgie, Armenie",
        "HR SI RS BA MK GE AM",
    ),
    ("tr", "Türkiye ve Ingiltere, İngiltere, INGILTERE", "TR GB"),
    ("tr", "Irak'ta ve İran'da, Işid", "IQ IR"),
    ("tr", "Almanya, ISPANYA, ITALYA, ISRAIL", "DE ES IT IL"),
    ("tr", "Kırgızistan, Kirgizistan", "KG"),
    ("tr", "Azerbaycan, Kıbrıs, Kibris, Suriye", "AZ CY SY"),
    ("tr", "SIRBİSTAN, Sırbistan, Sirbistan", "RS"),
    ("ro", "Franţa, Franța, Franta", "FR"),
    ("ro", "Elveţia, Elveția, Elvetia", "CH"),
    ("ro", "Marea Britanie, Croaţia, Croația, Croatia", "GB HR"),
    ("ro", "Bucureşti, București, Bucuresti", "RO"),
    ("ro", "Turcia, Grecia, Germania, Româna România Romania", "TR GR DE RO"),
    ("ro", "românească, romaneasca, Ţările de Jos, Țările de Jos", "RO NL"),
    ("ro", "francez, franţuzesc, elveţian, elvețian", "FR CH"),
    ("ro", "Iaşi, Iași, Timişoara, Timișoara, Constanţa", "RO"),
    ("sr", "Србија и Хрватска, Француска, Немачка", "RS HR FR DE"),
    ("sr", "Srbija i Hrvatska, Francuska, Nemačka, Njemačka", "RS HR FR DE"),
    ("sr", "Nemacka, Makedonija, Grcka, Madjarska, Mađarska", "DE MK GR HU"),
    ("sr", "српски, хрватски, немачки, руски", "RS HR DE RU"),
    ("sr", "srpski, hrvatski, nemački, ruski, francuski", "RS HR DE RU FR"),
    ("hr", "Njemačka, Njemacka, Spanjolska, Španjolska", "DE ES"),
    ("bs", "Njemačka, Turska, Austrija", "DE TR AT"),
    ("sr", "u Beogradu, у Београду, u Moskvi, у Москви", "RS RU"),
    ("uk", "в Росії й Росiї", "RU"),
    ("uk", "Україна, Украіна, Бєларусь, Білорусь", "UA BY"),
    ("be", "Беларусь, Расія, Украіна", "BY RU UA"),
    ("pl", "Wielka Brytania, Rosja, Bialorus, Białoruś, Wegry, Węgry", "GB RU BY HU"),
    ("cs", "Nemecko, Německo, Ceska republika, Česká republika, Spanelsko", "DE CZ ES"),
    ("hu", "Nemetorszag, Németország, Franciaorszag", "DE FR"),
    ("sv", "Osterrike, Österrike, Norge", "AT NO"),
    ("da", "Aarhus, Århus, Kobenhavn, København", "DK"),
    ("fi", "Itavalta, Itävalta, Venaja, Venäjä", "AT RU"),
    (
        "fr",
        "Etats-Unis, États-Unis, Perou, Pérou, Egypte, Égypte, Bresil, Norvege",
        "US PE EG BR NO",
    ),
    ("fr", "ETATS-UNIS, COREE DU SUD", "US KR"),
    ("es", "Peru, Perú, Mexico, México, Méjico, Japon, Japón, Espana", "PE MX JP ES"),
    ("es", "Katar, Catar, Irak, Iraq", "QA IQ"),
    ("it", "Perù, Peru, Turchia", "PE TR"),
    ("ca", "Franca, França, Mexic, Mèxic", "FR MX"),
    ("ja", "ウクライナ、ヴェトナム、ベトナム、ジョージア、グルジア", "UA VN GE"),
    ("ja", "ｱﾒﾘｶ と ﾛｼｱ", "US RU"),
    ("en", "Ｆｒａｎｃｅ and Germany", "FR DE"),
    ("ko", "러시아와 우크라이나, 북한, 조지아, 그루지야", "RU UA KP GE"),
    ("hi", "पाकिस्तान और चीन, फ़्रांस, फ्रांस", "PK CN FR"),
    ("hi", "रूस, यूक्रेन, ब्राज़ील, ब्राजील", "RU UA BR"),
    ("bn", "ফ্রান্স, জার্মানি", "FR DE"),
    ("th", "ฝรั่งเศส และ เยอรมนี", "FR DE"),
    ("he", "צרפת וגרמניה, אוקראינה, אוקרינה", "FR DE UA"),
    ("az", "Türkiyə, Rusiya, İran", "TR RU IR"),
    ("kk", "Қазақстан, Қытай, Ресей, Qazaqstan", "KZ CN RU"),
    (
        "uz",
        "O‘zbekiston, O'zbekiston, Oʻzbekiston, Ozbekiston, Ўзбекистон, Rossiya",
        "UZ RU",
    ),
    ("en", "Cote d'Ivoire, Côte d’Ivoire, Curacao, Reunion, Sao Tome", "CI CW RE ST"),
    ("en", "The Ukraine, Kiev and Kyïv, Türkiye, Turkiye", "UA TR"),
    ("vi", "tại nước Mỹ, nước Mĩ và Úc", "US AU"),
    ("zh", "卡達 卡塔尔 葉門 也门", "QA YE"),
    ("ar", "أيضًا في الأُردُن", "JO"),
]


@pytest.mark.parametrize(("language", "text", "expected"), SPELLINGS)
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_every_spelling_is_read(
    tagger: CountryTagger, language: str, text: str, expected: str, form: str
) -> None:
    written = unicodedata.normalize(form, text)  # type: ignore[arg-type] # one of four
    found = tagger.tag(title=None, text=written, language=language)
    assert {country.code for country in found} == set(expected.split())
    for country in found:
        for mention in country.mentions:
            assert written[mention.start : mention.end] == mention.text


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("France", "France"),
        ("تركيـــا اليوم", "تركيا اليوم"),
        ("مِصْر", "مصر"),
        ("Cote\u0301", "Coté"),
        ("Ｆｒａｎｃｅ …", "France …"),
        ("ﾛｼｱ ｶﾞｰﾅ", "ロシア ガーナ"),
        ("\u1112\u1161\u11ab국", "한국"),
        ("\u0301", "\u0301"),
        ("", ""),
    ],
)
def test_plain_text_knows_where_it_was(text: str, plain: str) -> None:
    written, offsets = make_plain(text)
    assert written == plain
    if offsets is not None:
        assert len(offsets) == len(plain) + 1
        assert offsets[-1] == len(text)
        assert list(offsets) == sorted(offsets)
    else:
        assert written == text
