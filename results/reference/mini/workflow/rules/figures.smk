# Figures, drawn from CSV files alone.


rule draw_precision_recall:
    input:
        curve=[
            *of_runs("curves/{split}.csv", ["tldr"]),
            *of_prompting("curves/{split}.csv"),
        ],
    output:
        pdf="figures/precision_recall.pdf",
        png=report(
            "figures/precision_recall.png",
            caption="../report/precision_recall.rst",
            category="Figures",
            labels=labelled("precision_recall"),
        ),
    log:
        "<logs>/draw_precision_recall.log",
    benchmark:
        "<benchmarks>/draw_precision_recall.tsv"
    conda:
        "../../envs/tables.yaml"
    threads: 1
    resources:
        gpu=gpus,
        mem_mb=memory,
        runtime=minutes,
    params:
        figure="precision_recall",
        scale=config["scale"],
        files=lambda wildcards, input: given(
            input, "curve metrics resamples reported tokens points fits reliability"
        ),
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
        png=report(
            "figures/response_accuracy_by_taxonomy.png",
            caption="../report/response_accuracy_by_taxonomy.rst",
            category="Figures",
            labels=labelled("response_accuracy_by_taxonomy"),
        ),
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
        png=report(
            "figures/training_curves.png",
            caption="../report/training_curves.rst",
            category="Figures",
            labels=labelled("training_curves"),
        ),
    log:
        "<logs>/draw_training_curves.log",
    benchmark:
        "<benchmarks>/draw_training_curves.tsv"
    params:
        figure="training_curves",
        files=history_files,


use rule draw_precision_recall as draw_reliability with:
    input:
        reliability=of_runs("calibration/reliability.csv", ["tldr"]),
    output:
        pdf="figures/reliability.pdf",
        png=report(
            "figures/reliability.png",
            caption="../report/reliability.rst",
            category="Figures",
            labels=labelled("reliability"),
        ),
    log:
        "<logs>/draw_reliability.log",
    benchmark:
        "<benchmarks>/draw_reliability.tsv"
    params:
        figure="reliability",


# Figure 3 is of the registry's first model: a new one at its end does not change it.
use rule draw_precision_recall as draw_token_rates with:
    input:
        tokens=f"<zoo>/{next(iter(MODELS))}/example.csv",
    output:
        pdf="figures/token_rates.pdf",
        png=report(
            "figures/token_rates.png",
            caption="../report/token_rates.rst",
            category="Figures",
            labels=labelled("token_rates"),
        ),
    log:
        "<logs>/draw_token_rates.log",
    benchmark:
        "<benchmarks>/draw_token_rates.tsv"
    params:
        figure="token_rates",


use rule draw_precision_recall as draw_exam_against_hallucination with:
    input:
        points="<zoo>/points.csv",
        fits="<zoo>/fits.csv",
    output:
        pdf="figures/exam_against_hallucination.pdf",
        png=report(
            "figures/exam_against_hallucination.png",
            caption="../report/exam_against_hallucination.rst",
            category="Figures",
            labels=labelled("exam_against_hallucination"),
        ),
    log:
        "<logs>/draw_exam_against_hallucination.log",
    benchmark:
        "<benchmarks>/draw_exam_against_hallucination.tsv"
    params:
        figure="exam_against_hallucination",


use rule draw_precision_recall as draw_mix_against_hallucination with:
    input:
        points="<zoo>/points.csv",
        fits="<zoo>/fits.csv",
    output:
        pdf="figures/mix_against_hallucination.pdf",
        png=report(
            "figures/mix_against_hallucination.png",
            caption="../report/mix_against_hallucination.rst",
            category="Figures",
            labels=labelled("mix_against_hallucination"),
        ),
    log:
        "<logs>/draw_mix_against_hallucination.log",
    benchmark:
        "<benchmarks>/draw_mix_against_hallucination.tsv"
    params:
        figure="mix_against_hallucination",


use rule draw_precision_recall as draw_estimated_against_true with:
    input:
        points="<zoo>/points.csv",
        fits="<zoo>/fits.csv",
    output:
        pdf="figures/estimated_against_true.pdf",
        png=report(
            "figures/estimated_against_true.png",
            caption="../report/estimated_against_true.rst",
            category="Figures",
            labels=labelled("estimated_against_true"),
        ),
    log:
        "<logs>/draw_estimated_against_true.log",
    benchmark:
        "<benchmarks>/draw_estimated_against_true.tsv"
    params:
        figure="estimated_against_true",


use rule draw_precision_recall as draw_tau_sweep with:
    input:
        metrics=[
            *expand("<results>/tau/{reward_model}/benchmarks.csv", reward_model=SWEPT),
            *of_runs("taus/metrics.csv", SWEPT),
        ],
    output:
        pdf="figures/tau_sweep.pdf",
        png=report(
            "figures/tau_sweep.png",
            caption="../report/tau_sweep.rst",
            category="Figures",
            labels=labelled("tau_sweep"),
        ),
    log:
        "<logs>/draw_tau_sweep.log",
    benchmark:
        "<benchmarks>/draw_tau_sweep.tsv"
    params:
        figure="tau_sweep",
