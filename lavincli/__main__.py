"""``python -m lavincli`` is the command ``lavin``."""

import sys

from lavincli.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
