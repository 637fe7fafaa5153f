"""Groups estimated apart; their total adds replicates, not limits."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from panoh.statistics.rules.estimation import BadTable, Plan, analyse, analyse_strata, read_strata
from panoh.statistics.rules.estimation.bootstrap import quantile
from panoh.statistics.rules.estimation.result import ESTIMATE, NO_ESTIMATE, RANGE_ONLY
from panoh.statistics.rules.estimation.strata import MOST_GROUPS, Strata

TABLES = Path(__file__).parent / "tables"
PLAN = Plan("stepwise", replicates=200)
ABOUT = dict.fromkeys(("definition", "place", "period", "linkage", "linkage_version"), "invented")


def together(*named: tuple[str, str]) -> bytes:
    """Tables below one another, the group's name in a column of its own before the counts."""
    lines: list[str] = []
    for group, text in named:
        header, *rows = text.split()
        lines = lines or [header.replace("count", "region,count")]
        lines += [",".join([*row.split(",")[:-1], group, row.split(",")[-1]]) for row in rows]
    return "\n".join(lines).encode()


KOSOVO = (TABLES / "kosovo_1999.csv").read_text()
LONELY = "\n".join(["EXH,ABA,OSCE,HRW,count", "1,0,0,0,90", "0,1,0,0,90", "0,0,1,0,90"])


def of(*named: tuple[str, str], plan: Plan = PLAN) -> Strata:
    return analyse_strata(read_strata(together(*named), "region"), "region", plan)


def test_g18_each_group_is_what_it_would_be_alone_and_the_total_adds_replicates() -> None:
    found = of(("North", KOSOVO), ("South", KOSOVO))
    tables = read_strata(together(("North", KOSOVO), ("South", KOSOVO)), "region")
    for place, (name, one) in enumerate(found.groups.items()):
        alone = analyse(tables[name], Plan("stepwise", replicates=200, seed=PLAN.seed + place))
        assert one.as_json(0) == alone.as_json(0)
    (total,) = found.totals
    drawn = [one.outcomes[0].bootstrap for one in found.groups.values()]
    assert all(drawn)
    north, south = (one.replicates for one in drawn if one is not None)
    assert not np.array_equal(north, south)  # drawn apart
    sums = np.sort(north + south)
    assert total.status == ESTIMATE
    assert total.estimate == pytest.approx(2 * 14341.66380, rel=1e-6)
    assert total.percentile95 == (quantile(sums, 0.025), quantile(sums, 0.975))
    apart = [one.percentile95 for one in drawn if one is not None and one.percentile95]
    added = [sum(limits[side] for limits in apart) for side in (0, 1)]
    assert added[0] < total.percentile95[0] < total.percentile95[1] < added[1]


def test_g18_a_group_without_an_answer_leaves_no_total() -> None:
    found = of(("North", KOSOVO), ("South", LONELY))
    (total,) = found.totals
    assert (total.status, total.estimate, total.percentile95) == (NO_ESTIMATE, None, None)
    assert "South" in total.findings[0].text
    assert found.groups["North"].status == ESTIMATE
    assert not found.publishable


def test_g18_a_group_of_which_only_a_range_can_be_said_leaves_a_range() -> None:
    alone = KOSOVO.replace("EXH,ABA,OSCE,HRW,count", "EXH,ABA,OSCE,HRW,X,count").split()
    header, *rows = alone
    with_list = [",".join([*row.split(",")[:-1], "0", row.split(",")[-1]]) for row in rows]
    isolated = "\n".join([header, *with_list, "0,0,0,0,1,50"])
    found = of(("North", isolated), ("South", isolated))
    (total,) = found.totals
    assert total.status == RANGE_ONLY
    assert total.percentile95 is not None


def test_g18_what_may_not_be_published_apart_is_not_published_added() -> None:
    alone = [f"{row},6" for row in ("1,0,0,0", "0,1,0,0", "0,0,1,0", "0,0,0,1")]
    pairs = ("1,1,0,0", "0,1,1,0", "0,0,1,1", "1,0,0,1", "1,0,1,0", "0,1,0,1")
    small = "\n".join(["EXH,ABA,OSCE,HRW,count", *alone, *(f"{row},5" for row in pairs)])
    plan = Plan("stepwise", replicates=100, about=ABOUT)
    assert of(("North", KOSOVO), ("South", KOSOVO), plan=plan).publishable
    found = of(("North", KOSOVO), ("South", small), plan=plan)
    assert found.groups["South"].table.observed < 100
    assert not found.publishable


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("A,B,C,count\n1,0,0,3", "no column is named 'region'"),
        ("A,B,C,count,region\n1,0,0,3,x", "no column is named 'region'"),
        ("A,B,C,region,count\n1,0,0,,3", "line 2: 'region' is blank"),
        ("A,B,C,region,count\n1,0,0,x,3\n1,0,x,3", "line 3: 4 values where 5"),
        ("A,B,C,region,count\n1,0,0,x,3\n1,0,7,y,3", "group 'y': line 3: 'C' must be 0 or 1"),
        ("A,B,C,region,count\n1,0,0,x,3\n1,0,1,y,0", "group 'y': there are no cases"),
        (
            "A,B,C,region,count\n" + "\n".join(f"1,0,0,g{i},1" for i in range(MOST_GROUPS + 1)),
            f"{MOST_GROUPS + 1} groups",
        ),
    ],
)
def test_g18_bad_groups_are_named(text: str, said: str) -> None:
    with pytest.raises(BadTable, match=said):
        read_strata(text.encode(), "region")


def test_g18_the_command_says_groups_and_total(tmp_path: Path) -> None:
    path = tmp_path / "groups.csv"
    path.write_bytes(together(("North", KOSOVO), ("South", KOSOVO)))
    asked = (str(path), "--strata", "region", "--method", "stepwise", "--bootstrap", "100")
    out = io.StringIO()
    call_command("estimate", *asked, "--json", stdout=out)
    found = json.loads(out.getvalue())
    assert found.keys() == {"strata_by", "strata", "total"}
    assert found["strata"].keys() == {"North", "South"}
    (total,) = found["total"]["methods"]
    assert total["percentile95"][0] < total["estimate"] < total["percentile95"][1]
    words = io.StringIO()
    call_command("estimate", *asked, stdout=words)
    last = words.getvalue().split("All groups of region together")[1]
    assert last.index("95%") < last.index("middle")
    with pytest.raises(CommandError, match="no column is named 'sex'"):
        call_command("estimate", str(path), "--strata", "sex", stdout=out)
