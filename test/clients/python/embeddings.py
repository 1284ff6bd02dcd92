"""Embeddings of texts, as numbers and in base64, the SDK's default."""

import unittest

from gateway import client

FLOATS = {"encoding_format": "float"}


class Embeddings(unittest.TestCase):
    def test_a_text_has_a_vector_of_length_one(self):
        answer = client().embeddings.create(model="openclaw", input="The cat sat on the mat.", **FLOATS)
        [embedding] = answer.data
        self.assertEqual((answer.object, embedding.object, embedding.index), ("list", "embedding", 0))
        self.assertAlmostEqual(sum(value * value for value in embedding.embedding), 1, places=4)
        self.assertGreater(answer.usage.prompt_tokens, 0)

    def test_numbers_and_base64_are_the_same_vectors(self):
        question = {"model": "openclaw", "input": ["a cat", "a dog"], "dimensions": 16}
        # The SDK requests base64 and decodes it after its own types reject it.
        packed = client(_strict_response_validation=False).embeddings.create(**question)
        plain = client().embeddings.create(**question, **FLOATS)
        self.assertEqual([len(each.embedding) for each in plain.data], [16, 16])
        for one, other in zip(packed.data, plain.data, strict=True):
            for value, same in zip(one.embedding, other.embedding, strict=True):
                self.assertAlmostEqual(value, same, places=6)


if __name__ == "__main__":
    unittest.main()
