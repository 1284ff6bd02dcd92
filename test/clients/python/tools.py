"""Calls of client tools, unstreamed and streamed, and structured output."""

import json
import unittest
from typing import Literal

import openai
from gateway import ask, client
from pydantic import BaseModel

PARIS = {"city": "Paris"}
CALL_WEATHER = "/tool get_weather " + json.dumps(PARIS)


class Weather(BaseModel):
    """The weather in a city, now."""

    city: str


class Forecast(BaseModel):
    city: str
    sky: Literal["clear", "cloudy"]
    degrees: list[float]
    wind: int | None


WEATHER = openai.pydantic_function_tool(Weather, name="get_weather")
TIME = {"type": "function", "function": {"name": "get_time", "parameters": {"type": "object"}}}
SQL = {"type": "custom", "custom": {"name": "run_sql", "description": "Runs SQL"}}


class Tools(unittest.TestCase):
    def test_a_call_and_its_result(self):
        completions = client().chat.completions
        question = ask(CALL_WEATHER, tools=[WEATHER])
        [choice] = completions.create(**question).choices
        self.assertEqual(choice.finish_reason, "tool_calls")
        self.assertIsNone(choice.message.content)
        [call] = choice.message.tool_calls
        self.assertEqual(json.loads(call.function.arguments), PARIS)

        result = {"role": "tool", "tool_call_id": call.id, "content": "rain"}
        question["messages"] += [choice.message, result]
        self.assertEqual(completions.create(**question).choices[0].message.content, "get_weather returned: rain")

    def test_arguments_are_parsed(self):
        completion = client().chat.completions.parse(**ask(CALL_WEATHER, tools=[WEATHER]))
        [call] = completion.choices[0].message.tool_calls
        self.assertEqual(call.function.parsed_arguments, Weather(city="Paris"))

    def test_streamed_calls_are_put_together(self):
        question = ask(f"{CALL_WEATHER}\n/tool get_time", tools=[WEATHER, TIME])
        fragments = []
        with client().chat.completions.stream(**question) as stream:
            for event in stream:
                if event.type == "tool_calls.function.arguments.delta":
                    fragments.append(event.arguments_delta)
            message = stream.get_final_completion().choices[0].message
        self.assertGreater(len(fragments), 2)
        self.assertEqual([call.function.name for call in message.tool_calls], ["get_weather", "get_time"])
        self.assertEqual(message.tool_calls[0].function.parsed_arguments, Weather(city="Paris"))

    def test_fragments_have_an_index_and_begin_with_id_and_name(self):
        chunks = client().chat.completions.create(**ask(CALL_WEATHER, tools=[WEATHER]), stream=True)
        calls = [call for chunk in chunks for call in chunk.choices[0].delta.tool_calls or []]
        self.assertEqual({call.index for call in calls}, {0})
        self.assertEqual((calls[0].id, calls[0].type, calls[0].function.name), ("call_1", "function", "get_weather"))
        self.assertEqual(json.loads("".join(call.function.arguments for call in calls)), PARIS)

    def test_a_custom_tool_is_called_with_text(self):
        question = ask('/tool run_sql {"input": "select 1"}', tools=[SQL])
        [call] = client().chat.completions.create(**question).choices[0].message.tool_calls
        self.assertEqual((call.type, call.custom.name, call.custom.input), ("custom", "run_sql", "select 1"))


class Formats(unittest.TestCase):
    def test_an_answer_in_a_format_is_parsed(self):
        completion = client().chat.completions.parse(**ask("say Paris"), response_format=Forecast)
        parsed = completion.choices[0].message.parsed
        self.assertIsInstance(parsed, Forecast)
        self.assertEqual(parsed.city, "Paris")

    def test_a_streamed_answer_in_a_format_is_parsed(self):
        with client().chat.completions.stream(**ask("say Paris"), response_format=Forecast) as stream:
            parsed = stream.get_final_completion().choices[0].message.parsed
        self.assertEqual(parsed.city, "Paris")

    def test_a_json_object_can_be_requested(self):
        question = ask('say {"a": 1}', response_format={"type": "json_object"})
        self.assertEqual(json.loads(client().chat.completions.create(**question).choices[0].message.content), {"a": 1})

    def test_an_answer_that_the_limit_cuts_is_not_parsed(self):
        question = ask("say Paris", response_format=Forecast, max_completion_tokens=2)
        with self.assertRaises(openai.LengthFinishReasonError):
            client().chat.completions.parse(**question)


if __name__ == "__main__":
    unittest.main()
