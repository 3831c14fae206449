"""``inject``: simulated features and companions on real galaxies, with the truth."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from strandline.api.cutting import look
from strandline.api.injecting.choosing import choose_rows
from strandline.api.injecting.options import InjectOptions
from strandline.api.injecting.tables import inject_into_table
from strandline.api.injecting.tiles import inject_into_tiles
from strandline.errors import OptionError
from strandline.files import check_target, write_aside
from strandline.simulate.injection.truth import write_truth
from strandline.stamps import TABLE_MARKS, StampTable

__all__ = ["INJECTED_MARKS", "InjectionReport", "inject"]

INJECTED_MARKS = ("injected.csv",)
"""Entry by which a folder is known as a result of `inject`, which another may replace."""


@dataclass(frozen=True)
class InjectionReport:
    """What was injected.

    Attributes
    ----------
    folder : Path
    galaxies : int
        Hosts.
    kinds : Counter
        Features, by kind.
    photon_noise : bool
        Whether the noise of the added light's own photons could be added to all.
    redshift_assumed : bool
        Whether the redshift of any host was a guess.
    left_out : int
        Galaxies that are too faint or small for such features.
    """

    folder: Path
    galaxies: int
    kinds: "Counter[str]"
    photon_noise: bool
    redshift_assumed: bool
    left_out: int = 0

    def summary(self) -> str:
        """Return what the command line prints at the end."""
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(self.kinds.items()))
        lines = [f"{self.folder}: {self.galaxies} galaxies, injected: {kinds}"]
        if self.left_out:
            lines.append(
                f"{self.left_out} more were left out: such features would have too much of their "
                "light (see --max-fraction)."
            )
        if self.redshift_assumed:
            lines.append("Redshifts are assumed, so that lengths in kpc are; give --redshift.")
        if not self.photon_noise:
            lines.append(
                "The gain is unknown: the photon noise of the added light (far below that of the "
                "sky for faint features) was left out; give --gain."
            )
        return "\n".join(lines)


def inject(
    inputs: Sequence[str | Path],
    out: str | Path,
    *,
    kinds: Sequence[str] = ("tails", "stream", "shells", "jellyfish"),
    sb: str = "24:28",
    length_kpc: str = "20:100",
    redshift: float | None = None,
    psf: str | None = None,
    gain: str | None = None,
    rows: str | None = None,
    ids: Sequence[str] = (),
    count: int | None = None,
    most_fraction: float = 1.0,
    copies: int = 1,
    zeropoint: float | None = None,
    bands: Sequence[str] | None = None,
    seed: int = 0,
) -> InjectionReport:
    """Paint simulated features and companions on real galaxies; keep both versions and the truth.

    Parameters
    ----------
    inputs : sequence of paths
        One stamp table, or FITS images as for `strandline.api.stamps`.
    out : path
        Folder. Of a table: ``stamps.lance`` with each galaxy twice, as it is under its own id
        and with a feature under ``id+kind``, and ``labels.csv`` for `strandline.api.evaluate`. Of
        images: ``images/``, copies of all files with features added, ``positions.csv`` of the
        hosts, and, where each file holds one band, ``tiles-original.csv`` and
        ``tiles-injected.csv``. Always ``injected.csv``, the truth (columns:
        `strandline.simulate.injection.truth.InjectionTruth`), and ``masks/``.
    kinds : sequence of str
        Of `strandline.simulate.injection.plans.INJECTABLE`; each is injected as often. Of mergers
        and remnants only the debris and the second nucleus are; the host stays as it is.
    sb : str
        Mean r surface brightness, mag/arcsec2: ``24:28`` evenly, ``24,26`` any of these.
    length_kpc : str
        On the sky, from the centre to the far end; alike.
    redshift : float, optional
        Of all hosts. By default column ``redshift`` of the table, else 0.05.
    psf : str, optional
        FWHM of stars, arcsec: ``1.1`` or ``g=1.2,r=1.1``. By default the header's or the table's,
        else measured from stars.
    gain : str, optional
        Photoelectrons per nJy, alike. By default GAIN of the headers; where it is unknown the
        photon noise of the added light is left out.
    rows : str, optional
        Of a table: ``0:100`` or ``3,7,12``; by default all galaxies of flag-free photometry.
    ids : sequence of str, optional
        Hosts by name, whatever their flags.
    count : int, optional
        At most so many galaxies of a table, or on each tile.
    most_fraction : float
        Galaxies whose feature would have more than this share of their own light are left out:
        they are too faint or small for it.
    copies : int
        Versions of each galaxy of a table with a feature; kinds follow each other.
    zeropoint, bands
        Of images, as for `strandline.api.stamps`.
    seed : int
        The same seed, the same features.

    Raises
    ------
    OptionError
        For an option that makes no sense, bands that cannot be painted, unknown seeing.
    TableError
        For a table of pictures, or an id that is not in it.
    NothingFoundError
        If there is no galaxy to inject into.
    OutputError
        If `out` cannot be written, or holds other things.
    """
    out = Path(out)
    options = InjectOptions.parse(
        kinds=kinds,
        sb=sb,
        length_kpc=length_kpc,
        redshift=redshift,
        psf=psf,
        gain=gain,
        most_fraction=most_fraction,
        copies=copies,
        seed=seed,
    )
    if count is not None and count < 1:
        raise OptionError(f"count is {count}; it must be at least 1.")
    _keep_apart(inputs, out)
    check_target(out, INJECTED_MARKS)
    tables = [path for path in inputs if _is_table(Path(path))]
    if tables and (len(inputs) > 1 or zeropoint is not None or bands):
        raise OptionError(
            f"{tables[0]}: is a stamp table and comes alone, without zeropoint or bands."
        )
    if not tables and rows is not None:
        raise OptionError(f"rows is {rows!r}, but the inputs are images: name galaxies by ids.")
    if tables:
        table = StampTable.open(tables[0])
        chosen = choose_rows(table, rows=rows, ids=ids, count=count, seed=seed)
        with write_aside(out, marks=INJECTED_MARKS) as folder:
            folder.mkdir()
            truths, left_out = inject_into_table(table, chosen, options, folder, count)
            write_truth(truths, folder / "injected.csv")
    else:
        discovery, read = look(inputs, zeropoint, bands)
        with write_aside(out, marks=INJECTED_MARKS) as folder:
            folder.mkdir()
            truths, left_out = inject_into_tiles(
                discovery, read, options, folder, ids=ids, count=count
            )
            write_truth(truths, folder / "injected.csv")
    return InjectionReport(
        folder=out,
        galaxies=len({truth.original for truth in truths}),
        kinds=Counter(truth.kind for truth in truths),
        photon_noise=all(truth.photon_noise for truth in truths),
        redshift_assumed=any(truth.redshift_assumed for truth in truths),
        left_out=left_out,
    )


def _is_table(path: Path) -> bool:
    return path.suffix == ".lance" or any((path / mark).is_dir() for mark in TABLE_MARKS)


def _keep_apart(inputs: Sequence[str | Path], out: Path) -> None:
    """Refuse an input that the result would replace."""
    for path in inputs:
        if Path(path).exists() and Path(path).resolve().is_relative_to(out.resolve()):
            raise OptionError(
                f"{path}: is in {out}, which the result would replace. Choose another --out."
            )
