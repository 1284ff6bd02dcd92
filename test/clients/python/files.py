"""Files with the official SDK."""
import io
import unittest

from gateway import client as create_client
from openai import NotFoundError


client = create_client()


class Files(unittest.TestCase):
    def test_life_of_a_file(self):
        content = bytes(range(256)) * 100
        file = client.files.create(file=("data.bin", io.BytesIO(content)), purpose="user_data")
        self.assertEqual((file.bytes, file.filename, file.status), (25600, "data.bin", "processed"))
        self.assertEqual(client.files.wait_for_processing(file.id).id, file.id)
        self.assertIn(file.id, [each.id for each in client.files.list(purpose="user_data")])
        self.assertEqual(client.files.content(file.id).read(), content)
        self.assertTrue(client.files.delete(file.id).deleted)
        with self.assertRaises(NotFoundError):
            client.files.retrieve(file.id)

    def test_file_in_a_response(self):
        file = client.files.create(file=("name.txt", b"My name is Ada."), purpose="user_data")
        parts = [{"type": "input_file", "file_id": file.id}, {"type": "input_text", "text": "Repeat it."}]
        response = client.responses.create(model="openclaw", input=[{"role": "user", "content": parts}])
        self.assertEqual(response.status, "completed")


unittest.main()
