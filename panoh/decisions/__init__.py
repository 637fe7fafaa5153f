"""Decisions: the status of a person, from the application to the outcome, and the time to recover.

Words: application, half page, receipt number, opinion, ruling, ground, notice, review, appeal;
recovery and reflection, entitlement, interview.
Verbs: file, ask for documents, supply, complete, decide, sign, tell, appeal, withdraw; begin and
end the time to recover, use what it gives, ask for an interview.
Basis: rows B4, B7, B8 (Umed 2019, OSCE 2015), B14 (CETS 197 art. 13 as a model); how the procedure
runs in law is not known, so no number of days and no article is invented here.
"""
