"""Clients of the official SDK for the gateway under test. Responses that do not match the SDK's types are errors."""

import os

from openai import AsyncOpenAI, OpenAI

_options = {
    "base_url": os.environ["OPENCLAW_GATEWAY_URL"] + "/v1",
    "api_key": os.environ["OPENCLAW_GATEWAY_TOKEN"],
    "max_retries": 0,
    "_strict_response_validation": True,
}


def client(**options) -> OpenAI:
    return OpenAI(**{**_options, **options})


def async_client(**options) -> AsyncOpenAI:
    return AsyncOpenAI(**{**_options, **options})


def ask(content: str, **more) -> dict:
    """Returns a chat request with one user message for the default agent."""
    return {"model": "openclaw", "messages": [{"role": "user", "content": content}], **more}


def respond(input: str | list, **more) -> dict:
    """Returns the same as a responses request."""
    return {"model": "openclaw", "input": input, **more}
