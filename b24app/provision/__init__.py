"""Presets on a portal: survey it, plan what is missing, create it, watch for drift, take the app away."""

from b24app.provision.apply import Failure, Report, apply_plan
from b24app.provision.binding import Binding, load_binding, manifest, save_binding
from b24app.provision.plan import Plan, make_plan
from b24app.provision.state import Survey
from b24app.provision.steps import Step
from b24app.provision.survey import survey

__all__ = [
    "Binding",
    "Failure",
    "Plan",
    "Report",
    "Step",
    "Survey",
    "apply_plan",
    "load_binding",
    "make_plan",
    "manifest",
    "save_binding",
    "survey",
]
