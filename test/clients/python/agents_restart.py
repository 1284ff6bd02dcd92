"""OpenAI's Agents SDK for Python before and after a restart of the gateway. CONVERSATION_ID names a conversation."""
import os
import unittest

from agents import Agent, OpenAIConversationsSession, OpenAIResponsesModel, Runner, set_tracing_disabled
from openai import AsyncOpenAI

set_tracing_disabled(True)


class Restart(unittest.IsolatedAsyncioTestCase):
    async def test_conversation_goes_on(self):
        client = AsyncOpenAI(
            base_url=os.environ["OPENCLAW_GATEWAY_URL"] + "/v1",
            api_key=os.environ["OPENCLAW_GATEWAY_TOKEN"],
            max_retries=0,
        )
        model = OpenAIResponsesModel(model="openclaw", openai_client=client)
        agent = Agent(name="Friend", model=model)
        session = OpenAIConversationsSession(
            conversation_id=os.environ["CONVERSATION_ID"], openai_client=client
        )
        earlier = await session.get_items()
        if not earlier:
            await Runner.run(agent, "My name is Ada.", session=session)
        else:
            result = Runner.run_streamed(agent, "What is my name?", session=session)
            async for _ in result.stream_events():
                pass
            self.assertIn("Ada", result.final_output)
            self.assertEqual([item["role"] for item in earlier], ["user", "assistant"])
        await client.close()


unittest.main()
