# The paper's own material: data sets and backbones are fetched, negatives written by a language
# model. From here on every rule is the one that the scene world has.

CAPTION_SOURCES = ["docci", "visual_genome", "winoground"]
BENCHMARK_SOURCES = ["blink", "isobench"]
UNLABELLED_SOURCES = ["pixelprose"]
# How fast the language model is asked.
ASKED = {name: config["perturbation"][name] for name in ("requests_per_minute", "at_once")}


wildcard_constraints:
    source="|".join([*CAPTION_SOURCES, *BENCHMARK_SOURCES, *UNLABELLED_SOURCES]),


def raw_folders(wildcards, input) -> str:
    """Folders of raw files as options that their sources name."""
    folders = {Path(file).parent.name: str(Path(file).parent) for file in input}
    return options(folders)


# On a cluster, where the network is.
localrules:
    fetch_source,
    fetch_backbone,


rule fetch_source:
    input:
        registry=own("workflow/config/sources.tsv"),
    output:
        # Not the folder: Snakemake removes what a killed job has made, and downloads go on.
        "<results>/sources/{source}/source.json",
    log:
        "<logs>/fetch_source/{source}.log",
    benchmark:
        "<benchmarks>/fetch_source/{source}.tsv"
    conda:
        "../../envs/sources.yaml"
    threads: 1
    resources:
        gpu=gpus,
        mem_mb=memory,
        runtime=minutes,
    params:
        folder=lambda wildcards, output: os.path.dirname(output[0]),
        code=code("fetch-source", "sources"),
    shell:
        "tldr-reward fetch-source {wildcards.source} --registry {input.registry:q}"
        " --out {params.folder:q} 2>&1 | tee {log:q} >&2"


rule fetch_backbone:
    output:
        directory("<backbones>/{backbone}/final"),
    log:
        "<logs>/fetch_backbone/{backbone}.log",
    benchmark:
        "<benchmarks>/fetch_backbone/{backbone}.tsv"
    conda:
        "../../envs/models.yaml"
    threads: 1
    resources:
        gpu=gpus,
        mem_mb=memory,
        runtime=minutes,
    params:
        source=lambda wildcards: FETCHED[wildcards.backbone]["source"],
        licence=lambda wildcards: options(
            {name: FETCHED[wildcards.backbone][name] for name in ("licence", "terms")}
        ),
        code=code("fetch-backbone", "models"),
    shell:
        "tldr-reward fetch-backbone {params.source:q} {params.licence} --out {output:q} 2>&1 | tee {log:q} >&2"


rule read_sources:
    input:
        expand("<results>/sources/{source}/source.json", source=CAPTION_SOURCES),
    output:
        images=directory("<data>/images"),
        image_records="<data>/images.jsonl",
        originals="<data>/originals.jsonl",
    log:
        "<logs>/read_sources.log",
    benchmark:
        "<benchmarks>/read_sources.tsv"
    conda:
        "../../envs/sources.yaml"
    threads: 1
    resources:
        gpu=gpus,
        mem_mb=memory,
        runtime=minutes,
    params:
        folders=raw_folders,
        settings=options(
            {
                "seed": config["sources"]["seed"],
                "validation_images": config["sources"]["validation_images"],
                "limit": config["sources"]["limits"],
            }
        ),
        code=code("read-sources", "sources"),
    shell:
        "tldr-reward read-sources {params.folders} {params.settings} --images {output.images:q} --image-records {output.image_records:q}"
        " --originals {output.originals:q} 2>&1 | tee {log:q} >&2"


# Captions that the language model makes of an image's question-answer pairs (VG100K synthetic).
rule aggregate_answers:
    input:
        originals="<data>/originals.jsonl",
    output:
        "<data>/aggregated.jsonl",
    log:
        "<logs>/aggregate_answers.log",
    benchmark:
        "<benchmarks>/aggregate_answers.tsv"
    conda:
        "../../envs/data.yaml"
    threads: 1
    resources:
        llm=1,
        gpu=gpus,
        mem_mb=memory,
        runtime=minutes,
    params:
        settings=options(ASKED | {"endpoint": config["perturbation"]["endpoint"]}),
        # Not an output: what was paid for is kept, whatever becomes of the job.
        cache=f"{RESULTS}/cache/aggregate_answers.jsonl",
        code=code("aggregate-answers", "data"),
    shell:
        "tldr-reward aggregate-answers --originals {input.originals:q} {params.settings}"
        " --cache {params.cache:q} --out {output:q} 2>&1 | tee {log:q} >&2"


rule perturb_with_llm:
    input:
        image_records="<data>/images.jsonl",
        originals=["<data>/originals.jsonl", "<data>/aggregated.jsonl"],
    output:
        captions=expand("<data>/captions/{split}.jsonl", split=SPLITS),
        rejects="<data>/rejects.csv",
    log:
        "<logs>/perturb_with_llm.log",
    benchmark:
        "<benchmarks>/perturb_with_llm.tsv"
    conda:
        "../../envs/data.yaml"
    threads: 1
    resources:
        llm=1,
        gpu=gpus,
        mem_mb=memory,
        runtime=minutes,
    params:
        originals=lambda wildcards, input: repeated("--originals", input.originals),
        settings=options(
            ASKED
            | {
                name: config["perturbation"][name]
                for name in ("endpoint", "checker", "negatives_per_caption")
            }
            | {"seed": config["sources"]["seed"]}
        ),
        cache=f"{RESULTS}/cache/perturb_with_llm.jsonl",
        folder=lambda wildcards, output: os.path.dirname(output.captions[0]),
        code=code("perturb-with-llm", "data"),
    shell:
        "tldr-reward perturb-with-llm {params.originals} --image-records {input.image_records:q}"
        " {params.settings} --cache {params.cache:q} --out {params.folder:q}"
        " --rejects {output.rejects:q} 2>&1 | tee {log:q} >&2"


rule read_benchmarks:
    input:
        expand("<results>/sources/{source}/source.json", source=BENCHMARK_SOURCES),
    output:
        questions=expand("<results>/items/{benchmark}.jsonl", benchmark=BENCHMARKS),
        images=directory("<results>/items/images"),
    log:
        "<logs>/read_benchmarks.log",
    benchmark:
        "<benchmarks>/read_benchmarks.tsv"
    conda:
        "../../envs/sources.yaml"
    threads: 1
    resources:
        gpu=gpus,
        mem_mb=memory,
        runtime=minutes,
    params:
        folders=raw_folders,
        folder=lambda wildcards, output: os.path.dirname(output.questions[0]),
        code=code("read-benchmarks", "sources"),
    shell:
        "tldr-reward read-benchmarks {params.folders} --images {output.images:q} --out {params.folder:q} 2>&1 | tee {log:q} >&2"
