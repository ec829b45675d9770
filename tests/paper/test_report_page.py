"""The report's page: what it holds, and that no text of anybody runs in it."""

import re
from html.parser import HTMLParser

import pytest

from tests.paper.report import HOSTILE, small_page
from tldr_reward.paper.report_page import colour


class Tags(HTMLParser):
    """Elements of a page with their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.text += data


@pytest.fixture(scope="module")
def page() -> Tags:
    return Tags(small_page())


def test_whatever_is_written_shows_as_text(page):
    tags = [tag for tag, _ in page.elements]
    assert tags.count("script") == 1, "the page's own"
    assert all("onerror" not in attributes for _, attributes in page.elements)
    assert page.text.count("document.title='taken'") == 6  # twice in claim, table and caption
    assert "<b>caption</b>" in next(
        attributes["alt"] for tag, attributes in page.elements if tag == "img"
    )


def test_the_page_needs_no_other_file(page):
    for tag, attributes in page.elements:
        for name in ("src", "href"):
            if name in attributes:
                assert re.match(r"data:image/png;base64,|#", attributes[name]), (tag, attributes)
        assert tag not in ("link", "iframe", "object")
    (policy,) = [
        attributes["content"]
        for tag, attributes in page.elements
        if attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policy.startswith("default-src 'none'")


def test_claims_have_verdicts_and_effects(page):
    for text in ("1 holds", "1 not run", "+3.5 [+1, +6]", "+2", "1 of 2 shown"):
        assert text in page.text


def test_tables_keep_their_rows_and_captions_their_tokens(page):
    assert "60.1 [57,\N{NO-BREAK SPACE}63]" in page.text
    tokens = [
        attributes for tag, attributes in page.elements if "token" in attributes.get("class", "")
    ]
    (wrong, *_) = [one for one in tokens if one["class"] == "token flagged bad" and "title" in one]
    assert wrong["title"] == "P(good) 0.10, truly wrong"
    assert sum("flagged" in one["class"] and "style" in one for one in tokens) == 3
    assert "Judged wrongly. 1 of 3 tokens flagged; 0 truly wrong, 0 of them found." in page.text
    assert HOSTILE in page.text


def test_every_id_stands_once_and_every_link_finds_one(page):
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    links = {attributes["href"][1:] for _, attributes in page.elements if "href" in attributes}
    assert links <= set(ids)


@pytest.mark.parametrize(
    ("p_good", "css"),
    [
        (1.0, "rgb(255, 255, 255)"),
        (0.5, "rgb(255, 226, 138)"),
        (0.0, "rgb(240, 128, 112)"),
        (0.75, "rgb(255, 240, 196)"),
    ],
)
def test_colours_run_from_white_over_yellow_to_red(p_good, css):
    assert colour(p_good) == css
