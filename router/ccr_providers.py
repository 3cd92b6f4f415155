"""The providers of a claude-code-router configuration, as a policy has them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from router.policy_faults import LOOPBACK
from router.wire.untrusted import rows, table

VARIABLE = re.compile(r"\$\{([^}]+)\}|\$([A-Z_][A-Z0-9_]*)")
KEY = re.compile(rf"(?:Bearer\s+)?(?:{VARIABLE.pattern})")
LOCAL_NAMES = ("ollama", "lmstudio", "lm-studio", "llama", "vllm", "mlx", "local")
PRIVATE = re.compile(r"10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|.+\.local$")
LOCAL_PORTS = frozenset({1234, 8000, 8080, 11434})
LOCAL_CONTEXT = 65_536
GEMINI = "generativelanguage.googleapis.com"
GEMINI_CHAT = f"https://{GEMINI}/v1beta/openai"
ENDPOINTS = {"/v1/messages": "messages", "/chat/completions": "chat"}
SYNONYMS = {
    "name": ("name", "NAME"),
    "api_base_url": ("api_base_url", "baseUrl", "base_url", "HOST"),
    "api_key": ("api_key", "apiKey", "APIKEY"),
    "models": ("models", "MODELS"),
}
FIELD_OF = {word: field for field, words in SYNONYMS.items() for word in words}

DONE = "the translation does this by itself"
SENT = "not carried: faregate sends what the client asked for"
TRANSFORMERS = {
    "anthropic": "wire is messages", "openai": DONE, "openrouter": DONE, "vercel": DONE,
    "deepseek": DONE, "reasoning": DONE, "groq": DONE, "cerebras": DONE, "cleancache": DONE,
    "streamoptions": DONE, "maxcompletiontokens": DONE, "enhancetool": DONE, "gemini": DONE,
    "maxtoken": SENT, "sampling": SENT, "customparams": SENT, "tooluse": SENT,
    "forcereasoning": SENT, "openai-responses": "not carried: spoken to as Chat Completions",
    "vertex-gemini": "not carried: faregate does not speak Vertex; use a LiteLLM proxy",
    "vertex-claude": "not carried: faregate does not speak Vertex; use a LiteLLM proxy",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """What became of one key; `kept` tells whether it lives on in the policy."""

    key: str
    became: str
    kept: bool = False


@dataclass(frozen=True, slots=True)
class Carried:
    """Providers as policy tables, by our name; `names` leads there from theirs, in lower case."""

    providers: dict[str, dict[str, Any]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    models: dict[str, list[str]] = field(default_factory=dict)
    account: list[Entry] = field(default_factory=list)


def carried(config: Mapping[str, Any], environ: Mapping[str, str]) -> Carried:
    """Every provider that names its URL, key and models; the others are told with the reason."""
    done = Carried()
    for key in ("Providers", "providers"):
        for at, told in enumerate(rows(config.get(key))):
            _carry(done, f"{key}.{at}", told, environ)
    _carry_oldest(done, config, environ)
    return done


def filled(value: object, environ: Mapping[str, str]) -> str:
    """A string with its `$VAR` and `${VAR}` resolved; an unset one is left as it is."""
    text = value.strip() if isinstance(value, str) else ""
    return VARIABLE.sub(lambda m: environ.get(m[1] or m[2]) or m[0], text)


def _carry(done: Carried, key: str, told: object, environ: Mapping[str, str]) -> None:
    given = {FIELD_OF.get(word, word): value for word, value in table(told).items()}
    for word in table(told):
        if word in FIELD_OF and FIELD_OF[word] != word:
            done.account.append(Entry(f"{key}.{word}", f"read as {FIELD_OF[word]}", kept=True))
    theirs = filled(given.get("name"), environ)
    missing = [word for word in ("name", "api_base_url", "api_key") if not given.get(word)]
    if missing or not isinstance(given.get("models"), list):
        lacking = ", ".join(missing or ["models"])
        done.account.append(Entry(key, f"not carried: it lacks {lacking}, so it was never used"))
        done.account.extend(
            Entry(f"{key}.{word}", "not carried, with its provider") for word in table(told)
        )
        return
    _carry_whole(done, key, theirs, given, environ)


def _carry_whole(
    done: Carried, key: str, theirs: str, given: Mapping[str, Any], environ: Mapping[str, str]
) -> None:
    url, wire = _endpoint(filled(given["api_base_url"], environ), given)
    if not url:
        done.account.append(Entry(f"{key}.api_base_url", "not carried: it is no URL; write it in"))
        done.account.append(Entry(key, "not carried, for want of a URL"))
        return
    name = _name(theirs, done.providers)
    if url.startswith("http://") and not _is_local(name, url) and _host(url) not in LOOPBACK:
        done.account.append(Entry(key, "not carried: its key would go unencrypted; use https"))
        return
    bill = "local" if _is_local(name, url) else "cash"
    provider: dict[str, Any] = {"wire": wire, "base_url": url, "bill": bill}
    done.account.append(Entry(f"{key}.name", f"providers.{name}", kept=True))
    done.account.append(Entry(f"{key}.api_base_url", f"wire {wire}, base_url {url}", kept=True))
    done.account.append(_key_entry(f"{key}.api_key", name, given["api_key"], provider))
    if bill == "local":
        provider["context_tokens"] = LOCAL_CONTEXT
    done.account.append(Entry(f"{key}.models", "known by their use in routes", kept=True))
    done.account.extend(_other_keys(key, given))
    done.providers[name] = provider
    done.names[theirs.lower()] = name
    done.models[name] = [filled(model, environ) for model in rows(given["models"])]


def _key_entry(key: str, name: str, secret: object, provider: dict[str, Any]) -> Entry:
    """A key becomes the name of a variable; its text is never looked at but for one."""
    if provider["bill"] == "local":
        return Entry(key, "dropped: a local server asks for none")
    found = KEY.fullmatch(secret.strip()) if isinstance(secret, str) else None
    named = (found[1] or found[2]) if found else f"{name.upper()}_API_KEY"
    variable = re.sub(r"\W", "_", named, flags=re.ASCII)
    variable = variable if not variable[:1].isdigit() else f"_{variable}"
    provider["api_key_env"] = variable
    how = f"api_key_env {variable}"
    return Entry(key, how if found else f"{how}: set that variable to the key", kept=True)


def _other_keys(key: str, given: Mapping[str, Any]) -> Iterator[Entry]:
    for word, value in given.items():
        if word == "transformer":
            yield from _transformer_entries(f"{key}.transformer", value)
        elif word == "tokenizer":
            yield Entry(f"{key}.tokenizer", "not carried: tokens are told by the size of a request")
        elif word not in SYNONYMS:
            yield Entry(f"{key}.{word}", "not carried: not known to claude-code-router either")


def _transformer_entries(key: str, told: object) -> Iterator[Entry]:
    for word, value in table(told).items():
        uses = rows(value) if word == "use" else rows(table(value).get("use"))
        if not uses:
            yield Entry(f"{key}.{word}", "not carried: it names no transformer")
        for use in uses:
            name = str(use[0] if isinstance(use, list) and use else use)
            became = TRANSFORMERS.get(name.lower(), "not carried: a transformer of your own")
            yield Entry(f"{key}.{word} {name}", became, kept=not became.startswith("not"))


def _uses(given: Mapping[str, Any]) -> list[str]:
    uses = rows(table(given.get("transformer")).get("use"))
    return [str(use[0] if isinstance(use, list) and use else use).lower() for use in uses]


def _endpoint(url: str, given: Mapping[str, Any]) -> tuple[str, str]:
    """Base URL and wire of a full URL, without any login or key in it; ("", …) if it is none."""
    parts = urlsplit(url) if "$" not in url else urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return "", "chat"
    if parts.hostname == GEMINI:
        return GEMINI_CHAT, "chat"
    netloc = parts.netloc.rpartition("@")[2]
    plain = urlunsplit((parts.scheme, netloc, parts.path.rstrip("/"), "", ""))
    for ending, wire in ENDPOINTS.items():
        if plain.endswith(ending):
            return plain.removesuffix(ending), wire
    return plain, "messages" if _uses(given) == ["anthropic"] else "chat"


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""


def _is_local(name: str, url: str) -> bool:
    parts, host = urlsplit(url), _host(url)
    is_near = host in LOOPBACK or PRIVATE.match(host) or "." not in host
    return bool(is_near) and (any(n in name for n in LOCAL_NAMES) or parts.port in LOCAL_PORTS)


def _name(theirs: str, taken: Mapping[str, object]) -> str:
    """Their name as ours may be: lower case, and once only."""
    base = re.sub(r"[^a-z0-9_.-]+", "-", theirs.lower()).strip("-_.")[:50] or "provider"
    numbered = (f"{base}-{number}" for number in range(2, len(taken) + 3))
    return next(name for name in (base, *numbered) if name not in taken)


def _carry_oldest(done: Carried, config: Mapping[str, Any], environ: Mapping[str, str]) -> None:
    """The first releases knew one provider, by three keys at the top."""
    keys = ("OPENAI_BASE_URL", "OPENAI_API_KEY", "OPENAI_MODEL")
    if not any(key in config for key in keys):
        return
    url = filled(config.get(keys[0]), environ) or "https://api.openai.com/v1"
    told = {
        "name": "openai", "api_base_url": f"{url.rstrip('/')}/chat/completions",
        "api_key": config.get(keys[1]) or "$OPENAI_API_KEY", "models": [config.get(keys[2])],
    }  # fmt: skip
    _carry(done, "OPENAI", told, environ)
    done.account.extend(Entry(key, "providers.openai", kept=True) for key in keys if key in config)
