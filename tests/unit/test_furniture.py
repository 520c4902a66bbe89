"""What stands within an article and is none of it, in the languages newsrooms write."""

from __future__ import annotations

import pytest
from lxml import html

from transforms.page.furniture import is_promotion, leads_elsewhere

LINK = "<a href='/x'>Peru closes its ports</a>"
READ_ALSO = [
    "Also read:",
    "Read also:",
    "RELATED:",
    "Related stories:",
    "Also on port.example",
    "À lire aussi :",
    "Lire aussi -",
    "Lesen Sie auch:",
    "Mehr zum Thema:",
    "Lea también:",
    "Te puede interesar:",
    "Leia também:",
    "Leggi anche:",
    "Lees ook:",
    "Läs också:",
    "Læs også:",
    "Les også:",
    "Lue myös:",
    "Czytaj także:",
    "Čtěte také:",
    "Citește și:",
    "Читайте также:",
    "Читайте також:",
    "Διαβάστε επίσης:",
    "اقرأ أيضا:",
    "یبیشتر بخوانید:".removeprefix("ی"),
    "यह भी पढ़ें:",
    "Baca juga:",
    "Xem thêm:",
    "อ่านเพิ่มเติม:",
    "関連記事：",
    "相关阅读：",
    "관련기사:",
    ">> Also read:",
    "(Leggi anche:",
]


def block(markup: str) -> html.HtmlElement:
    return html.fragment_fromstring(markup)


@pytest.mark.parametrize("words", READ_ALSO)
@pytest.mark.parametrize("tag", ["p", "h3"])
def test_links_to_other_articles(words: str, tag: str) -> None:
    assert leads_elsewhere(block(f"<{tag}>{words} {LINK}</{tag}>"))
    assert leads_elsewhere(block(f"<{tag}><strong>{words}</strong> {LINK}</{tag}>"))


@pytest.mark.parametrize(
    "markup",
    [
        f"<p>{LINK}</p>",
        f"<p><strong>{LINK}</strong></p>",
        f"<ul><li>{LINK}</li><li>{LINK}</li></ul>",
        f"<ol><li><h4>{LINK}</h4></li></ol>",
        "<p>The post <a href='/x'>Port closes</a> appeared first on <a href='/'>News</a>.</p>",
    ],
)
def test_blocks_that_are_links_as_a_whole(markup: str) -> None:
    assert leads_elsewhere(block(markup))


@pytest.mark.parametrize(
    "markup",
    [
        "<p>Related parties of the bank were not named in the report.</p>",
        "<p>The Post <a href='/x'>reported</a> that the board had closed the basin.</p>",
        f"<p>The board said on Tuesday that it would answer later. {LINK}</p>",
        f"<p>See also the law of 1911, which says that a board may close a port, {LINK}, "
        "but not for how long, and which the court read in another way last year when the "
        "ferry company asked for damages because of the works at the northern lock gates.</p>",
        "<p>Also read by the minister was a letter from the crews.</p>",
        "<p><a href='/x'>Amazon</a></p>",
        "<ul><li>The first gate</li><li><a href='/x'>The second gate of the two</a></li></ul>",
        "<ul></ul>",
        "<h2><a href='/x'>The gates of the harbour basin</a></h2>",
    ],
)
def test_what_belongs_to_the_article_stays(markup: str) -> None:
    assert not leads_elsewhere(block(markup))


@pytest.mark.parametrize(
    "paragraph",
    [
        "Subscribe to our newsletter to get the news of the port in your inbox.",
        "Sign up for the Morning Briefing newsletter",
        "Follow us on Twitter and Facebook",
        "CLICK HERE TO GET THE PORT NEWS APP",
        "Get the Port News app",
        "Like this story? Share it with a friend!",
        "Have a tip? Write to us.",
        "Abonnez-vous à notre infolettre",
        "Suivez-nous sur Facebook",
        "Folgen Sie uns auf Instagram",
        "Suscríbete a nuestro boletín",
        "Iscriviti alla newsletter",
        "Siga nosso canal no WhatsApp",
        "Подписывайтесь на наш канал",
        "Bizi takip edin",
        "Ikuti kami di Google News",
        "تابعونا على فيسبوك",
        "关注我们的公众号",
    ],
)
def test_calls_to_the_reader(paragraph: str) -> None:
    assert is_promotion(paragraph)


@pytest.mark.parametrize(
    "paragraph",
    [
        "Subscribers to the harbour's bonds voted against the plan on Tuesday.",
        "Registered voters will get their cards by post, the board said.",
        "An error occurred during the launch, the agency said.",
        "Followers of the party gathered on the square.",
        "اشترك في الهجوم عدد من المسلحين.",
        "구독 경제가 커지고 있다.",
        "Get the board to agree, and the rest will follow, the mayor said.",
        "Like this river, many others carry less water than ten years ago.",
        "",
    ],
)
def test_reports_are_no_calls(paragraph: str) -> None:
    assert not is_promotion(paragraph)


def test_a_long_paragraph_is_no_call() -> None:
    assert not is_promotion("Follow us on Twitter " + "word " * 60)
