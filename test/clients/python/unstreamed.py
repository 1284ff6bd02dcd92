"""Unstreamed replies, their headers, and the list of agents."""

import unittest

from gateway import ask, async_client, client


class WholeAnswers(unittest.TestCase):
    def test_an_answer_has_content_usage_and_a_finish_reason(self):
        completion = client().chat.completions.create(**ask("say hello, world"))
        [choice] = completion.choices
        self.assertEqual(completion.model, "openclaw")
        self.assertEqual(choice.message.content, "hello, world")
        self.assertIsNone(choice.message.refusal)
        self.assertEqual(choice.finish_reason, "stop")
        self.assertEqual(completion.usage.completion_tokens, 2)
        self.assertEqual(
            completion.usage.total_tokens, completion.usage.prompt_tokens + 2
        )
        self.assertRegex(completion._request_id, "^req_")

    def test_thinking_comes_beside_the_content(self):
        completion = client().chat.completions.create(**ask("/think hm\n/length 1"))
        self.assertEqual(completion.choices[0].message.reasoning_content, "hm")
        self.assertEqual(completion.choices[0].message.content, "1")

    def test_a_refusal_is_not_content(self):
        message = client().chat.completions.create(**ask("/refuse No.")).choices[0].message
        self.assertIsNone(message.content)
        self.assertEqual(message.refusal, "No.")

    def test_the_raw_response_names_request_agent_and_session(self):
        raw = client().chat.completions.with_raw_response.create(
            **ask("hi"),
            extra_headers={"x-openclaw-session-key": "raw", "x-request-id": "mine-1"},
        )
        self.assertEqual(raw.headers["x-request-id"], "mine-1")
        self.assertEqual(raw.headers["x-openclaw-agent-id"], "main")
        self.assertEqual(raw.headers["x-openclaw-session-key"], "agent:main:raw")
        self.assertEqual(raw.parse().choices[0].finish_reason, "stop")

    def test_a_user_has_a_conversation(self):
        completions = client().chat.completions
        completions.create(**ask("My name is Ada.", user="ada"))
        again = completions.create(**ask("What is my name?", user="ada"))
        self.assertEqual(again.choices[0].message.content, "Your name is Ada.")

    def test_the_agents_are_models(self):
        models = client().models
        self.assertEqual([model.id for model in models.list()], ["openclaw", "openclaw:main"])
        self.assertEqual(models.retrieve("openclaw:main").owned_by, "openclaw")


class WholeAnswersAwaited(unittest.IsolatedAsyncioTestCase):
    async def test_the_asynchronous_client_gets_the_same(self):
        async with async_client() as asynchronous:
            completion = await asynchronous.chat.completions.create(**ask("say hello"))
        self.assertEqual(completion.choices[0].message.content, "hello")


if __name__ == "__main__":
    unittest.main()
