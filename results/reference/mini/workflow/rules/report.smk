# The page that a person reads first, and the run as a whole in one archive.


rule draw_gallery:
    input:
        captions="<data>/captions/test.jsonl",
        scores=expand(
            "<reward>/{backbone}/tldr/seed{seed}/scores/test.jsonl",
            backbone=BACKBONES,
            seed=config["seeds"][:1],
        ),
    output:
        "<results>/gallery.jsonl",
    log:
        "<logs>/draw_gallery.log",
    benchmark:
        "<benchmarks>/draw_gallery.tsv"
    conda:
        "../../envs/tables.yaml"
    threads: 1
    resources:
        gpu=gpus,
        mem_mb=memory,
        runtime=minutes,
    params:
        scores=lambda wildcards, input: repeated_pairs("--scores", BACKBONES, input.scores),
        settings=options(config["gallery"]),
        code=code("draw-gallery", "tables"),
    shell:
        "tldr-reward draw-gallery --captions {input.captions:q} {params.scores} {params.settings}"
        " --out {output:q} 2>&1 | tee {log:q} >&2"


rule make_report:
    input:
        template=own("workflow/report/report.html.jinja"),
        claims="<results>/claims.csv",
        effects="<results>/effects.csv",
        audit="results/audit.csv",
        tables=expand("paper_tables/{table}.md", table=TABLES),
        figures=expand("figures/{figure}.png", figure=FIGURES),
        captions=[own(f"workflow/report/{figure}.rst") for figure in FIGURES],
        gallery="<results>/gallery.jsonl",
        images="<data>/images",
        image_records="<data>/images.jsonl",
        provenance=expand("paper_tables/{table}.provenance.json", table=[*TABLES, "claims"]),
    output:
        "<results>/report.html",
    log:
        "<logs>/make_report.log",
    benchmark:
        "<benchmarks>/make_report.tsv"
    conda:
        "../../envs/tables.yaml"
    threads: 1
    resources:
        gpu=gpus,
        mem_mb=memory,
        runtime=minutes,
    params:
        tables=lambda wildcards, input: repeated("--table", input.tables),
        figures=lambda wildcards, input: repeated_pairs("--figure", input.figures, input.captions),
        provenance=lambda wildcards, input: repeated("--provenance", input.provenance),
        threshold=config["gallery"]["threshold"],
        scale=config["scale"],
        code=code("make-report", "tables"),
    shell:
        "tldr-reward make-report --template {input.template:q} --claims {input.claims:q}"
        " --effects {input.effects:q} --audit {input.audit:q} {params.tables} {params.figures}"
        " --gallery {input.gallery:q} --image-records {input.image_records:q}"
        " {params.provenance} --threshold {params.threshold} --scale {params.scale}"
        " --out {output:q} 2>&1 | tee {log:q} >&2"


# What tables, figures and notebooks are made from; folders of weights are left out, but for the
# settings that tables 9 and 10 quote.
MAKING = [
    *(f"make_{table}" for table in TABLES),
    *(f"draw_{figure}" for figure in FIGURES),
    *(f"run_{notebook}" for notebook in NOTEBOOKS),
]
MEASURED = sorted(
    {
        str(path)
        for rule in MAKING
        for path in getattr(rules, rule).input
        if Path(path).suffix in (".csv", ".jsonl") and not str(path).startswith("..")
    }
)


rule collect_run:
    input:
        measured=MEASURED,
        accuracy=expand("<backbones>/{backbone}/accuracy.csv", backbone=BACKBONES),
        reward_models=of_runs("reward_model", ["tldr"]),
        workflow=WORKFLOW,
        published=[
            *expand(
                "paper_tables/{table}.{kind}",
                table=TABLES,
                kind=["csv", "md", "provenance.json"],
            ),
            *expand("figures/{figure}.png", figure=FIGURES),
            "paper_tables/claims.md",
            "paper_tables/claims.provenance.json",
            "<results>/claims.csv",
            "<results>/effects.csv",
        ],
    output:
        "<results>/run_crate.zip",
    log:
        "<logs>/collect_run.log",
    benchmark:
        "<benchmarks>/collect_run.tsv"
    conda:
        "../../envs/tables.yaml"
    threads: 1
    resources:
        gpu=gpus,
        mem_mb=memory,
        runtime=minutes,
    params:
        root=own("."),
        published=lambda wildcards, input: repeated("--published", input.published),
        settings=lambda wildcards, input: [
            beside(f"{folder}/weights", "settings.json") for folder in input.reward_models
        ],
        code=code("collect-run", "tables"),
    shell:
        "tldr-reward collect-run --root {params.root:q} --workflow {input.workflow:q}"
        " {params.published} --out {output:q} {input.measured:q} {input.accuracy:q}"
        " {params.settings:q} 2>&1 | tee {log:q} >&2"
