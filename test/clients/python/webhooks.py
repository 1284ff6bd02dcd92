"""A webhook event with the official SDK. WEBHOOK_EVENT is what a receiver got, WEBHOOK_SECRET one of its secrets."""
import json
import os
import unittest

from gateway import client as create_client
from openai import InvalidWebhookSignatureError


client = create_client(webhook_secret=os.environ["WEBHOOK_SECRET"])
event = json.loads(os.environ["WEBHOOK_EVENT"])


class Webhooks(unittest.TestCase):
    def test_event_is_verified_and_its_response_retrieved(self):
        unwrapped = client.webhooks.unwrap(event["body"], event["headers"])
        self.assertEqual((unwrapped.object, unwrapped.type), ("event", "response.completed"))
        self.assertEqual(unwrapped.id, event["headers"]["webhook-id"])
        self.assertEqual(client.responses.retrieve(unwrapped.data.id).status, "completed")

    def test_changed_event_is_rejected(self):
        with self.assertRaises(InvalidWebhookSignatureError):
            client.webhooks.unwrap(event["body"].replace("completed", "cancelled"), event["headers"])


unittest.main()
