# Scores of held-out captions, and what they are worth. Scoring never sees a label.


# A process a backbone, not one a run: loading torch takes about as long as a mini model's scores.
# Prompting is among the runs: the backbone's own LM head, zero-shot. Its threshold is chosen on
# validation captions, and reward models are calibrated on them. What needs TLDR alone waits for
# naive too.
rule score_captions:
    input:
        images="<data>/images",
        image_records="<data>/images.jsonl",
        captions=expand("<data>/captions/{split}.jsonl", split=["validation", *HELD_OUT]),
        backbone="<backbones>/{backbone}/final",
        reward_models=expand(
            "<reward>/{backbone}/{reward_model}/seed{seed}/reward_model",
            reward_model=TOGETHER,
            seed=config["seeds"],
            allow_missing=True,
        ),
    output:
        expand(
            f"<reward>/{{backbone}}/prompting/seed0/{SCORES}/{{split}}.jsonl",
            split=["validation", *HELD_OUT],
            allow_missing=True,
        ),
        expand(
            f"<reward>/{{backbone}}/{{reward_model}}/seed{{seed}}/{SCORES}/{{split}}.jsonl",
            reward_model=TOGETHER,
            seed=config["seeds"],
            split=["validation", *HELD_OUT],
            allow_missing=True,
        ),
    log:
        f"<logs>/score_captions/{SHARD}{{backbone}}.log",
    benchmark:
        f"<benchmarks>/score_captions/{SHARD}{{backbone}}.tsv"
    conda:
        "../../envs/models.yaml"
    threads: HEAVY_THREADS
    resources:
        heavy=1,
        gpu=gpus,
        mem_mb=memory,
        runtime=minutes,
    params:
        runtime=RUNTIME,
        likelihood=lambda wildcards: f"--likelihood {wildcards.backbone}/prompting/seed0",
        runs=held_out_runs,
        shard=shard,
        code=code("score-captions", "models"),
    shell:
        "tldr-reward score-captions --backbone {input.backbone:q}"
        " --image-records {input.image_records:q} {params.likelihood} {params.runs}"
        " {params.shard} --task caption --threads {threads} {params.runtime} 2>&1 | tee {log:q} >&2"


# Any other reward model, all its seeds together. Among the above, it would have to be trained before
# table 1 can be made; and not every backbone has each.
use rule score_captions as score_ablation with:
    input:
        images="<data>/images",
        image_records="<data>/images.jsonl",
        captions=expand("<data>/captions/{split}.jsonl", split=["validation", *HELD_OUT]),
        backbone="<backbones>/{backbone}/final",
        reward_models=expand(
            "<reward>/{backbone}/{reward_model}/seed{seed}/reward_model",
            seed=config["seeds"],
            allow_missing=True,
        ),
    output:
        expand(
            f"<reward>/{{backbone}}/{{reward_model}}/seed{{seed}}/{SCORES}/{{split}}.jsonl",
            seed=config["seeds"],
            split=["validation", *HELD_OUT],
            allow_missing=True,
        ),
    log:
        f"<logs>/score_ablation/{SHARD}{{backbone}}/{{reward_model}}.log",
    benchmark:
        f"<benchmarks>/score_ablation/{SHARD}{{backbone}}/{{reward_model}}.tsv"
    params:
        likelihood="",


ruleorder: score_captions > score_ablation


if SHARDED:

    rule gather_scores:
        input:
            captions="<data>/captions/{split}.jsonl",
            shards=gather.scores("<reward>/{{run}}/scores/shards/{scatteritem}/{{split}}.jsonl"),
        output:
            "<reward>/{run}/scores/{split}.jsonl",
        log:
            "<logs>/gather_scores/{run}/{split}.log",
        benchmark:
            "<benchmarks>/gather_scores/{run}/{split}.tsv"
        conda:
            "../../envs/tables.yaml"
        threads: 1
        resources:
            gpu=gpus,
            mem_mb=memory,
            runtime=minutes,
        params:
            shards=lambda wildcards, input: repeated("--shard", input.shards),
            code=code("gather-scores", "tables"),
        shell:
            "tldr-reward gather-scores --captions {input.captions:q} --task caption {params.shards}"
            " --out {output:q} 2>&1 | tee {log:q} >&2"


