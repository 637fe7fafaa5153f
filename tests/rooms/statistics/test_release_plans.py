"""Plans of releases: what makes one impossible is said in its own words."""

import pytest

from panoh.statistics.rules.making import plan_of
from panoh.statistics.rules.release import official_plan
from panoh.statistics.rules.release import plan as plans
from panoh.statistics.rules.release.plan_parts import BadPlan

B = """name = "Fictional release"
epsilon = 4
n_pub = 3000
MORE
[[columns]]
name = "sex"
values = ["woman", "man"]
[[columns]]
name = "place"
values = ["north", "south"]
[[columns]]
name = "age"
values = ["0", "18"]
"""
A = (
    B.replace("epsilon = 4\nn_pub = 3000", 'path = "A"\nsensitive = []')
    + """[[tables]]
columns = ["sex", "place"]
"""
)
COLUMNS = B[B.index("[[columns]]") :]


def of_both(*faults: tuple[str, str, str]) -> list[tuple[str, str, str, str]]:
    """The same fault in a plan of either path."""
    return [(base, *one) for base in (A, B) for one in faults]


# A plan, what stands in it, what is put in its place, what is said.
FAULTS = [
    *of_both(
        ("MORE", "x = = 1", "not TOML"),
        ("MORE", "x = 1", "unknown key 'x'"),
        ("MORE", "k = 1", "k is a whole number from"),
        ("MORE", "k = -1", "k is a whole number from 0"),
        ("MORE", "k = true", "k is a whole number from 0"),
        ('name = "Fictional release"', "", "name is a text and is missing"),
        ('name = "Fictional release"', 'name = " "', "name is a text"),
        ('name = "Fictional release"', "name = 3", "name is a text"),
        ("MORE", "population = 3", "population is a text"),
        ("MORE", "audience = 3", "audience is a text"),
        ("MORE", "licence = 3", "licence is a text"),
        ("MORE", "person = 3", "person is a text"),
        ("MORE", 'person = "sex"', "person: 'sex' tells people apart and stands in no table"),
        ("MORE", "words = 3", "words holds texts by language"),
        ("MORE", 'words = {xx = "text"}', "words holds texts by language"),
        ("MORE", "words = {en = 3}", "words holds texts by language"),
        ("MORE", "approvers = 3", "approvers is a list of accounts"),
        ("MORE", "approvers = [3]", "approvers is a list of accounts"),
        ("MORE", 'approvers = [" "]', "approvers is a list of accounts"),
        ("MORE", 'approvers = ["a", " a"]', "approvers is a list of accounts"),
        ("MORE", "forbidden = [3]", "names two columns or more"),
        ("MORE", 'forbidden = {sex = "man"}', "names two columns or more"),
        ("MORE", 'forbidden = [{sex = "man", x = "y"}]', "'x' is no column of the plan"),
        ("MORE", 'forbidden = [{sex = "man", age = "9"}]', "'9' is no value of 'age'"),
        ("MORE", 'forbidden = [{sex = "man", age = ""}]', "'' is no value of 'age'"),
        (COLUMNS, "", "columns are missing"),
        (COLUMNS, "columns = 3\n", "columns are missing"),
        (COLUMNS, "columns = [1, 2]\n", "column 1 has name, values"),
        (COLUMNS, COLUMNS[: COLUMNS.index("[[columns]]", 1)], "1 columns: from 2 to 60"),
        (COLUMNS, COLUMNS * 21, "63 columns: from 2 to 60"),
        ('name = "age"', 'name = "age"\nlabel = "x"', "column 3 has name, values"),
        ('name = "age"', "", "column 3 has no name"),
        ('name = "age"', "name = 3", "column 3 has no name"),
        ('name = "age"', 'name = "sex"', "two columns have one name"),
        ('name = "age"', 'name = "=1+1"', "runs as a formula"),
        ('name = "age"', 'name = "age"\ncodebook = 3', "codebook is a text"),
        ('values = ["0", "18"]', "", "age: values is a list of texts or whole numbers"),
        ('values = ["0", "18"]', "values = [true]", "age: values is a list of texts"),
        ('values = ["0", "18"]', "values = [1.5]", "age: values is a list of texts"),
        ('values = ["0", "18"]', 'values = [""]', "age: from 1 to 5000 values, each once"),
        ('values = ["0", "18"]', 'values = ["1", 1]', "age: from 1 to 5000 values, each once"),
        ('"18"]', '"18"]\nparents = 3', "age: parents maps some of the values"),
        ('"18"]', '"18"]\nparents = {18 = ""}', "age: parents maps some of the values"),
        ('"18"]', '"18"]\nparents = {18 = 3}', "age: parents maps some of the values"),
        ('"18"]', '"18"]\nparents = {19 = "x"}', "age: parents maps some of the values"),
        ('"18"]', '"18"]\nparents = {18 = "@x"}', "age: a text that begins with ="),
    ),
    (B, "epsilon = 4", "", "epsilon is missing"),
    (B, "epsilon = 4", "epsilon = true", "epsilon is a number"),
    (B, "epsilon = 4", "epsilon = nan", "epsilon is a number"),
    (B, "epsilon = 4", "epsilon = inf", "epsilon is a number"),
    (B, "epsilon = 4", "epsilon = 0", "epsilon is a number above 0 and at most 50"),
    (B, "epsilon = 4", "epsilon = 51", "epsilon is a number above 0 and at most 50"),
    (B, "n_pub = 3000", "n_pub = 1.5", "n_pub is a whole number from 0"),
    (B, "n_pub = 3000", "n_pub = 99", "n_pub: under 100 people nothing is released"),
    (B, "n_pub = 3000", "n_pub = 5000001", "n_pub is at most 5000000"),
    (B, "MORE", "delta = 0", "delta is a number above 0"),
    (B, "MORE", "delta = 0.01", "delta is a number above 0"),
    (B, "MORE", "delta = 5e-5", "delta is above 1 / "),
    (B, "MORE", "cap_rho = 0", "cap_rho is a number above 0"),
    (B, "MORE", "rows = 0", "rows is a number from 1 to"),
    (B, "MORE", "rows = 5000001", "rows is a number from 1 to"),
    (B, "MORE", 'shares = "all"', "shares are three numbers"),
    (B, "MORE", "shares = [1, 1]", "shares are three numbers"),
    (B, "MORE", "shares = [1, 1, -1]", "shares are three numbers"),
    (B, "MORE", "shares = [1, 1, inf]", "shares are three numbers"),
    (B, "MORE", "shares = [0, 0, 0]", "shares: tables of one and of two columns"),
    (B, "MORE", "shares = [0, 1, 1]", "shares: tables of one and of two columns"),
    (B, "MORE", "shares = {1 = 1, 3 = 1}", "shares: tables of one and of two columns"),
    (B, "MORE", "tables = 3", "a table names one to three columns"),
    (B, "MORE", "tables = [{columns = []}]", "a table names one to three columns"),
    (B, "MORE", 'tables = [{columns = ["a", "b", "c", "d"]}]', "one to three columns"),
    (B, "MORE", 'tables = [{columns = ["x"]}]', "'x', which is no column of the plan"),
    (B, "MORE", 'tables = [{columns = [["sex"]]}]', "which is no column of the plan"),
    (B, "MORE", 'tables = [{columns = ["sex", "sex"]}]', "a table names a column twice"),
    (B, "MORE", 'tables = [{columns = ["sex"], weight = 0}]', "a weight above 0 up to 100"),
    (B, "MORE", 'tables = [{columns = ["sex"], weight = 101}]', "a weight above 0 up to 100"),
    (B, "MORE", 'tables = [{columns = ["sex"], weight = "x"}]', "weight is a number"),
    (B, "MORE", 'tables = [{columns = ["sex"], wait = 1}]', "a weight above 0 up to 100"),
    (
        *(B, "MORE", 'tables = [{columns = ["sex"], weight = 2}, {columns = ["sex"]}]'),
        "has two weights",
    ),
    (A, "sensitive = []", "", "sensitive is missing"),
    (A, "sensitive = []", "sensitive = 3", "sensitive is a list of columns"),
    (A, "sensitive = []", 'sensitive = ["x"]', "sensitive is a list of columns"),
    (A, "sensitive = []", 'sensitive = [["sex"]]', "sensitive is a list of columns"),
    (A, 'name = "age"', 'name = "low"', "no column is called 'low'"),
    (A, 'name = "age"', 'name = "sum"', "no column is called 'sum'"),
    (A, '"18"]', '"18"]\nparents = {18 = "0"}', "age: a wider group has the name of a value"),
    # Its line would be taken for the total's, here and by whoever compares a later release.
    (A, '"18"]', '"18"]\nparents = {18 = "[all]"}', "age: a wider group has the name"),
    (A, '["0", "18"]', '["0", "[all]"]', "age: a wider group has the name of a value"),
    (A, "MORE", 'earlier = "x"', "earlier is a list of folders"),
    (A, "MORE", "unreleased = [3]", "unreleased is a list of ledger marks"),
    (A, "MORE", 'protection = "hope"', "protection is one of"),
    (A, "MORE", "protection = []", "protection is one of"),
    (A, "MORE", "base = 7", "base is 5 or 10"),
    (A, "MORE", 'protection = "cell key"', "cell key needs person"),
    (A, "MORE", 'protection = "controlled rounding"\nbase = 5\nk = 10', "base 5 is below k 10"),
    (A, "MORE", 'organisation = "x"', "organisation: 'x' is no column of the plan"),
    (A, "MORE", 'organisation = "sex"', "the column of organisations stands in no table"),
    (A, "MORE", 'amount = "sex"', "amount is a column of whole numbers of its own"),
    (A, "MORE", 'amount = "who"\nperson = "who"', "amount is a column of whole numbers"),
    (A, "MORE", 'amount = "money"\nprotection = "controlled rounding"', "by suppression alone"),
    (A, '"place"]', '"place"]\npercent_of = "x"', "percent_of: 'x' is no column of the plan"),
    (A, '"place"]', '"place"]\npercent_of = "age"', "percent_of is one of the table's columns"),
    (A, '"place"]', '"place"]\nweight = 2', "a table has columns"),
    (A, A[A.index("[[tables]]") :], "", "tables are missing"),
    (A, A[A.index("[[tables]]") :], "[tables]", "tables are missing"),
    (A, '["sex", "place"]\n', "[]\n", "a table has columns"),
    (A, '["sex", "place"]\n', '["sex", "sex"]\n', "names a column twice or one that is not there"),
    (A, '["sex", "place"]\n', '["sex", "x"]\n', "names a column twice or one that is not there"),
    (A, '["sex", "place"]\n', '[["sex"]]\n', "names a column twice or one that is not there"),
    (A, '"place"]', '"place"]\n[[tables]]\ncolumns = ["place", "sex"]', "is named twice"),
    (A, 'path = "A"', 'path = "C"', "path is A (official tables, once)"),
    (A, 'path = "A"', 'path = ["A"]', "path is A (official tables, once)"),
]


