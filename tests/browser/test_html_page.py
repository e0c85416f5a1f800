"""The map as one HTML file: what it holds, what is refused, and how it behaves in a browser without a network."""

import re
import shutil

import numpy as np
import pandas as pd
import pytest
import soundfile
from PIL import Image

from mumu_lib import browser
from mumu_lib.browser import html_page
from mumu_lib.core.errors import BadDataError, ParameterError, WriteError
from shown_points import EVIL

pytest.importorskip("bokeh", reason="Bokeh is not installed (pip install -e .[explore])")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.fixture
def shown(points, tmp_path):
    """Thirty albums, four with a recording of 6 s and one with a broken one, five with a cover and one with a broken one."""
    tone = 0.3 * np.sin(2 * np.pi * 330 * np.arange(6 * 22050) / 22050)
    for i in range(5):
        soundfile.write(tmp_path / f"{i}.wav", tone, 22050)
        Image.new("RGB", (300, 300), (40 * i, 90, 120)).save(tmp_path / f"{i}.png")
    points["audio"] = [str(tmp_path / f"{i}.wav") if i < 5 else "" for i in range(30)]
    points["cover"] = [str(tmp_path / f"{i}.png") if i < 6 else "" for i in range(30)]
    (tmp_path / "4.wav").write_bytes(b"no sound")
    (tmp_path / "5.png").write_bytes(b"no picture")
    return points


def test_the_file_holds_everything_and_says_what_it_lacks(shown, tmp_path):
    saved = browser.save_html(shown, tmp_path / "map.html")
    assert (saved.points, saved.covers, saved.clips) == (30, 5, 4)
    assert saved.left_out == {"covers that cannot be read": 1, "clips: corrupt recordings": 1}
    text = saved.file.read_text(encoding="utf-8")
    assert saved.megabytes == round(len(text.encode()) / 1e6, 1)
    assert text.count("data:audio/mpeg;base64,") == 4
    assert text.count("data:image/webp;base64,") == 5
    assert EVIL not in text
    assert not re.findall(r"<(?:script|link|img)[^>]+(?:src|href)=[\"'](?:https?:)?//", text)


def test_clips_lie_in_a_folder_beside_the_file(shown, tmp_path):
    saved = browser.save_html(shown, tmp_path / "my map.html", clips="beside")
    assert saved.clips == 4
    clips = sorted((tmp_path / "my map_clips").iterdir())
    assert [clip.name for clip in clips] == ["000000.mp3", "000001.mp3", "000002.mp3", "000003.mp3"]
    assert soundfile.info(clips[0]).duration == pytest.approx(5, abs=0.2)
    assert '"my%20map_clips/000000.mp3"' in saved.file.read_text(encoding="utf-8")


def test_too_many_clips_are_left_out_or_refused(shown, tmp_path, monkeypatch):
    monkeypatch.setattr(html_page, "MAX_CLIPS_INSIDE", 3)
    saved = browser.save_html(shown, tmp_path / "map.html")
    assert saved.clips == 0
    assert [count for reason, count in saved.left_out.items() if "too many" in reason] == [5]
    with pytest.raises(ParameterError, match="at most 3 recordings and there are 5; use clips='beside'"):
        browser.save_html(shown, tmp_path / "map.html", clips="inside")


def test_covers_shrink_until_all_of_them_fit(shown, tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    for i in range(5):
        Image.fromarray(rng.integers(0, 255, (300, 300, 3), dtype=np.uint8)).save(tmp_path / f"{i}.png")
    assert browser.save_html(shown, tmp_path / "map.html", clips="none").cover_side == 112
    monkeypatch.setattr(html_page, "MAX_COVER_BYTES", 8_000)
    assert browser.save_html(shown, tmp_path / "map.html", clips="none").cover_side in (40, 56, 80)
    monkeypatch.setattr(html_page, "MAX_COVER_BYTES", 100)
    saved = browser.save_html(shown, tmp_path / "map.html", clips="none")
    assert (saved.covers, saved.cover_side) == (0, 0)
    assert saved.left_out == {"covers, too many for one file": 6}


def test_points_of_ones_own_need_coordinates_only(tmp_path):
    saved = browser.save_html(pd.DataFrame({"x": [0.0, 1.0], "y": [1.0, 0.0]}), tmp_path / "new" / "map.html")
    assert (saved.points, saved.covers, saved.clips, saved.left_out) == (2, 0, 0, {})


def test_wrong_words_and_maps_are_refused(points, tmp_path):
    with pytest.raises(ParameterError, match=r"colour='splt' is not one of .*did you mean 'split'"):
        browser.save_html(points, tmp_path / "map.html", colour="splt")
    with pytest.raises(ParameterError, match="clips='besides' is not one of"):
        browser.save_html(points, tmp_path / "map.html", clips="besides")
    with pytest.raises(BadDataError, match="without coordinates"):
        browser.save_html(points.iloc[:0], tmp_path / "map.html")
    (tmp_path / "file").write_text("a file where a folder should be", encoding="utf-8")
    with pytest.raises(WriteError):
        browser.save_html(points, tmp_path / "file" / "map.html")


def test_the_map_can_be_read_without_bokeh_but_not_written(points, tmp_path, monkeypatch):
    monkeypatch.setattr(html_page, "find_spec", lambda name: None)
    with pytest.raises(ParameterError, match="pip install bokeh"):
        browser.save_html(points, tmp_path / "map.html")


@pytest.mark.skipif(not CHROMIUM, reason="no Chromium on this machine (Debian: apt-get install chromium)")
def test_search_filter_and_card_work_without_a_network(shown, tmp_path):
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (pip install -e .[dev])")
    saved = browser.save_html(shown, tmp_path / "map.html")
    troubles = []
    with sync_api.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = chromium.new_context(offline=True).new_page()
        page.on("request", lambda request: request.url.startswith("http") and troubles.append(request.url))
        page.on("dialog", lambda dialog: (troubles.append("a title ran as code"), dialog.dismiss()))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.goto(saved.file.as_uri())
        page.get_by_text("30 synthetic albums").first.wait_for()
        page.get_by_placeholder("title or artist").fill(shown.title[5])
        page.get_by_text("1 of 30 synthetic albums shown").wait_for()
        page.get_by_placeholder("title or artist").fill("")
        genre = shown.genres[0][0]
        expected = sum(genre in genres for genres in shown.genres)
        page.locator("select").first.select_option(label=f"{genre} ({expected})")
        page.get_by_text(f"{expected} of 30 synthetic albums shown").wait_for()
        page.locator("select").nth(1).select_option("split")
        select = "(row) => [...Bokeh.documents[0]._all_models.values()].find(m => m.type === 'ColumnDataSource').selected.indices = [row]"
        page.evaluate(select, 3)
        page.get_by_text(EVIL).wait_for()
        assert page.locator("audio").get_attribute("src").startswith("data:audio/mpeg;base64,")
        assert page.get_by_alt_text("cover").count() == 1
        chromium.close()
    assert not troubles
