"""Take the picture of the brief that stands in the README.

    .venv/bin/python tools/picture.py .demo-home/reports/brief-2025-03-31.html docs/images/brief.png

Needs Debian's chromium. The picture is 1440 wide; the list is filtered by one kind of evidence, and the first suspicion
that has it is opened.
"""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

WIDTH, HEIGHT = 1440, 1770
LAYER = "handover"
MOST_BYTES = 400_000


def take_picture(page_file: Path, picture: Path, *, language: str = "zh") -> int:
    """Write the picture and return its size in bytes."""
    executable = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable, args=["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"]
        )
        page = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light").new_page()
        page.goto(f"{page_file.resolve().as_uri()}#{language}")
        page.locator("#list select").nth(1).select_option(LAYER)
        page.locator(".suspect .more").first.click()
        page.evaluate("document.activeElement.blur(); window.scrollTo(0, 0)")
        page.mouse.move(0, 0)
        picture.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=picture)
        browser.close()
    return picture.stat().st_size


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    size = take_picture(Path(sys.argv[1]), Path(sys.argv[2]))
    print(f"{sys.argv[2]}: {size:,} bytes")
    if size > MOST_BYTES:
        sys.exit(f"The picture is larger than {MOST_BYTES:,} bytes: lower HEIGHT.")
