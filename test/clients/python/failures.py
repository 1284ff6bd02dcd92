"""Exceptions of failures, before and within a stream, and retries."""

import unittest

import openai
from gateway import ask, async_client, client


class Failures(unittest.TestCase):
    def fails(self, expected: type[openai.APIStatusError], code: str, question: dict, **options):
        """Returns the error of the request."""
        with self.assertRaises(expected) as caught:
            client(**options).chat.completions.create(**question)
        self.assertIs(type(caught.exception), expected)
        self.assertEqual(caught.exception.code, code)
        self.assertRegex(caught.exception.request_id, "^req_")
        return caught.exception

    def test_every_status_has_its_class(self):
        self.fails(openai.BadRequestError, "upstream_rejected", ask("/error 400"))
        self.fails(openai.NotFoundError, "model_not_found", {**ask("hi"), "model": "openclaw:nobody"})
        self.fails(openai.InternalServerError, "upstream_auth", ask("/error 401"))
        self.fails(openai.InternalServerError, "upstream_error", ask("/error 500"))
        self.fails(openai.AuthenticationError, "invalid_api_key", ask("hi"), api_key="wrong")

    def test_a_wrong_field_is_named(self):
        error = self.fails(openai.BadRequestError, "unsupported_value", ask("hi", n=2))
        self.assertEqual((error.param, error.type), ("n", "invalid_request_error"))

    def test_a_provider_s_rate_limit_says_when_to_come_back(self):
        error = self.fails(openai.RateLimitError, "rate_limit_exceeded", ask("/error 429 7"))
        self.assertEqual(error.response.headers["retry-after"], "7")
        self.assertEqual(error.response.headers["x-should-retry"], "true")

    def test_only_what_may_pass_is_repeated(self):
        for status, code, repeats in [(401, "upstream_auth", "0"), (500, "upstream_error", "1")]:
            error = self.fails(openai.InternalServerError, code, ask(f"/error {status}"), max_retries=1)
            self.assertEqual(error.request.headers["x-stainless-retry-count"], repeats)

    def test_a_failure_before_the_first_word_is_an_ordinary_error(self):
        self.fails(openai.InternalServerError, "upstream_auth", ask("/error 401", stream=True))

    def test_a_failure_within_a_stream_is_raised_where_it_is_read(self):
        stream = client(max_retries=2).chat.completions.create(**ask("/error 500 after 3"), stream=True)
        words = []
        with self.assertRaises(openai.APIError) as caught:
            for chunk in stream:
                words.append(chunk.choices[0].delta.content or "")
        self.assertEqual("".join(words).strip(), "1 2 3")
        self.assertEqual((caught.exception.code, caught.exception.type), ("upstream_error", "server_error"))

    def test_an_unknown_agent_is_not_retrieved(self):
        with self.assertRaises(openai.NotFoundError):
            client().models.retrieve("openclaw:nobody")


class FailuresAwaited(unittest.IsolatedAsyncioTestCase):
    async def test_a_failure_within_a_stream_is_raised_where_it_is_read(self):
        async with async_client() as asynchronous:
            stream = await asynchronous.chat.completions.create(**ask("/cut after 3"), stream=True)
            with self.assertRaises(openai.APIError) as caught:
                async for _ in stream:
                    pass
        self.assertEqual(caught.exception.code, "upstream_protocol")


if __name__ == "__main__":
    unittest.main()
