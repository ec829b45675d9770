# What a run is made of, written before its first job; provenance quotes it beside each table.


# No rule writes this: Snakemake 9.27 plans no job behind an ancient input that has to be made anew
# (issue 4166 there), and an input that is not ancient would make every table anew at every edit.
onstart:
    describe_workflow(ROOT, config, Path(WORKFLOW))
