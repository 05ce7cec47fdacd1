"""Jobs."""

from uuid import UUID

from ..access import job_of
from ..framework import Asked, operation
from ..schemas.domains import JobOut


@operation("GET", "/jobs/{job_id}", scope="domains:read", response=JobOut)
def get_job(request: Asked, job_id: UUID) -> JobOut:
    """How far a job is, and what came of it."""
    return JobOut.of(job_of(request.auth, job_id))
