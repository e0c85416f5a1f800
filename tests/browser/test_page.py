"""Notebook 03 in JupyterLab in a real browser: point, click, filter, search, lasso. Pictures in tests/browser/artefacts/."""

import io
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import nbformat
import numpy as np
import pandas as pd
import pytest
import requests
import soundfile
from nbconvert import HTMLExporter
from PIL import Image
from scipy import ndimage

from mumu_lib import catalogue
from mumu_lib.core import paths

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (pip install -e .[dev])")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chromium on this machine (Debian: apt-get install chromium)")
ARTEFACTS = Path(__file__).parent / "artefacts"
PATIENCE = 20_000  # milliseconds; the tests run beside others
EVIL = "<img src=x onerror=alert(1)>"
GENRES = [["Rock", "<b>Loud</b>"], ["Jazz"], ["Jazz", "Vocal Jazz"], ["Folk"]]
N = 40
SETTINGS = {
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "apputils-extension/themes": {"theme": "JupyterLab Light"},
    "notebook-extension/tracker": {"windowingMode": "none"},
}
TRACKS_WITH_PREDICTIONS = """
import numpy as np
rng = np.random.default_rng(0)
ids = music.tracks.track_id
guesses = rng.random((len(ids), len(music.labels)))
browser = mm.browser.browse(mm.browser.points.track_map(music, rng.normal(size=(len(ids), 2)), ids, scores=guesses))
display(browser)
print("the second map is there")
"""
SLOW_STEP = """
import time
mm.core.progress.SHOWN_AFTER = 0.2
for _ in mm.core.progress.bar(range(20), "slow step", unit="batch"): time.sleep(0.05)
"""
PICTURE_ENGINE = "mm.browser.browse(mm.browser.points.album_map(music, xy, top.index), engine='matplotlib')"


def make_catalogue(folder):
    """Forty albums with covers and recordings; every title but four is plain."""
    rng = np.random.default_rng(0)
    ids = [f"A{i:02d}" for i in range(N)]
    for name in ("audio", "covers"):
        (folder / name).mkdir(parents=True)
    for i, album in enumerate(ids):
        Image.fromarray(np.full((200, 200, 3), rng.integers(60, 220, 3), np.uint8)).save(folder / f"covers/{album}.jpg")
        tone = 0.2 * np.sin(2 * np.pi * (220 + 10 * i) * np.arange(22050) / 22050)
        soundfile.write(folder / f"audio/{album}.ogg", tone, 22050)
    albums = pd.DataFrame(
        {"album_id": ids, "title": [EVIL if i % 10 == 0 else f"Harbour {i}" for i in range(N)], "artist": [f"Artist {i // 2}" for i in range(N)],
         "genres": [GENRES[i % 4] for i in range(N)], "cover": [f"{i}.jpg" for i in ids], "split": np.resize(["train", "train", "train", "val", "test"], N)}
    )  # fmt: skip
    tracks = pd.DataFrame(
        {
            "track_id": [f"T{i}" for i in ids],
            "album_id": ids,
            "title": [f"Track {i}" for i in ids],
            "audio": [f"{i}.ogg" for i in ids],
        }
    )
    catalogue.write(
        folder, name="shop", albums=albums, tracks=tracks, reviews=pd.DataFrame({"album_id": ids, "text": ""}), min_albums=2,
        source="test", branches=[["Rock", "<b>Loud</b>"], ["Jazz", "Vocal Jazz"], ["Folk"]],
        roots={"audio": "audio", "covers": "covers"}, synthetic=True,
    )  # fmt: skip


