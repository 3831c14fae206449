"""The command line: thin commands over `strandline.api`, which is imported only when one runs."""

# importing them adds the commands to the application, in the order of its help
from strandline.cli import imaging, surveying, learning, benchmarking, cataloguing  # noqa: I001
from strandline.cli import exploring, labelling
from strandline.cli.app import app
from strandline.cli.running import main

__all__ = [
    "app",
    "benchmarking",
    "cataloguing",
    "exploring",
    "imaging",
    "labelling",
    "learning",
    "main",
    "surveying",
]
