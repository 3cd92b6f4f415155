"""The estimate's own month to the cent, and what follows from the same inputs."""

from decimal import Decimal

from router.seed_claims import WHY, claims, mixed_month, usd


def test_the_mixed_month_is_as_it_was_written():
    told = {row.model: (row.mtok_in, row.mtok_out, row.usd) for row in mixed_month()}
    assert told == {
        "local": (Decimal("9"), Decimal("3"), Decimal("0.00")),
        "haiku": (Decimal("10.8"), Decimal("3.6"), Decimal("28.80")),
        "sonnet": (Decimal("12.6"), Decimal("4.2"), Decimal("100.80")),
        "opus": (Decimal("3.6"), Decimal("1.2"), Decimal("48.00")),
    }
    assert sum(row.usd for row in mixed_month()) == Decimal("177.60")
    assert usd("opus") == Decimal("480.00")


def test_each_claim_stands_beside_what_its_inputs_give():
    told = {claim.name: claim for claim in claims()}
    assert told["mixed"].holds and told["mixed"].recomputed == (Decimal("177.60"),) * 2
    assert told["mixed_cached"].recomputed == (Decimal("124.32"),) * 2
    assert told["recommended"].claimed == (Decimal(200), Decimal(255))
    assert told["recommended"].recomputed == (Decimal(205), Decimal(255))
    assert told["overflow"].recomputed == (Decimal("48.00"), Decimal("96.00"))
    assert told["reduction"].recomputed == (Decimal("46.9"), Decimal("57.3"))
    assert told["heavy_month"].recomputed == (Decimal("2.40"),) * 2
    assert told["windows"].recomputed == (Decimal(218),) * 2
    assert told["quality_max"].recomputed == (Decimal("94.5"),) * 2
    assert told["quality_mix"].recomputed == (Decimal("87.5"),) * 2


def test_every_difference_is_explained():
    for claim in claims():
        assert WHY[claim.why]
        assert claim.holds or claim.why != "holds"
