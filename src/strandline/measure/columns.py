"""The columns of a table of measurements: what each is, and in which unit."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import pyarrow as pa

__all__ = ["Column", "columns_of", "schema_of"]


@dataclass(frozen=True)
class Column:
    """A column.

    Attributes
    ----------
    name : str
    unit : str
        As astropy reads it; '' where there is none.
    meaning : str
    kind : str
        ``float``, ``int`` or ``text``.
    """

    name: str
    unit: str
    meaning: str
    kind: str = "float"


_GENERAL = (
    Column("features", "", "number of features found", "int"),
    Column("kind", "", "what the most significant one looks like", "text"),
    Column("score", "", "log-odds that it is one, shifted to 0 at the default"),
    Column("significance", "", "of all its light, in sigma"),
    Column("main_share", "", "its share of the light of all features"),
    Column("shells", "", "how many features are shells", "int"),
    Column("shell_radii_arcsec", "", "distances (arcsec) of shells from the host, by ;", "text"),
    Column("limit_sb", "mag/arcsec2", "down to which features reach, mean of all bands"),
)
_LENGTHS = (
    ("length", "of the most significant feature along its ridge"),
    ("straight", "from end to end of its ridge"),
    ("width", "across the ridge, full width at half maximum, without seeing"),
    ("reach", "from the host's centre to the far end (97 % of the light)"),
)
_DIRECTIONS = (
    Column("position_angle_deg", "deg", "of the farther half from the host, east of north"),
    Column("position_angle_deg_err", "deg", "its error"),
    Column("bend_deg", "deg", "angle by which the ridge turns from end to end"),
    Column("curvature_deg_arcsec", "deg/arcsec", "that angle over the length"),
)
_TIMES = (
    Column("dynamical_gyr", "Gyr", "time to go as far at the speed of the next columns, median"),
    Column("dynamical_low_gyr", "Gyr", "16th percentile over projections"),
    Column("dynamical_high_gyr", "Gyr", "84th percentile over projections"),
    Column("dynamical_speed_kms", "km/s", "speed assumed: rotation, or infall if stripped"),
)
_AGES = (
    Column("age_gyr", "Gyr", "of a single burst of stars of these colours, median"),
    Column("age_low_gyr", "Gyr", "16th percentile, dust and metallicity left open"),
    Column("age_high_gyr", "Gyr", "84th percentile"),
    Column("transverse_kms", "km/s", "reach over that age: speed across the sky, median"),
    Column("transverse_low_kms", "km/s", "16th percentile"),
    Column("transverse_high_kms", "km/s", "84th percentile"),
    Column("speed_kms", "km/s", "the same in space, over all directions, median"),
    Column("speed_low_kms", "km/s", "16th percentile"),
    Column("speed_high_kms", "km/s", "84th percentile"),
)
_CLUSTER = (
    Column("cluster", "", "in which it is placed, of a table of clusters", "text"),
    Column("cluster_distance_kpc", "kpc", "to the cluster's centre, on the sky"),
    Column("cluster_angle_deg", "deg", "direction to the cluster's centre, east of north"),
    Column("tail_to_centre_deg", "deg", "between the feature and that direction, 0 to 180"),
    Column("infall_angle_deg", "deg", "direction of motion of a stripped galaxy: against the tail"),
    Column("line_of_sight_kms", "km/s", "of the galaxy relative to the cluster"),
    Column("to_centre_kms", "km/s", "part of the transverse speed towards the centre, median"),
    Column("to_centre_low_kms", "km/s", "16th percentile; below 0 is away from the centre"),
    Column("to_centre_high_kms", "km/s", "84th percentile"),
)


def columns_of(bands: Sequence[str]) -> tuple[Column, ...]:
    """Return the columns of measurements in some bands, blue to red."""
    out = list(_GENERAL)
    for unit in ("arcsec", "kpc"):
        for name, meaning in _LENGTHS:
            out.append(Column(f"{name}_{unit}", unit, meaning))
            out.append(Column(f"{name}_{unit}_err", unit, "its error"))
        out.append(Column(f"area_{unit}2", f"{unit}2", "of all features"))
        meaning = "where features have most of the light"
        out.append(Column(f"clear_area_{unit}2", f"{unit}2", meaning))
    out += _DIRECTIONS
    for band in bands:
        out += _of_band(band)
    for blue, red in pairwise(bands):
        out += [
            Column(f"colour_{blue}_{red}", "mag", f"{blue}-{red} of all features, AB"),
            Column(f"colour_{blue}_{red}_err", "mag", "its error"),
            Column(f"host_colour_{blue}_{red}", "mag", f"{blue}-{red} of the host's model"),
        ]
    for name, where in (
        ("inner", "within the half-light isophote"),
        ("outer", "from there to four times as far"),
        ("blue_red", "outer asymmetry in the bluest band less that in the reddest"),
    ):
        out.append(Column(f"asymmetry_{name}", "", f"rms asymmetry {where}"))
        out.append(Column(f"asymmetry_{name}_err", "", "its error"))
    return (
        *out,
        *_TIMES,
        *_AGES,
        *_CLUSTER,
        Column("measure_flags", "", "MeasureFlag bits", "int"),
    )


def _of_band(band: str) -> list[Column]:
    return [
        Column(f"flux_{band}_njy", "nJy", f"of all features, {band}"),
        Column(f"flux_{band}_err_njy", "nJy", "its error"),
        Column(f"clear_flux_{band}_njy", "nJy", f"of them on clear_area_arcsec2, {band}"),
        Column(f"clear_flux_{band}_err_njy", "nJy", "its error"),
        Column(f"share_{band}", "", f"that flux over the host's, {band}"),
        Column(f"share_{band}_err", "", "its error"),
        Column(f"sb_{band}", "mag/arcsec2", f"mean surface brightness, {band}"),
        Column(f"sb_{band}_err", "mag/arcsec2", "its error"),
        Column(f"sb_peak_{band}", "mag/arcsec2", f"of the brightest place, {band}"),
        Column(f"sb_peak_{band}_err", "mag/arcsec2", "its error"),
        Column(f"host_mag_{band}", "mag", f"of the host's model, {band}, AB"),
    ]


def schema_of(bands: Sequence[str]) -> pa.Schema:
    """Return the columns as an Arrow schema, units and meanings as metadata of the fields."""
    types = {"float": pa.float64(), "int": pa.int32(), "text": pa.string()}
    return pa.schema(
        [
            pa.field(
                one.name,
                types[one.kind],
                metadata={"description": one.meaning} | ({"unit": one.unit} if one.unit else {}),
            )
            for one in columns_of(bands)
        ]
    )
