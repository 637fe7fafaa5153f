"""Synthetic people of Central Asia for tests, demo and benchmarks, labelled by who is who.

Nobody here exists. Given names are common words of the region's name lists; surnames are made
of words that say so (Озмоишзода: of the trial; Афсонаев: of the fairy tale; Намунаева: of the
sample), so that no combination is a living person's name. The spellings are written by tables
of this file, not by the fold that they test.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

from panoh.people.rules.keys import Facts
from panoh.ui.rules import PartialDate


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


MEN = _words("""
    Муҳаммад Аҳмад Алӣ Ҳасан Ҳусейн Исмоил Иброҳим Юсуф Ёқуб Сулаймон Довуд Идрис Умар Усмон
    Абдулло Абдураҳмон Абдураҳим Раҳмон Раҳим Карим Ҷамшед Хуршед Рустам Суҳроб Фирӯз Наврӯз
    Парвиз Далер Фаррух Шоҳрух Зафар Ғафур Шариф Қодир Сафар Раҷаб Рамазон Қурбон Бобоҷон
    Тоҷиддин Нуриддин Садриддин Ҷамолиддин Меҳроҷ Анвар Акмал Азиз Баҳром Беҳрӯз Дилшод Эраҷ
    Илҳом Комрон Лутфулло Мирзо Насим Одил Пӯлод Равшан Соҳиб Темур Умед Фозил Ҳабиб Ҷӯра Шӯҳрат
""")
WOMEN = _words("""
    Зайнаб Фотима Марям Ойша Хадича Зулайхо Мавлуда Саодат Муҳаббат Гулнора Гулҷон Зарина
    Мадина Нигина Парвина Шаҳло Зуҳро Фарзона Меҳрангез Дилафрӯз Лола Наргис Ширин Тахмина
    Рухшона Манижа Ситора Моҳира Зебо Нилуфар Малика Сайёра Ҳафиза Ӯғулой Ҷамила Робия Умеда
    Барно Гулчеҳра Дилором Замира Истад Карима Лайло Мунира Насиба Озода Раъно Савринисо Тӯтиё
""")
# Stems of surnames: words for what is thought up, tried out or shown as a sample.
STEMS = _words("""
    Озмоиш Афсона Намуна Хаёл Достон Қисса Рӯё Масал Таҷриба Нақша Тарҳ Ангора Гумон Сохта
    Тасаввур Машқ Мисол Ривоят Ҳикоят Чистон Латифа Асотир Саҳна Нақл Пиндор Қолаб Шабеҳ Соя
    Аксон Тимсол Рамзи Унвон Варақ Дафтар Ҷадвал Луғат Ҳарф Вожа Саҳифа Мавзӯъ Сарлавҳа Бозича
""")
_ENDINGS = (("ов", "ова"), ("ев", "ева"), ("зода", "зода"), ("ӣ", "ӣ"), ("иён", "иён"))

_PLAIN = str.maketrans("ҷҳқғӣӯҶҲҚҒӢӮ", "чхкгиуЧХКГИУ")
_RUSSIAN = {"ҷ": "дж", "ҳ": "х", "қ": "к", "ғ": "г", "ӣ": "и", "ӯ": "у"}
_BASE = {
    **dict(zip("абвгдезийклмнопрстуфыэғӣқӯ", "abvgdeziyklmnoprstufyegiqu", strict=True)),
    "ё": "yo",
    "ю": "yu",
    "я": "ya",
    "ъ": "",
    "ь": "",
    "ц": "ts",
    "щ": "shch",
}
_LATIN = {
    "icao": {"х": "kh", "ҳ": "h", "ж": "zh", "ҷ": "j", "ч": "ch", "ш": "sh", "ғ": "gh"},
    "english": {"х": "kh", "ҳ": "kh", "ж": "zh", "ҷ": "dzh", "ч": "ch", "ш": "sh", "қ": "k"},
    "french": {"х": "kh", "ҳ": "h", "ж": "j", "ҷ": "dj", "ч": "tch", "ш": "ch", "у": "ou"},
    "uzbek": {"х": "x", "ҳ": "h", "ж": "j", "ҷ": "j", "ч": "ch", "ш": "sh", "ӯ": "oʻ", "ғ": "gʻ"},
}
SPELLINGS = ("tajik", "plain", "russian", *_LATIN)


@dataclass(frozen=True, slots=True)
class Synthetic:
    """One synthetic person as one source wrote her down; ``label`` says who she is."""

    label: int
    given: str
    patronymic: str
    family: str
    birth: PartialDate
    phone: str
    document: str

    @property
    def facts(self) -> Facts:
        """What the blind keys are made of."""
        return Facts(
            names=(self.given, self.patronymic, self.family),
            birth=self.birth,
            phones=(self.phone,),
            documents=(self.document,),
        )


def spell(word: str, spelling: str) -> str:
    """Write a Tajik word as a source of this habit would (one of ``SPELLINGS``)."""
    if spelling == "tajik":
        return word
    if spelling == "plain":
        return word.translate(_PLAIN)
    table = _RUSSIAN if spelling == "russian" else {**_BASE, **_LATIN[spelling]}
    return "".join(table.get(letter, letter) for letter in word.lower()).capitalize()


def people(count: int, seed: int = 1) -> Iterator[Synthetic]:
    """Yield ``count`` different synthetic people, written in Tajik with nothing missing."""
    rng = random.Random(seed)
    for label in range(count):
        woman = rng.random() < 0.5
        ending = rng.choice(_ENDINGS)[woman]
        father = rng.choice(MEN)
        yield Synthetic(
            label=label,
            given=rng.choice(WOMEN if woman else MEN),
            patronymic=father + rng.choice(("овна" if woman else "ович", "зода")),
            family=rng.choice(STEMS) + ending,
            birth=PartialDate(rng.randint(1950, 2010), rng.randint(1, 12), rng.randint(1, 28)),
            phone=f"+000 {rng.randint(0, 10**9 - 1):09}",
            document=f"ZZ{rng.randint(0, 10**7 - 1):07}",
        )


def seen_again(person: Synthetic, rng: random.Random) -> Synthetic:
    """The same person as another source wrote her: other script, other form, gaps and slips."""
    stem = next((word for word in STEMS if person.family.startswith(word)), person.family)
    family = stem + rng.choice(_ENDINGS)[0] if rng.random() < 0.3 else person.family
    spelling = rng.choice(SPELLINGS)
    parts = [spell(part, spelling) for part in (person.given, person.patronymic, family)]
    if rng.random() < 0.3:
        parts[1] = ""
    if rng.random() < 0.1:
        parts[0], parts[2] = parts[2], parts[0]
    return replace(
        person,
        given=parts[0],
        patronymic=parts[1],
        family=parts[2],
        birth=_blurred(person.birth, rng),
        phone="",
        document="",
    )


def _blurred(birth: PartialDate, rng: random.Random) -> PartialDate:
    chance = rng.random()
    if chance < 0.2:
        return PartialDate(birth.year)
    if chance < 0.3 and birth.day and birth.day <= 12:
        return PartialDate(birth.year, birth.day, birth.month)
    if chance < 0.4:
        return PartialDate(birth.year + rng.choice((-1, 1)))
    return birth
