"""Work that takes longer than a page may: told how far it is, cancelled, tried again, and never lost with its worker.

`Job` stands in front of django-tasks: the task is only the bell that wakes a worker. Whatever a job is, its function is
registered once with `registry.job_kind` and gets a `running.JobRun`. A worker that dies in mid-job leaves it without a
pulse; the next worker takes it up as a new *attempt*, and nothing the old attempt still says counts any more.
"""
