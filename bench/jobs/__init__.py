"""What is measured: one `Job` per operation, in files by what they are about.

A new measurement is one more `Job` in a file here, and its floor, under the same address, in `floors/`.
"""

from __future__ import annotations

from jobs import bulk, main, reads, updates
from jobs.job import Job

JOBS: tuple[Job, ...] = (main.JOB, *updates.JOBS, *bulk.JOBS, *reads.JOBS)
"""In the order in which they are measured. A field index stays, so jobs that ask for one come last."""


def job_named(name: str) -> Job:
    """The job with this name. Raises KeyError."""
    return {job.name: job for job in JOBS}[name]
