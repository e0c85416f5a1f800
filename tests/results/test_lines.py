"""Networks against the straight lines beside them."""

from mumu_lib import metrics, results
from mumu_lib.results import claims, lines


def test_every_network_is_compared_with_the_line_on_its_own_vectors(tiny, write):
    better = write("text/cosine/vsm", 0.5, val_auc=0.9, run_id="better", recipe="ours", search_seconds=12.0)
    write("text/cosine/vsm", 2.0, val_auc=0.6, run_id="worse")
    line = write("text/cosine/linear_vsm", 1.0, run_id="line", beside="better", seconds_per_epoch=0.5)
    write("text/cosine/linear_vsm", 0.1, val_auc=0.99, run_id="stray", beside="worse")
    write("audio/cosine/low_4x96", 1.0)
    chosen, left_out = results.comparable(tiny)
    assert chosen["line"].to_dict() == {
        "audio/cosine/low_4x96": False, "text/cosine/vsm": False, "text/cosine/linear_vsm": True,
    }  # fmt: skip
    assert "was not chosen for its row" in left_out.set_index("run").loc["stray", "reason"]
    table = lines.against_lines(tiny, chosen, resamples=50)
    assert list(table.index) == ["text/cosine/vsm"]
    test = tiny.rows("test")
    truth = tiny.label_matrix()[test]
    expected = metrics.paired(truth, better[test], line[test], n=50)
    assert table.loc["text/cosine/vsm", ["difference", "low", "high"]].tolist() == [
        expected[name] for name in ("difference", "low", "high")
    ]
    assert table.loc["text/cosine/vsm", ["seconds", "seconds_line"]].tolist() == [12.0, 0.5]
    assert lines.as_printed(table)["Row"].tolist() == ["text/cosine/vsm"]
    assert results.further_rows(chosen)["recipe"].tolist() == ["paper"]


def test_the_claim_is_judged_by_pairs_of_a_network_and_its_line(tiny, write):
    write("text/cosine/vsm", 0.1, run_id="network")
    write("text/cosine/linear_vsm", 9.0, run_id="line", beside="network")
    table = claims.table(tiny, resamples=50)
    ours = table[table["section"] == claims.OURS].set_index("compared")
    row = ours.loc["text/*/* : text/*/linear_*"]
    assert (row["pairs"], row["verdict"], row["paper_supports"]) == (1, "does not hold", "does not say so")
    assert ours.loc["*+*/*/* : *+*/*/linear_*", "verdict"] == "not run"


def test_no_line_is_no_row(tiny):
    chosen, _ = results.comparable(tiny)
    assert lines.against_lines(tiny, chosen).empty
    assert lines.as_printed(lines.against_lines(tiny, chosen)).empty
