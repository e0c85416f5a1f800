"""How the site is made of README, docs/ and the notebooks with their stored outputs: ``make site``."""

from importlib import metadata

project = "MuMu"
author = "the authors of this repository"
version = release = metadata.version("mumu-lib")
root_doc = "index"
include_patterns = [
    "index.md",
    "COLLECTION.md",
    "TROUBLESHOOTING.md",
    "CHANGELOG.md",
    "benchmarks/README.md",
    "docs/*.md",
    "notebooks/*.ipynb",
    "notebooks/README.md",
]

extensions = ["myst_nb", "sphinx_copybutton"]
# What a reader sees is what is stored: nothing runs here.
nb_execution_mode = "off"
nb_remove_code_outputs = False
myst_heading_anchors = 3
# Pygments does not colour CSV.
suppress_warnings = ["myst.header", "misc.highlighting_failure"]

html_theme = "furo"
html_title = "MuMu"
html_copy_source = False
