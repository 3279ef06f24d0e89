"""The domain: letters, campaigns and the books. It knows neither Flask nor RQ.

Data flows one way: a :class:`~letters.submission.Submission` becomes rows, a worker claims
them, and what the world answers goes through :func:`letters.states.advance` and nowhere else.
"""
