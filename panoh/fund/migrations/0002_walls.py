"""Who sees requests and books, and the functions of ``books.sql``, which keep every promise."""

from pathlib import Path

from django.db import migrations

from panoh.access.models.protection import Allow, Protect
from panoh.kernel.rules import Category

SQL = (Path(__file__).parent / "books.sql").read_text("utf-8")
DROP = """
DROP POLICY money_changes ON public.duties_duty;
DROP POLICY money_reads ON public.duties_duty;
DROP TRIGGER fund_check_entry ON public.fund_entry;
DROP TRIGGER fund_on_postings ON public.fund_posting;
DROP TRIGGER fund_on_entry ON public.fund_entry;
DROP TRIGGER fund_on_approval ON public.fund_approval;
DROP TRIGGER fund_keep_request ON public.fund_request;
DROP TRIGGER fund_on_line ON public.fund_line;
DROP TRIGGER fund_on_book ON public.fund_book;
DROP TRIGGER fund_for_ever ON public.fund_approval;
DROP TRIGGER fund_for_ever ON public.fund_posting;
DROP TRIGGER fund_for_ever ON public.fund_entry;
ALTER TABLE public.fund_approval DROP CONSTRAINT fund_approval_of_request;
ALTER TABLE public.fund_request DROP CONSTRAINT fund_request_in_currency;
ALTER TABLE public.fund_book DROP CONSTRAINT fund_book_in_currency;
ALTER TABLE public.fund_entry DROP COLUMN made_in;
DROP FUNCTION public.fund_check_entry();
DROP FUNCTION public.fund_check_request(public.fund_entry);
DROP FUNCTION public.fund_check_reversal(public.fund_entry);
DROP FUNCTION public.fund_on_postings();
DROP FUNCTION public.fund_on_entry();
DROP FUNCTION public.fund_on_approval();
DROP FUNCTION public.fund_keep_request();
DROP FUNCTION public.fund_on_line();
DROP FUNCTION public.fund_on_book();
DROP FUNCTION public.fund_for_ever();
DROP FUNCTION public.fund_refuse(text);
DROP FUNCTION public.fund_demand(int, text);
"""


class Migration(migrations.Migration):
    dependencies = [("fund", "0001_initial"), ("cases", "0002_walls"), ("duties", "0002_walls")]

    operations = [
        # Everybody may ask which funds there are; what is written into it a trigger decides.
        Allow("Book", app="select, insert, update (closed_through)"),
        Allow("Line", app="select, insert", owner="team:book_id"),
        Allow("Account", app="select", owner="team:book_id"),
        Allow("Entry", app="select, insert", owner="team:book_id"),
        Allow("Posting", app="select, insert", owner="team:book_id"),
        Allow("DayTotal", app="select", owner="team:book_id"),
        Protect("Request", category=Category.MONEY, also="book_id"),
        Allow("Approval", app="select, insert", owner="team:book_id"),
        migrations.RunSQL(SQL, DROP),
    ]
