# The zoo of table 3: what models say of held-out scenes, judged by one reward model and by the
# oracle. One row of models.tsv is one model; its jobs are its own.


rule write_questions:
    input:
        image_records="<data>/images.jsonl",
        scenes="<data>/scenes.jsonl",
    output:
        exam="<data>/questions/exam.jsonl",
        mix="<data>/questions/mix.jsonl",
        choice="<data>/questions/choice.jsonl",
    log:
        "<logs>/write_questions.log",
    benchmark:
        "<benchmarks>/write_questions.tsv"
    conda:
        "../../envs/data.yaml"
    threads: 1
    resources:
        gpu=gpus,
        mem_mb=memory,
        runtime=minutes,
    params:
        settings=options(
            {
                "seed": config["data"]["seed"],
                "split": CAPTIONED[0],
                "questions_per_image": config["zoo"]["questions_per_image"],
            }
        ),
        code=code("write-questions", "data"),
    shell:
        "tldr-reward write-questions {params.settings} --image-records {input.image_records:q}"
        " --scenes {input.scenes:q} --exam {output.exam:q} --mix {output.mix:q}"
        " --choice {output.choice:q} 2>&1 | tee {log:q} >&2"


rule collect_responses:
    input:
        images="<data>/images",
        image_records="<data>/images.jsonl",
        questions=expand("<data>/questions/{set}.jsonl", set=QUESTION_SETS),
        source=files_of_model,
    output:
        captions=expand("<zoo>/{model}/captions/{split}.jsonl", split=CAPTIONED, allow_missing=True),
        responses="<zoo>/{model}/responses.jsonl",
        summary="<zoo>/{model}/summary.csv",
    log:
        "<logs>/collect_responses/{model}.log",
    benchmark:
        "<benchmarks>/collect_responses/{model}.tsv"
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
        kind=lambda wildcards: MODELS[wildcards.model]["kind"],
        source=source_of,
        splits=repeated("--split", CAPTIONED),
        captions=lambda wildcards, output: repeated("--captions", output.captions),
        questions=lambda wildcards, input: repeated("--questions", input.questions),
        settings=options(
            {name: config["zoo"][name] for name in ("prompt", "max_new_tokens", "answer_tokens")}
        ),
        # Not an output, which Snakemake removes: what was paid for stays.
        state=lambda wildcards, output: beside(output.responses, "state.jsonl"),
        code=code("collect-responses", "models"),
    shell:
        "tldr-reward collect-responses --model {wildcards.model} --kind {params.kind}"
        " --source {params.source:q} --image-records {input.image_records:q} {params.splits}"
        " {params.captions} {params.questions} {params.settings} --threads {threads}"
        " {params.runtime}"
        " --state {params.state:q} --responses {output.responses:q} --summary {output.summary:q}"
        " 2>&1 | tee {log:q} >&2"


rule judge_responses:
    input:
        scenes="<data>/scenes.jsonl",
        questions=expand("<data>/questions/{set}.jsonl", set=QUESTION_SETS),
        captions=expand("<zoo>/{model}/captions/{split}.jsonl", split=CAPTIONED, allow_missing=True),
        responses="<zoo>/{model}/responses.jsonl",
    output:
        judgements=expand(
            "<zoo>/{model}/judgements/{split}.jsonl", split=CAPTIONED, allow_missing=True
        ),
        answers="<zoo>/{model}/answers.jsonl",
    log:
        "<logs>/judge_responses/{model}.log",
    benchmark:
        "<benchmarks>/judge_responses/{model}.tsv"
    conda:
        "../../envs/data.yaml"
    threads: 1
    resources:
        gpu=gpus,
        mem_mb=memory,
        runtime=minutes,
    params:
        captions=lambda wildcards, input: repeated("--captions", input.captions),
        judgements=lambda wildcards, output: repeated("--judgements", output.judgements),
        questions=lambda wildcards, input: repeated("--questions", input.questions),
        code=code("judge-responses", "data"),
    shell:
        "tldr-reward judge-responses --scenes {input.scenes:q} {params.captions}"
        " {params.judgements} {params.questions} --responses {input.responses:q}"
        " --answers {output.answers:q} 2>&1 | tee {log:q} >&2"


