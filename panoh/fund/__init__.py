"""A fund: its books, and money for one person.

*Book*: the books of one fund, kept by one team, in one currency. *Line*: money of one source for
one purpose. Each line has four accounts — given by the source, free, promised, spent — and money
only moves along given → free → promised → spent. An *entry* is one such movement; its *postings*
make nought on every line, so no sum ever leaves its purpose. Nothing is changed afterwards: a
mistake is *reversed*. *Request*: money for one person, without a name and without a story; signed
by two people who are not its asker, or in the fast lane by one, and by the second afterwards.

Verbs: open_book, open_line, appropriate, close_month; ask, withdraw, approve, refuse, pay, receive,
take_back.

Basis: the relief fund of Tajikistan's law and programme as told by Umed (2019); rows D2 to D5. The
promises (no account below nought, two people, closed months, nothing off purpose, nothing changed)
are kept by PostgreSQL: ``migrations/books.sql``.
"""
