"""Platform services: struct JSON, files, processes, memory, SQLite, BLAS threads."""
