"""Workers for long jobs: this machine's, or those of a cluster; what they need is an extra."""

from types import ModuleType

from strandline.errors import OptionError

__all__ = ["survey_package"]


def survey_package() -> ModuleType:
    """Return `strandline.survey`.

    Raises
    ------
    OptionError
        If the libraries that it needs are not installed.
    """
    try:
        from strandline import survey as package
    except ImportError as error:
        raise OptionError(
            f"Work on many workers needs further libraries ({error}). Install them: "
            "pip install 'strandline[survey]'."
        ) from error
    return package