rule score_responses:
    input:
        images="<data>/images",
        image_records="<data>/images.jsonl",
        captions=expand("<zoo>/{model}/captions/{split}.jsonl", split=CAPTIONED, allow_missing=True),
        backbone=f"<backbones>/{DETECTOR_BACKBONE}/final",
        reward_model=f"<reward>/{DETECTOR_RUN}/reward_model",
    output:
        expand("<zoo>/{model}/scores/{split}.jsonl", split=CAPTIONED, allow_missing=True),
    log:
        "<logs>/score_responses/{model}.log",
    benchmark:
        "<benchmarks>/score_responses/{model}.tsv"
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
        run=DETECTOR_RUN,
        scores=lambda wildcards, input, output: scored(DETECTOR_RUN, input.captions, output),
        code=code("score-captions", "models"),
    shell:
        "tldr-reward score-captions --backbone {input.backbone:q}"
        " --image-records {input.image_records:q}"
        " --reward-model {params.run} {input.reward_model:q} {params.scores} --cut"
        " --threads {threads} {params.runtime} 2>&1 | tee {log:q} >&2"


# What is known of the zoo's captions and answers beside the detector's scores: what an oracle
# says, or, of published models, how they score elsewhere.
JUDGED = {
    "judgements": "<zoo>/{model}/judgements/test.jsonl",
    "calibration_captions": "<zoo>/{model}/captions/validation.jsonl",
    "calibration_scores": "<zoo>/{model}/scores/validation.jsonl",
    "calibration_judgements": "<zoo>/{model}/judgements/validation.jsonl",
    "answers": "<zoo>/{model}/answers.jsonl",
}
if not WORLD:
    JUDGED = {"known_scores": own("workflow/config/vlm_scores.tsv")}


rule measure_hallucination:
    input:
        **JUDGED,
        captions=f"<zoo>/{{model}}/captions/{CAPTIONED[0]}.jsonl",
        scores=f"<zoo>/{{model}}/scores/{CAPTIONED[0]}.jsonl",
        summary="<zoo>/{model}/summary.csv",
    output:
        metrics="<zoo>/{model}/metrics.csv",
        example="<zoo>/{model}/example.csv",
    log:
        "<logs>/measure_hallucination/{model}.log",
    benchmark:
        "<benchmarks>/measure_hallucination/{model}.tsv"
    conda:
        "../../envs/tables.yaml"
    threads: 1
    resources:
        gpu=gpus,
        mem_mb=memory,
        runtime=minutes,
    params:
        judged=lambda wildcards, input: options({name: input[name] for name in JUDGED})
        + f" --known-as {MODELS[wildcards.model]['reported_row'] or wildcards.model}",
        settings=options(
            section("evaluation")
            | {
                "backbone": DETECTOR_BACKBONE,
                "reward_model": DETECTOR,
                "seed": DETECTOR_SEED,
                "threshold": config["zoo"]["threshold"],
                "scale": config["scale"],
                "split": CAPTIONED[0],
            }
        ),
        code=code("measure-hallucination", "tables"),
    shell:
        "tldr-reward measure-hallucination --model {wildcards.model} --captions {input.captions:q}"
        " --scores {input.scores:q} --summary {input.summary:q} {params.judged} {params.settings}"
        " --metrics {output.metrics:q} --example {output.example:q} 2>&1 | tee {log:q} >&2"


rule measure_correlation:
    input:
        metrics=of_zoo("metrics.csv"),
        reported=own("workflow/reported/reported.csv"),
    output:
        points="<zoo>/points.csv",
        fits="<zoo>/fits.csv",
    log:
        "<logs>/measure_correlation.log",
    benchmark:
        "<benchmarks>/measure_correlation.tsv"
    conda:
        "../../envs/tables.yaml"
    threads: 1
    resources:
        gpu=gpus,
        mem_mb=memory,
        runtime=minutes,
    params:
        metrics=lambda wildcards, input: repeated("--metrics", input.metrics),
        scale=config["scale"],
        code=code("measure-correlation", "tables"),
    shell:
        "tldr-reward measure-correlation {params.metrics} --reported {input.reported:q}"
        " --scale {params.scale} --points {output.points:q} --fits {output.fits:q}"
        " 2>&1 | tee {log:q} >&2"
