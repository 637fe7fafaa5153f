"""Who can help: the directory of the fictional country."""

from panoh.access.models import Unit
from panoh.desk.management.demo.country import Country
from panoh.directory import actions as directory
from panoh.directory.rules import Description
from panoh.policy import queries as policy


def make(country: Country) -> None:
    """Each unit that has services."""
    today = policy.local_day(country.now)
    with country.acting(country.workers["ravshan"]) as by:
        for row in country.plan["unit"]:
            if not row["services"]:
                continue
            unit = Unit.objects.get(code=row["code"])
            names = {lang: row[f"name_{lang}"] for lang in policy.pack().languages}
            described = Description(
                names=names,
                type=row.get("kind", row["type"]),
                level="republic" if row["type"] == "hotline" else "region",
                district=row["district"],
                area=[row["district"]],
                whole_country=True,
                languages=[*policy.pack().languages],
            )
            made = directory.add(described, checked_on=today, unit=unit, by=by, at=country.now)
            directory.set_contacts(
                made, [("telephone", country.plan["telephone"])], by=by, at=country.now
            )
            for service in row["services"]:
                directory.put_service(
                    made,
                    code=service,
                    sexes=row.get("sexes", ["woman", "man"]),
                    opening="always",
                    admits_children=row["type"] != "police",
                    by=by,
                    at=country.now,
                )
