# Notebooks, one a question, run on measured files alone and kept as pages without scripts.
# Another one is a .py of jupytext's percent format and a rule made from the first, with inputs of
# its own.


rule run_what_does_tldr_see:
    input:
        notebook=own("workflow/notebooks/what_does_tldr_see.py"),
        metrics=[
            *of_runs("metrics/{split}.csv", ["tldr"], HELD_OUT),
            *of_prompting("metrics/{split}.csv", HELD_OUT),
            *expand(
                "<results>/flags/{backbone}/seed{seed}/test.csv",
                backbone=BACKBONES,
                seed=config["seeds"],
            ),
        ],
        curve=[
            *of_runs("curves/{split}.csv", ["tldr"]),
            *of_prompting("curves/{split}.csv"),
        ],
    output:
        report(
            "<results>/notebooks/what_does_tldr_see.html",
            caption="../report/what_does_tldr_see.rst",
            category="Notebooks",
            labels=labelled("what_does_tldr_see"),
        ),
    log:
        "<logs>/run_what_does_tldr_see.log",
    benchmark:
        "<benchmarks>/run_what_does_tldr_see.tsv"
    conda:
        "../../envs/notebooks.yaml"
    threads: 1
    resources:
        gpu=gpus,
        mem_mb=memory,
        runtime=minutes,
    params:
        scale=config["scale"],
        files=lambda wildcards, input: given(input, "metrics curve points fits"),
        modules=notebook_modules("what_does_tldr_see"),
        code=code("run-notebook", "notebooks"),
    shell:
        "tldr-reward run-notebook {input.notebook:q} {params.files} --scale {params.scale}"
        " --out {output:q} 2>&1 | tee {log:q} >&2"


use rule run_what_does_tldr_see as run_is_h_t_a_good_measure with:
    input:
        notebook=own("workflow/notebooks/is_h_t_a_good_measure.py"),
        metrics=of_zoo("metrics.csv"),
        points="<zoo>/points.csv",
        fits="<zoo>/fits.csv",
    output:
        report(
            "<results>/notebooks/is_h_t_a_good_measure.html",
            caption="../report/is_h_t_a_good_measure.rst",
            category="Notebooks",
            labels=labelled("is_h_t_a_good_measure"),
        ),
    log:
        "<logs>/run_is_h_t_a_good_measure.log",
    benchmark:
        "<benchmarks>/run_is_h_t_a_good_measure.tsv"
    params:
        modules=notebook_modules("is_h_t_a_good_measure"),


use rule run_what_does_tldr_see as run_what_does_tau_do with:
    input:
        notebook=own("workflow/notebooks/what_does_tau_do.py"),
        metrics=[
            *expand("<results>/tau/{reward_model}/benchmarks.csv", reward_model=SWEPT),
            *of_runs("taus/metrics.csv", SWEPT),
        ],
    output:
        report(
            "<results>/notebooks/what_does_tau_do.html",
            caption="../report/what_does_tau_do.rst",
            category="Notebooks",
            labels=labelled("what_does_tau_do"),
        ),
    log:
        "<logs>/run_what_does_tau_do.log",
    benchmark:
        "<benchmarks>/run_what_does_tau_do.tsv"
    params:
        modules=notebook_modules("what_does_tau_do"),
