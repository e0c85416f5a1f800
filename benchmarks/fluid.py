"""How fluid the t-SNE map is on the page: milliseconds from a drag to the frame that shows it.

    python benchmarks/fluid.py                              150,000 points: the widget and the page of save_html
    python benchmarks/fluid.py --points 1500 --only page
    python benchmarks/fluid.py --graphics none --only page  Chromium without any WebGL
    python benchmarks/fluid.py --graphics gpu               with a graphics card; not tried yet

Chromium itself counts: its trace says for every input event when it came and when the frame that it caused was
presented (EventLatency). Since a page may answer an event in a later frame than the next, the pictures that it draws
are counted too: printed are milliseconds for a picture drawn, then the median and longest latency. What can be left
out while dragging is left out in turn, one thing at a time. Needs Chromium, playwright and, for the widget, JupyterLab.
"""

import argparse
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pandas as pd
import requests
from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from mumu_lib.core import paths

GRAPHICS = {
    "software": ["--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"],
    "none": ["--disable-software-rasterizer"],
    "gpu": ["--use-angle=vulkan", "--enable-features=Vulkan", "--ignore-gpu-blocklist"],
}
TRACED = ["cc", "input", "benchmark"]
# As the widget's drawing library names them; nothing here is set by the product.
WIDGETS = {
    "as it is": "",
    "a tenth of the points": "canvas.show(np.arange(0, len(points), 10))",
    "points of 1 pixel": "scatter.size(1)",
    "opaque": "scatter.opacity(1)",
    "squares, opaque, no smoothing": "scatter.options(regl_scatterplot_options={'performanceMode': True, 'antiAliasing': 0})",
    "half the height": "scatter.height(230)",
}
PAGES = {
    "as it is": "",
    "a tenth of the points": "shown.booleans = shown.booleans.map((_, i) => i % 10 === 0); source.change.emit();",
    "points of 1 pixel": "for (const glyph of glyphs) { glyph.size = {value: 1}; }",
    "opaque": "for (const glyph of glyphs) { glyph.fill_alpha = {value: 1}; }",
    "without hover": "plot.toolbar.tools.filter((tool) => tool.type === 'HoverTool').forEach((tool) => { tool.active = false; });",
    "canvas in place of WebGL": "plot.output_backend = 'canvas';",
}
CELL = """
import sys
sys.path[:0] = {path!r}
import numpy as np
from fluid import made_up_points
import mumu_lib as mm
points = made_up_points({points})
browser = mm.browser.browse(points, engine="jupyter-scatter")
canvas = browser.controls.canvas
scatter = canvas._scatter
{change}
display(browser.widget)
print("the map", "is there")
"""
FIND_MODELS = """
const models = [...Bokeh.documents[0]._all_models.values()];
const plot = models.find((model) => model.type === "Figure");
const source = models.find((model) => model.type === "ColumnDataSource");
const shown = models.find((model) => model.type === "BooleanFilter");
const glyphs = models.filter((model) => model.type === "GlyphRenderer").map((model) => model.glyph);
"""
# Both libraries clear their canvas once for every picture that they draw.
COUNT_DRAWN = """
window.drawnFrames = 0;
let last = -1;
const count = (kind, name) => {
    const original = kind.prototype[name];
    kind.prototype[name] = function (...given) {
        const now = document.timeline.currentTime;
        if (now !== last) { last = now; window.drawnFrames += 1; }
        return original.apply(this, given);
    };
};
count(WebGLRenderingContext, "clear");
count(WebGL2RenderingContext, "clear");
count(CanvasRenderingContext2D, "clearRect");
"""
TWO_FRAMES = """() => new Promise((done) =>
    requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done(window.drawnFrames), 50))))"""
LONGEST_WAIT = 300_000


