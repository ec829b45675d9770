from pathlib import Path

from snakemake.utils import min_version

min_version("9.27")


# Paths of the workflow's own files start here, so that --directory can put results elsewhere.
ROOT = Path(workflow.basedir)


configfile: ROOT / "workflow/config/config.yaml"


# The overlay of another scale is loaded by the scale's name: --config scale=smoke and
# --configfile workflow/config/smoke.yaml are the same, and mini's sizes never run as smoke.
if (overlay := ROOT / f"workflow/config/{config['scale']}.yaml").is_file():

    configfile: overlay


include: "workflow/rules/common.smk"
include: "workflow/rules/resources.smk"


# No wildcards in these: Snakemake 9.27 constrains wildcards before it resolves path variables.
pathvars:
    results=RESULTS,
    data="<results>/data",
    backbones="<results>/backbones",
    reward="<results>/reward",
    zoo="<results>/zoo",
    logs="<results>/logs",
    benchmarks="<results>/benchmarks",


include: "workflow/rules/start.smk"


if config["scale"] == "paper":

    include: "workflow/rules/sources.smk"

else:

    include: "workflow/rules/world.smk"
    include: "workflow/rules/backbones.smk"


include: "workflow/rules/data.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/evaluate.smk"
include: "workflow/rules/models.smk"
include: "workflow/rules/zoo.smk"
include: "workflow/rules/benchmarks.smk"
include: "workflow/rules/tau.smk"
include: "workflow/rules/correction.smk"
include: "workflow/rules/annotation.smk"


if not WORLD:

    include: "workflow/rules/pixelprose.smk"


include: "workflow/rules/tables.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/notebooks.smk"
include: "workflow/rules/verify.smk"
include: "workflow/rules/audit.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/detective.smk"


# What can be made from the reference run's measurements alone, without models or torch.
rule tables_and_figures:
    input:
        expand("paper_tables/{table}.csv", table=TABLES),
        expand("figures/{figure}.{kind}", figure=FIGURES, kind=["pdf", "png"]),


include: "workflow/rules/bench.smk"


rule all:
    default_target: True
    input:
        rules.tables_and_figures.input,
        "<data>/card.md",
        of_runs("detective", CARDED),
        "results/audit.csv",
        "paper_tables/audit.md",
        "<results>/claims.csv",
        "<results>/report.html",
        # What needs the oracle of the scene world.
        [
            *expand("<results>/notebooks/{notebook}.html", notebook=NOTEBOOKS),
            *expand("<backbones>/{backbone}/accuracy.csv", backbone=BACKBONES),
            "<results>/run_crate.zip",
        ]
        if WORLD
        else [],
