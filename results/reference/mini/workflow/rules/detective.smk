# Reward models made ready for use elsewhere: what their probabilities are worth, and their cards. No
# table waits for this.

# Those that `all` scores; what is scored nowhere has nothing to be told of.
CARDED = [*TOGETHER, *ABLATIONS, PLAIN]


rule calibrate_reward_model:
    input:
        captions="<data>/captions/validation.jsonl",
        scores="<reward>/{backbone}/{reward_model}/seed{seed}/scores/validation.jsonl",
        test_captions="<data>/captions/test.jsonl",
        test_scores="<reward>/{backbone}/{reward_model}/seed{seed}/scores/test.jsonl",
    output:
        calibration="<reward>/{backbone}/{reward_model}/seed{seed}/calibration.json",
        metrics="<reward>/{backbone}/{reward_model}/seed{seed}/calibration/metrics.csv",
        reliability="<reward>/{backbone}/{reward_model}/seed{seed}/calibration/reliability.csv",
    log:
        "<logs>/calibrate_reward_model/{backbone}/{reward_model}/seed{seed}.log",
    benchmark:
        "<benchmarks>/calibrate_reward_model/{backbone}/{reward_model}/seed{seed}.tsv"
    conda:
        "../../envs/tables.yaml"
    threads: 1
    resources:
        gpu=gpus,
        mem_mb=memory,
        runtime=minutes,
    params:
        settings=options(section("evaluation") | {"scale": config["scale"]}),
        code=code("calibrate-reward-model", "tables"),
    shell:
        "tldr-reward calibrate-reward-model --captions {input.captions:q} --scores {input.scores:q}"
        " --test-captions {input.test_captions:q} --test-scores {input.test_scores:q}"
        " --run {wildcards.backbone}/{wildcards.reward_model}/seed{wildcards.seed}"
        " --backbone {wildcards.backbone} --reward-model {wildcards.reward_model}"
        " --seed {wildcards.seed} {params.settings} --out {output.calibration:q}"
        " --metrics {output.metrics:q} --reliability {output.reliability:q} 2>&1 | tee {log:q} >&2"


# A folder that needs nothing else, or at paper scale the backbone of the hub at its commit.
rule write_model_card:
    input:
        reward_model="<reward>/{backbone}/{reward_model}/seed{seed}/reward_model",
        backbone="<backbones>/{backbone}/final" if WORLD else [],
        captions="<data>/captions/train.jsonl",
        calibration="<reward>/{backbone}/{reward_model}/seed{seed}/calibration.json",
        metrics=[
            *expand(
                "<reward>/{{backbone}}/{{reward_model}}/seed{{seed}}/metrics/{split}.csv",
                split=HELD_OUT,
            ),
            "<reward>/{backbone}/{reward_model}/seed{seed}/calibration/metrics.csv",
        ],
    output:
        directory("<reward>/{backbone}/{reward_model}/seed{seed}/detective"),
    log:
        "<logs>/write_model_card/{backbone}/{reward_model}/seed{seed}.log",
    benchmark:
        "<benchmarks>/write_model_card/{backbone}/{reward_model}/seed{seed}.tsv"
    conda:
        "../../envs/tables.yaml"
    threads: 1
    resources:
        gpu=gpus,
        mem_mb=memory,
        runtime=minutes,
    params:
        backbone=lambda wildcards, input: (
            f"--backbone-folder {shlex.quote(input.backbone)}"
            if WORLD
            else f"--base-model {FETCHED[wildcards.backbone]['source']}"
        ),
        metrics=lambda wildcards, input: repeated("--metrics", input.metrics),
        licence=lambda wildcards: LICENCES[wildcards.backbone],
        prompt=config["zoo"]["prompt"],
        scale=config["scale"],
        code=code("write-model-card", "tables"),
    shell:
        "tldr-reward write-model-card --reward-model-folder {input.reward_model:q} {params.backbone}"
        " --captions {input.captions:q} --calibration {input.calibration:q} {params.metrics}"
        " --run {wildcards.backbone}/{wildcards.reward_model}/seed{wildcards.seed}"
        " --backbone {wildcards.backbone} --reward-model {wildcards.reward_model}"
        " --seed {wildcards.seed} --scale {params.scale} --prompt {params.prompt:q}"
        " --licence {params.licence:q} --out {output:q} 2>&1 | tee {log:q} >&2"
