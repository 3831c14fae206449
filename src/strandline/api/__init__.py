"""The commands as Python functions: ``from strandline import api; api.find(["images/"], "run")``.

Each function is what the command of the same name calls. Importing this package is cheap; what a
function needs is imported when it is first asked for.
"""

from typing import TYPE_CHECKING

from strandline.lazy import lazily

if TYPE_CHECKING:
    from strandline.api.benchmark_measuring import benchmark_measuring
    from strandline.api.benchmarking import benchmark
    from strandline.api.combining import combine
    from strandline.api.cutting import stamps
    from strandline.api.demonstration import demo
    from strandline.api.discovering import novelty
    from strandline.api.erasing import erase
    from strandline.api.exploring import search
    from strandline.api.exporting import export
    from strandline.api.fewshot import newclass
    from strandline.api.finding import find
    from strandline.api.injecting import inject
    from strandline.api.joining import join
    from strandline.api.judging import evaluate
    from strandline.api.labelling import define_class, export_labels, import_labels, label_summary
    from strandline.api.looking import explore
    from strandline.api.measuring import measure
    from strandline.api.preparing import prepare_table
    from strandline.api.probing import nuisance
    from strandline.api.scoring import classify, embed
    from strandline.api.shaping import shapes
    from strandline.api.simulating import simulate
    from strandline.api.subjects import label_subjects
    from strandline.api.surroundings import environment
    from strandline.api.surveying import survey
    from strandline.api.tracing import train_tracer
    from strandline.api.training import pretrain, train

__all__ = [
    "benchmark",
    "benchmark_measuring",
    "classify",
    "combine",
    "define_class",
    "demo",
    "embed",
    "environment",
    "erase",
    "evaluate",
    "explore",
    "export",
    "export_labels",
    "find",
    "import_labels",
    "inject",
    "join",
    "label_subjects",
    "label_summary",
    "measure",
    "newclass",
    "novelty",
    "nuisance",
    "prepare_table",
    "pretrain",
    "search",
    "shapes",
    "simulate",
    "stamps",
    "survey",
    "train",
    "train_tracer",
]

_HOMES = {
    "benchmark": "benchmarking",
    "benchmark_measuring": "benchmark_measuring",
    "combine": "combining",
    "stamps": "cutting",
    "demo": "demonstration",
    "novelty": "discovering",
    "newclass": "fewshot",
    "erase": "erasing",
    "search": "exploring",
    "explore": "looking",
    "prepare_table": "preparing",
    "export": "exporting",
    "find": "finding",
    "classify": "scoring",
    "embed": "scoring",
    "shapes": "shaping",
    "inject": "injecting",
    "join": "joining",
    "evaluate": "judging",
    "define_class": "labelling",
    "export_labels": "labelling",
    "import_labels": "labelling",
    "label_summary": "labelling",
    "label_subjects": "subjects",
    "simulate": "simulating",
    "environment": "surroundings",
    "survey": "surveying",
    "measure": "measuring",
    "nuisance": "probing",
    "pretrain": "training",
    "train": "training",
    "train_tracer": "tracing",
}

__getattr__ = lazily(__name__, _HOMES)
