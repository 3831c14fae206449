"""What people write of a galaxy in their own words."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID, uuid4

from strandline.errors import LabelError
from strandline.labels.votes import Galaxy, check_person

__all__ = ["LONGEST_NOTE", "Note"]

LONGEST_NOTE = 4000


@dataclass(frozen=True)
class Note:
    """One person's note on one galaxy; a later one stands beside it.

    Attributes
    ----------
    galaxy : Galaxy
    text : str
        Plain text, at most `LONGEST_NOTE` characters; whoever shows it has to escape it.
    person : str
    written_at : datetime
        With its zone; by default now.
    key : UUID
        Made where it is written, so that a note that is sent twice is stored once.

    Raises
    ------
    LabelError
        If the text is empty or too long, or the person has no name.
    """

    galaxy: Galaxy
    text: str
    person: str
    written_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    key: UUID = field(default_factory=uuid4)

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", self.text.strip())
        object.__setattr__(self, "person", check_person(self.person, self.galaxy.id))
        if not 0 < len(self.text) <= LONGEST_NOTE or "\0" in self.text:
            raise LabelError(
                f"note on {self.galaxy.id!r}: has {len(self.text)} characters; expected 1 to "
                f"{LONGEST_NOTE} of plain text."
            )
        if self.written_at.tzinfo is None:
            raise LabelError(f"note on {self.galaxy.id!r}: written_at has no time zone; give UTC.")
