"""Streams: chunk by chunk, by the helper, and awaited."""

import unittest

from gateway import ask, async_client, client

WITH_USAGE = {"stream_options": {"include_usage": True}}


class Streams(unittest.TestCase):
    def test_the_deltas_are_the_answer(self):
        chunks = list(client().chat.completions.create(**ask("/length 5"), stream=True))
        deltas = [chunk.choices[0].delta for chunk in chunks]
        self.assertEqual(deltas[0].role, "assistant")
        self.assertEqual("".join(delta.content or "" for delta in deltas), "1 2 3 4 5")
        self.assertGreater(len(chunks), 4)
        self.assertEqual([c.choices[0].finish_reason for c in chunks][-2:], [None, "stop"])
        self.assertEqual(len({chunk.id for chunk in chunks}), 1)
        self.assertEqual([chunk.usage for chunk in chunks], [None] * len(chunks))

    def test_usage_comes_last_when_it_is_requested(self):
        chunks = list(client().chat.completions.create(**ask("/length 5"), stream=True, **WITH_USAGE))
        self.assertEqual(chunks[-1].choices, [])
        self.assertEqual(chunks[-1].usage.completion_tokens, 5)
        self.assertEqual([chunk.usage for chunk in chunks[:-1]], [None] * (len(chunks) - 1))

    def test_the_helper_puts_the_answer_together(self):
        with client().chat.completions.stream(**ask("/length 5"), **WITH_USAGE) as stream:
            deltas = [event.delta for event in stream if event.type == "content.delta"]
            completion = stream.get_final_completion()
        self.assertEqual("".join(deltas), "1 2 3 4 5")
        self.assertEqual(completion.choices[0].message.content, "1 2 3 4 5")
        self.assertEqual(completion.usage.completion_tokens, 5)

    def test_thinking_streams_before_the_content(self):
        chunks = client().chat.completions.create(**ask("/think hm\n/length 1"), stream=True)
        deltas = []
        for chunk in chunks:
            delta = chunk.choices[0].delta
            deltas += [getattr(delta, "reasoning_content", None) or delta.content]
        self.assertEqual([text for text in deltas if text], ["hm", "1"])


class StreamsAwaited(unittest.IsolatedAsyncioTestCase):
    async def test_the_deltas_are_the_answer(self):
        async with async_client() as asynchronous:
            stream = await asynchronous.chat.completions.create(**ask("/length 5"), stream=True, **WITH_USAGE)
            chunks = [chunk async for chunk in stream]
        text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks[:-1])
        self.assertEqual(text, "1 2 3 4 5")
        self.assertEqual(chunks[-1].usage.completion_tokens, 5)

    async def test_the_helper_puts_the_answer_together(self):
        async with async_client() as asynchronous:
            async with asynchronous.chat.completions.stream(**ask("/length 5")) as stream:
                completion = await stream.get_final_completion()
        self.assertEqual(completion.choices[0].message.content, "1 2 3 4 5")


if __name__ == "__main__":
    unittest.main()