def make_notebook(folder):
    """Notebook 03 on that catalogue, without outputs, and two more maps."""
    notebook = nbformat.read(paths.checkout() / "notebooks" / "03_label_factors.ipynb", as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
            cell.source = cell.source.replace('catalogue: str = "sample"', 'catalogue: str = "shop"')
    more = (TRACKS_WITH_PREDICTIONS, PICTURE_ENGINE, SLOW_STEP, "print('the end of', 'the notebook')")
    notebook.cells += [nbformat.v4.new_code_cell(source.strip()) for source in more]
    nbformat.write(notebook, folder / "03.ipynb")


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """A JupyterLab of its own, with a token: ``address`` and ``folder``."""
    folder = tmp_path_factory.mktemp("lab")
    make_catalogue(folder / "home" / "data" / "shop")
    make_notebook(folder)
    for name, values in SETTINGS.items():
        path = folder / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = {**os.environ, "MUMU_HOME": str(folder / "home"), "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
           "JUPYTER_CONFIG_DIR": str(folder / "config"), "IPYTHONDIR": str(folder / "ipython")}  # fmt: skip
    words = ["--no-browser", f"--port={port}", "--IdentityProvider.token=secret", f"--ServerApp.root_dir={folder}"]
    log = (folder / "lab.log").open("w")
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", "--allow-root", *words], env=env, stdout=log, stderr=log
    )
    address = f"http://127.0.0.1:{port}"
    try:
        shutil.copy(paths.checkout() / "notebooks" / "03_label_factors.ipynb", folder / "stored.ipynb")
        wait_for(lambda: answers(address), 60, (folder / "lab.log"))
        yield SimpleNamespace(address=address, folder=folder)
    finally:
        server.terminate()
        server.wait(20)
        log.close()


def answers(address):
    try:
        return requests.get(f"{address}/api", timeout=1).ok
    except requests.ConnectionError:
        return False


def wait_for(condition, seconds, log):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, log.read_text()[-2000:]
        time.sleep(0.2)


@pytest.fixture(scope="module")
def page(lab):
    """The notebook, run; what the page asks of other machines and every alert are noted."""
    ARTEFACTS.mkdir(exist_ok=True)
    with sync_api.sync_playwright() as play:
        flags = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"]
        chromium = play.chromium.launch(executable_path=CHROMIUM, args=flags)
        page = chromium.new_page(viewport={"width": 1360, "height": 1000})
        page.foreign, page.alerts = [], []
        page.on(
            "request",
            lambda r: page.foreign.append(r.url) if not r.url.startswith((lab.address, "data:", "blob:")) else None,
        )
        page.on("dialog", lambda dialog: (page.alerts.append(dialog.message), dialog.dismiss()))
        page.on(
            "websocket", lambda s: page.foreign.append(s.url) if urlsplit(s.url).netloc not in lab.address else None
        )
        page.goto(f"{lab.address}/lab/tree/03.ipynb?token=secret")
        page.get_by_text("| Idle").wait_for(timeout=60_000)
        page.get_by_role("menuitem", name="Run", exact=True).click(timeout=60_000)
        page.locator("#jp-mainmenu-run").get_by_text("Run All Cells", exact=True).click()
        page.get_by_text("the end of the notebook", exact=True).wait_for(timeout=120_000)
        page.wait_for_timeout(1500)
        yield page
        chromium.close()


def choose(area, number, label):
    """Pick an option of a list; its blanks may be of the kind that does not break."""
    options = area.locator("select").nth(number)
    labels = [" ".join(text.split()) for text in options.locator("option").all_text_contents()]
    options.select_option(index=labels.index(" ".join(label.split())))


def output(page, number):
    """The output area of one of the maps, scrolled to."""
    area = page.locator(".jp-OutputArea-output:has(.widget-select)").nth(number)
    area.scroll_into_view_if_needed()
    return area


def points_on_screen(area):
    """Centres, on the page, of the dots of the map that stand apart."""
    canvas = area.locator("canvas").first
    picture = np.asarray(Image.open(io.BytesIO(canvas.screenshot())).convert("RGB")).astype(int)
    dots, n = ndimage.label(np.ptp(picture, axis=2) > 90)
    centres = np.array(ndimage.center_of_mass(dots > 0, dots, range(1, n + 1)))
    box = canvas.bounding_box()
    return [(box["x"] + x, box["y"] + y) for y, x in centres]


