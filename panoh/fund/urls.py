"""Addresses of the fund: references and keys only."""

from django.urls import path

from panoh.fund.views import asking, books, deciding

app_name = "fund"
urlpatterns = [
    path("", deciding.queue, name="list"),
    path("open/", books.open_book, name="open"),
    path("lines/add/", books.add_line, name="add_line"),
    path("lines/<uuid:line_id>/", books.line, name="line"),
    path("lines/<uuid:line_id>/<uuid:entry_id>/reverse/", books.reverse, name="reverse"),
    path("accounts/<int:account_id>/", books.statement, name="statement"),
    path("accounts/<int:account_id>/<str:code>/", books.statement_file, name="statement_file"),
    path("balance/", books.balance, name="balance"),
    path("balance/<str:code>/", books.balance_file, name="balance_file"),
    path("cost/", books.cost, name="cost"),
    path("cost/<str:code>/", books.cost_file, name="cost_file"),
    path("close/", books.close, name="close"),
    path("duties/<uuid:duty_id>/", deciding.of_duty, name="of_duty"),
    path("asked/<str:request_ref>/", deciding.one, name="request"),
    path("asked/<str:request_ref>/sign/", deciding.approve, name="approve"),
    path("asked/<str:request_ref>/pay/", deciding.pay, name="pay"),
    path("asked/<str:request_ref>/refuse/", deciding.refuse, name="refuse"),
    path("asked/<str:request_ref>/back/", deciding.take_back, name="take_back"),
    path("for/<str:ref>/", asking.person, name="person"),
    path("for/<str:ref>/<uuid:money_id>/receipt/", asking.receipt, name="receipt"),
    path("for/<str:ref>/<uuid:money_id>/withdraw/", asking.withdraw, name="withdraw"),
]
