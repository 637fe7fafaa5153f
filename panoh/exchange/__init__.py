"""What comes in from other machines: cases with HTCDS 2.0 field names, as CSV or XLSX.

An *import* is one file of one account, cut into *parts* of a few hundred rows, sealed to that
account's own key. Steps: start, confirm (if the letters had to be guessed), check, run, take back.
Rows join the account's team and open nothing to anybody else.
Basis: IOM Human Trafficking Case Data Standard 2.0 (CC BY 4.0).
"""
