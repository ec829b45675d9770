# The paper's own numbers against each other: no model, no scale.


rule audit_numbers:
    input:
        reported=own("workflow/reported/reported.csv"),
        reported_schema=own("workflow/schemas/reported.schema.json"),
        functions=own("workflow/reported/isobench_functions.csv"),
        schema=own("workflow/schemas/audit.schema.json"),
    output:
        csv="results/audit.csv",
        markdown=report(
            "paper_tables/audit.md",
            caption="../report/audit.rst",
            category="The paper's numbers",
            labels=labelled("audit"),
        ),
    log:
        "results/logs/audit_numbers.log",
    benchmark:
        "results/benchmarks/audit_numbers.tsv"
    conda:
        "../../envs/tables.yaml"
    threads: 1
    resources:
        gpu=gpus,
        mem_mb=memory,
        runtime=minutes,
    params:
        code=code("audit", "tables"),
    shell:
        "tldr-reward audit --reported {input.reported:q}"
        " --reported-schema {input.reported_schema:q} --functions {input.functions:q}"
        " --schema {input.schema:q} --out {output.csv:q} --markdown {output.markdown:q}"
        " 2>&1 | tee {log:q} >&2"
