"""Stored responses: retrieved, streamed again, cancelled, deleted, listed, compacted, counted."""

import unittest

import openai
from gateway import async_client, client, respond


class Stored(unittest.TestCase):
    def setUp(self):
        self.responses = client().responses

    def test_it_is_retrieved(self):
        created = self.responses.create(**respond("say hi"))
        self.assertEqual(self.responses.retrieve(created.id).to_dict(), created.to_dict())

    def test_it_is_streamed_again_with_one_delta_a_part(self):
        events = list(self.responses.create(**respond("/length 5"), stream=True))
        again = list(self.responses.retrieve(events[0].response.id, stream=True))
        self.assertEqual([event.sequence_number for event in again], list(range(len(again))))
        self.assertEqual(
            [event.delta for event in again if event.type == "response.output_text.delta"], ["1 2 3 4 5"]
        )
        self.assertEqual(again[-1].response.to_dict(), events[-1].response.to_dict())

    def test_a_background_response_is_resumed_after_a_disconnect(self):
        begun = self.responses.create(**respond("/slow 5ms\n/length 20"), stream=True, background=True)
        first = []
        for event in begun:
            first.append(event)
            if event.type == "response.output_text.delta":
                break
        begun.close()
        resumed = self.responses.retrieve(
            first[0].response.id, stream=True, starting_after=first[-1].sequence_number
        )
        events = [*first, *resumed]
        self.assertEqual([event.sequence_number for event in events], list(range(len(events))))
        text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
        self.assertEqual(text, " ".join(str(number) for number in range(1, 21)))
        self.assertEqual(events[-1].response.output_text, text)

    def test_the_helper_resumes_by_the_id(self):
        begun = self.responses.create(**respond("/length 5"), background=True)
        self.assertIn(begun.status, ("queued", "in_progress"))
        with self.responses.stream(response_id=begun.id, starting_after=2) as stream:
            numbers = [event.sequence_number for event in stream]
            response = stream.get_final_response()
        self.assertEqual(numbers[0], 3)
        self.assertEqual(response.output_text, "1 2 3 4 5")

    def test_a_background_response_is_cancelled(self):
        begun = self.responses.create(**respond("/stall after 1"), background=True)
        self.assertEqual(self.responses.cancel(begun.id).status, "cancelled")
        self.assertEqual(self.responses.retrieve(begun.id).status, "cancelled")

    def test_a_completed_response_is_not_cancelled(self):
        created = self.responses.create(**respond("say hi"))
        self.assertEqual(self.responses.cancel(created.id).status, "completed")

    def test_it_is_deleted(self):
        created = self.responses.create(**respond("say hi"))
        self.assertIsNone(self.responses.delete(created.id))
        with self.assertRaises(openai.NotFoundError) as caught:
            self.responses.retrieve(created.id)
        self.assertEqual(caught.exception.code, "response_not_found")

    def test_its_input_is_listed_page_by_page(self):
        call = {"type": "function_call", "call_id": "call_1", "name": "look", "arguments": "{}"}
        given = [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": [{"type": "input_text", "text": "Look."}]},
            {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "Hm."}]},
            call,
            {"type": "function_call_output", "call_id": "call_1", "output": "a tree"},
            {"role": "assistant", "content": "A tree."},
            {"role": "user", "content": "say bye"},
        ]
        created = self.responses.create(**respond(given))
        items = list(self.responses.input_items.list(created.id, limit=2, order="asc"))
        self.assertEqual(
            [item.type for item in items],
            ["message", "message", "reasoning", "function_call", "function_call_output", "message", "message"],
        )
        self.assertEqual(len({item.id for item in items}), 7)
        newest = list(self.responses.input_items.list(created.id))
        self.assertEqual([item.id for item in newest], [item.id for item in reversed(items)])
        rest = self.responses.input_items.list(created.id, order="asc", after=items[4].id)
        self.assertEqual([item.id for item in rest], [item.id for item in items[5:]])

    def test_a_conversation_is_compacted_and_continues(self):
        first = self.responses.create(**respond("My name is Ada."))
        compacted = self.responses.compact(model="openclaw", previous_response_id=first.id)
        self.assertEqual(compacted.object, "response.compaction")
        self.assertEqual([item.type for item in compacted.output], ["compaction"])
        output = [item.to_dict() for item in compacted.output]
        second = self.responses.create(**respond([*output, {"role": "user", "content": "say hi"}]))
        self.assertEqual(second.output_text, "hi")
        [listed, _] = self.responses.input_items.list(second.id, order="asc")
        self.assertEqual(listed.encrypted_content, compacted.output[0].encrypted_content)

    def test_input_tokens_are_counted(self):
        few = self.responses.input_tokens.count(model="openclaw", input="hi")
        many = self.responses.input_tokens.count(model="openclaw", input="word " * 100)
        self.assertEqual(few.object, "response.input_tokens")
        self.assertGreater(few.input_tokens, 0)
        self.assertGreater(many.input_tokens, few.input_tokens + 50)


class StoredAwaited(unittest.IsolatedAsyncioTestCase):
    async def test_the_asynchronous_client_does_the_same(self):
        async with async_client() as asynchronous:
            responses = asynchronous.responses
            created = await responses.create(**respond("say hi"))
            self.assertEqual((await responses.retrieve(created.id)).output_text, "hi")
            items = [item async for item in responses.input_items.list(created.id)]
            self.assertEqual([item.content[0].text for item in items], ["say hi"])
            self.assertGreater((await responses.input_tokens.count(input="hi")).input_tokens, 0)
            await responses.delete(created.id)
            with self.assertRaises(openai.NotFoundError):
                await responses.retrieve(created.id)


if __name__ == "__main__":
    unittest.main()
