"""The bench's commands on small files; their measurements are tested in tests/bench."""

import json
import sys

from tests.cli.conftest import refusal, run_main

HEAD = "s\th:m:s\tmax_rss\tmax_vms\tmax_uss\tmax_pss\tio_in\tio_out\tmean_load\tcpu_time\n"


def test_benchmark_files_become_the_pipelines_times(command, tmp_path):
    for name, seconds in (("verify.tsv", 2), ("train_reward/llama/tldr/seed0.tsv", 6)):
        path = tmp_path / "benchmarks" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{HEAD}{seconds}\t0:00:0{seconds}\t50\t0\t0\t0\t0\t0\t90\t{seconds}\n")
    out = tmp_path / "pipeline.json"
    asked = f"bench-pipeline --benchmarks {tmp_path}/benchmarks --scale mini --out {out}"
    assert command(asked).status == 0
    found = json.loads(out.read_text())
    assert found["scale"] == "mini" and found["jobs"] == 2
    assert found["rules"]["train_reward"]["share"] == 0.75


def test_files_that_are_no_benchmarks_are_refused(command, tmp_path):
    asked = f"bench-pipeline --benchmarks {tmp_path} --scale mini --out {tmp_path}/out.json"
    assert "no benchmark files below" in refusal(command(asked))
    (tmp_path / "other.tsv").write_text("a\tb\n1\t2\n")
    assert "other.tsv is no benchmark file" in refusal(command(asked))
    assert not (tmp_path / "out.json").exists()


def test_a_report_of_another_kind_is_refused(command, tmp_path):
    (tmp_path / "a.json").write_text('{"format": "bench-startup/1"}')
    asked = f"bench-table --report {tmp_path}/a.json --out {tmp_path}/t.csv --markdown {tmp_path}/t"
    assert "format 'bench-startup/1'; allowed: bench-speed/1" in refusal(command(asked))


def test_generation_is_measured_and_put_into_a_table(command, tmp_path):
    asked = "bench-generation --geometry tiny --architecture llama --rounds 1 --images 2"
    assert command(f"{asked} --clock process --out {tmp_path}/g.json").status == 0
    asked = f"bench-table --report {tmp_path}/g.json --out {tmp_path}/t.csv"
    assert command(f"{asked} --markdown {tmp_path}/t.md").status == 0
    lines = (tmp_path / "t.csv").read_text().splitlines()
    assert len(lines) == 2 and lines[1].startswith("tiny,llama,generation,peer,cpu,1,process,")


def test_the_module_is_another_way_to_the_commands(monkeypatch, capsys, tmp_path):
    import runpy

    monkeypatch.setattr(sys, "argv", ["bench", "pipeline", "--help"])
    try:
        runpy.run_module("tldr_reward.bench", run_name="__main__")
    except SystemExit as ended:
        assert not ended.code
    assert "Sum up seconds, processor time and memory" in capsys.readouterr().out
    assert run_main("bench-startup --help", monkeypatch, capsys).status == 0
