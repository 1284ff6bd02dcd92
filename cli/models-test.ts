/** `openclaw models test`: sends one short message to a model, through the running gateway. */
import { defineCommand, jsonOption } from "./define-command.ts";
import { exitOk } from "./exit-codes.ts";
import { gatewayHelp, withGateway } from "./with-gateway.ts";

const question = "Reply with the word OK.";

export const modelsTest = defineCommand({
  name: "models test",
  summary: "send one short message to a model, and print its reply and the time",
  positionals: ["MODEL?"],
  options: { ...jsonOption },
  details: `MODEL is PROVIDER/ID (default: the model of the default agent). Needs gateway.http.endpoints.chatCompletions.
The call goes to the provider, and costs what a short message costs.
${gatewayHelp}`,
  example: "openclaw models test anthropic/claude-opus-5",
  run: ({ options: { json }, positionals: [model] }, io) =>
    withGateway(io, { json }, async (client) => {
      const startedAt = performance.now();
      const headers = model === undefined ? {} : { "x-openclaw-model": model };
      const { choices, usage } = await client.chat.completions.create(
        { model: "openclaw", messages: [{ role: "user", content: question }] },
        { headers },
      );
      const ms = Math.round(performance.now() - startedAt);
      const reply = choices[0]?.message.content ?? "";
      if (json)
        io.out(JSON.stringify({ ok: true, model: model ?? null, reply, ms, usage: usage ?? null }, null, 2));
      else
        io.out(
          `${model ?? "The default model"} replied in ${ms} ms: ${reply.replaceAll(/\s+/g, " ").slice(0, 200)}`,
        );
      return exitOk;
    }),
});
