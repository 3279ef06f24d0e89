"""What tests and benchmarks both stand on: real servers on loopback, and campaigns made up."""

from pathlib import Path

ROOT = Path(__file__).parent.parent
