# ruff: noqa: E501 - one sentence, one line
"""The page that everybody can read: what is in the files, what nobody may do with them."""

from collections.abc import Mapping

from panoh.statistics.rules.release import accounting
from panoh.statistics.rules.release.draft import Draft

# Drafts: read by no native reader, tried with no survivor yet. A person edits them before release.
EN = """# {name}

{state}

- What is in it: tables of counts about {population}, and rows made from these tables.
- No row is a person. The rows were made by a machine from protected counts; they are not cases.
- What could still be learned: almost nothing about one person. Whether somebody is in the data or not changes any result by little (epsilon {epsilon}, delta {delta}; for five people together epsilon {five}).
- How far a number may be off: counts of one column by about {w1:.0f}, of two columns by about {w2:.0f}, either way. Numbers below the threshold are not shown: "small or none" is not zero. Blank is "not reported or withheld", not "no".
- A count read from the rows is modelled. Use the tables for counts.
- These are people who were identified. Nobody knows from this how many there are.
- Do not rank nationalities, places or organisations. Do not look for anybody.
- If something feels wrong, tell whoever gave you these files: they can be withdrawn.
"""
RU = """# {name}

{state_ru}

- Что здесь: таблицы с числами о группе «{population}» и строки, составленные по этим таблицам.
- Ни одна строка не является человеком. Строки составила машина по защищённым числам; это не случаи.
- Что всё же можно узнать: об отдельном человеке почти ничего. Есть ли он в данных или нет, мало меняет любой результат (эпсилон {epsilon}, дельта {delta}; для пяти человек вместе эпсилон {five}).
- Насколько число может быть неточным: по одному столбцу примерно на {w1:.0f}, по двум примерно на {w2:.0f}, в обе стороны. Числа ниже порога не показаны: «мало или нет» не значит ноль. Пустое поле значит «не сообщено или скрыто», а не «нет».
- Число, посчитанное по строкам, смоделировано. Для чисел берите таблицы.
- Это люди, которых выявили. Сколько их всего, отсюда не узнать.
- Не сравнивайте народы, места и организации по местам. Не ищите никого.
- Если что-то кажется неправильным, скажите тому, кто дал вам эти файлы: их можно отозвать.
"""
TG = """# {name}

{state_tg}

- Дар ин ҷо чӣ ҳаст: ҷадвалҳо бо рақамҳо дар бораи «{population}» ва сатрҳое, ки аз рӯйи ин ҷадвалҳо сохта шудаанд.
- Ягон сатр одам нест. Сатрҳоро мошин аз рақамҳои ҳифзшуда сохтааст; инҳо парванда нестанд.
- Чиро ба ҳар ҳол донистан мумкин аст: дар бораи як одам қариб ҳеҷ чиз. Дар маълумот будан ё набудани ӯ натиҷаро кам тағйир медиҳад (эпсилон {epsilon}, делта {delta}; барои панҷ нафар якҷоя эпсилон {five}).
- Рақам то чӣ андоза ноаниқ буда метавонад: аз рӯйи як сутун тақрибан {w1:.0f}, аз рӯйи ду сутун тақрибан {w2:.0f}, ба ҳар ду тараф. Рақамҳои аз ҳад поён нишон дода намешаванд: «кам ё нест» сифр нест. Ҷойи холӣ маънои «гуфта нашудааст ё пинҳон аст»-ро дорад, на «не».
- Рақаме, ки аз сатрҳо шумурда мешавад, тахминист. Барои рақамҳо ҷадвалҳоро гиред.
- Инҳо одамонеанд, ки ошкор шудаанд. Ҳамагӣ чанд нафаранд, аз ин ҷо донистан мумкин нест.
- Миллатҳо, ҷойҳо ва ташкилотҳоро аз рӯйи ҷой муқоиса накунед. Ҳеҷ касро наҷӯед.
- Агар чизе нодуруст намояд, ба касе гӯед, ки ин файлҳоро додааст: онҳоро бозпас гирифтан мумкин аст.
"""
STATES = {
    False: ("Draft: unsigned, not released.", "Черновик: не подписан, не выпущен.",
            "Сиёҳнавис: имзо нашудааст, нашр нашудааст."),
    True: ("Draft: refused, not to be released.", "Черновик: отклонён, выпускать нельзя.",
           "Сиёҳнавис: рад шудааст, нашр кардан мумкин нест."),
}  # fmt: skip
TEST = ("TEST: a trial; the noise protects nobody.",
        "ПРОБА: шум никого не защищает.",
        "САНҶИШ: садо ҳеҷ касро ҳифз намекунад.")  # fmt: skip


BESIDE = {
    "en": "- Other tables about the same people were given away too. What is said above of epsilon covers these files only.\n",
    "ru": "- О тех же людях отдавали и другие таблицы. Сказанное выше об эпсилоне относится только к этим файлам.\n",
    "tg": "- Дар бораи ҳамин одамон ҷадвалҳои дигар низ дода шудаанд. Он чи дар боло дар бораи эпсилон гуфта шуд, танҳо ба ин файлҳо дахл дорад.\n",
}


def added(words: Mapping[str, str], language: str) -> str:
    """What a person adds, as one more line."""
    return f"- {words[language]}\n" if language in words else ""


def _as_read(number: float, language: str) -> str:
    """A number as the reader of a language writes it."""
    return f"{number:.2f}".replace(".", "." if language == "en" else ",")


def _share(delta: float) -> str:
    """A very small share in two figures that everybody reads: one in so many."""
    many = f"{1 / delta:.2g}"
    return f"1/{float(many):,.0f}".replace(",", "\u00a0")


def statements(draft: Draft, test: bool, *, beside_official: bool = False) -> dict[str, str]:
    """The statement in Tajik, Russian and English, by language."""
    plan = draft.plan
    states = STATES[bool(draft.refusals)]
    en, ru, tg = (
        f"{one}\n\n{note}" if test else one for one, note in zip(states, TEST, strict=True)
    )
    values = {
        "name": plan.name,
        "population": plan.population,
        "state": en,
        "state_ru": ru,
        "state_tg": tg,
        "delta": _share(plan.delta),
        "w1": 1.96 * plan.sigma(1),
        "w2": 1.96 * plan.sigma(2),
    }
    five = accounting.epsilon_of(plan.rho * accounting.GROUP**2, plan.delta)
    return {
        language: text.format(
            **values, epsilon=_as_read(plan.epsilon, language), five=_as_read(five, language)
        )
        + (BESIDE[language] if beside_official else "")
        + added(plan.beside.words, language)
        for language, text in (("tg", TG), ("ru", RU), ("en", EN))
    }
