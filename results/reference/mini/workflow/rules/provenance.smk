# What a run is made of. Its provenance stands beside each table.


# On a cluster, where the checkout and its git are.
localrules:
    describe_workflow,


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
        gpu=gpus,
        mem_mb=memory,
        runtime=minutes,
    params:
        root=os.path.relpath(ROOT),
        configuration=json.dumps(config, sort_keys=True),
        files=workflow_files(ROOT),
        code=code("describe-workflow", "tables"),
    shell:
        "tldr-reward describe-workflow --root {params.root:q}"
        " --configuration {params.configuration:q} --out {output:q} 2>&1 | tee {log:q} >&2"
