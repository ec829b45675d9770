# The paper's tables, each with its intervals and the paper's own values beside ours. They say
# which scale ran last: the scale is a parameter, so that changing it back makes them anew.


rule make_table1:
    input:
        metrics=[
            *of_runs("metrics/{split}.csv", ["tldr", "naive"]),
            *of_prompting("metrics/{split}.csv"),
            *of_baselines(),
        ],
        responses=of_runs("responses/{split}.csv", ["tldr", "naive"]),
        resamples=of_runs("resamples/{split}.csv", ["tldr", "naive"]),
        reported=own("workflow/reported/reported.csv"),
        schema=own("workflow/schemas/table1.schema.json"),
        workflow=WORKFLOW,
    output:
        csv=report(
            "paper_tables/table1.csv",
            caption="../report/table1.rst",
            category="Tables",
            labels=labelled("table1"),
        ),
        markdown="paper_tables/table1.md",
        provenance="paper_tables/table1.provenance.json",
    log:
        "<logs>/make_table1.log",
    benchmark:
        "<benchmarks>/make_table1.tsv"
    conda:
        "../../envs/tables.yaml"
    threads: 1
    resources:
        gpu=gpus,
        mem_mb=memory,
        runtime=minutes,
    params:
        table="table1",
        scale=config["scale"],
        files=lambda wildcards, input: given(
            input, "metrics responses resamples statistics models reported schema"
        ),
        code=code("make-table", "tables"),
    shell:
        "tldr-reward make-table {params.table} {params.files} --scale {params.scale}"
        " --out {output.csv:q} --markdown {output.markdown:q} --provenance {output.provenance:q}"
        " --workflow {input.workflow:q} 2>&1 | tee {log:q} >&2"


use rule make_table1 as make_table1_ood with:
    input:
        metrics=[
            *of_runs("metrics/{split}.csv", ["tldr", "naive"], OUT_OF_DISTRIBUTION),
            *of_prompting("metrics/{split}.csv", OUT_OF_DISTRIBUTION),
            *of_baselines(OUT_OF_DISTRIBUTION),
        ],
        responses=of_runs("responses/{split}.csv", ["tldr", "naive"], OUT_OF_DISTRIBUTION),
        resamples=of_runs("resamples/{split}.csv", ["tldr", "naive"], OUT_OF_DISTRIBUTION),
        reported=own("workflow/reported/reported.csv"),
        schema=own("workflow/schemas/table1_ood.schema.json"),
        workflow=WORKFLOW,
    output:
        csv=report(
            "paper_tables/table1_ood.csv",
            caption="../report/table1_ood.rst",
            category="Tables",
            labels=labelled("table1_ood"),
        ),
        markdown="paper_tables/table1_ood.md",
        provenance="paper_tables/table1_ood.provenance.json",
    log:
        "<logs>/make_table1_ood.log",
    benchmark:
        "<benchmarks>/make_table1_ood.tsv"
    params:
        table="table1_ood",


use rule make_table1 as make_table2 with:
    input:
        metrics=of_runs("metrics/{split}.csv", ["tldr", PLAIN, *ABLATIONS], backbones=ABLATED),
        resamples=of_runs("resamples/{split}.csv", ["tldr", PLAIN, *ABLATIONS], backbones=ABLATED),
        reported=own("workflow/reported/reported.csv"),
        schema=own("workflow/schemas/table2.schema.json"),
        workflow=WORKFLOW,
    output:
        csv=report(
            "paper_tables/table2.csv",
            caption="../report/table2.rst",
            category="Tables",
            labels=labelled("table2"),
        ),
        markdown="paper_tables/table2.md",
        provenance="paper_tables/table2.provenance.json",
    log:
        "<logs>/make_table2.log",
    benchmark:
        "<benchmarks>/make_table2.tsv"
    params:
        table="table2",


use rule make_table1 as make_table3 with:
    input:
        metrics=of_zoo("metrics.csv"),
        models=own("workflow/config/models.tsv"),
        reported=own("workflow/reported/reported.csv"),
        schema=own("workflow/schemas/table3.schema.json"),
        workflow=WORKFLOW,
    output:
        csv=report(
            "paper_tables/table3.csv",
            caption="../report/table3.rst",
            category="Tables",
            labels=labelled("table3"),
        ),
        markdown="paper_tables/table3.md",
        provenance="paper_tables/table3.provenance.json",
    log:
        "<logs>/make_table3.log",
    benchmark:
        "<benchmarks>/make_table3.tsv"
    params:
        table="table3",


