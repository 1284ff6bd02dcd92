"""OpenAI's Agents SDK for Python keeps its conversations in the gateway."""
import os
import unittest

from agents import (
    Agent,
    OpenAIConversationsSession,
    OpenAIResponsesModel,
    Runner,
    function_tool,
    set_tracing_disabled,
)
from openai import AsyncOpenAI, NotFoundError

set_tracing_disabled(True)


@function_tool
def add(a: int, b: int) -> str:
    """Adds two numbers."""
    return str(a + b)


class Conversations(unittest.IsolatedAsyncioTestCase):
    def setUp(self):
        self.client = AsyncOpenAI(
            base_url=os.environ["OPENCLAW_GATEWAY_URL"] + "/v1",
            api_key=os.environ["OPENCLAW_GATEWAY_TOKEN"],
            max_retries=0,
        )
        model = OpenAIResponsesModel(model="openclaw", openai_client=self.client)
        self.agent = Agent(name="Adder", model=model, tools=[add])
        self.session = OpenAIConversationsSession(openai_client=self.client)

    async def asyncTearDown(self):
        await self.client.close()

    async def test_session_remembers(self):
        await Runner.run(self.agent, "My name is Ada.", session=self.session)
        result = Runner.run_streamed(self.agent, "What is my name?", session=self.session)
        async for _ in result.stream_events():
            pass
        self.assertIn("Ada", result.final_output)
        items = await self.session.get_items()
        self.assertEqual([item["role"] for item in items], ["user", "assistant", "user", "assistant"])
        newest = await self.session.get_items(limit=1)
        self.assertEqual([item["id"] for item in newest], [items[-1]["id"]])

    async def test_tool_loop(self):
        await Runner.run(self.agent, '/tool add {"a": 2, "b": 3}', session=self.session)
        types = [item.get("type", "message") for item in await self.session.get_items()]
        self.assertEqual(types[:3], ["message", "function_call", "function_call_output"])

    async def test_pop_and_clear(self):
        await self.session.add_items([{"role": "user", "content": text} for text in ("a", "b", "c")])
        popped = await self.session.pop_item()
        self.assertEqual(popped["content"][0]["text"], "c")
        texts = [item["content"][0]["text"] for item in await self.session.get_items()]
        self.assertEqual(texts, ["a", "b"])
        conversation_id = await self.session._get_session_id()
        await self.session.clear_session()
        with self.assertRaises(NotFoundError):
            await self.client.conversations.retrieve(conversation_id)

    async def test_conversation_id(self):
        conversation = await self.client.conversations.create()
        await Runner.run(self.agent, "My name is Ada.", conversation_id=conversation.id)
        result = await Runner.run(self.agent, "What is my name?", conversation_id=conversation.id)
        self.assertIn("Ada", result.final_output)
        texts = []
        async for item in self.client.conversations.items.list(conversation.id, order="asc", limit=1):
            texts.append(item.content[0].text)
        self.assertEqual(len(texts), 4)
        self.assertEqual(texts[::2], ["My name is Ada.", "What is my name?"])


unittest.main()
