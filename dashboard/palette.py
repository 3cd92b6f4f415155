"""Colours by role, not by order: clay is Anthropic and darker is dearer; one set for each theme."""

from dataclasses import dataclass

from dashboard.i18n import say

ROLES = ("plan", "opus", "sonnet", "haiku", "openrouter", "other", "local")


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    role: dict[str, str]
    cause: dict[str, str]
    projects: tuple[str, ...]
    text: str
    faded: str
    grid: str
    ground: str
    hatch: str
    good: str
    fair: str
    bad: str
    good_text: str
    fair_text: str
    bad_text: str

    def fill(self, utilization: float) -> str:
        """The colour of a window this full."""
        return self.bad if utilization >= 0.9 else self.fair if utilization >= 0.7 else self.good

    def judged(self, is_met: bool | None) -> str:
        """The colour of a number that is on its goal, or short of it; None: nothing judges it."""
        return {True: self.good, False: self.fair, None: self.faded}[is_met]


LIGHT = Palette(
    role={
        "plan": "#D9D3C7",
        "opus": "#7A3116",
        "sonnet": "#C8653A",
        "haiku": "#E9B08F",
        "openrouter": "#7257B8",
        "other": "#8A857C",
        "local": "#2B8C6B",
    },
    cause={
        "limit_hit": "#C8372D",
        "overloaded": "#E0912F",
        "rate_limited": "#C9B458",
        "unreachable": "#6C7A89",
        "failed": "#3D3A36",
        "truncated": "#9A8FB8",
        "rejected": "#A9A39A",
    },
    projects=("#3B6FA0", "#7FB2C9", "#5B8C5A", "#C2A14D", "#A0627B", "#B9B4AA"),
    text="#1F1D1A",
    faded="#625D56",
    grid="#E4DFD7",
    ground="#E9E4DC",
    hatch="#CFE5D8",
    good="#1F8A5B",
    fair="#C77414",
    bad="#C2372E",
    good_text="#14653F",
    fair_text="#8F4F08",
    bad_text="#A3271F",
)
DARK = Palette(
    role={
        "plan": "#4A463F",
        "opus": "#B4532A",
        "sonnet": "#E58A5E",
        "haiku": "#F3C6AC",
        "openrouter": "#A58DEB",
        "other": "#8A857C",
        "local": "#2F9C76",
    },
    cause={
        "limit_hit": "#F0766C",
        "overloaded": "#F0A94A",
        "rate_limited": "#D8C777",
        "unreachable": "#8FA0B3",
        "failed": "#D6D1C8",
        "truncated": "#B7ABD6",
        "rejected": "#6E6960",
    },
    projects=("#6FA3D6", "#9CCBDD", "#82B580", "#DCC075", "#C88BA3", "#7A756C"),
    text="#EDEAE4",
    faded="#A9A39A",
    grid="#35322D",
    ground="#35322D",
    hatch="#23463A",
    good="#4CC38A",
    fair="#F0A94A",
    bad="#F0766C",
    good_text="#4CC38A",
    fair_text="#F0A94A",
    bad_text="#F0766C",
)


def palette(theme: str | None) -> Palette:
    return DARK if theme == "dark" else LIGHT


def role_name(role: str) -> str:
    return {
        "plan": say("Plan fee (pro-rated)"),
        "opus": say("API Opus"),
        "sonnet": say("API Sonnet"),
        "haiku": say("API Haiku"),
        "openrouter": say("OpenRouter"),
        "local": say("Local"),
    }.get(role, say("Other API"))


def cause_name(cause: str) -> str:
    """How an attempt failed, in words."""
    return {
        "limit_hit": say("plan limit hit"),
        "overloaded": say("overloaded"),
        "rate_limited": say("rate limited"),
        "unreachable": say("not reachable"),
        "failed": say("failed"),
        "truncated": say("cut off"),
        "rejected": say("refused"),
    }.get(cause, cause)
