"""The report's page in headless Chromium: filters, keyboard, a phone's width, hostile captions."""

import pytest

from tests.paper.report import small_page


@pytest.fixture
def page(browser, tmp_path):
    path = tmp_path / "report.html"
    path.write_text(small_page(), encoding="utf-8")
    browser.set_window_size(1200, 900)
    browser.get_log("browser")  # what other tests' pages have said
    browser.get(path.as_uri())
    return browser


def shown(page) -> list[str]:
    """Judged and error of the cards that can be seen."""
    cards = page.find_elements("css selector", ".card")
    return [
        f"{card.get_dom_attribute('data-backbone')}/{card.get_dom_attribute('data-taxonomy')}"
        for card in cards
        if card.is_displayed()
    ]


def choose(page, name: str, value: str) -> None:
    from selenium.webdriver.support.select import Select

    Select(page.find_element("id", name)).select_by_value(value)


def test_filters_hide_and_count_cards(page):
    assert len(shown(page)) == 3
    choose(page, "found", "found")
    assert shown(page) == ["paligemma/counting", "llama/counting"]
    choose(page, "found", "missed")
    assert shown(page) == []
    choose(page, "found", "")
    choose(page, "taxonomy", "counting")
    assert shown(page) == ["paligemma/counting", "llama/counting"]
    choose(page, "caught", "wrong")
    assert shown(page) == ["llama/counting"]
    assert page.find_element("id", "shown").text == "1 of 3 captions"
    choose(page, "backbone", "paligemma")
    assert shown(page) == []


def test_a_claim_opens_from_the_keyboard(page):
    from selenium.webdriver.common.keys import Keys

    summary = page.find_element("css selector", "#claim-better summary")
    effect = page.find_element("css selector", "#claim-better td")
    assert not effect.is_displayed()
    active = page.find_element("tag name", "body")
    for _ in range(20):
        active.send_keys(Keys.TAB)
        active = page.switch_to.active_element
        if active == summary:
            break
    assert active == summary, "not reached by the tab key"
    active.send_keys(Keys.ENTER)
    assert effect.is_displayed()


def test_probabilities_show_where_asked_for(page):
    number = page.find_element("css selector", ".card .token .p")
    assert not number.is_displayed()
    page.find_element("id", "with-p").click()
    assert number.is_displayed()


def test_hostile_texts_do_nothing(page):
    assert page.title == "TLDR at scale mini"
    assert page.find_elements("css selector", "main script") == []
    assert all(
        image.get_property("naturalWidth") > 0
        for image in page.find_elements("css selector", "img")
    )
    assert page.get_log("browser") == []


def test_a_link_to_a_table_opens_it(page):
    table = page.find_element("id", "table2")
    assert table.get_dom_attribute("open") is None
    page.get(f"{page.current_url}#table2")
    assert table.get_dom_attribute("open") is not None


def test_nothing_is_wider_than_a_phone(page):
    page.set_window_size(500, 800)  # as narrow as Chromium makes a window
    page.execute_script("document.documentElement.style.width = '360px'")
    wide = page.execute_script("""
        return [...document.querySelectorAll("main *")]
            .filter(one => !one.closest(".wide, details:not([open])"))
            .filter(one => one.getBoundingClientRect().right > 361)
            .map(one => one.outerHTML.slice(0, 80));
    """)
    assert wide == []
