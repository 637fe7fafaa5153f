"""Which packs are refused: emergency access belongs to those who help."""

from pathlib import Path

import pytest

from panoh.policy.rules import PackFault, read_pack

PACK = Path(__file__).parents[3] / "packs" / "tj"


def texts() -> dict[str, str]:
    return {
        path.relative_to(PACK).as_posix(): path.read_text("utf-8")
        for path in PACK.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("role", ["pol", "pro", "tcs", "tcm", "ics", "rap", "fnd", "adm", "aud"])
def test_break_glass_in_a_forbidden_role_refuses_the_pack(role: str) -> None:
    found = texts()
    before, here, after = found["roles.toml"].partition(f'code = "{role}"')
    assert here
    found["roles.toml"] = (
        before + here + after.replace("permissions = [", 'permissions = ["break_glass",', 1)
    )
    with pytest.raises(PackFault):
        read_pack(found)
