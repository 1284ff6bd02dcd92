"""Four ways to disconnect from a response that would take minutes."""

import asyncio
import unittest

import openai
from gateway import ask, async_client, client

ENDLESS = ask("/slow 50ms\n/length 10000")


class Leaving(unittest.TestCase):
    def test_closing_a_stream(self):
        stream = client().chat.completions.create(**ENDLESS, stream=True)
        next(stream)
        stream.close()

    def test_closing_the_helper(self):
        with client().chat.completions.stream(**ENDLESS) as stream:
            next(iter(stream))

    def test_a_time_out(self):
        with self.assertRaises(openai.APITimeoutError):
            client(timeout=1).chat.completions.create(**ENDLESS)


class LeavingAwaited(unittest.IsolatedAsyncioTestCase):
    async def test_cancelling_a_task(self):
        async with async_client() as asynchronous:
            task = asyncio.create_task(asynchronous.chat.completions.create(**ENDLESS))
            await asyncio.sleep(1)
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task


if __name__ == "__main__":
    unittest.main()
