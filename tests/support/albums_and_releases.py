"""Albums of two sources as tables of titles and artists."""

import pandas as pd

from mumu_lib.mapping import matching


def frame(*rows):
    return pd.DataFrame(rows, columns=["title", "artist"])


def matched(left, right, **options):
    """Whether one album matches one release."""
    return len(matching.match(frame(left), frame(right), **options)) == 1
