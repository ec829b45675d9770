# Table 7 and human evaluation: who corrects captions faster, and what flags are worth.


rule simulate_annotation:
    input:
        captions="<data>/captions/test.jsonl",
        scores=detector_scores,
    output:
        "<results>/annotation/{detector}/log.csv",
    log:
        "<logs>/simulate_annotation/{detector}.log",
    benchmark:
        "<benchmarks>/simulate_annotation/{detector}.tsv"
    conda:
        "../../envs/tables.yaml"
    threads: 1
    resources:
        gpu=gpus,
        mem_mb=memory,
        runtime=minutes,
    params:
        files=lambda wildcards, input: given(input, "captions scores"),
        settings=options(section("annotators")),
        code=code("simulate-annotation", "tables"),
    shell:
        "tldr-reward simulate-annotation {params.files} {params.settings} --out {output:q}"
        " 2>&1 | tee {log:q} >&2"


rule measure_annotation:
    input:
        log="<results>/annotation/{detector}/log.csv",
        captions="<data>/captions/test.jsonl",
    output:
        "<results>/annotation/{detector}/metrics.csv",
    log:
        "<logs>/measure_annotation/{detector}.log",
    benchmark:
        "<benchmarks>/measure_annotation/{detector}.tsv"
    conda:
        "../../envs/tables.yaml"
    threads: 1
    resources:
        gpu=gpus,
        mem_mb=memory,
        runtime=minutes,
    params:
        backbone=lambda wildcards: f"--backbone {wildcards.detector}",
        settings=options(section("evaluation") | {"scale": config["scale"]}),
        code=code("measure-annotation", "tables"),
    shell:
        "tldr-reward measure-annotation --log {input.log:q} --captions {input.captions:q}"
        " {params.backbone} {params.settings} --split test --metrics {output:q}"
        " 2>&1 | tee {log:q} >&2"


# A log of people names its items by caption_id where the captions are ours.
use rule measure_annotation as measure_human_annotation with:
    input:
        log=lambda wildcards: from_people(
            PEOPLE,
            "table7",
            "annotation.log",
            "a CSV of annotator,item,guidance,started,ended,before,after",
        ),
        captions="<data>/captions/test.jsonl",
    output:
        "<results>/annotation/human/metrics.csv",
    log:
        "<logs>/measure_human_annotation.log",
    benchmark:
        "<benchmarks>/measure_human_annotation.tsv"
    params:
        backbone="",


# What `annotate` serves. People's answers lie beside the folder, which may be made anew; nothing
# asks for it but who wants to annotate.
rule make_study:
    input:
        images="<data>/images",
        image_records="<data>/images.jsonl",
        captions="<data>/captions/test.jsonl",
        tldr_scores=f"<reward>/{{backbone}}/tldr/seed{config['seeds'][0]}/scores/test.jsonl",
        naive_scores=f"<reward>/{{backbone}}/naive/seed{config['seeds'][0]}/scores/test.jsonl",
    output:
        directory("<results>/study/{backbone}"),
    log:
        "<logs>/make_study/{backbone}.log",
    benchmark:
        "<benchmarks>/make_study/{backbone}.tsv"
    conda:
        "../../envs/tables.yaml"
    threads: 1
    resources:
        gpu=gpus,
        mem_mb=memory,
        runtime=minutes,
    params:
        settings=options(section("study")),
        code=code("make-study", "tables"),
    shell:
        "tldr-reward make-study --captions {input.captions:q}"
        " --image-records {input.image_records:q} --tldr-scores {input.tldr_scores:q}"
        " --naive-scores {input.naive_scores:q} {params.settings} --out {output:q}"
        " 2>&1 | tee {log:q} >&2"


# Whose captions the share of flagged ones is of.
FLAGGED = "test" if WORLD else "pixelprose"


