"""The law of a country read from its pack: a fault names file, line and reason."""

from collections.abc import Iterable, Mapping
from itertools import pairwise

from .bodies import BODIES
from .entries import Entry, line_of, no_overlap, one_of
from .files import Files
from .law import (
    Agreement,
    AgreementState,
    Article,
    Coordinator,
    Guideline,
    GuideStep,
    Treaty,
    TreatyDuty,
    UsableArticle,
)
from .words import PackFault, Words

# Parts of a pack in which a measure of a treaty duty may stand.
MEASURES = ("periods", "lists", "letters", "scripts", "forms", "articles", "guidelines", "roles")
KINDS = ("guideline", "memorandum")
# Work whose steps a guideline may say.
WORKFLOWS = ("referral",)


def read_articles(files: Files, acts: Iterable[str]) -> tuple[Article, ...]:
    """Every version of every article, oldest file line first; versions do not overlap."""
    file, found, known = "acts/articles.toml", list[Article](), set(acts)
    for entry in files.entries(file, "article", files.toml(file, arrays=("article",))):
        article = _article(files, entry, known)
        no_overlap(file, entry.line, article, found)
        found.append(article)
    return tuple(found)


def _article(files: Files, entry: Entry, acts: set[str]) -> Article:
    entry.only(
        *("act", "number", "by", "codes", "official", "source", "verified", "note"),
        *("valid_from", "valid_to"),
        *(f"about_{language}" for language in files.languages),
        *(f"text_{language}" for language in files.spoken),
    )
    act, by, codes = entry.text("act"), entry.text("by", ""), entry.text("codes", "")
    for code in filter(None, (act, by)):
        if code not in acts:
            raise entry.fault(f'no act "{code}" in acts.toml')
    if codes and codes not in files.codes:
        raise entry.fault(f'no list "{codes}"')
    texts = {x: entry.text(f"text_{x}") for x in files.spoken if f"text_{x}" in entry.table}
    official = entry.texts("official")
    for language in official:
        if language not in texts:
            raise entry.fault(f'official in "{language}", but there is no text in it')
    return Article(
        act=act,
        number=entry.text("number"),
        about=entry.words("about", files.languages),
        texts=texts,
        official=official,
        source=entry.text("source"),
        verified=entry.flag("verified"),
        by=by,
        codes=codes,
        valid_from=entry.day("valid_from"),
        valid_to=entry.day("valid_to"),
        note=entry.text("note", ""),
    )


def read_guidelines(files: Files) -> dict[str, tuple[Guideline, ...]]:
    """Every guideline with its versions, oldest first; each begins after the one before."""
    found: dict[str, tuple[Guideline, ...]] = {}
    for file in files.names("guidelines/", ".toml"):
        one = _guideline(files, file)
        found[one.code] = tuple(sorted((*found.get(one.code, ()), one), key=lambda x: x.version))
    said: dict[str, str] = {}
    for code, versions in found.items():
        for older, newer in pairwise(versions):
            if newer.valid_from <= older.valid_from:
                raise PackFault(
                    f"guidelines/{newer.code}_{newer.version}.toml",
                    1,
                    "begins on or before the day on which the version before it begins",
                )
        for workflow in {one.workflow for one in versions} - {""}:
            if said.setdefault(workflow, code) != code:
                raise PackFault(
                    f"guidelines/{code}_{versions[0].version}.toml",
                    1,
                    f'"{workflow}" has its steps from "{said[workflow]}" already',
                )
    return found


def _guideline(files: Files, file: str) -> Guideline:
    table = files.toml(file, top=("guideline",), arrays=("step",))
    head = Entry(file, line_of(files.text(file), "[guideline]"), table["guideline"])
    head.only(
        *("code", "version", "kind", "parties", "workflow", "valid_from", "valid_to"),
        *("reviewed", "source", *(f"title_{x}" for x in files.languages)),
    )
    code, version, starts = head.code("code"), head.value("version", int), head.day("valid_from")
    if file != f"guidelines/{code}_{version}.toml":
        raise head.fault(f'the guideline calls itself "{code}", version {version}')
    if starts is None:
        raise head.fault("no valid_from")
    workflow = head.text("workflow", "")
    if workflow:
        one_of(file, head.line, "workflow", workflow, WORKFLOWS)
    steps: dict[str, GuideStep] = {}
    for entry in files.entries(file, "step", table):
        entry.only("code", "required", *(f"label_{x}" for x in files.languages))
        step = entry.code("code", taken=steps)
        steps[step] = GuideStep(step, entry.words("label", files.languages), entry.flag("required"))
    return Guideline(
        code=code,
        version=version,
        kind=one_of(file, head.line, "kind", head.text("kind"), KINDS),
        title=head.words("title", files.languages),
        parties=head.texts("parties"),
        workflow=workflow,
        steps=tuple(steps.values()),
        valid_from=starts,
        reviewed=head.flag("reviewed"),
        source=head.text("source"),
        valid_to=head.day("valid_to"),
    )


