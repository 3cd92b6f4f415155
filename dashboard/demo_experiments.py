"""A made-up experiment: one project's sessions begin on Opus or on Sonnet."""

from dataclasses import replace
from datetime import datetime, timedelta

from dashboard.demo_work import OPUS, SONNET, DemoSession, Wish
from router.arms import OTHER, Assigned, by_share, drawn
from router.call import Kind
from router.policy_model import Experiment

SONNET_FIRST = Experiment(name="sonnet-first")
PROJECT, DAYS = "shop-web", 24


def tried(planned: list[DemoSession], ends_at: datetime) -> list[DemoSession]:
    """The sessions as the experiment has them: those in its other arm ask for Sonnet."""
    begins_at = ends_at - timedelta(days=DAYS)
    return [_tried(session) if _takes_part(session, begins_at) else session for session in planned]


def _takes_part(session: DemoSession, begins_at: datetime) -> bool:
    return session.project.name == PROJECT and session.wishes[0].asked_at >= begins_at


def _tried(session: DemoSession) -> DemoSession:
    draw = drawn(SONNET_FIRST.name, session.session_id, None)
    given = by_share(SONNET_FIRST, draw)
    return replace(session, wishes=tuple(_in_arm(wish, given) for wish in session.wishes))


def _in_arm(wish: Wish, given: Assigned) -> Wish:
    if wish.facts.kind not in (Kind.MAIN, Kind.COMPACT) or wish.facts.agent_id:
        return wish
    swaps = given.arm == OTHER and wish.model == OPUS
    return replace(wish, assigned=given, model=SONNET if swaps else wish.model)
