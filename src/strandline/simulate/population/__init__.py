"""Which systems, galaxies and stars a field or a stamp holds, and where."""

from strandline.simulate.population.planning import (
    FieldPlan,
    FieldRequest,
    Numbers,
    StampRequest,
    plan_field,
    plan_stamp,
)

__all__ = ["FieldPlan", "FieldRequest", "Numbers", "StampRequest", "plan_field", "plan_stamp"]
