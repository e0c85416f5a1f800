"""Figures of results, with few runs and with none."""

from mumu_lib import results
from mumu_lib.figures import results as result_figures
from mumu_lib.results import claims, paper_rows


def test_figures_of_results_with_few_runs_and_with_none(tiny, write):
    write("audio/cosine/low_4x96", 1.0, auc_low=0.4, auc_high=0.6)
    chosen, _ = results.comparable(tiny)
    table = claims.table(tiny, chosen, resamples=5)
    for figure in (
        result_figures.claims(table),
        result_figures.beside_paper(paper_rows.table2(tiny)),
        result_figures.by_frequency(results.by_frequency(tiny, chosen, resamples=5)),
    ):
        figure.canvas.draw()
    names = [text.get_text() for text in result_figures.beside_paper(paper_rows.table2(tiny)).axes[0].get_yticklabels()]
    assert names == list(results.key(paper_rows.grid()))
