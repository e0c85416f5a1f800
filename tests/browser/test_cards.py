"""Cards and listings: markup is shown as written."""

from PIL import Image

from mumu_lib.browser import cards
from mumu_lib.figures import media
from shown_points import EVIL


def test_markup_is_shown_as_written(points):
    points.at[3, "genres"] = ["<b>loud</b>"]
    points.at[3, "artist"] = "</div><script>x</script>"
    for text in (cards.hovered(points.loc[3]), cards.pinned(points.loc[3]), cards.listing(points)):
        assert EVIL not in text
        assert "&lt;img src=x onerror=alert(1)&gt;" in text
        assert "&lt;b&gt;loud" in text
        assert "<script" not in text


def test_the_card_marks_what_is_both_true_and_predicted(points):
    points.at[1, "genres"], points.at[1, "predicted"] = ["Pop", "Rock"], ["Rock", "Jazz"]
    text = cards.pinned(points.loc[1])
    assert text.count("<b>✓</b> Rock") == 2
    assert "<b>✓</b> Pop" not in text
    assert "<b>✓</b> Jazz" not in text


def test_covers_are_sent_small_and_bad_ones_are_said(tmp_path, points):
    Image.new("RGB", (900, 300), "red").save(tmp_path / "good.png")
    (tmp_path / "bad.jpg").write_bytes(b"no picture")
    assert media.thumbnail(str(tmp_path / "good.png")).startswith("data:image/jpeg;base64,")
    assert len(media.thumbnail(str(tmp_path / "good.png"))) < 3000
    for name in ("bad.jpg", "absent.jpg"):
        assert media.thumbnail(str(tmp_path / name)) == ""
    assert "no cover" in cards.hovered(points.loc[0])
