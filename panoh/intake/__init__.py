"""Intake: the emergency desk, day and night, kept by state and organisations together.

Words: shift, empty shift, call, outcome, handover.
Verbs: plan and drop a shift, log a call, end it, hand over, take over, warn of an empty shift;
open a night call, hold a bed for it, or say what else was offered.
Basis: the emergency assistance unit with civil society (Umed 2019), row D1; every time limit here
is a service target, not law.
"""
