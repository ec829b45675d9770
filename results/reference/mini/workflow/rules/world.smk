# The scene world: images with their truth, truthful captions and questions, synthetic negatives.


rule draw_scenes:
    output:
        images=directory("<data>/images"),
        image_records="<data>/images.jsonl",
        scenes="<data>/scenes.jsonl",
        cells="<data>/cells.jsonl",
    log:
        "<logs>/draw_scenes.log",
    benchmark:
        "<benchmarks>/draw_scenes.tsv"
    conda:
        "../../envs/data.yaml"
    threads: 2 * HEAVY_THREADS
    resources:
        gpu=gpus,
        mem_mb=memory,
        runtime=minutes,
    params:
        settings=options({"split": config["data"]["images"], "seed": config["data"]["seed"]}),
        code=code("draw-scenes", "data"),
    shell:
        "tldr-reward draw-scenes {params.settings} --images {output.images:q}"
        " --image-records {output.image_records:q} --scenes {output.scenes:q}"
        " --cells {output.cells:q} --threads {threads} 2>&1 | tee {log:q} >&2"


rule write_captions:
    input:
        image_records="<data>/images.jsonl",
        scenes="<data>/scenes.jsonl",
    output:
        "<data>/originals.jsonl",
    log:
        "<logs>/write_captions.log",
    benchmark:
        "<benchmarks>/write_captions.tsv"
    conda:
        "../../envs/data.yaml"
    threads: 1
    resources:
        gpu=gpus,
        mem_mb=memory,
        runtime=minutes,
    params:
        settings=options(
            {
                name: config["data"][name]
                for name in (
                    "seed",
                    "captions_per_image",
                    "questions_per_image",
                    "drills_per_image",
                    "fixes_per_image",
                )
            }
        ),
        code=code("write-captions", "data"),
    shell:
        "tldr-reward write-captions {params.settings} --image-records {input.image_records:q}"
        " --scenes {input.scenes:q} --out {output:q} 2>&1 | tee {log:q} >&2"


rule perturb_captions:
    input:
        image_records="<data>/images.jsonl",
        scenes="<data>/scenes.jsonl",
        originals="<data>/originals.jsonl",
    output:
        captions=expand("<data>/captions/{split}.jsonl", split=SPLITS),
        rejects="<data>/rejects.csv",
    log:
        "<logs>/perturb_captions.log",
    benchmark:
        "<benchmarks>/perturb_captions.tsv"
    conda:
        "../../envs/data.yaml"
    threads: 1
    resources:
        gpu=gpus,
        mem_mb=memory,
        runtime=minutes,
    params:
        settings=options({"seed": config["data"]["seed"]}),
        folder=lambda wildcards, output: os.path.dirname(output.captions[0]),
        code=code("perturb-captions", "data"),
    shell:
        "tldr-reward perturb-captions {params.settings} --image-records {input.image_records:q}"
        " --scenes {input.scenes:q} --originals {input.originals:q} --out {params.folder:q}"
        " --rejects {output.rejects:q} 2>&1 | tee {log:q} >&2"


rule write_benchmarks:
    input:
        images="<data>/images",
        image_records="<data>/images.jsonl",
        scenes="<data>/scenes.jsonl",
    output:
        questions=expand("<results>/items/{benchmark}.jsonl", benchmark=BENCHMARKS),
        images=directory("<results>/items/images"),
    log:
        "<logs>/write_benchmarks.log",
    benchmark:
        "<benchmarks>/write_benchmarks.tsv"
    conda:
        "../../envs/data.yaml"
    threads: 1
    resources:
        gpu=gpus,
        mem_mb=memory,
        runtime=minutes,
    params:
        settings=options(
            {
                "seed": config["data"]["seed"],
                "items": {name: row[config["scale"]] for name, row in BENCHMARKS.items()},
            }
        ),
        folder=lambda wildcards, output: os.path.dirname(output.questions[0]),
        code=code("write-benchmarks", "data"),
    shell:
        "tldr-reward write-benchmarks {params.settings} --split test"
        " --image-records {input.image_records:q} --scenes {input.scenes:q}"
        " --images {output.images:q} --out {params.folder:q} 2>&1 | tee {log:q} >&2"
