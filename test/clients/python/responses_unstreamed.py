"""Unstreamed responses, their continuation, and their attachments."""

import base64
import unittest

import openai
from gateway import async_client, client, respond

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def user(*parts: dict) -> list[dict]:
    return [{"role": "user", "content": list(parts)}]


class WholeResponses(unittest.TestCase):
    def test_a_response_has_text_usage_and_request_fields(self):
        response = client().responses.create(
            **respond("say hello, world", instructions="Be brief.", metadata={"for": "a test"}, temperature=0.5),
        )
        self.assertRegex(response.id, "^resp_")
        self.assertEqual((response.status, response.model), ("completed", "openclaw"))
        self.assertEqual(response.output_text, "hello, world")
        self.assertEqual((response.instructions, response.temperature), ("Be brief.", 0.5))
        self.assertEqual(response.metadata, {"for": "a test"})
        self.assertEqual(response.usage.output_tokens, 2)
        self.assertEqual(response.usage.total_tokens, response.usage.input_tokens + 2)
        self.assertRegex(response._request_id, "^req_")

    def test_thinking_comes_before_the_message_and_can_be_sent_back(self):
        question = respond("/think hm\n/length 1", store=False, include=["reasoning.encrypted_content"])
        response = client().responses.create(**question)
        thinking, message = response.output
        self.assertEqual([part.text for part in thinking.summary], ["hm"])
        self.assertEqual(message.content[0].text, "1")

        sent_back = [{"role": "user", "content": "hi"}, thinking, message, {"role": "user", "content": "say bye"}]
        again = client().responses.create(**respond(sent_back, store=False))
        self.assertEqual(again.output_text, "bye")

    def test_a_refusal_is_not_text(self):
        response = client().responses.create(**respond("/refuse No."))
        self.assertEqual(response.output_text, "")
        self.assertEqual(response.output[0].content[0].refusal, "No.")

    def test_a_limit_makes_it_incomplete(self):
        response = client().responses.create(**respond("/length 100", max_output_tokens=16))
        self.assertEqual((response.status, response.incomplete_details.reason), ("incomplete", "max_output_tokens"))
        self.assertEqual(response.output[-1].status, "incomplete")

    def test_images_and_documents_are_read(self):
        text = "data:text/plain;base64," + base64.b64encode(b"forty-two").decode()
        response = client().responses.create(
            **respond(
                user(
                    {"type": "input_text", "text": "What is this?"},
                    {"type": "input_image", "image_url": f"data:image/png;base64,{PIXEL}", "detail": "low"},
                    {"type": "input_file", "filename": "answer.txt", "file_data": text},
                )
            )
        )
        self.assertIn("You sent 1 image", response.output_text)
        self.assertIn("forty-two", response.output_text)

    def test_a_chain_is_a_conversation(self):
        responses = client().responses
        first = responses.create(**respond("My name is Ada."))
        second = responses.create(**respond("say hi", previous_response_id=first.id))
        third = responses.create(**respond("What is my name?", previous_response_id=second.id))
        self.assertEqual(third.previous_response_id, second.id)
        self.assertEqual(third.output_text, "Your name is Ada.")

    def test_an_unstored_response_cannot_be_continued(self):
        responses = client().responses
        first = responses.create(**respond("say hi", store=False))
        with self.assertRaises(openai.BadRequestError) as caught:
            responses.create(**respond("again", previous_response_id=first.id))
        self.assertEqual(caught.exception.code, "previous_response_not_found")
        self.assertEqual(caught.exception.param, "previous_response_id")

    def test_the_raw_response_names_request_agent_and_session(self):
        raw = client().responses.with_raw_response.create(
            **respond("say hi"), extra_headers={"x-openclaw-session-key": "raw", "x-request-id": "mine-1"}
        )
        self.assertEqual(raw.headers["x-request-id"], "mine-1")
        self.assertEqual(raw.headers["x-openclaw-session-key"], "agent:main:raw")
        self.assertEqual(raw.parse().output_text, "hi")

    def test_failures_have_their_classes(self):
        for expected, code, question in [
            (openai.BadRequestError, "invalid_type", respond(42)),
            (openai.BadRequestError, "unsupported_value", respond("hi", top_logprobs=2)),
            (openai.BadRequestError, "upstream_rejected", respond("/error 400")),
            (openai.NotFoundError, "model_not_found", {**respond("hi"), "model": "openclaw:nobody"}),
            (openai.RateLimitError, "rate_limit_exceeded", respond("/error 429 7")),
            (openai.InternalServerError, "upstream_auth", respond("/error 401")),
        ]:
            with self.subTest(code=code), self.assertRaises(expected) as caught:
                client().responses.create(**question)
            self.assertEqual(caught.exception.code, code)


class WholeResponsesAwaited(unittest.IsolatedAsyncioTestCase):
    async def test_the_asynchronous_client_gets_the_same(self):
        async with async_client() as asynchronous:
            response = await asynchronous.responses.create(**respond("say hello"))
        self.assertEqual(response.output_text, "hello")


if __name__ == "__main__":
    unittest.main()
