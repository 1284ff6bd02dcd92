"""LiteLLM's Anthropic client: whole and streamed, tools, errors."""

import os
import unittest

import litellm

litellm.telemetry = False
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}


def ask(content: str, **more):
    options = {
        "model": "anthropic/openclaw",
        "api_base": os.environ["OPENCLAW_GATEWAY_URL"],
        "api_key": os.environ["OPENCLAW_GATEWAY_TOKEN"],
        "messages": [{"role": "user", "content": content}],
        "max_tokens": 1000,
        "num_retries": 0,
    }
    return litellm.completion(**{**options, **more})


class LiteLlm(unittest.TestCase):
    def test_a_message(self):
        completion = ask("say Paris")
        self.assertEqual(completion.choices[0].message.content, "Paris")
        self.assertGreater(completion.usage.prompt_tokens, 0)

    def test_a_streamed_message(self):
        chunks = list(ask("say Paris in the spring", stream=True))
        text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
        self.assertEqual(text, "Paris in the spring")

    def test_a_call(self):
        completion = ask('/tool get_weather {"city": "Paris"}', tools=[WEATHER])
        [call] = completion.choices[0].message.tool_calls
        self.assertEqual((call.function.name, call.function.arguments), ("get_weather", '{"city": "Paris"}'))
        self.assertEqual(completion.choices[0].finish_reason, "tool_calls")

    def test_errors_are_those_of_litellm(self):
        with self.assertRaises(litellm.NotFoundError) as missing:
            ask("hi", model="anthropic/openclaw:nobody")
        self.assertIn("nobody", str(missing.exception))
        with self.assertRaises(litellm.AuthenticationError):
            ask("hi", api_key="wrong-key-0123456789abcdef")


if __name__ == "__main__":
    unittest.main()
