"""Directory: who can help — organisations, their services, how to reach them, what nobody offers.

Words: organisation, service, area (places served), reach (district, region, country), stale entry,
unmet need.
Verbs: add, change, set contacts, put a service, drop a service, confirm, archive; count an unmet
need. No personal data stands here; a shelter's address is never listed.
Basis: the law unites central, local and village bodies, state, non-state, international, media and
citizens (Umed 2019); women, men and children are helped alike (OSCE 2015).
"""
