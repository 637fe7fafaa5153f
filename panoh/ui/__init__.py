"""Ui: the look and the words of every page — base templates, components, form rendering, css.

Words: a page extends ``ui/page.html`` (staff) or ``ui/public.html`` (everybody, with the button
"leave this page"); a component is a partial under ``templates/ui/`` and takes only what it is
given. It knows no room: labels arrive already lazy, in the reader's language.
"""