rule measure_reward_model:
    input:
        captions="<data>/captions/{split}.jsonl",
        scores="<reward>/{backbone}/{reward_model}/seed{seed}/scores/{split}.jsonl",
    output:
        metrics="<reward>/{backbone}/{reward_model}/seed{seed}/metrics/{split}.csv",
        curve="<reward>/{backbone}/{reward_model}/seed{seed}/curves/{split}.csv",
        responses="<reward>/{backbone}/{reward_model}/seed{seed}/responses/{split}.csv",
        resamples="<reward>/{backbone}/{reward_model}/seed{seed}/resamples/{split}.csv",
    log:
        "<logs>/measure_reward_model/{backbone}/{reward_model}/seed{seed}/{split}.log",
    benchmark:
        "<benchmarks>/measure_reward_model/{backbone}/{reward_model}/seed{seed}/{split}.tsv"
    conda:
        "../../envs/tables.yaml"
    threads: 1
    resources:
        gpu=gpus,
        mem_mb=memory,
        runtime=minutes,
    params:
        settings=options(section("evaluation") | {"scale": config["scale"]}),
        code=code("measure-scores", "tables"),
    shell:
        "tldr-reward measure-scores --captions {input.captions:q} --scores {input.scores:q}"
        " --run {wildcards.backbone}/{wildcards.reward_model}/seed{wildcards.seed}"
        " --backbone {wildcards.backbone} --reward-model {wildcards.reward_model}"
        " --seed {wildcards.seed} --split {wildcards.split} {params.settings}"
        " --metrics {output.metrics:q} --curve {output.curve:q} --responses {output.responses:q}"
        " --resamples {output.resamples:q} 2>&1 | tee {log:q} >&2"


rule measure_likelihood:
    input:
        captions="<data>/captions/{split}.jsonl",
        scores="<reward>/{backbone}/prompting/seed0/scores/{split}.jsonl",
        validation_captions="<data>/captions/validation.jsonl",
        validation_scores="<reward>/{backbone}/prompting/seed0/scores/validation.jsonl",
    output:
        metrics="<reward>/{backbone}/prompting/seed0/metrics/{split}.csv",
        curve="<reward>/{backbone}/prompting/seed0/curves/{split}.csv",
        responses="<reward>/{backbone}/prompting/seed0/responses/{split}.csv",
    log:
        "<logs>/measure_likelihood/{backbone}/{split}.log",
    benchmark:
        "<benchmarks>/measure_likelihood/{backbone}/{split}.tsv"
    conda:
        "../../envs/tables.yaml"
    threads: 1
    resources:
        gpu=gpus,
        mem_mb=memory,
        runtime=minutes,
    params:
        settings=options(section("evaluation") | {"scale": config["scale"]}),
        code=code("measure-scores", "tables"),
    shell:
        "tldr-reward measure-scores --captions {input.captions:q} --scores {input.scores:q}"
        " --validation-captions {input.validation_captions:q}"
        " --validation-scores {input.validation_scores:q}"
        " --run {wildcards.backbone}/prompting/seed0 --backbone {wildcards.backbone}"
        " --reward-model prompting --seed 0 --split {wildcards.split} {params.settings}"
        " --metrics {output.metrics:q} --curve {output.curve:q} --responses {output.responses:q}"
        " 2>&1 | tee {log:q} >&2"


# Baselines without a model: all_positive judges the tokens that the models were scored on.
rule measure_baseline:
    input:
        captions="<data>/captions/{split}.jsonl",
        scores=f"<reward>/{BACKBONES[0]}/prompting/seed0/scores/{{split}}.jsonl",
    output:
        "<results>/baselines/{baseline}/metrics/{split}.csv",
    log:
        "<logs>/measure_baseline/{baseline}/{split}.log",
    benchmark:
        "<benchmarks>/measure_baseline/{baseline}/{split}.tsv"
    conda:
        "../../envs/tables.yaml"
    threads: 1
    resources:
        gpu=gpus,
        mem_mb=memory,
        runtime=minutes,
    params:
        settings=options(section("evaluation") | {"scale": config["scale"]}),
        code=code("measure-scores", "tables"),
    shell:
        "tldr-reward measure-scores --baseline {wildcards.baseline}"
        " --captions {input.captions:q} --scores {input.scores:q} --split {wildcards.split}"
        " {params.settings} --metrics {output:q} 2>&1 | tee {log:q} >&2"
