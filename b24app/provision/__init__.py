"""Presets on a portal: survey it, plan what is missing, create it, watch for drift, take the app away."""

from b24app.provision.apply import Failure, Report, apply_plan
from b24app.provision.audit import audit_data, audit_lines
from b24app.provision.binding import Binding, load_binding, manifest, save_binding
from b24app.provision.drift import Finding, drift, without_lost
from b24app.provision.memory import watch_since
from b24app.provision.plan import Plan, make_plan
from b24app.provision.removal import kept, removal
from b24app.provision.run import carry_out, check_drift
from b24app.provision.state import Survey
from b24app.provision.steps import Step
from b24app.provision.survey import survey

__all__ = [
    "Binding",
    "Failure",
    "Finding",
    "Plan",
    "Report",
    "Step",
    "Survey",
    "apply_plan",
    "audit_data",
    "audit_lines",
    "carry_out",
    "check_drift",
    "drift",
    "kept",
    "load_binding",
    "make_plan",
    "manifest",
    "removal",
    "save_binding",
    "survey",
    "watch_since",
    "without_lost",
]
