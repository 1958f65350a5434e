"""`make pictures`: the pictures of the documentation, taken of a server with the demo organisation that it starts for itself.

Needs Chromium. What is on them is the demo's: names, numbers and times are made up.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

sys.path.insert(0, str(Path(__file__).parents[1]))

from playwright.async_api import BrowserContext, Page, async_playwright

from chromium import ARGUMENTS, PROGRAM
from fairlead.sandbox.demo import ACCESS_KEY, SECRET_KEY

FOLDER = Path(__file__).parents[2] / "docs/pictures"
WIDE, HIGH = 1400, 900
LARGEST = 250_000
"""Bytes of a picture."""


@contextmanager
def demo() -> Iterator[str]:
    """The address of a server with new demo data, in a folder that is taken away."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="fairlead-pictures-", dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)
        serve = "from fairlead.cli import main; main()"
        program = [sys.executable, "-c", serve, "serve", "--demo", f"--data={folder}/data", f"--port={port}"]
        server = subprocess.Popen(program, stdout=subprocess.DEVNULL)
        try:
            _wait(f"http://127.0.0.1:{port}/ready", server)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(20)


def _wait(address: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        try:
            urlopen(address, timeout=2).close()
        except (URLError, ConnectionError):
            if server.poll() is not None:
                break
            time.sleep(0.1)
        else:
            return
    msg = "the server does not start"
    raise RuntimeError(msg)


def call(address: str, path: str, body: object) -> None:
    """A call of the API, whatever its answer is."""
    headers = {
        "content-type": "application/json",
        "x-LSQ-AccessKey": ACCESS_KEY,
        "x-LSQ-SecretKey": SECRET_KEY,
    }
    try:
        urlopen(Request(address + path, json.dumps(body).encode(), headers), timeout=10).close()
    except HTTPError as refused:
        refused.close()


def calls(address: str) -> None:
    """Something for the inspector to show: two calls that are done, and two that a rule refuses."""
    ada = [
        {"Attribute": "EmailAddress", "Value": "ada@example.com"},
        {"Attribute": "FirstName", "Value": "Ada"},
    ]
    activity = {"ActivityEvent": 105, "ActivityNote": "Asked for a demo"}
    by = {"Attribute": "SearchBy", "Value": "EmailAddress"}
    call(address, "/v2/LeadManagement.svc/Lead.Create", ada)
    call(address, "/v2/ProspectActivity.svc/CreateCustom", {"LeadDetails": [*ada, by], "Activity": activity})
    call(address, "/v2/LeadManagement.svc/Lead.Create", ada)
    wrong = activity | {"ActivityEvent": 4711}
    call(address, "/v2/ProspectActivity.svc/CreateCustom", {"LeadDetails": [*ada, by], "Activity": wrong})


async def lead(page: Page) -> None:
    """A customer with calls, visits and a deal."""
    await page.goto("/app/leads?stage=Customer&sort=-score")
    await page.locator("#results tbody a.strong").first.click()
    await page.locator(".timeline").first.wait_for()


async def board(page: Page) -> None:
    """The opportunities by stage, of the type that has most of them."""
    await page.goto("/app/opportunities")
    codes = await page.locator("#by-type option").evaluate_all("options => options.map(one => one.value)")
    counts = {}
    for code in codes:
        await page.goto(f"/app/opportunities?type={code}")
        counts[code] = await page.locator(".deal").count()
    await page.goto(f"/app/opportunities?type={max(counts, key=lambda code: counts[code])}")


async def inspector(page: Page) -> None:
    """A call that a rule refused, both ways."""
    await page.goto("/app/inspector?status=refused")
    await page.locator("#calls tbody a").first.click()
    await page.get_by_role("heading", name="Answered").wait_for()


PICTURES = {"lead": lead, "board": board, "inspector": inspector}


async def take(address: str, folder: Path, schemes: list[str], widths: list[int]) -> None:
    """All pictures; what is not light and wide carries that in its name."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=PROGRAM, args=list(ARGUMENTS))
        for scheme in schemes:
            for width in widths:
                context = await browser.new_context(
                    base_url=address,
                    viewport={"width": width, "height": HIGH},
                    color_scheme="dark" if scheme == "dark" else "light",
                    reduced_motion="reduce",
                )
                mark = ("" if scheme == "light" else f"-{scheme}") + ("" if width == WIDE else f"-{width}")
                await _take_all(context, folder, mark)
                await context.close()
        await browser.close()


async def _take_all(context: BrowserContext, folder: Path, mark: str) -> None:
    page = await context.new_page()
    await page.goto("/app/sign-in")
    await page.get_by_role("button", name="Open the demo").click()
    await page.wait_for_url("**/app")
    for name, show in PICTURES.items():
        await show(page)
        path = folder / f"{name}{mark}.png"
        await page.screenshot(path=path)
        size = path.stat().st_size
        print(f"{path} {size / 1000:.0f} kB")
        if size > LARGEST:
            msg = f"{path} has {size} bytes, more than {LARGEST}"
            raise RuntimeError(msg)


def main() -> None:
    """Run as a program."""
    parser = argparse.ArgumentParser(description="Take the pictures of the documentation.")
    parser.add_argument("--to", type=Path, default=FOLDER, help="the folder they are written to")
    parser.add_argument(
        "--server", default="", help="a server with demo data that is running, by its address"
    )
    parser.add_argument("--schemes", nargs="+", choices=("light", "dark"), default=["light"])
    parser.add_argument("--widths", nargs="+", type=int, default=[WIDE])
    asked = parser.parse_args()
    asked.to.mkdir(parents=True, exist_ok=True)
    if asked.server:
        calls(asked.server)
        asyncio.run(take(asked.server, asked.to, asked.schemes, asked.widths))
        return
    with demo() as address:
        calls(address)
        asyncio.run(take(address, asked.to, asked.schemes, asked.widths))


if __name__ == "__main__":
    main()
