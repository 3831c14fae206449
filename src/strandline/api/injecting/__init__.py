"""``inject``: simulated features and companions on real galaxies, with the truth."""

from strandline.api.injecting.command import InjectionReport, inject

__all__ = ["InjectionReport", "inject"]
