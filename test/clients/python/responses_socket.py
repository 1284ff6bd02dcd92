"""Responses over the WebSocket: one connection, many requests."""

import unittest

from gateway import client, respond


def events_of(connection) -> list:
    """Returns the events of a request until it ends."""
    events = []
    for event in connection:
        events.append(event)
        if event.type in ("response.completed", "response.incomplete", "response.failed", "error"):
            break
    return events


class Socket(unittest.TestCase):
    def test_a_response_comes_event_by_event(self):
        with client().responses.connect() as connection:
            connection.response.create(**respond("/length 3"))
            events = events_of(connection)
        self.assertEqual([event.sequence_number for event in events], list(range(len(events))))
        self.assertEqual([events[0].type, events[-1].type], ["response.created", "response.completed"])
        self.assertEqual(events[-1].response.output_text, "1 2 3")

    def test_an_unstored_response_is_continued_on_its_connection(self):
        with client().responses.connect() as connection:
            connection.response.create(**respond("My name is Ada.", store=False))
            first = events_of(connection)[-1].response
            connection.response.create(
                **respond("What is my name?", store=False, previous_response_id=first.id)
            )
            self.assertIn("Ada", events_of(connection)[-1].response.output_text)

    def test_an_error_keeps_the_connection_open(self):
        with client().responses.connect() as connection:
            connection.response.create(**respond("hi", previous_response_id="resp_none"))
            wrong = events_of(connection)[-1]
            self.assertEqual((wrong.type, wrong.status), ("error", 400))
            self.assertEqual(wrong.error.code, "previous_response_not_found")
            connection.response.create(**respond("/length 1"))
            self.assertEqual(events_of(connection)[-1].response.output_text, "1")


if __name__ == "__main__":
    unittest.main()
