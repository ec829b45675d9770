# What a run is made of. Its provenance stands beside each table.


rule describe_workflow:
    output:
        "<results>/workflow.json",
    log:
        "<logs>/describe_workflow.log",
    benchmark:
        "<benchmarks>/describe_workflow.tsv"
    conda:
        "../../envs/tables.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        root=os.path.relpath(ROOT),
        configuration=json.dumps(config, sort_keys=True),
        files=workflow_files(ROOT),
        code=code("describe-workflow", "tables"),
    shell:
        "tldr-reward describe-workflow --root {params.root:q}"
        " --configuration {params.configuration:q} --out {output:q} 2>&1 | tee {log:q} >&2"
