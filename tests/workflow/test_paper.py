"""The paper scale's plan: the same rules from images, captions and checkpoints on, no network."""

import re

from tests.workflow.test_rules import job_counts
from tests.workflow.test_smoke import ROOT

PAPER = ("--configfile", str(ROOT / "workflow/config/paper.yaml"))


def test_the_whole_plan_shows_without_a_network(snakemake):
    shown = snakemake("-n", "-p", "--cores", "8", *PAPER)
    assert shown.returncode == 0, shown.stdout + shown.stderr
    text = shown.stdout + shown.stderr
    jobs = job_counts(text)
    # The world's and the pre-training's rules have no part in it.
    assert not set(jobs) & {"draw_scenes", "perturb_captions", "train_language", "judge_responses"}
    assert jobs["fetch_backbone"] == 3 and jobs["fetch_source"] == 6
    assert jobs["train_reward"] == 8  # two for each backbone, two ablations of PaliGemma's
    assert jobs["collect_responses"] == jobs["score_responses"] == 10  # table 3's models
    assert {f"make_table{number}" for number in (1, 2, 3, 5, 6, 8, 9, 10, 11)} <= set(jobs)
    # Tables 4 and 7 are people's; flags are measured where labels are, and counted where none is.
    assert not {"make_table4", "make_table7"} & set(jobs)
    assert jobs["make_human_evaluation"] == jobs["make_pixelprose"] == jobs["fetch_images"] == 1
    assert jobs["score_pixelprose"] == 3 * 8 and jobs["gather_pixelprose"] == 3
    assert "--captions results/paper/pixelprose/captions.jsonl" in text
    assert "--split pixelprose" in text
    assert "table1_ood" not in text and "scenes.jsonl" not in text
    # What needs no oracle: claims whose tables are made, and the page with both.
    assert jobs["verify"] == jobs["make_report"] == 1
    assert "collect_run" not in jobs and "measure_backbone" not in jobs
    # Fetched at a commit; trained as in the paper, eight processes on a GPU each.
    assert "google/paligemma-3b-mix-448@ead2d9a35598cb89119af004f5d023b311d1c4a1" in text
    assert "--licence gemma --terms https://ai.google.dev/gemma/terms" in text
    training = next(line for line in text.splitlines() if "tldr-reward train-reward" in line)
    assert "TOGETHER=8 tldr-reward train-reward --rank 512 --alpha 128" in training
    assert "--dropout 0.1 --optimizer adamw --schedule cosine" in training
    sharded = re.findall(r"--sharding (\w+) --state \S+/reward/(\w+)/tldr/", text)
    sharding = {backbone: kind for kind, backbone in sharded}
    assert sharding == {"paligemma": "none", "llama": "full", "qwen2_vl": "none"}
    # Each backbone's captions in eight jobs; then two files a run: test and validation.
    assert jobs["score_captions"] == 3 * 8 and jobs["score_ablation"] == 2 * 8
    assert jobs["gather_scores"] == 2 * (3 * 3 + 2)
    assert "--shard 8-of-8 --task caption" in text
    assert "--learning-rate 0.001" in training and "--warmup-steps 200" in training
    assert "--accumulation 8" in training and "--device cuda --dtype bfloat16" in training
    # Every model of table 3 has its own jobs.
    sources = re.findall(r"collect-responses --model (\w+) --kind (\w+)", text)
    assert dict(sources)["gpt_4o"] == "endpoint" and dict(sources)["qwen2_vl_2b"] == "folder"
    assert text.count("--known-as") == 10


def test_tables_of_people_are_made_from_their_files(snakemake, tmp_path):
    """With their files, a plan down to the models that are asked; without, a line that says so."""
    verdicts, log = tmp_path / "verdicts.csv", tmp_path / "log.csv"
    verdicts.write_text("caption_id,verdict\n")
    log.write_text("annotator,item,guidance,started,ended,before,after\n")
    targets = ("paper_tables/table4.csv", "paper_tables/table7.csv")
    given = (f"correction={{human_verdicts: {verdicts}}}", f"annotation={{log: {log}}}")
    shown = snakemake("-n", "-p", "--cores", "8", *targets, *PAPER, "--config", *given)
    assert shown.returncode == 0, shown.stdout + shown.stderr
    text = shown.stdout + shown.stderr
    jobs = job_counts(text)
    assert jobs["correct_captions"] == jobs["measure_correction"] == 3
    assert jobs["make_table4"] == jobs["make_table7"] == jobs["measure_human_annotation"] == 1
    assert not set(jobs) & {"judge_corrections", "judge_responses", "simulate_annotation"}
    assert text.count(f"--human-verdicts {verdicts}") == 3
    lacking = snakemake("-n", "--cores", "8", targets[0], *PAPER)
    assert lacking.returncode == 1
    assert lacking.stderr.splitlines()[-1] == (
        "error: table4 at scale paper is made from what people did: set correction.human_verdicts "
        "to a CSV of caption_id,verdict (win, tie, loss) of the captions in "
        "results/paper/zoo/<model>/corrected/; the README's section on the paper scale says what "
        "they are asked"
    )
