# What the run shows of each of the paper's claims, and where it differs from the reference run.

import yaml

CLAIMS = yaml.safe_load((ROOT / "workflow/config/claims.yaml").read_text())
# Tables that claims name, as they name them; a claim whose table is not made at this scale was not
# run.
CLAIMED = sorted(
    {
        comparison["table"].replace("{scale}", config["scale"])
        for claim in CLAIMS["claims"]
        for comparison in claim.get("compare", ())
    }
)
CLAIMED = [
    table
    for table in CLAIMED
    if not table.startswith("paper_tables/") or Path(table).stem in TABLES
]
# A run of this scale that lies in the repository, if there is one.
REFERENCE = f"results/reference/{config['scale']}"
REFERENCE_FILES = sorted((ROOT / REFERENCE).glob("ro-crate-metadata.json"))


rule verify:
    input:
        claims=own("workflow/config/claims.yaml"),
        schema=own("workflow/schemas/claims.schema.json"),
        tables=CLAIMED,
        # Compared with the reference's.
        published=expand("paper_tables/{table}.csv", table=TABLES),
        audit="results/audit.csv",
        reference=[own(str(path)) for path in REFERENCE_FILES],
    output:
        claims="<results>/claims.csv",
        effects="<results>/effects.csv",
        compared="<results>/reference.csv",
        markdown=report(
            "paper_tables/claims.md",
            caption="../report/claims.rst",
            category="Claims",
            labels=labelled("claims"),
        ),
        provenance="paper_tables/claims.provenance.json",
    log:
        "<logs>/verify.log",
    benchmark:
        "<benchmarks>/verify.tsv"
    conda:
        "../../envs/tables.yaml"
    threads: 1
    resources:
        gpu=gpus,
        mem_mb=memory,
        runtime=minutes,
    params:
        tables=lambda wildcards, input: repeated("--table", input.tables),
        # Not an input: jobs that claims do not need may write there still.
        jobs=f"{RESULTS}/benchmarks",
        scale=config["scale"],
        reference=f"--reference {shlex.quote(own(REFERENCE))}" if REFERENCE_FILES else "",
        workflow=WORKFLOW,
        code=code("verify", "tables"),
    shell:
        "tldr-reward verify --claims {input.claims:q} --schema {input.schema:q} {params.tables}"
        " --audit {input.audit:q} --benchmarks {params.jobs:q} --scale {params.scale}"
        " --out {output.claims:q} --effects {output.effects:q} --markdown {output.markdown:q}"
        " {params.reference} --compared {output.compared:q} --workflow {params.workflow:q}"
        " --provenance {output.provenance:q} 2>&1 | tee {log:q} >&2"
