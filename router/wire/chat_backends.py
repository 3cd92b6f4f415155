"""What each Chat Completions backend accepts: the table that translation reads.

Source: the API references of OpenAI, OpenRouter, DeepSeek, Google, Groq, Ollama and vLLM.
"""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """How one backend speaks Chat Completions. `BACKENDS` holds the known ones.

    `tokens_field` names the cap on output, `most_tokens` and `least_tokens` bound it.
    `reasoning` is how thinking is asked for: `effort`, `openrouter`, `deepseek`, `qwen` or
    none; `reasoning_back` the field of an assistant message that gives a thought back.
    `tool_images`: tool results may hold images. `formats` is `json_schema`, `json_object`
    or none. `most_stops` bounds the stop sequences, `longest_name` the names of tools.
    """

    tokens_field: str = "max_tokens"
    most_tokens: int | None = None
    least_tokens: int = 1
    images: bool = True
    tool_images: bool = False
    documents: bool = False
    mid_system: bool = False
    reasoning: str | None = None
    reasoning_back: str | None = None
    sampling: bool = True
    top_k: bool = False
    forced_tools: bool = True
    parallel_flag: bool = False
    picky_schema: bool = False
    formats: str | None = "json_schema"
    most_stops: int = 4
    longest_name: int = 64


PLAIN = Backend()

BACKENDS: dict[str, Backend] = {
    "chat": PLAIN,
    "openai": Backend(
        tokens_field="max_completion_tokens",
        least_tokens=16,
        documents=True,
        mid_system=True,
        reasoning="effort",
        sampling=False,
        parallel_flag=True,
    ),
    "openrouter": Backend(
        documents=True,
        mid_system=True,
        reasoning="openrouter",
        reasoning_back="reasoning",
        top_k=True,
        parallel_flag=True,
    ),
    "deepseek": Backend(
        most_tokens=64_000,
        images=False,
        mid_system=True,
        reasoning="deepseek",
        reasoning_back="reasoning_content",
        formats="json_object",
        most_stops=16,
    ),
    "gemini": Backend(reasoning="effort", picky_schema=True, most_stops=5),
    "groq": Backend(tokens_field="max_completion_tokens", images=False),
    "ollama": replace(PLAIN, forced_tools=False, reasoning="effort", reasoning_back="reasoning"),
    "vllm": replace(
        PLAIN, reasoning="qwen", reasoning_back="reasoning_content", top_k=True, most_stops=16
    ),
    "litellm": Backend(reasoning="effort", parallel_flag=True),
}
