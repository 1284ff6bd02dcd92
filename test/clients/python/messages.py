"""Anthropic's official SDK: messages whole and streamed, tools and the tool runner, structured output, counts, errors."""

import json
import os
import unittest

import anthropic
from anthropic import beta_tool
from pydantic import BaseModel

PARIS = {"city": "Paris"}
CALL_WEATHER = "/tool get_weather " + json.dumps(PARIS)
WEATHER = {
    "name": "get_weather",
    "description": "Returns the weather of a city.",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


class Forecast(BaseModel):
    city: str
    degrees: list[float]


def client(**options) -> anthropic.Anthropic:
    defaults = {
        "base_url": os.environ["OPENCLAW_GATEWAY_URL"],
        "api_key": os.environ["OPENCLAW_GATEWAY_TOKEN"],
        "max_retries": 0,
        "_strict_response_validation": True,
    }
    return anthropic.Anthropic(**{**defaults, **options})


def ask(content: str, **more) -> dict:
    """Returns a request with one user message for the default agent."""
    return {"model": "openclaw", "max_tokens": 1000, "messages": [{"role": "user", "content": content}], **more}


class Messages(unittest.TestCase):
    def test_a_message(self):
        message = client().messages.create(**ask("say Paris"))
        self.assertEqual([block.text for block in message.content], ["Paris"])
        self.assertEqual((message.stop_reason, message.model), ("end_turn", "openclaw"))
        self.assertGreater(message.usage.input_tokens, 0)
        self.assertRegex(message._request_id, "^req_")

    def test_a_streamed_message(self):
        with client().messages.stream(**ask("say Paris in the spring")) as stream:
            text = "".join(stream.text_stream)
            message = stream.get_final_message()
        self.assertEqual(text, "Paris in the spring")
        self.assertEqual(message.content[0].text, text)
        self.assertGreater(message.usage.input_tokens, 0)

    def test_thinking_has_a_signature_and_goes_back(self):
        question = ask("/think about spring\nsay Paris", thinking={"type": "adaptive"})
        message = client().messages.create(**question)
        self.assertEqual([block.type for block in message.content], ["thinking", "text"])
        self.assertGreater(len(message.content[0].signature), 20)
        question["messages"] += [
            {"role": "assistant", "content": message.content},
            {"role": "user", "content": "say Rome"},
        ]
        self.assertEqual(client().messages.create(**question).content[-1].text, "Rome")

    def test_a_message_at_its_limit(self):
        self.assertEqual(client().messages.create(**ask("/length 100", max_tokens=5)).stop_reason, "max_tokens")

    def test_a_stop_sequence(self):
        message = client().messages.create(**ask("say one two three", stop_sequences=["three", "two"]))
        self.assertEqual((message.stop_reason, message.stop_sequence), ("stop_sequence", "two"))
        self.assertEqual(message.content[0].text, "one ")


class Tools(unittest.TestCase):
    def test_a_call_and_its_result(self):
        question = ask(CALL_WEATHER, tools=[WEATHER])
        message = client().messages.create(**question)
        self.assertEqual(message.stop_reason, "tool_use")
        [call] = message.content
        self.assertEqual((call.name, call.input), ("get_weather", PARIS))
        result = {"type": "tool_result", "tool_use_id": call.id, "content": "rain"}
        question["messages"] += [
            {"role": "assistant", "content": message.content},
            {"role": "user", "content": [result]},
        ]
        self.assertEqual(client().messages.create(**question).content[0].text, "get_weather returned: rain")

    def test_streamed_parallel_calls_are_put_together(self):
        question = ask(f"{CALL_WEATHER}\n{CALL_WEATHER}", tools=[WEATHER])
        with client().messages.stream(**question) as stream:
            message = stream.get_final_message()
        self.assertEqual([call.input for call in message.content], [PARIS, PARIS])

    def test_the_tool_runner_runs_to_the_end(self):
        calls = []

        @beta_tool
        def get_weather(city: str) -> str:
            """Returns the weather of a city."""
            calls.append(city)
            return "rain"

        runner = client().beta.messages.tool_runner(**ask(CALL_WEATHER, tools=[get_weather]))
        self.assertEqual(runner.until_done().content[0].text, "get_weather returned: rain")
        self.assertEqual(calls, ["Paris"])


class Others(unittest.TestCase):
    def test_output_in_a_format_is_parsed(self):
        message = client().messages.parse(**ask("say Paris"), output_format=Forecast)
        self.assertIsInstance(message.parsed_output, Forecast)
        self.assertEqual(message.parsed_output.city, "Paris")

    def test_tokens_are_counted(self):
        question = ask("say Paris")
        del question["max_tokens"]
        self.assertGreater(client().messages.count_tokens(**question).input_tokens, 0)

    def test_the_agents_are_models(self):
        models = client().models
        ids = [model.id for model in models.list(limit=1)]
        self.assertEqual(ids, ["openclaw", "openclaw:main", "claude-openclaw-main"])
        self.assertEqual(models.retrieve("claude-openclaw-main").display_name, "main")

    def test_errors_have_the_classes_of_the_sdk(self):
        with self.assertRaises(anthropic.AuthenticationError):
            client(api_key="a-wrong-key-0123456789").messages.create(**ask("hi"))
        with self.assertRaises(anthropic.NotFoundError) as missing:
            client().messages.create(**{**ask("hi"), "model": "openclaw:nobody"})
        self.assertEqual(missing.exception.body["error"]["details"]["error_code"], "model_not_found")
        with self.assertRaises(anthropic.RateLimitError):
            client().messages.create(**ask("/error 429"))
        with self.assertRaises(anthropic.NotFoundError):
            client().messages.batches.create(requests=[])

    def test_a_stream_that_fails_raises(self):
        with self.assertRaises(anthropic.APIStatusError):
            with client().messages.stream(**ask("/error 500 after 3")) as stream:
                stream.get_final_message()


if __name__ == "__main__":
    unittest.main()
