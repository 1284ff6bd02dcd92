"""The official SDK, pointed at the gateway under test. What the SDK's own types do not allow is an error."""

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
    """A chat request with one question for the default agent."""
    return {"model": "openclaw", "messages": [{"role": "user", "content": content}], **more}


def respond(asked: str | list, **more) -> dict:
    """The same as a request for a response."""
    return {"model": "openclaw", "input": asked, **more}
