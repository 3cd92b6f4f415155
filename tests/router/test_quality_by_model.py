"""What a log alone tells of each model, weighted to the same work."""

import polars as pl

from router.quality_offpolicy import by_model


def told(model: str, complexity: float, passed: int, failed: int) -> list[dict[str, object]]:
    row = {"model": model, "complexity": complexity}
    return [{**row, "outcome": "pass"}] * passed + [{**row, "outcome": "fail"}] * failed


def test_a_model_given_only_hard_work_is_not_the_weaker_for_it():
    found = by_model(
        pl.DataFrame(
            [
                *told("opus", 0.9, 60, 40), *told("opus", 0.1, 10, 0),
                *told("haiku", 0.9, 1, 4), *told("haiku", 0.1, 90, 10),
            ]
        )
    )  # fmt: skip
    rates = {row["model"]: row for row in found.iter_rows(named=True)}
    assert rates["opus"]["naive"] < rates["haiku"]["naive"]
    assert rates["opus"]["stratified"] > rates["haiku"]["stratified"]


def test_work_that_a_model_never_met_is_not_identified():
    found = by_model(pl.DataFrame([*told("opus", 0.9, 5, 5), *told("haiku", 0.1, 5, 5)]))
    assert [(row["doubly_robust"], row["missing"]) for row in found.iter_rows(named=True)] == [
        (None, ["complex"]),
        (None, ["simple"]),
    ]


def test_without_outcomes_there_is_nothing_to_tell():
    nothing = pl.DataFrame(
        schema={"model": pl.String, "complexity": pl.Float64, "outcome": pl.String}
    )
    assert by_model(nothing).is_empty()
