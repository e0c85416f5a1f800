"""The site of README, docs and notebooks: built without a network, every link leads somewhere, stored outputs are kept."""

import re
import subprocess
import sys

import nbformat
import pytest

from mumu_lib.core.paths import checkout

pytest.importorskip("myst_nb", reason="the builder of the site is not installed (pip install -e .[site])")
NOTEBOOKS = sorted((checkout() / "notebooks").glob("0*.ipynb"))


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Folder of the site. A link to a document or heading that is not there fails the build."""
    folder = tmp_path_factory.mktemp("site")
    words = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-c", "docs", "-d", str(folder / "doctrees")]
    built = subprocess.run([*words, ".", str(folder / "html")], cwd=checkout(), capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    return folder / "html"


def test_the_door_is_the_readme_and_leads_to_every_notebook(site):
    door = (site / "index.html").read_text(encoding="utf-8")
    assert "Two commands" in door
    for notebook in NOTEBOOKS:
        assert f'href="notebooks/{notebook.stem}.html"' in door


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_keep_their_stored_pictures(site, path):
    stored = 0
    for cell in nbformat.read(path, as_version=4).cells:
        for output in cell.get("outputs", []):
            stored += "image/png" in output.get("data", {})
    page = (site / f"notebooks/{path.stem}.html").read_text(encoding="utf-8")
    assert len(re.findall(r"<img[^>]+_images/", page)) >= stored


def test_pages_ask_no_other_host_for_anything(site):
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        asked = re.findall(r"<(?:script|img|link)[^>]+(?:src|href)=\"(https?://[^\"]+)\"", text)
        assert not asked, page.name
