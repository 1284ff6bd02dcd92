"""LangChain's ChatAnthropic: whole and streamed, tools, structured output, thinking, usage, errors."""

import os
import unittest

import anthropic
from langchain_anthropic import ChatAnthropic
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool
from pydantic import BaseModel

CALL_WEATHER = '/tool get_weather {"city": "Paris"}'


def model(**options) -> ChatAnthropic:
    defaults = {
        "model_name": "openclaw",
        "base_url": os.environ["OPENCLAW_GATEWAY_URL"],
        "anthropic_api_key": os.environ["OPENCLAW_GATEWAY_TOKEN"],
        "max_retries": 0,
    }
    return ChatAnthropic(**{**defaults, **options})


@tool
def get_weather(city: str) -> str:
    """Returns the weather of a city."""
    return "rain"


class Forecast(BaseModel):
    """A forecast."""

    city: str


class LangChain(unittest.TestCase):
    def test_a_message_has_text_and_usage(self):
        message = model().invoke("say Paris")
        self.assertEqual(message.content, "Paris")
        self.assertGreater(message.usage_metadata["input_tokens"], 0)

    def test_a_streamed_message_has_the_same(self):
        total = None
        for chunk in model().stream("say Paris in the spring"):
            total = chunk if total is None else total + chunk
        self.assertEqual(total.text, "Paris in the spring")
        self.assertGreater(total.usage_metadata["input_tokens"], 0)
        self.assertGreater(total.usage_metadata["output_tokens"], 0)

    def test_a_tool_is_called_and_its_result_goes_back(self):
        bound = model().bind_tools([get_weather])
        question = [HumanMessage(CALL_WEATHER)]
        message = bound.invoke(question)
        [call] = message.tool_calls
        self.assertEqual((call["name"], call["args"]), ("get_weather", {"city": "Paris"}))
        answer = bound.invoke([*question, message, ToolMessage("rain", tool_call_id=call["id"])])
        self.assertEqual(answer.content, "get_weather returned: rain")

    def test_output_has_a_given_shape(self):
        for method in ("function_calling", "json_schema"):
            structured = model().with_structured_output(Forecast, method=method)
            self.assertIsInstance(structured.invoke("Paris"), Forecast, method)

    def test_thinking_is_a_block(self):
        message = model(thinking={"type": "adaptive"}).invoke("/think about spring\nsay Paris")
        self.assertEqual([block["type"] for block in message.content], ["thinking", "text"])

    def test_errors_are_those_of_the_sdk(self):
        with self.assertRaises(anthropic.NotFoundError) as missing:
            model(model_name="openclaw:nobody").invoke("hi")
        self.assertEqual(missing.exception.body["error"]["details"]["error_code"], "model_not_found")
        with self.assertRaises(anthropic.AuthenticationError):
            model(anthropic_api_key="wrong-key-0123456789abcdef").invoke("hi")


if __name__ == "__main__":
    unittest.main()
