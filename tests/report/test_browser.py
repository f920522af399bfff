"""The report in a real browser: it opens, and its controls do what they say, by mouse and by keyboard."""

from __future__ import annotations

from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from lavincli.report.write import write_report
from tests.report.reader import PHONE, Reader
from tests.report.results_folders import HOSTILE, write_results

PHOTO = "folder/photo {:03d}.jpg"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two tasks with five items each; the scores rise with the items' numbers."""
    folder = tmp_path_factory.mktemp("results")
    write_results(folder, tasks=2, items=5)
    return write_report(folder, folder / "report.html").path


@pytest.fixture(scope="module")
def clips_report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One task with two clips of nine frames."""
    folder = tmp_path_factory.mktemp("clips")
    write_results(folder, tasks=1, items=2, size=64, frames=9)
    return write_report(folder, folder / "report.html").path


def test_it_opens_without_complaints_and_without_asking_for_anything(chromium: webdriver.Chrome, report: Path) -> None:
    reader = Reader(chromium, report)
    reader.run("for (const image of document.images) image.loading = 'eager'; window.scrollTo(0, 1e6)")
    decoded = "return Promise.all([...document.images].map(i => i.decode())).then(() => document.images.length)"
    assert reader.run(decoded) == 2 * 5 * 3
    assert reader.complaints() == []
    assert reader.requests() == [report.as_uri()]
    assert reader.run("return $('.item h3').textContent") == HOSTILE
    assert "<i>" in reader.run("return $('.task h2').textContent")
    assert reader.find("#count").text == "10 of 10 items"


def test_nothing_may_run_but_the_reports_own_script(chromium: webdriver.Chrome, report: Path) -> None:
    reader = Reader(chromium, report)
    reader.run("""
        const script = document.createElement('script'); script.textContent = 'window.intruder = 1';
        document.body.append(script);
        const image = document.createElement('img'); image.src = 'http://localhost:9/x.png';
        document.body.append(image);
    """)
    assert reader.run("return window.intruder === undefined")
    assert len([line for line in reader.complaints() if "Content Security Policy" in line]) == 2
    assert reader.requests() == [report.as_uri()]


def test_the_filter_filters(chromium: webdriver.Chrome, report: Path) -> None:
    reader = Reader(chromium, report)
    text = reader.find("#text")
    text.send_keys("PHOTO 00")
    assert reader.keys() == [PHOTO.format(number) for number in (1, 2, 3, 4)]
    text.send_keys("3 task_0")
    assert reader.keys() == [PHOTO.format(3)]
    assert not reader.find("#task-2").is_displayed()
    assert reader.find("#count").text == "1 of 10 items"
    text.clear()
    text.send_keys("<script>" + Keys.ENTER)
    assert chromium.current_url == report.as_uri()
    assert reader.keys("task-2") == [HOSTILE.lower()]
    text.clear()
    text.send_keys(" ")
    reader.choose("task", "task-2")
    assert reader.keys("task-1") == []
    assert len(reader.keys("task-2")) == 5
    reader.choose("worst", "3")
    assert reader.keys("task-2") == [HOSTILE.lower(), PHOTO.format(1), PHOTO.format(2)]
    assert reader.find("#count").text == "3 of 10 items"


def test_the_sort_sorts(chromium: webdriver.Chrome, report: Path) -> None:
    reader = Reader(chromium, report)
    worst_first = reader.keys()
    assert worst_first == [HOSTILE.lower(), *(PHOTO.format(number) for number in (1, 2, 3, 4))]
    reader.choose("sort", "best")
    assert reader.keys() == worst_first[::-1]
    reader.choose("sort", "name")
    assert reader.keys() == sorted(worst_first)
    reader.choose("sort", "gain")
    assert reader.keys() == worst_first
    reader.choose("sort", "best")
    reader.choose("worst", "3")
    assert reader.keys() == worst_first[2::-1]


def test_the_slider_slides_by_mouse_and_by_keyboard(chromium: webdriver.Chrome, report: Path) -> None:
    reader = Reader(chromium, report)
    cut_off = "return getComputedStyle($('.item .prediction')).clipPath"
    assert reader.run(cut_off) == "none"
    reader.find(".item .compare").click()
    assert reader.find(".item .compare").get_attribute("aria-pressed") == "true"
    slider = reader.find(".item .cut")
    truth, prediction = (reader.find(f".item .{role} img").rect for role in ("truth", "prediction"))
    assert truth == prediction, "one lies on the other"
    assert reader.run(cut_off) == "inset(0px 50% 0px 0px)"

    width = slider.size["width"]
    ActionChains(chromium).move_to_element(slider).click_and_hold().move_by_offset(-width // 4, 0).release().perform()
    value = float(str(slider.get_attribute("value")))
    assert value == pytest.approx(25, abs=2)
    assert reader.run(cut_off) == f"inset(0px {100 - value:g}% 0px 0px)"

    slider.send_keys(Keys.ARROW_RIGHT * 3)
    assert float(str(slider.get_attribute("value"))) == value + 3
    assert slider.get_attribute("aria-valuetext") == f"{value + 3:g} percent prediction"
    slider.send_keys(Keys.HOME)
    assert reader.run(cut_off) == "inset(0px 100% 0px 0px)"
    assert reader.run("return $$('.sliding').length") == 1

    reader.find("#slide").click()
    assert reader.run("return $$('.sliding').length") == 10


def test_every_picture_is_shown_large_enough_to_be_judged(chromium: webdriver.Chrome, report: Path) -> None:
    widths = (
        "return $$('.item').flatMap(i => (i.scrollIntoView(), [...i.querySelectorAll('img')])).map(i => i.clientWidth)"
    )
    examples = "return $$('.pairs svg').map(i => i.clientWidth)"
    for size in ((1280, 900), PHONE):
        reader = Reader(chromium, report, size=size)
        assert min(reader.run(widths)) >= 155
        assert min(reader.run(examples)) >= 160


def test_a_clip_can_be_looked_at_frame_by_frame(chromium: webdriver.Chrome, clips_report: Path) -> None:
    reader = Reader(chromium, clips_report)
    shown = "return [...$('.item').querySelectorAll('img')].map((i, n) => i.hidden ? -1 : n % 5).filter(n => n >= 0)"
    assert reader.run(shown) == [2, 2, 2]
    slider = reader.find(".item .frame")
    slider.send_keys(Keys.END)
    assert reader.run(shown) == [4, 4, 4]
    slider.send_keys(Keys.ARROW_LEFT)
    assert reader.run(shown) == [3, 3, 3]
    assert reader.find(".item .frames output").text == "4 of 5"
    assert reader.complaints() == []


def test_it_follows_the_systems_colours_until_told_otherwise(chromium: webdriver.Chrome, report: Path) -> None:
    paper = (
        "return getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number).reduce((a, b) => a + b) / 3"
    )
    curve = "return getComputedStyle($('.strip .f-series-0')).fill"
    light = Reader(chromium, report)
    assert light.run(paper) > 230
    light_curve = light.run(curve)
    dark = Reader(chromium, report, dark=True)
    assert dark.run(paper) < 40
    assert dark.run(curve) != light_curve
    dark.choose("theme", "light")
    assert dark.run(paper) > 230
    assert Reader(chromium, report, dark=True).run(paper) > 230, "the choice is remembered"
    dark.choose("theme", "system")
    assert dark.run(paper) < 40


@pytest.mark.parametrize("width", [320, 390])
def test_a_phone_never_scrolls_sideways(chromium: webdriver.Chrome, report: Path, width: int) -> None:
    reader = Reader(chromium, report, size=(width, 844))
    measure = "$$('details').forEach(d => { d.open = true }); return document.documentElement.scrollWidth"
    assert reader.run(measure) == width
    reader.find("#slide").click()
    reader.run("$$('.enlarge').forEach(b => b.click())")
    assert reader.run(measure) == width


def test_the_keyboard_reaches_everything_and_shows_where_it_is(chromium: webdriver.Chrome, report: Path) -> None:
    reader = Reader(chromium, report)
    # Not by hand: the browser goes on from where the last click was.
    reader.run("$('#text').value = 'task_0 <script>'; $('#text').dispatchEvent(new Event('input'))")
    names: list[str] = []
    while "BODY" not in names:
        ActionChains(chromium).send_keys(Keys.TAB).perform()
        focused = reader.run("""
            const e = document.activeElement, s = getComputedStyle(e);
            return [e.id || e.className || e.tagName, s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2]
        """)
        assert focused[1] or focused[0] == "BODY", f"{focused[0]} doesn't show that it has the focus"
        names.append(str(focused[0]))
    assert names[0] == "skip"
    order = [
        "text",
        "task",
        "worst",
        "sort",
        "theme",
        "slide",
        "context",
        "pairs",
        "compare",
        "enlarge",
        "pairs-of-row",
    ]
    assert [name for name in names if name in order][: len(order)] == order
    unnamed = "return $$('button, input, select, [tabindex], img, [role=img]').filter(e => !(e.ariaLabel || e.alt || "
    unnamed += "e.textContent.trim() || e.closest('label'))).map(e => e.outerHTML.slice(0, 80))"
    assert reader.run(unnamed) == []


def test_it_prints_without_its_controls(chromium: webdriver.Chrome, report: Path) -> None:
    reader = Reader(chromium, report, dark=True)
    assert reader.find(".controls").is_displayed()
    reader.print_media()
    assert not reader.find(".controls").is_displayed()
    assert not reader.find(".compare").is_displayed()
    assert reader.run("return getComputedStyle($('h1')).color") == "rgb(27, 29, 34)"


def test_it_is_whole_without_its_script(chromium: webdriver.Chrome, report: Path, tmp_path: Path) -> None:
    html = report.read_text("utf-8")
    bare = tmp_path / "bare.html"
    bare.write_text(html[: html.rindex("<script>")] + "</body></html>", "utf-8")
    reader = Reader(chromium, bare)
    assert not reader.find(".controls").is_displayed()
    assert not reader.find(".compare").is_displayed()
    assert len(reader.keys("task-1")) == len(reader.keys("task-2")) == 5
