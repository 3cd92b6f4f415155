"""Colours by role, not by order: clay is Anthropic and darker is dearer; one set for each theme."""

from dataclasses import dataclass

from dashboard.i18n import say

ROLES = ("plan", "opus", "sonnet", "haiku", "openrouter", "other", "local")


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    role: dict[str, str]
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
