"""A running gate takes up fitted weights, and each call says by which it was scored."""

import time
from dataclasses import replace
from pathlib import Path

from collector import live_weights
from router.gain import Chance, Gain
from router.learning import points, reweighted
from tests.collector.routed import routed_gate, task
from tests.collector.test_routing import new_session


def test_fitted_weights_are_taken_up_named_on_the_call_and_dropped_again(tmp_path: Path):
    folder, prior = tmp_path / "data", live_weights.built_in()
    with routed_gate(folder) as routed:
        asked = iter(range(1, 9))

        def scored() -> tuple[str | None, bool]:
            time.sleep(1.1)  # the gate looks once a second
            routed.ask(task(), x_claude_code_session_id=new_session())
            routed.last(next(asked))  # all of them are loaded
            [row] = routed.gate.rows(
                "select weights, complexity from facts order by asked_at desc limit 1"
            )
            return row["weights"], row["complexity"] < 0.01

        assert scored() == (None, False)
        version = live_weights.put(folder, reweighted(prior, points(prior), -9.0))
        assert scored() == (version, True)
        (folder / live_weights.FITTED).write_text("bias = ")
        assert scored() == (version, True)
        live_weights.reset(folder)
        assert scored() == (None, False)
        never = Gain(Chance(0.0, {}), Chance(0.0, {}), {7: (1.0, -1.0)}, bias=-9.0)
        learnt = live_weights.put(folder, replace(prior, gain=never))
        assert scored() == (learnt, True)