# Takes any labelled captions with their scores: a split's, or those that models generated.
rule measure_flags:
    input:
        captions="<data>/captions/{split}.jsonl",
        scores="<reward>/{backbone}/tldr/seed{seed}/scores/{split}.jsonl",
    output:
        "<results>/flags/{backbone}/seed{seed}/{split}.csv",
    log:
        "<logs>/measure_flags/{backbone}/seed{seed}/{split}.log",
    benchmark:
        "<benchmarks>/measure_flags/{backbone}/seed{seed}/{split}.tsv"
    conda:
        "../../envs/tables.yaml"
    threads: 1
    resources:
        gpu=gpus,
        mem_mb=memory,
        runtime=minutes,
    params:
        settings=options(section("evaluation") | section("flags") | {"scale": config["scale"]}),
        code=code("measure-flags", "tables"),
    shell:
        "tldr-reward measure-flags --captions {input.captions:q} --scores {input.scores:q}"
        " --run {wildcards.backbone}/tldr/seed{wildcards.seed} --backbone {wildcards.backbone}"
        " --seed {wildcards.seed} --split {wildcards.split} {params.settings} --metrics {output:q}"
        " 2>&1 | tee {log:q} >&2"


rule make_table7:
    input:
        metrics=expand("<results>/annotation/{by}/metrics.csv", by=GUIDED_BY),
        reported=own("workflow/reported/reported.csv"),
        schema=own("workflow/schemas/table7.schema.json"),
        workflow=WORKFLOW,
    output:
        csv=report(
            "paper_tables/table7.csv",
            caption="../report/table7.rst",
            category="Human annotation",
            labels=labelled("table7"),
        ),
        markdown="paper_tables/table7.md",
        provenance="paper_tables/table7.provenance.json",
    log:
        "<logs>/make_table7.log",
    benchmark:
        "<benchmarks>/make_table7.tsv"
    conda:
        "../../envs/tables.yaml"
    threads: 1
    resources:
        gpu=gpus,
        mem_mb=memory,
        runtime=minutes,
    params:
        table="table7",
        scale=config["scale"],
        files=lambda wildcards, input: given(input, "metrics reported schema"),
        code=code("make-table", "tables"),
    shell:
        "tldr-reward make-table {params.table} {params.files} --scale {params.scale}"
        " --out {output.csv:q} --markdown {output.markdown:q} --provenance {output.provenance:q}"
        " --workflow {input.workflow:q} 2>&1 | tee {log:q} >&2"


use rule make_table7 as make_human_evaluation with:
    input:
        metrics=expand(
            "<results>/flags/{backbone}/seed{seed}/test.csv",
            backbone=BACKBONES,
            seed=config["seeds"],
        ),
        reported=own("workflow/reported/reported.csv"),
        schema=own("workflow/schemas/human_evaluation.schema.json"),
        workflow=WORKFLOW,
    output:
        csv=report(
            "paper_tables/human_evaluation.csv",
            caption="../report/human_evaluation.rst",
            category="Human annotation",
            labels=labelled("human_evaluation"),
        ),
        markdown="paper_tables/human_evaluation.md",
        provenance="paper_tables/human_evaluation.provenance.json",
    log:
        "<logs>/make_human_evaluation.log",
    benchmark:
        "<benchmarks>/make_human_evaluation.tsv"
    params:
        table="human_evaluation",


use rule make_table7 as make_pixelprose with:
    input:
        metrics=expand(
            f"<results>/flags/{{backbone}}/seed{{seed}}/{FLAGGED}.csv",
            backbone=BACKBONES,
            seed=config["seeds"],
        ),
        reported=own("workflow/reported/reported.csv"),
        schema=own("workflow/schemas/pixelprose.schema.json"),
        workflow=WORKFLOW,
    output:
        csv=report(
            "paper_tables/pixelprose.csv",
            caption="../report/pixelprose.rst",
            category="Human annotation",
            labels=labelled("pixelprose"),
        ),
        markdown="paper_tables/pixelprose.md",
        provenance="paper_tables/pixelprose.provenance.json",
    log:
        "<logs>/make_pixelprose.log",
    benchmark:
        "<benchmarks>/make_pixelprose.tsv"
    params:
        table="pixelprose",