def read_agreements(files: Files) -> tuple[Agreement, ...]:
    """Every agreement with the articles of it that help in a case."""
    file = "agreements.toml"
    table = files.toml(file, arrays=("agreement", "usable"))
    usable: dict[str, list[UsableArticle]] = {}
    lines: dict[str, int] = {}
    for entry in files.entries(file, "usable", table):
        entry.only("agreement", "article", *(f"about_{x}" for x in files.languages))
        code = entry.text("agreement")
        words = entry.words("about", files.languages)
        usable.setdefault(code, []).append(UsableArticle(entry.text("article"), words))
        lines.setdefault(code, entry.line)
    found: dict[str, Agreement] = {}
    for entry in files.entries(file, "agreement", table):
        code = entry.code("code", taken=found)
        found[code] = _agreement(files, entry, code, tuple(usable.get(code, ())))
    for code, line in lines.items():
        if code not in found:
            raise PackFault(file, line, f'no agreement "{code}"')
    return tuple(found.values())


# What must be known of an agreement in each state.
KNOWN = {
    AgreementState.SIGNED: "signed_on",
    AgreementState.IN_FORCE: "in_force_on",
    AgreementState.EXPIRED: "expires_on",
}


def _agreement(
    files: Files, entry: Entry, code: str, articles: tuple[UsableArticle, ...]
) -> Agreement:
    days = ("signed_on", "in_force_on", "expires_on")
    entry.only(
        *("code", "country", "state", "contact", "source", "verified", *days),
        *(f"{name}_{x}" for name in ("title", "scope") for x in files.languages),
    )
    country = entry.text("country")
    if len(country) != len("XX") or not country.isascii() or not country.isupper():
        raise entry.fault(f'country "{country}" is no ISO 3166 code of two letters')
    text = one_of(entry.file, entry.line, "state", entry.text("state"), list(AgreementState))
    state = AgreementState(text)
    needed = KNOWN.get(state, "")
    if needed and entry.day(needed) is None:
        raise entry.fault(f'an agreement that is "{state}" needs {needed}')
    begins, ends = entry.day("in_force_on"), entry.day("expires_on")
    if begins and ends and ends < begins:
        raise entry.fault(f'"{code}" ends before it begins')
    return Agreement(
        code=code,
        country=country,
        title=entry.words("title", files.languages),
        scope=entry.words("scope", files.languages),
        state=state,
        contact=entry.text("contact", ""),
        source=entry.text("source"),
        verified=entry.flag("verified"),
        articles=articles,
        signed_on=entry.day("signed_on"),
        in_force_on=begins,
        expires_on=ends,
    )


def read_treaties(files: Files, parts: Mapping[str, Iterable[str]]) -> tuple[Treaty, ...]:
    """Treaties with their duties; a measure names a part of this pack that exists."""
    file = "treaties.toml"
    table = files.toml(file, arrays=("treaty", "duty"))
    titles: dict[str, tuple[Words, str]] = {}
    for entry in files.entries(file, "treaty", table):
        entry.only("code", "source", *(f"title_{x}" for x in files.languages))
        code = entry.code("code", taken=titles)
        titles[code] = entry.words("title", files.languages), entry.text("source")
    known = {f"{part}:{name}" for part, names in parts.items() for name in names}
    duties: dict[str, list[TreatyDuty]] = {code: [] for code in titles}
    for entry in files.entries(file, "duty", table):
        entry.only(
            *("treaty", "article", "bound_on", "measures", "source", "verified"),
            *(f"label_{x}" for x in files.languages),
        )
        code = entry.text("treaty")
        if code not in titles:
            raise entry.fault(f'no treaty "{code}"')
        for measure in entry.texts("measures"):
            if measure not in known:
                raise entry.fault(f'measure "{measure}" is no part of this pack')
        duties[code].append(
            TreatyDuty(
                treaty=code,
                article=entry.text("article"),
                label=entry.words("label", files.languages),
                bound_on=entry.text("bound_on"),
                measures=entry.texts("measures"),
                source=entry.text("source"),
                verified=entry.flag("verified"),
            )
        )
    return tuple(Treaty(code, *titles[code], tuple(found)) for code, found in duties.items())


def read_coordinators(files: Files) -> tuple[Coordinator, ...]:
    """Who co-ordinates, from when until when; one at a time."""
    file, found = "bodies.toml", list[Coordinator]()
    table = files.toml(file, arrays=BODIES)
    for entry in files.entries(file, "coordinator", table):
        entry.only("source", "valid_from", "valid_to", *(f"label_{x}" for x in files.languages))
        one = Coordinator(
            entry.words("label", files.languages),
            entry.text("source"),
            entry.day("valid_from"),
            entry.day("valid_to"),
        )
        no_overlap(file, entry.line, one, found)
        found.append(one)
    return tuple(found)