use rule make_table1 as make_table8 with:
    input:
        statistics="<data>/statistics.csv",
        reported=own("workflow/reported/reported.csv"),
        schema=own("workflow/schemas/table8.schema.json"),
        workflow=WORKFLOW,
    output:
        csv=report(
            "paper_tables/table8.csv",
            caption="../report/table8.rst",
            category="Tables",
            labels=labelled("table8"),
        ),
        markdown="paper_tables/table8.md",
        provenance="paper_tables/table8.provenance.json",
    log:
        "<logs>/make_table8.log",
    benchmark:
        "<benchmarks>/make_table8.tsv"
    params:
        table="table8",


use rule make_table1 as make_table9 with:
    input:
        reward_models=of_runs("reward_model", ["tldr"], backbones=["paligemma"]),
        reported=own("workflow/reported/reported.csv"),
        schema=own("workflow/schemas/table9.schema.json"),
        workflow=WORKFLOW,
    output:
        csv=report(
            "paper_tables/table9.csv",
            caption="../report/table9.rst",
            category="Tables",
            labels=labelled("table9"),
        ),
        markdown="paper_tables/table9.md",
        provenance="paper_tables/table9.provenance.json",
    log:
        "<logs>/make_table9.log",
    benchmark:
        "<benchmarks>/make_table9.tsv"
    params:
        table="table9",
        files=settings_files,


use rule make_table1 as make_table10 with:
    input:
        reward_models=of_runs("reward_model", ["tldr"], backbones=["llama"]),
        reported=own("workflow/reported/reported.csv"),
        schema=own("workflow/schemas/table10.schema.json"),
        workflow=WORKFLOW,
    output:
        csv=report(
            "paper_tables/table10.csv",
            caption="../report/table10.rst",
            category="Tables",
            labels=labelled("table10"),
        ),
        markdown="paper_tables/table10.md",
        provenance="paper_tables/table10.provenance.json",
    log:
        "<logs>/make_table10.log",
    benchmark:
        "<benchmarks>/make_table10.tsv"
    params:
        table="table10",
        files=settings_files,


use rule make_table1 as make_table11 with:
    input:
        metrics=of_runs("metrics/{split}.csv", ["naive", "tldr", *ABLATIONS]),
        resamples=of_runs("resamples/{split}.csv", ["naive", "tldr", *ABLATIONS]),
        reported=own("workflow/reported/reported.csv"),
        schema=own("workflow/schemas/table11.schema.json"),
        workflow=WORKFLOW,
    output:
        csv=report(
            "paper_tables/table11.csv",
            caption="../report/table11.rst",
            category="Tables",
            labels=labelled("table11"),
        ),
        markdown="paper_tables/table11.md",
        provenance="paper_tables/table11.provenance.json",
    log:
        "<logs>/make_table11.log",
    benchmark:
        "<benchmarks>/make_table11.tsv"
    params:
        table="table11",


use rule make_table1 as make_table4 with:
    input:
        metrics=expand("<zoo>/{model}/correction.csv", model=CORRECTED),
        reported=own("workflow/reported/reported.csv"),
        schema=own("workflow/schemas/table4.schema.json"),
        workflow=WORKFLOW,
    output:
        csv=report(
            "paper_tables/table4.csv",
            caption="../report/table4.rst",
            category="Tables",
            labels=labelled("table4"),
        ),
        markdown="paper_tables/table4.md",
        provenance="paper_tables/table4.provenance.json",
    log:
        "<logs>/make_table4.log",
    benchmark:
        "<benchmarks>/make_table4.tsv"
    params:
        table="table4",


use rule make_table1 as make_table5 with:
    input:
        metrics="<results>/tau/tldr/benchmarks.csv",
        reported=own("workflow/reported/reported.csv"),
        schema=own("workflow/schemas/table5.schema.json"),
        workflow=WORKFLOW,
    output:
        csv=report(
            "paper_tables/table5.csv",
            caption="../report/table5.rst",
            category="Tables",
            labels=labelled("table5"),
        ),
        markdown="paper_tables/table5.md",
        provenance="paper_tables/table5.provenance.json",
    log:
        "<logs>/make_table5.log",
    benchmark:
        "<benchmarks>/make_table5.tsv"
    params:
        table="table5",


use rule make_table1 as make_table6 with:
    input:
        metrics=of_runs("taus/metrics.csv", ["tldr"]),
        reported=own("workflow/reported/reported.csv"),
        schema=own("workflow/schemas/table6.schema.json"),
        workflow=WORKFLOW,
    output:
        csv=report(
            "paper_tables/table6.csv",
            caption="../report/table6.rst",
            category="Tables",
            labels=labelled("table6"),
        ),
        markdown="paper_tables/table6.md",
        provenance="paper_tables/table6.provenance.json",
    log:
        "<logs>/make_table6.log",
    benchmark:
        "<benchmarks>/make_table6.tsv"
    params:
        table="table6",
