"""Semantic Kernel's Responses agent runs its functions for the gateway's agent, in one conversation."""

import asyncio
import os
import unittest

from openai import AsyncOpenAI
from semantic_kernel.agents import OpenAIResponsesAgent
from semantic_kernel.functions import kernel_function


class Menu:
    """Functions of the client."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    @kernel_function(description="Returns the price of a dish.")
    def get_price(self, dish: str) -> str:
        self.asked.append(dish)
        return f"{dish}: 9.99"


def create_agent(menu: Menu, **options) -> OpenAIResponsesAgent:
    client = AsyncOpenAI(
        base_url=os.environ["OPENCLAW_GATEWAY_URL"] + "/v1",
        api_key=os.environ["OPENCLAW_GATEWAY_TOKEN"],
        max_retries=0,
    )
    return OpenAIResponsesAgent(
        ai_model_id="openclaw", client=client, name="Host", instructions="Be brief.", plugins=[menu], **options
    )


class ToolLoop(unittest.IsolatedAsyncioTestCase):
    async def ask_twice(self, **options) -> None:
        menu = Menu()
        agent = create_agent(menu, **options)
        ask = '/tool Menu-get_price {"dish": "%s"}'
        first = await agent.get_response(messages=ask % "soup")
        self.assertIn("soup: 9.99", str(first.message.content))
        second = await agent.get_response(messages=ask % "cake", thread=first.thread)
        self.assertIn("cake: 9.99", str(second.message.content))
        self.assertEqual(menu.asked, ["soup", "cake"])

    async def test_stored(self) -> None:
        await self.ask_twice()

    async def test_not_stored(self) -> None:
        await self.ask_twice(store_enabled=False)

    async def test_streamed(self) -> None:
        menu = Menu()
        texts = []
        async for part in create_agent(menu).invoke_stream(messages='/tool Menu-get_price {"dish": "soup"}'):
            texts.append(str(part.message.content or ""))
        self.assertIn("soup: 9.99", "".join(texts))
        self.assertEqual(menu.asked, ["soup"])


if __name__ == "__main__":
    unittest.main()
