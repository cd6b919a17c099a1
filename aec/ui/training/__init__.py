"""Parts of the Training page: form, live run, report, comparison of runs."""
