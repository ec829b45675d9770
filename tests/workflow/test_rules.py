"""What every rule declares, and which jobs a target needs."""

import re
from pathlib import Path

import pytest
import yaml

from tldr_reward.cli.processors import available_processors

ROOT = Path(__file__).parents[2]
# Below a condition, a rule stands four spaces in.
HEADER = re.compile(r"^( {4})?(?:rule (\w+)|use rule (\w+) as (\w+) with):$", re.MULTILINE)


def rule_blocks() -> dict[str, str]:
    """Text of each rule of the rule files; one made from another comes with the other's text."""
    blocks: dict[str, str] = {}
    for path in sorted((ROOT / "workflow/rules").glob("*.smk")):
        pieces = HEADER.split(path.read_text())[1:]
        for inside, name, parent, child, body in zip(
            *(pieces[i::5] for i in range(5)), strict=True
        ):
            own = body.replace("\n    ", "\n") if inside else body
            blocks[name or child] = blocks.get(parent, "") + own
    return blocks


BLOCKS = rule_blocks()
HEAVY = ("train_vision", "train_language", "measure_backbone", "train_reward", "score_captions",
         "score_ablation", "collect_responses", "score_responses",
         "evaluate_benchmarks", "caption_taus", "score_tau_captions",
         "score_control_tau_captions", "correct_captions", "score_pixelprose")  # fmt: skip


# Whoever measures time has the machine to itself.
ALONE = ("bench_speed", "bench_growth", "bench_generation")


def directive(block: str, name: str) -> str:
    """The last value of a directive: its own line or the indented lines below it."""
    found = re.findall(rf"^    {name}:(.*(?:\n(?: {{8}}.*|$))*)", block, re.MULTILINE)
    return found[-1] if found else ""


def test_there_is_a_rule_for_every_stage():
    assert set(BLOCKS) == {
        "draw_scenes", "write_captions", "perturb_captions", "describe_data",
        *HEAVY,
        "gather_scores", "measure_reward_model", "measure_likelihood", "measure_baseline",
        "write_questions", "judge_responses", "measure_hallucination", "measure_correlation",
        "make_table1", "make_table1_ood", "make_table2", "make_table3", "make_table5",
        "make_table4", "make_table6", "make_table8", "make_table9", "make_table10", "make_table11",
        "judge_corrections", "measure_correction",
        "write_benchmarks", "measure_benchmarks", "judge_tau_captions", "measure_taus",
        "simulate_annotation", "measure_annotation", "measure_human_annotation", "measure_flags",
        "make_study",
        "make_table7", "make_human_evaluation", "make_pixelprose", "run_what_does_tldr_see",
        "run_is_h_t_a_good_measure", "run_what_does_tau_do",
        "draw_precision_recall", "draw_response_accuracy_by_taxonomy", "draw_training_curves",
        "draw_tau_sweep", "draw_reliability", "calibrate_reward_model", "write_model_card",
        "draw_token_rates", "draw_exam_against_hallucination", "draw_mix_against_hallucination",
        "draw_estimated_against_true", "audit_numbers", "verify",
        "draw_gallery", "make_report", "collect_run",
        "fetch_source", "fetch_backbone", "read_sources", "read_benchmarks",
        "aggregate_answers", "perturb_with_llm", "fetch_images", "read_pixelprose",
        "gather_pixelprose", "measure_pixelprose",
        *ALONE, "bench_startup", "bench_pipeline", "bench_table",
    }  # fmt: skip


@pytest.mark.parametrize("name", BLOCKS)
def test_parameters_hold_no_path_variable(name):
    """Snakemake puts folders in the place of <variables> in inputs and outputs alone."""
    strings = re.findall(r'"[^"]*"', directive(BLOCKS[name], "params"))
    assert not [text for text in strings if re.search(r"<\w+>", text)]


@pytest.mark.parametrize("name", BLOCKS)
def test_rule_declares_what_a_rule_must(name):
    block = BLOCKS[name]
    for needed in ("output", "log", "benchmark", "threads", "conda", "shell"):
        assert directive(block, needed).strip(), f"{name} has no {needed}"
    # Their figures stand in resources.tsv.
    for resource in ("gpu=gpus,", "mem_mb=memory,", "runtime=minutes,"):
        assert resource in directive(block, "resources")
    assert f"/{name}" in directive(block, "log"), "a log is named after its rule"
    assert f"/{name}" in directive(block, "benchmark")
    # A result depends on code and environment, which Snakemake does not see by itself.
    command = re.search(r"tldr-reward ([a-z-]+)", directive(block, "shell")).group(1)
    stage = re.search(r"envs/(\w+)\.yaml", directive(block, "conda")).group(1)
    assert f'code=code("{command}", "{stage}")' in block


@pytest.mark.parametrize("name", BLOCKS)
def test_heavy_rules_alone_take_half_of_the_machine(name):
    heavy = name in HEAVY
    assert ("heavy=1" in directive(BLOCKS[name], "resources")) == heavy
    # All else waits for the images: whoever draws them has the machine to itself.
    assert ("heavy=2" in directive(BLOCKS[name], "resources")) == (name in ALONE)
    whole = name in ("draw_scenes", *ALONE)
    threads = "2 * HEAVY_THREADS" if whole else "HEAVY_THREADS" if heavy else "1"
    assert directive(BLOCKS[name], "threads").strip() == threads
    assert ("--threads {threads}" in directive(BLOCKS[name], "shell")) == (threads != "1")


