# Benchmarks through lm-evaluation-harness: items, answers over taus, what they are worth.


rule evaluate_benchmarks:
    input:
        images=[*(["<data>/images"] if WORLD else []), "<results>/items/images"],
        questions=expand("<results>/items/{benchmark}.jsonl", benchmark=BENCHMARKS),
        tasks=[own(f"workflow/tasks/{name}") for name in TASK_FILES],
        backbone="<backbones>/{backbone}/final",
        reward_model="<reward>/{backbone}/{reward_model}/seed{seed}/reward_model",
    output:
        "<reward>/{backbone}/{reward_model}/seed{seed}/benchmarks.csv",
    log:
        "<logs>/evaluate_benchmarks/{backbone}/{reward_model}/seed{seed}.log",
    benchmark:
        "<benchmarks>/evaluate_benchmarks/{backbone}/{reward_model}/seed{seed}.tsv"
    conda:
        "../../envs/benchmarks.yaml"
    threads: HEAVY_THREADS
    resources:
        heavy=1,
        gpu=gpus,
        mem_mb=memory,
        runtime=minutes,
    params:
        runtime=RUNTIME,
        settings=options(section("benchmarks") | {"scale": config["scale"]}),
        questions=lambda wildcards, input: repeated("--items", input.questions),
        tasks=lambda wildcards, input: os.path.dirname(input.tasks[0]),
        code=code("evaluate-benchmarks", "benchmarks"),
    shell:
        "tldr-reward evaluate-benchmarks --backbone {input.backbone:q}"
        " --reward-model {input.reward_model:q} {params.questions} --tasks {params.tasks:q}"
        " {params.settings} --threads {threads} {params.runtime}"
        " --run {wildcards.backbone}/{wildcards.reward_model}/seed{wildcards.seed}"
        " --out {output:q} 2>&1 | tee {log:q} >&2"


# All backbones together: Holm's rule is over all comparisons of a reward model's table.
rule measure_benchmarks:
    input:
        lambda wildcards: of_runs("benchmarks.csv", [wildcards.reward_model]),
    output:
        "<results>/tau/{reward_model}/benchmarks.csv",
    log:
        "<logs>/measure_benchmarks/{reward_model}.log",
    benchmark:
        "<benchmarks>/measure_benchmarks/{reward_model}.tsv"
    conda:
        "../../envs/tables.yaml"
    threads: 1
    resources:
        gpu=gpus,
        mem_mb=memory,
        runtime=minutes,
    params:
        outcomes=lambda wildcards, input: repeated("--outcomes", input),
        scale=config["scale"],
        code=code("measure-benchmarks", "tables"),
    shell:
        "tldr-reward measure-benchmarks {params.outcomes} --scale {params.scale}"
        " --metrics {output:q} 2>&1 | tee {log:q} >&2"
