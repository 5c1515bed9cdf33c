"""Side-by-side timings, run by hand and by `make bench`."""

import sys
from pathlib import Path

# The bot's package, which is installed nowhere.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "lambda"))
