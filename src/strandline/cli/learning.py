"""Learning, and how well: ``pretrain``, ``train``, ``combine``, ``nuisance``."""

from pathlib import Path
from typing import Annotated

import typer

from strandline.cli.app import app, show
from strandline.cli.options import Epochs, OneModel, Seed, Table

__all__ = ["combine", "nuisance", "pretrain", "train", "train_tracer"]


@app.command(
    epilog="Example: strandline pretrain stamps.lance --recipe brown2025-nnclr --out encoder"
)
def pretrain(
    tables: Annotated[
        list[Path], typer.Argument(metavar="TABLE...", help="Stamp tables of the same bands.")
    ],
    out: Annotated[Path, typer.Option(help="Folder for the model.")],
    recipe: Annotated[
        str, typer.Option(help="Name of a recipe, or a TOML file.")
    ] = "brown2025-nnclr",
    labels: Annotated[
        list[str] | None,
        typer.Option(help="Labels of the first table, for a hybrid recipe; repeat for the next."),
    ] = None,
    epochs: Epochs = None,
    devices: Annotated[
        int, typer.Option(min=1, help="GPUs (or processes) that divide every batch.")
    ] = 1,
    seed: Seed = 0,
) -> None:
    """Train an encoder on unlabelled stamps by self-supervision, or also on labels."""
    from strandline import api

    model = api.pretrain(
        tables,
        out,
        labels=labels or (),
        recipe=recipe,
        epochs=epochs,
        devices=devices,
        seed=seed,
    )
    typer.echo(f"{out}: {model.summary()}")


@app.command(
    epilog="Example: strandline train stamps.lance --labels labels.csv "
    "--recipe brown2025-cnn --out cnn"
)
def train(
    table: Table,
    labels: Annotated[
        str,
        typer.Option(
            help="CSV with id or file, and label: 1/0 or interacting/non_interacting; "
            "or a store: sqlite:///labels.db?class=tail."
        ),
    ],
    out: Annotated[Path, typer.Option(help="Folder for the model.")],
    recipe: Annotated[
        str | None,
        typer.Option(help="Name or TOML file. [default: the encoder's, else brown2025-cnn]"),
    ] = None,
    encoder: Annotated[
        str | None, typer.Option(help="A pretrained model to train a classifier on.")
    ] = None,
    head: Annotated[
        str | None,
        typer.Option(
            help="On an encoder: lda, logistic, knn, forest, blend, finetune or best. "
            "[default: the recipe's]"
        ),
    ] = None,
    shapes: Annotated[
        str | None,
        typer.Option(
            help="Shape statistics for the head: none, beside the features, or only. "
            "[default: the recipe's]"
        ),
    ] = None,
    epochs: Epochs = None,
    seed: Seed = 0,
) -> None:
    """Train a classifier on labels: end to end, or on a pretrained encoder."""
    from strandline import api

    model = api.train(
        table,
        labels,
        out,
        recipe=recipe,
        encoder=encoder,
        head=head,
        shapes=shapes,
        epochs=epochs,
        seed=seed,
    )
    typer.echo(f"{out}: {model.summary()}")


@app.command(
    epilog="Example: strandline train-tracer sim.lance --out mine.safetensors, after strandline "
    "simulate sim.lance --stamps 6000 --features"
)
def train_tracer(
    tables: Annotated[
        list[Path],
        typer.Argument(help="Simulated stamp tables with their features' light beside them."),
    ],
    out: Annotated[Path, typer.Option(help="File to write, .safetensors.")],
    start: Annotated[
        Path | None,
        typer.Option(help="A tracer to train further; with --epochs 0 only how it weighs light."),
    ] = None,
    epochs: Annotated[int | None, typer.Option(min=0, help="Instead of 40.")] = None,
    seed: Seed = 0,
) -> None:
    """Train the network that outlines tails, streams and shells for `measure`."""
    from strandline import api

    typer.echo(api.train_tracer(tables, out, epochs=epochs, seed=seed, start=start).summary())


@app.command(
    epilog="Example: strandline combine nnclr cnn --table stamps.lance --labels labels.csv "
    "--out both"
)
def combine(
    models: Annotated[
        list[str],
        typer.Argument(metavar="MODEL...", help="Trained models, by folder or name."),
    ],
    out: Annotated[Path, typer.Option(help="Folder for the model that holds them all.")],
    table: Annotated[
        Path | None, typer.Option(help="Stamp table whose validation part tells the weights.")
    ] = None,
    labels: Annotated[
        str | None,
        typer.Option(help="CSV or store of labels of the table. [default: all models count alike]"),
    ] = None,
    description: Annotated[str, typer.Option(help="What it is, for its card.")] = "",
    seed: Seed = 0,
) -> None:
    """Make one model of several, each with the weight that validation labels give it."""
    from strandline import api

    made = api.combine(models, out, table=table, labels=labels, description=description, seed=seed)
    typer.echo(f"{out}: {made.summary()}")


@app.command(epilog="Example: strandline erase stamps.lance --model encoder --out blind")
def erase(
    tables: Annotated[
        list[Path], typer.Argument(metavar="TABLE...", help="Stamp tables; their training part.")
    ],
    model: OneModel,
    out: Annotated[Path, typer.Option(help="Folder for the new model, an encoder.")],
    nuisances: Annotated[
        str,
        typer.Option(
            help="Of noise, depth, blur, shift, rotation, field; separated by commas. "
            "[default: the recipe's, or all but field]"
        ),
    ] = "",
    count: Annotated[int | None, typer.Option(min=100, help="Stamps to look at.")] = None,
    seed: Seed = 0,
) -> None:
    """Make a model's features forget noise, depth, blur, shift and rotation: no line tells them."""
    from strandline import api

    chosen = [name.strip() for name in nuisances.split(",") if name.strip()]
    made = api.erase(tables, model, out, nuisances=chosen, count=count, seed=seed)
    typer.echo(f"{out}: {made.summary()}")


@app.command(epilog="Example: strandline nuisance stamps.lance --model encoder --labels labels.csv")
def nuisance(
    table: Table,
    model: OneModel,
    labels: Annotated[
        str | None, typer.Option(help="CSV or store of labels: what it knows of interactions, too.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="JSON to write.")] = None,
    count: Annotated[int, typer.Option(min=20, help="Galaxies to look at, at random.")] = 2000,
    seed: Seed = 0,
) -> None:
    """Measure what a model's embedding knows of seeing, noise, offset, rotation and field."""
    from strandline import api

    report = api.nuisance(table, model, labels=labels, out=out, count=count, seed=seed)
    show(report.lines())
    for name, reason in report.left_out.items():
        typer.echo(f"{name} was left out: {reason}")
