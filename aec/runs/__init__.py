"""Run folders, the queue of runs, and the worker process that carries them out."""

from aec.runs.index import RunIndex
from aec.runs.queue import Job, cancel, ensure_worker, list_jobs, running_jobs, submit

__all__ = ["Job", "RunIndex", "cancel", "ensure_worker", "list_jobs", "running_jobs", "submit"]
