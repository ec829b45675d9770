# What is done before the first job.


# What a run is made of, for the provenance beside each table. No rule writes it: Snakemake 9.27
# plans no job behind an ancient input that has to be made anew (snakemake#4166), and an input
# that is not ancient would make every table anew at every edit.
onstart:
    describe_workflow(ROOT, config, Path(WORKFLOW))
    # Jobs of a cluster's queue may be on other machines.
    if FORKED and workflow.local_exec:
        start_server()
