"""The truth of a simulated survey: what is where."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
from numpy.typing import NDArray

from strandline.errors import TableError
from strandline.files import write_aside

__all__ = ["LEAST_VISIBLE_SHARE", "SurveyTruth", "TruthRow"]

LEAST_VISIBLE_SHARE = 0.01
"""Of a system's r light: a feature that holds less is no example of one."""

_UNLABELLED_KINDS = ("star", "background")


@dataclass(frozen=True)
class TruthRow:
    """One source of the survey; see `SurveyTruth` for the columns."""

    id: str
    field: str
    ra: float
    dec: float
    x: float
    y: float
    kind: str
    interacting: int
    mag_r: float
    seed: int
    visible: int = 0
    primary: str = ""
    morphology: str = ""
    redshift: float | None = None
    radius_arcsec: float | None = None
    cluster_redshift: float | None = None
    cluster_ra: float | None = None
    cluster_dec: float | None = None
    mass_ratio: float | None = None
    pericentre_kpc: float | None = None
    eccentricity: float | None = None
    circularity: float | None = None
    apocentre_kpc: float | None = None
    inclination_1_deg: float | None = None
    argument_1_deg: float | None = None
    inclination_2_deg: float | None = None
    argument_2_deg: float | None = None
    view_1_deg: float | None = None
    view_2_deg: float | None = None
    view_3_deg: float | None = None
    time_gyr: float | None = None
    separation_kpc: float | None = None
    relative_speed_kms: float | None = None
    gas_per_cm3: float | None = None
    wind_angle_deg: float | None = None
    length_kpc: float | None = None
    projected_kpc: float | None = None
    length_arcsec: float | None = None
    feature_sb: float | None = None
    feature_peak_sb: float | None = None
    feature_gr: float | None = None
    feature_angle_deg: float | None = None
    feature_fraction: float | None = None
    limit_sb: float | None = None
    mask: str = ""
    mask_number: int = 0


_TYPES = {str: pa.string(), float: pa.float64(), float | None: pa.float64(), int: pa.int64()}
_SCHEMA = pa.schema([(name, _TYPES[kind]) for name, kind in TruthRow.__annotations__.items()])


@dataclass(frozen=True)
class SurveyTruth:
    """Everything that was put into a simulated survey.

    Attributes
    ----------
    folder : Path
        Where the images and ``truth.csv`` are.
    table : pyarrow.Table
        One row a source that lies in a field. Angles are in degrees, on the sky from north to
        east; magnitudes AB; empty where a column makes no sense for a source.

        - ``id``; ``field``; ``ra``, ``dec`` (ICRS); ``x``, ``y`` (px in the field, 0-based).
        - ``kind``: see `strandline.simulate.plans.Kind`, or background (too faint and small to
          judge) or star. ``interacting`` 0/1. ``visible`` 0/1: whether the feature is brighter
          than ``limit_sb`` and holds a hundredth of the light or more.
        - ``primary``: id of the galaxy whose interaction this one takes part in (its own for
          primaries); ``morphology``; ``mag_r`` (without what it lost); ``redshift``;
          ``radius_arcsec`` (half-light, of the undisturbed galaxy); ``seed``.
        - ``cluster_redshift``, ``cluster_ra``, ``cluster_dec``: of the field's cluster.
        - The interaction: ``mass_ratio``, ``pericentre_kpc``, ``eccentricity``, ``circularity``,
          ``apocentre_kpc``, inclinations and arguments of the two discs, Euler angles ``view_``
          from the orbit to the sky, ``time_gyr`` since the first passage, the start of the fall
          or of the stripping, ``separation_kpc``, ``relative_speed_kms``, ``gas_per_cm3``,
          ``wind_angle_deg``.
        - Its feature, the primary's for companions: ``length_kpc`` (true), ``projected_kpc`` and
          ``length_arcsec`` on the sky, ``feature_sb`` and ``feature_peak_sb`` (r surface
          brightness, mag/arcsec2), ``feature_gr`` (g-r), ``feature_angle_deg``,
          ``feature_fraction`` of the r light.
        - ``limit_sb``: 3-sigma limit of the field in r in 10"x10", mag/arcsec2.
        - ``mask``: file in the folder, of which the pixels equal to ``mask_number`` show the
          feature above that limit; 0 where none does.
    """

    folder: Path
    table: pa.Table

    @classmethod
    def from_rows(cls, folder: Path, rows: Iterable[TruthRow]) -> "SurveyTruth":
        """Gather rows into a truth; nothing is written."""
        return cls(folder, pa.Table.from_pylist([asdict(row) for row in rows], schema=_SCHEMA))

    @classmethod
    def read(cls, folder: str | Path) -> "SurveyTruth":
        """Read the truth of a survey or of stamps made earlier.

        Parameters
        ----------
        folder : path
            Of the survey, or the CSV itself.

        Raises
        ------
        TableError
            When ``truth.csv`` is missing or lacks a column.
        """
        path = Path(folder)
        if path.suffix != ".csv":
            path /= "truth.csv"
        convert = pa.csv.ConvertOptions(
            column_types=_SCHEMA, include_columns=_SCHEMA.names, strings_can_be_null=False
        )
        try:
            table = pa.csv.read_csv(path, convert_options=convert)
        except FileNotFoundError as error:
            raise TableError(f"{path}: not found. Is it a simulated survey?") from error
        except (pa.ArrowInvalid, KeyError) as error:
            raise TableError(
                f"{path}: is not the truth of a simulated survey ({error}). Make the survey again."
            ) from error
        return cls(path.parent, table)

    def write(self, name: str = "truth.csv") -> Path:
        """Write the table as a CSV into the folder and return its path."""
        path = self.folder / name
        with write_aside(path) as aside:
            pa.csv.write_csv(self.table, aside)
        return path

    def column(self, name: str) -> NDArray[np.generic]:
        """Return one column as an array; empty numbers are NaN."""
        return np.asarray(self.table[name].to_numpy(zero_copy_only=False))

    def summary(self) -> str:
        """Return what there is as one line for people."""
        fields = len(set(self.column("field").tolist()))
        galaxies, interacting = int(self.is_galaxy.sum()), int(self.column("interacting").sum())
        seen = int(np.count_nonzero(self.column("visible")))
        return (
            f"{galaxies} galaxies in {fields} {'field' if fields == 1 else 'fields'}, "
            f"{interacting} of them interacting, {seen} visibly; "
            f"{len(self.table) - galaxies} stars and background galaxies"
        )

    @property
    def has_label(self) -> NDArray[np.bool_]:
        """Where a row has a label: a galaxy that is undisturbed, or visibly interacting."""
        invisible = (self.column("interacting") == 1) & (self.column("visible") == 0)
        return self.is_galaxy & ~np.asarray(invisible, dtype=np.bool_)

    @property
    def is_galaxy(self) -> NDArray[np.bool_]:
        """Where a row is a galaxy of the foreground: neither star nor background."""
        return np.asarray(~np.isin(self.column("kind").astype(str), _UNLABELLED_KINDS))
