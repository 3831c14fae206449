"""The exceptions of the house.

Each message names the file, the value received, what was expected and what to do next. All
derive from `StrandlineError`, which the command line prints without a traceback, and all survive
pickling between processes because their arguments are their message.
"""

__all__ = [
    "LabelError",
    "ModelError",
    "NothingFoundError",
    "OptionError",
    "OutputError",
    "RecipeError",
    "StrandlineError",
    "TableError",
    "TileError",
    "TrainingError",
]


class StrandlineError(Exception):
    """Something the user can mend; the message says how."""


class OptionError(StrandlineError, ValueError):
    """An option or argument has a value that makes no sense."""


class TileError(StrandlineError):
    """An image cannot be read as a patch of sky."""


class NothingFoundError(StrandlineError):
    """The inputs were readable but held nothing to work on."""


class TableError(StrandlineError):
    """A stamp table is missing, incomplete or does not hold what is asked of it."""


class LabelError(StrandlineError):
    """A file or a store of labels cannot be used."""


class RecipeError(StrandlineError):
    """A recipe is unknown or has unknown or impossible settings."""


class ModelError(StrandlineError):
    """A model folder is missing, incomplete or does not fit the table."""


class TrainingError(StrandlineError):
    """Training cannot start or had to stop (too few labels, NaN loss, collapse)."""


class OutputError(StrandlineError):
    """A result could not be written (full disk, no permission, exists already)."""
