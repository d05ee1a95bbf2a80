"""The command line: lands files, starts the job, reads snapshots."""