@pytest.mark.parametrize(
    ("plan", "old", "new", "says"),
    FAULTS,
    ids=[f"{'AB'[one[0] == B]} {one[2][:30]}: {one[3][:30]}" for one in FAULTS],
)
def test_g19_a_plan_that_cannot_be_carried_out_says_why(
    plan: str, old: str, new: str, says: str
) -> None:
    assert plan_of(plan.replace("MORE", "")).k == 10, "without its fault it is read"
    assert old in plan, "the test must change something"
    with pytest.raises(BadPlan) as refused:
        plan_of(plan.replace(old, new, 1).replace("MORE", ""))
    assert says in str(refused.value)


def values(number: int) -> str:
    """So many values of one column."""
    return ", ".join(f'"{at}"' for at in range(number))


@pytest.mark.parametrize(
    ("path", "number", "more", "says"),
    [
        ("B", 1500, "", "sex and place: 2253001 pairs of values"),
        ("B", 150, 'tables = [{columns = ["sex", "place", "age"]}]', "has 3442951 cells, more"),
        ("A", 80, "", "6724 cells with their totals: at most 5000 can be proved"),
    ],
)
def test_g19_tables_that_could_not_be_worked_out_whole_are_refused(
    path: str, number: int, more: str, says: str
) -> None:
    text = (A if path == "A" else B).replace("MORE", more)
    for few in ('"woman", "man"', '"north", "south"', '"0", "18"'):
        text = text.replace(few, values(number))
    with pytest.raises(BadPlan) as refused:
        plan_of(text)
    assert says in str(refused.value)


def test_g19_what_a_plan_may_leave_out_or_say_in_short() -> None:
    plan = plans.read(B.replace("MORE", 'shares = {1 = 1, 2 = 3}\ntables = {columns = ["age"]}'))
    assert (plan.shares, plan.triples, plan.population) == ((0.25, 0.75, 0), (), plan.name)
    # The share of an order without tables goes to the others; no table of three has noise.
    every = sum(1 / (2 * plan.noise(one) ** 2) for one in plan.tables)
    assert every == pytest.approx(plan.rho)
    text = A.replace("MORE", "k = 7").replace("[[tables]]", '[[tables]]\npercent_of = "sex"')
    official = official_plan.read(text)
    assert (official.base, official.percent, official.organisation) == (10, (0,), None)
    assert plans.sized(plan, 40).n_pub == plans.FIRST_ROWS
    with pytest.raises(BadPlan, match="above 1 /"):
        plans.sized(plans.read(B.replace("MORE", "delta = 4e-5")), 90_000)
