"""Who somebody is, in clear, while a verb or a page works with it; sealed everywhere else."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from panoh.people.rules.keys import Facts
from panoh.ui.rules import PartialDate


@dataclass(frozen=True, slots=True, repr=False)
class Person:
    """Names and birth as given, nothing made up; every part may be empty.

    ``chosen`` is the name the person wants to be called by; ``other`` are former names and
    other spellings; ``place`` is a district code of the pack.
    """

    given: str = ""
    patronymic: str = ""
    family: str = ""
    other: Sequence[str] = field(default=())
    chosen: str = ""
    birth: PartialDate | None = None
    place: str = ""
    documents: Sequence[str] = field(default=())

    def __repr__(self) -> str:
        """Never the name: it would stand in a traceback."""
        return "Person(…)"

    def __bool__(self) -> bool:
        """Whether anything is known."""
        return self != Person()

    @property
    def display(self) -> str:
        """What staff read first: the chosen name, else given name and surname."""
        return self.chosen or " ".join(filter(None, (self.given, self.family)))

    @property
    def facts(self) -> Facts:
        """What blind keys are made of; other names and the chosen name find her too."""
        return Facts(
            names=tuple(filter(None, (self.given, self.patronymic, self.family))),
            birth=self.birth,
            place=self.place,
            documents=tuple(self.documents),
        )

    @property
    def all_facts(self) -> list[Facts]:
        """One set of facts for each name that she goes by; a lone name has the birth as well."""
        more = [(self.chosen,), *((name,) for name in self.other)]
        return [
            self.facts,
            *(Facts(names=names, birth=self.birth, place=self.place) for names in more if names[0]),
        ]

    def names_json(self) -> str:
        """The names as the text that is sealed."""
        known = {
            "given": self.given,
            "patronymic": self.patronymic,
            "family": self.family,
            "other": list(self.other),
            "chosen": self.chosen,
        }
        return json.dumps({name: value for name, value in known.items() if value})

    def details_json(self) -> str:
        """Birth, place and documents as the text that is sealed."""
        known = {
            "birth": str(self.birth or ""),
            "place": self.place,
            "documents": list(self.documents),
        }
        return json.dumps({name: value for name, value in known.items() if value})

    @classmethod
    def from_json(cls, names: str, details: str = "") -> "Person":
        """Read back what ``names_json`` and ``details_json`` wrote."""
        known = {**json.loads(names or "{}"), **json.loads(details or "{}")}
        birth = known.pop("birth", "")
        return cls(
            other=tuple(known.pop("other", ())),
            documents=tuple(known.pop("documents", ())),
            birth=PartialDate.parse(birth) if birth else None,
            **known,
        )
