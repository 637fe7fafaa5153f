"""Generated records of the shape of public case data: nobody real, nothing copied.

Skewed countries with a long tail, corridors, hidden profiles, missing values by column and by
source, a real code "0", impossible pairs, canaries on request. The same seed gives the same
records.
"""

import csv
import json
from pathlib import Path

import numpy as np

FLAGS = (
    *("isForcedLabour", "isSexualExploit", "isOtherExploit", "meansDebtBondage"),
    *("meansThreats", "meansAbuse", "meansFalsePromises", "meansDrugs", "meansDeniesNeeds"),
    *("recruiterRelationIntimate", "recruiterRelationFriend", "recruiterRelationFamily"),
    *("recruiterRelationOther", "meansOther"),
)
AGES = ("0--8", "9--17", "18--20", "21--23", "24--26", "27--29", "30--38", "39--47", "48+")
MONTHS = ("0", "0--12", "13--24", "25+")
PROFILES = 10
# No such pair of values exists: it is turned into the one behind the arrow wherever it is drawn.
IMPOSSIBLE = {("ageBroad", "0--8", "traffickMonths"): ("25+", "13--24")}
MISSING = {"traffickMonths": 0.6, "ageBroad": 0.2, "citizenship": 0.1, "CountryOfExploitation": 0.2}


def columns(number: int, countries: int) -> dict[str, list[str]]:
    """The first ``number`` columns with their code lists."""
    places = [f"C{at:03d}" for at in range(countries)]
    every = {
        "yearOfRegistration": [str(year) for year in range(2005, 2025)],
        "gender": ["Woman", "Man", "Other"],
        "ageBroad": list(AGES),
        "citizenship": places,
        "CountryOfExploitation": places,
        "traffickMonths": list(MONTHS),
        "isForcedLabour": ["1"],
        **{name: ["1"] for name in FLAGS},
    }
    return dict(list(every.items())[:number])


def records(
    rows: int, number: int = 7, seed: int = 1, countries: int = 0, canaries: int = 0
) -> np.ndarray:
    """Codes, columns x rows; 0 is not reported. The last ``canaries`` are records that nobody else
    has."""
    countries = countries or min(200, 60 + rows // 1000)
    lists = columns(number, countries)
    dice = np.random.default_rng(seed)
    profile = dice.choice(PROFILES, rows, p=zipf(PROFILES, 1.0))
    source = dice.integers(0, 4, rows)
    codes = np.zeros((len(lists), rows), dtype=np.int32)
    home = dice.choice(countries, rows, p=zipf(countries, 1.4))
    # From each country people are taken to few others, by profile.
    corridor = np.random.default_rng(77).integers(0, max(8, countries // 8), (countries, PROFILES))
    for c, (name, values) in enumerate(lists.items()):
        size = len(values)
        if name == "citizenship":
            value = home
        elif name == "CountryOfExploitation":
            value = np.where(dice.random(rows) < 0.9, corridor[home, profile], home)
        elif size == 1:
            odds = np.random.default_rng(c).beta(0.5, 1.0, PROFILES)
            codes[c] = dice.random(rows) < odds[profile]
            continue
        else:
            turn = np.random.default_rng(c + 50).integers(0, size, PROFILES)
            value = (dice.choice(size, rows, p=zipf(size, 1.3)) + turn[profile]) % size
        lost = MISSING.get(name, 0.05) * (0.5 + 0.33 * source)
        codes[c] = np.where(dice.random(rows) < lost, 0, value + 1)
    _without_impossible(codes, lists)
    if canaries:
        _plant(codes, lists, canaries)
    return codes


def _without_impossible(codes: np.ndarray, lists: dict[str, list[str]]) -> None:
    names = list(lists)
    for (one, value, other), (never, instead) in IMPOSSIBLE.items():
        if one in names and other in names:
            held = codes[names.index(one)] == lists[one].index(value) + 1
            place = codes[names.index(other)]
            place[held & (place == lists[other].index(never) + 1)] = lists[other].index(instead) + 1


def _plant(codes: np.ndarray, lists: dict[str, list[str]], number: int) -> None:
    """Records of the rarest values, each unlike every other."""
    others = {tuple(row) for row in codes[:, :-number].T.tolist()}
    rare = [
        1 + np.argsort(np.bincount(row, minlength=len(values) + 1)[1:], kind="stable")
        for row, values in zip(codes, lists.values(), strict=True)
    ]
    made: list[tuple[int, ...]] = []
    step = 0
    while len(made) < number:
        one = tuple(int(each[(step // 7**c) % len(each)]) for c, each in enumerate(rare))
        step += 1
        if one not in others and one not in made:
            made.append(one)
    codes[:, -number:] = np.array(made).T


def zipf(size: int, power: float) -> np.ndarray:
    weights = 1 / np.arange(1, size + 1) ** power
    return np.asarray(weights / weights.sum())


def plan_text(
    lists: dict[str, list[str]], *, epsilon: float, n_pub: int | None, more: str = ""
) -> str:
    """A plan in TOML for these columns."""
    size = "" if n_pub is None else f"n_pub = {n_pub}\n"
    text = f'name = "Generated"\nepsilon = {epsilon}\n{size}{more}\n'
    for name, values in lists.items():
        quoted = json.dumps(values, ensure_ascii=False)
        text += f"[[columns]]\nname = {json.dumps(name, ensure_ascii=False)}\nvalues = {quoted}\n"
    return text


def write(path: Path, lists: dict[str, list[str]], codes: np.ndarray) -> None:
    """The records as a CSV file."""
    domains = [["", *values] for values in lists.values()]
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(lists)
        out.writerows([d[v] for d, v in zip(domains, row, strict=True)] for row in codes.T)