def made_up_points(n: int, seed: int = 0) -> pd.DataFrame:
    """Albums around 250 centres, with up to three genres each."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(0, 40, (250, 2))
    main = rng.zipf(1.4, n) % 250
    names = [f"Genre {i}" for i in range(250)]
    xy = centres[main] + rng.normal(0, 5, (n, 2))
    second = rng.integers(0, 250, n)
    return pd.DataFrame({
        "x": xy[:, 0], "y": xy[:, 1], "title": [f"Title {i}" for i in range(n)],
        "artist": [f"Artist {i // 3}" for i in range(n)],
        "genres": [[names[a], names[b]] for a, b in zip(main, second, strict=True)],
        "split": pd.Categorical(rng.choice(["train", "val", "test"], n)),
        "true genre": pd.Categorical.from_codes(main, names),
    })  # fmt: skip


@dataclass
class Trace:
    """What Chromium counted while something was done."""

    events: list[dict[str, Any]] = field(default_factory=list)

    def latencies(self, kinds: tuple[str, ...]) -> list[float]:
        """Milliseconds from input events of some kinds to the presented frame."""
        begun: dict[Any, tuple[float, str]] = {}
        found = []
        for event in sorted(self.events, key=lambda event: event.get("ts", 0)):
            if event["name"] != "EventLatency":
                continue
            key = (event["pid"], event.get("id") or event.get("id2", {}).get("local"))
            if event["ph"] == "b":
                details = event.get("args", {}).get("event_latency", {})
                begun[key] = (event["ts"], details.get("event_type", ""))
            elif event["ph"] == "e" and key in begun:
                start, kind = begun.pop(key)
                if kind in kinds:
                    found.append((event["ts"] - start) / 1000)
        return found


@contextmanager
def traced(session: CDPSession) -> Iterator[Trace]:
    trace = Trace()
    ended: list[bool] = []

    def collect(data: dict[str, Any]) -> None:
        trace.events.extend(data["value"])

    def end(_: object) -> None:
        ended.append(True)

    session.on("Tracing.dataCollected", collect)
    session.on("Tracing.tracingComplete", end)
    session.send("Tracing.start", {"traceConfig": {"includedCategories": TRACED}, "transferMode": "ReportEvents"})
    try:
        yield trace
    finally:
        session.send("Tracing.end")
        while not ended:
            session.send("Browser.getVersion")
            time.sleep(0.05)
        session.remove_listener("Tracing.dataCollected", collect)
        session.remove_listener("Tracing.tracingComplete", end)


def measured(page: Page, session: CDPSession, box: Any, seconds: float) -> dict[str, str]:
    """Drag, zoom and point for some seconds each, then type a letter into the search."""
    x, y = box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.4
    steps: dict[str, tuple[tuple[str, ...], Callable[[int], None]]] = {
        "drag": (("MOUSE_DRAGGED",), lambda i: page.mouse.move(x + 5 * i % 200, y + 3 * i % 100)),
        "zoom": (("MOUSE_WHEEL",), lambda i: page.mouse.wheel(0, -40)),
        "point at": (("MOUSE_MOVED_EVENT",), lambda i: page.mouse.move(x + 7 * i % 200, y + 3 * i % 100)),
    }
    row = {}
    for name, (kinds, step) in steps.items():
        page.mouse.move(x, y)
        settled(page)
        drawn_before = page.evaluate("drawnFrames")
        with traced(session) as trace:
            if name == "drag":
                page.mouse.down()
            start = time.monotonic()
            number = 0
            while time.monotonic() - start < seconds or number < 3:
                step(number)
                page.wait_for_timeout(16)
                number += 1
            settled(page)
            took = time.monotonic() - start
            if name == "drag":
                page.mouse.up()
            settled(page)
        drawn = page.evaluate("drawnFrames") - drawn_before
        row[name] = f"{1000 * took / drawn:,.0f}" if drawn else "nothing drawn"
        latencies = trace.latencies(kinds)
        if latencies:
            row[name] += f" ({np.median(latencies):,.0f}, {max(latencies):,.0f})"
    row["search, a letter"] = f"{searched(page):,.0f}"
    return row


def settled(page: Page) -> None:
    """Wait until what was asked to be drawn is drawn: two frames without a new picture, or ten seconds."""
    end = time.monotonic() + 10
    before, now = -1, 0
    while before != now and time.monotonic() < end:
        before, now = now, page.evaluate(TWO_FRAMES)


def searched(page: Page) -> float:
    """Milliseconds from a letter to the frame after the count of what is shown has changed."""
    box = page.get_by_placeholder("title or artist")
    box.click()
    start = time.monotonic()
    page.keyboard.press("7")
    page.wait_for_function("() => {" + FIND_COUNT + " return found !== '' }", timeout=LONGEST_WAIT)
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return 1000 * (time.monotonic() - start)


FIND_COUNT = """
const texts = [];
const look = (root) => {
    for (const element of root.querySelectorAll("*")) {
        if (element.shadowRoot) { look(element.shadowRoot); }
        const text = element.childElementCount ? "" : element.textContent;
        if (/^[0-9,]+ of [0-9,]+ .*shown$/.test(text) && !/^([0-9,]+) of \\1 /.test(text)) { texts.push(text); }
    }
};
look(document);
const found = texts.join("");
"""


def on_saved_page(chromium: Browser, session: CDPSession, asked: argparse.Namespace, folder: Path) -> dict[str, dict]:
    """Measure the page of save_html, each thing left out in turn."""
    from mumu_lib import browser

    saved = browser.save_html(made_up_points(asked.points), folder / "map.html")
    print(f"map.html: {saved.megabytes} MB", file=sys.stderr)
    table = {}
    for name, change in chosen(PAGES, asked.variants).items():
        page = chromium.new_page(viewport={"width": 1360, "height": 900}, device_scale_factor=asked.scale)
        page.add_init_script(COUNT_DRAWN)
        page.goto(saved.file.as_uri(), timeout=LONGEST_WAIT)
        page.locator(".bk-Figure").first.wait_for(timeout=LONGEST_WAIT)
        page.evaluate("() => {" + FIND_MODELS + change + "}")
        page.wait_for_timeout(2000)
        table[name] = measured(page, session, page.locator(".bk-Figure").first.bounding_box(), asked.seconds)
        print(name, table[name], file=sys.stderr, flush=True)
        page.close()
    return table


@contextmanager
def jupyterlab(folder: Path) -> Iterator[str]:
    """Start a JupyterLab; yield its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = {**os.environ, "JUPYTER_CONFIG_DIR": str(folder / "config"), "IPYTHONDIR": str(folder / "ipython")}
    words = ["--no-browser", "--allow-root", f"--port={port}", "--IdentityProvider.token=secret", f"--ServerApp.root_dir={folder}"]  # fmt: skip
    with (folder / "lab.log").open("w") as log:
        server = subprocess.Popen([sys.executable, "-m", "jupyterlab", *words], env=env, stdout=log, stderr=log)
        address = f"http://127.0.0.1:{port}"
        try:
            for _ in range(300):
                try:
                    if requests.get(f"{address}/api", timeout=1).ok:
                        break
                except requests.ConnectionError:
                    time.sleep(0.2)
            yield address
        finally:
            server.terminate()
            server.wait(20)


