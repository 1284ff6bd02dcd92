"""Calls of client tools in responses, unstreamed and streamed, and structured output."""

import json
import unittest

import openai
from gateway import client, respond
from pydantic import BaseModel

PARIS = {"city": "Paris"}
CALL_WEATHER = "/tool get_weather " + json.dumps(PARIS)


class Weather(BaseModel):
    """The weather in a city, now."""

    city: str


class Forecast(BaseModel):
    city: str
    degrees: list[float]
    wind: int | None


WEATHER = openai.pydantic_function_tool(Weather, name="get_weather")["function"] | {"type": "function"}
TIME = {"type": "function", "name": "get_time", "parameters": {"type": "object"}, "strict": False}
SQL = {"type": "custom", "name": "run_sql", "description": "Runs SQL"}


def result(call, output) -> dict:
    kind = "custom_tool_call_output" if call.type == "custom_tool_call" else "function_call_output"
    return {"type": kind, "call_id": call.call_id, "output": output}


class Tools(unittest.TestCase):
    def test_a_call_and_its_result_by_the_id_of_the_response(self):
        responses = client().responses
        first = responses.create(**respond(CALL_WEATHER, tools=[WEATHER]))
        [call] = first.output
        self.assertEqual((call.type, call.name, json.loads(call.arguments)), ("function_call", "get_weather", PARIS))
        second = responses.create(
            **respond([result(call, "rain")], previous_response_id=first.id, tools=[WEATHER])
        )
        self.assertEqual(second.output_text, "get_weather returned: rain")

    def test_a_call_and_its_result_without_anything_stored(self):
        responses = client().responses
        conversation = [{"role": "user", "content": CALL_WEATHER}]
        first = responses.create(**respond(conversation, tools=[WEATHER], store=False))
        [call] = first.output
        parts = [{"type": "input_text", "text": "rain"}]
        second = responses.create(
            **respond([*conversation, call, result(call, parts)], tools=[WEATHER], store=False)
        )
        self.assertEqual(second.output_text, "get_weather returned: rain")

    def test_a_result_without_a_call_is_rejected(self):
        with self.assertRaises(openai.BadRequestError) as caught:
            client().responses.create(
                **respond([{"type": "function_call_output", "call_id": "call_9", "output": "rain"}])
            )
        self.assertEqual((caught.exception.code, caught.exception.param), ("unknown_tool_call_id", "input[0].call_id"))

    def test_arguments_are_parsed(self):
        [call] = client().responses.parse(**respond(CALL_WEATHER, tools=[WEATHER])).output
        self.assertEqual(call.parsed_arguments, PARIS)

    def test_streamed_calls_are_put_together(self):
        question = respond(f"{CALL_WEATHER}\n/tool get_time", tools=[WEATHER, TIME])
        with client().responses.stream(**question) as stream:
            events = list(stream)
            response = stream.get_final_response()
        self.assertEqual([call.name for call in response.output], ["get_weather", "get_time"])
        [weather, time] = [event for event in events if event.type == "response.function_call_arguments.done"]
        self.assertEqual((weather.name, json.loads(weather.arguments)), ("get_weather", PARIS))
        self.assertEqual((time.name, time.arguments), ("get_time", "{}"))
        self.assertNotEqual(response.output[0].call_id, response.output[1].call_id)

    def test_a_custom_tool_is_called_with_text(self):
        responses = client().responses
        question = respond('/tool run_sql {"input": "select 1"}', tools=[SQL])
        first = responses.create(**question)
        [call] = first.output
        self.assertEqual((call.type, call.name, call.input), ("custom_tool_call", "run_sql", "select 1"))
        inputs = [
            event.input
            for event in responses.create(**question, stream=True)
            if event.type == "response.custom_tool_call_input.done"
        ]
        self.assertEqual(inputs, ["select 1"])
        second = responses.create(**respond([result(call, "1")], previous_response_id=first.id, tools=[SQL]))
        self.assertEqual(second.output_text, "run_sql returned: 1")

    def test_a_call_of_a_tool_in_a_namespace_has_both_its_names(self):
        towns = {"type": "namespace", "name": "towns", "description": "Towns.", "tools": [TIME, SQL]}
        question = respond('/tool towns__get_time\n/tool towns__run_sql {"input": "select 1"}', tools=[towns])
        response = client().responses.create(**question)
        called = [(call.type, call.namespace, call.name) for call in response.output]
        self.assertEqual(
            called, [("function_call", "towns", "get_time"), ("custom_tool_call", "towns", "run_sql")]
        )
        self.assertEqual([tool.name for tool in response.tools[0].tools], ["get_time", "run_sql"])

    def test_every_form_of_tool_choice_is_repeated(self):
        allowed = {"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "get_time"}]}
        for choice, called in [
            ("none", []),
            ("required", ["get_weather"]),
            ({"type": "function", "name": "get_time"}, ["get_time"]),
            (allowed, ["get_time"]),
        ]:
            response = client().responses.create(**respond("hello", tools=[WEATHER, TIME], tool_choice=choice))
            repeated = response.tool_choice
            self.assertEqual(repeated if isinstance(choice, str) else repeated.to_dict(), choice)
            self.assertEqual([item.name for item in response.output if item.type == "function_call"], called)


class Formats(unittest.TestCase):
    def test_an_answer_in_a_format_is_parsed(self):
        response = client().responses.parse(**respond("say Paris"), text_format=Forecast)
        self.assertIsInstance(response.output_parsed, Forecast)
        self.assertEqual(response.output_parsed.city, "Paris")
        self.assertEqual(response.text.format.name, "Forecast")

    def test_a_streamed_answer_in_a_format_is_parsed(self):
        with client().responses.stream(**respond("say Paris"), text_format=Forecast) as stream:
            response = stream.get_final_response()
        self.assertEqual(response.output_parsed.city, "Paris")

    def test_a_json_object_can_be_requested(self):
        question = respond('say {"a": 1}', text={"format": {"type": "json_object"}})
        self.assertEqual(json.loads(client().responses.create(**question).output_text), {"a": 1})


if __name__ == "__main__":
    unittest.main()