def colours_on_screen(area):
    """Hues of the dots of the map, in twelfths of the circle."""
    picture = Image.open(io.BytesIO(area.locator("canvas").first.screenshot())).convert("HSV")
    hue, saturation, _ = np.asarray(picture, int).reshape(-1, 3).T
    twelfths, counts = np.unique(hue[saturation > 180] * 12 // 256, return_counts=True)
    return twelfths[counts > 20]


def outputs(path):
    """Data of every output of a notebook; of a stream its text."""
    cells = nbformat.read(path, as_version=4).cells
    given = [output for cell in cells for output in cell.get("outputs", [])]
    return [output.get("data") or {"text/plain": output.get("text", "")} for output in given]


def picture_of(page, name):
    page.wait_for_timeout(400)
    page.screenshot(path=ARTEFACTS / f"{name}.png")


def test_every_cell_ran(page):
    assert page.locator("[data-mime-type='application/vnd.jupyter.error']").count() == 0
    output(page, 0)
    picture_of(page, "1_notebook_03")


def test_pointing_shows_cover_title_artist_and_genres(page):
    area = output(page, 1)
    page.mouse.move(*points_on_screen(area)[3], steps=4)
    card = area.locator("div:has(> img)").first
    card.wait_for(timeout=PATIENCE)
    assert "Track A" in card.inner_text()
    assert "Artist" in card.inner_text()
    assert any(genre in card.inner_text() for genre in ("Rock, <b>Loud</b>", "Jazz", "Folk"))
    assert card.locator("img").evaluate("image => image.naturalWidth") == 160
    picture_of(page, "2_hover")


def test_a_click_plays_the_track_and_pins_true_and_predicted_genres(page):
    area = output(page, 1)
    page.mouse.click(*points_on_screen(area)[3])
    table = area.locator(".mumu-genres")
    table.wait_for(timeout=PATIENCE)
    assert "true genres" in table.inner_text()
    assert "predicted genres" in table.inner_text()
    sound = area.locator("audio").element_handle()
    page.wait_for_function(
        "sound => sound.currentTime > 0 && sound.src.startsWith('blob:')", arg=sound, timeout=PATIENCE
    )
    picture_of(page, "3_click")


def test_search_filter_and_legend_count_what_is_left(page):
    area = output(page, 0)
    area.get_by_placeholder("title or artist").fill("harBOUR 1")
    area.get_by_text("10 of 40 synthetic albums shown").wait_for(timeout=PATIENCE)
    picture_of(page, "4_search")
    area.get_by_placeholder("title or artist").fill("")
    choose(area, 1, "Jazz (20)")
    area.get_by_text("20 of 40 synthetic albums shown").wait_for(timeout=PATIENCE)
    area.locator("select").nth(1).select_option(index=0)
    area.get_by_role("button", name="Folk (10)").click()
    area.get_by_text("30 of 40 synthetic albums shown").wait_for(timeout=PATIENCE)
    picture_of(page, "5_legend")


def test_markup_in_a_title_is_shown_as_written(page):
    area = output(page, 0)
    choose(area, 2, f"{EVIL} — Artist 0")
    area.locator("b", has_text=EVIL).first.wait_for(timeout=PATIENCE)
    assert "<b>Loud</b>" in area.locator(".mumu-genres").inner_text()
    picture_of(page, "6_markup")
    assert page.alerts == []
    assert page.locator("img[src='x']").count() == 0


def test_colours_follow_the_column(page):
    area = output(page, 1)
    box = area.locator("canvas").first.bounding_box()
    page.mouse.dblclick(box["x"] + 30, box["y"] + 30)  # lets go of the track clicked on, so that no other is pale
    legend = area.locator("button:has-text('(')")
    for column, names in (
        ("predicted genre", {"Jazz", "Rock", "Folk", "no top-level genre"}),
        ("split", {"train", "val", "test"}),
        ("correct", {"all", "some", "none"}),
    ):
        choose(area, 0, column)
        page.wait_for_timeout(700)
        shown = dict(re.fullmatch(r"(.+) \((\d+)\)", text).groups() for text in legend.all_inner_texts())
        assert set(shown) <= names
        assert sum(map(int, shown.values())) == N
        assert len(colours_on_screen(area)) == len(shown.keys() - {"no top-level genre"})
        picture_of(page, f"7_colour_by_{column.replace(' ', '_')}")


def draw_around_everything(page, area):
    box = area.locator("canvas").first.bounding_box()
    corners = [(0.02, 0.02), (0.98, 0.02), (0.98, 0.98), (0.02, 0.98), (0.02, 0.03)]
    for number, (x, y) in enumerate(corners):
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=6)
        if number == 0:
            page.mouse.down()
        page.wait_for_timeout(300)  # a frame or two, where WebGL is software
    page.mouse.up()