def in_jupyterlab(chromium: Browser, session: CDPSession, asked: argparse.Namespace, folder: Path) -> dict[str, dict]:
    """Measure the widget in JupyterLab, each thing left out in turn."""
    table = {}
    path = [str(paths.checkout()), str(Path(__file__).parent)]
    with jupyterlab(folder) as address:
        for number, (name, change) in enumerate(chosen(WIDGETS, asked.variants).items()):
            cell = CELL.format(path=path, points=asked.points, change=change)
            notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell.strip())])
            # Without a kernel's name JupyterLab asks for one.
            notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
            nbformat.write(notebook, folder / f"{number}.ipynb")
            page = chromium.new_page(viewport={"width": 1360, "height": 1000}, device_scale_factor=asked.scale)
            page.add_init_script(COUNT_DRAWN)
            page.goto(f"{address}/doc/tree/{number}.ipynb?token=secret")
            page.get_by_text("| Idle").wait_for(timeout=LONGEST_WAIT)
            page.get_by_role("menuitem", name="Run", exact=True).click(timeout=LONGEST_WAIT)
            page.locator("#jp-mainmenu-run").get_by_text("Run All Cells", exact=True).click()
            page.get_by_text("the map is there", exact=True).wait_for(timeout=LONGEST_WAIT)
            print("the map is there", file=sys.stderr, flush=True)
            page.wait_for_timeout(4000)
            canvas = page.locator(".jp-OutputArea-output canvas").first
            canvas.scroll_into_view_if_needed()
            table[name] = measured(page, session, canvas.bounding_box(), asked.seconds)
            print(name, table[name], file=sys.stderr, flush=True)
            page.close()
            for kernel in requests.get(f"{address}/api/kernels?token=secret", timeout=20).json():
                requests.delete(f"{address}/api/kernels/{kernel['id']}?token=secret", timeout=20)
    return table


def chosen(variants: dict[str, str], names: list[str] | None) -> dict[str, str]:
    return {name: change for name, change in variants.items() if names is None or name in names}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=150_000)
    parser.add_argument("--only", choices=["widget", "page"])
    parser.add_argument("--graphics", choices=[*GRAPHICS], default="software")
    parser.add_argument("--scale", type=float, default=1, help="pixels of the screen to one of the page")
    parser.add_argument("--seconds", type=float, default=5, help="of each movement")
    parser.add_argument("--variants", nargs="*", help="some rows only, by name")
    asked = parser.parse_args()
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    kinds = {"widget": in_jupyterlab, "page": on_saved_page}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=program, args=["--no-sandbox", *GRAPHICS[asked.graphics]])
        session = chromium.new_browser_cdp_session()
        print(
            f"Chromium {chromium.version}, {asked.points:,} points, graphics: {asked.graphics}; ms a picture (latency: median, longest)"
        )
        for kind, work in kinds.items():
            if asked.only in (None, kind):
                table = work(chromium, session, asked, Path(folder))
                columns = list(next(iter(table.values())))
                print(f"\n| {kind} | " + " | ".join(columns) + " |\n|---|" + "---|" * len(columns))
                for name, row in table.items():
                    print(f"| {name} | " + " | ".join(row[column] for column in columns) + " |")
        chromium.close()


if __name__ == "__main__":
    main()
