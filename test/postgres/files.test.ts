/** Files of gateways that share a PostgreSQL database. */
import { toFile, type OpenAI } from "openai";
import { expect, test } from "vitest";
import { says } from "../../contracts/examples/script.ts";
import { readConversation } from "../support/clients/agents-runner.ts";
import { createOpenAIClient } from "../support/clients/openai-client.ts";
import { startNodes } from "../support/postgres/nodes.ts";
import { createModelSequence } from "../support/providers/scripted-model.ts";

test("a file that one node has received is read, named and deleted on the other", async () => {
  const { model, modelCalls } = createModelSequence([says("ok")]);
  const [one, other] = await startNodes(2, { model });
  const [client, otherClient] = [createOpenAIClient(one), createOpenAIClient(other)];
  const bytes = Buffer.from(Array.from({ length: 700_000 }, (_, index) => index % 256));
  const upload = async (content: Buffer, name: string): Promise<OpenAI.FileObject> =>
    client.files.create({ file: await toFile(content, name), purpose: "user_data" });
  const binary = await upload(bytes, "data.bin");
  const note = await upload(Buffer.from("The meeting is at nine."), "note.txt");

  const content = await otherClient.files.content(binary.id);
  expect(Buffer.from(await content.arrayBuffer()).equals(bytes)).toBe(true);
  const file: OpenAI.Responses.ResponseInputFile = { type: "input_file", file_id: note.id };
  const input: OpenAI.Responses.ResponseInput = [{ role: "user", content: [file] }];
  await otherClient.responses.create({ model: "openclaw", input });
  expect(modelCalls.flatMap(readConversation).join()).toContain("The meeting is at nine.");

  await otherClient.files.delete(binary.id);
  await expect(client.files.retrieve(binary.id)).rejects.toMatchObject({ status: 404 });
  expect((await client.files.list()).data.map(({ id }) => id)).toEqual([note.id]);
});
