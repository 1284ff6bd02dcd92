"""
Reads the streams of arbitrary runs with every Python client. The arguments are a client's name, the server of the streams and
their number. Prints one line of JSON for each stream: its text, the names of its calls, or `null` when the client raised.
"""

import json
import sys


def read_anthropic(url: str):
    import anthropic

    client = anthropic.Anthropic(base_url=url, api_key="key", max_retries=0)
    question = [{"role": "user", "content": "hi"}]
    with client.messages.stream(model="m", max_tokens=10, messages=question) as stream:
        content = stream.get_final_message().content
    text = "".join(block.text for block in content if block.type == "text")
    return text, [block.name for block in content if block.type == "tool_use"]


def read_langchain(url: str):
    from langchain_anthropic import ChatAnthropic

    total = None
    for chunk in ChatAnthropic(model="m", base_url=url, api_key="key", max_retries=0).stream("hi"):
        total = chunk if total is None else total + chunk
    return total.text, [call["name"] for call in total.tool_calls]


def read_litellm(url: str):
    import litellm

    litellm.telemetry = False
    chunks = litellm.completion(
        model="anthropic/m",
        api_base=url,
        api_key="key",
        messages=[{"role": "user", "content": "hi"}],
        max_tokens=10,
        num_retries=0,
        stream=True,
    )
    text, names = "", []
    for chunk in chunks:
        delta = chunk.choices[0].delta
        text += delta.content or ""
        names += [call.function.name for call in delta.tool_calls or [] if call.function.name]
    return text, names


def main(client: str, server: str, count: str) -> None:
    read = {"anthropic": read_anthropic, "langchain": read_langchain, "litellm": read_litellm}[client]
    for index in range(int(count)):
        try:
            print(json.dumps(read(f"{server}/{index}")))
        except Exception as error:
            print(json.dumps(None))
            print(f"{index}: {type(error).__name__}: {str(error)[:200]}", file=sys.stderr)


main(*sys.argv[1:])
