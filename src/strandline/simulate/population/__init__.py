"""Which systems, galaxies and stars a field or a stamp holds, and where."""

from strandline.simulate.population.planning import plan_field, plan_stamp
from strandline.simulate.population.requests import (
    FieldPlan,
    FieldRequest,
    Numbers,
    StampRequest,
)

__all__ = ["FieldPlan", "FieldRequest", "Numbers", "StampRequest", "plan_field", "plan_stamp"]
