"""What-if: one's own calls replayed under another policy, plan or price list, with honest ranges.

    history = dashboard.replayed.history(folder, start_at, end_at, project)
    mine = Scenario(name="mine", rules=policy_check.load(text), thresholds={"complex_at": 0.7})
    outcome = replay(history, mine)
    outcome.month["paid_usd"].median, outcome.month["quality"].low, outcome.calls

Pure: no clock, no file. The same history, scenario and seed give the same numbers. The first
replay of a policy prepares it and later ones with other thresholds are fast, so keep the `History`
and the compiled policy (`Scenario.rules`, told apart by identity) between them. `replay` says what
an `Outcome` holds; `grid`, `frontier`, `solve`, `tornado` and `changed_calls` are made of it.
"""

from router.replay_case import bills_plan as bills_plan
from router.replay_case import replay as replay
from router.replay_compare import COMPARED as COMPARED
from router.replay_compare import changed_between as changed_between
from router.replay_compare import changed_calls as changed_calls
from router.replay_compare import tornado as tornado
from router.replay_draws import Range as Range
from router.replay_goal import Goal as Goal
from router.replay_goal import Solution as Solution
from router.replay_goal import solve as solve
from router.replay_grid import frontier as frontier
from router.replay_grid import grid as grid
from router.replay_history import History as History
from router.replay_history import history_of as history_of
from router.replay_outcome import Basis as Basis
from router.replay_outcome import Outcome as Outcome
from router.replay_terms import API_ONLY as API_ONLY
from router.replay_terms import PAST_LIMIT as PAST_LIMIT
from router.replay_terms import Assumptions as Assumptions
from router.replay_terms import Scenario as Scenario
from router.replay_terms import Spread as Spread
