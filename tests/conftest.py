"""Tests run in two processes (pyproject.toml): what goes for all of them."""

import os
import shutil

import pytest

# Before torch is imported: two processes with a thread each do not get into each other's way.
os.environ.setdefault("OMP_NUM_THREADS", "1")


def pytest_collection_modifyitems(items: list) -> None:
    """The longest test comes first: both processes then end at about the same time."""
    items.sort(key=lambda item: item.path.name != "test_smoke.py")


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    """Headless Chromium; one start serves all tests of pages in a process."""
    chromium, driver_program = shutil.which("chromium"), shutil.which("chromedriver")
    if not (chromium and driver_program):
        pytest.skip("needs chromium and chromedriver (Debian: chromium, chromium-driver)")
    from selenium import webdriver

    folder = tmp_path_factory.mktemp("browser")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    # A sandbox needs rights that a container seldom has; the pages are our own.
    for flag in (
        "headless",
        "no-sandbox",
        "disable-gpu",
        "disable-dev-shm-usage",
        "disable-background-networking",
        "disable-component-update",
        "disable-sync",
        "no-first-run",
        f"user-data-dir={folder}/profile",
        "window-size=1200,900",
    ):
        options.add_argument(f"--{flag}")
    driver = webdriver.Chrome(options, webdriver.ChromeService(driver_program))
    yield driver
    driver.quit()
