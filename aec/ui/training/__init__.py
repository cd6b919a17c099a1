"""The Training page: choosing and starting, watching, the report of a run, all runs compared."""
