"""A preset says what a business wants; a wrong file is refused in words that name the place."""

from decimal import Decimal
from pathlib import Path

import pytest

from b24app.errors import PresetError
from config.limit import Limit
from config.preset import FOLDER, known_presets, load_preset, merge, read_preset

FOOD = FOLDER / "food_distribution.toml"

PUBLISHED = frozenset(
    [
        "funnel.contract",
        "funnel.active",
        "funnel.repeat",
        "stage.contract.new",
        "stage.contract.negotiation",
        "stage.contract.signed",
        "stage.contract.lost",
        "stage.active.new",
        "stage.active.stock_check",
        "stage.active.ordered",
        "stage.active.packing",
        "stage.active.shipped",
        "stage.active.paid",
        "stage.active.cancelled",
        "stage.repeat.new",
        "stage.repeat.contacted",
        "stage.repeat.returned",
        "stage.repeat.lost",
        "type.prospect",
        "type.client",
        "type.debtor",
        "type.lost",
        "company.deferral_days",
        "company.debt_in_period",
        "company.debt_overdue",
        "company.advance",
        "company.last_visit",
        "company.last_order",
        "company.type_locked",
        "company.no_auto_messages",
        "deal.no_order_reason",
        "deal.last_order",
        "deal.order_number",
        "deal.order_version",
        "deal.external_status",
        "spa.debt",
        "debt.shipment_number",
        "debt.shipment_date",
        "debt.amount",
        "debt.deferral_days",
        "debt.due_date",
        "debt.paid",
        "debt.outstanding",
        "debt.promised_date",
        "debt.no_remind_until",
        "debt.dispute",
        "debt.sent_pre",
        "debt.sent_due",
        "debt.broken_promises",
        "debt.app_key",
        "debt.credited",
        "debt.deal_removed",
        "stage.debt.waiting",
        "stage.debt.overdue",
        "stage.debt.promised",
        "stage.debt.claim",
        "stage.debt.court",
        "stage.debt.paid",
        "stage.debt.written_off",
        "spa.visit",
        "visit.date",
        "visit.result",
        "visit.comment",
    ]
)


def test_food_distribution_has_every_published_name():
    assert load_preset("food_distribution").names() >= PUBLISHED


def test_receivables_have_seven_stages_with_one_success_and_one_failure():
    stages = load_preset("food_distribution").smart_processes["debt"].stages
    assert [stage.semantics for stage in stages.values()] == ["process"] * 5 + ["success", "failure"]


def test_defaults_are_typed():
    defaults = load_preset("food_distribution").defaults()
    assert defaults["debt.deferral_default"] == 14
    assert defaults["debt.min_amount"] == Decimal(0)
    assert defaults["repeat.skip_debtors"] is False


def test_every_setting_says_where_it_comes_from():
    for code in known_presets():
        for key, limit in load_preset(code).limits.items():
            assert limit.source and limit.unit.ru, key


@pytest.mark.parametrize(
    ("before", "after", "place", "advice"),
    [
        ('semantics = "success", color = "#7BD500" }\nlost', 'semantic = "success" }\nlost', "funnels.", '"semantics"'),
        ("code = ", "kode = ", "the file", 'did you mean "code"'),
        ('en = "Prospect"', 'en = ""', "types.prospect.title", "both languages"),
        (
            'type = "integer"\ndefault = 14',
            'type = "integer"\ndefault = 1400',
            "debt.deferral_default",
            "more than 365",
        ),
        ('type = "integer"\nhelp', 'type = "integr"\nhelp', "fields.company.deferral_days.type", "'integer'"),
        ('parents = ["deal"]', 'parents = ["dael"]', "smart_processes.debt.parents.0", "'deal'"),
        ("[fields.deal.no_order_reason.items]", "[fields.deal.order_number.items]", "fields.deal", "enumeration"),
        ("shipped = {", "Shipped = {", "funnels.active", "Shipped"),
        (
            'ru = "Отменено", en = "Cancelled" }, semantics = "failure"',
            'ru = "О", en = "C" }',
            "funnels.active",
            "order",
        ),
    ],
)
def test_a_wrong_file_is_refused_with_the_place_and_what_to_change(
    tmp_path: Path, before: str, after: str, place: str, advice: str
):
    text = FOOD.read_text("utf-8")
    assert before in text
    wrong = tmp_path / FOOD.name
    wrong.write_text(text.replace(before, after, 1), "utf-8")
    with pytest.raises(PresetError) as refusal:
        read_preset(wrong)
    assert place in str(refusal.value)
    assert advice in str(refusal.value)


def test_an_unknown_preset_is_refused_with_the_nearest():
    with pytest.raises(PresetError, match='did you mean "food_distribution"'):
        load_preset("food_distributon")


def test_a_preset_merged_with_itself_stays_the_same():
    food = load_preset("food_distribution")
    assert merge([food, food]).names() == food.names()


def test_presets_that_define_a_name_differently_are_refused(tmp_path: Path):
    other = tmp_path / "other.toml"
    text = FOOD.read_text("utf-8").replace('code = "food_distribution"', 'code = "other"')
    other.write_text(text.replace("Должник", "Должники", 1), "utf-8")
    with pytest.raises(PresetError, match=r"other: types\.debtor"):
        merge([load_preset("food_distribution"), read_preset(other)])


@pytest.mark.parametrize(("word", "value"), [("on", True), ("off", False), ("1", True), ("No", False)])
def test_flags_are_read_from_words(word: str, value: bool):
    assert load_preset("food_distribution").limits["repeat.skip_debtors"].read(word) is value


@pytest.mark.parametrize(
    ("key", "word"),
    [
        ("debt.pre_days", "two"),
        ("debt.pre_days", "1.5"),
        ("debt.pre_days", "-1"),
        ("debt.weekend_due", "monday"),
        ("send_window", "9-18"),
        ("repeat.skip_debtors", "maybe"),
    ],
)
def test_a_word_that_is_no_such_setting_is_refused(key: str, word: str):
    limit: Limit = load_preset("food_distribution").limits[key]
    with pytest.raises(ValueError, match=r".+"):
        limit.read(word)
