"""draw-figure: PDF and PNG from CSV files; bad input in one line."""

import pytest
from click.testing import CliRunner

from tldr_reward.cli.draw_figure import command
from tldr_reward.errors import InputError
from tldr_reward.metrics.rows import CurvePoint, ReliabilityBin
from tldr_reward.metrics.zoo import ExampleToken
from tldr_reward.metrics.zoo_correlation import ZooFit, ZooPoint, zoo_fits
from tldr_reward.records import Metric, write_rows


def draw(folder, *args, name="f", scale="mini"):
    """Run the command; returns the bytes of PDF and PNG."""
    paths = folder / f"{name}.pdf", folder / f"{name}.png"
    outputs = ["--pdf", str(paths[0]), "--png", str(paths[1])]
    result = CliRunner().invoke(command, [*args, "--scale", scale, *outputs])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return tuple(path.read_bytes() for path in paths)


@pytest.fixture
def files(tmp_path):
    run = ("paligemma/tldr/seed0", "paligemma", "tldr", "mini", "0", "test")
    curve = [
        CurvePoint(*run, 0.1, 0.5, 1.0, 1, 0.02, 0.6),
        CurvePoint(*run, 0.9, 1, 0.1, 0, 0.02, 0.6),
    ]
    write_rows(tmp_path / "curve.csv", curve, CurvePoint)
    write_rows(tmp_path / "empty.csv", [], CurvePoint)
    metrics = [Metric(*run, "response_accuracy", 0.7, 0.6, 0.8, 40)]
    write_rows(tmp_path / "metrics.csv", metrics, Metric)
    bins = [ReliabilityBin(*run, calibrated, 0.2, 0.1, 0.05, 0.3, 50) for calibrated in (0, 1)]
    write_rows(tmp_path / "bins.csv", bins, ReliabilityBin)
    points = [
        ZooPoint("mini", score, "true", "token", f"m{x}", x, x, x, y, y, y, 0)
        for score in ("exam", "mix")
        for x, y in ((1.0, 30.0), (2.0, 50.0), (3.0, 40.0))
    ]
    write_rows(tmp_path / "points.csv", points, ZooPoint)
    write_rows(tmp_path / "fits.csv", zoo_fits(points), ZooFit)
    token = ExampleToken(*run, "test-0-m", 0, 3, "red", 0, 0.2, 1, 1, 0)
    write_rows(tmp_path / "tokens.csv", [token], ExampleToken)
    (tmp_path / "history.csv").write_text(
        "step,loss,tokens_per_second,learning_rate\n1,0.7,900.0,0.001\n2,0.5,900.0,0.01\n"
    )
    return tmp_path


def test_each_figure_is_drawn_with_the_same_bytes_twice(files):
    zoo = ["--points", str(files / "points.csv"), "--fits", str(files / "fits.csv")]
    for args in (
        ["precision_recall", "--curve", str(files / "curve.csv")],
        ["response_accuracy_by_taxonomy", "--metrics", str(files / "metrics.csv")],
        ["training_curves", "--history", str(files / "history.csv"), "--run", "paligemma/tldr/s0"],
        ["reliability", "--reliability", str(files / "bins.csv")],
        ["token_rates", "--tokens", str(files / "tokens.csv")],
        ["exam_against_hallucination", *zoo],
        ["mix_against_hallucination", *zoo],
        ["estimated_against_true", *zoo],
    ):
        pdf, png = draw(files, *args)
        assert pdf.startswith(b"%PDF") and png.startswith(b"\x89PNG")
        assert draw(files, *args, name="again") == (pdf, png)


def test_a_run_without_a_curve_is_left_out(files):
    one = ["precision_recall", "--curve", str(files / "curve.csv")]
    assert draw(files, *one, "--curve", str(files / "empty.csv")) == draw(files, *one)


def test_bad_input_is_named_and_leaves_no_file(files):
    history = ["--history", str(files / "history.csv")]
    cases = [
        (["precision_recall"], "precision_recall: --curve FILE is needed"),
        (["reliability"], "reliability: --reliability FILE is needed"),
        (["token_rates"], "token_rates: --tokens FILE is needed"),
        (["estimated_against_true"], "--points FILE and --fits FILE are needed"),
        (["training_curves", *history], "1 --history files and runs []: one each"),
        (["training_curves", *history, "--run", "tldr"], "run 'tldr': a run id has the form"),
        (["precision_recall", "--curve", str(files / "empty.csv")], "hold no point"),
        (["precision_recall", "--curve", str(files / "metrics.csv")], "metrics.csv: columns"),
    ]
    for args, message in cases:
        with pytest.raises(InputError) as error:
            draw(files, *args)
        assert message in str(error.value)
    with pytest.raises(InputError, match="rows of scale 'mini'; --scale is 'smoke'"):
        draw(files, "precision_recall", "--curve", str(files / "curve.csv"), scale="smoke")
    assert not list(files.glob("*.p??"))
