"""What claims letters, paces them, sends them, and sweeps up after crashes.

`python -m worker` is one process to run: it sweeps, and keeps an RQ worker beside it whose jobs
drain the queue (:mod:`worker.drain`). Jobs carry no data.
"""
