"""Referrals: ask another service to help one person, with the least data and her consent.

Words: referral, packet (what acceptance opens), minimum (what is seen before), reply due, by
telephone, outcome, source and destination.
Verbs: draft, send, receive, ask for information, answer, accept, accept by telephone, confirm,
decline, propose another, complete, hand over, withdraw, escalate.
Basis: the referral mechanism itself (OSCE 2009; Umed 2019); lifecycle RF-1, clocks RF-2.
"""
