"""Streamed responses: event by event, by the helper, and awaited."""

import unittest

import openai
from gateway import async_client, client, respond

FIVE = respond("/length 5")
TEXT = "1 2 3 4 5"


def text_of(events) -> str:
    return "".join(event.delta for event in events if event.type == "response.output_text.delta")


class Streams(unittest.TestCase):
    def test_the_deltas_are_the_response(self):
        events = list(client().responses.create(**FIVE, stream=True))
        self.assertEqual([event.sequence_number for event in events], list(range(len(events))))
        self.assertEqual([event.type for event in events[:2]], ["response.created", "response.in_progress"])
        self.assertEqual(events[-1].type, "response.completed")
        self.assertEqual(text_of(events), TEXT)
        self.assertEqual(events[-1].response.output_text, TEXT)
        self.assertEqual(events[-1].response.usage.output_tokens, 5)

    def test_the_helper_puts_the_response_together(self):
        with client().responses.stream(**FIVE) as stream:
            text = text_of(stream)
            response = stream.get_final_response()
        self.assertEqual((text, response.output_text), (TEXT, TEXT))
        self.assertEqual(response.status, "completed")

    def test_thinking_streams_as_a_summary_before_the_text(self):
        events = list(client().responses.create(**respond("/think hm\n/length 1"), stream=True))
        kinds = [event.type for event in events if event.type.endswith(".delta")]
        self.assertEqual(kinds, ["response.reasoning_summary_text.delta", "response.output_text.delta"])

    def test_a_refusal_streams(self):
        events = list(client().responses.create(**respond("/refuse No."), stream=True))
        self.assertEqual([event.refusal for event in events if event.type == "response.refusal.done"], ["No."])

    def test_a_limit_ends_the_stream_incomplete(self):
        events = list(client().responses.create(**respond("/length 100", max_output_tokens=16), stream=True))
        self.assertEqual(events[-1].type, "response.incomplete")
        self.assertEqual(events[-1].response.incomplete_details.reason, "max_output_tokens")

    def test_a_failure_before_the_first_word_is_an_ordinary_error(self):
        with self.assertRaises(openai.InternalServerError) as caught:
            client().responses.create(**respond("/error 401"), stream=True)
        self.assertEqual(caught.exception.code, "upstream_auth")

    def test_a_failure_within_a_stream_is_raised_where_it_is_read(self):
        events = []
        with self.assertRaises(openai.APIError) as caught:
            for event in client(max_retries=2).responses.create(**respond("/error 500 after 3"), stream=True):
                events.append(event)
        self.assertEqual(text_of(events).strip(), "1 2 3")
        self.assertEqual((caught.exception.code, caught.exception.type), ("upstream_error", "server_error"))


class StreamsAwaited(unittest.IsolatedAsyncioTestCase):
    async def test_the_deltas_are_the_response(self):
        async with async_client() as asynchronous:
            stream = await asynchronous.responses.create(**FIVE, stream=True)
            events = [event async for event in stream]
        self.assertEqual(text_of(events), TEXT)

    async def test_the_helper_puts_the_response_together(self):
        async with async_client() as asynchronous:
            async with asynchronous.responses.stream(**FIVE) as stream:
                response = await stream.get_final_response()
        self.assertEqual(response.output_text, TEXT)


if __name__ == "__main__":
    unittest.main()
