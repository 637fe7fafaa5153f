"""The texts that are read aloud, checked for what must be said and in which order."""

from .entries import Entry, line_of
from .files import Files
from .pack import EXPLAINED, Part, ScriptVersion
from .words import PackFault, Words


def read_scripts(files: Files) -> dict[str, tuple[ScriptVersion, ...]]:
    """The texts that are read aloud: every version, newest last."""
    found: dict[str, tuple[ScriptVersion, ...]] = {}
    for file in files.names("scripts/", ".toml"):
        script = _script(files, file)
        if any(other.version == script.version for other in found.get(script.name, ())):
            raise PackFault(file, 1, f"version {script.version} is there twice")
        versions = (*found.get(script.name, ()), script)
        found[script.name] = tuple(sorted(versions, key=lambda item: int(item.version)))
    for name in ("principles", "consent"):
        if name not in found:
            raise PackFault(f"scripts/{name}_1.toml", 1, "the file is missing")
    newest = found["consent"][-1]
    for purpose in sorted(files.codes["consent_purposes"]):
        if purpose not in newest.sentences:
            raise PackFault(
                f"scripts/consent_{newest.version}.toml", 1, f'no sentence for "{purpose}"'
            )
    return found


def _script(files: Files, file: str) -> ScriptVersion:
    """One version of one text."""
    table = files.toml(file, top=("script",), arrays=("part", "sentence"))
    head = Entry(file, line_of(files.text(file), "[script]"), table["script"])
    head.only("name", "version", "reviewed")
    name, version = head.code("name"), head.text("version")
    if not version.isdigit():
        raise head.fault("version must be a number in quotes")
    parts = [_part(files, entry) for entry in files.entries(file, "part", table)]
    sentences: dict[str, Words] = {}
    for entry in files.entries(file, "sentence", table):
        entry.only("purpose", *(f"text_{x}" for x in files.spoken))
        purpose = entry.code("purpose", taken=sentences)
        if purpose not in files.codes["consent_purposes"]:
            raise entry.fault(f'no code "{purpose}" in consent_purposes')
        sentences[purpose] = entry.words("text", files.spoken, gaps=("who", "what", "until"))
    if name == "consent":
        if [part.code for part in parts[:1]] != ["cannot_keep_secret"]:
            raise head.fault("what the worker cannot keep secret must be read first")
        lacking = set(EXPLAINED).difference(*(part.points for part in parts))
        if lacking:
            raise head.fault(f"not explained: {', '.join(sorted(lacking))}")
    return ScriptVersion(
        name, version, head.flag("reviewed"), tuple(parts), sentences, files.spoken
    )


def _part(files: Files, entry: Entry) -> Part:
    """One paragraph."""
    entry.only("code", "points", "each", *(f"text_{x}" for x in files.spoken))
    for point in entry.texts("points"):
        if point not in EXPLAINED:
            raise entry.fault(f'unknown point "{point}"')
    words = entry.words("text", files.spoken)
    return Part(entry.code("code"), entry.texts("points"), words, entry.flag("each"))
