"""Where a run's noise goes: a file in its run folder, so that the person at the terminal sees only what matters."""

from __future__ import annotations

import logging

import dagster as dg


@dg.logger(config_schema={"path": dg.StringSource}, description="Writes the run's log lines to a file.")
def run_file_logger(context: dg.InitLoggerContext) -> logging.Logger:
    """A logger that appends to the file in its config."""
    logger = logging.Logger("tieout.run", level=logging.INFO)
    handler = logging.FileHandler(context.logger_config["path"], encoding="utf-8", delay=True)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger.addHandler(handler)
    return logger
