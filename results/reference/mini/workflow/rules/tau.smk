# What models say when the LoRA of their reward model acts at tau times its scale, with the original
# LM head; judged by the oracle, by their own reward model and by the other backbones'.

TAU_FOLDER = "<reward>/{backbone}/{reward_model}/seed{seed}/taus"
TAU_DETECTOR = f"{{detector}}/tldr/seed{config['seeds'][0]}"


rule caption_taus:
    input:
        images="<data>/images",
        image_records="<data>/images.jsonl",
        backbone="<backbones>/{backbone}/final",
        reward_model="<reward>/{backbone}/{reward_model}/seed{seed}/reward_model",
    output:
        captions=tau_files("captions"),
        counts=f"{TAU_FOLDER}/counts.csv",
    log:
        "<logs>/caption_taus/{backbone}/{reward_model}/seed{seed}.log",
    benchmark:
        "<benchmarks>/caption_taus/{backbone}/{reward_model}/seed{seed}.tsv"
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
        settings=options(
            section("tau_captions")
            | {name: config["zoo"][name] for name in ("prompt", "max_new_tokens")}
            | {"scale": config["scale"], "split": CAPTIONED[0]}
        ),
        captions=lambda wildcards, output: repeated("--captions", output.captions),
        code=code("caption-taus", "models"),
    shell:
        "tldr-reward caption-taus --backbone {input.backbone:q}"
        " --reward-model {input.reward_model:q} --image-records {input.image_records:q}"
        " {params.settings} {params.captions} --threads {threads} {params.runtime}"
        " --run {wildcards.backbone}/{wildcards.reward_model}/seed{wildcards.seed}"
        " --counts {output.counts:q} 2>&1 | tee {log:q} >&2"


rule judge_tau_captions:
    input:
        scenes="<data>/scenes.jsonl",
        captions=tau_files("captions"),
    output:
        tau_files("judgements"),
    log:
        "<logs>/judge_tau_captions/{backbone}/{reward_model}/seed{seed}.log",
    benchmark:
        "<benchmarks>/judge_tau_captions/{backbone}/{reward_model}/seed{seed}.tsv"
    conda:
        "../../envs/data.yaml"
    threads: 1
    resources:
        gpu=gpus,
        mem_mb=memory,
        runtime=minutes,
    params:
        captions=lambda wildcards, input: repeated("--captions", input.captions),
        judgements=lambda wildcards, output: repeated("--judgements", output),
        code=code("judge-captions", "data"),
    shell:
        "tldr-reward judge-captions --scenes {input.scenes:q} {params.captions}"
        " {params.judgements} 2>&1 | tee {log:q} >&2"


# A process a detector, not one a run: loading torch takes about as long as a run's captions.
rule score_tau_captions:
    input:
        images="<data>/images",
        image_records="<data>/images.jsonl",
        captions=of_taus("captions", ["tldr"]),
        backbone="<backbones>/{detector}/final",
        reward_model=f"<reward>/{TAU_DETECTOR}/reward_model",
    output:
        of_taus("scores/{detector}", ["tldr"]),
    log:
        "<logs>/score_tau_captions/{detector}.log",
    benchmark:
        "<benchmarks>/score_tau_captions/{detector}.tsv"
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
        run=TAU_DETECTOR,
        scores=lambda wildcards, input, output: scored(
            TAU_DETECTOR.format(**wildcards), input.captions, output
        ),
        code=code("score-captions", "models"),
    shell:
        "tldr-reward score-captions --backbone {input.backbone:q}"
        " --image-records {input.image_records:q}"
        " --reward-model {params.run} {input.reward_model:q} {params.scores} --cut"
        " --threads {threads} {params.runtime} 2>&1 | tee {log:q} >&2"


# Controls apart from TLDR: table 6 is of TLDR alone, and waits for none of them to be trained.
if of_taus("captions", config["controls"]):

    use rule score_tau_captions as score_control_tau_captions with:
        input:
            images="<data>/images",
            image_records="<data>/images.jsonl",
            captions=of_taus("captions", config["controls"]),
            backbone="<backbones>/{detector}/final",
            reward_model=f"<reward>/{TAU_DETECTOR}/reward_model",
        output:
            of_taus("scores/{detector}", config["controls"]),
        log:
            "<logs>/score_control_tau_captions/{detector}.log",
        benchmark:
            "<benchmarks>/score_control_tau_captions/{detector}.tsv"


rule measure_taus:
    input:
        captions=tau_files("captions"),
        judgements=tau_files("judgements") if WORLD else [],
        scores=[
            file.replace("{detector}", detector)
            for detector in BACKBONES
            for file in tau_files("scores/{detector}")
        ],
        counts=f"{TAU_FOLDER}/counts.csv",
    output:
        f"{TAU_FOLDER}/metrics.csv",
    log:
        "<logs>/measure_taus/{backbone}/{reward_model}/seed{seed}.log",
    benchmark:
        "<benchmarks>/measure_taus/{backbone}/{reward_model}/seed{seed}.tsv"
    conda:
        "../../envs/tables.yaml"
    threads: 1
    resources:
        gpu=gpus,
        mem_mb=memory,
        runtime=minutes,
    params:
        settings=options(
            section("evaluation")
            | section("tau_captions")
            | {
                "threshold": config["zoo"]["threshold"],
                "scale": config["scale"],
                "split": CAPTIONED[0],
                "detectors": BACKBONES,
            }
        ),
        files=lambda wildcards, input: given(input, "captions judgements scores counts"),
        code=code("measure-taus", "tables"),
    shell:
        "tldr-reward measure-taus {params.settings} {params.files}"
        " --run {wildcards.backbone}/{wildcards.reward_model}/seed{wildcards.seed}"
        " --metrics {output:q} 2>&1 | tee {log:q} >&2"
