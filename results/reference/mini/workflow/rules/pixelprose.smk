# The paper's share of flagged captions in PixelProse: what TLDR flags of captions that nobody has
# labelled. Their images are fetched from the web, as many as the paper drew.


# On a cluster, where the network is.
localrules:
    fetch_images,


rule fetch_images:
    input:
        "<results>/sources/pixelprose/source.json",
    output:
        # Not the images: Snakemake removes what a killed job has made, and downloads go on.
        "<results>/sources/pixelprose/images.csv",
    log:
        "<logs>/fetch_images.log",
    benchmark:
        "<benchmarks>/fetch_images.tsv"
    conda:
        "../../envs/sources.yaml"
    threads: 1
    resources:
        gpu=gpus,
        mem_mb=memory,
        runtime=minutes,
    params:
        folder=lambda wildcards, output: os.path.dirname(output[0]),
        settings=options(
            {"count": config["sources"]["pixelprose"], "seed": config["sources"]["seed"]}
        ),
        code=code("fetch-images", "sources"),
    shell:
        "tldr-reward fetch-images --pixelprose {params.folder:q} {params.settings}"
        " 2>&1 | tee {log:q} >&2"


rule read_pixelprose:
    input:
        "<results>/sources/pixelprose/images.csv",
    output:
        images=directory("<results>/pixelprose/images"),
        image_records="<results>/pixelprose/images.jsonl",
        # Captions that were published as true: PixelProse has none.
        originals="<results>/pixelprose/originals.jsonl",
        captions="<results>/pixelprose/captions.jsonl",
    log:
        "<logs>/read_pixelprose.log",
    benchmark:
        "<benchmarks>/read_pixelprose.tsv"
    conda:
        "../../envs/sources.yaml"
    threads: 1
    resources:
        gpu=gpus,
        mem_mb=memory,
        runtime=minutes,
    params:
        folder=lambda wildcards, input: os.path.dirname(input[0]),
        code=code("read-sources", "sources"),
    shell:
        "tldr-reward read-sources --pixelprose {params.folder:q} --validation-images 0"
        " --images {output.images:q} --image-records {output.image_records:q}"
        " --originals {output.originals:q} --generated {output.captions:q} 2>&1 | tee {log:q} >&2"


rule score_pixelprose:
    input:
        images="<results>/pixelprose/images",
        image_records="<results>/pixelprose/images.jsonl",
        captions="<results>/pixelprose/captions.jsonl",
        backbone="<backbones>/{backbone}/final",
        reward_model="<reward>/{backbone}/tldr/seed{seed}/reward_model",
    output:
        f"<results>/pixelprose/{{backbone}}/seed{{seed}}/{SCORES}/pixelprose.jsonl",
    log:
        f"<logs>/score_pixelprose/{SHARD}{{backbone}}/seed{{seed}}.log",
    benchmark:
        f"<benchmarks>/score_pixelprose/{SHARD}{{backbone}}/seed{{seed}}.tsv"
    conda:
        "../../envs/models.yaml"
    threads: HEAVY_THREADS
    resources:
        heavy=1,
        gpu=gpus,
        mem_mb=memory,
        runtime=minutes,
    params:
        runtime=RUNTIME,
        shard=shard,
        code=code("score-captions", "models"),
    shell:
        "tldr-reward score-captions --backbone {input.backbone:q}"
        " --image-records {input.image_records:q}"
        " --reward-model {wildcards.backbone}/tldr/seed{wildcards.seed} {input.reward_model:q}"
        " --scores {wildcards.backbone}/tldr/seed{wildcards.seed} {input.captions:q} {output:q}"
        " --cut {params.shard} --threads {threads} {params.runtime} 2>&1 | tee {log:q} >&2"


if SHARDED:

    use rule gather_scores as gather_pixelprose with:
        input:
            captions="<results>/pixelprose/captions.jsonl",
            shards=gather.scores(
                "<results>/pixelprose/{{backbone}}/seed{{seed}}/scores/shards/{scatteritem}/pixelprose.jsonl"
            ),
        output:
            "<results>/pixelprose/{backbone}/seed{seed}/scores/pixelprose.jsonl",
        log:
            "<logs>/gather_pixelprose/{backbone}/seed{seed}.log",
        benchmark:
            "<benchmarks>/gather_pixelprose/{backbone}/seed{seed}.tsv"


use rule measure_flags as measure_pixelprose with:
    input:
        captions="<results>/pixelprose/captions.jsonl",
        scores="<results>/pixelprose/{backbone}/seed{seed}/scores/{split}.jsonl",
    output:
        "<results>/flags/{backbone}/seed{seed}/{split}.csv",
    log:
        "<logs>/measure_pixelprose/{backbone}/seed{seed}/{split}.log",
    benchmark:
        "<benchmarks>/measure_pixelprose/{backbone}/seed{seed}/{split}.tsv"
    wildcard_constraints:
        split="pixelprose",
