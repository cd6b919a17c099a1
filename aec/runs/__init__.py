"""Long work that outlives a page: the queue (`submit`, `cancel`, `overview`) and the one worker that empties it."""

from aec.runs.board import Job, cancel, ensure_worker, overview, running, submit
from aec.runs.index import RunIndex

__all__ = ["Job", "RunIndex", "cancel", "ensure_worker", "overview", "running", "submit"]
