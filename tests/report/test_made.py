from strandline.report.made import card_lines


def test_a_card_is_told_line_by_line_without_curves_and_repetitions() -> None:
    encoder = {
        "format": 1,
        "recipe": "nnclr",
        "bands": ["g", "r"],
        "seed": 4,
        "created": "yesterday",
        "tables": [{"name": "field.lance", "stamps": 1200}],
        "history": {"epoch": [1, 2], "loss": [0.5, 0.25]},
    }
    card = {
        "name": "mine",
        "format": 1,
        "recipe": "nnclr",
        "bands": ["g", "r"],
        "seed": 3,
        "validation": {"auc": 0.81234, "labels": 40, "history": {"epoch": [1]}},
        "validation_scores": {"truth": [0, 1], "score": [0.1, 0.9]},
        "encoder": encoder,
        "nothing": None,
    }
    assert card_lines(card).name == "mine"
    assert card_lines(card).lines == (
        ("recipe", "nnclr"),
        ("bands", "g, r"),
        ("seed", "3"),
        ("validation", "AUC 0.812; labels 40"),
        ("encoder: seed", "4"),
        ("encoder: created", "yesterday"),
        ("encoder: tables", "name field.lance; stamps 1,200"),
    )


def test_long_lists_are_counted() -> None:
    assert card_lines({"losses": list(range(100))}).lines == (("losses", "100 values"),)
