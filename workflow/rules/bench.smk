# How fast training, scoring and generation are, beside the plain use of transformers and PEFT. Made
# when asked for: `snakemake --cores 2 results/bench/table.csv`. Geometries, not scales: backbones
# have random weights. The published sizes need a GPU; the README names their command.

BENCHED = {"geometry": ["mini", "paper"], "architecture": ["paligemma", "llama"]}


wildcard_constraints:
    geometry="|".join(BENCHED["geometry"]),
    architecture="|".join(BENCHED["architecture"]),


rule bench_speed:
    output:
        "results/bench/{geometry}/{architecture}/speed.json",
    log:
        "results/logs/bench_speed/{geometry}/{architecture}.log",
    benchmark:
        "results/benchmarks/bench_speed/{geometry}/{architecture}.tsv"
    conda:
        "../../envs/models.yaml"
    threads: 2 * HEAVY_THREADS
    resources:
        heavy=2,
        gpu=gpus,
        mem_mb=memory,
        runtime=minutes,
    params:
        code=code("bench-speed", "models"),
    shell:
        "tldr-reward bench-speed --geometry {wildcards.geometry}"
        " --architecture {wildcards.architecture} --threads {threads} --out {output:q}"
        " 2>&1 | tee {log:q} >&2"


rule bench_growth:
    output:
        "results/bench/{geometry}/{architecture}/growth.json",
    log:
        "results/logs/bench_growth/{geometry}/{architecture}.log",
    benchmark:
        "results/benchmarks/bench_growth/{geometry}/{architecture}.tsv"
    conda:
        "../../envs/models.yaml"
    threads: 2 * HEAVY_THREADS
    resources:
        heavy=2,
        gpu=gpus,
        mem_mb=memory,
        runtime=minutes,
    params:
        code=code("bench-growth", "models"),
    shell:
        "tldr-reward bench-growth --geometry {wildcards.geometry}"
        " --architecture {wildcards.architecture} --threads {threads} --out {output:q}"
        " 2>&1 | tee {log:q} >&2"


rule bench_generation:
    output:
        "results/bench/{geometry}/{architecture}/generation.json",
    log:
        "results/logs/bench_generation/{geometry}/{architecture}.log",
    benchmark:
        "results/benchmarks/bench_generation/{geometry}/{architecture}.tsv"
    conda:
        "../../envs/models.yaml"
    threads: 2 * HEAVY_THREADS
    resources:
        heavy=2,
        gpu=gpus,
        mem_mb=memory,
        runtime=minutes,
    params:
        images=lambda wildcards: 8 if wildcards.geometry == "paper" else 64,
        code=code("bench-generation", "models"),
    shell:
        "tldr-reward bench-generation --geometry {wildcards.geometry}"
        " --architecture {wildcards.architecture} --images {params.images} --threads {threads}"
        " --out {output:q} 2>&1 | tee {log:q} >&2"


rule bench_startup:
    output:
        "results/bench/startup.json",
    log:
        "results/logs/bench_startup.log",
    benchmark:
        "results/benchmarks/bench_startup.tsv"
    conda:
        "../../envs/tables.yaml"
    threads: 1
    resources:
        gpu=gpus,
        mem_mb=memory,
        runtime=minutes,
    params:
        code=code("bench-startup", "tables"),
    shell:
        "tldr-reward bench-startup --out {output:q} 2>&1 | tee {log:q} >&2"


rule bench_pipeline:
    input:
        tables=expand("paper_tables/{table}.csv", table=TABLES),
    output:
        "results/bench/pipeline.json",
    log:
        "results/logs/bench_pipeline.log",
    benchmark:
        "results/benchmarks/bench_pipeline.tsv"
    conda:
        "../../envs/tables.yaml"
    threads: 1
    resources:
        gpu=gpus,
        mem_mb=memory,
        runtime=minutes,
    params:
        # Not an input: what wrote these files are the jobs behind the tables.
        jobs=f"{RESULTS}/benchmarks",
        scale=config["scale"],
        code=code("bench-pipeline", "tables"),
    shell:
        "tldr-reward bench-pipeline --benchmarks {params.jobs:q} --scale {params.scale}"
        " --out {output:q} 2>&1 | tee {log:q} >&2"


rule bench_table:
    input:
        reports=expand(
            "results/bench/{geometry}/{architecture}/{what}.json",
            what=["speed", "generation"],
            **BENCHED,
        ),
        others=[
            "results/bench/startup.json",
            *expand("results/bench/mini/{architecture}/growth.json", **BENCHED),
        ],
    output:
        csv="results/bench/table.csv",
        markdown="results/bench/table.md",
    log:
        "results/logs/bench_table.log",
    benchmark:
        "results/benchmarks/bench_table.tsv"
    conda:
        "../../envs/tables.yaml"
    threads: 1
    resources:
        gpu=gpus,
        mem_mb=memory,
        runtime=minutes,
    params:
        reports=lambda wildcards, input: repeated("--report", input.reports),
        code=code("bench-table", "tables"),
    shell:
        "tldr-reward bench-table {params.reports} --out {output.csv:q}"
        " --markdown {output.markdown:q} 2>&1 | tee {log:q} >&2"
