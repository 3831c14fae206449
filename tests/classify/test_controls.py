import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from strandline.classify.controls import Fit, shape_forest, shape_logistic, size_and_brightness
from strandline.shapes import CONTROL_NAMES, SHAPE_NAMES

CONTROLS = [SHAPE_NAMES.index(name) for name in CONTROL_NAMES]


@pytest.mark.parametrize("fit", [shape_forest, shape_logistic, size_and_brightness])
@pytest.mark.parametrize("told_by", ["shapes", "controls"])
def test_each_sees_only_its_own_columns(fit: Fit, told_by: str) -> None:
    random = np.random.default_rng(0)
    values = (np.arange(300) % 2).astype(np.int64)
    features = random.normal(size=(300, len(SHAPE_NAMES))).astype(np.float32)
    inside = np.arange(len(SHAPE_NAMES))
    told = np.isin(inside, CONTROLS) == (told_by == "controls")
    features[:, told] += 2 * values[:, None]
    score = fit(features[:150], values[:150], 0)(features[150:])
    auc = roc_auc_score(values[150:], score)
    if (fit is size_and_brightness) == (told_by == "controls"):
        assert auc > 0.95
    else:
        assert auc == pytest.approx(0.5, abs=0.15)  # 3 sigma of 150 galaxies


@pytest.mark.parametrize("fit", [shape_forest, shape_logistic, size_and_brightness])
def test_missing_values_are_no_obstacle(fit: Fit) -> None:
    random = np.random.default_rng(0)
    values = (np.arange(60) % 2).astype(np.int64)
    features = random.normal(size=(60, len(SHAPE_NAMES))).astype(np.float32)
    features[random.random(features.shape) < 0.2] = np.nan
    features[:, 3] = np.nan
    assert np.isfinite(fit(features, values, 0)(features)).all()


def test_forest_is_the_same_for_the_same_seed() -> None:
    random = np.random.default_rng(0)
    values = (np.arange(60) % 2).astype(np.int64)
    features = random.normal(size=(60, len(SHAPE_NAMES))).astype(np.float32)
    first, again, other = (shape_forest(features, values, s)(features) for s in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
