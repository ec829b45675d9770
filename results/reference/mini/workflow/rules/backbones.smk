# Mini backbones, from vision tower to checkpoint folder; what follows loads them as any other.


rule train_vision:
    input:
        images="<data>/images",
        image_records="<data>/images.jsonl",
        cells="<data>/cells.jsonl",
    output:
        directory("<backbones>/{backbone}/vision"),
    log:
        "<logs>/train_vision/{backbone}.log",
    benchmark:
        "<benchmarks>/train_vision/{backbone}.tsv"
    priority: longest_first
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
        architecture=lambda wildcards: ARCHITECTURES[wildcards.backbone],
        settings=lambda wildcards: options(section("vision", wildcards.backbone)),
        code=code("train-vision", "models"),
    shell:
        "tldr-reward train-vision --architecture {params.architecture} {params.settings}"
        " --image-records {input.image_records:q} --cells {input.cells:q} --split pretrain"
        " --threads {threads} {params.runtime} --out {output:q} 2>&1 | tee {log:q} >&2"


rule train_language:
    input:
        images="<data>/images",
        image_records="<data>/images.jsonl",
        captions="<data>/captions/pretrain.jsonl",
        scenes="<data>/scenes.jsonl",
        vision="<backbones>/{backbone}/vision",
    output:
        final=directory("<backbones>/{backbone}/final"),
        checkpoints=directory("<backbones>/{backbone}/checkpoints"),
        history="<backbones>/{backbone}/history.csv",
    log:
        "<logs>/train_language/{backbone}.log",
    benchmark:
        "<benchmarks>/train_language/{backbone}.tsv"
    priority: longest_first
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
        settings=lambda wildcards: options(section("language", wildcards.backbone)),
        # Not an output: Snakemake removes those of a killed job, which goes on from here.
        state=lambda wildcards, output: beside(output.history, "state"),
        code=code("train-language", "models"),
    shell:
        "tldr-reward train-language {params.settings} --vision {input.vision:q}"
        " --image-records {input.image_records:q} --captions {input.captions:q}"
        " --scenes {input.scenes:q}"
        " --threads {threads} {params.runtime} --state {params.state:q}"
        " --keep {output.checkpoints:q}"
        " --out {output.final:q} --history {output.history:q} 2>&1 | tee {log:q} >&2"


rule measure_backbone:
    input:
        images="<data>/images",
        image_records="<data>/images.jsonl",
        scenes="<data>/scenes.jsonl",
        originals="<data>/originals.jsonl",
        backbone="<backbones>/{backbone}/final",
    output:
        "<backbones>/{backbone}/accuracy.csv",
    log:
        "<logs>/measure_backbone/{backbone}.log",
    benchmark:
        "<benchmarks>/measure_backbone/{backbone}.tsv"
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
        scale=config["scale"],
        code=code("measure-backbone", "models"),
    shell:
        "tldr-reward measure-backbone --backbone {input.backbone:q} --name {wildcards.backbone}"
        " --scale {params.scale} --image-records {input.image_records:q}"
        " --scenes {input.scenes:q} --originals {input.originals:q} --split test"
        " --threads {threads} {params.runtime} --out {output:q} 2>&1 | tee {log:q} >&2"
