"""Parts of the dashboard: a package per page, and modules that pages share."""
