"""Tell what is not translated; with the word "update", write it into the files to fill in."""

import sys

from letters.languages import CATALOGUES, catalogue
from translations.catalogues import TRANSLATED, problems, read, sentences, update


def main(arguments: list[str]) -> int:
    """Return the exit status: 1 where something is not translated."""
    if arguments == ["update"]:
        for language in TRANSLATED:
            update(language)
    source = sentences()
    wrong = [
        f"{catalogue(language).relative_to(CATALOGUES.parent)}: {problem}"
        for language in TRANSLATED
        for problem in problems(source, read(language))
    ]
    print("\n".join(wrong) or "Every sentence is translated.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
