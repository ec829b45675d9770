# What there is to learn from and to be measured on, counted.


rule describe_data:
    input:
        images="<data>/images",
        image_records="<data>/images.jsonl",
        scenes=["<data>/scenes.jsonl"] if WORLD else [],
        captions=expand("<data>/captions/{split}.jsonl", split=SPLITS),
        rejects="<data>/rejects.csv",
    output:
        statistics="<data>/statistics.csv",
        card="<data>/card.md",
    log:
        "<logs>/describe_data.log",
    benchmark:
        "<benchmarks>/describe_data.tsv"
    conda:
        "../../envs/data.yaml"
    threads: 1
    resources:
        gpu=gpus,
        mem_mb=memory,
        runtime=minutes,
    params:
        folder=lambda wildcards, input: os.path.dirname(input.captions[0]),
        scenes=lambda wildcards, input: repeated("--scenes", input.scenes),
        code=code("describe-data", "data"),
    shell:
        "tldr-reward describe-data --image-records {input.image_records:q}"
        " {params.scenes} --captions {params.folder:q} --rejects {input.rejects:q}"
        " --statistics {output.statistics:q} --card {output.card:q} 2>&1 | tee {log:q} >&2"
