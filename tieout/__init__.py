"""tieout."""
