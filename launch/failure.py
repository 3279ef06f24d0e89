"""What stops ./run."""


class Failure(Exception):
    """Something is wrong: one plain sentence that says what, and what to do. Exit status 1."""


class Stopped(BaseException):
    """A person or a signal asked ./run to end. No error, so no handler of errors may catch it."""

    def __init__(self, signal_number: int) -> None:
        super().__init__(signal_number)
        self.signal_number = signal_number
