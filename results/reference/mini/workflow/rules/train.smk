# Reward models: one row of the registry and one seed are one run.


rule train_reward:
    input:
        images="<data>/images",
        image_records="<data>/images.jsonl",
        captions="<data>/captions/train.jsonl",
        backbone="<backbones>/{backbone}/final",
    output:
        reward_model=directory("<reward>/{backbone}/{reward_model}/seed{seed}/reward_model"),
        history="<reward>/{backbone}/{reward_model}/seed{seed}/history.csv",
    log:
        "<logs>/train_reward/{backbone}/{reward_model}/seed{seed}.log",
    benchmark:
        "<benchmarks>/train_reward/{backbone}/{reward_model}/seed{seed}.tsv"
    priority: longest_first
    conda:
        "../../envs/models.yaml"
    threads: HEAVY_THREADS
    resources:
        heavy=1,
        gpu=gpus,
        mem_mb=memory,
        runtime=minutes,
    params:
        together=f"TOGETHER={PROCESSES}" if PROCESSES > 1 else "",
        runtime=RUNTIME,
        settings=lambda wildcards: options(section("reward", wildcards.backbone)),
        sharding=lambda wildcards: options(
            {"sharding": section("runtime", wildcards.backbone)["sharding"]}
        ),
        loss=lambda wildcards: registered(wildcards)["loss"],
        parts=lambda wildcards: registered(wildcards)["parts"],
        # Not an output: Snakemake removes those of a killed job, which goes on from here.
        state=lambda wildcards, output: beside(output.history, "state"),
        code=code("train-reward", "models"),
    shell:
        "{params.together} tldr-reward train-reward {params.settings} --loss {params.loss} --parts {params.parts}"
        " --seed {wildcards.seed} --backbone {input.backbone:q}"
        " --image-records {input.image_records:q} --captions {input.captions:q}"
        " --threads {threads} {params.runtime} {params.sharding} --state {params.state:q}"
        " --out {output.reward_model:q}"
        " --history {output.history:q} 2>&1 | tee {log:q} >&2"
