# Figures, drawn from CSV files alone.


rule draw_precision_recall:
    input:
        curve=[
            *of_runs("curves/{split}.csv", ["tldr"]),
            *of_prompting("curves/{split}.csv"),
        ],
    output:
        pdf="figures/precision_recall.pdf",
        png="figures/precision_recall.png",
    log:
        "<logs>/draw_precision_recall.log",
    benchmark:
        "<benchmarks>/draw_precision_recall.tsv"
    conda:
        "../../envs/tables.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        figure="precision_recall",
        scale=config["scale"],
        files=lambda wildcards, input: given(input, "curve metrics resamples reported"),
        code=code("draw-figure", "tables"),
    shell:
        "tldr-reward draw-figure {params.figure} {params.files} --scale {params.scale}"
        " --pdf {output.pdf:q} --png {output.png:q} 2>&1 | tee {log:q} >&2"


use rule draw_precision_recall as draw_response_accuracy_by_taxonomy with:
    input:
        metrics=of_runs("metrics/{split}.csv", ["naive", "tldr", *ABLATIONS]),
        resamples=of_runs("resamples/{split}.csv", ["naive", "tldr", *ABLATIONS]),
        reported=own("workflow/reported/reported.csv"),
    output:
        pdf="figures/response_accuracy_by_taxonomy.pdf",
        png="figures/response_accuracy_by_taxonomy.png",
    log:
        "<logs>/draw_response_accuracy_by_taxonomy.log",
    benchmark:
        "<benchmarks>/draw_response_accuracy_by_taxonomy.tsv"
    params:
        figure="response_accuracy_by_taxonomy",


use rule draw_precision_recall as draw_training_curves with:
    input:
        history=of_runs("history.csv", ["naive", "tldr", PLAIN, *ABLATIONS]),
    output:
        pdf="figures/training_curves.pdf",
        png="figures/training_curves.png",
    log:
        "<logs>/draw_training_curves.log",
    benchmark:
        "<benchmarks>/draw_training_curves.tsv"
    params:
        figure="training_curves",
        files=history_files,
