"""Platform services, each in one place: JSON of structs, files, processes, memory, SQLite, BLAS threads."""
