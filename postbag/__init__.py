"""The `postbag` command line: what operators and organisers do from a terminal."""