def job_counts(output: str) -> dict[str, int]:
    """Jobs by rule, from the statistics that Snakemake prints."""
    table = output.partition("Job stats:")[2]
    return {name: int(count) for name, count in re.findall(r"^(\w+) +(\d+)$", table, re.MULTILINE)}


def test_table1_needs_two_reward_models_a_backbone_and_no_ablation(snakemake):
    shown = snakemake("paper_tables/table1.csv", "-n", "-p", "--cores", "64")
    assert shown.returncode == 0, shown.stderr
    output = shown.stdout + shown.stderr
    counts = job_counts(output)
    assert counts["train_reward"] == 4
    assert counts["train_language"] == counts["train_vision"] == 2
    assert counts["score_captions"] == 2  # one a backbone, prompting among its runs
    assert "score_ablation" not in counts
    assert counts["make_table1"] == 1
    assert "describe_data" not in counts
    assert "_only/" not in output
    assert "results/mini/reward/llama/naive/seed0/metrics/test.csv" in output
    assert "ood_scene.csv" not in output
    assert not {"calibrate_reward_model", "write_model_card"} & set(counts)
    # Two heavy jobs share the processors that there are.
    threads = set(re.findall(r"train-(?:vision|language|reward) .*?--threads (\d+)", output))
    assert threads == {str(max(1, min(64, available_processors()) // 2))}
    profile = yaml.safe_load((ROOT / "profiles/default/config.yaml").read_text())
    assert profile["resources"]["heavy"] == 2


def test_captions_over_tau_are_scored_in_a_job_a_detector_controls_apart(snakemake):
    shown = snakemake("paper_tables/table6.csv", "-n")
    counts = job_counts(shown.stdout + shown.stderr)
    assert counts["train_reward"] == counts["caption_taus"] == counts["score_tau_captions"] == 2
    assert "score_control_tau_captions" not in counts
    shown = snakemake("figures/tau_sweep.pdf", "-n")
    counts = job_counts(shown.stdout + shown.stderr)
    assert counts["caption_taus"] == 6
    assert counts["score_tau_captions"] == counts["score_control_tau_captions"] == 2


def test_a_reward_model_that_no_table_scores_can_be_scored(snakemake):
    shown = snakemake("results/mini/reward/llama/captions/seed0/scores/test.jsonl", "-n")
    counts = job_counts(shown.stdout + shown.stderr)
    assert counts["train_reward"] == counts["score_ablation"] == 1


def test_everything_is_the_default_and_lies_below_its_scale(snakemake):
    shown = snakemake("-n", "-p", "--config", "scale=smoke", "seeds=[0,1]")
    assert shown.returncode == 0, shown.stderr
    output = shown.stdout + shown.stderr
    counts = job_counts(output)
    assert counts["train_reward"] == 10  # five rows of the registry, two seeds
    assert counts["measure_backbone"] == 2
    # One for all models of table 1 and seeds, one for the one ablation, one a detector.
    assert counts["score_captions"] == 2
    assert counts["score_ablation"] == 1
    assert counts["score_tau_captions"] == 2
    assert counts["describe_data"] == 1
    assert counts["calibrate_reward_model"] == counts["write_model_card"] == 10
    assert sum(name.startswith("make_table") for name in counts) == 12
    assert sum(name.startswith("run_") for name in counts) == 3
    assert counts["make_human_evaluation"] == counts["make_pixelprose"] == 1
    assert counts["audit_numbers"] == 1
    assert "results/smoke/" in output
    assert "results/mini/" not in output
    # What mini sets for one backbone does not run as smoke.
    steps = re.findall(r"train-(?:vision|language|reward) .*?--steps (\d+)", output)
    assert len(steps) == 14
    assert max(map(int, steps)) <= 4


def test_every_table_and_figure_has_a_rule_and_a_report_caption_of_its_own(snakemake):
    shown = snakemake("-n")
    assert shown.returncode == 0, shown.stderr
    output = shown.stdout + shown.stderr
    needed = re.search(r"^rule all:\n    input: (.*)$", output, re.MULTILINE).group(1)
    counts = job_counts(output)
    verbs = {"paper_tables": "make", "figures": "draw", "results/mini/notebooks": "run"}
    names = re.findall(rf"({'|'.join(verbs)})/(\w+)\.(?:csv|pdf|html)", needed)
    assert len(names) == 14 + 9 + 3
    for folder, name in names:
        rule = f"{verbs[folder]}_{name}"
        assert counts[rule] == 1
        # Its environment, log and benchmark are what every rule must have.
        assert f'caption="../report/{name}.rst"' in directive(BLOCKS[rule], "output")
        assert (ROOT / f"workflow/report/{name}.rst").read_text().strip()


def test_the_bench_needs_no_training_and_is_made_when_asked_for(snakemake):
    shown = snakemake("results/bench/table.csv", "-n", "-p", "--cores", "2")
    assert shown.returncode == 0, shown.stdout + shown.stderr
    counts = job_counts(shown.stdout + shown.stderr)
    assert counts == {
        "bench_speed": 4, "bench_generation": 4, "bench_growth": 2, "bench_startup": 1,
        "bench_table": 1, "total": 12,
    }  # fmt: skip
    everything = snakemake("-n")
    assert not any(name.startswith("bench_") for name in job_counts(everything.stdout))
    assert job_counts(everything.stdout)["make_table1"] == 1


def test_lint_finds_nothing(snakemake):
    shown = snakemake("--lint")
    assert shown.returncode == 0, shown.stdout + shown.stderr
