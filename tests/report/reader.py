"""Someone who reads a report in a browser."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.select import Select

DESKTOP = (1280, 900)
PHONE = (390, 844)


class Reader:
    """Opens a report anew, at a size and in a colour scheme, and looks at it."""

    def __init__(
        self, chromium: webdriver.Chrome, report: Path, *, size: tuple[int, int] = DESKTOP, dark: bool = False
    ) -> None:
        self.browser = chromium
        self.complaints()
        self.requests()  # what was written down before is another report's
        width, height = size
        self._command(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=width < 500,
        )  # fmt: skip
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        # A click doesn't wait until the page has come to rest.
        motion = {"name": "prefers-reduced-motion", "value": "reduce"}
        self._command("Emulation.setEmulatedMedia", media="", features=[scheme, motion])
        chromium.get(report.as_uri())

    def _command(self, name: str, **arguments: Any) -> None:
        self.browser.execute_cdp_cmd(name, arguments)

    def _log(self, kind: str) -> list[dict[str, Any]]:
        return list(self.browser.get_log(kind))  # type: ignore[no-untyped-call]  # Selenium's has no types

    def print_media(self) -> None:
        """Show the page as it is printed."""
        self._command("Emulation.setEmulatedMedia", media="print", features=[])

    def run(self, script: str, *arguments: object) -> Any:
        """What a piece of JavaScript gives, with `$` and `$$` for one and all elements of a selector."""
        helpers = "const $ = (s) => document.querySelector(s); const $$ = (s) => [...document.querySelectorAll(s)];"
        return self.browser.execute_script(helpers + script, *arguments)

    def find(self, selector: str) -> WebElement:
        """The first element of a selector."""
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def choose(self, name: str, value: str) -> None:
        """Set one of the selects."""
        Select(self.find(f"#{name}")).select_by_value(value)

    def keys(self, task: str = "task-1") -> list[str]:
        """The keys of the items that are shown of a task, in order."""
        return list(
            self.run("return $$(`#${arguments[0]} .item`).filter(i => !i.hidden).map(i => i.dataset.key)", task)
        )

    def complaints(self) -> list[str]:
        """Everything the console was told."""
        return [entry["message"] for entry in self._log("browser")]

    def requests(self) -> list[str]:
        """The addresses of everything that was really asked for: not what stands in the page, nor what it forbids."""
        messages = [json.loads(entry["message"])["message"] for entry in self._log("performance")]
        asked = [message["params"] for message in messages if message["method"] == "Network.requestWillBeSent"]
        failed = [message["params"] for message in messages if message["method"] == "Network.loadingFailed"]
        forbidden = {one["requestId"] for one in failed if one.get("blockedReason") == "csp"}
        urls = [str(one["request"]["url"]) for one in asked if one["requestId"] not in forbidden]
        return [url for url in urls if not url.startswith("data:")]
