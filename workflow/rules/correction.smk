# Self-correction (table 4): models of the zoo rewrite those of their captions that the detector
# flags, once with its guidance and once without.

CORRECTED = config["correction"]["models"]
if unknown := set(CORRECTED) - set(MODELS):
    stop(f"configuration: correction.models has {min(unknown)!r}; allowed: {', '.join(MODELS)}")
if files := [model for model in CORRECTED if MODELS[model]["kind"] == "file"]:
    stop(f"configuration: correction.models has {files[0]!r}, a file, which cannot correct itself")
GUIDANCES = ["tldr", "naive"]


rule correct_captions:
    input:
        images="<data>/images",
        image_records="<data>/images.jsonl",
        captions=f"<zoo>/{{model}}/captions/{CAPTIONED[0]}.jsonl",
        scores=f"<zoo>/{{model}}/scores/{CAPTIONED[0]}.jsonl",
        source=files_of_model,
    output:
        tldr="<zoo>/{model}/corrected/tldr.jsonl",
        naive="<zoo>/{model}/corrected/naive.jsonl",
    log:
        "<logs>/correct_captions/{model}.log",
    benchmark:
        "<benchmarks>/correct_captions/{model}.tsv"
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
        threshold=config["zoo"]["threshold"],
        # A chat model is asked for whole captions, a backbone for one sentence after the other.
        max_new_tokens=lambda wildcards: config[
            "zoo" if MODELS[wildcards.model]["kind"] == "endpoint" else "correction"
        ]["max_new_tokens"],
        # Not an output, which Snakemake removes: what was paid for stays.
        state=lambda wildcards, output: beside(output.tldr, "state.jsonl"),
        code=code("correct-captions", "models"),
    shell:
        "tldr-reward correct-captions --kind {params.kind} --source {params.source:q}"
        " --image-records {input.image_records:q} --captions {input.captions:q}"
        " --scores {input.scores:q} --threshold {params.threshold}"
        " --max-new-tokens {params.max_new_tokens} --threads {threads} {params.runtime}"
        " --state {params.state:q}"
        " --tldr {output.tldr:q} --naive {output.naive:q} 2>&1 | tee {log:q} >&2"


rule judge_corrections:
    input:
        scenes="<data>/scenes.jsonl",
        captions=expand(
            "<zoo>/{model}/corrected/{guidance}.jsonl", guidance=GUIDANCES, allow_missing=True
        ),
    output:
        expand(
            "<zoo>/{model}/corrected/judgements/{guidance}.jsonl",
            guidance=GUIDANCES,
            allow_missing=True,
        ),
    log:
        "<logs>/judge_corrections/{model}.log",
    benchmark:
        "<benchmarks>/judge_corrections/{model}.tsv"
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


rule measure_correction:
    input:
        # In the oracle's place, where `correction: human_verdicts` names a CSV.
        people=lambda wildcards: from_people(
            HUMAN_VERDICTS,
            "table4",
            "correction.human_verdicts",
            "a CSV of caption_id,verdict (win, tie, loss) of the captions in "
            f"{RESULTS}/zoo/<model>/corrected/",
        ),
        captions=f"<zoo>/{{model}}/captions/{CAPTIONED[0]}.jsonl",
        tldr="<zoo>/{model}/corrected/tldr.jsonl",
        naive="<zoo>/{model}/corrected/naive.jsonl",
        judgements=(
            [
                "<zoo>/{model}/judgements/test.jsonl",
                *expand(
                    "<zoo>/{model}/corrected/judgements/{guidance}.jsonl",
                    guidance=GUIDANCES,
                    allow_missing=True,
                ),
            ]
            if WORLD and not HUMAN_VERDICTS
            else []
        ),
    output:
        "<zoo>/{model}/correction.csv",
    log:
        "<logs>/measure_correction/{model}.log",
    benchmark:
        "<benchmarks>/measure_correction/{model}.tsv"
    conda:
        "../../envs/tables.yaml"
    threads: 1
    resources:
        gpu=gpus,
        mem_mb=memory,
        runtime=minutes,
    params:
        judged=lambda wildcards, input: repeated("--judgements", input.judgements)
        + repeated("--human-verdicts", input.people),
        detector=DETECTOR_RUN,
        scale=config["scale"],
        split=CAPTIONED[0],
        code=code("measure-correction", "tables"),
    shell:
        "tldr-reward measure-correction --model {wildcards.model} --captions {input.captions:q}"
        " --tldr {input.tldr:q} --naive {input.naive:q} {params.judged}"
        " --detector {params.detector} --scale {params.scale} --split {params.split}"
        " --metrics {output:q} 2>&1 | tee {log:q} >&2"