def test_a_lasso_lists_what_is_shown_and_hands_it_to_python(page):
    area = output(page, 1)
    choose(area, 0, "split")
    area.get_by_role("button", name="val (8)").click()
    area.get_by_text("32 of 40 synthetic tracks shown").wait_for(timeout=PATIENCE)
    area.get_by_role("button", name="lasso").click()
    selected = area.get_by_text("32 tracks selected")
    for _ in range(2):
        draw_around_everything(page, area)
        # On a busy machine without a graphics card a frame may come too late for a corner; one draws again then.
        with suppress(sync_api.TimeoutError):
            selected.wait_for(timeout=PATIENCE / 2)
            break
    else:
        draw_around_everything(page, area)
    selected.wait_for(timeout=PATIENCE)
    assert area.locator(".mumu-selection tr").count() == 33
    picture_of(page, "8_lasso")
    page.locator(".jp-CodeCell .cm-content").last.click()
    page.keyboard.press("ControlOrMeta+End")
    page.keyboard.insert_text("\nprint(type(browser.selection).__name__, browser.selection.groupby('split', observed=True).size().to_dict())")  # fmt: skip
    page.keyboard.press("Control+Enter")
    page.get_by_text("DataFrame {'train': 24, 'test': 8}", exact=False).last.wait_for(timeout=10_000)
    picture_of(page, "9_selection_in_python")


def test_a_slow_step_has_one_bar_with_rate_and_remaining_time(page):
    bar = page.locator(".jp-OutputArea-output:has-text('batch/s')")
    bar.scroll_into_view_if_needed()
    assert bar.locator("[role=progressbar], .widget-hprogress").count() == 1
    assert re.search(
        r"slow step: 100%\s+20/20 \[00:0\d<00:00, +[\d.]+batch/s\]", bar.inner_text().replace("\u2007", " ")
    )
    picture_of(page, "10_progress")


def test_without_jupyter_scatter_a_picture_has_the_same_controls(page):
    area = output(page, 2)
    area.get_by_role("button", name="list this region").click()
    area.get_by_text("40 albums selected").wait_for(timeout=PATIENCE)
    picture_of(page, "11_picture")


def test_the_dark_theme_is_followed(page):
    page.get_by_role("menuitem", name="Settings", exact=True).click()
    page.locator("#jp-mainmenu-settings").get_by_text("Theme", exact=True).click()
    page.get_by_text("JupyterLab Dark", exact=True).click()
    page.wait_for_timeout(1500)
    area = output(page, 1)
    colour = area.locator(".mumu-selection th").first.evaluate("cell => getComputedStyle(cell).color")
    assert min(map(int, re.findall(r"\d+", colour)[:3])) > 150
    picture_of(page, "12_dark")


def test_a_notebook_saved_after_all_this_has_the_pictures_and_no_widget_state(page, lab):
    page.keyboard.press("Escape")
    page.keyboard.press("ControlOrMeta+s")
    file = lab.folder / "03.ipynb"
    wait_for(
        lambda: "the end of the notebook" in file.read_text() and file.read_text().endswith("}\n"),
        20,
        lab.folder / "lab.log",
    )
    maps = [data for data in outputs(file) if "t-SNE browser" in str(data.get("text/plain"))]
    assert [{"application/vnd.jupyter.widget-view+json", "image/png"} <= set(data) for data in maps] == [True] * 3
    saved = nbformat.read(file, as_version=4)
    assert "widgets" not in saved.metadata
    assert file.stat().st_size < 500_000
    html, _ = HTMLExporter(embed_images=True).from_notebook_node(saved)
    assert all(data["image/png"][:500] in html for data in maps)


def test_a_stored_notebook_shows_the_picture_before_it_is_run(page, lab):
    other = page.context.browser.new_page(viewport={"width": 1360, "height": 1000})
    other.goto(f"{lab.address}/doc/tree/stored.ipynb?token=secret")
    pictures = other.locator(".jp-RenderedImage img")
    pictures.first.wait_for(timeout=20_000)
    other.get_by_role("heading", name="Browse the map").scroll_into_view_if_needed()
    picture_of(other, "14_stored")
    assert other.get_by_text("Error displaying widget").count() == 0
    assert pictures.count() == 2


def test_nothing_came_from_elsewhere_and_no_markup_ran(page):
    assert page.foreign == []
    assert page.alerts == []
